/**
 * The supervisor: binds the sockets of the connection file, answers, and only then starts the executor. Ends on
 * `shutdown_request`, on SIGTERM and when the process that started it is gone; each time the executor's cache writes
 * get up to two seconds.
 */
import { randomUUID } from "node:crypto";
import { openStore } from "@sojourn/engine/cache";
import type { FromExecutor, ToExecutor } from "../link/messages.js";
import { PANEL_TARGET } from "../panel-protocol.js";
import { readConnection, writePorts } from "../protocol/connection.js";
import { Sockets } from "../protocol/sockets.js";
import { createCommRouter } from "./comm-router.js";
import { createDispatch, type Dispatch } from "./dispatch.js";
import { Execution } from "./execution.js";
import { ExecutorProcess } from "./executor-process.js";
import { createHistory } from "./history.js";
import { createPanelTarget } from "./panel-target.js";
import { createQuestions } from "./questions.js";

declare const SOJOURN_VERSION: string;

const DRAIN_MS = 2000;
const PARENT_CHECK_MS = 1000;
/** An executor that dies this soon, this often, will not live the next time either. */
const HOPELESS_MS = 5000;
const HOPELESS_STARTS = 5;

async function start(connectionFile: string, folder: string): Promise<void> {
  const connection = readConnection(connectionFile);
  const session = randomUUID();
  let dispatch: Dispatch | undefined;
  const sockets = new Sockets(connection, {
    session,
    onMessage: (channel, message) => dispatch?.(channel, message),
    onRefused: (channel, reason) => console.error(`sojourn: dropped a message on ${channel}: ${reason}`),
  });
  let executor: ExecutorProcess | undefined;
  let closed: (() => void) | undefined;
  let ending = false;
  const waiting: ToExecutor[] = [];
  const send = (message: ToExecutor): void => {
    if (executor) executor.send(message);
    else waiting.push(message);
  };

  const history = createHistory();
  const panel = createPanelTarget(openStore, SOJOURN_VERSION);
  const publish = (type: string, parent: Parameters<Sockets["publish"]>[1], content: Record<string, unknown>): void =>
    void sockets.publish(type, parent, content);
  const comms = createCommRouter(new Map([[PANEL_TARGET, panel.target]]), publish);
  const questions = createQuestions(send);
  const execution = new Execution({ sockets, history, send });
  dispatch = createDispatch({ sockets, execution, comms, history, questions, version: SOJOURN_VERSION, shutdown });

  writePorts(connectionFile, connection, await sockets.bind());
  void sockets.publish("status", {}, { execution_state: "starting" });
  const starts: number[] = [];
  setImmediate(startExecutor);

  function startExecutor(): void {
    if (ending) return;
    starts.push(Date.now());
    executor = new ExecutorProcess(folder, heapMegabytes(process.env.SOJOURN_HEAP_MB), {
      onMessage,
      onNativeText: (name, text) => execution.onNativeText(name, text),
      onEnd: (reason) => {
        executor = undefined;
        closed?.();
        if (ending) return;
        execution.onExecutorEnd(reason);
        const recent = starts.filter((time) => Date.now() - time < HOPELESS_MS);
        if (recent.length >= HOPELESS_STARTS) {
          console.error(`sojourn: the executor ${reason} ${recent.length} times in a row; the kernel gives up`);
          void shutdown();
        } else startExecutor();
      },
    });
    for (const message of waiting.splice(0)) executor.send(message);
  }

  function onMessage(message: FromExecutor): void {
    switch (message.type) {
      case "ready":
        break;
      case "event":
        panel.onEvent(message.event);
        break;
      case "answer":
        questions.onAnswer(message.question, message.answer);
        break;
      case "closed":
        closed?.();
        break;
      default:
        execution.onExecutor(message);
    }
  }

  async function shutdown(): Promise<void> {
    if (ending) return;
    ending = true;
    if (executor) {
      executor.send({ type: "close" });
      await new Promise<void>((resolve) => {
        closed = resolve;
        // A cell that spins keeps the engine from closing, and nothing is being written then.
        setTimeout(resolve, execution.runningParent ? DRAIN_MS / 4 : DRAIN_MS);
      });
      executor?.kill();
    }
    await sockets.flush();
    sockets.close();
    process.exit(0);
  }

  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => void shutdown());
  if (process.env.JPY_PARENT_PID) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) void shutdown();
    }, PARENT_CHECK_MS).unref();
  }
}

function heapMegabytes(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : undefined;
}

// A closed terminal must not end the kernel.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const [, , connectionFile] = process.argv;
if (connectionFile === undefined) {
  console.error("sojourn: cannot start without a connection file; Jupyter gives it as the first argument.");
  process.exit(2);
}
start(connectionFile, __dirname).catch((error: Error) => {
  console.error(`sojourn: the kernel cannot start: ${error.message}`);
  process.exit(1);
});
