/** How many plans of deletions are remembered: the desk has what would go, the comm target what may be carried out. */

/** Plans that were not carried out are forgotten, the oldest first. */
export const PLANS_MAX = 20;
export const NO_PLAN = "Cannot delete: there is no such plan any more; look again what would go.";

/** Forgets the oldest of a map until `max` are left. */
export function keepNewest<K>(map: Map<K, unknown>, max: number): void {
  for (const [old] of map) if (map.size > max) map.delete(old);
}
