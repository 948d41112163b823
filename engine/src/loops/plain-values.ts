/**
 * Plain values, as the results of users' functions: numbers, texts, truth values, null, lists, objects and typed arrays, on the wire and
 * back. Whatever else there is (functions, class instances, dates, sparse lists) would not come back as it went, and is refused
 * with its place.
 */

import { WIRE_ARRAYS, type Wire, type WireArray } from "../base/wire.js";
import { isPlainObject } from "../base/words.js";

/** Why a value cannot be kept, as a phrase. */
export class NotPlain extends Error {}

/** Nesting beyond this is taken for a mistake, and would overflow the stack of its reader. */
const DEPTH_MAX = 100;

/** One value as a tree of tagged lists, with typed arrays beside it. Throws `NotPlain`. */
export function valueToWire(value: unknown): Wire {
  const arrays: Record<string, WireArray> = {};
  let count = 0;
  const seen = new Set<object>();
  const tree = (item: unknown, path: string, depth: number): unknown => {
    if (depth > DEPTH_MAX) throw new NotPlain(`${path} lies deeper than ${DEPTH_MAX} levels`);
    switch (typeof item) {
      case "number":
        // msgpack would make −0 and 5.0 integers, and does not tell them apart again
        return Number.isInteger(item) && !Object.is(item, -0) && Math.abs(item) <= 2 ** 53
          ? item
          : ["number", String(numberText(item))];
      case "string":
      case "boolean":
        return item;
      case "undefined":
        return ["undefined"];
      case "bigint":
        return ["bigint", item.toString()];
      case "object":
        break;
      default:
        throw new NotPlain(`${path} is a ${typeof item}`);
    }
    if (item === null) return null;
    if (seen.has(item as object)) throw new NotPlain(`${path} is there twice`);
    seen.add(item as object);
    if (ArrayBuffer.isView(item)) {
      const known = Object.values(WIRE_ARRAYS).some((type) => item.constructor === type);
      if (!known)
        throw new NotPlain(
          `${path} is a ${item.constructor.name}; Float64Array, Int32Array, Uint32Array and Uint8Array are kept`,
        );
      const name = `array${count++}`;
      // a copy: the function's user may write into what it was given
      arrays[name] = (item as Float64Array).slice();
      return ["view", name];
    }
    if (Array.isArray(item)) {
      if (Object.keys(item).length !== item.length)
        throw new NotPlain(`${path} is a list with gaps or with properties of its own`);
      return ["list", item.map((one, i) => tree(one, `${path}[${i}]`, depth + 1))];
    }
    if (!isPlainObject(item)) throw new NotPlain(`${path} is ${nameOf(item as object)}`);
    if (Object.getOwnPropertySymbols(item).length > 0) throw new NotPlain(`${path} has symbols as keys`);
    const entries = Object.entries(Object.getOwnPropertyDescriptors(item)).map(([key, descriptor]) => {
      if (!("value" in descriptor)) throw new NotPlain(`${path}.${key} is computed by a getter`);
      return [key, tree(descriptor.value, `${path}.${key}`, depth + 1)];
    });
    return [Object.getPrototypeOf(item) === null ? "bare" : "object", entries];
  };
  return { attributes: { tree: tree(value, "the result", 0) }, arrays };
}

/** The shortest text that is read back as the same double. */
const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

const nameOf = (item: object): string => {
  const name = Object.getPrototypeOf(item)?.constructor?.name;
  return name ? `a ${name}` : "an object of its own kind";
};

/** Back again, with arrays of its own. Throws TypeError for what no value is written as. */
export function valueFromWire({ attributes, arrays }: Wire): unknown {
  const value = (item: unknown): unknown => {
    if (item === null || typeof item === "number" || typeof item === "string" || typeof item === "boolean") return item;
    if (!Array.isArray(item)) throw new TypeError("a value has no tag");
    const [tag, content] = item;
    switch (tag) {
      case "number":
        return Number(content);
      case "undefined":
        return undefined;
      case "bigint":
        return BigInt(content as string);
      case "view": {
        const array = Object.hasOwn(arrays, content as string) ? arrays[content as string] : undefined;
        if (array === undefined) throw new TypeError(`the array ${String(content)} is missing`);
        return array.slice();
      }
      case "list":
        return (content as unknown[]).map(value);
      case "bare":
      case "object": {
        const made: Record<string, unknown> = tag === "bare" ? Object.create(null) : {};
        for (const [key, one] of content as [string, unknown][])
          Object.defineProperty(made, key, { value: value(one), enumerable: true, writable: true, configurable: true });
        return made;
      }
      default:
        throw new TypeError(`a value has the tag ${String(tag)}`);
    }
  };
  return value(attributes.tree);
}
