/**
 * `input()`: asks the person at the front end. The plain form blocks the cell until the answer is there, as a script would
 * wait; `input.async` lets timers and other promises go on. Both end at an interrupt, and `finally` runs.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { InputError, InterruptedError } from "@sojourn/engine/errors";
import type { FromExecutor, InputAnswer, ToExecutor } from "../link/messages.js";
import type { Cell, Cells } from "./cells.js";
import { isToStop, SLOT } from "./state.js";

export interface InputOptions {
  /** The answer is not shown while it is typed. */
  readonly password?: boolean;
}

export interface Input {
  /** Waits for a line; throws `InputError` where nobody can be asked. */
  (prompt?: string, options?: InputOptions): string;
  /** The same without showing what is typed. */
  password(prompt?: string): string;
  /** A promise of the line. */
  async(prompt?: string, options?: InputOptions): Promise<string>;
}

type Reply = Extract<ToExecutor, { type: "input-reply" }>;

export interface InputParts {
  readonly state: Int32Array;
  /** Where answers to the blocking form come. */
  readonly answers: MessagePort;
  readonly cells: Cells;
  readonly emit: (message: FromExecutor) => void;
}

export interface Inputs {
  readonly input: Input;
  /** An answer to the asynchronous form. */
  onReply(reply: Reply): void;
}

export function createInputs({ state, answers, cells, emit }: InputParts): Inputs {
  const waiting = new Map<number, (answer: InputAnswer) => void>();
  let count = 0;

  function ask(prompt: unknown, options: InputOptions, blocking: boolean): { cell: Cell; request: number } {
    cells.check();
    const cell = cells.current;
    if (!cell) throw new InputError("no-input", "Cannot ask for input: no cell is running.");
    const request = ++count;
    const password = options.password === true;
    emit({ type: "input", cell: cell.number, request, prompt: String(prompt), password, blocking });
    return { cell, request };
  }

  function input(prompt: unknown = "", options: InputOptions = {}): string {
    const { cell, request } = ask(prompt, options, true);
    for (;;) {
      const seen = Atomics.load(state, SLOT.answers);
      for (let next = receiveMessageOnPort(answers); next; next = receiveMessageOnPort(answers)) {
        const reply = next.message as Reply;
        if (reply.request === request) return textOf(reply.answer); // any other answers a question that was given up
      }
      if (isToStop(state, cell.number) || cell.abort.signal.aborted) {
        throw new InterruptedError("waiting for input");
      }
      Atomics.wait(state, SLOT.answers, seen);
    }
  }

  async function later(prompt: unknown = "", options: InputOptions = {}): Promise<string> {
    if (cells.cancelled) return cells.refuse();
    const { cell, request } = ask(prompt, options, false);
    let stop = (): void => undefined;
    try {
      const answer = await new Promise<InputAnswer>((resolve, reject) => {
        waiting.set(request, resolve);
        stop = () => reject(cell.abort.signal.reason);
        cell.stops.add(stop);
      });
      return textOf(answer);
    } finally {
      waiting.delete(request);
      cell.stops.delete(stop);
    }
  }

  return {
    input: Object.assign(input as Input, {
      password: (prompt?: string) => input(prompt, { password: true }),
      async: later,
    }),
    onReply: ({ request, answer }) => waiting.get(request)?.(answer),
  };
}

function textOf(answer: InputAnswer): string {
  if ("value" in answer) return answer.value;
  throw new InputError("no-input", `Cannot ask for input: ${answer.refused}.`);
}
