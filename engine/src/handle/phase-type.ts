/**
 * The handle that a build returns: a graph, its trace, and the quantities of the absorption time and of rewards.
 * Programs are made once per quantity and kept with their evaluators.
 */
import { InputError } from "../base/errors.js";
import { graphDrawing, summaryTable } from "../display/drawing.js";
import { DISPLAY, type Displayable } from "../display/mime.js";
import { type Evaluator, type EvaluatorInputs, LANE_STATUS } from "../evaluator/evaluator.js";
import { openReference } from "../evaluator/reference/backend.js";
import { printTheta } from "../expression/weight.js";
import { edgeCount, type Graph } from "../graph/graph.js";
import { covarianceProgram, momentsProgram, timeProgram } from "../program/build.js";
import { checkProgram } from "../program/check.js";
import type { Program, TimeFunction } from "../program/program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { createPlots, type Plots } from "./plots.js";
import { BatchResult, laneError } from "./result.js";
import { type Lanes, lanesOf, type Theta, type ThetaBatch } from "./theta.js";

/** How one stage was come by. */
export interface StageReport {
  readonly outcome: "hit" | "miss" | "refused" | "bypass" | "none";
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface BuildReport {
  readonly graph: StageReport;
  readonly trace: StageReport;
}

export interface RewardOption {
  /** Name of a reward of the model; without it the quantity is of the absorption time. */
  readonly reward?: string;
}

const MOMENT_ORDER_MAX = 170;

/** A phase-type distribution for every θ of one state space. */
export interface PhaseType extends Displayable {
  readonly name: string;
  readonly graph: Graph;
  readonly trace: EliminationTrace;
  readonly caches: BuildReport;
  readonly vertices: number;
  readonly edges: number;
  readonly parameters: readonly string[];
  readonly rewards: readonly string[];
  /**
   * E[Y], …, E[Y^order] of the absorption time or of a reward. One θ gives `order` values, a batch lanes × order.
   * Relative accuracy of about 1e-13; no subtraction. Cost: one factorisation, `order` solves per lane.
   * Throws `InputError` (rate < 0, θ of the wrong length), `LaneError` when one θ has no value.
   * Source: Røikjer, Hobolth & Munch (2022), doi 10.1007/s11222-022-10174-3; elimination as in `trace`.
   */
  moments(theta: Theta | undefined, order: number, options?: RewardOption): Promise<Float64Array>;
  moments(thetas: ThetaBatch, order: number, options?: RewardOption): Promise<BatchResult>;
  /** E[Y], see `moments`. */
  mean(theta?: Theta, options?: RewardOption): Promise<number>;
  mean(thetas: ThetaBatch, options?: RewardOption): Promise<BatchResult>;
  /** Var(Y) without cancellation. Cost: one factorisation, two solves per lane. */
  variance(theta?: Theta, options?: RewardOption): Promise<number>;
  variance(thetas: ThetaBatch, options?: RewardOption): Promise<BatchResult>;
  /** Cov of two rewards without cancellation. Cost: one factorisation, three solves per lane. */
  covariance(theta: Theta | undefined, first: string, second: string): Promise<number>;
  covariance(thetas: ThetaBatch, first: string, second: string): Promise<BatchResult>;
  /**
   * Density of the absorption time at times ≥ 0, without the atom at zero. One time gives a number.
   * Uniformization (Jensen 1953); relative error below the bound that `sojourn compute` reports, in both tails.
   * Cost: E multiply-adds for each of about Λt + 8√(Λt) steps, Λ the largest exit rate.
   */
  pdf(theta: Theta | undefined, times: number): Promise<number>;
  pdf(theta: Theta | undefined, times: readonly number[] | Float64Array): Promise<Float64Array>;
  pdf(thetas: ThetaBatch, times: readonly number[] | Float64Array): Promise<BatchResult>;
  /** Probability of absorption by time t, the atom at zero included. As `pdf`. */
  cdf(theta: Theta | undefined, times: number): Promise<number>;
  cdf(theta: Theta | undefined, times: readonly number[] | Float64Array): Promise<Float64Array>;
  cdf(thetas: ThetaBatch, times: readonly number[] | Float64Array): Promise<BatchResult>;
  /** Probability of no absorption by time t, accurate where it is small. As `pdf`. */
  survival(theta: Theta | undefined, times: number): Promise<number>;
  survival(theta: Theta | undefined, times: readonly number[] | Float64Array): Promise<Float64Array>;
  survival(thetas: ThetaBatch, times: readonly number[] | Float64Array): Promise<BatchResult>;
  /** A program on the default backend, for callers that own their buffers. */
  evaluator(program: Program): Evaluator;
  readonly plot: Plots;
}

/** Gives a graph and its trace the methods of a distribution. */
export function createPhaseType(
  graph: Graph,
  trace: EliminationTrace,
  caches: BuildReport,
  interrupted: () => boolean,
): PhaseType {
  const evaluators = new Map<string, Evaluator>();

  function evaluator(program: Program): Evaluator {
    const key = JSON.stringify(program);
    let known = evaluators.get(key);
    if (known === undefined) {
      const fault = checkProgram(program, graph.rewardNames);
      if (fault) throw new InputError("bad-program", `Cannot evaluate ${graph.name}: ${fault}.`);
      known = openReference(graph, trace, program, interrupted);
      evaluators.set(key, known);
    }
    return known;
  }

  function evaluate(program: Program, lanes: Lanes, inputs: EvaluatorInputs): BatchResult {
    const run = evaluator(program);
    const columns = run.valueCount(inputs);
    const values = new Float64Array(lanes.batchSize * columns);
    const status = new Uint8Array(lanes.batchSize);
    run.evaluateInto(lanes.thetas, inputs, values, status);
    return new BatchResult(
      program.quantity,
      values,
      columns,
      Array.from(status, (code) => LANE_STATUS[code]),
    );
  }

  /** ` at rate = 0`; nothing for a model without parameters. */
  const atTheta = (theta: Float64Array): string =>
    graph.parameterNames.length === 0 ? "" : ` at ${printTheta(graph.parameterNames, theta)}`;

  const lanesFor = (theta: Theta | ThetaBatch | undefined): Lanes => lanesOf(graph.name, graph.parameterNames, theta);

  /** A batch as it is, one θ as its row. */
  function answer(
    program: Program,
    theta: Theta | ThetaBatch | undefined,
    inputs: EvaluatorInputs,
  ): BatchResult | Float64Array {
    const lanes = lanesFor(theta);
    const result = evaluate(program, lanes, inputs);
    if (!lanes.single) return result;
    const status = result.status[0];
    if (status !== "ok") throw laneError(`${program.quantity} of ${graph.name}`, status, atTheta(lanes.thetas));
    return result.values;
  }

  const scalar = (result: BatchResult | Float64Array): BatchResult | number =>
    result instanceof BatchResult ? result : result[0];

  function checkReward(reward: string | undefined): string | undefined {
    if (reward !== undefined && !graph.rewardNames.includes(reward))
      throw new InputError(
        "unknown-reward",
        `Cannot evaluate ${graph.name}: it has no reward ${reward}; its rewards are ${graph.rewardNames.join(", ") || "none"}.`,
      );
    return reward;
  }

  async function moments(theta: Theta | ThetaBatch | undefined, order: number, options?: RewardOption) {
    if (!Number.isInteger(order) || order < 1 || order > MOMENT_ORDER_MAX)
      throw new InputError(
        "bad-order",
        `Cannot evaluate moments of ${graph.name}: the order must be a whole number from 1 to ${MOMENT_ORDER_MAX} and is ${order}.`,
      );
    return answer(momentsProgram(order, rewardOf("moments", options)), theta, {});
  }

  /** The one option there is; anything else is a mistake that must not pass in silence. */
  function rewardOf(quantity: string, options: unknown): string | undefined {
    if (options === undefined) return undefined;
    const what = `Cannot evaluate ${quantity} of ${graph.name}`;
    if (typeof options !== "object" || options === null || Array.isArray(options))
      throw new InputError(
        "bad-option",
        `${what}: options are an object such as { reward: "name" }, not ${show(options)}.`,
      );
    const unknown = Object.keys(options).find((name) => name !== "reward");
    if (unknown !== undefined)
      throw new InputError("bad-option", `${what}: there is no option ${unknown}; the only one is reward.`);
    const { reward } = options as { reward?: unknown };
    if (reward !== undefined && typeof reward !== "string")
      throw new InputError("bad-option", `${what}: reward must be the name of one reward and is ${show(reward)}.`);
    return checkReward(reward);
  }

  async function variance(theta: Theta | ThetaBatch | undefined, options?: RewardOption) {
    const reward = rewardOf("variance", options);
    return scalar(answer(covarianceProgram(reward, reward), theta, {}));
  }

  async function covariance(theta: Theta | ThetaBatch | undefined, first: unknown, second: unknown) {
    if (typeof first !== "string" || typeof second !== "string")
      throw new InputError(
        "no-reward",
        `Cannot evaluate covariance of ${graph.name}: it needs the names of two rewards.`,
      );
    return scalar(answer(covarianceProgram(checkReward(first), checkReward(second)), theta, {}));
  }

  const timed =
    (name: TimeFunction) =>
    async (theta: Theta | ThetaBatch | undefined, times: unknown, ...more: unknown[]) => {
      const what = `Cannot evaluate ${name} of ${graph.name}`;
      if (more.length > 0)
        throw new InputError(
          "bad-option",
          `${what}: it has no options; of a reward it is not answered by this version.`,
        );
      const list = typeof times === "number" ? [times] : times;
      if (!Array.isArray(list) && !ArrayBuffer.isView(list))
        throw new InputError("no-times", `${what}: it needs a time or a list of times and got ${show(times)}.`);
      const grid = Array.from(list as ArrayLike<unknown>);
      const bad = grid.findIndex((t) => typeof t !== "number" || !(t >= 0));
      if (bad >= 0)
        throw new InputError("bad-time", `${what}: time ${bad} must be a number ≥ 0 and is ${show(grid[bad])}.`);
      const result = answer(timeProgram(name), theta, { times: Float64Array.from(grid as number[]) });
      return typeof times === "number" ? scalar(result) : result;
    };

  const handle = {
    name: graph.name,
    graph,
    trace,
    caches,
    vertices: graph.vertexCount,
    edges: edgeCount(graph),
    parameters: graph.parameterNames,
    rewards: graph.rewardNames,
    moments,
    mean: async (theta?: Theta | ThetaBatch, options?: RewardOption) => scalar(await moments(theta, 1, options)),
    variance,
    covariance,
    pdf: timed("pdf"),
    cdf: timed("cdf"),
    survival: timed("survival"),
    evaluator,
  } as Omit<PhaseType, "plot" | keyof Displayable>;

  const summary = (): [string, string][] => [
    ["model", graph.name],
    ["vertices", graph.vertexCount.toLocaleString("en")],
    ["edges", edgeCount(graph).toLocaleString("en")],
    ["parameters", graph.parameterNames.join(", ") || "none"],
    ["rewards", graph.rewardNames.join(", ") || "none"],
    ["graph", stageText(caches.graph)],
    ["trace", stageText(caches.trace)],
  ];
  const text = (): string =>
    `PhaseType ${graph.name}: ${graph.vertexCount} vertices, ${edgeCount(graph)} edges; graph ${stageText(caches.graph)}, trace ${stageText(caches.trace)}`;
  return Object.assign(handle, {
    plot: createPlots(handle, () => graphDrawing(graph)),
    [DISPLAY]: () => ({ "text/plain": text(), "text/html": summaryTable(summary()) }),
    [Symbol.for("nodejs.util.inspect.custom")]: text,
  }) as PhaseType;
}

const show = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

function stageText(stage: StageReport): string {
  const time = `${stage.milliseconds.toFixed(stage.milliseconds < 10 ? 1 : 0)} ms`;
  return stage.reason && stage.outcome !== "miss"
    ? `${stage.outcome} (${stage.reason}), ${time}`
    : `${stage.outcome}, ${time}`;
}
