/**
 * What an interrupted cell gets no more of: functions of the system that answer with promises, imports, and messages to itself. So
 * a loop that awaits one of them ends, whatever it catches.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";
import type { Cells } from "./cells.js";

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown;
type Table = Record<string, unknown>;
type Poster = { postMessage: AnyFunction };

/** The function, refused to an interrupted cell. */
export function guard(cells: Cells, original: AnyFunction): AnyFunction {
  return function (this: unknown, ...values) {
    if (cells.cancelled) return cells.refuse();
    return original.apply(this, values);
  };
}

export function captureSystem(cells: Cells): void {
  const require = createRequire(`${process.cwd()}/`);
  const { scheduler } = require("node:timers/promises") as { scheduler: object };
  const { subtle } = require("node:crypto").webcrypto as { subtle: object };
  guardMethods(cells, Object.getPrototypeOf(scheduler), ["wait", "yield"]);
  guardMethods(cells, Object.getPrototypeOf(subtle), Object.getOwnPropertyNames(Object.getPrototypeOf(subtle)));
  const { WebAssembly } = globalThis as unknown as { WebAssembly: object };
  guardMethods(cells, WebAssembly, ["compile", "instantiate", "compileStreaming", "instantiateStreaming"]);
  captureProcesses(cells, require("node:child_process") as Table);
  captureWaits(cells);
  captureMessages(cells, require("node:worker_threads") as Table);
  syncBuiltinESMExports();
}

function guardMethods(cells: Cells, holder: object, names: readonly string[]): void {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (name === "constructor" || typeof descriptor?.value !== "function" || !descriptor.configurable) continue;
    Object.defineProperty(holder, name, { ...descriptor, value: guard(cells, descriptor.value) });
  }
}

/** The promisified forms of `exec` and `execFile`. */
function captureProcesses(cells: Cells, module: Table): void {
  for (const name of ["exec", "execFile"]) {
    const original = module[name] as AnyFunction & { [promisify.custom]: AnyFunction };
    const replacement: AnyFunction = function (this: unknown, ...values) {
      return original.apply(this, values);
    };
    Object.defineProperty(replacement, "name", { value: name });
    Object.defineProperty(replacement, promisify.custom, { value: guard(cells, original[promisify.custom]) });
    module[name] = replacement;
  }
}

function captureWaits(cells: Cells): void {
  const table = Atomics as unknown as Record<string, AnyFunction | undefined>;
  const wait = table.waitAsync;
  if (!wait) return;
  const replacement: AnyFunction = (...values) =>
    cells.cancelled ? { async: true, value: cells.refuse() } : wait.apply(Atomics, values);
  Object.defineProperty(Atomics, "waitAsync", { value: replacement, configurable: true, writable: true });
}

/** What an interrupted cell posts is not sent. Only channels that cells make: the kernel has some of its own. */
function captureMessages(cells: Cells, workers: Table): void {
  const quiet = (holder: Poster): void => {
    const { postMessage } = holder;
    const replacement: AnyFunction = function (this: unknown, ...values) {
      if (!cells.cancelled) postMessage.apply(this, values);
    };
    Object.defineProperty(holder, "postMessage", { value: replacement, configurable: true, writable: true });
  };
  class Channel extends MessageChannel {
    constructor() {
      super();
      for (const port of [this.port1, this.port2]) quiet(port as unknown as Poster);
    }
  }
  Object.defineProperty(Channel, "name", { value: "MessageChannel" });
  Object.defineProperty(globalThis, "MessageChannel", { value: Channel, configurable: true, writable: true });
  workers.MessageChannel = Channel;
  quiet((workers.BroadcastChannel as { prototype: Poster }).prototype);
}
