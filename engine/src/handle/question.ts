/**
 * A question names a quantity and its options. It is what methods of a handle, request documents and gradients have in
 * common: here it is checked, and turned into the program that answers it on the right model.
 */
import { InputError } from "../base/errors.js";
import { nameText, noSuch, valueText } from "../base/words.js";
import type { EvaluatorInputs, Observations } from "../evaluator/evaluator.js";
import { type Graph, stateText } from "../graph/graph.js";
import {
  conditionalVarianceProgram,
  countsProgram,
  defectProgram,
  endingProgram,
  factorialMomentsProgram,
  momentsProgram,
  sojournProgram,
  visitsProgram,
} from "../program/build.js";
import { covarianceProgram, meanVarianceProgram } from "../program/covariance.js";
import type { Program } from "../program/program.js";
import { METHODS, type MethodChoice, type Schedule, type TimeProgram } from "../program/time-program.js";
import { type Observation, readObservations } from "./observations.js";

/** A vertex by its id, or by its state vector. */
export type Vertex = number | readonly number[];

interface Common<R extends string> {
  /** Of this reward instead of the absorption time. */
  readonly reward?: R;
  /** Vertices at which the process stops. */
  readonly until?: readonly Vertex[];
}
interface Conditional<R extends string> extends Common<R> {
  /** Absorbing vertices: given that absorption happens in one of them. */
  readonly given?: readonly Vertex[];
}
interface Until {
  readonly until?: readonly Vertex[];
}
type Numbers = readonly number[] | Float64Array;

export type Question<R extends string = string> =
  | ({ readonly quantity: "moments"; readonly order?: number } & Conditional<R>)
  | ({ readonly quantity: "mean" | "variance" } & Conditional<R>)
  | ({ readonly quantity: "meanVariance" } & Common<R>)
  | ({ readonly quantity: "covariance"; readonly rewards: readonly [R, R] } & Until)
  | ({ readonly quantity: "covarianceMatrix"; readonly rewards: readonly R[] } & Until)
  | ({ readonly quantity: "factorialMoments"; readonly order?: number } & Until)
  | ({
      readonly quantity: "pdf" | "cdf" | "survival" | "hazard";
      readonly times: Numbers;
      readonly method?: MethodChoice;
    } & Conditional<R>)
  | ({ readonly quantity: "pmf"; readonly steps: Numbers; readonly method?: MethodChoice } & Conditional<R>)
  | ({ readonly quantity: "quantile"; readonly probabilities: Numbers; readonly method?: MethodChoice } & Common<R>)
  | ({ readonly quantity: "laplace"; readonly at: readonly (readonly [number, number])[] } & Common<R>)
  | ({
      readonly quantity: "stateProbabilities" | "occupancy";
      readonly times: Numbers;
      readonly method?: MethodChoice;
    } & Until)
  | ({
      readonly quantity: "accumulated";
      readonly times: Numbers;
      readonly reward?: R;
      readonly method?: MethodChoice;
    } & Until)
  | ({ readonly quantity: "sojourn" | "visits" } & Until)
  | { readonly quantity: "hitting"; readonly vertices: readonly Vertex[] }
  | ({ readonly quantity: "defect" } & Common<R>)
  | ({
      readonly quantity: "logLikelihood";
      readonly data: readonly Observation[] | Float64Array;
      readonly method?: MethodChoice;
    } & Common<R>)
  | ({
      readonly quantity: "countProbabilities";
      readonly rewards: readonly R[];
      readonly counts: readonly (readonly number[])[];
      readonly rate?: number;
    } & Until);

export type QuantityName = Question["quantity"];

/** Options of each quantity besides its name; what is not here is refused. */
export const OPTIONS: Readonly<Record<QuantityName, readonly string[]>> = {
  moments: ["order", "reward", "given", "until"],
  mean: ["reward", "given", "until"],
  variance: ["reward", "given", "until"],
  meanVariance: ["reward", "until"],
  covariance: ["rewards", "until"],
  covarianceMatrix: ["rewards", "until"],
  factorialMoments: ["order", "until"],
  pdf: ["times", "method", "reward", "given", "until"],
  cdf: ["times", "method", "reward", "given", "until"],
  survival: ["times", "method", "reward", "given", "until"],
  hazard: ["times", "method", "reward", "given", "until"],
  pmf: ["steps", "method", "reward", "given", "until"],
  quantile: ["probabilities", "method", "reward", "until"],
  laplace: ["at", "reward", "until"],
  stateProbabilities: ["times", "method", "until"],
  occupancy: ["times", "method", "until"],
  accumulated: ["times", "method", "reward", "until"],
  sojourn: ["until"],
  visits: ["until"],
  hitting: ["vertices"],
  defect: ["reward", "until"],
  logLikelihood: ["data", "method", "reward", "until"],
  countProbabilities: ["rewards", "counts", "rate", "until"],
};

/** What has to be evaluated, and on which model. */
export interface Plan {
  readonly program: Program | TimeProgram;
  readonly inputs: EvaluatorInputs;
  /** Stop the process at these vertices first. */
  readonly until?: readonly number[];
  /** Then transform by this reward. */
  readonly transform?: string;
  /** Whether there is a derivative. */
  readonly differentiable: boolean;
}

const ORDER_MAX = 170;

/** Throws `InputError` for anything that is no question to this model. */
export function planOf(question: Question, graph: Graph, schedule: Schedule | undefined): Plan {
  const check = new QuestionCheck(question, graph);
  const { quantity } = question;
  const kind = graph.kind;
  const epochs = schedule && { epochs: schedule };
  const until =
    "until" in question && question.until !== undefined ? { until: check.vertices("until", question.until) } : {};
  const differentiable = !(quantity === "quantile" && kind === "discrete");
  const timed = (rest: Omit<TimeProgram, "outputs">, inputs: EvaluatorInputs, reward?: string): Plan => {
    const { method } = question as { method?: MethodChoice };
    if (method !== undefined && !METHODS.includes(method))
      check.refuse("bad-option", `method must be one of ${METHODS.join(", ")} and is ${valueText(method)}`);
    if (reward !== undefined && schedule)
      check.refuse(
        "not-available",
        `the ${quantity} of a reward is not defined over epochs, because its clock is not time`,
      );
    return {
      program: { outputs: "values", ...rest, ...(method && { method }), ...epochs },
      inputs,
      ...until,
      ...(reward !== undefined && { transform: reward }),
      differentiable,
    };
  };
  const solved = (program: Program): Plan => {
    if (schedule) check.refuse("not-available", `${quantity} is not available for a model with epochs`);
    return { program, inputs: {}, ...until, differentiable };
  };
  const given =
    "given" in question && question.given !== undefined ? check.absorbing(question.given, until.until) : undefined;
  if (given && schedule)
    check.refuse("not-available", "a condition on where absorption happens is not available for a model with epochs");
  const condition = given && { given };
  switch (quantity) {
    case "moments":
    case "mean": {
      const order = "order" in question ? check.order(question.order) : 1;
      const reward = check.reward(question.reward);
      if (schedule) return timed({ quantity: "moments", order, ...(reward !== undefined && { reward }) }, {});
      return solved(momentsProgram(kind, order, { reward, given }));
    }
    case "variance": {
      const reward = check.reward(question.reward);
      if (given) return solved(conditionalVarianceProgram(kind, { reward, given }));
      if (schedule) return timed({ quantity: "variance", ...(reward !== undefined && { reward }) }, {});
      return solved(covarianceProgram(kind, [reward, reward], true));
    }
    case "meanVariance": {
      const reward = check.reward(question.reward);
      if (schedule)
        check.refuse("not-available", "over epochs mean and variance are computed apart; ask for each of them");
      return solved(meanVarianceProgram(kind, reward));
    }
    case "covariance":
    case "covarianceMatrix": {
      const pair = quantity === "covariance";
      const rewards = check.rewards(question.rewards, pair ? 2 : undefined);
      if (schedule) return timed({ quantity: "covariance", rewards, pair }, {});
      return solved(covarianceProgram(kind, rewards, pair));
    }
    case "factorialMoments":
      check.kind("discrete");
      return solved(factorialMomentsProgram(check.order(question.order)));
    case "pdf":
    case "cdf":
    case "survival":
    case "hazard":
      return timed({ quantity, ...condition }, { times: check.times(question.times) }, check.reward(question.reward));
    case "pmf":
      check.kind("discrete");
      return timed({ quantity, ...condition }, { times: check.times(question.steps) }, check.reward(question.reward));
    case "quantile":
      return timed(
        { quantity },
        { probabilities: check.probabilities(question.probabilities) },
        check.reward(question.reward),
      );
    case "laplace": {
      const reward = check.reward(question.reward);
      if (schedule) check.refuse("not-available", "the Laplace transform is not available for a model with epochs");
      return timed({ quantity, ...(reward !== undefined && { reward }) }, { points: check.points(question.at) });
    }
    case "stateProbabilities":
    case "occupancy":
      return timed({ quantity }, { times: check.times(question.times) });
    case "accumulated": {
      const reward = check.reward(question.reward);
      return timed({ quantity, ...(reward !== undefined && { reward }) }, { times: check.times(question.times) });
    }
    case "sojourn":
      return schedule ? timed({ quantity }, {}) : solved(sojournProgram());
    case "visits":
      return schedule ? timed({ quantity }, {}) : solved(visitsProgram(kind));
    case "hitting": {
      const vertices = check.vertices("vertices", question.vertices);
      const plan = schedule
        ? timed({ quantity: "ending", given: vertices }, {})
        : solved(endingProgram("hitting", vertices));
      return { ...plan, until: vertices };
    }
    case "defect": {
      const reward = check.reward(question.reward);
      if (schedule) return timed({ quantity }, {}, reward);
      return { ...solved(defectProgram()), ...(reward !== undefined && { transform: reward }) };
    }
    case "logLikelihood":
      return timed({ quantity }, { data: check.data(question.data) }, check.reward(question.reward));
    case "countProbabilities": {
      check.kind("continuous");
      const rewards = check.rewards(question.rewards);
      return solved(countsProgram(rewards, check.counts(question.counts, rewards.length), check.rate(question.rate)));
    }
    default:
      return check.unknown(question);
  }
}

/** Checks one question against one model; every fault is a sentence that names both. */
class QuestionCheck {
  readonly #graph: Graph;
  readonly #what: string;

  constructor(question: Question, graph: Graph) {
    this.#graph = graph;
    if (typeof question !== "object" || question === null)
      throw new InputError(
        "bad-option",
        `Cannot evaluate ${graph.name}: a question is an object such as { quantity: "mean" } and is ${valueText(question)}.`,
      );
    this.#what = `Cannot evaluate ${nameText(question.quantity)} of ${graph.name}`;
    if (!Object.hasOwn(OPTIONS, question.quantity)) this.unknown(question as never);
    const options = OPTIONS[question.quantity];
    const unknown = Object.keys(question).find((name) => name !== "quantity" && !options.includes(name));
    if (unknown !== undefined) this.refuse("bad-option", noSuch("option", unknown, options));
  }

  refuse(code: string, what: string): never {
    throw new InputError(code, `${this.#what}: ${what}.`);
  }

  unknown(question: never): never {
    const { quantity } = question as { quantity: unknown };
    throw new InputError(
      "unknown-quantity",
      `Cannot evaluate ${this.#graph.name}: ${noSuch("quantity", String(quantity), Object.keys(OPTIONS), valueText(quantity))}.`,
    );
  }

  kind(kind: Graph["kind"]): void {
    if (this.#graph.kind !== kind)
      this.refuse("wrong-kind", `it is for ${kind} models, and this one is ${this.#graph.kind}`);
  }

  order(order: number | undefined = 1): number {
    if (Number.isInteger(order) && order >= 1 && order <= ORDER_MAX) return order;
    return this.refuse(
      "bad-order",
      `the order must be a whole number from 1 to ${ORDER_MAX} and is ${valueText(order)}`,
    );
  }

  reward(reward: unknown): string | undefined {
    if (reward === undefined) return undefined;
    if (typeof reward !== "string")
      return this.refuse("bad-option", `reward must be the name of one reward and is ${valueText(reward)}`);
    const { name, rewardNames } = this.#graph;
    if (rewardNames.includes(reward)) return reward;
    throw new InputError(
      "unknown-reward",
      `Cannot evaluate ${name}: it has no reward ${nameText(reward)}; its rewards are ${rewardNames.join(", ") || "none"}.`,
    );
  }

  rewards(rewards: unknown, count?: number): string[] {
    const needs = count === 2 ? "the names of two rewards" : "a list of rewards";
    const refuse = (): never => this.refuse("no-reward", `it needs ${needs} and got ${valueText(rewards)}`);
    if (!Array.isArray(rewards) || rewards.length === 0 || (count !== undefined && rewards.length !== count))
      return refuse();
    return rewards.map((reward) => {
      if (typeof reward !== "string") refuse();
      return this.reward(reward)!;
    });
  }

  times(times: unknown): Float64Array {
    const discrete = this.#graph.kind === "discrete";
    const [one, many] = discrete ? ["step", "steps"] : ["time", "times"];
    const grid = this.#numbers(times, `a ${one} or a list of ${many}`, many);
    grid.forEach((t, i) => {
      if (!(t >= 0)) this.refuse("bad-time", `${nth(one, i, grid)} must be a number ≥ 0 and is ${t}`);
      if (discrete && !Number.isInteger(t) && t !== Infinity)
        this.refuse("bad-time", `${nth(one, i, grid)} must be a whole number and is ${t}`);
    });
    return grid;
  }

  probabilities(probabilities: unknown): Float64Array {
    const grid = this.#numbers(probabilities, "a probability or a list of probabilities", "probabilities");
    grid.forEach((p, i) => {
      if (!(p >= 0 && p <= 1))
        this.refuse("bad-probability", `${nth("probability", i, grid)} must lie in [0, 1] and is ${p}`);
    });
    return grid;
  }

  points(points: unknown): Float64Array {
    if (!Array.isArray(points)) return this.refuse("bad-point", "at must be a list of [re, im] pairs");
    return Float64Array.from(
      points.flatMap((point, i) => {
        const pair = Array.isArray(point) && point.length === 2 && point.every((x) => Number.isFinite(x));
        return pair
          ? (point as number[])
          : this.refuse("bad-point", `point ${i} must be a pair [re, im] of finite numbers`);
      }),
    );
  }

  #numbers(list: unknown, needs: string, field: string): Float64Array {
    if (typeof list === "number")
      return this.refuse("no-times", `${field} of a question are a list, such as [${list}]`);
    if (!Array.isArray(list) && !ArrayBuffer.isView(list))
      return this.refuse("no-times", `it needs ${needs} and got ${valueText(list)}`);
    return Float64Array.from(list as ArrayLike<unknown>, (x, i) =>
      typeof x === "number" && !Number.isNaN(x)
        ? x
        : this.refuse(
            "bad-time",
            `${nth("time", i, list as ArrayLike<unknown>)} must be a number ≥ 0 and is ${valueText(x)}`,
          ),
    );
  }

  vertices(field: string, list: unknown): number[] {
    return readVertices(this.#graph, field, list, (what) => this.refuse("bad-vertex", what));
  }

  /** Vertices that absorb, or at which the process is stopped. */
  absorbing(list: unknown, until: readonly number[] = []): number[] {
    return this.vertices("given", list).map((v) => {
      if (this.#graph.rowStart[v] === this.#graph.rowStart[v + 1] || until.includes(v)) return v;
      return this.refuse(
        "bad-vertex",
        `given must list absorbing vertices, and vertex ${v} does not absorb; stop there with until`,
      );
    });
  }

  counts(counts: unknown, length: number): number[][] {
    const all: unknown[] = Array.isArray(counts)
      ? counts
      : this.refuse("bad-count", "counts must be a list of count vectors");
    let work = 0;
    for (const [i, count] of all.entries()) {
      if (!Array.isArray(count) || count.length !== length || count.some((n) => !Number.isInteger(n) || n < 0))
        this.refuse(
          "bad-count",
          `counts[${i}] must be ${length === 1 ? "one whole number ≥ 0 in a list" : `${length} whole numbers ≥ 0`} and is ${valueText(count)}`,
        );
      work = Math.max(
        work,
        (count as number[]).reduce((a, n) => a * (n + 1), 1),
      );
    }
    const memory = work * this.#graph.vertexCount * 8;
    if (memory > 2 ** 31)
      this.refuse(
        "too-much-memory",
        `the counts need ${work} vectors, ${(memory / 2 ** 30).toFixed(1)} GiB; ask for smaller counts`,
      );
    return all as number[][];
  }

  rate(rate: number | undefined = 1): number {
    return rate >= 0 && rate < Infinity ? rate : this.refuse("bad-rate", `rate must be finite and ≥ 0 and is ${rate}`);
  }

  data(data: unknown): Observations {
    return readObservations(data, this.#graph.kind === "discrete", (what) => this.refuse("bad-data", what));
  }
}

/** The one that there is, or the one at an index. */
const nth = (one: string, i: number, { length }: ArrayLike<unknown>): string =>
  length === 1 ? `the ${one}` : `the ${one} at index ${i}`;

/** Vertices by id or by state, as ids. */
export function readVertices(graph: Graph, field: string, list: unknown, refuse: (what: string) => never): number[] {
  const last = graph.vertexCount - 1;
  if (!Array.isArray(list) || list.length === 0) {
    const hint = Number.isInteger(list) ? `; write [${list}] for the vertex ${list}` : "";
    const is = Array.isArray(list) ? "names none" : `is ${valueText(list)}`;
    return refuse(`${field} must be a list of vertices or states and ${is}${hint}`);
  }
  return list.map((one: unknown, i) => {
    const v = Array.isArray(one) ? findState(graph, one as number[]) : (one as number);
    if (Number.isInteger(v) && v >= 0 && v <= last) return v;
    return refuse(
      `${field}[${i}] is ${valueText(one)} and must be a vertex from 0 to ${last} or a state of the model, such as ${stateText(graph, last)}`,
    );
  });
}

/** The vertex with this state vector, −1 when there is none. Cost: O(V). */
export function findState(graph: Graph, state: ArrayLike<number>): number {
  const length = graph.stateLength;
  if (state?.length !== length) return -1;
  for (let v = 0; v < graph.vertexCount; v++) {
    let same = true;
    for (let i = 0; same && i < length; i++) same = graph.states[v * length + i] === state[i];
    if (same) return v;
  }
  return -1;
}
