/**
 * Functions whose results are kept: by what the function does (its syntax tree and everything that it captures), by its
 * arguments, and by what else it is told to count. What cannot be told apart safely is computed each time, with the reason.
 */
import { hex } from "../base/digest.js";
import { InputError } from "../base/errors.js";
import { pack } from "../base/msgpack.js";
import type { Wire } from "../base/wire.js";
import { isPlainObject, noSuch, valueText } from "../base/words.js";
import { type CacheKey, makeKey } from "../cache/index.js";
import { capturesOf, IDENTITY_VERSION, identityOf, NotIdentifiable } from "../model/identity.js";
import { type Kept, keepFound, keepMade } from "../stages/keep.js";
import { reporter } from "../stages/report.js";
import type { StageServices } from "../stages/services.js";
import { NotPlain, valueFromWire, valueToWire } from "./plain-values.js";

export const VALUE_LAYERS = ["memory", "private", "shared"] as const;

export interface CachedOptions<A extends readonly unknown[]> {
  /** Shown in listings. Default: the function's own name. */
  readonly name?: string;
  /** What counts of the arguments, where not all of them do, such as `(data, n) => n`. */
  readonly key?: (...args: A) => unknown;
  /** What else counts: anything plain that the result depends on and the function does not show, such as a version of a file. */
  readonly static?: unknown;
  /** The lowest layer that results go to. Default: private; shared needs publishing to be on. */
  readonly layer?: (typeof VALUE_LAYERS)[number];
}

export interface CachedFunction<A extends readonly unknown[], T> {
  (...args: A): Promise<T>;
  /** How the last call ended: `hit`, `miss`, `refused`, or `bypass` with the reason. */
  readonly last: { readonly outcome: string; readonly reason?: string; readonly layer?: string } | undefined;
}

const OPTIONS: readonly string[] = ["name", "key", "static", "layer"];
const VALUE_VERSION = 1;

/** The same function with its results kept. Throws `InputError` for options that are none. Cost of a call that hits: about 1 ms. */
export function cachedFunction<A extends readonly unknown[], T>(
  services: StageServices,
  f: (...args: A) => T | Promise<T>,
  options: CachedOptions<A> = {},
): CachedFunction<A, Awaited<T>> {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot cache a function: ${what}.`);
  };
  if (typeof f !== "function") refuse(`it is ${valueText(f)}`);
  if (!isPlainObject(options))
    refuse(`options are an object such as { layer: "memory" } and not ${valueText(options)}`);
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) refuse(noSuch("option", unknown, OPTIONS));
  const { name = f.name || "function", key: keyOf, layer = "private" } = options;
  if (!VALUE_LAYERS.includes(layer))
    refuse(`layer must be one of ${VALUE_LAYERS.join(", ")} and is ${valueText(layer)}`);
  if (keyOf !== undefined && typeof keyOf !== "function") refuse("key must be a function of the arguments");

  const { store } = services;
  const running = new Map<string, Promise<Awaited<T>>>();
  let last: CachedFunction<A, T>["last"];

  function makeKeyOf(args: A): CacheKey {
    const identity = identityOf({ function: f, key: keyOf });
    const counted = keyOf ? keyOf(...args) : args;
    const details: Record<string, string> = {};
    for (const [captured, value] of capturesOf(identity)) details[`captures.${captured}`] = valueText(value);
    details.arguments = valueText(counted);
    return makeKey(
      "value",
      {
        ...identity,
        arguments: digestible(counted),
        static: digestible(options.static),
        versions: [VALUE_VERSION, IDENTITY_VERSION],
      },
      details,
    );
  }

  const keptAs = (key: CacheKey, value: Wire): Kept => ({
    kind: "value",
    model: name,
    key,
    value,
    extraBytes: pack(value.attributes).length,
  });

  async function call(...args: A): Promise<Awaited<T>> {
    const report = reporter(services, "value", name, performance.now());
    const end = (...told: Parameters<typeof report>): void => {
      const { outcome, reason, layer: from } = report(...told);
      last = { outcome, ...(reason && { reason }), ...(from && { layer: from }) };
    };
    let key: CacheKey;
    try {
      key = makeKeyOf(args);
    } catch (error) {
      if (!(error instanceof NotIdentifiable || error instanceof NotPlain || error instanceof InputError)) throw error;
      const value = await f(...args);
      end("bypass", { reason: error.message });
      return value;
    }
    const id = hex(key.bytes);
    // two calls at once make it once
    const other = running.get(id);
    if (other) {
      await other;
      // as it was kept; what could not be kept is each caller's own
      return call(...args);
    }
    const work = lookUpOrMake(key, id, args, end);
    running.set(id, work);
    try {
      return await work;
    } finally {
      running.delete(id);
    }
  }

  async function lookUpOrMake(
    key: CacheKey,
    id: string,
    args: A,
    end: (...told: Parameters<ReturnType<typeof reporter>>) => void,
  ): Promise<Awaited<T>> {
    const kept = store.memory.get("value", id);
    if (kept) {
      const value = valueFromWire(kept.value as ReturnType<typeof valueToWire>);
      end("hit", { key: id, layer: "memory", costMs: kept.costMs });
      return value as Awaited<T>;
    }
    let [outcome, reason]: ["miss" | "refused", string] = ["miss", "not in the cache"];
    if (layer !== "memory") {
      const found = await store.get("value", key.bytes);
      if (found.outcome === "hit") {
        try {
          const value = valueFromWire(found.entry);
          const { attributes, arrays, costMs } = found.entry;
          keepFound(services, keptAs(key, { attributes, arrays }), found);
          end("hit", { key: id, layer: found.layer, costMs });
          return value as Awaited<T>;
        } catch (error) {
          await store.reject("value", key.bytes);
          [outcome, reason] = ["refused", `the entry made no sense: ${(error as Error).message}`];
        }
      } else [outcome, reason] = [found.outcome, found.reason];
    }
    const start = performance.now();
    const value = await f(...args);
    const costMs = performance.now() - start;
    try {
      if (!makeKeyOf(args).bytes.equals(key.bytes))
        throw new NotPlain("what the function captures or was given changed while it ran");
      const wire = valueToWire(value);
      keepMade(services, {
        ...keptAs(key, wire),
        costMs,
        wire: { ...wire, attributes: { ...wire.attributes, name } },
        leastMs: layer === "memory" ? Infinity : store.settings.minCostMs,
        put: { share: layer === "shared" },
      });
      end(outcome, { key: id, reason });
    } catch (error) {
      if (!(error instanceof NotPlain || error instanceof NotIdentifiable || error instanceof InputError)) throw error;
      end("bypass", { reason: error.message });
    }
    return value;
  }

  Object.defineProperty(call, "last", { get: () => last });
  Object.defineProperty(call, "name", { value: name });
  return call as unknown as CachedFunction<A, Awaited<T>>;
}

/** Plain values in a form that digests tell apart: `valueToWire` refuses what they would not. */
function digestible(value: unknown): unknown {
  const { attributes, arrays } = valueToWire(value);
  return [attributes.tree, arrays];
}
