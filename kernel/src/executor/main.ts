/**
 * The executor's main thread: starts the controller worker, puts the globals in place, then runs cells as they come.
 * Started by the supervisor with the pipe on file descriptor 3.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { InterruptedError } from "@sojourn/engine/errors";
import type { FromExecutor, StreamName } from "../link/messages.js";
import { createWarmer } from "../prewarm/warmer.js";
import { captureAsyncHooks } from "./async-storage.js";
import { captureCallbacks, captureJson } from "./callbacks.js";
import { type Cell, Cells } from "./cells.js";
import { createBundler } from "./display.js";
import { hideOwnFrames } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { defineGlobals, engineNamespace } from "./globals.js";
import { heapLimitMegabytes } from "./heap.js";
import { createInputs } from "./input.js";
import { createCellLookups } from "./lookups.js";
import { createDefinedModels } from "./models.js";
import { createModules } from "./modules.js";
import { BACKLOG_MAX, isPaced } from "./outbox.js";
import { captureSystem } from "./refusals.js";
import { Runner } from "./runner.js";
import { awaitFor, createShow } from "./show.js";
import {
  type ControllerSetup,
  createState,
  type FromMain,
  isToStop,
  runningIsToStop,
  SLOT,
  type ToMain,
} from "./state.js";
import { captureStdin } from "./stdin.js";
import { captureStreams, writeFor } from "./streams.js";
import { captureTimers } from "./timers.js";
import { createWidgets } from "./widgets/widgets.js";

const PIPE = 3;
const FRAMES = 50;
/** How long code that shows too much waits before it looks again. */
const PACE_MS = 50;

function start(folder: string): void {
  const state = createState();
  const { port1, port2 } = new MessageChannel();
  const setup: ControllerSetup = { state, answers: port2, pipe: PIPE };
  const controller = new Worker(join(folder, "controller.cjs"), { workerData: setup, transferList: [port2] });
  let last: FromExecutor | undefined;
  const emit = (message: FromExecutor): void => {
    last = message;
    if (isPaced(message)) Atomics.add(state, SLOT.backlog, 1);
    controller.postMessage(message);
  };
  const emitText = (cell: number, name: StreamName, text: string): void => {
    const opens = last?.type !== "stream" || last.cell !== cell || last.name !== name;
    emit({ type: "stream", cell, name, text, opens });
  };

  const interrupts = (): number => Atomics.load(state, SLOT.leftovers);
  const cells = new Cells(
    ({ number, turn }) => (turn === undefined ? isToStop(state, number) : interrupts() !== turn),
    () => controller.postMessage({ type: "spinning" } satisfies FromMain),
  );
  const pace = (): void => {
    for (let backlog = Atomics.load(state, SLOT.backlog); backlog > BACKLOG_MAX; ) {
      if (cells.cancelled) throw new InterruptedError("running a cell");
      Atomics.wait(state, SLOT.backlog, backlog, PACE_MS);
      backlog = Atomics.load(state, SLOT.backlog);
    }
  };
  const load = createRequire(join(folder, "executor.cjs"));
  const bundleOf = createBundler(() => load("./vega.cjs"));
  const show = createShow({ cells, bundleOf, emit, pace });
  const modules = createModules(join(folder, "module-hooks.mjs"), engineNamespace, cells);
  const evaluator = new Evaluator(modules);
  const lookups = createCellLookups(process.env.SOJOURN_BADGES !== "off");
  const models = createDefinedModels((model) => emit({ type: "model", model }));
  const runner = new Runner({ state, cells, evaluator, show, bundleOf, emit, lookups });
  const { input, onReply } = createInputs({ state, answers: port1, cells, emit });
  const { widgets, onNews } = createWidgets({ cells, emit, pace, show, bundleOf, awaitFor, interrupts, failed });
  const interrupted = (): boolean => (cells.running ? cells.cancelled : runningIsToStop(state));
  const engine = defineGlobals({
    show,
    input,
    widgets,
    models,
    inCell: () => cells.running !== undefined,
    onEvent: (event) => {
      lookups.note(cells.running, event);
      emit({ type: "event", event });
    },
    interrupted,
  });
  const warmer = createWarmer({ engine, ...models, send: (message) => emit({ type: "warmed", message }) });

  /** A setting from the panel; one that makes no sense was refused there. */
  function configure(name: string, value: number | boolean | readonly number[]): void {
    try {
      engine.cache.configure({ [name]: value });
    } catch (error) {
      console.warn(String(error));
    }
  }

  function failed(error: unknown, turn: Cell): void {
    if (turn.abort.signal.aborted) return;
    writeFor(turn, "stderr", runner.uncaught(error), emitText);
  }
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
  captureStreams({ cells, emit: emitText, pace });
  captureTimers(cells);
  captureCallbacks(cells);
  captureSystem(cells);
  captureStdin({ cells, input });
  captureJson(interrupted);
  evaluator.onTerminate(captureAsyncHooks(cells));

  controller.on("message", (message: ToMain) => {
    switch (message.type) {
      case "execute":
        runner.start(message);
        break;
      case "widget":
        onNews(message.model, message.news);
        break;
      case "input-reply":
        onReply(message);
        break;
      case "interrupt":
        runner.interrupt(message.cell);
        break;
      case "terminated":
        runner.terminated(message.cell);
        warmer.abandon();
        break;
      case "warm":
        warmer.receive(message.message);
        break;
      case "configure":
        configure(message.name, message.value);
        break;
      case "nudge":
        Atomics.add(state, SLOT.beat, 1);
        controller.postMessage({ type: "beat" } satisfies FromMain);
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
  evaluator.begin();
  emit({ type: "ready", heapMegabytes: heapLimitMegabytes() });
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
