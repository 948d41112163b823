/**
 * Callbacks that belong to cells: the last argument of functions such as `fs.readFile`. They run as part of the cell that handed
 * them over, so what they print goes there. And functions that answer with promises
 * of the system (files, names, requests) refuse an interrupted cell, so that a loop which awaits nothing else ends too.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { InterruptedError } from "@sojourn/engine/errors";
import type { Cells } from "./cells.js";
import { captureListeners } from "./listeners.js";
import { guard } from "./refusals.js";

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown;
type Table = Record<string, unknown>;
type Closable = abstract new () => { close(): void };

/** Modules whose functions may take a callback last. */
const WITH_CALLBACKS = ["node:fs", "node:dns", "node:crypto", "node:zlib"];
/** Modules whose functions answer with promises. */
const FILES = "node:fs/promises";
const WITH_PROMISES = [FILES, "node:dns/promises", "node:stream/promises"];
const FILE_METHODS = ["appendFile", "read", "readFile", "readv", "stat", "sync", "write", "writeFile", "writev"];

export function captureCallbacks(cells: Cells): void {
  const require = createRequire(`${process.cwd()}/`);
  captureListeners(cells);
  for (const name of WITH_CALLBACKS) replaceFunctions(require(name) as Table, (original) => bindLast(cells, original));
  for (const name of WITH_PROMISES) {
    // `watch` answers with steps and not with a promise; its steps are those of a stream.
    replaceFunctions(require(name) as Table, (original) =>
      original.name === "watch" ? original : guard(cells, original),
    );
  }
  captureFiles(cells, require(FILES) as Table);
  const { Readable } = require("node:stream") as { Readable: { prototype: object } };
  const { Interface } = require("node:readline") as { Interface: Closable };
  for (const { prototype } of [Readable, Interface, ReadableStream]) captureIteration(cells, prototype, Interface);
  globalThis.fetch = guard(cells, globalThis.fetch as AnyFunction) as typeof fetch;
  syncBuiltinESMExports();
}

/**
 * V8 does not look for interrupts inside `JSON.parse`, and forgets those that come meanwhile: a loop over large texts would
 * never be stopped. So it looks for itself after each.
 */
export function captureJson(interrupted: () => boolean): void {
  const original = JSON.parse;
  const parse = (text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown => {
    const value: unknown = original(text, reviver);
    if (interrupted()) throw new InterruptedError("running a cell");
    return value;
  };
  Object.defineProperty(JSON, "parse", { value: parse, configurable: true, writable: true });
}

/** Replaces plain functions; classes and what a function carries (its promisified form) stay. */
function replaceFunctions(module: Table, replace: (original: AnyFunction) => AnyFunction): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(module))) {
    const { value, writable } = descriptor;
    if (typeof value !== "function" || !writable || !/^[a-z]/.test(name) || name.endsWith("Sync")) continue;
    const replacement = replace(value as AnyFunction);
    const { prototype: _none, ...own } = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap;
    Object.defineProperties(replacement, own);
    module[name] = replacement;
  }
}

function bindLast(cells: Cells, original: AnyFunction): AnyFunction {
  return function (this: unknown, ...values) {
    const last = values.at(-1);
    if (cells.context && typeof last === "function") {
      const callback = cells.bind(last as AnyFunction);
      if (cells.cancelled) return void cells.refuse().catch(callback);
      values[values.length - 1] = callback;
    }
    cells.check();
    // A class among them, called with `new`, is not replaced; see above.
    return original.apply(this, values);
  };
}

/** A loop `for await` over a stream asks for the next piece each time; an interrupted cell gets none. */
function captureIteration(cells: Cells, prototype: object, Lines: Closable): void {
  const target = prototype as {
    [Symbol.asyncIterator]: (this: unknown, ...values: unknown[]) => AsyncIterator<unknown>;
  };
  const iterate = target[Symbol.asyncIterator];
  const replacement = function (this: unknown, ...values: unknown[]): AsyncIterator<unknown> {
    const iterator = iterate.apply(this, values);
    const next = iterator.next.bind(iterator);
    iterator.next = async () => {
      if (!cells.cancelled) return next();
      await iterator.return?.(undefined);
      if (this instanceof Lines) this.close(); // else it would go on reading lines for nobody
      return cells.refuse();
    };
    return iterator;
  };
  Object.defineProperty(target, Symbol.asyncIterator, { value: replacement, configurable: true, writable: true });
}

/** The methods of open files, whose class is seen only once a file is open. */
function captureFiles(cells: Cells, promises: Table): void {
  const open = promises.open as (...values: unknown[]) => Promise<object>;
  let captured = false;
  promises.open = async (...values: unknown[]) => {
    const file = await open(...values);
    if (!captured) {
      captured = true;
      const prototype = Object.getPrototypeOf(file) as Table;
      for (const name of FILE_METHODS) {
        if (typeof prototype[name] === "function") prototype[name] = guard(cells, prototype[name] as AnyFunction);
      }
    }
    return file;
  };
}
