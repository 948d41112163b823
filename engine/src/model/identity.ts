/**
 * The identity of functions for cache keys: their syntax trees without layout, the values of every variable they
 * capture, and so on for every function they reach. What cannot be told apart safely (state that the rule changes,
 * randomness, time, input and output, objects with hidden state) has no identity but a reason, and is never guessed.
 */
import { types } from "node:util";
import { type Node as AcornNode, parse } from "acorn";
import { analyze, type ScopeManager } from "eslint-scope";
import type { Program } from "estree";
import { type CapturedScopes, CaptureReader } from "./captures.js";

/** Increase with every change of what an identity covers or how it is written down. */
export const IDENTITY_VERSION = 2;

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
const POSITIONS: ReadonlySet<string> = new Set(["start", "end", "loc", "range"]);
const FUNCTION_PROPERTIES = ["length", "name", "prototype", "arguments", "caller"];
/** Prototypes of values that are nothing but their elements and properties. */
const PLAIN: ReadonlySet<unknown> = new Set(
  [
    null,
    ...[
      Object,
      Array,
      Map,
      Set,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
    ],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ].map((type) => (type === null ? null : type.prototype)),
);

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

/** Plain values that the functions of an identity capture, by name; of equal names the first. */
export function capturesOf(identity: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const visit = (record: unknown): void => {
    if (!Array.isArray(record)) return;
    if (record[0] === "function") {
      for (const [name, value] of record[2] as [string, [string, unknown]][]) {
        if (SIMPLE.includes(value[0])) {
          if (!found.has(name)) found.set(name, value[1]);
        } else visit(value);
      }
      return;
    }
    for (const item of record) visit(item);
  };
  for (const record of Object.values(identity)) visit(record);
  return found;
}

const SIMPLE: readonly unknown[] = ["boolean", "number", "string", "bigint"];

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
  if (types.isProxy(value)) throw new NotIdentifiable(`${path} is a proxy, which may hide state`);
  if (types.isModuleNamespaceObject(value))
    throw new NotIdentifiable(`${path} is a whole module; import the names that the rule uses`);
  const prototype = Object.getPrototypeOf(value);
  if (!PLAIN.has(prototype)) {
    const type = prototype.constructor?.name;
    throw new NotIdentifiable(`${path} is ${type ? `a ${type}` : "an object of its own kind"}, which may hide state`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw new NotIdentifiable(`${path} has symbols as keys`);
  const extra = (expected: number): void => {
    if (Object.getOwnPropertyNames(value).length !== expected)
      throw new NotIdentifiable(`${path} has properties besides its elements`);
  };
  if (ArrayBuffer.isView(value)) {
    extra((value as Float64Array).length);
    return ["view", value];
  }
  if (value instanceof Map) {
    extra(0);
    return [
      "map",
      [...value].map(([k, v], i) => [
        recordOf(k, `${path} key ${i}`, context),
        recordOf(v, `${path} value ${i}`, context),
      ]),
    ];
  }
  if (value instanceof Set) {
    extra(0);
    return ["set", [...value].map((v, i) => recordOf(v, `${path} element ${i}`, context))];
  }
  // in the order of the keys, which a rule can see
  return [Array.isArray(value) ? "array" : prototype === null ? "bare" : "object", members(value, [], path, context)];
}

/** Own properties in their order, but for some names. */
function members(value: object, without: readonly string[], path: string, context: Context): unknown[] {
  return Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([key, descriptor]) => {
    if (without.includes(key)) return [];
    if (!("value" in descriptor)) throw new NotIdentifiable(`${path}.${key} is computed by a getter`);
    return [[key, descriptor.enumerable, recordOf(descriptor.value, `${path}.${key}`, context)]];
  });
}

function functionRecord(callee: AnyFunction, path: string, context: Context): unknown {
  const source = Function.prototype.toString.call(callee);
  if (types.isProxy(callee)) throw new NotIdentifiable(`${path} is a proxy, which may hide state`);
  if (isNative(callee)) throw new NotIdentifiable(`${path} is built in and has no source`);
  if (/^class\b/.test(source)) throw new NotIdentifiable(`${path} is a class`);
  const tree = parseFunction(source, path);
  const scopesOf = analyze(tree as unknown as Program, {
    ecmaVersion: 2022,
    sourceType: "script",
    optimistic: false,
  });
  const names = freeNames(tree, scopesOf, path);
  const captured: [string, unknown][] = [];
  let scopes: CapturedScopes | undefined;
  for (const name of names) {
    scopes ??= context.reader.scopesOf(callee as (...args: never[]) => unknown);
    const found = scopes.find(name) ?? globalValue(name, path);
    if (found === undefined) continue;
    captured.push([name, recordOf(found.value, name, context)]);
  }
  refuseUnsafe(tree, (name) => scopes?.find(name) === undefined && INTRINSICS.has(name), path);
  return [
    "function",
    syntax(tree, localNames(scopesOf)),
    captured,
    members(callee, FUNCTION_PROPERTIES, path, context),
  ];
}

const isNative = (value: unknown): boolean =>
  typeof value === "function" && Function.prototype.toString.call(value).includes("[native code]");

/** A user's global by value; undefined for intrinsics, which count by name as part of the syntax. */
function globalValue(name: string, path: string): { value: unknown } | undefined {
  const value = (globalThis as Record<string, unknown>)[name];
  if (INTRINSICS.has(name) && (typeof value !== "function" || isNative(value) || name === "structuredClone"))
    return undefined;
  if (!(name in globalThis)) throw new NotIdentifiable(`${path} uses ${name}, which is not defined`);
  if (isNative(value) || HOST_FUNCTIONS.has(name) || typeof value === "object")
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
function freeNames(tree: AcornNode, manager: ScopeManager, path: string): string[] {
  const free = new Set<unknown>();
  const names = new Set<string>();
  for (const reference of manager.globalScope?.through ?? []) {
    const name = reference.identifier.name;
    if (reference.isWrite()) throw new NotIdentifiable(`${path} assigns to ${name}, which it does not own`);
    names.add(name);
    free.add(reference.identifier);
  }
  walk(tree, (node) => {
    if (node.type !== "AssignmentExpression" && node.type !== "UpdateExpression") return;
    let target = (node.type === "AssignmentExpression" ? node.left : node.argument) as Syntax;
    while (target.type === "MemberExpression") target = target.object as Syntax;
    if (free.has(target)) throw new NotIdentifiable(`${path} changes ${target.name}, which it does not own`);
  });
  return [...names].sort();
}

/** What a function's own variables are called does not matter: each is known by when it is declared. */
function localNames(manager: ScopeManager): ReadonlyMap<unknown, string> {
  const variables = manager.scopes
    .flatMap(({ variables: declared }) => declared)
    // `arguments` is not declared, and has one name only
    .filter(({ defs }) => defs.length > 0)
    .map((variable) => ({ variable, at: Math.min(...variable.identifiers.map(({ range }) => range?.[0] ?? 0)) }))
    .sort((a, b) => a.at - b.at);
  const names = new Map<unknown, string>();
  variables.forEach(({ variable: { identifiers, references } }, i) => {
    for (const identifier of identifiers) names.set(identifier, `#${i}`);
    for (const { identifier } of references) names.set(identifier, `#${i}`);
  });
  return names;
}

type Syntax = AcornNode & Record<string, unknown>;

/** What reads anything beyond arguments, captures and unchanging built-ins. */
function refuseUnsafe(tree: AcornNode, isIntrinsic: (name: string) => boolean, path: string): void {
  const asObject = new Set<unknown>();
  walk(tree, (node) => {
    switch (node.type) {
      case "ThisExpression":
      case "Super":
        throw new NotIdentifiable(`${path} uses ${node.type === "Super" ? "super" : "this"}`);
      case "MetaProperty":
      case "ImportExpression":
        throw new NotIdentifiable(`${path} uses import`);
      case "MemberExpression": {
        const [object, property] = [node.object as Syntax, node.property as Syntax];
        if (!node.computed && (property.name === "constructor" || property.name === "__proto__"))
          throw new NotIdentifiable(`${path} uses .${property.name}`);
        const name = object.type === "Identifier" ? (object.name as string) : undefined;
        if (name === undefined || !isIntrinsic(name)) return;
        if (node.computed) throw new NotIdentifiable(`${path} looks ${name} up by a computed name`);
        checkIntrinsicMember(name, property.name as string, path);
        asObject.add(object);
        return;
      }
      case "Identifier":
        // Math has randomness, so it may not be handed on; visited after its member expression
        if (node.name === "Math" && isIntrinsic("Math") && !asObject.has(node))
          throw new NotIdentifiable(`${path} uses Math as a value`);
    }
  });
}

/** `Math.sqrt` and `Number.EPSILON` are what they always are; `Math.mine` is whatever somebody put there. */
function checkIntrinsicMember(name: string, property: string, path: string): void {
  const owner = (globalThis as Record<string, unknown>)[name];
  if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) return;
  if (name === "Math" && property === "random") throw new NotIdentifiable(`${path} uses Math.random`);
  const value = (owner as Record<string, unknown>)[property];
  const fixed = Object.getOwnPropertyDescriptor(owner, property)?.writable === false;
  if (!isNative(value) && !fixed) throw new NotIdentifiable(`${path} uses ${name}.${property}, which is not built in`);
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

/**
 * The syntax tree as plain data without positions and layout, local variables by their numbers; how a number is written does not
 * count, a raw template does.
 */
function syntax(value: unknown, locals: ReadonlyMap<unknown, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => syntax(item, locals));
  if (typeof value === "bigint") return ["bigint", value.toString()];
  if (value instanceof RegExp) return ["regex", String(value)];
  if (typeof value !== "object" || value === null) return value;
  const { type } = value as { type?: unknown };
  const local = locals.get(value);
  if (local !== undefined) return { type, name: local };
  const entries = Object.entries(value).filter(
    ([key]) =>
      !POSITIONS.has(key) && !(type === "Literal" && key === "raw") && !(type === "Property" && key === "shorthand"),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, syntax(item, locals)]));
}
