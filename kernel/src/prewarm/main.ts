/**
 * The process that prewarms families for the panel. Started by the supervisor with an IPC channel, and gone with it; what it
 * made stays in the caches, so whoever goes on later passes it over. It gives way to everything else on the machine.
 */
import { setPriority } from "node:os";
import { openEngine } from "@sojourn/engine";
import type { FromWarmer, ToWarmer } from "../link/warmer-messages.js";
import { createWarmer, type WarmableModel } from "./warmer.js";

const LOW_PRIORITY = 10;

function start(): void {
  try {
    setPriority(LOW_PRIORITY);
  } catch {
    // then it competes like anybody else
  }
  // one thread: the others belong to the cells
  const engine = openEngine({ threads: 1 });
  const families = engine.families as unknown as Readonly<Record<string, WarmableModel>>;
  const names = Object.keys(engine.families);
  const warmer = createWarmer({
    engine,
    names: () => names,
    find: (name) => (names.includes(name) ? families[name] : undefined),
    send: (message: FromWarmer) => void process.send?.(message),
  });
  process.on("message", (message: ToWarmer) => warmer.receive(message));
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => {
    void engine.close().finally(() => process.exit(0));
  });
}

start();
