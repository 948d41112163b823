/**
 * The memory layer: values as their stages made them, by kind and key, the least recently used going first. It knows how many
 * bytes each holds and nothing else; what it answers is shared, so its users must not change it.
 */
import type { StoredKind } from "./entry.js";

export interface Remembered {
  readonly value: unknown;
  readonly bytes: number;
  /** What it cost to make, ms. */
  readonly costMs: number;
}

export interface Memory {
  get(kind: StoredKind, key: string): Remembered | undefined;
  /** Keeps a value unless it is larger than the whole layer. */
  keep(kind: StoredKind, key: string, value: Remembered): void;
  forget(kind: StoredKind, key: string): void;
  clear(kinds: readonly StoredKind[]): { readonly entries: number; readonly bytes: number };
  /** Shrinks to a new cap. */
  limit(capBytes: number): void;
  readonly capBytes: number;
  totals(kind: StoredKind): { readonly entries: number; readonly bytes: number };
  /** Values that had to go for others. */
  readonly evictions: number;
}

export function openMemory(initialCapBytes: number): Memory {
  let capBytes = initialCapBytes;
  const kept = new Map<string, Remembered & { readonly kind: StoredKind }>();
  let held = 0;
  let evictions = 0;
  const idOf = (kind: StoredKind, key: string): string => `${kind} ${key}`;

  function drop(id: string): void {
    held -= kept.get(id)?.bytes ?? 0;
    kept.delete(id);
  }

  function shrink(): void {
    for (const [oldest] of kept) {
      if (held <= capBytes) return;
      drop(oldest);
      evictions++;
    }
  }

  return {
    get(kind, key) {
      const id = idOf(kind, key);
      const found = kept.get(id);
      if (found === undefined) return undefined;
      kept.delete(id); // to be the newest again
      kept.set(id, found);
      return found;
    },
    keep(kind, key, value) {
      const id = idOf(kind, key);
      drop(id);
      if (value.bytes > capBytes || capBytes === 0) return;
      kept.set(id, { ...value, kind });
      held += value.bytes;
      shrink();
    },
    forget: (kind, key) => drop(idOf(kind, key)),
    clear(kinds) {
      const going = [...kept].filter(([, { kind }]) => kinds.includes(kind));
      for (const [id] of going) drop(id);
      return { entries: going.length, bytes: going.reduce((sum, [, { bytes }]) => sum + bytes, 0) };
    },
    limit(cap) {
      capBytes = cap;
      shrink();
    },
    get capBytes() {
      return capBytes;
    },
    totals(kind) {
      let [entries, bytes] = [0, 0];
      for (const one of kept.values())
        if (one.kind === kind) {
          entries++;
          bytes += one.bytes;
        }
      return { entries, bytes };
    },
    get evictions() {
      return evictions;
    },
  };
}
