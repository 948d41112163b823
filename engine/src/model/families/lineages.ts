/**
 * States that count lineages by type: a vector of counts, one place per type. The rules that several families
 * share stand here. They say what changes only: states have up to hundreds of places, and few of them change.
 */
import type { Weight } from "../../expression/weight.js";
import type { Emit, StateVector } from "../define.js";

/** Places of the types that there are lineages of, ascending. */
export function occupied(state: StateVector): number[] {
  const places: number[] = [];
  for (let place = 0; place < state.length; place++) if (state[place] > 0) places.push(place);
  return places;
}

/** Number of lineages, which stand at these places. */
export function lineageCount(state: StateVector, places: readonly number[]): number {
  let count = 0;
  for (const place of places) count += state[place];
  return count;
}

/** Number of pairs of one lineage of type x and one of type y, for x ≤ y. */
const pairs = (state: StateVector, x: number, y: number): number =>
  x === y ? (state[x] * (state[x] - 1)) / 2 : state[x] * state[y];

/** Every coalescence of two lineages: `into(x, y)` is the place of the merged type, −1 when they cannot meet. */
export function emitCoalescences(
  state: StateVector,
  places: readonly number[],
  emit: Emit,
  into: (x: number, y: number) => number,
  rate: (pairCount: number, x: number, y: number) => number | Weight,
): void {
  for (let i = 0; i < places.length; i++)
    for (let j = i; j < places.length; j++) {
      const x = places[i];
      const y = places[j];
      const count = pairs(state, x, y);
      const merged = count > 0 ? into(x, y) : -1;
      if (merged >= 0) emit.changed([x, y, merged], COALESCENCE, rate(count, x, y));
    }
}

/** What changes where two lineages are and where their ancestor is; a lineage leaves and arrives; one leaves, two arrive. */
const COALESCENCE = [-1, -1, 1] as const;
export const MOVE = [-1, 1] as const;
export const SPLIT = [-1, 1, 1] as const;
