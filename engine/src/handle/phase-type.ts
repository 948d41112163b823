/**
 * The handle that a build returns: a graph, its trace, and the quantities of the absorption time and of rewards. Every
 * method is a question put to `Asker`; `evaluate`, `gradient` and `hessianVector` take any question there is.
 */
import { InputError } from "../base/errors.js";
import { DISPLAY, type Displayable } from "../display/mime.js";
import type { Evaluator } from "../evaluator/evaluator.js";
import { printTheta } from "../expression/weight.js";
import { checkGraph } from "../graph/check.js";
import { edgeCount, type Graph } from "../graph/graph.js";
import { instantiate } from "../graph/instantiate.js";
import { type Matrices, toMatrices } from "../graph/matrices.js";
import type { Program } from "../program/program.js";
import type { MethodChoice, Schedule } from "../program/time-program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { type Answer, Asker } from "./ask.js";
import { type Density, openDensity } from "./density.js";
import { type ModelDocument, modelDocument } from "./document.js";
import type { Observation } from "./observations.js";
import { createPlots, type Plots } from "./plots.js";
import { findState, type Question, type Vertex } from "./question.js";
import type { BuildReport, StageReport } from "./report.js";
import { BatchResult, laneError } from "./result.js";
import {
  type PathOptions,
  pathsFrom,
  type Sample,
  type SampledPathsOf,
  type SampleOptions,
  sampleFrom,
} from "./sample.js";
import { readSchedule, type ScheduleSpec, separateSchedule } from "./schedule.js";
import { displayOf } from "./summary.js";
import { type Lanes, lanesOf, type Theta, type ThetaBatch } from "./theta.js";

export interface RewardOption<R extends string = string> {
  /** Name of a reward of the model; without it the quantity is of the absorption time. */
  readonly reward?: R;
  /** Vertices, by id or state vector, at which the process stops. */
  readonly until?: readonly Vertex[];
}

export interface MomentOption<R extends string = string> extends RewardOption<R> {
  /** Absorbing vertices: given that absorption happens in one of them. */
  readonly given?: readonly Vertex[];
}

export interface TimeOption<R extends string = string> extends MomentOption<R> {
  /** Forces a method; by default the cheapest that is accurate. */
  readonly method?: MethodChoice;
}

type Numbers = readonly number[] | Float64Array;

/** One number for one θ, a batch for many. */
export interface ScalarMethod<P extends string, O> {
  (theta?: Theta<P>, options?: O): Promise<number>;
  (thetas: ThetaBatch<P>, options?: O): Promise<BatchResult>;
}

/** A number for one point, a list for a list, a batch of lanes × points for many θ. */
export interface GridMethod<P extends string, O> {
  (theta: Theta<P> | undefined, points: number, options?: O): Promise<number>;
  (theta: Theta<P> | undefined, points: Numbers, options?: O): Promise<Float64Array>;
  (thetas: ThetaBatch<P>, points: number | Numbers, options?: O): Promise<BatchResult>;
}

/** A list for one θ, a batch for many. */
export interface VectorMethod<P extends string, A extends readonly unknown[]> {
  (theta: Theta<P> | undefined, ...more: A): Promise<Float64Array>;
  (thetas: ThetaBatch<P>, ...more: A): Promise<BatchResult>;
}

/** Values of any question, with their derivatives when they were asked for. */
export interface Evaluation {
  readonly values: BatchResult;
  /** Lane × (value × parameter); absent without `gradient: true`. */
  readonly gradients?: BatchResult;
  /** Bound on the relative error of each lane's values, where one is stated. */
  readonly errorBounds: readonly (number | undefined)[];
  readonly methods: readonly string[];
  /** How long it took to make evaluators ready, and to run them. */
  readonly milliseconds: { readonly compile: number; readonly evaluate: number };
}

/**
 * A phase-type distribution for every θ of one state space. Methods throw `InputError` for what is no question (a
 * negative rate, a θ of the wrong length, an unknown option) and `LaneError` when one θ has no value; in a batch such a
 * lane has a status instead. Unless said otherwise, relative errors are about 1e-13, rates over twelve orders included.
 */
export interface PhaseType<P extends string = string, R extends string = string> extends Displayable {
  readonly name: string;
  readonly graph: Graph;
  readonly trace: EliminationTrace;
  readonly caches: BuildReport;
  readonly vertices: number;
  readonly edges: number;
  /** Names of θ in its order; with epochs those of the schedule. */
  readonly parameters: readonly P[];
  readonly rewards: readonly R[];

  /**
   * E[Y], …, E[Y^order]. No subtraction. Cost: one factorisation, `order` solves per lane.
   * Source: Røikjer, Hobolth & Munch (2022), doi 10.1007/s11222-022-10174-3; elimination as in `trace`.
   */
  readonly moments: VectorMethod<P, [order: number, options?: MomentOption<R>]>;
  /** E[Y], see `moments`. */
  readonly mean: ScalarMethod<P, MomentOption<R>>;
  /** Var(Y) without cancellation. Cost: one factorisation, two solves per lane. */
  readonly variance: ScalarMethod<P, MomentOption<R>>;
  /** Cov of two rewards without cancellation. Cost: one factorisation, three solves per lane. */
  covariance(theta: Theta<P> | undefined, first: R, second: R): Promise<number>;
  covariance(thetas: ThetaBatch<P>, first: R, second: R): Promise<BatchResult>;
  /** All covariances of m rewards (default: all there are), m × m. Cost: one factorisation, m(m + 3)/2 solves per lane. */
  readonly covarianceMatrix: VectorMethod<P, [rewards?: readonly R[]]>;
  /** Discrete: E[N(N−1)…(N−k+1)] for k = 1 … order. One solve each. */
  readonly factorialMoments: VectorMethod<P, [order: number]>;

  /**
   * Density at times ≥ 0, without the atom at zero; discrete: probability of each step. Of a reward it is the density
   * of the transformed model. Relative error ≤ 1e-11 while Λt ≤ 1e5, in both tails, else within the stated bound
   * (`evaluate`). Uniformization (Jensen 1953), squaring or a quasi-stationary tail, whichever is cheapest.
   * Cost: E multiply-adds for each of about Λt + 8√(Λt) steps, Λ the largest exit rate; one sweep serves all times.
   */
  readonly pdf: GridMethod<P, TimeOption<R>>;
  /** Discrete: P(N = n) for each step n; n = 0 is the defect. As `pdf`. */
  readonly pmf: GridMethod<P, MomentOption<R>>;
  /** Probability of absorption by time t, atom at zero included, accurate where it is small. As `pdf`. */
  readonly cdf: GridMethod<P, TimeOption<R>>;
  /** Probability of no absorption by time t, accurate where it is small. As `pdf`. */
  readonly survival: GridMethod<P, TimeOption<R>>;
  /** Density over survival; discrete: P(N = n) / P(N ≥ n). As `pdf`. */
  readonly hazard: GridMethod<P, TimeOption<R>>;
  /** Time at which `cdf` reaches each probability: 0 up to the defect, Infinity at 1. Discrete: the smallest step. */
  readonly quantile: GridMethod<P, RewardOption<R> & { readonly method?: MethodChoice }>;
  /** Expected reward (default: time) until t, one per time. As `pdf`. */
  readonly accumulated: GridMethod<P, { readonly reward?: R; readonly method?: MethodChoice }>;
  /** times × vertices, row-major: probability to be in each vertex; absorbing ones hold what they absorbed. As `pdf`. */
  readonly stateProbabilities: VectorMethod<P, [times: number | Numbers]>;
  /** times × vertices, row-major: expected time (steps) spent in each transient vertex until t. As `pdf`. */
  readonly occupancy: VectorMethod<P, [times: number | Numbers]>;
  /** Expected time (steps) in each vertex until absorption, αU, 0 at absorbing ones. Cost: one transposed solve. */
  readonly sojourn: VectorMethod<P, []>;
  /** Expected visits of each vertex; at absorbing ones the probability to end there. Cost: one transposed solve. */
  readonly visits: VectorMethod<P, []>;
  /** Probability that these vertices are ever reached; a start among them counts. Cost: one solve of the stopped model. */
  hitting(theta: Theta<P> | undefined, vertices: readonly Vertex[]): Promise<number>;
  hitting(thetas: ThetaBatch<P>, vertices: readonly Vertex[]): Promise<BatchResult>;
  /** The mass at zero, of a reward the probability that nothing is earned. */
  readonly defect: ScalarMethod<P, RewardOption<R>>;
  /** E[e^{−zY}] at complex points [re, im], atom included: re, im, re, im … Cost: one complex factorisation per point. */
  readonly laplace: VectorMethod<P, [at: readonly (readonly [number, number])[], options?: RewardOption<R>]>;
  /**
   * Σ weight · log-probability of observations: exact, `right`, `left`, `interval`, `truncated`. A 0 is the atom.
   * Cost: one sweep to the latest time and a Poisson mixture for each different observation.
   */
  readonly logLikelihood: {
    (
      theta: Theta<P> | undefined,
      data: readonly Observation[] | Float64Array,
      options?: RewardOption<R>,
    ): Promise<number>;
    (
      thetas: ThetaBatch<P>,
      data: readonly Observation[] | Float64Array,
      options?: RewardOption<R>,
    ): Promise<BatchResult>;
  };
  /**
   * Joint probabilities of the numbers of events until absorption, when class q has events at rate `rate` · reward q.
   * Cost: one factorisation and one transposed solve for every count vector below those asked for.
   */
  readonly countProbabilities: VectorMethod<
    P,
    [rewards: readonly R[], counts: readonly (readonly number[])[], options?: { readonly rate?: number }]
  >;

  /** Any question with any θ, as the methods above answer them; `gradient: true` adds exact derivatives by θ. */
  evaluate(
    question: Question<R>,
    theta?: Theta<P> | ThetaBatch<P>,
    options?: { readonly gradient?: boolean },
  ): Promise<Evaluation>;
  /**
   * Derivatives of a question's values by every parameter, values × parameters, by adjoints or tangents, whichever is
   * cheaper, never by differences. Errors are about 1e-12 of max(|g|, |value / θ|), stiff models included.
   */
  gradient(question: Question<R>, theta: Theta<P>): Promise<Float64Array>;
  gradient(question: Question<R>, thetas: ThetaBatch<P>): Promise<BatchResult>;
  /** The second derivatives of one value times a direction of θ. Cost: about twice a gradient. */
  hessianVector(question: Question<R>, theta: Theta<P>, direction: Theta<P>): Promise<Float64Array>;

  /** The distribution at one θ, ready to be read at any time without another sweep: curves, quantiles, error bounds. */
  density(theta?: Theta<P>, options?: TimeOption<R>): Promise<Density>;
  /** Exact draws of times and rewards; the same seed gives the same draws. Cost: about 0.2 µs per jump. */
  sample(theta: Theta<P> | undefined, count: number, options?: SampleOptions<R>): Promise<Sample>;
  /** Exact draws of whole paths. */
  samplePaths(theta: Theta<P> | undefined, count: number, options?: PathOptions): Promise<SampledPathsOf>;

  /** This model stopped at some vertices: the first-passage time to them (or absorption). Vertices keep their ids. */
  until(vertices: readonly Vertex[]): Promise<PhaseType<P>>;
  /** The model whose absorption time is this reward; its defect is the probability that nothing is earned. */
  transformed(reward: R): Promise<PhaseType<P>>;
  /** This model with parameters that change at given times; θ is then over the schedule's own parameters. */
  epochs<Q extends string = never>(spec: ScheduleSpec<Q> | ScheduleSpec["epochs"]): PhaseType<Q, R>;
  /**
   * Epochs with a θ each, all parameters separate: `name@0`, `name@1`, …, then `start@1`, … for starts that are numbers.
   * A start may name a parameter, and is then that epoch's own value of it. What request documents use.
   */
  separateEpochs(starts: readonly (number | string)[]): PhaseType<string, R>;
  /** The model at one θ, with numbers for weights. */
  instantiate(theta?: Theta<P>): Promise<PhaseType<never, R>>;
  /** (α, S), or (α, T) of a discrete model, at one θ. Dense: up to 5,000 transient states. */
  matrices(theta?: Theta<P>): Matrices;
  /** The vertex of a state vector, undefined when there is none. Cost: O(vertices). */
  vertexOf(state: readonly number[]): number | undefined;
  /** The model as a document (`sojourn-model/1`): what `engine.load` and `sojourn compute` read. */
  toJSON(): ModelDocument;
  /** A program on the default backend, for callers that own their buffers. */
  evaluator(program: Program): Evaluator;
  readonly plot: Plots<P>;
}

/** What a handle needs of the engine. */
export interface HandleServices {
  readonly interrupted: () => boolean;
  readonly eliminate: (graph: Graph) => Promise<EliminationTrace>;
}

/** Gives a graph and its trace the methods of a distribution. */
export function createPhaseType(
  graph: Graph,
  trace: EliminationTrace,
  caches: BuildReport,
  services: HandleServices,
  schedule?: Schedule,
  base?: Asker,
): PhaseType {
  const asker = new Asker({ graph, trace }, services, schedule, base);
  const names = asker.parameterNames;
  const atTheta = (theta: Float64Array): string => (names.length === 0 ? "" : ` at ${printTheta(names, theta)}`);
  const lanesFor = (theta: unknown): Lanes => lanesOf(graph.name, names, theta as Theta | ThetaBatch | undefined);
  const batchOf = ({ quantity, numbers, columns, status }: Answer): BatchResult =>
    new BatchResult(quantity, numbers, columns, status);
  const single = ({ quantity, numbers, status }: Answer, lanes: Lanes): Float64Array => {
    if (status[0] !== "ok") throw laneError(`${quantity} of ${graph.name}`, status[0], atTheta(lanes.thetas));
    return numbers;
  };

  /** A batch as it is, one θ as its row. */
  async function answer(question: unknown, theta: unknown): Promise<BatchResult | Float64Array> {
    const lanes = lanesFor(theta);
    const result = await asker.ask(question as Question, lanes);
    return lanes.single ? single(result, lanes) : batchOf(result);
  }

  const first = (result: BatchResult | Float64Array): BatchResult | number =>
    result instanceof BatchResult ? result : result[0];
  const options = (quantity: string, given: unknown): object => {
    if (given === undefined) return {};
    if (typeof given === "object" && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given))
      return given;
    throw new InputError(
      "bad-option",
      `Cannot evaluate ${quantity} of ${graph.name}: options are an object such as { reward: "name" }, not ${typeof given === "string" ? JSON.stringify(given) : String(given)}.`,
    );
  };
  const scalar = (quantity: string) => async (theta: unknown, more?: unknown) =>
    first(await answer({ ...options(quantity, more), quantity }, theta));
  const grid = (quantity: string, field: string) => async (theta: unknown, points: unknown, more?: unknown) => {
    const one = typeof points === "number";
    const result = await answer({ ...options(quantity, more), quantity, [field]: one ? [points] : points }, theta);
    return one ? first(result) : result;
  };
  const list = (points: unknown): unknown => (typeof points === "number" ? [points] : points);

  const handle = {
    name: graph.name,
    graph,
    trace,
    caches,
    vertices: graph.vertexCount,
    edges: edgeCount(graph),
    parameters: names,
    rewards: graph.rewardNames,
    moments: async (theta: unknown, order: unknown, more?: unknown) =>
      answer({ ...options("moments", more), quantity: "moments", order }, theta),
    mean: scalar("mean"),
    variance: scalar("variance"),
    covariance: async (theta: unknown, one: unknown, other: unknown) =>
      first(await answer({ quantity: "covariance", rewards: [one, other] }, theta)),
    covarianceMatrix: async (theta: unknown, rewards: unknown = graph.rewardNames) =>
      answer({ quantity: "covarianceMatrix", rewards }, theta),
    factorialMoments: async (theta: unknown, order: unknown) => answer({ quantity: "factorialMoments", order }, theta),
    pdf: grid("pdf", "times"),
    pmf: grid("pmf", "steps"),
    cdf: grid("cdf", "times"),
    survival: grid("survival", "times"),
    hazard: grid("hazard", "times"),
    quantile: grid("quantile", "probabilities"),
    accumulated: grid("accumulated", "times"),
    stateProbabilities: async (theta: unknown, times: unknown) =>
      answer({ quantity: "stateProbabilities", times: list(times) }, theta),
    occupancy: async (theta: unknown, times: unknown) => answer({ quantity: "occupancy", times: list(times) }, theta),
    sojourn: async (theta: unknown) => answer({ quantity: "sojourn" }, theta),
    visits: async (theta: unknown) => answer({ quantity: "visits" }, theta),
    hitting: async (theta: unknown, vertices: unknown) => first(await answer({ quantity: "hitting", vertices }, theta)),
    defect: scalar("defect"),
    laplace: async (theta: unknown, at: unknown, more?: unknown) =>
      answer({ ...options("laplace", more), quantity: "laplace", at }, theta),
    logLikelihood: async (theta: unknown, data: unknown, more?: unknown) =>
      first(await answer({ ...options("logLikelihood", more), quantity: "logLikelihood", data }, theta)),
    countProbabilities: async (theta: unknown, rewards: unknown, counts: unknown, more?: unknown) =>
      answer({ ...options("countProbabilities", more), quantity: "countProbabilities", rewards, counts }, theta),

    async evaluate(
      question: Question,
      theta: unknown,
      { gradient = false }: { gradient?: boolean } = {},
    ): Promise<Evaluation> {
      const lanes = lanesFor(theta);
      const values = await asker.ask(question, lanes);
      const { errorBounds, methods, milliseconds } = values;
      if (!gradient) return { values: batchOf(values), errorBounds, methods, milliseconds };
      const gradients = await asker.ask(question, lanes, { outputs: "gradients" });
      const compile = milliseconds.compile + gradients.milliseconds.compile;
      const evaluate = milliseconds.evaluate + gradients.milliseconds.evaluate;
      return {
        values: batchOf(values),
        gradients: batchOf(gradients),
        errorBounds,
        methods,
        milliseconds: { compile, evaluate },
      };
    },
    async gradient(question: Question, theta: unknown) {
      const lanes = lanesFor(theta);
      const result = await asker.ask(question, lanes, { outputs: "gradients" });
      return lanes.single ? single(result, lanes) : batchOf(result);
    },
    async hessianVector(question: Question, theta: unknown, direction: unknown) {
      const lanes = lanesFor(theta);
      const result = await asker.ask(question, lanes, {
        outputs: "hessianVector",
        direction: lanesFor(direction).thetas,
      });
      return single(result, lanes);
    },

    density: async (theta: unknown, more?: unknown) =>
      openDensity(asker, lanesFor(theta), options("density", more) as TimeOption, atTheta, services.interrupted),
    sample: async (theta: unknown, count: number, more?: unknown) =>
      sampleFrom(asker, lanesFor(theta), count, options("sample", more) as SampleOptions, services.interrupted),
    samplePaths: async (theta: unknown, count: number, more?: unknown) =>
      pathsFrom(asker, lanesFor(theta), count, options("samplePaths", more) as PathOptions, services.interrupted),

    async until(vertices: readonly Vertex[]) {
      const until = vertices.map((v) => (typeof v === "number" ? v : findState(graph, v)));
      const bad = until.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < graph.vertexCount));
      if (bad >= 0)
        throw new InputError(
          "bad-vertex",
          `Cannot stop ${graph.name} at ${String(vertices[bad])}: it is no vertex or state of the model.`,
        );
      return derived(await asker.derive({ until }));
    },
    async transformed(reward: string) {
      if (!graph.rewardNames.includes(reward))
        throw new InputError(
          "unknown-reward",
          `Cannot transform ${graph.name}: it has no reward ${reward}; its rewards are ${graph.rewardNames.join(", ") || "none"}.`,
        );
      if (schedule)
        throw new InputError(
          "not-available",
          `Cannot transform ${graph.name}: a reward's clock is not the time that epochs are on.`,
        );
      return derived(await asker.derive({ transform: reward }));
    },
    epochs: (spec: ScheduleSpec | ScheduleSpec["epochs"]) =>
      createPhaseType(
        graph,
        trace,
        caches,
        services,
        readSchedule(graph, Array.isArray(spec) ? { epochs: spec } : (spec as ScheduleSpec)),
        asker,
      ),
    separateEpochs: (starts: readonly (number | string)[]) =>
      createPhaseType(graph, trace, caches, services, separateSchedule(graph, starts), asker),
    async instantiate(theta: unknown) {
      const concrete = instantiate(graph, oneTheta(theta, "instantiate"));
      const fault = checkGraph(concrete);
      if (fault) throw new InputError(fault.code, fault.message);
      return createPhaseType(concrete, trace, caches, services);
    },
    matrices: (theta: unknown) => toMatrices(instantiate(graph, oneTheta(theta, "write the matrices of"))),
    vertexOf: (state: readonly number[]) => {
      const v = findState(graph, state);
      return v < 0 ? undefined : v;
    },
    toJSON: () => modelDocument(graph),
    evaluator: (program: Program) => asker.evaluator({ graph, trace }, program),
  };

  function oneTheta(theta: unknown, action: string): Float64Array {
    if (schedule)
      throw new InputError("not-available", `Cannot ${action} ${graph.name}: it has epochs, each with a θ of its own.`);
    const lanes = lanesFor(theta);
    if (!lanes.single)
      throw new InputError("bad-theta", `Cannot ${action} ${graph.name}: one θ is needed, not a batch.`);
    return lanes.thetas;
  }

  function derived(model: { graph: Graph; trace: EliminationTrace }): PhaseType {
    const none: StageReport = { outcome: "none", milliseconds: 0 };
    return createPhaseType(model.graph, model.trace, { graph: none, trace: none }, services, schedule);
  }

  const complete = handle as unknown as PhaseType;
  return Object.assign(handle, {
    plot: createPlots(complete),
    [DISPLAY]: () => displayOf(graph, caches, names).bundle,
    [Symbol.for("nodejs.util.inspect.custom")]: () => displayOf(graph, caches, names).text,
  }) as unknown as PhaseType;
}
