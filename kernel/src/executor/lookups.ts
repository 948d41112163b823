/**
 * Look-ups by the cell that made them, for the badge beside its result. Kept as a MIME type of its own in the result's bundle:
 * the panel's extension draws it, and every other front end passes it over. `SOJOURN_BADGES=off` leaves it out.
 */
import type { EngineEvent } from "@sojourn/engine";
import type { MimeBundle } from "../link/messages.js";
import { BADGE_MIME_TYPE, type LookupBadge } from "../panel-protocol.js";
import type { Cell } from "./cells.js";

/** Look-ups that are named one by one; the rest only counts. */
export const NAMED_MAX = 12;
const TEXT_MAX = 200;

type Lookup = Extract<EngineEvent, { type: "lookup" }>;

const COUNTER = { hit: "hits", miss: "misses", bypass: "bypasses", refused: "refusals" } as const;
const NONE: LookupBadge = {
  version: 1,
  hits: 0,
  misses: 0,
  bypasses: 0,
  refusals: 0,
  savedMs: 0,
  madeMs: 0,
  lookups: [],
};

/** The badge with one look-up more. */
export function withLookup(badge: LookupBadge, event: Lookup): LookupBadge {
  const { kind, outcome, model, key, reason, layer, savedMs, milliseconds } = event;
  const counter = COUNTER[outcome];
  const named = {
    ...{ kind, outcome, model: cut(model) },
    ...(key && { key }),
    ...(reason && { reason: cut(reason) }),
    ...(layer && { layer }),
  };
  return {
    ...badge,
    [counter]: badge[counter] + 1,
    savedMs: badge.savedMs + savedMs,
    madeMs: badge.madeMs + (outcome === "hit" ? 0 : milliseconds),
    lookups: badge.lookups.length < NAMED_MAX ? [...badge.lookups, named] : badge.lookups,
  };
}

const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);

export interface CellLookups {
  note(cell: Cell | undefined, event: EngineEvent): void;
  /** The bundle with the cell's badge in it, if it has one. */
  mark(cell: Cell, bundle: MimeBundle): MimeBundle;
}

export function createCellLookups(wanted: boolean): CellLookups {
  const badges = new WeakMap<Cell, LookupBadge>();
  return {
    note(cell, event) {
      if (wanted && cell && event.type === "lookup" && !event.prewarming)
        badges.set(cell, withLookup(badges.get(cell) ?? NONE, event));
    },
    mark(cell, bundle) {
      const badge = badges.get(cell);
      if (badge === undefined) return bundle;
      const whole = { ...badge, savedMs: Math.round(badge.savedMs), madeMs: Math.round(badge.madeMs) };
      return { ...bundle, data: { ...bundle.data, [BADGE_MIME_TYPE]: whole } };
    },
  };
}
