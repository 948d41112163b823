/** One run of `npm run bench -- kernel`: starts everybody in turns, times, compares with the goals, writes what came of it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../contender.js";
import type { Run } from "../environment.js";
import { thisMachine } from "../machine.js";
import { median } from "../statistics.js";
import { contenders, type KernelSpec } from "./contenders.js";
import { type Effort, type Figure, interrupts, type Session, session, startOnce, together } from "./measures.js";
import { type KernelReport, met, page, type Row, terminalTable } from "./page.js";

const PARTS = ["starts", "sessions", "interrupts", "together"] as const;

export interface KernelOptions {
  /** Some of the parts, by name. */
  readonly only?: string;
  readonly quick: boolean;
  readonly peers: boolean;
  readonly json?: string;
  readonly write: boolean;
}

const FULL: Effort = { starts: 9, cells: 200, completions: 50, spinning: 60, lines: 100_000, together: 20 };
const QUICK: Effort = { starts: 2, cells: 20, completions: 5, spinning: 10, lines: 10_000, together: 3 };
const PEERS = ["deno@2", "tslab@1"];

/** Deno and tslab in a folder of their own; whatever cannot be installed is left out by `contenders`. */
async function installPeers(context: Context, run: Run, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (existsSync(join(folder, "node_modules", ".bin", "tslab"))) return;
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  context.say("installing Deno and tslab (npm)");
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...PEERS];
  const { code, output } = await run({ name: "bench-kernel-peers", command: "npm", args, cwd: folder });
  if (code !== 0) context.say(`without Deno and tslab: ${output.trim().split("\n").at(-1)}`);
}

/** Answers whether all goals are met. */
export async function kernelMain(
  context: Context,
  run: Run,
  { folder, runFolder }: { readonly folder: string; readonly runFolder: string },
  { only, quick, peers, json, write }: KernelOptions,
): Promise<boolean> {
  const effort = quick ? QUICK : FULL;
  const kernelspec = process.env.SOJOURN_KERNELSPEC_DIR ?? join(context.root, "kernel", "dist", "kernelspec");
  const peerFolder = join(folder, "kernel-peers");
  if (peers) await installPeers(context, run, peerFolder);
  const python = process.env.SOJOURN_BENCH_PYTHON ?? join(context.root, ".sojourn", "venv", "bin", "python");
  const places = { kernelspec, floor: join(runFolder, "kernel", "floor.mjs"), python, peers: peerFolder };
  const { specs, missing } = contenders(places, peers);

  const wanted = only?.split(",") ?? PARTS;
  const part = (name: (typeof PARTS)[number]): boolean => wanted.includes(name);
  const starts = new Map<string, Figure[]>(specs.map(({ id }) => [id, []]));
  for (let round = 0; part("starts") && round < effort.starts; round++) {
    context.say(`starts, round ${round + 1} of ${effort.starts}`);
    for (const spec of specs) starts.get(spec.id)!.push(await startOnce(spec, runFolder));
  }
  const sessions = new Map<string, Session>();
  for (const spec of part("sessions") ? specs : []) {
    context.say(`a session of ${spec.id}`);
    sessions.set(spec.id, await session(spec, runFolder, effort));
  }
  const rows: Row[] = [
    ...(part("starts") ? [startRow(starts)] : []),
    ...(part("sessions") ? sessionRows(sessions, effort) : []),
    ...(part("interrupts") ? await interruptRows(context, specs, runFolder) : []),
    ...(part("together") ? [await togetherRow(context, specs, runFolder, effort)] : []),
  ];

  const report: KernelReport = {
    format: "sojourn-bench-kernel/1",
    date: new Date().toISOString(),
    quick,
    machine: thisMachine(),
    versions: versions(places.python, peerFolder, specs),
    missing,
    rows,
  };
  process.stdout.write(`\n${terminalTable(report)}\n`);
  if (json !== undefined) {
    mkdirSync(dirname(json), { recursive: true });
    writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
    context.say(`wrote ${json}`);
  }
  if (write) {
    const file = join(context.root, "docs", "benchmarks-kernel.md");
    writeFileSync(file, page(report));
    context.say(`wrote ${file}`);
  }
  return rows.every((row) => met(row) !== false);
}

const boundOf = (figure: Figure | undefined): number =>
  figure !== undefined && "value" in figure ? figure.value : Number.POSITIVE_INFINITY;

function startRow(starts: ReadonlyMap<string, readonly Figure[]>): Row {
  const figures = Object.fromEntries(
    [...starts].map(([id, all]): [string, Figure] => {
      const values = all.flatMap((one) => ("value" in one ? [one.value] : []));
      return [id, values.length > 0 ? { value: median(values) } : all[0]!];
    }),
  );
  const atMost = Math.min(boundOf(figures.deno), 1.5 * boundOf(figures.floor));
  return { name: "start to kernel_info_reply", unit: "ms", goal: { text: "≤ Deno, ≤ 1.5 × floor", atMost }, figures };
}

function sessionRows(sessions: ReadonlyMap<string, Session>, effort: Effort): Row[] {
  const row = (name: string, pick: (one: Session) => Figure, goal?: Row["goal"], unit = "ms"): Row => {
    const figures = Object.fromEntries([...sessions].map(([id, one]) => [id, pick(one)]));
    return { name, unit, figures, ...(goal && { goal }) };
  };
  const deno = boundOf(sessions.get("deno")?.cell);
  const spinning = (name: keyof Session["spinning"]): Row =>
    row(`${name} while a cell spins, p95`, (one) => one.spinning[name], { text: "≤ 30", atMost: 30 });
  return [
    row("trivial cell", ({ cell }) => cell, { text: "≤ Deno, ≤ 2.5", atMost: Math.min(deno, 2.5) }),
    row("completion, first", ({ firstCompletion }) => firstCompletion, { text: "≤ 300", atMost: 300 }),
    row("completion, warm", ({ warmCompletion }) => warmCompletion, { text: "≤ 15", atMost: 15 }),
    spinning("completion"),
    spinning("comm"),
    spinning("heartbeat"),
    row(`${effort.lines.toLocaleString("en")} lines of output in order`, ({ lines }) => lines, {
      text: "≤ 1000",
      atMost: 1000,
    }),
    row("memory, idle, all processes", ({ memory }) => memory, { text: "≤ 200", atMost: 200 }, "MB"),
  ];
}

async function interruptRows(context: Context, specs: readonly KernelSpec[], folder: string): Promise<Row[]> {
  const ours = specs.find(({ id }) => id === "sojourn")!;
  const rows: Row[] = [];
  for (const name of Object.keys(ours.words!.endless)) {
    context.say(`interrupts: ${name}`);
    const figures: Record<string, Figure> = {};
    for (const spec of specs)
      if (spec.words?.endless[name] !== undefined) figures[spec.id] = await interrupts(spec, folder, name);
    rows.push({ name: `interrupt: ${name}`, unit: "ms", goal: { text: "≤ 400, state kept", atMost: 400 }, figures });
  }
  return rows;
}

async function togetherRow(
  context: Context,
  specs: readonly KernelSpec[],
  folder: string,
  { together: count }: Effort,
): Promise<Row> {
  const figures: Record<string, Figure> = {};
  for (const spec of specs) {
    context.say(`${count} kernels at once: ${spec.id}`);
    figures[spec.id] = await together(spec, folder, count);
  }
  const goal = { text: "all usable", atMost: Number.MAX_VALUE };
  return { name: `${count} kernels at once, each to its first cell`, unit: "ms", goal, figures };
}

function versions(python: string, peers: string, specs: readonly KernelSpec[]): Record<string, string> {
  const found: Record<string, string> = { node: process.versions.node };
  const attempt = (id: string, read: () => string): void => {
    if (!specs.some((spec) => spec.id === id)) return;
    try {
      found[id] = read().trim();
    } catch {
      found[id] = "of an unknown version";
    }
  };
  const say = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: "utf8" });
  attempt("ipykernel", () => say(python, "-c", "import ipykernel; print(ipykernel.__version__)"));
  attempt("tslab", () => say(join(peers, "node_modules", ".bin", "tslab"), "--version").replace("tslab", ""));
  attempt(
    "deno",
    () =>
      /deno (\S+)/.exec(
        say(join(peers, "node_modules", "@deno", `${process.platform}-${process.arch}-glibc`, "deno"), "--version"),
      )?.[1] ?? "",
  );
  return found;
}
