/**
 * States that count lineages by type: a vector of counts, one place per type. The rules that several families
 * share stand here.
 */
import type { Weight } from "../../expression/weight.js";
import type { StateVector, Transition } from "../define.js";

/** A state with some counts changed. */
export function changed(state: StateVector, changes: Readonly<Record<number, number>>): number[] {
  const next = [...state];
  for (const [place, change] of Object.entries(changes)) next[Number(place)] += change;
  return next;
}

export const lineageCount = (state: StateVector): number => state.reduce((a, b) => a + b, 0);

/** Number of pairs of one lineage of type x and one of type y, for x ≤ y. */
export const pairs = (state: StateVector, x: number, y: number): number =>
  x === y ? (state[x] * (state[x] - 1)) / 2 : state[x] * state[y];

/** Every coalescence of two lineages: `into(x, y)` is the place of the merged type, undefined when they cannot meet. */
export function coalescences(
  state: StateVector,
  into: (x: number, y: number) => number | undefined,
  rate: (pairCount: number, x: number, y: number) => number | Weight,
): Transition[] {
  const transitions: Transition[] = [];
  for (let x = 0; x < state.length; x++)
    for (let y = x; y < state.length; y++) {
      const count = pairs(state, x, y);
      const merged = count > 0 ? into(x, y) : undefined;
      if (merged === undefined) continue;
      const next = [...state];
      next[x]--;
      next[y]--;
      next[merged]++;
      transitions.push({ to: next, rate: rate(count, x, y) });
    }
  return transitions;
}
