/**
 * The pattern and its trace as streams of integers, in the order in which kernels read them: no row pointers, and
 * offsets in bytes instead of indices, so that a kernel adds where it would multiply. Offsets of positions count slots,
 * offsets of classes count planes (one double per lane), and both are relative to the tile that lanes live in.
 *
 * | stream     | rows                              | record of a row                                                    |
 * |------------|-----------------------------------|--------------------------------------------------------------------|
 * | `forward`  | sinks first, by runs              | out-edges that leave the component: count, [position, class]…      |
 * |            |                                   | to absorption: count, [class]…; inside: count, [local, class]…     |
 * | `backward` | starts first, by runs             | in-edges from other components: count, [position, class]…          |
 * | `edges`    | by position                       | all out-edges to transient positions: count, [position, class]…    |
 * |            |                                   | to absorption: count, [class]…                                     |
 * | `absorbing`| by position                       | out-edges to some absorbing vertices: count, [class]…              |
 *
 * A run is a number of rows that are components by themselves, [rows, 0] and their records without an inside part, or one
 * component of several rows, [0, rows]; [0, 0] ends the stream. Self-loops are in `edges` alone.
 *
 * `rows` has six integers for each position of a component of several rows: where its list of earlier rows begins, its
 * length, where its list of later rows begins, its length, and the offsets of its lower and upper factors. An entry of
 * the first list is [offset of that row's six integers, local offset], one of the second a local offset.
 */
import type { EliminationTrace, Pattern } from "../../trace/trace.js";

export const ROW_INTEGERS = 6;

export interface Strides {
  /** Bytes from one position, or factor, to the next. */
  readonly slot: number;
  /** Bytes from one class to the next. */
  readonly plane: number;
}

/** Whether a component is eliminated inside; a single position never is. */
const several = ({ componentStart }: EliminationTrace, c: number): boolean =>
  componentStart[c + 1] - componentStart[c] > 1;

export const hasComponents = (trace: EliminationTrace): boolean => trace.componentStart.length - 1 < trace.order.length;

/** The most rows of a component. */
export function largestComponent({ componentStart }: EliminationTrace): number {
  let largest = 0;
  for (let c = 0; c + 1 < componentStart.length; c++)
    largest = Math.max(largest, componentStart[c + 1] - componentStart[c]);
  return largest;
}

/** Calls `single` for runs of components of one position, `many` for each other one, sinks first or starts first. */
function runs(
  trace: EliminationTrace,
  descending: boolean,
  single: (first: number, end: number) => void,
  many: (first: number, end: number) => void,
): void {
  const { componentStart } = trace;
  const count = componentStart.length - 1;
  for (let k = 0; k < count; ) {
    const c = descending ? count - 1 - k : k;
    if (several(trace, c)) {
      many(componentStart[c], componentStart[c + 1]);
      k++;
      continue;
    }
    let length = 1;
    while (k + length < count && !several(trace, descending ? c - length : c + length)) length++;
    const lowest = descending ? c - length + 1 : c;
    single(componentStart[lowest], componentStart[lowest + length]);
    k += length;
  }
}

/** [rows, 0] or [0, rows] of every run, and the end. */
const headers = ({ componentStart }: EliminationTrace): number => 2 * componentStart.length;

export function forwardStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  { slot, plane }: Strides,
): Int32Array {
  const { order, rank } = trace;
  const { rowStart, targets } = pattern;
  const data = new Int32Array(headers(trace) + 3 * order.length + 2 * targets.length);
  let at = 0;
  const row = (p: number, first: number, inside: boolean): void => {
    const begin = rowStart[order[p]];
    const end = rowStart[order[p] + 1];
    let count = at++;
    for (let e = begin; e < end; e++) {
      const q = rank[targets[e]];
      if (q < 0 || q >= first) continue;
      data[at++] = q * slot;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
    count = at++;
    for (let e = begin; e < end; e++) {
      if (rank[targets[e]] >= 0) continue;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
    if (!inside) return;
    count = at++;
    for (let e = begin; e < end; e++) {
      const q = rank[targets[e]];
      if (q < first || q === p) continue;
      data[at++] = (q - first) * slot;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
  };
  runs(
    trace,
    false,
    (first, end) => {
      data[at++] = end - first;
      data[at++] = 0;
      for (let p = first; p < end; p++) row(p, p, false);
    },
    (first, end) => {
      data[at++] = 0;
      data[at++] = end - first;
      for (let p = first; p < end; p++) row(p, first, true);
    },
  );
  return data.slice(0, at + 2);
}

export function backwardStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  { slot, plane }: Strides,
): Int32Array {
  const { order, rank, componentStart } = trace;
  const { rowStart, targets } = pattern;
  const n = order.length;
  const component = new Int32Array(n);
  for (let c = 0; c + 1 < componentStart.length; c++) component.fill(c, componentStart[c], componentStart[c + 1]);
  // in-edges from other components, a counting sort by target
  const start = new Int32Array(n + 1);
  for (let p = 0; p < n; p++)
    for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
      const q = rank[targets[e]];
      if (q >= 0 && component[q] !== component[p]) start[q + 1]++;
    }
  for (let q = 0; q < n; q++) start[q + 1] += start[q];
  const next = start.slice(0, n);
  const entering = new Int32Array(2 * start[n]);
  for (let p = 0; p < n; p++)
    for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
      const q = rank[targets[e]];
      if (q < 0 || component[q] === component[p]) continue;
      const i = 2 * next[q]++;
      entering[i] = p * slot;
      entering[i + 1] = classOf[e] * plane;
    }
  const data = new Int32Array(headers(trace) + n + entering.length);
  let at = 0;
  const row = (q: number): void => {
    data[at++] = start[q + 1] - start[q];
    for (let i = 2 * start[q]; i < 2 * start[q + 1]; i++) data[at++] = entering[i];
  };
  runs(
    trace,
    true,
    (first, end) => {
      data[at++] = end - first;
      data[at++] = 0;
      for (let p = end - 1; p >= first; p--) row(p);
    },
    (first, end) => {
      data[at++] = 0;
      data[at++] = end - first;
      for (let p = first; p < end; p++) row(p);
    },
  );
  return data.slice(0, at + 2);
}

/** All out-edges by position. */
export function edgeStream(
  { order, rank }: EliminationTrace,
  { rowStart, targets }: Pattern,
  classOf: Int32Array,
  { slot, plane }: Strides,
): Int32Array {
  const data = new Int32Array(2 * order.length + 2 * targets.length);
  let at = 0;
  for (let p = 0; p < order.length; p++) {
    const begin = rowStart[order[p]];
    const end = rowStart[order[p] + 1];
    let count = at++;
    for (let e = begin; e < end; e++) {
      const q = rank[targets[e]];
      if (q < 0) continue;
      data[at++] = q * slot;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
    count = at++;
    for (let e = begin; e < end; e++) {
      if (rank[targets[e]] >= 0) continue;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
  }
  return data.slice(0, at);
}

/** Out-edges to absorbing vertices, all or those listed, by position. */
export function absorbingStream(
  { order, rank }: EliminationTrace,
  { rowStart, targets }: Pattern,
  classOf: Int32Array,
  { plane }: Strides,
  vertices: readonly number[] | undefined,
): Int32Array {
  const wanted = vertices && new Set(vertices);
  const data = new Int32Array(order.length + targets.length);
  let at = 0;
  for (let p = 0; p < order.length; p++) {
    const count = at++;
    for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
      if (rank[targets[e]] >= 0 || (wanted && !wanted.has(targets[e]))) continue;
      data[at++] = classOf[e] * plane;
      data[count]++;
    }
  }
  return data.slice(0, at);
}

export interface RowTables {
  /** Six integers per position, absolute addresses once `base` is known. */
  readonly rows: Int32Array;
  /** Lists of earlier rows, two integers an entry, and of later rows, one an entry. */
  readonly earlier: Int32Array;
  readonly later: Int32Array;
}

/** Tables of components of several rows; addresses are where each array will lie in memory. */
export function rowTables(
  trace: EliminationTrace,
  slot: number,
  addresses: { readonly rows: number; readonly earlier: number; readonly later: number },
): RowTables {
  const { componentStart, lowerStart, lower, upperStart, upper, order } = trace;
  const rows = new Int32Array(order.length * ROW_INTEGERS);
  const earlier = new Int32Array(2 * lower.length);
  const later = new Int32Array(upper.length);
  for (let c = 0; c + 1 < componentStart.length; c++) {
    const first = componentStart[c];
    const end = componentStart[c + 1];
    if (end - first === 1) continue;
    for (let p = first; p < end; p++) {
      const at = p * ROW_INTEGERS;
      rows[at] = addresses.earlier + 8 * lowerStart[p];
      rows[at + 1] = lowerStart[p + 1] - lowerStart[p];
      rows[at + 2] = addresses.later + 4 * upperStart[p];
      rows[at + 3] = upperStart[p + 1] - upperStart[p];
      rows[at + 4] = lowerStart[p] * slot;
      rows[at + 5] = upperStart[p] * slot;
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        earlier[2 * i] = addresses.rows + 4 * ROW_INTEGERS * lower[i];
        earlier[2 * i + 1] = (lower[i] - first) * slot;
      }
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) later[j] = (upper[j] - first) * slot;
    }
  }
  return { rows, earlier, later };
}
