/**
 * The worker of the language service as the supervisor holds it: started and ended, asked, and watched. A worker that does not
 * answer for too long, or dies, is ended, and whoever waits gets nothing.
 */
import { Worker } from "node:worker_threads";
import type { Answered, Asked, Request, WorkerSetup } from "./messages.js";

export interface ConnectionParts {
  readonly file: string;
  readonly types: string;
  /** One question may keep the worker busy for so long. */
  readonly hangMs: number;
  readonly onReady: () => void;
  /** It hung or died; `busyWith` is what it was doing. */
  readonly onFailure: (busyWith: Request | undefined, reason: string) => void;
}

export interface Connection {
  start(): void;
  end(): void;
  /** Asks a worker that was started; `settle` hears the answer, or `undefined` when there will be none. */
  post(request: Request, settle?: (answer: unknown) => void): void;
  readonly state: "off" | "starting" | "running";
  /** Questions without an answer. */
  readonly open: number;
}

/** Many kernels that start at once on one machine are slow, not broken. */
const START_MS = 60_000;
/** What the compiler may keep; more is a runaway type. */
const HEAP_MEGABYTES = 768;
const YOUNG_MEGABYTES = 16;

interface Waiting {
  readonly request: Request;
  readonly settle: (answer: unknown) => void;
}

export function createConnection({ file, types, hangMs, onReady, onFailure }: ConnectionParts): Connection {
  let worker: Worker | undefined;
  let ready = false;
  let count = 0;
  let waiting = new Map<number, Waiting>();
  let hang: NodeJS.Timeout | undefined;

  /** It answers in order; no answer for too long, and it hangs. */
  function watch(): void {
    clearTimeout(hang);
    if (waiting.size === 0 && ready) return;
    const limit = ready ? hangMs : Math.max(START_MS, hangMs);
    hang = setTimeout(() => fail(`no answer within ${limit / 1000} s`), limit);
    hang.unref();
  }

  function end(): void {
    const ended = worker;
    worker = undefined;
    ready = false;
    clearTimeout(hang);
    const left = waiting;
    waiting = new Map();
    for (const { settle } of left.values()) settle(undefined);
    void ended?.terminate();
  }

  function fail(reason: string): void {
    const [oldest] = waiting.values();
    end();
    onFailure(oldest?.request, reason);
  }

  function onMessage(message: Answered): void {
    if ("ready" in message) {
      ready = true;
      onReady();
    } else {
      const settle = waiting.get(message.id)?.settle;
      waiting.delete(message.id);
      settle?.("answer" in message ? message.answer : undefined);
    }
    watch();
  }

  return {
    start() {
      if (worker) return;
      const workerData: WorkerSetup = { types };
      const resourceLimits = { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
      const started = new Worker(file, { workerData, resourceLimits });
      const ours = (): boolean => worker === started;
      worker = started;
      started.unref();
      started.on("message", (message: Answered) => {
        if (ours()) onMessage(message);
      });
      started.on("error", (error: Error) => {
        if (ours()) fail(error.message);
      });
      started.on("exit", (code) => {
        if (ours()) fail(`it ended with exit code ${code}`);
      });
      watch();
    },
    end,
    post(request, settle = () => undefined) {
      const asked: Asked = { id: ++count, request };
      const first = waiting.size === 0;
      waiting.set(asked.id, { request, settle });
      worker?.postMessage(asked);
      if (first) watch();
    },
    get state() {
      return worker ? (ready ? "running" : "starting") : "off";
    },
    get open() {
      return waiting.size;
    },
  };
}
