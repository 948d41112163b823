/** The elimination order inside a component. */
import type { LocalPattern } from "./local-pattern.js";
import { MinimumFill, type Watch } from "./minimum-fill.js";
import { BITS_MAX, bitSpace, minimumFillBits } from "./minimum-fill-bits.js";

/** Writes local vertices in elimination order to `order`. */
export type Orderer = (pattern: LocalPattern, order: Int32Array, watch: Watch) => void;

/** Makes orders of components of at most `largest` vertices by minimum fill, in memory that is used again. */
export function createOrderer(largest: number): Orderer {
  const space = bitSpace();
  const lists = new MinimumFill(largest <= BITS_MAX ? 0 : largest);
  return (pattern, order, watch) => {
    if (pattern.size <= BITS_MAX) {
      watch(0, pattern.outStart[pattern.size]);
      minimumFillBits(pattern, space, order);
      return;
    }
    const hubs = hubsOf(pattern);
    if (hubs.length === 0) lists.order(pattern, order, watch);
    else withoutHubs(lists, pattern, hubs, order, watch);
  };
}

/**
 * Vertices with so many neighbours that keeping their counts would take longer than all the rest, such as one state to
 * which every other may fall back. They go last, the one with the fewest neighbours first.
 */
function hubsOf({ size, outStart, intoStart }: LocalPattern): number[] {
  const many = Math.max(64, 10 * Math.sqrt(size));
  const degree = (v: number): number => Math.max(outStart[v + 1] - outStart[v], intoStart[v + 1] - intoStart[v]);
  const hubs: number[] = [];
  for (let v = 0; v < size; v++) if (degree(v) > many) hubs.push(v);
  return hubs.sort((a, b) => degree(a) - degree(b) || a - b);
}

/** Orders what is left when the hubs are taken out, then the hubs. */
function withoutHubs(
  lists: MinimumFill,
  pattern: LocalPattern,
  hubs: readonly number[],
  order: Int32Array,
  watch: Watch,
): void {
  const { size, symmetric } = pattern;
  const number = new Int32Array(size);
  for (const hub of hubs) number[hub] = -1;
  const rest: number[] = [];
  for (let v = 0; v < size; v++) if (number[v] === 0) number[v] = rest.push(v) - 1;
  const part = (start: Int32Array, values: Int32Array): [Int32Array, Int32Array] => {
    const partStart = new Int32Array(rest.length + 1);
    const kept = new Int32Array(start[size]);
    let count = 0;
    rest.forEach((v, i) => {
      for (let e = start[v]; e < start[v + 1]; e++) if (number[values[e]] >= 0) kept[count++] = number[values[e]];
      partStart[i + 1] = count;
    });
    return [partStart, kept];
  };
  const [outStart, out] = part(pattern.outStart, pattern.out);
  const [intoStart, into] = symmetric ? [outStart, out] : part(pattern.intoStart, pattern.into);
  lists.order({ size: rest.length, outStart, out, intoStart, into, symmetric }, order, watch);
  for (let i = 0; i < rest.length; i++) order[i] = rest[order[i]];
  order.set(hubs, rest.length);
}
