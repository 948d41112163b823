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
import { openWasm, type WasmOptions } from "./wasm/backend.js";
import { whyNot } from "./wasm/compile.js";
import { openWasmHost, type WasmHost } from "./wasm/host.js";

export interface EvaluatorOptions extends WasmOptions {
  readonly backend?: BackendChoice;
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
  /** Ends threads. */
  close(): Promise<void>;
}

/** `threads` is the most that may be used; a choice given here is for callers that give none. */
export function openBackends(threads: number, choice: BackendChoice = "auto"): Backends {
  let host: WasmHost | undefined;
  const wasm = (): WasmHost => {
    host ??= openWasmHost(threads);
    return host;
  };
  return {
    open(graph, trace, program, interrupted, { backend = choice, ...options } = {}) {
      if (backend !== "auto" && !BACKENDS.includes(backend))
        throw new InputError(
          "no-backend",
          `Cannot evaluate ${graph.name}: there is no backend ${backend}; there are auto, ${BACKENDS.join(", ")}.`,
        );
      checkChoice(graph.name, options);
      const reference = (): Evaluator => openReference(graph, trace, program, interrupted);
      // sweeps over time have one implementation
      if (backend === "reference" || !("steps" in program)) return reference();
      const why = wasm().missing ?? whyNot(program);
      if (why === undefined) {
        const named = backend === "wasm";
        return openWasm(
          graph,
          trace,
          program,
          interrupted,
          wasm(),
          named ? options : { ...options, orReference: true },
        );
      }
      if (backend === "auto") return reference();
      throw new InputError("no-backend", `Cannot evaluate ${graph.name} by wasm: ${why}.`);
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
