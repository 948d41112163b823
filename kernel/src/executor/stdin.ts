/**
 * `process.stdin` in a cell: lines that a person types at the front end. `question()` of `node:readline` asks once; a `line` listener, a
 * loop over lines or a listener for data ask again and again, until the interface is closed or the cell ends or is interrupted. A
 * question goes out only when something waits for it, because every one opens a field at the front end.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Readable } from "node:stream";
import type { Cells, Context } from "./cells.js";
import type { Input } from "./input.js";

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown;

/** Where one would stop reading after a line, it stops before the next question. */
const ASK_DELAY_MS = 30;
const LINES = ["line"];
const DATA = ["data", "readable"];

interface LineReader {
  readonly input: unknown;
  listenerCount(event: string): number;
}

export interface StdinParts {
  readonly cells: Cells;
  readonly input: Input;
}

export function captureStdin({ cells, input }: StdinParts): void {
  const require = createRequire(`${process.cwd()}/`);
  const { Readable } = require("node:stream") as typeof import("node:stream");
  let current: Typed | undefined;
  /** readline listens for data as soon as it is made, whether or not anybody will want lines. */
  let making = false;

  class Typed extends Readable {
    /** The code that wants lines without end. */
    #wanting: Context | undefined;
    #reader: LineReader | undefined;
    #read = false;
    readonly #owner = cells.current;

    constructor() {
      super({ highWaterMark: 1, encoding: "utf8" });
    }

    readonly fd = 0;
    readonly isTTY = false;

    /** Lines are wanted without end: by the reader as long as somebody listens to it, else by listeners for data. */
    want(reader?: LineReader): void {
      this.#reader = reader;
      this.#wanting = cells.context ?? this.#wanting;
      if (this.#read) this.#ask();
    }

    /** Whoever read it has stopped, or was another cell; the next reader gets a stream that flows. */
    get isLeft(): boolean {
      if (this.#owner !== cells.current) return true;
      return this.isPaused() && DATA.every((event) => this.listenerCount(event) === 0);
    }

    override _read(): void {
      this.#read = true;
      if (this.#wanting) this.#ask();
    }

    // biome-ignore lint/suspicious/noExplicitAny: as the class that it stands for has it
    override on(event: string, listener: (...values: any[]) => void): this {
      super.on(event, listener);
      if (DATA.includes(event) && !making) this.want();
      return this;
    }

    #ask(): void {
      const context = this.#wanting;
      if (!context) return;
      setTimeout(() => {
        if (!this.#read || this.destroyed) return;
        if (this.isPaused() || (this.#reader && LINES.every((event) => this.#reader!.listenerCount(event) === 0)))
          return;
        this.#read = false;
        cells
          .within(context, () => input.async(""))
          .then(
            (line) => void this.push(`${line}\n`),
            (error: Error) => void this.destroy(error),
          );
      }, ASK_DELAY_MS);
    }

    override resume(): this {
      super.resume();
      if (this.#read) this.#ask();
      return this;
    }
  }

  Object.defineProperty(process, "stdin", {
    get: (): Readable => {
      if (!current || current.destroyed || current.isLeft) current = new Typed();
      return current;
    },
    configurable: true,
    enumerable: true,
  });

  const streamOf = (reader: unknown): Typed | undefined => {
    const stream = (reader as LineReader).input;
    return stream instanceof Typed ? stream : undefined;
  };
  for (const name of ["node:readline", "node:readline/promises"]) {
    const module = require(name) as {
      createInterface: AnyFunction;
      Interface: { prototype: Record<string, AnyFunction> };
    };
    const { createInterface, Interface } = module;
    const withPromise = name.endsWith("promises");
    module.createInterface = (...values) => {
      making = true;
      try {
        return createInterface(...values);
      } finally {
        making = false;
      }
    };
    const { prototype } = Interface;
    const question = prototype.question!;
    prototype.question = function (this: unknown, prompt, ...rest) {
      if (!streamOf(this)) return question.call(this, prompt, ...rest);
      const answer = input.async(String(prompt));
      const callback = rest.at(-1);
      if (withPromise || typeof callback !== "function") return answer;
      const bound = cells.bind(callback as (line: string) => void);
      void answer.then((line) => void bound(line));
      return undefined;
    };
    const { on } = prototype;
    const listen: AnyFunction = function (this: unknown, event, ...rest) {
      const result = on!.call(this, event, ...rest);
      if (LINES.includes(String(event)) && !making) streamOf(this)?.want(this as LineReader);
      return result;
    };
    for (const alias of ["on", "addListener"]) prototype[alias] = listen;
  }
  syncBuiltinESMExports();
}
