/** Tells, counts and reports how look-ups end, and what changes between them. */
import type { StoredKind } from "../cache/index.js";
import type { StageReport } from "../handle/report.js";
import type { LookupOutcome } from "./events.js";
import type { Difference } from "./explain.js";
import type { StageServices } from "./services.js";

/** What keeps changing from look-up to look-up is what a suggestion can be about. */
export function countChanges(
  { store, prewarming }: StageServices,
  kind: StoredKind,
  model: string,
  changes: readonly Difference[],
): void {
  if (prewarming.runs > 0) return;
  for (const { component, was, is } of changes)
    if (was !== undefined && is !== undefined) store.count(`changed.${kind}.${model}.${component}`);
}

export interface ReportMore {
  readonly reason?: string;
  readonly key?: string;
  readonly layer?: string;
  readonly costMs?: number;
}

/** Tells, counts and reports how one look-up ended. */
export function reporter({ store, emit, prewarming }: StageServices, kind: StoredKind, model: string, start: number) {
  return (outcome: LookupOutcome, { reason, key, layer, costMs }: ReportMore = {}): StageReport => {
    const milliseconds = performance.now() - start;
    const savedMs = costMs === undefined ? 0 : costMs - milliseconds;
    const more = { ...(reason && { reason }), ...(key && { key }), ...(layer && { layer }) };
    const apart = prewarming.runs > 0 && ({ prewarming: true } as const);
    emit({ type: "lookup", kind, outcome, model, ...more, savedMs, milliseconds, time: Date.now(), ...apart });
    const asked = prewarming.runs > 0 ? "prewarmed" : "lookups";
    store.count(`${asked}.${kind}.${layer ?? "none"}.${outcome}`);
    if (outcome === "hit" && asked === "lookups") store.count(`saved.${kind}`, savedMs);
    return { outcome, ...more, milliseconds, ...(outcome === "hit" && { savedMs }) };
  };
}
