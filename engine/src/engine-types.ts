/** What an engine is to whoever opens one: its options, its events, models bound to it, and all that it can be asked. */
import type { CacheOptions, Environment } from "./cache/index.js";
import type { Displayable } from "./display/mime.js";
import type { BackendChoice } from "./evaluator/evaluator.js";
import type { MatrixModel } from "./graph/matrices.js";
import type { PhaseType } from "./handle/phase-type.js";
import type { ResultDocument } from "./interchange/compute.js";
import type { PhasicAssumptions } from "./interchange/phasic.js";
import type { CacheBenchmark, CacheJob } from "./loops/benchmark.js";
import type { CachedFunction, CachedOptions } from "./loops/cached.js";
import type { Inputs, ModelSpec } from "./model/define.js";
import type { Explored } from "./model/explored.js";
import type { Family } from "./model/families/family.js";
import type { FAMILIES } from "./model/families/index.js";
import type { StageEvent } from "./stages/events.js";
import type { Explanation } from "./stages/explain.js";
import type { PrewarmEstimate, PrewarmOptions, PrewarmResult, PrewarmSpec } from "./stages/prewarm.js";
import type { Profile } from "./stages/profile.js";
import type { Shown } from "./stages/shown.js";
import type { CacheVerbs } from "./stages/verbs.js";

export interface EngineOptions {
  /** The private layer; default `SOJOURN_CACHE_DIR`, else `$XDG_CACHE_HOME/sojourn`, else `~/.cache/sojourn`. */
  readonly cacheDirectory?: string;
  /** Settings of the caches, which weigh more than `sojourn.config.json` and the environment; see `docs/caches.md`. */
  readonly cache?: CacheOptions;
  readonly environment?: Environment;
  /** Told of every look-up and every published entry. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Polled by long loops; true makes them throw `InterruptedError`. */
  readonly interrupted?: () => boolean;
  /**
   * What evaluates programs: `reference` (plain double precision, the definition), `wasm` (the same, faster), or `auto`, the
   * fastest there is here. Default: auto.
   */
  readonly backend?: BackendChoice;
  /** Threads that batches of θ may use, this one included. Default: as many as the machine runs at once. */
  readonly threads?: number;
}

export type EngineEvent =
  | StageEvent
  | {
      readonly type: "progress";
      readonly stage: "explore";
      readonly model: string;
      /** States whose transitions are known, states found, edges found. */
      readonly explored: number;
      readonly found: number;
      readonly edges: number;
      readonly time: number;
    }
  | {
      readonly type: "fault";
      readonly kind: string;
      readonly action: string;
      readonly code: string;
      readonly message: string;
      readonly time: number;
    };

export interface BuildOptions {
  /** `false`: neither look up nor store; `"rebuild"`: make anew and store what is missing. Default: true. */
  readonly cache?: boolean | "rebuild";
  /** More states than this are taken for an endless state space and refused. Default: 5 million. */
  readonly maxStates?: number;
  /** A state space that needs more memory is refused. Default: four fifths of the memory there is. */
  readonly maxBytes?: number;
  /** Cancels the build: it throws `InterruptedError`. */
  readonly signal?: AbortSignal;
  /** Evaluates this model with a backend of its own; default that of the engine. */
  readonly backend?: BackendChoice;
}

/** A definition bound to an engine. */
export interface Model<I extends Inputs = Inputs, P extends string = string, R extends string = string>
  extends Displayable {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly P[];
  readonly inputs: I;
  /**
   * Explores the state space at these inputs and eliminates it, each unless the cache has it.
   * Throws `InputError` naming the state. Cost: one call of the rule per state on a miss, reading one file on a hit.
   */
  build(inputs?: Partial<I>, options?: BuildOptions): Promise<PhaseType<P, R>>;
  /**
   * What the caches know this state space by: 64 hexadecimal digits. Throws `InputError` with code `no-key` and the
   * reason when the rule cannot be told apart safely, so that its builds are never cached.
   */
  key(inputs?: Partial<I>): string;
  /** Whether the caches have this state space and, when not, what differs from the entry that is most alike. */
  explain(inputs?: Partial<I>): Promise<Explanation>;
}

/** Names of a family's rewards; any text where they depend on its inputs. */
type RewardsOf<F> = F extends Family<string, infer _, infer R> ? R : string;

export interface Engine {
  readonly version: string;
  readonly cacheDirectory: string;
  /** The caches: what is in them, what they saved, and what to do about it. */
  readonly cache: CacheVerbs;
  defineModel<const P extends string = never, I extends Inputs = Inputs, R extends string = never>(
    spec: ModelSpec<P, I, R>,
  ): Model<I, P, R>;
  /** The model library by name. */
  readonly families: {
    readonly [name in keyof typeof FAMILIES]: Model<
      (typeof FAMILIES)[name]["inputs"],
      (typeof FAMILIES)[name]["parameters"][number],
      RewardsOf<(typeof FAMILIES)[name]>
    >;
  };
  /**
   * Builds a model from a document: states and edges (`sojourn-model/1`, what `JSON.stringify` of a handle gives), or a family.
   * Throws `InputError` with the path of the first fault.
   */
  load(document: unknown, options?: BuildOptions): Promise<PhaseType>;
  /** Builds (α, S), or (α, T) of a discrete model: p transient states [0] … [p − 1], and [p], which absorbs. */
  fromMatrices(model: MatrixModel, options?: BuildOptions): Promise<PhaseType>;
  /**
   * Builds a graph that phasic serialised as JSON. `assume` says what a file may leave open, such as whether the graph is
   * discrete. Throws `InputError` with the path of the first fault.
   */
  fromPhasic(document: unknown, options?: BuildOptions & { readonly assume?: PhasicAssumptions }): Promise<PhaseType>;
  /** Builds an explicit, already indexed model. */
  buildExplored(explored: Explored, options?: BuildOptions): Promise<PhaseType>;
  /**
   * Builds state spaces and traces and compiles evaluators before anybody waits for them; what is in the caches already is passed
   * over. A fault of one item is its result, and does not stop the rest. Throws `InputError` with code `bad-prewarm`.
   */
  prewarm(spec: PrewarmSpec, options?: PrewarmOptions): Promise<Shown<PrewarmResult>>;
  /** What `prewarm` would find and what it would have to make; builds nothing. */
  estimatePrewarm(spec: PrewarmSpec): Promise<Shown<PrewarmEstimate>>;
  /** A function of yours with its results kept, by what it does, what it captures and what it is given; see `docs/caches.md`. */
  cached<A extends readonly unknown[], T>(
    f: (...args: A) => T | Promise<T>,
    options?: CachedOptions<A>,
  ): CachedFunction<A, Awaited<T>>;
  /** Runs jobs without caches, with empty and with full ones, each with engines of its own. Throws what a job throws. */
  benchmarkCache(jobs: Readonly<Record<string, CacheJob<Engine>>>): Promise<CacheBenchmark>;
  /** Where the time of the last calls went, as a table and as a timeline; `last` says how many, `reset` begins anew. */
  profile(options?: { readonly last?: number; readonly reset?: boolean }): Profile;
  /** Answers a request document with a result document, see `sojourn compute`. Throws `InputError`. */
  compute(request: unknown): Promise<ResultDocument>;
  /** Waits for pending cache writes, at most two seconds; nothing can be built afterwards. */
  close(): Promise<void>;
}
