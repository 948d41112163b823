/**
 * The executor's main thread: starts the controller worker, puts the globals in place, then runs cells as they come.
 * Started by the supervisor with the pipe on file descriptor 3.
 */
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { FromExecutor } from "../link/messages.js";
import { Cells } from "./cells.js";
import { hideOwnFrames } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { defineGlobals, engineNamespace } from "./globals.js";
import { createModules } from "./modules.js";
import { Runner } from "./runner.js";
import { createShow } from "./show.js";
import { type ControllerSetup, createState, SLOT, type ToMain } from "./state.js";
import { captureStreams, writeFor } from "./streams.js";
import { captureTimers } from "./timers.js";

const PIPE = 3;
const FRAMES = 50;

function start(folder: string): void {
  const state = createState();
  const setup: ControllerSetup = { state, pipe: PIPE };
  const controller = new Worker(join(folder, "controller.cjs"), { workerData: setup });
  const emit = (message: FromExecutor): void => controller.postMessage(message);
  const emitText = (cell: number, name: "stdout" | "stderr", text: string): void =>
    emit({ type: "stream", cell, name, text });

  const cells = new Cells();
  const show = createShow(cells, emit);
  const modules = createModules(join(folder, "module-hooks.mjs"), engineNamespace);
  const evaluator = new Evaluator(modules);
  const runner = new Runner({ state, cells, evaluator, emit });
  const engine = defineGlobals({
    show,
    onEvent: (event) => emit({ type: "event", event }),
    interrupted: () => Atomics.load(state, SLOT.interrupt) === 1 || cells.cancelled,
  });

  const late = (error: unknown, promise?: Promise<unknown>): void => {
    const failure = runner.lateFailure(error, promise);
    if (failure) writeFor(failure.cell, "stderr", failure.text, emitText);
  };
  process.on("uncaughtException", (error) => late(error));
  process.on("unhandledRejection", late);
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.exit = ((code?: number | string) => {
    throw new ProcessExit(code ?? process.exitCode ?? 0);
  }) as typeof process.exit;
  Error.stackTraceLimit = FRAMES;
  hideOwnFrames(folder);
  setFlagsFromString(`--stack-trace-limit=${FRAMES}`);
  captureStreams(cells, emitText);
  captureTimers(cells);

  controller.on("message", (message: ToMain) => {
    switch (message.type) {
      case "execute":
        runner.start(message);
        break;
      case "interrupt":
        runner.interrupt(message.cell);
        break;
      case "terminated":
        runner.terminated(message.cell);
        break;
      case "nudge":
        Atomics.add(state, SLOT.beat, 1);
        break;
      case "close":
        engine.close().then(
          () => emit({ type: "closed" }),
          () => emit({ type: "closed" }),
        );
        break;
      default:
        message satisfies never;
    }
  });
  emit({ type: "ready" });
}

/** What `process.exit` does in a cell: it ends the cell, not the process that holds the variables. */
class ProcessExit extends Error {
  override readonly name = "ProcessExit";

  constructor(code: number | string) {
    super(
      `process.exit(${code}) ended this cell only; variables are kept. To end the kernel, use Shut Down in the Kernel menu.`,
    );
  }
}

start(__dirname);
