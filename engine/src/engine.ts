/**
 * `openEngine`: the only place where stages, backends and caches meet. A build runs model → graph → trace, each
 * stage behind its cache; a fault of a cache never fails a build.
 */
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { hex } from "./base/digest.js";
import { ClosedError, InputError, InterruptedError } from "./base/errors.js";
import { nearest } from "./base/words.js";
import { fs } from "./cache/file-system.js";
import { type CacheKey, type CacheOptions, openStore } from "./cache/index.js";
import { summaryTable } from "./display/drawing.js";
import { DISPLAY } from "./display/mime.js";
import type { BuildOptions, Engine, EngineEvent, EngineOptions, Model } from "./engine-types.js";
import { openBackends } from "./evaluator/open.js";
import { buildGraph } from "./graph/build.js";
import { checkGraph } from "./graph/check.js";
import type { Graph } from "./graph/graph.js";
import { fromMatrices, type MatrixModel } from "./graph/matrices.js";
import { graphFromWire, graphToWire } from "./graph/wire.js";
import type { AskServices } from "./handle/ask.js";
import { createPhaseType } from "./handle/create.js";
import { pending } from "./handle/pending.js";
import type { PhaseType } from "./handle/phase-type.js";
import type { StageReport } from "./handle/report.js";
import { readOptions } from "./handle/signatures.js";
import { type Builders, compute } from "./interchange/compute.js";
import { type PhasicAssumptions, readPhasicGraph } from "./interchange/phasic.js";
import { createModelReader, createRequestReader } from "./interchange/request.js";
import { benchmarkCaches } from "./loops/benchmark.js";
import { cachedFunction } from "./loops/cached.js";
import { checkSpec, type Inputs, type ModelSpec, resolveInputs } from "./model/define.js";
import { type ExploreLimits, explore } from "./model/explore.js";
import type { Explored } from "./model/explored.js";
import { checkRanges, type Family } from "./model/families/family.js";
import { FAMILIES } from "./model/families/index.js";
import { NotIdentifiable } from "./model/identity.js";
import { type CheckedOptions, checkBuildOptions, checkEngineOptions } from "./options.js";
import { evaluatorStore } from "./stages/evaluators.js";
import { type Explanation, explainKey, unkeyed } from "./stages/explain.js";
import { graphKey, traceKey } from "./stages/keys.js";
import { logEvent } from "./stages/log.js";
import { estimatePrewarm, runPrewarm, type Warmable } from "./stages/prewarm.js";
import { openProfiler } from "./stages/profile.js";
import type { StageServices } from "./stages/services.js";
import { shownEstimate, shownPrewarm } from "./stages/shown.js";
import { runStage } from "./stages/stage.js";
import { cacheVerbs } from "./stages/verbs.js";
import { buildTrace } from "./trace/build.js";
import { checkTrace } from "./trace/check.js";
import type { EliminationTrace } from "./trace/trace.js";
import { traceFromWire, traceToWire } from "./trace/wire.js";

export const ENGINE_VERSION = "0.1.0";

/** A benchmark touches nobody's folders. */
const ALONE: CacheOptions = { scratchDirectory: "", sharedDirectory: "", libraries: [], publish: false };
const NO_CACHES: CacheOptions = {
  ...ALONE,
  memoryBytes: 0,
  minCostMs: Infinity,
  minCompileMs: Infinity,
  statistics: false,
};
const DRAIN_MS = 2000;
/** Eliminating a graph of so many edges may take long, and blocks the thread. */
const LONG_EDGES = 20_000;
/** Exploration lets other work run, and shows progress, this often. */
const BREATH_MS = 50;

/** Opens an engine; touches no file until the first build. */
export function openEngine(options: EngineOptions = {}): Engine {
  checkEngineOptions(options);
  const emit = (event: EngineEvent): void => {
    if (store.settings.log === "cache") logEvent(event);
    try {
      options.onEvent?.(event);
    } catch (error) {
      // whoever listens must not end a build, nor what is written behind it
      process.emitWarning(`onEvent threw on an event of type ${event.type}: ${String(error)}`);
    }
  };
  const interrupted = options.interrupted ?? (() => false);
  const store = openStore({
    ...(options.cacheDirectory !== undefined && { directory: options.cacheDirectory }),
    ...(options.cache && { settings: options.cache }),
    ...(options.environment && { environment: options.environment }),
    onFault: (fault) => emit({ type: "fault", ...fault, time: Date.now() }),
  });
  const profiler = openProfiler();
  const services: StageServices = {
    store,
    emit,
    producer: `sojourn ${ENGINE_VERSION}`,
    recent: new Map(),
    prewarming: { runs: 0 },
    profiler,
    running: new Map(),
  };
  const backends = openBackends(
    options.threads ?? availableParallelism(),
    options.backend,
    evaluatorStore(services),
    () => store.settings.shapes,
  );
  /** Keys of traces by their graph's targets: a graph that memory has is digested once. */
  const traceKeys = new WeakMap<object, { readonly graph: Graph; readonly key: CacheKey }>();
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
    const [trace, traceReport] = await runStage<EliminationTrace>(services, {
      kind: "trace",
      model: name,
      cache,
      key: () => {
        const known = traceKeys.get(graph.targets);
        const { rowStart, vertexCount, kind } = graph;
        // a pattern is more than its targets, which graphs may share
        if (known?.graph.rowStart === rowStart && known.graph.vertexCount === vertexCount && known.graph.kind === kind)
          return known.key;
        const key = traceKey(graph);
        traceKeys.set(graph.targets, { graph, key });
        return key;
      },
      make: () => buildTrace(graph, () => interrupted() || signal?.aborted === true, maxBytes),
      long: graph.targets.length >= LONG_EDGES,
      interrupted: () => interrupted() || signal?.aborted === true,
      toWire: traceToWire,
      fromWire: (wire, known) => {
        const trace = traceFromWire(wire);
        const fault = known ? undefined : checkTrace(trace, graph);
        if (fault) throw new TypeError(fault);
        return trace;
      },
    });
    const asking: AskServices = {
      interrupted,
      onAnswer: (model, quantity, began, ms) => profiler.note("evaluate", model, quantity, began, began + ms),
      backends,
      backend: {
        ...(built.backend !== undefined && { backend: built.backend }),
        ...(cache !== true && { cached: cache }),
      },
      maxBytes,
      eliminate: async (derived, cached) => {
        const options = { ...built, cache: cached && cache !== false, signal: undefined };
        return (await finish(derived.name, derived, { outcome: "none", milliseconds: 0 }, options)).trace;
      },
    };
    return createPhaseType(graph, trace, { graph: graphReport, trace: traceReport }, asking);
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

    const { transitions, initial, rewards, kind } = spec;
    const rule = library ? { family: library.name, version: library.version } : { transitions, initial, rewards };
    const keyOf = (inputs: I): CacheKey => graphKey({ rule, kind, parameters: spec.parameters, inputs });
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

    async function explain(given: Partial<I> = {}): Promise<Explanation> {
      const inputs = resolve(given);
      let key: CacheKey;
      try {
        key = keyOf(inputs);
      } catch (error) {
        if (!(error instanceof NotIdentifiable)) throw error;
        return unkeyed(spec.name, error.message);
      }
      return explainKey(store, key, spec.name);
    }

    async function build(given: Partial<I> = {}, options: BuildOptions = {}): Promise<PhaseType<P, R>> {
      checkOpen(`build ${spec.name}`);
      const checked = checkBuildOptions(spec.name, options);
      const { cache, maxStates, maxBytes, signal } = checked;
      const inputs = resolve(given);
      const [found, report] = await runStage<Graph>(services, {
        kind: "graph",
        model: spec.name,
        cache,
        key: () => keyOf(inputs),
        make: async () => buildGraph(await exploreSlowly(spec, inputs, { maxStates, maxBytes }, signal)),
        interrupted: () => interrupted() || signal?.aborted === true,
        toWire: graphToWire,
        fromWire: (wire, known) => {
          const graph = { ...graphFromWire(wire), name: spec.name };
          const fault = known ? undefined : checkGraph(graph);
          if (fault) throw new TypeError(fault.message);
          return graph;
        },
      });
      // memory may have it under the name of another model with the same rule
      const graph = found.name === spec.name ? found : { ...found, name: spec.name };
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
      explain,
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

  const warmable = (name: string): Warmable => (families as unknown as Record<string, Warmable>)[name];

  const engine: Engine = {
    version: ENGINE_VERSION,
    cacheDirectory: store.directory,
    cache: cacheVerbs(store),
    defineModel: (spec) => bind(spec),
    families,
    load: (document, options) => pending(load(document, options)),
    fromMatrices: (model, options) => pending(buildMatrices(model, options)),
    fromPhasic: (document, { assume, ...options } = {}) => pending(buildPhasic(document, assume, options)),
    buildExplored,
    profile: (more) => profiler.take(readOptions("show the profile", more, ["last", "reset"])),
    cached: (f, more) => cachedFunction(services, f, more),
    benchmarkCache: (jobs) =>
      benchmarkCaches<Engine>(
        {
          open: (folder, none) =>
            openEngine({
              ...options,
              cacheDirectory: folder,
              cache: { ...options.cache, ...(none ? NO_CACHES : ALONE) },
            }),
          newFolder: () => fs.mkdtempSync(join(tmpdir(), "sojourn-benchmark-")),
          remove: (folder) => fs.rmSync(folder, { recursive: true, force: true }),
        },
        jobs,
      ),
    async prewarm(spec, options = {}) {
      services.prewarming.runs++;
      try {
        return shownPrewarm(await runPrewarm(spec, options, warmable, store.settings.minCompileMs));
      } finally {
        services.prewarming.runs--;
      }
    },
    estimatePrewarm: async (spec) => shownEstimate(await estimatePrewarm(spec, warmable)),
    compute: async (request) => compute(readRequest(request), engine as unknown as Builders),
    async close() {
      closed = true;
      await Promise.all([store.drain(DRAIN_MS), backends.close()]);
    },
  };
  return Object.freeze(engine);
}
