/**
 * Timers that belong to cells: their callbacks run as part of the cell that set them, and an interrupted cell's timers
 * are cleared, so a loop that sleeps between its steps ends too.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";
import type { Cells } from "./cells.js";

type Callback = (...values: unknown[]) => unknown;
type Setter = (callback: Callback, ...rest: unknown[]) => NodeJS.Timeout | NodeJS.Immediate;
type Sleeper = (...values: unknown[]) => unknown;

const CLEARS = { setTimeout: "clearTimeout", setInterval: "clearInterval", setImmediate: "clearImmediate" } as const;

/** Position of the options among the arguments of the functions of `timers/promises`. */
const OPTIONS_AT = { setTimeout: 2, setInterval: 2, setImmediate: 1 } as const;

/** Replaces the global timers and those of `node:timers` and `node:timers/promises`. */
export function captureTimers(cells: Cells): void {
  const require = createRequire(`${process.cwd()}/`);
  const timers = require("node:timers") as Record<string, Setter>;
  const sleepers = require("node:timers/promises") as Record<string, Sleeper>;
  /** Takes the stop of a timer that is cleared from its cell. */
  const done = new WeakMap<object, () => void>();
  const clear = { setTimeout: clearTimeout, setInterval: clearInterval, setImmediate: clearImmediate };

  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    const clearName = CLEARS[name];
    const clearOne = timers[clearName] as unknown as (timer: unknown) => void;
    put(timers, clearName, (timer: unknown) => {
      if (typeof timer === "object" && timer !== null) done.get(timer)?.();
      clearOne(timer);
    });

    const sleep = sleepers[name]!;
    sleepers[name] = (...values) => {
      const cell = cells.running;
      if (!cell) return sleep(...values);
      if (cells.cancelled && name !== "setInterval") return cells.refuse();
      const at = OPTIONS_AT[name];
      const options = (values[at] ?? {}) as { signal?: AbortSignal };
      const signals = [cell.abort.signal, ...(options.signal ? [options.signal] : [])];
      const all = Array.from({ length: at + 1 }, (_none, index) => values[index]);
      all[at] = { ...options, signal: AbortSignal.any(signals) };
      const waited = sleep(...all);
      return name === "setInterval" ? refusing(cells, waited as AsyncIterator<unknown>) : waited;
    };

    const set = timers[name]!;
    const replacement: Setter = (callback, ...rest) => {
      const cell = cells.running;
      if (!cell || typeof callback !== "function") return set(callback, ...rest);
      const bound = cells.bind(callback);
      const fired: Callback = function (this: unknown, ...values) {
        if (name !== "setInterval") cell.stops.delete(stop);
        return bound.apply(this, values);
      };
      const timer = set(fired, ...rest);
      const reference = new WeakRef(timer);
      const stop = (): void => {
        const alive = reference.deref();
        if (alive) clear[name](alive as NodeJS.Timeout & NodeJS.Immediate);
      };
      if (cell.abort.signal.aborted) stop();
      else {
        cell.stops.add(stop);
        done.set(timer, () => cell.stops.delete(stop));
      }
      return timer;
    };
    if (name !== "setInterval") Object.defineProperty(replacement, promisify.custom, { value: sleepers[name] });
    Object.defineProperty(replacement, "name", { value: name });
    put(timers, name, replacement);
  }
  const microtask = queueMicrotask;
  globalThis.queueMicrotask = (callback) => microtask(typeof callback === "function" ? cells.bind(callback) : callback);
  const tick = process.nextTick;
  process.nextTick = (callback: Callback, ...rest: unknown[]) =>
    tick.call(process, typeof callback === "function" ? cells.bind(callback) : callback, ...rest);
  syncBuiltinESMExports();
}

/** The module's function and the global one. */
function put(timers: object, name: string, value: unknown): void {
  (timers as Record<string, unknown>)[name] = value;
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
}

/** The steps of `for await` over an interval, which an interrupted cell does not get. */
function refusing(cells: Cells, steps: AsyncIterator<unknown>): AsyncIterator<unknown> {
  const next = steps.next.bind(steps);
  steps.next = () => (cells.cancelled ? cells.refuse() : next());
  return steps;
}
