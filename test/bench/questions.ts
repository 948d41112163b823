/** The cases that compare answers to one question: mean and variance, densities, log-likelihoods. */
import { join } from "node:path";
import { countOperations, linspace, type PhaseType } from "@sojourn/engine";
import { build, choiceName } from "./backend.js";
import type { Bench, Case, CaseResult, Goal, ModelFacts } from "./bench.js";
import { type Comparing, type Comparison, compare } from "./compare.js";
import { nativeLike, ratioGoal, secondsGoal } from "./goals.js";
import { type Asking, klu, type Lineup, native, ours, phasic, scipy, together } from "./lineup.js";
import {
  type BenchModel,
  blockCoalescent,
  coalescent,
  isolation,
  rabbits,
  thetas,
  twoIsland,
  twoLocus,
  twoLocusTwoIsland,
} from "./models.js";
import { type Asked, writeNeutral } from "./neutral.js";
import type { Task } from "./ours.js";

/** Exact answers differ by no more. */
const EXACT = 1e-9;
/** Densities of both sides are right to this, relative to the largest of the curve. */
const DENSITY = 1e-10;
const TIMES = 100;
const OBSERVATIONS = 1000;
/** Factors that thetas of a batch lie within: wide where only numbers change, near 1 where the work depends on them. */
const [WIDE, NEAR] = [4, 1.1];

/** Explores a model and writes it for every contender. */
export async function prepare(
  bench: Bench,
  model: BenchModel,
  task: Task,
  ask: (handle: PhaseType, dimension: number) => Promise<Asked> | Asked,
): Promise<{ asking: Asking; facts: ModelFacts }> {
  const handle = await build(bench.engine, model);
  const { graph, trace } = handle;
  const folder = join(bench.runFolder, `${model.name}-${task}`);
  writeNeutral(folder, graph, trace, await ask(handle, handle.parameters.length));
  const { factor, solve } = countOperations(trace, graph);
  const facts = {
    name: model.name,
    vertices: handle.vertices,
    edges: handle.edges,
    components: trace.componentStart.length - 1,
    factorMultiplyAdds: factor,
    solveMultiplyAdds: solve,
  };
  return { asking: { bench, model, task, folder }, facts };
}

const sizes = (quick: boolean): Pick<Comparing, "rounds" | "roundSeconds"> =>
  quick ? { rounds: 2, roundSeconds: 0.05 } : { rounds: 7, roundSeconds: 1.5 };

async function contest(
  { bench, folder }: Asking,
  lineup: Lineup,
  what: Omit<Comparing, "contenders" | "folder" | "rounds" | "roundSeconds" | "clock">,
): Promise<Comparison> {
  const comparing = { ...what, ...sizes(bench.quick), contenders: lineup.contenders, folder, clock: bench.clock };
  const comparison = await compare(bench.context, comparing);
  return { ...comparison, skipped: [...lineup.skipped, ...comparison.skipped] };
}

/** The first of the command line, which goals are about. */
const main = (bench: Bench): string => choiceName(bench.choices[0]);

/** The first of the command line, on one thread and on two. */
function threaded({ choices: [first, ...others] }: Bench): readonly [one: string, two: string] | undefined {
  const two = others.find((choice) => choiceName(choice) === choiceName({ ...first, threads: 2 }));
  return two && [choiceName(first), choiceName(two)];
}

interface MomentGoals {
  readonly klu?: number;
  readonly scipy?: number;
  readonly phasic?: number;
  readonly native?: number;
  readonly alone?: number;
  readonly threads?: number;
}

function momentsCase(model: BenchModel, aims: MomentGoals): Case {
  const id = `moments/${model.name}`;
  return {
    id,
    async run(bench): Promise<CaseResult> {
      const total = bench.quick ? 64 : 1000;
      const { asking, facts } = await prepare(bench, model, "moments", (_, dimension) => ({
        thetas: thetas(total, dimension, WIDE),
      }));
      const lineup = together(ours(asking), native(asking, [1, 4, 8]), klu(asking), scipy(asking), phasic(asking));
      const comparison = await contest(asking, lineup, { total, single: true, tolerance: EXACT, rowLength: 1 });
      return {
        id,
        title: `Mean and variance, ${model.name}`,
        model: facts,
        comparison,
        goals: momentGoals(bench, comparison, aims),
      };
    },
  };
}

function momentGoals(bench: Bench, comparison: Comparison, aims: MomentGoals): Goal[] {
  const us = main(bench);
  const goals: Goal[] = [];
  const ratio = (
    text: string,
    measure: "batch" | "single",
    of: string | undefined,
    atLeast: number | undefined,
  ): void => {
    if (atLeast !== undefined) goals.push(ratioGoal(comparison, text, measure, [of, us], { atLeast }));
  };
  ratio("KLU : ours, many θ", "batch", "klu", aims.klu);
  ratio("SciPy splu : ours, many θ", "batch", "scipy", aims.scipy);
  ratio("native C : ours, same lane width, many θ", "batch", nativeLike(comparison, us), aims.native);
  ratio("phasic : ours, many θ", "batch", "phasic", aims.phasic);
  ratio("KLU : ours, one new θ", "single", "klu", aims.klu && 1);
  if (aims.alone !== undefined) goals.push(secondsGoal(comparison, "ours, one new θ", "single", us, aims.alone));
  const pair = threaded(bench);
  if (aims.threads !== undefined && pair)
    goals.push(ratioGoal(comparison, "one thread : two threads", "batch", pair, { atLeast: aims.threads }));
  return goals;
}

function densityCase(model: BenchModel, scipyAtLeast?: number): Case {
  const id = `density/${model.name}`;
  return {
    id,
    async run(bench): Promise<CaseResult> {
      const total = 8;
      const { asking, facts } = await prepare(bench, model, "density", async (handle, dimension) => {
        const mean = await handle.mean(new Array(dimension).fill(1));
        return { thetas: thetas(total, dimension, NEAR), times: linspace(0.02 * mean, 5 * mean, TIMES) };
      });
      const lineup = together(ours(asking), scipy(asking), phasic(asking));
      const comparison = await contest(asking, lineup, { total, single: false, tolerance: DENSITY, rowLength: TIMES });
      const goals = scipyAtLeast
        ? [
            ratioGoal(comparison, "SciPy expm_multiply : ours", "batch", ["scipy", main(bench)], {
              atLeast: scipyAtLeast,
            }),
          ]
        : [];
      return { id, title: `Density at ${TIMES} times, ${model.name}`, model: facts, comparison, goals };
    },
  };
}

/** Two comparisons: values alone, and values with their gradients; ours with gradients is also held against ours alone. */
function likelihoodCase(model: BenchModel, phasicAtLeast: number): Case {
  const id = `likelihood/${model.name}`;
  return {
    id,
    async run(bench): Promise<CaseResult> {
      const total = 4;
      const ask = async (handle: PhaseType, dimension: number): Promise<Asked> => {
        const { times } = await handle.sample(new Array(dimension).fill(1), OBSERVATIONS, { seed: 5 });
        return { thetas: thetas(total, dimension, NEAR), observations: times };
      };
      const { asking, facts } = await prepare(bench, model, "gradient", ask);
      const alone = ours({ ...asking, task: "likelihood" });
      const named: Lineup = {
        contenders: alone.contenders.map((spec) => ({
          ...spec,
          id: `${spec.id} alone`,
          ours: false,
          approximate: true,
        })),
        skipped: [],
      };
      const lineup = together(ours(asking), named, phasic(asking));
      const comparison = await contest(asking, lineup, { total, single: false, tolerance: EXACT, rowLength: 1 });
      const us = main(bench);
      return {
        id,
        title: `Log-likelihood of ${OBSERVATIONS} observations with its gradient, ${model.name}`,
        model: facts,
        comparison,
        goals: [
          ratioGoal(comparison, "ours with gradient : ours alone", "batch", [us, `${us} alone`], { atMost: 4 }),
          ratioGoal(comparison, "phasic : ours, with gradient", "batch", ["phasic", us], { atLeast: phasicAtLeast }),
        ],
      };
    },
  };
}

const AIMS: MomentGoals = { klu: 2.5, scipy: 20, phasic: 100, native: 0.7, threads: 1.7 };

export const QUESTIONS: readonly Case[] = [
  momentsCase(coalescent(20), { phasic: 10, alone: 13e-6 }),
  momentsCase(blockCoalescent(20), {}),
  momentsCase(twoIsland(30, 30), AIMS),
  momentsCase(rabbits(100), AIMS),
  momentsCase(twoLocus(7), AIMS),
  momentsCase(isolation(5, 5), AIMS),
  // most of its work is factorisation
  momentsCase(twoLocusTwoIsland(4), {}),
  densityCase(coalescent(20)),
  densityCase(blockCoalescent(10)),
  densityCase(blockCoalescent(20), 50),
  densityCase(twoLocus(5)),
  likelihoodCase(blockCoalescent(10), 50),
  likelihoodCase(rabbits(100), 50),
];
