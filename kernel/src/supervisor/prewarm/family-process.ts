/**
 * The process that prewarms families: started at the first question, ended when it has had nothing to do for a while. It is a
 * process and not a thread, because a state space may fill its memory, and the supervisor must live on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { FromWarmer, ToWarmer } from "../../link/warmer-messages.js";
import { createWarmerClient, type WarmerClient } from "./warmer-client.js";

const IDLE_MS = 60_000;

export interface FamilyProcess {
  readonly client: WarmerClient;
  end(): void;
}

export function createFamilyProcess(folder: string, idleMs = IDLE_MS): FamilyProcess {
  let child: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;

  function started(): ChildProcess {
    if (child) return child;
    const own = spawn(process.execPath, [join(folder, "prewarmer.cjs")], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child = own;
    own.on("message", (message: FromWarmer) => {
      client.receive(message);
      rest();
    });
    const ended = (why: string): void => {
      if (child !== own) return;
      child = undefined;
      client.gone(`Cannot prewarm: the process that makes families ${why}.`);
    };
    own.on("error", (error) => ended(`could not be started (${error.message})`));
    own.on("exit", (code, signal) => ended(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    own.unref();
    own.channel?.unref();
    return own;
  }

  /** Ends it once nothing has been asked for a while. */
  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (client.waiting === 0) end();
    }, idleMs);
    idle.unref();
  }

  function end(): void {
    clearTimeout(idle);
    const own = child;
    child = undefined;
    if (own?.connected) own.disconnect();
    client.gone("Cannot prewarm: the kernel ends.");
  }

  const client = createWarmerClient((message: ToWarmer) => {
    if (message.type === "stop" && child === undefined) return;
    clearTimeout(idle);
    started().send(message, () => undefined);
  });
  return { client, end };
}
