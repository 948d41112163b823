/** The cases that begin with nothing: exploring, eliminating and evaluating a large model in a fresh process. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { choiceName } from "./backend.js";
import type { Bench, Case, CaseResult } from "./bench.js";
import type { Scratch, ScratchResult } from "./scratch.js";
import { largestDifference, median } from "./statistics.js";

async function once({ context, runFolder }: Bench, scratch: Omit<Scratch, "cacheDirectory">): Promise<ScratchResult> {
  const cacheDirectory = mkdtempSync(join(runFolder, "scratch-"));
  const args = [join(runFolder, "scratch.mjs"), JSON.stringify({ ...scratch, cacheDirectory })];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  context.began(child);
  const [said, why] = [child.stdout, child.stderr].map((stream) => text(stream));
  const code = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  context.ended(child);
  rmSync(cacheDirectory, { recursive: true, force: true });
  if (code !== 0) throw new Error((await why).trim().split("\n").at(-1) || `it ended with ${code}`);
  return JSON.parse(await said);
}

function scratchCase(title: string, task: Scratch["task"], size: number, small: number): Case {
  const id = `scratch/${task}-${size}`;
  return {
    id,
    async run(bench): Promise<CaseResult> {
      const rounds = bench.quick ? 1 : 3;
      const chosen = bench.quick ? small : size;
      // one backend is enough to see what a start from nothing takes
      const choices = task === "spectrum" ? bench.choices.slice(0, 1) : bench.choices;
      const runs: ScratchResult[][] = choices.map(() => []);
      for (let round = 0; round < rounds; round++)
        for (const [i, choice] of choices.entries()) runs[i].push(await once(bench, { task, size: chosen, choice }));
      const first = Float64Array.from(runs[0][0].numbers);
      const columns = [
        ...["backend", "vertices", "edges", "in all, s", "states, s", "trace, s", "answer, s", "peak, MiB"],
        "difference",
      ];
      const rows = runs.map((all, i) => {
        const of = (field: keyof ScratchResult): number => median(all.map((run) => run[field] as number));
        const difference = largestDifference(Float64Array.from(all[0].numbers), first);
        const times = (["seconds", "exploreSeconds", "traceSeconds", "evaluateSeconds"] as const).map(of);
        const name = choiceName(choices[i]);
        return [name, all[0].vertices, all[0].edges, ...times, of("peakMiB"), difference];
      });
      return { id, title: `${title}, size ${chosen}, from nothing`, table: { columns, rows }, goals: [] };
    },
  };
}

export const SCRATCH: readonly Case[] = [
  scratchCase("Rabbits: mean and variance", "rabbits", 1000, 30),
  scratchCase("Isolation with migration: joint spectrum over two epochs", "spectrum", 7, 2),
];
