/** One run: prepares what it needs, puts every case that was asked for, and writes what came of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openEngine } from "@sojourn/engine";
import { readChoice } from "./backend.js";
import type { Bench, Case, CaseResult, Report } from "./bench.js";
import type { Clock, Context } from "./contender.js";
import { noPeers, type Peers, preparePeers, type Run } from "./environment.js";
import { GROWTH } from "./growth.js";
import { thisMachine } from "./machine.js";
import { QUESTIONS } from "./questions.js";
import { caseText, markdown } from "./report.js";
import { SCRATCH } from "./scratch-case.js";

export interface Options {
  readonly only?: string;
  readonly backend: string;
  readonly json?: string;
  readonly clock: Clock;
  readonly quick: boolean;
  readonly peers: boolean;
  readonly write: boolean;
}

/** What is kept between runs, and this run's own. */
export type Folders = Pick<Bench, "folder" | "runFolder">;

const CASES: readonly Case[] = [...QUESTIONS, ...SCRATCH, ...GROWTH];

/** Cases whose name holds one of the words. */
export function chosen(only: string | undefined): readonly Case[] {
  if (only === undefined) return CASES;
  const words = only.split(",");
  return CASES.filter(({ id }) => words.some((word) => id.includes(word)));
}

export const caseNames = (): readonly string[] => CASES.map(({ id }) => id);

/** Answers whether all that was asked for was measured, and all answers were the same. */
export async function main(context: Context, run: Run, folders: Folders, options: Options): Promise<boolean> {
  const cases = chosen(options.only);
  const { folder, runFolder } = folders;
  const peers: Peers = options.peers ? await preparePeers(context, run, folder) : noPeers();
  const engine = openEngine({ cacheDirectory: join(folder, "cache") });
  const choices = options.backend.split(",").map(readChoice);
  const bench: Bench = {
    context,
    peers,
    choices,
    quick: options.quick,
    clock: options.clock,
    folder,
    runFolder,
    engine,
  };
  const results: CaseResult[] = [];
  const failed: { id: string; reason: string }[] = [];
  for (const one of cases) {
    if (context.stopping()) throw new Error("Stopped.");
    context.say(one.id);
    try {
      const result = await one.run(bench);
      results.push(result);
      process.stdout.write(`${caseText(result)}\n`);
    } catch (error) {
      if (context.stopping()) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      failed.push({ id: one.id, reason });
      context.say(`failed: ${one.id}: ${reason}`);
    }
  }
  await engine.close();
  const { versions } = peers;
  const missing = Object.fromEntries(
    Object.entries(peers).flatMap(([name, peer]) => (peer.is === "missing" ? [[name, peer.reason]] : [])),
  );
  const report: Report = {
    format: "sojourn-bench/1",
    date: new Date().toISOString(),
    quick: options.quick,
    clock: options.clock,
    machine: thisMachine(),
    versions: { sojourn: engine.version, ...versions },
    missing,
    cases: results,
    failed,
  };
  if (options.json !== undefined) {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
    context.say(`wrote ${options.json}`);
  }
  if (options.write) {
    const file = join(context.root, "docs", "benchmarks.md");
    writeFileSync(file, markdown(report));
    context.say(`wrote ${file}`);
  }
  return failed.length === 0 && results.every(sound);
}

/** Every one of ours took part, and whoever claims exact answers gave the same. */
function sound({ comparison }: CaseResult): boolean {
  if (comparison === undefined) return true;
  const { measured } = comparison;
  return measured.some(({ ours }) => ours) && measured.every(({ agrees, approximate }) => agrees || approximate);
}
