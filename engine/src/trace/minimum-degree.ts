/**
 * Elimination inside one component: at every step the vertex with the smallest Markowitz product (ways in × ways
 * out) goes next, ties by smaller index, and its predecessors are joined to its successors.
 */
import { CostHeap } from "../base/cost-heap.js";
import { InputError, InterruptedError } from "../base/errors.js";

export interface LocalElimination {
  /** Local vertices in elimination order. */
  readonly order: Int32Array;
  /** For each place in the order: local vertices eliminated later that it still leads to. */
  readonly successors: readonly (readonly number[])[];
  /** For each place in the order: local vertices eliminated later that still lead to it. */
  readonly predecessors: readonly (readonly number[])[];
}

const POLL_EVERY = 256;

/** Bytes that one entry takes while elimination runs: in two sets, and once in the rows. */
const ENTRY_BYTES = 100;

/**
 * `out[v]` are the local successors of v, without v itself. Consumes the sets. Throws `InterruptedError` when told to,
 * and `InputError` once the entries need more than `maxBytes`.
 */
export function minimumDegree(out: Set<number>[], interrupted: () => boolean, maxBytes: number): LocalElimination {
  const n = out.length;
  const into: Set<number>[] = out.map(() => new Set<number>());
  out.forEach((successors, v) => {
    for (const w of successors) into[w].add(v);
  });
  const heap = new CostHeap(n);
  const cost = (v: number): number => into[v].size * out[v].size;
  for (let v = 0; v < n; v++) heap.set(v, cost(v));

  const order = new Int32Array(n);
  const successors: number[][] = [];
  const predecessors: number[][] = [];
  let entries = out.reduce((sum, row) => sum + row.size, 0);
  for (let step = 0; step < n; step++) {
    if (step % POLL_EVERY === 0 && interrupted()) throw new InterruptedError(`eliminating vertex ${step} of ${n}`);
    if (entries * ENTRY_BYTES > maxBytes)
      throw new InputError(
        "too-much-memory",
        `Cannot eliminate ${n} states that all lead to each other: at state ${step} there are ${entries} entries, more than ${(maxBytes / 2 ** 30).toFixed(1)} GiB hold; choose smaller inputs, or build with a larger maxBytes.`,
      );
    const v = heap.pop();
    const after = [...out[v]];
    const before = [...into[v]];
    order[step] = v;
    successors.push(after);
    predecessors.push(before);
    for (const w of after) into[w].delete(v);
    for (const u of before) out[u].delete(v);
    for (const u of before)
      for (const w of after)
        if (u !== w && !out[u].has(w)) {
          out[u].add(w);
          into[w].add(u);
          entries++;
        }
    for (const w of after) heap.set(w, cost(w));
    for (const u of before) heap.set(u, cost(u));
  }
  return { order, successors, predecessors };
}
