/** `npm run bench` itself, on little: whether it measures, compares and writes. How fast anything is, is not its question. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";
import type { Report } from "./bench.js";
import { markdown } from "./report.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = join(ROOT, "test", "bench", "bench.mjs");
const execute = promisify(execFile);

const bench = (...args: string[]) =>
  execute(process.execPath, [SCRIPT, "--no-build", ...args], { cwd: ROOT }).catch((error) => error);

const positive = expect.toSatisfy((value: number) => value > 0 && Number.isFinite(value));

it("measures a question, the growth of a model and a start from nothing, and writes them as JSON", async () => {
  const json = join(temporaryFolder("bench"), "report.json");
  const only = "moments/coalescent-20,growth/block-coalescent,scratch/rabbits";
  const { stdout } = await bench("--quick", "--backend", "wasm,reference", "--only", only, "--json", json);
  const report: Report = JSON.parse(readFileSync(json, "utf8"));

  expect(report).toMatchObject({
    format: "sojourn-bench/1",
    quick: true,
    machine: { cores: positive, node: process.versions.node },
    missing: { klu: "not asked for (--peers)" },
    failed: [],
  });
  expect(report.cases.map(({ id }) => id)).toEqual([
    "moments/coalescent-20",
    "scratch/rabbits-1000",
    "growth/block-coalescent",
  ]);
  const [moments, scratch, growth] = report.cases;
  expect(moments.model).toMatchObject({ vertices: 20, edges: 19, factorMultiplyAdds: 0, solveMultiplyAdds: 18 });
  expect(moments.comparison!.measured).toEqual([
    expect.objectContaining({ id: "wasm", ours: true, difference: 0, agrees: true, count: positive }),
    expect.objectContaining({ id: "reference", ours: true, agrees: true, count: positive }),
  ]);
  const [{ batch, single, phases }] = moments.comparison!.measured;
  expect([...batch, ...single]).toEqual([positive, positive, positive, positive]);
  expect(Object.keys(phases)).toEqual(expect.arrayContaining(["weights", "factor", "solve"]));
  expect(moments.goals).toContainEqual(expect.objectContaining({ text: "ours, one new θ", unit: "s", atMost: 13e-6 }));
  expect(scratch.table!.rows.map((row) => row.slice(0, 3))).toEqual([
    ["wasm", 496, 1860],
    ["reference", 496, 1860],
  ]);
  expect(growth.table!.rows.map(([model]) => model)).toEqual(["block-coalescent-10", "block-coalescent-15"]);

  expect(moments.comparison!.ratios).toContainEqual(
    expect.objectContaining({ of: "reference", over: "wasm", measure: "single", median: positive }),
  );
  expect(stdout).toContain("Mean and variance, coalescent-20");
  expect(markdown(report)).toContain("| coalescent-20 | 20 | 19 |");
});

it("leaves nothing of its run behind", async () => {
  const listing = execute(process.execPath, [SCRIPT, "--no-build", "--list"], { cwd: ROOT });
  const own = `run-${listing.child.pid}-`;
  await listing;
  expect(readdirSync(join(ROOT, ".bench")).filter((name) => name.startsWith(own))).toEqual([]);
});

it("lists its cases, and says when none has a name", async () => {
  const { stdout } = await bench("--list");
  expect(stdout.split("\n")).toEqual(expect.arrayContaining(["moments/rabbits-100", "growth/lanes"]));
  expect(await bench("--only", "nonesuch")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("No case is called nonesuch"),
  });
});

it("says which backend it has not, and fails", async () => {
  const outcome = await bench("--quick", "--only", "moments/coalescent-20", "--backend", "abacus");
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toMatch(/without abacus: ./);
});
