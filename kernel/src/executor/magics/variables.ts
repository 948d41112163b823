/** `%who` and `%memory`: what cells made and what it takes. */
import { inspect } from "node:util";
import { InputError } from "@sojourn/engine/errors";
import type { Evaluator } from "../evaluate.js";
import { heapLimitMegabytes } from "../heap.js";
import type { Magic } from "./magic.js";

const VALUE_CHARACTERS = 60;
const LARGEST = 5;
const HEAP_MEGABYTES_MIN = 64;

interface Variable {
  readonly name: string;
  readonly value: unknown;
}

async function variables(evaluator: Evaluator): Promise<Variable[]> {
  const found: Variable[] = [];
  for (const name of evaluator.variableNames()) {
    const lexical = evaluator.names.get(name) === "lexical";
    const descriptor = lexical ? undefined : Object.getOwnPropertyDescriptor(globalThis, name);
    if (descriptor?.get) found.push({ name, value: undefined });
    // A `let` whose cell failed before it was set cannot be read.
    else found.push({ name, value: await evaluator.expression(name).catch(() => undefined) });
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export const who: Magic = async ({ evaluator, print }) => {
  const all = await variables(evaluator);
  if (all.length === 0) {
    print("No names yet.\n");
    return undefined;
  }
  const rows = all.map(({ name, value }) => [name, typeOf(value), oneLine(value)] as const);
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at as 0 | 1].length)));
  print(
    rows.map(([name, type, value]) => `${name.padEnd(widths[0]!)}  ${type.padEnd(widths[1]!)}  ${value}\n`).join(""),
  );
  return undefined;
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return value.constructor?.name || "object";
}

function oneLine(value: unknown): string {
  const text = inspect(value, {
    depth: 0,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 4,
    maxStringLength: 50,
  }).replace(/\s+/g, " ");
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS - 1)}…` : text;
}

export const memory: Magic = async ({ evaluator, line, print, wishes }) => {
  if (line.argument !== "") {
    const heapMegabytes = megabytesOf(line.argument);
    wishes.restart = { heapMegabytes };
    print(`Starting again with a heap of ${heapMegabytes} MB; variables are gone.\n`);
    return undefined;
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  print(
    `process  ${megabytes(rss)}\nheap     ${megabytes(heapUsed)} of at most ${heapLimitMegabytes()} MB\n` +
      `arrays   ${megabytes(arrayBuffers)} (typed arrays and buffers, outside the heap)\n`,
  );
  const large = (await variables(evaluator))
    .map(({ name, value }) => ({ name, bytes: bytesOf(value) }))
    .filter(({ bytes }) => bytes >= 2 ** 16)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, LARGEST);
  if (large.length > 0) print(`largest  ${large.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(", ")}\n`);
  return undefined;
};

/** `4096`, `4096 MB`, `4G`. */
function megabytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(m|mb|g|gb)?$/i.exec(text);
  const value = match ? Math.round(Number(match[1]) * (/^g/i.test(match[2] ?? "") ? 1024 : 1)) : Number.NaN;
  if (value >= HEAP_MEGABYTES_MIN) return value;
  throw new InputError(
    "magic-argument",
    `Cannot set the heap to "${text}": it must be at least ${HEAP_MEGABYTES_MIN} MB, written as 4096 or 4G.`,
  );
}

/** Bytes of the typed arrays that a value is, or holds as elements or properties; what lies deeper is not counted. */
function bytesOf(value: unknown): number {
  const buffers = new Set<ArrayBufferLike>();
  const add = (one: unknown): void => {
    if (ArrayBuffer.isView(one)) buffers.add(one.buffer);
    else if (one instanceof ArrayBuffer || one instanceof SharedArrayBuffer) buffers.add(one);
  };
  add(value);
  if (Array.isArray(value)) value.forEach(add);
  else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value))) add(descriptor.value);
  }
  return (
    [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0) + (Array.isArray(value) ? 8 * value.length : 0)
  );
}
