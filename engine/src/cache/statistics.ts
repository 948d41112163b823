/**
 * The counters of the ledger as people ask for them. Counters are sums by name, so that those of many processes add up:
 *
 *     lookups.<kind>.<layer or none>.<hit, miss, bypass or refused>
 *     prewarmed.<kind>.<layer or none>.<outcome>   the same while prewarming
 *     saved.<kind>                    ms that hits saved: what making took, minus what loading took
 *     made.<kind>.count, .ms          what was made because it was not found
 *     slow.<kind>.<model>             made in more than a second
 *     changed.<kind>.<model>.<component>   misses after which this component differed from the look-up before
 *     evicted.<kind>                  entries that had to go
 *     refused.<code>, faults.<code>   what was not used, and what went wrong
 *     sampled.<kind>                  entries of others that were made again and came out the same
 *     waited.<kind>                   look-ups that waited for somebody who was making the entry
 */
import { STORED_KINDS, type StoredKind } from "./entry.js";

export interface KindStatistics {
  readonly kind: StoredKind;
  readonly hits: number;
  readonly misses: number;
  readonly bypasses: number;
  readonly refused: number;
  /** Hits by the layer that had them. */
  readonly byLayer: Readonly<Record<string, number>>;
  readonly savedMs: number;
  readonly made: number;
  readonly madeMs: number;
  readonly evicted: number;
}

type Counters = Readonly<Record<string, number>>;

export function kindStatistics(counters: Counters): KindStatistics[] {
  return STORED_KINDS.map((kind) => {
    const sums = { hit: 0, miss: 0, bypass: 0, refused: 0 };
    const byLayer: Record<string, number> = {};
    const prefix = `lookups.${kind}.`;
    for (const [name, value] of Object.entries(counters)) {
      if (!name.startsWith(prefix)) continue;
      const [layer, outcome] = name.slice(prefix.length).split(".");
      if (!Object.hasOwn(sums, outcome)) continue;
      sums[outcome as keyof typeof sums] += value;
      if (outcome === "hit") byLayer[layer] = (byLayer[layer] ?? 0) + value;
    }
    return {
      kind,
      hits: sums.hit,
      misses: sums.miss,
      bypasses: sums.bypass,
      refused: sums.refused,
      byLayer,
      savedMs: counters[`saved.${kind}`] ?? 0,
      made: counters[`made.${kind}.count`] ?? 0,
      madeMs: counters[`made.${kind}.ms`] ?? 0,
      evicted: counters[`evicted.${kind}`] ?? 0,
    };
  });
}

/** Counters whose names begin so, by the rest of the name, largest first. */
export function countersUnder(counters: Counters, prefix: string): [string, number][] {
  return Object.entries(counters)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]): [string, number] => [name.slice(prefix.length), value])
    .sort((a, b) => b[1] - a[1]);
}
