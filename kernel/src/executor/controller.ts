/**
 * The executor's controller worker. It owns the pipe to the supervisor, so everything that the main thread posts goes
 * out while a cell spins, and it holds an inspector session on the main thread, for interrupts and completion. When the
 * supervisor goes away the whole process ends with it.
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { createReader, createWriter } from "../link/framing.js";
import type { FromExecutor, Question, ToExecutor } from "../link/messages.js";
import { createInterrupter } from "./interrupter.js";
import { createIntrospection } from "./introspect.js";
import { createOutbox } from "./outbox.js";
import { type ControllerSetup, type FromMain, SLOT, type ToMain } from "./state.js";
import { BATCH_MS, createStreamBatch } from "./stream-batch.js";

function start({ state, pipe, answers }: ControllerSetup): void {
  const main = parentPort;
  if (!main) throw new Error("The controller runs only as a worker of the executor.");
  const toMain = (message: ToMain): void => main.postMessage(message);
  const session = new Session();
  session.connectToMainThread();

  const socket = new Socket({ fd: pipe, readable: true, writable: true });
  const write = createWriter<FromExecutor>(socket);
  const outbox = createOutbox({
    write,
    state,
    now: () => performance.now(),
    schedule: (callback, ms) => void setTimeout(callback, ms),
  });
  const streams = createStreamBatch(outbox.send, (callback) => setTimeout(callback, BATCH_MS));
  /** Cells that wait until the one before is really gone. */
  const held: ToMain[] = [];
  const send = (message: FromExecutor): void => {
    streams.flush();
    outbox.send(message);
  };
  const interrupter = createInterrupter({
    state,
    session,
    toMain,
    notice: (cell, text) => streams.add(cell, "stderr", text),
    free: () => {
      for (const message of held.splice(0)) toMain(message);
    },
  });
  const introspection = createIntrospection(session, () => interrupter.terminating);
  let cell = 0;
  let latest = 0;
  let ready = false;

  async function answer(question: number, ask: Question): Promise<void> {
    const { code, cursor } = ask;
    const value = ask.type === "complete" ? introspection.complete(code, cursor) : introspection.inspect(code, cursor);
    write({ type: "answer", question, answer: await value.catch(() => null) });
  }

  const read = createReader<ToExecutor>((message) => {
    switch (message.type) {
      case "execute":
        cell = message.cell;
        latest = cell;
        if (interrupter.watching) held.push(message);
        else toMain(message);
        break;
      case "interrupt":
        if (ready) interrupter.interrupt(cell);
        outbox.drop(latest); // also when it has ended and only its output waits
        break;
      case "input-reply":
        if (message.blocking) {
          answers.postMessage(message);
          Atomics.add(state, SLOT.answers, 1);
          Atomics.notify(state, SLOT.answers);
        } else toMain(message);
        break;
      case "ask":
        void answer(message.question, message.ask);
        break;
      case "widget":
      case "warm":
      case "configure":
      case "close":
        toMain(message);
        break;
      default:
        message satisfies never;
    }
  });
  socket.on("data", read);
  // Ends the main thread too, whatever it is doing; a worker's own exit would leave it running.
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  socket.on("close", end);
  socket.on("error", end);

  main.on("message", (message: FromMain) => {
    if (message.type === "stream") {
      streams.add(message.cell, message.name, message.text, message.opens ? 1 : 0);
      return;
    }
    if (message.type === "spinning") {
      interrupter.stopSpinning();
      return;
    }
    if (message.type === "beat") {
      interrupter.beat();
      return;
    }
    if (message.type === "ready") ready = true;
    if (message.type === "done" && message.cell === cell) {
      cell = 0;
      interrupter.ended();
    }
    send(message);
  });
}

start(workerData as ControllerSetup);
