/**
 * How times grow: of every stage with the size of a model, and of an evaluation with the size of a batch and with the number
 * of thetas side by side.
 */
import { build, type Choice } from "./backend.js";
import type { Bench, Case, CaseResult } from "./bench.js";
import { compare, type Measured } from "./compare.js";
import { type Asking, klu, type Lineup, native, ours, oursAs, together } from "./lineup.js";
import { type BenchModel, blockCoalescent, isolation, rabbits, thetas, twoIsland, twoLocus } from "./models.js";
import { prepare } from "./questions.js";
import { growthExponent, median } from "./statistics.js";

const SERIES: readonly { readonly name: string; readonly models: readonly BenchModel[] }[] = [
  { name: "rabbits", models: [10, 20, 40, 80, 160].map(rabbits) },
  { name: "two-island", models: [5, 10, 20, 40, 80].map((n) => twoIsland(n, n)) },
  { name: "two-locus", models: [3, 4, 5, 6, 7].map(twoLocus) },
  { name: "isolation-with-migration", models: [2, 3, 4, 5].map((n) => isolation(n, n)) },
  { name: "block-coalescent", models: [10, 15, 20, 25, 30].map(blockCoalescent) },
];

const MICRO = 1e6;

async function timed(bench: Bench, model: BenchModel, lineup: (asking: Asking) => Lineup, total: number) {
  const { asking, facts } = await prepare(bench, model, "moments", (_, dimension) => ({
    thetas: thetas(total, dimension, 4),
  }));
  const { contenders } = lineup(asking);
  const [rounds, roundSeconds] = bench.quick ? [1, 0.05] : [3, 0.4];
  const folder = asking.folder;
  const what = {
    contenders,
    total,
    rounds,
    roundSeconds,
    single: true,
    tolerance: 1e-9,
    rowLength: 1,
    folder,
    clock: bench.clock,
  };
  return { facts, comparison: await compare(bench.context, what) };
}

/** Milliseconds of exploring and of eliminating, the least of three. */
async function stages(bench: Bench, model: BenchModel): Promise<[explore: number, trace: number]> {
  let [explore, trace] = [Infinity, Infinity];
  for (let i = 0; i < (bench.quick ? 1 : 3); i++) {
    const { caches } = await build(bench.engine, model, false);
    explore = Math.min(explore, caches.graph.milliseconds);
    trace = Math.min(trace, caches.trace.milliseconds);
  }
  return [explore, trace];
}

const PHASES = ["weights", "factor", "solve", "output"] as const;
const phaseCells = ({ phases }: Measured): (number | string)[] =>
  PHASES.map((name) => (phases[name] === undefined ? "–" : phases[name] * MICRO));

function sizeCase({ name, models }: (typeof SERIES)[number]): Case {
  const id = `growth/${name}`;
  return {
    id,
    async run(bench): Promise<CaseResult> {
      const rows: (string | number)[][] = [];
      const points = new Map<string, { edges: number[]; times: number[] }>();
      const note = (what: string, edges: number, time: number): void => {
        const at = points.get(what) ?? { edges: [], times: [] };
        at.edges.push(edges);
        at.times.push(time);
        points.set(what, at);
      };
      for (const model of bench.quick ? models.slice(0, 2) : models) {
        const [explore, trace] = await stages(bench, model);
        const { facts, comparison } = await timed(
          bench,
          model,
          (asking) => together(oursAs(asking, bench.choices.slice(0, 1)), native(asking, [4]), klu(asking)),
          bench.quick ? 32 : 256,
        );
        note("states", facts.edges, explore);
        note("trace", facts.edges, trace);
        for (const one of comparison.measured) {
          const perTheta = median(one.batch) * MICRO;
          note(one.id, facts.edges, perTheta);
          const size = [facts.vertices, facts.edges, facts.factorMultiplyAdds, facts.solveMultiplyAdds];
          rows.push([model.name, ...size, explore, trace, one.id, perTheta, ...phaseCells(one)]);
        }
      }
      const exponents = [...points].filter(([, { edges }]) => edges.length > 1);
      const text = exponents.map(([what, { edges, times }]) => `${what} E^${growthExponent(edges, times).toFixed(2)}`);
      return {
        id,
        title: `Growth with the model, ${name}: ${text.join(", ")}`,
        table: {
          columns: [
            ...["model", "V", "E", "factor ops", "solve ops", "states, ms", "trace, ms", "contender", "µs per θ"],
            ...PHASES.map((phase) => `${phase}, µs`),
          ],
          rows,
        },
        goals: [],
      };
    },
  };
}

const batchCase: Case = {
  id: "growth/batch",
  async run(bench): Promise<CaseResult> {
    const model = isolation(4, 4);
    const rows: (string | number)[][] = [];
    for (const total of bench.quick ? [1, 16] : [1, 2, 4, 8, 16, 64, 256, 1024]) {
      const { comparison } = await timed(bench, model, ours, total);
      for (const one of comparison.measured) rows.push([total, one.id, median(one.batch) * MICRO]);
    }
    const columns = ["thetas in the batch", "contender", "µs per θ"];
    return { id: "growth/batch", title: `Growth with the batch, ${model.name}`, table: { columns, rows }, goals: [] };
  },
};

/** The first backend of the command line at every lane width that it has. */
function laneChoices({ choices: [{ backend }] }: Bench): Choice[] {
  if (backend !== "wasm") return [{ backend, threads: 1 }];
  return ([2, 4, 8] as const).map((lanes) => ({ backend, threads: 1, lanes }));
}

const laneCase: Case = {
  id: "growth/lanes",
  async run(bench): Promise<CaseResult> {
    const rows: (string | number)[][] = [];
    for (const model of bench.quick ? [twoLocus(4)] : [rabbits(100), twoLocus(7), isolation(5, 5)]) {
      const widths = [1, 2, 4, 8, 16];
      const lineup = (asking: Asking): Lineup => together(oursAs(asking, laneChoices(bench)), native(asking, widths));
      const { facts, comparison } = await timed(bench, model, lineup, bench.quick ? 32 : 256);
      for (const one of comparison.measured) {
        const { factor } = one.phases;
        const rate = factor > 0 ? (2e-9 * facts.factorMultiplyAdds) / factor : "–";
        rows.push([model.name, one.id, one.facts.lanes ?? "–", median(one.batch) * MICRO, ...phaseCells(one), rate]);
      }
    }
    const columns = [
      ...["model", "contender", "lanes", "µs per θ", ...PHASES.map((phase) => `${phase}, µs`)],
      "GFLOP/s of the factor loop",
    ];
    return { id: "growth/lanes", title: "Growth with the lanes", table: { columns, rows }, goals: [] };
  },
};

export const GROWTH: readonly Case[] = [...SERIES.map(sizeCase), batchCase, laneCase];
