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

/** Counts, then fills: a stream is written twice, the first time to learn its length. */
class StreamWriter {
  length = 0;
  #data: Int32Array | undefined;

  push(value: number): void {
    if (this.#data) this.#data[this.length] = value;
    this.length++;
  }

  static write(fill: (to: StreamWriter) => void): Int32Array {
    const to = new StreamWriter();
    fill(to);
    to.#data = new Int32Array(to.length);
    to.length = 0;
    fill(to);
    return to.#data;
  }
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

export function forwardStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  strides: Strides,
): Int32Array {
  const { order, rank } = trace;
  const { rowStart, targets } = pattern;
  return StreamWriter.write((to) => {
    const row = (p: number, first: number, end: number): void => {
      const v = order[p];
      const inside = end - first > 1;
      const counts = [0, 0, 0];
      const part = (q: number): number => (q < 0 ? 1 : q < first ? 0 : 2);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) if (rank[targets[e]] !== p) counts[part(rank[targets[e]])]++;
      const write = (wanted: number): void => {
        to.push(counts[wanted]);
        for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
          const q = rank[targets[e]];
          if (q === p || part(q) !== wanted) continue;
          if (wanted === 0) to.push(q * strides.slot);
          if (wanted === 2) to.push((q - first) * strides.slot);
          to.push(classOf[e] * strides.plane);
        }
      };
      write(0);
      write(1);
      if (inside) write(2);
    };
    runs(
      trace,
      false,
      (first, end) => {
        to.push(end - first);
        to.push(0);
        for (let p = first; p < end; p++) row(p, p, p + 1);
      },
      (first, end) => {
        to.push(0);
        to.push(end - first);
        for (let p = first; p < end; p++) row(p, first, end);
      },
    );
    to.push(0);
    to.push(0);
  });
}

export function backwardStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  strides: Strides,
): Int32Array {
  const { order, rank, componentStart } = trace;
  const { rowStart, targets } = pattern;
  const n = order.length;
  const component = new Int32Array(n);
  for (let c = 0; c + 1 < componentStart.length; c++) component.fill(c, componentStart[c], componentStart[c + 1]);
  // in-edges from other components, a counting sort by target
  const start = new Int32Array(n + 1);
  const eachEntering = (visit: (p: number, q: number, e: number) => void): void => {
    for (let p = 0; p < n; p++)
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++) {
        const q = rank[targets[e]];
        if (q >= 0 && component[q] !== component[p]) visit(p, q, e);
      }
  };
  eachEntering((_, q) => start[q + 1]++);
  for (let q = 0; q < n; q++) start[q + 1] += start[q];
  const next = start.slice(0, n);
  const sources = new Int32Array(start[n]);
  const edges = new Int32Array(start[n]);
  eachEntering((p, q, e) => {
    sources[next[q]] = p;
    edges[next[q]++] = e;
  });
  return StreamWriter.write((to) => {
    const row = (q: number): void => {
      to.push(start[q + 1] - start[q]);
      for (let i = start[q]; i < start[q + 1]; i++) {
        to.push(sources[i] * strides.slot);
        to.push(classOf[edges[i]] * strides.plane);
      }
    };
    runs(
      trace,
      true,
      (first, end) => {
        to.push(end - first);
        to.push(0);
        for (let p = end - 1; p >= first; p--) row(p);
      },
      (first, end) => {
        to.push(0);
        to.push(end - first);
        for (let p = first; p < end; p++) row(p);
      },
    );
    to.push(0);
    to.push(0);
  });
}

/** All out-edges by position. */
export function edgeStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  strides: Strides,
): Int32Array {
  const { order, rank } = trace;
  const { rowStart, targets } = pattern;
  return StreamWriter.write((to) => {
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      let absorbing = 0;
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) if (rank[targets[e]] < 0) absorbing++;
      to.push(rowStart[v + 1] - rowStart[v] - absorbing);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        if (rank[targets[e]] < 0) continue;
        to.push(rank[targets[e]] * strides.slot);
        to.push(classOf[e] * strides.plane);
      }
      to.push(absorbing);
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) if (rank[targets[e]] < 0) to.push(classOf[e] * strides.plane);
    }
  });
}

/** Out-edges to absorbing vertices, all or those listed, by position. */
export function absorbingStream(
  trace: EliminationTrace,
  pattern: Pattern,
  classOf: Int32Array,
  strides: Strides,
  vertices: readonly number[] | undefined,
): Int32Array {
  const wanted = vertices && new Set(vertices);
  const { order, rank } = trace;
  const { rowStart, targets } = pattern;
  return StreamWriter.write((to) => {
    for (let p = 0; p < order.length; p++) {
      const found: number[] = [];
      for (let e = rowStart[order[p]]; e < rowStart[order[p] + 1]; e++)
        if (rank[targets[e]] < 0 && (!wanted || wanted.has(targets[e]))) found.push(classOf[e] * strides.plane);
      to.push(found.length);
      for (const at of found) to.push(at);
    }
  });
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
    for (let p = first; p < componentStart[c + 1]; p++) {
      rows.set(
        [
          addresses.earlier + 8 * lowerStart[p],
          lowerStart[p + 1] - lowerStart[p],
          addresses.later + 4 * upperStart[p],
          upperStart[p + 1] - upperStart[p],
          lowerStart[p] * slot,
          upperStart[p] * slot,
        ],
        p * ROW_INTEGERS,
      );
      for (let i = lowerStart[p]; i < lowerStart[p + 1]; i++) {
        earlier[2 * i] = addresses.rows + 4 * ROW_INTEGERS * lower[i];
        earlier[2 * i + 1] = (lower[i] - first) * slot;
      }
      for (let j = upperStart[p]; j < upperStart[p + 1]; j++) later[j] = (upper[j] - first) * slot;
    }
  }
  return { rows, earlier, later };
}
