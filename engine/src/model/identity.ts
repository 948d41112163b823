/**
 * The identity of functions for cache keys: their syntax trees without layout, the values of every variable they
 * capture, and so on for every function they reach. What cannot be told apart safely (state that the rule changes,
 * randomness, time, input and output, objects with hidden state) has no identity but a reason, and is never guessed.
 */
import { type Node as AcornNode, parse } from "acorn";
import { analyze } from "eslint-scope";
import type { Program } from "estree";
import { type CapturedScopes, CaptureReader } from "./captures.js";

/** Increase with every change of what an identity covers or how it is written down. */
export const IDENTITY_VERSION = 1;

// biome-ignore lint/complexity/noBannedTypes: any function at all
type AnyFunction = Function;

export class NotIdentifiable extends Error {}

const INTRINSICS: ReadonlySet<string> = new Set(
  `undefined NaN Infinity Math Number String Boolean Array Object BigInt JSON Map Set Symbol RegExp Error TypeError RangeError
  parseInt parseFloat isNaN isFinite Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array
  BigInt64Array BigUint64Array Uint8ClampedArray ArrayBuffer DataView structuredClone`.split(/\s+/),
);
/** Functions of the host that reach outside: named in the reason instead of being followed into their source. */
const HOST_FUNCTIONS: ReadonlySet<string> = new Set(
  `fetch setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask require import
  atob btoa eval`.split(/\s+/),
);
const SYNTAX_WITHOUT_MEANING: ReadonlySet<string> = new Set(["start", "end", "loc", "range", "raw"]);

/**
 * A canonical record of functions by name, to be digested. Throws `NotIdentifiable` with a phrase that says why not.
 * Cost: about 1 ms per function reached.
 */
export function identityOf(functions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const reader = new CaptureReader();
  try {
    const context: Context = { reader, seen: new Map() };
    return Object.fromEntries(
      Object.entries(functions).map(([name, value]) => [name, recordOf(value, name, context)] as const),
    );
  } finally {
    reader.close();
  }
}

interface Context {
  readonly reader: CaptureReader;
  /** Objects and functions on the way, by order of first sight, so that cycles end. */
  readonly seen: Map<object, number>;
}

function recordOf(value: unknown, path: string, context: Context): unknown {
  switch (typeof value) {
    case "undefined":
      return ["undefined"];
    case "boolean":
    case "number":
    case "string":
    case "bigint":
      if (Number.isNaN(value)) throw new NotIdentifiable(`${path} is NaN`);
      return [typeof value, value];
    case "symbol":
      throw new NotIdentifiable(`${path} is a symbol`);
    case "function":
    case "object":
      break;
  }
  if (value === null) return ["null"];
  const known = context.seen.get(value as object);
  if (known !== undefined) return ["again", known];
  context.seen.set(value as object, context.seen.size);
  return typeof value === "function"
    ? functionRecord(value, path, context)
    : objectRecord(value as object, path, context);
}

function objectRecord(value: object, path: string, context: Context): unknown {
  if (ArrayBuffer.isView(value)) {
    if (value.constructor.name === "DataView") throw new NotIdentifiable(`${path} is a DataView`);
    return ["view", value];
  }
  if (value instanceof Map)
    return [
      "map",
      [...value].map(([k, v], i) => [
        recordOf(k, `${path} key ${i}`, context),
        recordOf(v, `${path} value ${i}`, context),
      ]),
    ];
  if (value instanceof Set) return ["set", [...value].map((v, i) => recordOf(v, `${path} element ${i}`, context))];
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!Array.isArray(value) && !plain) {
    const type = prototype.constructor?.name ?? "an object";
    throw new NotIdentifiable(`${path} is ${type === "" ? "an object" : `a ${type}`}, which may hide state`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw new NotIdentifiable(`${path} has symbols as keys`);
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
    ([key]) => !(Array.isArray(value) && key === "length"),
  );
  const members = entries.map(([key, descriptor]) => {
    if (!("value" in descriptor)) throw new NotIdentifiable(`${path}.${key} is computed by a getter`);
    return [key, recordOf(descriptor.value, `${path}.${key}`, context)] as const;
  });
  return Array.isArray(value)
    ? ["array", value.length, members]
    : ["object", members.sort(([a], [b]) => (a < b ? -1 : 1))];
}

function functionRecord(callee: AnyFunction, path: string, context: Context): unknown {
  const source = Function.prototype.toString.call(callee);
  if (source.includes("[native code]")) throw new NotIdentifiable(`${path} is built in and has no source`);
  if (/^class\b/.test(source)) throw new NotIdentifiable(`${path} is a class`);
  const tree = parseFunction(source, path);
  const names = freeNames(tree, path);
  const captured: [string, unknown][] = [];
  let scopes: CapturedScopes | undefined;
  for (const name of names) {
    scopes ??= context.reader.scopesOf(callee as (...args: never[]) => unknown);
    const found = scopes.find(name) ?? globalValue(name, path);
    if (found === undefined) continue;
    captured.push([name, recordOf(found.value, name, context)]);
  }
  return ["function", syntax(tree), captured];
}

/** A user's global by value; undefined for intrinsics, which count by name as part of the syntax. */
function globalValue(name: string, path: string): { value: unknown } | undefined {
  const value = (globalThis as Record<string, unknown>)[name];
  if (INTRINSICS.has(name)) return undefined;
  if (!(name in globalThis)) throw new NotIdentifiable(`${path} uses ${name}, which is not defined`);
  const builtIn = typeof value === "function" && Function.prototype.toString.call(value).includes("[native code]");
  if (builtIn || HOST_FUNCTIONS.has(name) || typeof value === "object")
    throw new NotIdentifiable(`${path} uses ${name}`);
  return { value };
}

/** The source of a function is an expression, or a method that stands in an object. */
function parseFunction(source: string, path: string): AcornNode {
  for (const text of [`(${source})`, `({${source}})`]) {
    try {
      return parse(text, { ecmaVersion: "latest", sourceType: "script", ranges: true });
    } catch {
      // try the next form
    }
  }
  throw new NotIdentifiable(`${path} has a source that cannot be read`);
}

/** Names that a function uses and does not declare, sorted. */
function freeNames(tree: AcornNode, path: string): string[] {
  const manager = analyze(tree as unknown as Program, { ecmaVersion: 2022, sourceType: "script", optimistic: false });
  const names = new Set<string>();
  const free = new Set<unknown>();
  for (const reference of manager.globalScope?.through ?? []) {
    const name = reference.identifier.name;
    if (reference.isWrite()) throw new NotIdentifiable(`${path} assigns to ${name}, which it does not own`);
    names.add(name);
    free.add(reference.identifier);
  }
  walk(tree, (node) => refuseUnsafe(node, free, path));
  return [...names].sort();
}

type Syntax = AcornNode & Record<string, unknown>;

function refuseUnsafe(node: Syntax, free: ReadonlySet<unknown>, path: string): void {
  switch (node.type) {
    case "ThisExpression":
    case "Super":
      throw new NotIdentifiable(`${path} uses ${node.type === "Super" ? "super" : "this"}`);
    case "MetaProperty":
    case "ImportExpression":
      throw new NotIdentifiable(`${path} uses import`);
    case "AssignmentExpression":
    case "UpdateExpression": {
      let target = (node.type === "AssignmentExpression" ? node.left : node.argument) as Syntax;
      while (target.type === "MemberExpression") target = target.object as Syntax;
      if (free.has(target)) throw new NotIdentifiable(`${path} changes ${target.name}, which it does not own`);
      return;
    }
    case "MemberExpression": {
      const [object, property] = [node.object as Syntax, node.property as Syntax];
      if (!free.has(object) || object.name !== "Math") return;
      if (node.computed) throw new NotIdentifiable(`${path} looks Math up by a computed name`);
      if (property.name === "random") throw new NotIdentifiable(`${path} uses Math.random`);
      return;
    }
    case "VariableDeclarator": {
      const init = node.init as Syntax | null;
      if (init && free.has(init) && init.name === "Math") throw new NotIdentifiable(`${path} takes Math apart`);
      return;
    }
  }
}

function walk(node: Syntax | AcornNode, visit: (node: Syntax) => void): void {
  visit(node as Syntax);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) isNode(item) && walk(item, visit);
    else if (isNode(value)) walk(value, visit);
  }
}

const isNode = (value: unknown): value is Syntax =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** The syntax tree as plain data without positions and layout. */
function syntax(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(syntax);
  if (typeof value === "bigint") return ["bigint", value.toString()];
  if (value instanceof RegExp) return ["regex", String(value)];
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !SYNTAX_WITHOUT_MEANING.has(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, syntax(item)]));
}
