/** What the panel counts, folded from the engine's events. Pure. */
import type { EngineEvent } from "@sojourn/engine";
import { CACHE_KINDS, type CacheKind, type LastLookup, type SessionCounters } from "../panel-protocol.js";

export interface PanelCounters {
  readonly session: Readonly<Record<CacheKind, SessionCounters>>;
  readonly savedMs: number;
  readonly last?: LastLookup;
}

const NONE: SessionCounters = { hits: 0, misses: 0, bypasses: 0, refusals: 0 };
const COUNTER = { hit: "hits", miss: "misses", bypass: "bypasses", refused: "refusals" } as const;

export function emptyCounters(): PanelCounters {
  const session = Object.fromEntries(CACHE_KINDS.map((kind) => [kind, NONE])) as Record<CacheKind, SessionCounters>;
  return { session, savedMs: 0 };
}

export function countEvent(counters: PanelCounters, event: EngineEvent): PanelCounters {
  if (event.type !== "lookup") return counters;
  const { kind, outcome, model, reason, time } = event;
  const before = counters.session[kind];
  const counter = COUNTER[outcome];
  return {
    session: { ...counters.session, [kind]: { ...before, [counter]: before[counter] + 1 } },
    savedMs: counters.savedMs + event.savedMs,
    // evaluators are looked up with every question: what people did is build
    last:
      kind === "evaluator" && counters.last
        ? counters.last
        : { kind, outcome, model, time, ...(reason !== undefined && { reason }) },
  };
}
