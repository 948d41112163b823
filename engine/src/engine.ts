/**
 * `openEngine`: the only place where stages, backends and caches meet. A build runs model → graph → trace, each
 * stage behind its cache; a fault of a cache never fails a build.
 */
import { ClosedError, InputError } from "./base/errors.js";
import type { Wire } from "./base/wire.js";
import { type CacheKey, type Environment, makeKey, openStore, type Store, type StoredKind } from "./cache/index.js";
import { summaryTable } from "./display/drawing.js";
import { DISPLAY, type Displayable } from "./display/mime.js";
import { buildGraph } from "./graph/build.js";
import { checkGraph } from "./graph/check.js";
import type { Graph } from "./graph/graph.js";
import { GRAPH_VERSION, graphFromWire, graphToWire } from "./graph/wire.js";
import { createPhaseType, type PhaseType, type StageReport } from "./handle/phase-type.js";
import { compute, type ResultDocument } from "./interchange/compute.js";
import { createRequestReader } from "./interchange/request.js";
import { checkSpec, type Inputs, type ModelSpec, resolveInputs } from "./model/define.js";
import { explore } from "./model/explore.js";
import type { Explored } from "./model/explored.js";
import { checkRanges, type Family } from "./model/families/family.js";
import { FAMILIES } from "./model/families/index.js";
import { IDENTITY_VERSION, identityOf, NotIdentifiable } from "./model/identity.js";
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
}

/** A definition bound to an engine. */
export interface Model<I extends Inputs = Inputs> extends Displayable {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly string[];
  readonly inputs: I;
  /**
   * Explores the state space at these inputs and eliminates it, each unless the cache has it.
   * Throws `InputError` naming the state. Cost: one call of the rule per state on a miss, reading one file on a hit.
   */
  build(inputs?: Partial<I>, options?: BuildOptions): Promise<PhaseType>;
}

export interface Engine {
  readonly version: string;
  readonly cacheDirectory: string;
  defineModel<const P extends string, I extends Inputs, R extends string>(spec: ModelSpec<P, I, R>): Model<I>;
  /** The model library by name. */
  readonly families: { readonly [name in keyof typeof FAMILIES]: Model<(typeof FAMILIES)[name]["inputs"]> };
  /** Builds an explicit, already indexed model. */
  buildExplored(explored: Explored, options?: BuildOptions): Promise<PhaseType>;
  /** Answers a request document with a result document, see `sojourn compute`. Throws `InputError`. */
  compute(request: unknown): Promise<ResultDocument>;
  /** Waits for pending cache writes, at most two seconds; nothing can be built afterwards. */
  close(): Promise<void>;
}

const DRAIN_MS = 2000;
const MAX_STATES = 5_000_000;

/** Opens an engine; touches no file until the first build. */
export function openEngine(options: EngineOptions = {}): Engine {
  const emit = options.onEvent ?? (() => {});
  const interrupted = options.interrupted ?? (() => false);
  const store = openStore({
    ...(options.cacheDirectory !== undefined && { directory: options.cacheDirectory }),
    ...(options.environment && { environment: options.environment }),
    onFault: (fault) => emit({ type: "fault", ...fault, time: Date.now() }),
  });
  const readRequest = createRequestReader();
  let closed = false;

  function checkOpen(what: string): void {
    if (closed) throw new ClosedError(what);
  }

  async function finish(
    name: string,
    graph: Graph,
    graphReport: StageReport,
    cache: boolean | "rebuild",
  ): Promise<PhaseType> {
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
      make: () => buildTrace(graph, interrupted),
      toWire: traceToWire,
      fromWire: (wire) => {
        const trace = traceFromWire(wire);
        const fault = checkTrace(trace, graph);
        if (fault) throw new TypeError(fault);
        return trace;
      },
    });
    return createPhaseType(graph, trace, { graph: graphReport, trace: traceReport }, interrupted);
  }

  function bind<P extends string, I extends Inputs, R extends string>(
    definition: ModelSpec<P, I, R>,
    library?: Family,
  ): Model<I> {
    const spec = checkSpec(definition);

    async function build(given: Partial<I> = {}, options: BuildOptions = {}): Promise<PhaseType> {
      checkOpen(`build ${spec.name}`);
      const { cache, maxStates } = checkBuildOptions(spec.name, options);
      const inputs = resolveInputs(spec.name, spec.inputs, given);
      if (library) checkRanges(library, inputs);
      const key = (): CacheKey => {
        const rule = library
          ? { name: library.name, version: library.version }
          : identityOf({ transitions: spec.transitions, initial: spec.initial, rewards: spec.rewards });
        const { parameters } = spec;
        return makeKey("graph", {
          rule,
          inputs: Object.entries(inputs),
          parameters,
          versions: { graph: GRAPH_VERSION, identity: IDENTITY_VERSION },
        });
      };
      const [graph, report] = await stage<Graph>(store, emit, {
        kind: "graph",
        model: spec.name,
        cache,
        key,
        make: () => buildGraph(explore(spec, inputs, interrupted, maxStates)),
        toWire: graphToWire,
        fromWire: (wire) => {
          const graph = { ...graphFromWire(wire), name: spec.name };
          const fault = checkGraph(graph);
          if (fault) throw new TypeError(fault.message);
          return graph;
        },
      });
      return finish(spec.name, graph, report, cache);
    }

    const { name, description, parameters, inputs } = spec;
    const text = (): string => `Model ${name}(${parameters.join(", ")}), inputs ${JSON.stringify(inputs)}`;
    return Object.freeze({
      name,
      description,
      parameters,
      inputs,
      build,
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
      const known = Object.keys(target).join(", ");
      throw new InputError("unknown-family", `Cannot find the family ${name}: there are ${known}.`);
    },
  }) as unknown as Engine["families"];

  async function buildExplored(explored: Explored, { cache = true }: BuildOptions = {}): Promise<PhaseType> {
    checkOpen(`build ${explored.name}`);
    const start = performance.now();
    const graph = buildGraph(explored);
    return finish(explored.name, graph, { outcome: "none", milliseconds: performance.now() - start }, cache);
  }

  const engine: Engine = {
    version: ENGINE_VERSION,
    cacheDirectory: store.directory,
    defineModel: (spec) => bind(spec),
    families,
    buildExplored,
    compute: async (request) => compute(readRequest(request), engine),
    async close() {
      closed = true;
      await store.drain(DRAIN_MS);
    },
  };
  return Object.freeze(engine);
}

const CACHE_MODES: readonly unknown[] = [true, false, "rebuild"];

function checkBuildOptions(model: string, options: unknown): Required<BuildOptions> {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot build ${model}: ${what}.`);
  };
  if (typeof options !== "object" || options === null)
    return refuse("options must be an object such as { cache: false }");
  const { cache = true, maxStates = MAX_STATES, ...more } = options as BuildOptions;
  const unknown = Object.keys(more)[0];
  if (unknown !== undefined) return refuse(`there is no option ${unknown}; there are cache and maxStates`);
  if (!CACHE_MODES.includes(cache))
    return refuse(`cache must be true, false or "rebuild" and is ${JSON.stringify(cache)}`);
  if (!(typeof maxStates === "number" && maxStates >= 1))
    return refuse(`maxStates must be a number ≥ 1 and is ${String(maxStates)}`);
  return { cache, maxStates };
}

interface Stage<T> {
  readonly kind: StoredKind;
  readonly model: string;
  readonly cache: boolean | "rebuild";
  /** Throws `NotIdentifiable` when what the stage depends on cannot be told apart safely. */
  readonly key: () => CacheKey;
  readonly make: () => T;
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

  if (stage.cache === false) return [stage.make(), report("bypass", "switched off for this build")];
  let key: CacheKey;
  try {
    key = stage.key();
  } catch (error) {
    const why =
      error instanceof NotIdentifiable ? error.message : `the key could not be made: ${(error as Error).message}`;
    return [stage.make(), report("bypass", why)];
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
  const value = stage.make();
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
