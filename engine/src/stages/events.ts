/** What an engine tells of its caches while it works. */
import type { StoredKind } from "../cache/index.js";

export type LookupOutcome = "hit" | "miss" | "bypass" | "refused";

export interface LookupEvent {
  readonly type: "lookup";
  readonly kind: StoredKind;
  readonly outcome: LookupOutcome;
  readonly model: string;
  readonly reason?: string;
  /** Where a hit was found. */
  readonly layer?: string;
  /** 64 hexadecimal digits; absent of a bypass. */
  readonly key?: string;
  /** Measured cost of what a hit replaced minus what the look-up took; 0 otherwise. */
  readonly savedMs: number;
  /** What the look-up and the making of what was not found took. */
  readonly milliseconds: number;
  readonly time: number;
  /** Asked by a prewarming run, which is meant to miss. */
  readonly prewarming?: true;
}

export interface StoredEvent {
  readonly type: "stored";
  readonly kind: StoredKind;
  readonly bytes: number;
  readonly time: number;
}

export type StageEvent = LookupEvent | StoredEvent;
