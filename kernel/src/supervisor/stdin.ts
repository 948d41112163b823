/**
 * Questions of cells to the person: an `input_request` goes to the client that sent the cell, its `input_reply` back to the
 * code that waits. A reply that names no request answers the oldest one, because plain clients name none.
 */
import type { InputAnswer, InputRequest, ToExecutor } from "../link/messages.js";
import type { Message } from "../protocol/messages.js";
import type { Sockets } from "../protocol/sockets.js";

export interface Stdin {
  /** Asks for a cell; `asker` is its request, absent when the cell has ended. */
  ask(question: InputRequest, asker: Message | undefined): void;
  reply(message: Message): void;
  /** The cell ended: nobody waits for an answer any more. */
  forget(cell: number): void;
}

export function createStdin(sockets: Sockets, send: (message: ToExecutor) => void): Stdin {
  const waiting = new Map<string, InputRequest>();
  const answer = ({ request, blocking }: InputRequest, value: InputAnswer): void =>
    send({ type: "input-reply", request, blocking, answer: value });
  return {
    ask(question, asker) {
      if (!asker) {
        answer(question, { refused: "the cell that asks has ended, and only a running cell can be answered" });
      } else if (asker.content.allow_stdin === false) {
        answer(question, {
          refused: "the front end that runs this cell says that nobody can answer (allow_stdin: false)",
        });
      } else {
        const { prompt, password } = question;
        waiting.set(sockets.ask("stdin", asker, "input_request", { prompt, password }), question);
      }
    },
    reply(message) {
      const { msg_id: named } = message.parentHeader;
      const [id] = named !== undefined && waiting.has(named) ? [named] : named === undefined ? waiting.keys() : [];
      const question = id === undefined ? undefined : waiting.get(id);
      if (id === undefined || !question) return;
      waiting.delete(id);
      answer(question, { value: String(message.content.value ?? "") });
    },
    forget(cell) {
      for (const [id, question] of waiting) if (question.cell === cell) waiting.delete(id);
    },
  };
}
