/**
 * The supervisor: binds the sockets of the connection file, answers, and only then starts the executor. Ends on
 * `shutdown_request`, on SIGTERM and when the process that started it is gone; each time the executor's cache writes
 * get up to two seconds.
 */
import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLanguage } from "../language/client.js";
import type { FromExecutor, RestartWish, ToExecutor } from "../link/messages.js";
import { PANEL_TARGET } from "../panel-protocol.js";
import { readConnection, writePorts } from "../protocol/connection.js";
import { PROTOCOL_VERSION } from "../protocol/messages.js";
import { Sockets } from "../protocol/sockets.js";
import { createAssistant } from "./assistant.js";
import { createCommRouter } from "./comm-router.js";
import { dataFolder } from "./data-folder.js";
import { createDispatch, type Dispatch } from "./dispatch.js";
import { Execution } from "./execution.js";
import { ExecutorProcess } from "./executor-process.js";
import { createHistory } from "./history.js";
import { createHistoryStore } from "./history-store.js";
import { heapMegabytes } from "./memory.js";
import { createPanel } from "./panel/panel.js";
import { createQuestions } from "./questions.js";
import { createStdin } from "./stdin.js";
import { createTypes } from "./types.js";
import { createWidgetModels } from "./widget-models.js";

declare const SOJOURN_VERSION: string;

const DRAIN_MS = 2000;
const PARENT_CHECK_MS = 1000;
const IDLE_MS = 180_000;
/** Not obeyed of an executor that is to end: its models and widgets are gone already. */
const OF_THE_LIVING: ReadonlySet<string> = new Set(["warmed", "model", "widget", "widget-heard"]);
/** Executors that die one after another before they can run anything will not live the next time either. */
const HOPELESS_STARTS = 5;

async function start(connectionFile: string, folder: string, memory: string | undefined): Promise<void> {
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
    if (message.type === "execute") panel.onCell();
  };

  const { env: environment, platform } = process;
  const historyFolder = join(dataFolder({ environment, platform, home: homedir() }), "history");
  const store = environment.SOJOURN_HISTORY === "off" ? undefined : createHistoryStore(historyFolder);
  const history = createHistory(store, (reason) =>
    console.error(`sojourn: the history of this session is not kept in ${historyFolder}: ${reason}`),
  );
  const cellRuns = (): boolean => execution.runningParent !== undefined;
  const panel = createPanel({ folder, version: SOJOURN_VERSION, connectionFile, environment, send, cellRuns });
  const models = createWidgetModels({
    send,
    begin: (...opening) => comms.begin(...opening),
    isBusy: () => execution.runningParent !== undefined,
  });
  const targets = new Map([[PANEL_TARGET, panel.target], ...models.targets]);
  const comms = createCommRouter(targets, (type, parent, content, buffers, metadata) => {
    void sockets.publish(type, parent, content, buffers, metadata);
  });
  const questions = createQuestions(send);
  const stdin = createStdin(sockets, send);
  const language = createLanguage({
    file: join(folder, "language.cjs"),
    types: join(folder, "types.json"),
    idleMs: idleMilliseconds(environment.SOJOURN_TYPES_IDLE_S),
    complain: (reason) => console.error(`sojourn: ${reason}`),
  });
  const assistant = createAssistant(language, questions, () => types.folder);
  const types = createTypes({
    language,
    knows: assistant.knows,
    initial: environment.SOJOURN_TYPES,
    folder: process.cwd(),
  });
  const execution = new Execution({
    sockets,
    history,
    stdin,
    send,
    restart,
    inspect: (name, whole) => assistant.page(name, whole),
    types,
    about: () => ({
      types: types.about,
      Sojourn: SOJOURN_VERSION,
      protocol: `Jupyter ${PROTOCOL_VERSION}, ${connection.transport}`,
      cache: panel.directory,
      history: store ? historyFolder : "not kept",
      "process of the kernel": String(process.pid),
    }),
  });
  const version = SOJOURN_VERSION;
  dispatch = createDispatch({ sockets, execution, comms, history, assistant, stdin, version, shutdown });

  writePorts(connectionFile, connection, await sockets.bind());
  void sockets.publish("status", {}, { execution_state: "starting" });
  let failedStarts = 0;
  let heap = heapMegabytes(memory, environment);
  setImmediate(startExecutor);

  function startExecutor(): void {
    if (ending) return;
    const started: ExecutorProcess = new ExecutorProcess(folder, heap, {
      onMessage: (message) => {
        if (executor === started || !OF_THE_LIVING.has(message.type)) onMessage(message);
      },
      onNativeText: (name, text) => execution.onNativeText(name, text),
      onEnd: (reason, advice) => {
        closed?.();
        if (executor !== started) return; // one that was to end
        executor = undefined;
        models.onExecutorEnd();
        panel.onExecutorEnd(reason);
        types.forget();
        if (ending) return;
        execution.onExecutorEnd(reason, advice);
        if (++failedStarts >= HOPELESS_STARTS) {
          console.error(`sojourn: the executor ${reason} ${failedStarts} times in a row; the kernel gives up`);
          void shutdown();
        } else startExecutor();
      },
    });
    executor = started;
    for (const message of waiting.splice(0)) executor.send(message);
  }

  /** A fresh executor, because a cell asked for one; what is sent meanwhile waits for it. */
  function restart(wish: RestartWish): void {
    heap = wish.heapMegabytes ?? heap;
    const old = executor;
    executor = undefined;
    models.onExecutorEnd();
    panel.onExecutorEnd();
    types.forget();
    if (old) void end(old, DRAIN_MS).then(startExecutor);
  }

  /** Lets an executor write what the cache still wants, so long, then ends it. */
  async function end(old: ExecutorProcess, drainMs: number): Promise<void> {
    old.send({ type: "close" });
    await new Promise<void>((resolve) => {
      closed = resolve;
      setTimeout(resolve, drainMs).unref();
    });
    closed = undefined;
    old.kill();
  }

  function onMessage(message: FromExecutor): void {
    switch (message.type) {
      case "ready":
        failedStarts = -1; // this one's own end does not count
        break;
      case "event":
        panel.onEvent(message.event);
        break;
      case "warmed":
        panel.onWarmed(message.message);
        break;
      case "model":
        panel.onModel(message.model);
        break;
      case "widget":
        models.onWord(message.model, message.word, execution.parentOf(message.cell));
        break;
      case "widget-heard":
        models.onHeard(message.settled);
        break;
      case "answer":
        questions.onAnswer(message.question, message.answer);
        break;
      case "closed":
        closed?.();
        break;
      default:
        execution.onExecutor(message);
        if (message.type === "done") panel.onCell();
    }
  }

  async function shutdown(): Promise<void> {
    if (ending) return;
    ending = true;
    // A cell that spins keeps the engine from closing, and nothing is being written then.
    if (executor) await end(executor, execution.runningParent ? DRAIN_MS / 4 : DRAIN_MS);
    await Promise.race([
      Promise.all([history.flush(), panel.end()]),
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS / 4)),
    ]);
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

/** The language service is ended after so many seconds without a question; three minutes unless somebody says otherwise. */
function idleMilliseconds(text: string | undefined): number {
  const seconds = Number(text);
  return text !== undefined && seconds > 0 ? seconds * 1000 : IDLE_MS;
}

// A closed terminal must not end the kernel.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const { positionals, values } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { memory: { type: "string" } },
});
const [connectionFile] = positionals;
if (connectionFile === undefined) {
  console.error("sojourn: cannot start without a connection file; Jupyter gives it as the first argument.");
  process.exit(2);
}
start(connectionFile, __dirname, typeof values.memory === "string" ? values.memory : undefined).catch(
  (error: Error) => {
    console.error(`sojourn: the kernel cannot start: ${error.message}`);
    process.exit(1);
  },
);
