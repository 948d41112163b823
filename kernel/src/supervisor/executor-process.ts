/**
 * Starts the executor, speaks with it over a socket pair on its file descriptor 3, and says why it ended. The two die
 * together: the executor ends when its pipe closes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createReader, createWriter } from "../link/framing.js";
import type { FromExecutor, StreamName, ToExecutor } from "../link/messages.js";

const LAST_WORDS_CHARACTERS = 4000;
/** A process with a full heap ends that soon; where it lives on, the words were somebody else's. */
const LAST_WORDS_MS = 2000;

export interface ExecutorHandlers {
  onMessage(message: FromExecutor): void;
  /** What native code or Node itself printed. */
  onNativeText(name: StreamName, text: string): void;
  /** Why it ended, to follow "The process …", and a sentence of what to do, where there is something. */
  onEnd(reason: string, advice?: string): void;
}

/** Owns one executor process. */
export class ExecutorProcess {
  readonly #child: ChildProcess;
  readonly #write: (message: ToExecutor) => void;
  #lastWords = "";
  /** What was said since a full heap was reported; shown unless the process ends. */
  #held: [name: StreamName, text: string][] = [];
  #limit: number | undefined;

  constructor(folder: string, heapMegabytes: number | undefined, handlers: ExecutorHandlers) {
    const flags = [
      // Terminated code leaves the stack of async hooks deeper than it found it; that is not a reason to abort.
      "--no-force-async-hooks-checks",
      ...(heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`]),
    ];
    this.#child = spawn(process.execPath, [...flags, join(folder, "executor.cjs")], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const pipe = this.#child.stdio[3] as Socket;
    this.#write = createWriter<ToExecutor>(pipe);
    const receive = (message: FromExecutor): void => {
      if (message.type === "ready") this.#limit = message.heapMegabytes;
      handlers.onMessage(message);
    };
    pipe.on("data", createReader<FromExecutor>(receive));
    pipe.on("error", () => undefined);
    for (const name of ["stdout", "stderr"] as const) {
      const stream = this.#child[name]!;
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        if (name === "stderr") this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_CHARACTERS);
        if (!isHeapReport(this.#lastWords)) {
          handlers.onNativeText(name, text);
          return;
        }
        if (this.#held.length === 0) setTimeout(() => this.#goOn(handlers), LAST_WORDS_MS).unref();
        this.#held.push([name, text]);
      });
    }
    let failure: Error | undefined;
    this.#child.on("error", (error) => {
      failure = error;
      handlers.onEnd(`could not be started (${error.message})`);
    });
    this.#child.on("close", (code, signal) => {
      if (!failure) handlers.onEnd(...this.#reason(code, signal));
    });
  }

  send(message: ToExecutor): void {
    this.#write(message);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #goOn(handlers: ExecutorHandlers): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#lastWords = "";
    for (const [name, text] of this.#held.splice(0)) handlers.onNativeText(name, text);
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): [reason: string, advice?: string] {
    if (isHeapReport(this.#lastWords)) {
      const size = this.#limit === undefined ? "" : ` of ${this.#limit} MB`;
      const larger = (this.#limit ?? 2048) * 2;
      return [
        `reached its heap limit${size}`,
        `For a larger heap run %memory ${larger}, or start the kernel with SOJOURN_HEAP_MB=${larger}; %memory alone says what is used.`,
      ];
    }
    if (signal === "SIGKILL") {
      return [
        "was ended by SIGKILL",
        "The system does that when memory is full, and so does whoever may; %memory says what is used.",
      ];
    }
    return [signal ? `was ended by ${signal}` : `ended with exit code ${code}`];
  }
}

/** V8's report before it gives up; explained in a sentence instead of shown. */
function isHeapReport(text: string): boolean {
  return /<--- Last few GCs --->|JavaScript heap out of memory|Reached heap limit/.test(text);
}
