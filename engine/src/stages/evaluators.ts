/**
 * Compiled evaluators behind the caches. Evaluators are opened at once, so they are looked up at once: in memory and in this
 * user's own layers. What was compiled faster than it loads is not stored.
 */
import { digestOf, hex } from "../base/digest.js";
import { type CacheKey, makeKey } from "../cache/index.js";
import type { CompiledStore } from "../evaluator/wasm/backend.js";
import type { Compiled } from "../evaluator/wasm/compiled.js";
import type { NumberFormat } from "../evaluator/wasm/lane-numbers.js";
import { COMPILED_VERSION, checkCompiled, compiledFromWire, compiledToWire } from "../evaluator/wasm/wire.js";
import type { Graph } from "../graph/graph.js";
import { GRAPH_VERSION, graphToWire } from "../graph/wire.js";
import type { Program } from "../program/program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { TRACE_VERSION, traceToWire } from "../trace/wire.js";
import { differences, differenceText } from "./explain.js";
import { keepFound, keepMade } from "./keep.js";
import { countChanges, reporter } from "./report.js";
import type { StageServices } from "./services.js";

/** Keeps evaluators of any model. The digests of a model are taken once. */
export function evaluatorStore(
  services: StageServices,
): (graph: Graph, trace: EliminationTrace, anew?: boolean) => CompiledStore {
  const { store } = services;
  // by the graph itself: graphs of other weights share their arrays of targets
  const digests = new WeakMap<Graph, { readonly trace: EliminationTrace; readonly digest: string }>();

  function modelDigest(graph: Graph, trace: EliminationTrace): string {
    let known = digests.get(graph);
    if (known?.trace !== trace) {
      // states and names are for people; everything else may be compiled in
      const { states: _, ...arrays } = graphToWire(graph).arrays;
      const { kind, parameterNames, rewardNames, vertexCount } = graph;
      const digest = hex(digestOf([arrays, { kind, parameterNames, rewardNames, vertexCount }, traceToWire(trace)]));
      known = { trace, digest };
      digests.set(graph, known);
    }
    return known.digest;
  }

  function keyOf(graph: Graph, trace: EliminationTrace, program: Program, format: NumberFormat): CacheKey {
    const { lanes, precise, fused } = format;
    return makeKey(
      "evaluator",
      {
        model: modelDigest(graph, trace),
        program: plain(program),
        shape: { lanes, precise },
        target: { backend: "wasm", fused },
        versions: { compiled: COMPILED_VERSION, graph: GRAPH_VERSION, trace: TRACE_VERSION },
      },
      {
        program: `${program.quantity}, ${program.outputs}`,
        shape: `${lanes} lanes${precise ? ", double-double" : ""}`,
        target: fused ? "wasm, relaxed SIMD" : "wasm",
      },
    );
  }

  return (graph, trace, anew = false) => ({
    load(program, format) {
      if (anew) return undefined;
      const start = performance.now();
      const key = keyOf(graph, trace, program, format);
      const report = reporter(services, "evaluator", graph.name, start);
      const name = hex(key.bytes);
      const kept = store.memory.get("evaluator", name);
      if (kept) {
        report("hit", { key: name, layer: "memory", costMs: kept.costMs });
        return kept.value as Compiled;
      }
      const found = store.getNow("evaluator", key.bytes);
      services.profiler.note("cache read", graph.name, `evaluator: ${found.outcome}`, start);
      if (found.outcome !== "hit") {
        const changes = differences(services.recent.get(`evaluator ${graph.name}`) ?? key, key);
        services.recent.set(`evaluator ${graph.name}`, key);
        countChanges(services, "evaluator", graph.name, changes);
        const why = differenceText(changes);
        report(found.outcome, { key: name, reason: why ? `${found.reason}: ${why}` : found.reason });
        return undefined;
      }
      const { entry, layer } = found;
      try {
        const compiled = compiledFromWire(entry);
        const fault = checkCompiled(compiled, graph);
        if (fault) throw new TypeError(fault);
        keepFound(services, { kind: "evaluator", model: graph.name, key, value: compiled }, found);
        report("hit", { key: name, layer, costMs: entry.costMs });
        return compiled;
      } catch (error) {
        void store.reject("evaluator", key.bytes);
        report("refused", { key: name, reason: `the entry made no sense: ${(error as Error).message}` });
        return undefined;
      }
    },
    save(program, compiled, costMs) {
      const { name: model } = graph;
      const now = performance.now();
      const what = `${program.quantity}, ${compiled.format.lanes} lanes`;
      services.profiler.note("compile", model, what, now - costMs, now);
      const wire = compiledToWire(compiled);
      keepMade(services, {
        kind: "evaluator",
        model,
        key: keyOf(graph, trace, program, compiled.format),
        value: compiled,
        costMs,
        wire: { ...wire, attributes: { ...wire.attributes, name: model } },
        leastMs: store.settings.minCompileMs,
      });
    },
  });
}

/** A program as plain data; what is undefined does not count. */
const plain = (program: Program): unknown => JSON.parse(JSON.stringify(program, typedAsList));

/** Typed arrays would be written as objects, and non-finite numbers as null. */
function typedAsList(_: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, String);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
