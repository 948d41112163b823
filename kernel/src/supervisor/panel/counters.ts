/** What the panel counts and remembers of this session, folded from the engine's events. Pure. */
import type { EngineEvent } from "@sojourn/engine";
import {
  CACHE_KINDS,
  type CacheKind,
  type ChartData,
  type LookupCounters,
  type LookupNote,
} from "../../panel-protocol.js";

/** Look-ups that are remembered one by one. */
const RECENT_MAX = 500;
/** Points of the charts; when there are more, two become one. */
const BUCKETS_MAX = 240;
const BUCKET_MS = 1000;

export interface PanelCounters {
  readonly session: Readonly<Record<CacheKind, LookupCounters>>;
  readonly savedMs: number;
  readonly last?: LookupNote;
  /** Newest last. */
  readonly recent: readonly LookupNote[];
  readonly buckets: ChartData["lookups"];
  readonly bucketMs: number;
}

const NONE: LookupCounters = { hits: 0, misses: 0, bypasses: 0, refusals: 0 };
const COUNTER = { hit: "hits", miss: "misses", bypass: "bypasses", refused: "refusals" } as const;

export function emptyCounters(): PanelCounters {
  const session = Object.fromEntries(CACHE_KINDS.map((kind) => [kind, NONE])) as Record<CacheKind, LookupCounters>;
  return { session, savedMs: 0, recent: [], buckets: [], bucketMs: BUCKET_MS };
}

export function countEvent(counters: PanelCounters, event: EngineEvent): PanelCounters {
  // a prewarming run is meant to miss
  if (event.type !== "lookup" || event.prewarming) return counters;
  const { type: _, ...note } = event;
  const { kind, outcome } = note;
  const before = counters.session[kind];
  const counter = COUNTER[outcome];
  return {
    session: { ...counters.session, [kind]: { ...before, [counter]: before[counter] + 1 } },
    savedMs: counters.savedMs + note.savedMs,
    recent: [...counters.recent.slice(1 - RECENT_MAX), note],
    // evaluators are looked up with every question: what people did is build
    last: kind === "evaluator" && counters.last ? counters.last : note,
    ...bucketed(counters, note),
  };
}

/** The curve of look-ups, ever coarser, so that a session of weeks has no more points than one of minutes. */
function bucketed(
  { buckets, bucketMs }: PanelCounters,
  { outcome, savedMs, time }: LookupNote,
): Pick<PanelCounters, "buckets" | "bucketMs"> {
  const last = buckets.at(-1) ?? { time, hits: 0, misses: 0, savedMs: 0 };
  const point = {
    time,
    hits: last.hits + (outcome === "hit" ? 1 : 0),
    misses: last.misses + (outcome === "miss" || outcome === "refused" ? 1 : 0),
    savedMs: last.savedMs + savedMs,
  };
  const same = buckets.length > 0 && Math.floor(time / bucketMs) === Math.floor(last.time / bucketMs);
  const next = [...(same ? buckets.slice(0, -1) : buckets), point];
  if (next.length <= BUCKETS_MAX) return { buckets: next, bucketMs };
  const coarser = bucketMs * 2;
  const slot = (at: number): number => Math.floor(next[at]!.time / coarser);
  return {
    // counters add up, so the last point of a slot says all of it
    buckets: next.filter((_, at) => at === next.length - 1 || slot(at) !== slot(at + 1)),
    bucketMs: coarser,
  };
}

/** What this session knows of an entry: look-ups of it, and misses of its model and kind. Newest first. */
export function historyOf(
  { recent }: PanelCounters,
  { kind, key, name }: { readonly kind: CacheKind; readonly key: string; readonly name: string },
): LookupNote[] {
  return recent
    .filter((note) => note.key === key || (note.kind === kind && note.model === name && note.outcome !== "hit"))
    .slice(-HISTORY_MAX)
    .reverse();
}

const HISTORY_MAX = 50;
