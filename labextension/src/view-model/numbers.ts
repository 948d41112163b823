/** Numbers of the overview, made ready for the eye: rates, bytes, durations. Pure, without locale. */
import type { KindOverview, LookupCounters, Overview } from "@sojourn/kernel/panel-protocol";

/** Look-ups of a layer that found their entry, of all that were asked. */
export interface HitRate {
  readonly hits: number;
  /** Refused entries are misses to the person who waited. */
  readonly misses: number;
  readonly total: number;
  /** hits / total in [0, 1]; 0 when nothing was asked. */
  readonly fraction: number;
}

/** Bypassed look-ups were never asked, so they do not count. */
export function hitRate(lookups: LookupCounters): HitRate {
  const { hits } = lookups;
  const misses = lookups.misses + lookups.refusals;
  const total = hits + misses;
  return { hits, misses, total, fraction: total === 0 ? 0 : hits / total };
}

export function sumOf(kinds: readonly KindOverview[], pick: (kind: KindOverview) => number): number {
  return kinds.reduce((sum, kind) => sum + pick(kind), 0);
}

/** Part of the soft cap in use, at least 0; above 1 when the cap is exceeded. */
export function diskFraction(overview: Overview): number {
  return overview.capBytes > 0 ? sumOf(overview.kinds, (kind) => kind.bytes) / overview.capBytes : 0;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Decimal units, two significant digits below ten: `0 B`, `1.2 kB`, `38 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be printed as 1000, which is the next unit's 1.0.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** A length of time ≥ 0: `4 ms`, `1.2 s`, `3 min 12 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 0.5) return "0 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const wholeMinutes = Math.round(seconds / 60);
  const hours = Math.floor(wholeMinutes / 60);
  return wholeMinutes % 60 === 0 ? `${hours} h` : `${hours} h ${wholeMinutes % 60} min`;
}

/** How long ago something was: `just now`, `5 min ago`; with the words of the page's language. */
export interface Ago {
  readonly unit: "now" | "minutes" | "hours" | "days";
  readonly count: number;
}

export function agoOf(time: number, now: number): Ago {
  const minutes = Math.max(0, now - time) / 60_000;
  if (minutes < 1) return { unit: "now", count: 0 };
  if (minutes < 60) return { unit: "minutes", count: Math.floor(minutes) };
  if (minutes < 24 * 60) return { unit: "hours", count: Math.floor(minutes / 60) };
  return { unit: "days", count: Math.floor(minutes / (24 * 60)) };
}
