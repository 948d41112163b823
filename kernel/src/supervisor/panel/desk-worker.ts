/** The desk's thread: opens the store at the first question and answers one message with one message. */
import { parentPort, workerData } from "node:worker_threads";
import { openStore } from "@sojourn/engine/cache";
import { createDesk, type Desk } from "./desk-operations.js";

export interface DeskQuestion {
  readonly id: number;
  readonly name: keyof Desk;
  readonly of: unknown;
}

export type DeskAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

function start(folder: string): void {
  const port = parentPort;
  if (!port) throw new Error("The desk runs only as a worker of the supervisor.");
  let desk: Desk | undefined;
  port.on("message", ({ id, name, of }: DeskQuestion) => {
    const work = async (): Promise<unknown> => {
      desk ??= createDesk({ store: openStore(), folder });
      return (desk[name] as (of: unknown) => Promise<unknown>)(of);
    };
    work().then(
      (value) => port.postMessage({ id, value } satisfies DeskAnswer),
      (error: { code?: unknown; message: string }) => {
        const code = typeof error.code === "string" ? error.code : "failed";
        port.postMessage({ id, error: { code, message: error.message } } satisfies DeskAnswer);
      },
    );
  });
}

start((workerData as { folder: string }).folder);
