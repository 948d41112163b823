/** The supervisor's end of the desk: starts its thread at the first question, and again should it end. */
import { Worker } from "node:worker_threads";
import type { Desk } from "./desk-operations.js";
import type { DeskAnswer, DeskQuestion } from "./desk-worker.js";
import { PanelFault } from "./fault.js";

export type DeskClient = {
  readonly [name in keyof Desk]: (of: Parameters<Desk[name]>[0]) => ReturnType<Desk[name]>;
};

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: PanelFault) => void;
}

/** `file` is the worker's bundle, `folder` where selections are exported to. */
export function createDeskClient(file: string, folder: string): DeskClient {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let count = 0;

  function started(): Worker {
    if (worker) return worker;
    const own = new Worker(file, { workerData: { folder } });
    worker = own;
    own.unref();
    own.on("message", (answer: DeskAnswer) => {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ("error" in answer) one?.reject(new PanelFault(answer.error.code, answer.error.message));
      else one?.resolve(answer.value as never);
    });
    const ended = (why: string): void => {
      if (worker !== own) return;
      worker = undefined;
      const all = [...waiting.values()];
      waiting.clear();
      for (const { reject } of all)
        reject(
          new PanelFault("desk-ended", `Cannot look at the caches: their reader ended (${why}). Refresh the panel.`),
        );
    };
    own.on("error", (error) => ended(error.message));
    own.on("exit", (code) => ended(`code ${code}`));
    return own;
  }

  const ask =
    (name: keyof Desk) =>
    (of: unknown): Promise<never> =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        started().postMessage({ id, name, of } satisfies DeskQuestion);
      });
  return new Proxy({} as DeskClient, { get: (_, name) => ask(name as keyof Desk) });
}
