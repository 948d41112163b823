/**
 * The badge beside a result, read from the result's bundle. A saved notebook may hold anything, so what is no badge is none, and
 * texts are taken as texts. Pure.
 */
import { CACHE_KINDS, type LookupBadge } from "@sojourn/kernel/panel-protocol";

const OUTCOMES: readonly unknown[] = ["hit", "miss", "bypass", "refused"];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => value === undefined || typeof value === "string";

/** Undefined when it is none, or of a version that is not known. */
export function readBadge(value: unknown): LookupBadge | undefined {
  if (!isRecord(value) || value.version !== 1 || !Array.isArray(value.lookups)) return undefined;
  const { hits, misses, bypasses, refusals, savedMs, madeMs } = value;
  if (![hits, misses, bypasses, refusals, madeMs].every(isCount) || !Number.isSafeInteger(savedMs)) return undefined;
  const sound = value.lookups.every(
    (one: unknown) =>
      isRecord(one) &&
      (CACHE_KINDS as readonly unknown[]).includes(one.kind) &&
      OUTCOMES.includes(one.outcome) &&
      typeof one.model === "string" &&
      isText(one.reason) &&
      isText(one.layer) &&
      (one.key === undefined || (typeof one.key === "string" && /^[0-9a-f]{64}$/.test(one.key))),
  );
  return sound ? (value as unknown as LookupBadge) : undefined;
}

/** How all of it went, for the badge's colour and symbol. */
export function toneOf({ hits, misses, refusals }: LookupBadge): "hit" | "miss" | "mixed" | "bypass" {
  const made = misses + refusals;
  if (made === 0) return hits > 0 ? "hit" : "bypass";
  return hits > 0 ? "mixed" : "miss";
}

/** The entry that a click on the badge opens: what was made is more telling than what was there. */
export function keyOf({ lookups }: LookupBadge): string | undefined {
  return (lookups.find(({ outcome, key }) => key && outcome !== "hit") ?? lookups.find(({ key }) => key))?.key;
}
