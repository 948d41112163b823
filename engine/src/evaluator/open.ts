/**
 * Which backend runs a program. `auto` takes the fastest that this machine has for it and depends on the program alone, so
 * that no number depends on what else was asked; a name is obeyed, or refused with the reason.
 */
import { InputError } from "../base/errors.js";
import type { Graph } from "../graph/graph.js";
import type { Program } from "../program/program.js";
import type { TimeProgram } from "../program/time-program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { BACKENDS, type BackendChoice, type Evaluator } from "./evaluator.js";
import { openReference } from "./reference/backend.js";
import type { SmallSweeps, SweepService } from "./reference/system.js";
import { Panels } from "./reference/time/panels.js";
import { type CompiledStore, noMemory, openWasm, type WasmOptions } from "./wasm/backend.js";
import { whyNot } from "./wasm/compile.js";
import { openWasmHost, type WasmHost } from "./wasm/host.js";
import { WasmNodeLoops } from "./wasm/time/nodes.js";
import { compileSweeps, openWasmSweeps } from "./wasm/time/service.js";
import { openSmallSweeps } from "./wasm/time/small.js";
import { WorkMemory } from "./wasm/time/work-memory.js";
import type { WasmModule } from "./wasm/webassembly.js";

export interface EvaluatorOptions extends WasmOptions {
  readonly backend?: BackendChoice;
  /** Whether compiled programs are looked up and kept; `"rebuild"`: kept only. Default: true. */
  readonly cached?: boolean | "rebuild";
}

export interface Backends {
  /** Throws `InputError` with code `no-backend` when the backend named cannot run this here, with the reason. */
  open(
    graph: Graph,
    trace: EliminationTrace,
    program: Program | TimeProgram,
    interrupted: () => boolean,
    options?: EvaluatorOptions,
  ): Evaluator;
  /** Who sweeps for a model over time, chosen in the same way; undefined where plain JavaScript does. */
  sweeps(graph: Graph, options?: EvaluatorOptions): SweepService | undefined;
  /** Ends threads. */
  close(): Promise<void>;
}

/**
 * `threads` is the most that may be used; a choice given here is for callers that give none; `storeOf` keeps what is compiled for
 * a model; `shapes` says what programs are compiled for, as of when an evaluator is opened.
 */
export function openBackends(
  threads: number,
  choice: BackendChoice = "auto",
  storeOf?: (graph: Graph, trace: EliminationTrace, anew: boolean) => CompiledStore,
  shapes?: () => NonNullable<WasmOptions["shapes"]>,
): Backends {
  let host: WasmHost | undefined;
  // the same for every model: as defined, and the same in WebAssembly
  const panels = new Panels();
  let quickPanels: Panels | undefined;
  let small: SmallSweeps | undefined;
  let work: WorkMemory | undefined;
  const workMemory = (): WorkMemory => {
    work ??= new WorkMemory(wasm());
    return work;
  };
  const wasm = (): WasmHost => {
    host ??= openWasmHost(threads);
    return host;
  };
  /** One memory for all that is asked of a model over time, as long as the model is there. */
  const chosen = new WeakMap<Graph, SweepService>();
  const named = new WeakMap<Graph, SweepService>();
  let kernels: WasmModule | undefined;
  const compiled = (): WasmModule => {
    kernels ??= compileSweeps();
    return kernels;
  };
  const sweepsOf = (graph: Graph, insist: boolean): SweepService | undefined => {
    const services = insist ? named : chosen;
    try {
      small ??= openSmallSweeps(workMemory());
      const service = services.get(graph) ?? openWasmSweeps(wasm(), compiled, insist, small);
      if (service !== undefined) services.set(graph, service);
      return service;
    } catch (error) {
      throw noMemory(error, graph);
    }
  };
  return {
    open(graph, trace, program, interrupted, { backend = choice, cached = true, ...options } = {}) {
      if (backend !== "auto" && !BACKENDS.includes(backend))
        throw new InputError(
          "no-backend",
          `Cannot evaluate ${graph.name}: there is no backend ${backend}; there are auto, ${BACKENDS.join(", ")}.`,
        );
      checkChoice(graph.name, options);
      const reference = (sweeps?: SweepService): Evaluator => {
        if (sweeps) quickPanels ??= new Panels(new WasmNodeLoops(workMemory()));
        return openReference(graph, trace, program, interrupted, (sweeps && quickPanels) ?? panels, sweeps);
      };
      if (backend === "reference") return reference();
      if (!("steps" in program)) return reference(sweepsOf(graph, backend === "wasm"));
      const why = wasm().missing ?? whyNot(program);
      if (why === undefined) {
        const more = {
          ...(backend === "auto" && { orReference: true }),
          ...(shapes && options.lanes === undefined && { shapes: shapes() }),
          ...(storeOf && cached !== false && { store: storeOf(graph, trace, cached === "rebuild") }),
        };
        return openWasm(graph, trace, program, interrupted, wasm(), { ...more, ...options });
      }
      if (backend === "auto") return reference();
      throw new InputError("no-backend", `Cannot evaluate ${graph.name} by wasm: ${why}.`);
    },
    sweeps(graph, { backend = choice } = {}) {
      return backend === "reference" ? undefined : sweepsOf(graph, backend === "wasm");
    },
    async close() {
      await host?.close();
      host = undefined;
    },
  };
}

function checkChoice(name: string, { lanes, threads }: WasmOptions): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot evaluate ${name}: ${what}.`);
  };
  if (lanes !== undefined && ![2, 4, 8].includes(lanes)) refuse(`lanes must be 2, 4 or 8 and is ${String(lanes)}`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    refuse(`threads must be a whole number ≥ 1 and is ${String(threads)}`);
}
