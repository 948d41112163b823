/**
 * Listeners of event emitters and of event targets (signals, ports, channels) belong to the cell that added them. Where an event comes
 * from the system, each runs as part of its own cell; where code sends it, all run as part of that code.
 */
import { EventEmitter } from "node:events";
import type { Cells, Context } from "./cells.js";

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown;
/** Node finds a listener that is to be removed by this property, too. */
type Listener = AnyFunction & { listener?: AnyFunction };

export function captureListeners(cells: Cells): void {
  captureEmitters(cells);
  captureTargets(cells);
}

function captureEmitters(cells: Cells): void {
  const prototype = EventEmitter.prototype as unknown as Record<string, AnyFunction>;
  for (const name of ["on", "addListener", "prependListener"]) {
    const add = prototype[name]!;
    prototype[name] = function (this: unknown, type, listener, ...rest) {
      const { context } = cells;
      // The process outlives every cell, and its events are the kernel's.
      if (!context || this === process || typeof listener !== "function")
        return add.call(this, type, listener, ...rest);
      return add.call(this, type, bound(cells, context, type, listener as Listener), ...rest);
    };
  }
}

function bound(cells: Cells, context: Context, type: unknown, listener: Listener): Listener {
  // What `once` adds removes itself by its own identity, which is not the one that is added here.
  const once = listener.listener !== undefined;
  const result: Listener = function (this: unknown, ...values) {
    if (once) (this as EventEmitter).removeListener(type as string, result as (...values: unknown[]) => void);
    return heard(cells, context, () => listener.apply(this, values));
  };
  result.listener = listener.listener ?? listener;
  return result;
}

function heard<T>(cells: Cells, { cell, stores }: Context, call: () => T): T {
  const { context } = cells;
  if (context && !context.event) return call();
  return cells.within({ cell, stores: context ? context.stores : stores, event: true }, call);
}

function captureTargets(cells: Cells): void {
  const prototype = EventTarget.prototype as unknown as Record<string, AnyFunction>;
  const { addEventListener: add, removeEventListener: remove } = prototype;
  /** What was added for a listener, by its target: adding it twice must be one, and it can be removed. */
  const added = new WeakMap<object, WeakMap<object, AnyFunction>>();
  prototype.addEventListener = function (this: unknown, type, listener, ...rest) {
    const { context } = cells;
    const isListener = typeof listener === "function" || (typeof listener === "object" && listener !== null);
    if (!context || !isListener) return add!.call(this, type, listener, ...rest);
    const ofTarget = added.get(this as object) ?? new WeakMap<object, AnyFunction>();
    added.set(this as object, ofTarget);
    let replacement = ofTarget.get(listener);
    if (!replacement) {
      replacement = function (this: unknown, ...values) {
        const call = () =>
          typeof listener === "function"
            ? listener.apply(this, values)
            : (listener as { handleEvent: AnyFunction }).handleEvent(...values);
        return heard(cells, context, call);
      };
      ofTarget.set(listener, replacement);
    }
    return add!.call(this, type, replacement, ...rest);
  };
  prototype.removeEventListener = function (this: unknown, type, listener, ...rest) {
    remove!.call(this, type, listener, ...rest); // it may have been added outside of any cell
    const replacement = added.get(this as object)?.get(listener as object);
    if (replacement) remove!.call(this, type, replacement, ...rest);
  };
}
