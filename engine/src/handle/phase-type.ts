/**
 * What a build returns: the quantities of the absorption time and of rewards, for every θ of one state space. How a
 * handle is made stands in `create.ts`.
 */
import type { Displayable } from "../display/mime.js";
import type { BackendName, Evaluator } from "../evaluator/evaluator.js";
import type { EvaluatorOptions } from "../evaluator/open.js";
import type { Graph } from "../graph/graph.js";
import type { Matrices } from "../graph/matrices.js";
import type { Program } from "../program/program.js";
import type { MethodChoice } from "../program/time-program.js";
import type { EliminationTrace } from "../trace/trace.js";
import type { Density } from "./density.js";
import type { ModelDocument } from "./document.js";
import type { Observation } from "./observations.js";
import type { Plots } from "./plots.js";
import type { Question, Vertex } from "./question.js";
import type { BuildReport } from "./report.js";
import type { BatchResult } from "./result.js";
import type { PathOptions, Sample, SampledPathsOf, SampleOptions } from "./sample.js";
import type { ScheduleSpec } from "./schedule.js";
import type { Theta, ThetaBatch } from "./theta.js";

export interface StopOption {
  /** Vertices, by id or state vector, at which the process stops. */
  readonly until?: readonly Vertex[];
}

export interface GridOption extends StopOption {
  /** Forces a method; by default the cheapest that is accurate. */
  readonly method?: MethodChoice;
}

export interface RewardOption<R extends string = string> extends StopOption {
  /** Name of a reward of the model; without it the quantity is of the absorption time. */
  readonly reward?: R;
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
  /** What evaluated the values. */
  readonly backend: BackendName;
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
  /** [mean, variance], for little more than either costs. */
  readonly meanVariance: VectorMethod<P, [options?: RewardOption<R>]>;
  /** Cov of two rewards without cancellation. Cost: one factorisation, three solves per lane. */
  covariance(theta: Theta<P> | undefined, first: R, second: R, options?: StopOption): Promise<number>;
  covariance(thetas: ThetaBatch<P>, first: R, second: R, options?: StopOption): Promise<BatchResult>;
  /** All covariances of m rewards (default: all there are), m × m. Cost: one factorisation, m(m + 3)/2 solves per lane. */
  readonly covarianceMatrix: VectorMethod<P, [rewards?: readonly R[], options?: StopOption]>;
  /** Discrete: E[N(N−1)…(N−k+1)] for k = 1 … order. One solve each. */
  readonly factorialMoments: VectorMethod<P, [order: number, options?: StopOption]>;

  /**
   * Density at times ≥ 0, without the atom at zero; discrete: probability of each step. Of a reward it is the density
   * of the transformed model. Relative error ≤ 1e-11 while Λt ≤ 1e5, in both tails, else within the stated bound
   * (`evaluate`). Uniformization (Jensen 1953), squaring or a quasi-stationary tail, whichever is cheapest.
   * Cost: E multiply-adds for each of about Λt + 8√(Λt) steps, Λ the largest exit rate; one sweep serves all times.
   */
  readonly pdf: GridMethod<P, TimeOption<R>>;
  /** Discrete: P(N = n) for each step n; n = 0 is the defect. As `pdf`. */
  readonly pmf: GridMethod<P, TimeOption<R>>;
  /** Probability of absorption by time t, atom at zero included, accurate where it is small. As `pdf`. */
  readonly cdf: GridMethod<P, TimeOption<R>>;
  /** Probability of no absorption by time t, accurate where it is small. As `pdf`. */
  readonly survival: GridMethod<P, TimeOption<R>>;
  /** Density over survival; discrete: P(N = n) / P(N ≥ n). As `pdf`. */
  readonly hazard: GridMethod<P, TimeOption<R>>;
  /** Time at which `cdf` reaches each probability: 0 up to the defect, Infinity at 1. Discrete: the smallest step. */
  readonly quantile: GridMethod<P, RewardOption<R> & { readonly method?: MethodChoice }>;
  /** Expected reward (default: time) until t, one per time. As `pdf`. */
  readonly accumulated: GridMethod<P, RewardOption<R> & { readonly method?: MethodChoice }>;
  /** times × vertices, row-major: probability to be in each vertex; absorbing ones hold what they absorbed. As `pdf`. */
  readonly stateProbabilities: VectorMethod<P, [times: number | Numbers, options?: GridOption]>;
  /** times × vertices, row-major: expected time (steps) spent in each transient vertex until t. As `pdf`. */
  readonly occupancy: VectorMethod<P, [times: number | Numbers, options?: GridOption]>;
  /** Expected time (steps) in each vertex until absorption, αU, 0 at absorbing ones. Cost: one transposed solve. */
  readonly sojourn: VectorMethod<P, [options?: StopOption]>;
  /** Expected visits of each vertex; at absorbing ones the probability to end there. Cost: one transposed solve. */
  readonly visits: VectorMethod<P, [options?: StopOption]>;
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
   * Joint probabilities of the numbers of events until absorption, when class q has events at rate `rate` · reward q. Continuous models only.
   * Cost: one factorisation and one transposed solve for every count vector below those asked for.
   */
  readonly countProbabilities: VectorMethod<
    P,
    [rewards: readonly R[], counts: readonly (readonly number[])[], options?: StopOption & { readonly rate?: number }]
  >;

  /** Any question with any θ, as the methods above answer them; `gradient: true` adds exact derivatives by θ. */
  evaluate(
    question: Question<R>,
    theta?: Theta<P> | ThetaBatch<P>,
    options?: { readonly gradient?: boolean },
  ): Promise<Evaluation>;
  /**
   * Derivatives of a question's values by every parameter, values × parameters, by adjoints or tangents, whichever is
   * cheaper, never by differences. Errors are about 1e-12 of max(|g|, |value / θ|), on stiff
   * models too while no state is expected to be visited more than 1e18 times.
   */
  gradient(question: Question<R>, theta: Theta<P>): Promise<Float64Array>;
  gradient(question: Question<R>, thetas: ThetaBatch<P>): Promise<BatchResult>;
  /** The second derivatives of one value times a direction of θ; none over epochs. Cost: about twice a gradient. */
  hessianVector(question: Question<R>, theta: Theta<P>, direction: Theta<P>): Promise<Float64Array>;
  /**
   * Makes ready what a question needs, without asking it: models derived from this one, and compiled programs for a batch of so
   * many θ. Answers whether anything had to be compiled.
   */
  prepare(
    question: Question<R>,
    options?: { readonly gradient?: boolean; readonly batch?: number },
  ): Promise<{ readonly compiled: boolean; readonly milliseconds: number }>;

  /** The distribution at one θ, ready to be read at any time without another sweep: curves, quantiles, error bounds. */
  density(theta?: Theta<P>, options?: TimeOption<R>): Promise<Density>;
  /** Exact draws of times and rewards; the same seed gives the same draws. Cost: about 0.2 µs for each jump of a path. */
  sample(theta: Theta<P> | undefined, count: number, options?: SampleOptions<R>): Promise<Sample>;
  /** Exact draws of whole paths. */
  samplePaths(theta: Theta<P> | undefined, count: number, options?: PathOptions): Promise<SampledPathsOf>;

  /** This model stopped at some vertices (none: as it is): the first-passage time to them, or absorption. Vertices keep their ids. */
  until(vertices: readonly Vertex[]): Promise<PhaseType<P, R>>;
  /** The model whose absorption time is this reward; its defect is the probability that nothing is earned. */
  transformed(reward: R): Promise<PhaseType<P>>;
  /** This model with parameters that change at given times; θ is then over the schedule's own parameters. */
  epochs<Q extends string = never>(spec: ScheduleSpec<Q> | ScheduleSpec["epochs"]): PhaseType<Q, R>;
  /**
   * Epochs with a θ each, all parameters separate: `name@0`, `name@1`, …, then `start@1`, … for starts that are numbers.
   * A start may name a parameter, and is then that epoch's own value of it. In a discrete model starts that are numbers are no
   * parameters. What request documents use.
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
  toString(): string;
  /**
   * A program, for callers that own their buffers and cannot wait: `evaluateInto` is synchronous. Throws `InputError` with code
   * `no-backend` when the backend named cannot run it here.
   */
  evaluator(program: Program, options?: EvaluatorOptions): Evaluator;
  readonly plot: Plots<P>;
}
