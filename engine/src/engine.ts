/**
 * `openEngine`: the only place where stages, backends and caches meet. A build runs model → graph → trace, each
 * stage behind its cache; a fault of a cache never fails a build.
 */
import { availableParallelism } from "node:os";
import { hex } from "./base/digest.js";
import { ClosedError, InputError, InterruptedError } from "./base/errors.js";
import type { Wire } from "./base/wire.js";
import { nearest } from "./base/words.js";
import { type CacheKey, type Environment, makeKey, openStore, type Store, type StoredKind } from "./cache/index.js";
import { summaryTable } from "./display/drawing.js";
import { DISPLAY, type Displayable } from "./display/mime.js";
import type { BackendChoice } from "./evaluator/evaluator.js";
import { openBackends } from "./evaluator/open.js";
import { buildGraph } from "./graph/build.js";
import { checkGraph } from "./graph/check.js";
import type { Graph } from "./graph/graph.js";
import { fromMatrices, type MatrixModel } from "./graph/matrices.js";
import { GRAPH_VERSION, graphFromWire, graphToWire } from "./graph/wire.js";
import type { AskServices } from "./handle/ask.js";
import { createPhaseType } from "./handle/create.js";
import { pending } from "./handle/pending.js";
import type { PhaseType } from "./handle/phase-type.js";
import type { StageReport } from "./handle/report.js";
import { type Builders, compute, type ResultDocument } from "./interchange/compute.js";
import { type PhasicAssumptions, readPhasicGraph } from "./interchange/phasic.js";
import { createModelReader, createRequestReader } from "./interchange/request.js";
import { checkSpec, type Inputs, type ModelSpec, resolveInputs } from "./model/define.js";
import { type ExploreLimits, explore } from "./model/explore.js";
import type { Explored } from "./model/explored.js";
import { checkRanges, type Family } from "./model/families/family.js";
import { FAMILIES } from "./model/families/index.js";
import { IDENTITY_VERSION, identityOf, NotIdentifiable } from "./model/identity.js";
import { type CheckedOptions, checkBuildOptions, checkEngineOptions } from "./options.js";
import { buildTrace } from "./trace/build.js";
import { checkTrace } from "./trace/check.js";
import type { EliminationTrace } from "./trace/trace.js";
import { ORDER_POLICY, TRACE_VERSION, traceFromWire, traceToWire } from "./trace/wire.js";

export const ENGINE_VERSION = "0.1.0";

export interface EngineOptions {
  /** The private layer; default `SOJOURN_CACHE_DIR`, else `$XDG_CACHE_HOME/sojourn`, else `~/.cache/sojourn`. */
  readonly cacheDirectory?: string;
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
  | {
      readonly type: "lookup";
      readonly kind: StoredKind;
      readonly outcome: "hit" | "miss" | "bypass" | "refused";
      readonly model: string;
      readonly reason?: string;
      /** Measured cost of what a hit replaced minus what the look-up took; 0 otherwise. */
      readonly savedMs: number;
      readonly time: number;
    }
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
  | { readonly type: "stored"; readonly kind: StoredKind; readonly bytes: number; readonly time: number }
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
}

/** Names of a family's rewards; any text where they depend on its inputs. */
type RewardsOf<F> = F extends Family<string, infer _, infer R> ? R : string;

export interface Engine {
  readonly version: string;
  readonly cacheDirectory: string;
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
  /** Answers a request document with a result document, see `sojourn compute`. Throws `InputError`. */
  compute(request: unknown): Promise<ResultDocument>;
  /** Waits for pending cache writes, at most two seconds; nothing can be built afterwards. */
  close(): Promise<void>;
}

const DRAIN_MS = 2000;
/** Exploration lets other work run, and shows progress, this often. */
const BREATH_MS = 50;

/** Opens an engine; touches no file until the first build. */
export function openEngine(options: EngineOptions = {}): Engine {
  checkEngineOptions(options);
  const emit = options.onEvent ?? (() => {});
  const interrupted = options.interrupted ?? (() => false);
  const store = openStore({
    ...(options.cacheDirectory !== undefined && { directory: options.cacheDirectory }),
    ...(options.environment && { environment: options.environment }),
    onFault: (fault) => emit({ type: "fault", ...fault, time: Date.now() }),
  });
  const backends = openBackends(options.threads ?? availableParallelism(), options.backend);
  const readRequest = createRequestReader();
  const readModel = createModelReader();
  let closed = false;

  function checkOpen(what: string): void {
    if (closed) throw new ClosedError(what);
  }

  async function finish(
    name: string,
    graph: Graph,
    graphReport: StageReport,
    built: CheckedOptions,
  ): Promise<PhaseType> {
    const { cache, maxBytes, signal } = built;
    const [trace, traceReport] = await stage<EliminationTrace>(store, emit, {
      kind: "trace",
      model: name,
      cache,
      key: () =>
        makeKey("trace", {
          pattern: { vertexCount: graph.vertexCount, rowStart: graph.rowStart, targets: graph.targets },
          kind: graph.kind,
          algorithm: { version: TRACE_VERSION, order: ORDER_POLICY },
        }),
      make: () => buildTrace(graph, () => interrupted() || signal?.aborted === true, maxBytes),
      toWire: traceToWire,
      fromWire: (wire) => {
        const trace = traceFromWire(wire);
        const fault = checkTrace(trace, graph);
        if (fault) throw new TypeError(fault);
        return trace;
      },
    });
    const services: AskServices = {
      interrupted,
      backends,
      ...(built.backend !== undefined && { backend: { backend: built.backend } }),
      maxBytes,
      eliminate: async (derived, cached) => {
        const options = { ...built, cache: cached && cache !== false, signal: undefined };
        return (await finish(derived.name, derived, { outcome: "none", milliseconds: 0 }, options)).trace;
      },
    };
    return createPhaseType(graph, trace, { graph: graphReport, trace: traceReport }, services);
  }

  /** Explores with breaks, in which progress is shown, other work runs and a signal may cancel. */
  async function exploreSlowly<P extends string, I extends Inputs, R extends string>(
    spec: Required<ModelSpec<P, I, R>>,
    inputs: I,
    limits: ExploreLimits,
    signal: AbortSignal | undefined,
  ): Promise<Explored> {
    const work = explore(spec, inputs, limits);
    let breath = performance.now();
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      if (interrupted() || signal?.aborted)
        throw new InterruptedError(`exploring ${spec.name} at ${step.value.explored} states`);
      if (performance.now() - breath < BREATH_MS) continue;
      emit({ type: "progress", stage: "explore", model: spec.name, ...step.value, time: Date.now() });
      await new Promise((resolve) => setImmediate(resolve));
      breath = performance.now();
    }
  }

  function bind<P extends string, I extends Inputs, R extends string>(
    definition: ModelSpec<P, I, R>,
    library?: Family,
  ): Model<I, P, R> {
    const spec = checkSpec(definition);

    const keyOf = (inputs: I): CacheKey => {
      const rule = library
        ? { name: library.name, version: library.version }
        : identityOf({ transitions: spec.transitions, initial: spec.initial, rewards: spec.rewards });
      const { parameters, kind } = spec;
      return makeKey("graph", {
        rule,
        kind,
        inputs: Object.entries(inputs),
        parameters,
        versions: { graph: GRAPH_VERSION, identity: IDENTITY_VERSION },
      });
    };
    const resolve = (given: Partial<I>): I => {
      const inputs = resolveInputs(spec.name, spec.inputs, given);
      if (library) checkRanges(library, inputs);
      return inputs;
    };

    function key(given: Partial<I> = {}): string {
      const inputs = resolve(given);
      try {
        return hex(keyOf(inputs).bytes);
      } catch (error) {
        if (!(error instanceof NotIdentifiable)) throw error;
        throw new InputError("no-key", `Cannot make a key of ${spec.name}: ${error.message}.`);
      }
    }

    async function build(given: Partial<I> = {}, options: BuildOptions = {}): Promise<PhaseType<P, R>> {
      checkOpen(`build ${spec.name}`);
      const checked = checkBuildOptions(spec.name, options);
      const { cache, maxStates, maxBytes, signal } = checked;
      const inputs = resolve(given);
      const [graph, report] = await stage<Graph>(store, emit, {
        kind: "graph",
        model: spec.name,
        cache,
        key: () => keyOf(inputs),
        make: async () => buildGraph(await exploreSlowly(spec, inputs, { maxStates, maxBytes }, signal)),
        toWire: graphToWire,
        fromWire: (wire) => {
          const graph = { ...graphFromWire(wire), name: spec.name };
          const fault = checkGraph(graph);
          if (fault) throw new TypeError(fault.message);
          return graph;
        },
      });
      return (await finish(spec.name, graph, report, checked)) as unknown as PhaseType<P, R>;
    }

    const { name, description, parameters, inputs } = spec;
    const text = (): string => `Model ${name}(${parameters.join(", ")}), inputs ${JSON.stringify(inputs)}`;
    return Object.freeze({
      name,
      description,
      parameters,
      inputs,
      build: (given?: Partial<I>, options?: BuildOptions) => pending(build(given, options)),
      key,
      toString: text,
      [DISPLAY]: () => ({
        "text/plain": text(),
        "text/html": summaryTable([
          ["model", name],
          ...(description ? [["", description] as const] : []),
          ["parameters", parameters.join(", ") || "none"],
          [
            "inputs",
            Object.entries(inputs)
              .map(([input, value]) => `${input} = ${value}`)
              .join(", ") || "none",
          ],
        ]),
      }),
      [Symbol.for("nodejs.util.inspect.custom")]: text,
    });
  }

  const library = Object.fromEntries(
    Object.entries(FAMILIES).map(([name, family]) => {
      const { version: _, ranges: __, ...spec } = family;
      return [name, bind(spec as unknown as ModelSpec, family as unknown as Family)];
    }),
  );
  const families = new Proxy(Object.freeze(library), {
    get(target, name) {
      if (typeof name === "symbol" || name in target || name === "then" || name === "toJSON")
        return Reflect.get(target, name);
      const known = Object.keys(target);
      const near = nearest(name, known);
      const meant = near === undefined ? "" : ` (did you mean ${near}?)`;
      throw new InputError("unknown-family", `Cannot find the family ${name}${meant}: there are ${known.join(", ")}.`);
    },
  }) as unknown as Engine["families"];

  async function buildExplored(explored: Explored, options: BuildOptions = {}): Promise<PhaseType> {
    checkOpen(`build ${explored.name}`);
    const checked = checkBuildOptions(explored.name, options);
    if (checked.signal?.aborted) throw new InterruptedError(`building ${explored.name}`);
    if (explored.vertexCount > checked.maxStates)
      throw new InputError(
        "too-many-states",
        `Cannot build ${explored.name}: it has ${explored.vertexCount} states, more than ${checked.maxStates}; build with a larger maxStates.`,
      );
    const start = performance.now();
    const graph = buildGraph(explored);
    return finish(explored.name, graph, { outcome: "none", milliseconds: performance.now() - start }, checked);
  }

  async function load(document: unknown, options?: BuildOptions): Promise<PhaseType> {
    const model = readModel(document);
    if ("explored" in model) return buildExplored(model.explored, options);
    const { family, inputs } = model;
    return (families as unknown as Record<string, Model>)[family].build(inputs as Inputs, options);
  }

  const buildMatrices = async (model: MatrixModel, options?: BuildOptions): Promise<PhaseType> =>
    buildExplored(fromMatrices(model), options);

  const buildPhasic = async (
    document: unknown,
    assume?: PhasicAssumptions,
    options?: BuildOptions,
  ): Promise<PhaseType> => load(readPhasicGraph(document, assume), options);

  const engine: Engine = {
    version: ENGINE_VERSION,
    cacheDirectory: store.directory,
    defineModel: (spec) => bind(spec),
    families,
    load: (document, options) => pending(load(document, options)),
    fromMatrices: (model, options) => pending(buildMatrices(model, options)),
    fromPhasic: (document, { assume, ...options } = {}) => pending(buildPhasic(document, assume, options)),
    buildExplored,
    compute: async (request) => compute(readRequest(request), engine as unknown as Builders),
    async close() {
      closed = true;
      await Promise.all([store.drain(DRAIN_MS), backends.close()]);
    },
  };
  return Object.freeze(engine);
}

interface Stage<T> {
  readonly kind: StoredKind;
  readonly model: string;
  readonly cache: boolean | "rebuild";
  /** Throws `NotIdentifiable` when what the stage depends on cannot be told apart safely. */
  readonly key: () => CacheKey;
  readonly make: () => T | Promise<T>;
  readonly toWire: (value: T) => Wire;
  /** Throws when the wire does not hold a sound value. */
  readonly fromWire: (wire: Wire) => T;
}

/** One stage behind its cache. */
async function stage<T>(store: Store, emit: (event: EngineEvent) => void, stage: Stage<T>): Promise<[T, StageReport]> {
  const start = performance.now();
  const { kind, model } = stage;
  const report = (outcome: "hit" | "miss" | "bypass" | "refused", reason?: string, costMs?: number): StageReport => {
    const milliseconds = performance.now() - start;
    const savedMs = costMs === undefined ? 0 : costMs - milliseconds;
    emit({ type: "lookup", kind, outcome, model, ...(reason && { reason }), savedMs, time: Date.now() });
    return { outcome, ...(reason && { reason }), milliseconds };
  };

  if (stage.cache === false) return [await stage.make(), report("bypass", "switched off for this build")];
  let key: CacheKey;
  try {
    key = stage.key();
  } catch (error) {
    const why =
      error instanceof NotIdentifiable ? error.message : `the key could not be made: ${(error as Error).message}`;
    return [await stage.make(), report("bypass", why)];
  }

  let outcome: "miss" | "refused" = "miss";
  let reason = "rebuilt on demand";
  if (stage.cache !== "rebuild") {
    const found = await store.get(kind, key.bytes);
    if (found.outcome === "hit") {
      try {
        const value = stage.fromWire(found.entry);
        return [value, report("hit", undefined, found.entry.costMs)];
      } catch (error) {
        await store.reject(kind, key.bytes);
        outcome = "refused";
        reason = `the entry made no sense: ${(error as Error).message}`;
      }
    } else ({ outcome, reason } = found);
  }

  const making = performance.now();
  const value = await stage.make();
  const costMs = performance.now() - making;
  const changed = keyChanged(stage.key, key);
  if (changed) return [value, report("bypass", changed)];
  store.put(
    {
      kind,
      key: key.bytes,
      producer: `sojourn ${ENGINE_VERSION}`,
      components: key.components,
      createdMs: Date.now(),
      costMs,
    },
    stage.toWire(value),
    (bytes) => emit({ type: "stored", kind, bytes, time: Date.now() }),
  );
  return [value, report(outcome, reason)];
}

/** A rule that changes what it captures while it runs has no value that could be kept. */
function keyChanged(make: () => CacheKey, before: CacheKey): string | undefined {
  try {
    return make().bytes.equals(before.bytes) ? undefined : "what the rule captures changed while it ran";
  } catch (error) {
    return (error as Error).message;
  }
}
