/** What is done with a value once it is there, whoever looked it up or made it: memory keeps it, and the store what was dear enough. */
import { hex } from "../base/digest.js";
import type { Wire } from "../base/wire.js";
import type { CacheKey, Lookup, PutOptions, Store, StoredKind } from "../cache/index.js";
import type { StageServices } from "./services.js";

type Hit = Extract<Lookup, { outcome: "hit" }>;

/** A value as it is kept. */
export interface Kept {
  readonly kind: StoredKind;
  readonly model: string;
  readonly key: CacheKey;
  /** For memory: the value itself, or whatever it is made from again. */
  readonly value: unknown;
  /** Bytes of it beyond those of its arrays. */
  readonly extraBytes?: number;
}

/** Keeps what an entry held; what others wrote is copied into this user's layers. */
export function keepFound({ store }: StageServices, kept: Kept, { entry, layer }: Hit): void {
  const { kind, model, key, value, extraBytes = 0 } = kept;
  const { costMs } = entry;
  store.memory.keep(kind, hex(key.bytes), { value, bytes: wireBytes(entry) + extraBytes, costMs });
  if (layer === "shared" || layer === "library") store.adopt(entry, key, model);
}

export interface Made extends Kept {
  readonly costMs: number;
  readonly wire: Wire;
  /** What took less is not stored, ms. */
  readonly leastMs: number;
  readonly put?: PutOptions;
}

/** Keeps what was made, counts it, and writes it behind; answers whether it is being written. */
export function keepMade(services: StageServices, made: Made): boolean {
  const { store, producer, profiler, emit } = services;
  const { kind, model, key, value, extraBytes = 0, costMs, wire, leastMs, put } = made;
  store.memory.keep(kind, hex(key.bytes), { value, bytes: wireBytes(wire) + extraBytes, costMs });
  countMade(store, kind, model, costMs);
  if (costMs < leastMs) return false;
  const writing = performance.now();
  const { components, details } = key;
  store.put(
    { kind, key: key.bytes, producer, components, details, createdMs: Date.now(), costMs },
    wire,
    (bytes) => {
      profiler.note("cache write", model, kind, writing);
      emit({ type: "stored", kind, bytes, time: Date.now() });
    },
    put,
  );
  return true;
}

/** Bytes that the arrays of a value take. */
const wireBytes = ({ arrays }: Wire): number =>
  Object.values(arrays).reduce((sum, { byteLength }) => sum + byteLength, 0);

const SLOW_MS = 1000;

function countMade(store: Store, kind: StoredKind, model: string, costMs: number): void {
  store.count(`made.${kind}.count`);
  store.count(`made.${kind}.ms`, costMs);
  if (costMs > SLOW_MS) store.count(`slow.${kind}.${model}`);
}
