/**
 * Keys: SHA-256 over named components. Each component keeps a digest of its own, which the entry stores, so that a
 * miss can later say which input changed.
 */
import { type Digest, digestOf, hex } from "../base/digest.js";
import type { EntryKind } from "./entry.js";

export interface CacheKey {
  readonly kind: EntryKind;
  readonly bytes: Digest;
  /** Digest of each component in hexadecimal. */
  readonly components: Readonly<Record<string, string>>;
  /** Components in words, for people; never part of the key. */
  readonly details: Readonly<Record<string, string>>;
}

export function makeKey(
  kind: EntryKind,
  components: Readonly<Record<string, unknown>>,
  details: Readonly<Record<string, string>> = {},
): CacheKey {
  const digests = Object.fromEntries(Object.entries(components).map(([name, value]) => [name, hex(digestOf(value))]));
  return { kind, bytes: digestOf({ kind, components: digests }), components: digests, details };
}
