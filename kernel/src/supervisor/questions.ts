/** Questions to the executor's controller, which answers while a cell spins; no answer in time counts as none. */
import type { Completion, Question, ToExecutor } from "../link/messages.js";

const ANSWER_MS = 1000;

export interface Questions {
  complete(code: string, cursor: number): Promise<Completion | undefined>;
  inspect(code: string, cursor: number): Promise<string | undefined>;
  onAnswer(question: number, answer: Completion | string | null): void;
}

export function createQuestions(send: (message: ToExecutor) => void): Questions {
  const waiting = new Map<number, (answer: unknown) => void>();
  let count = 0;
  const put = <T>(ask: Question): Promise<T | undefined> =>
    new Promise((resolve) => {
      const question = ++count;
      const settle = (answer: unknown): void => {
        clearTimeout(timer);
        waiting.delete(question);
        resolve((answer ?? undefined) as T | undefined);
      };
      const timer = setTimeout(settle, ANSWER_MS);
      waiting.set(question, settle);
      send({ type: "ask", question, ask });
    });
  return {
    complete: (code, cursor) => put<Completion>({ type: "complete", code, cursor }),
    inspect: (code, cursor) => put<string>({ type: "inspect", code, cursor }),
    onAnswer: (question, answer) => waiting.get(question)?.(answer),
  };
}
