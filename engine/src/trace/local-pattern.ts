/** The pattern inside one component, by local numbers 0 … size − 1 in the order of its vertices; without self-loops. */
import type { Components } from "./components.js";
import type { Pattern } from "./trace.js";

export interface LocalPattern {
  readonly size: number;
  /** Successors of v are out[outStart[v]] … out[outStart[v + 1] − 1], ascending; predecessors likewise. */
  readonly outStart: Int32Array;
  readonly out: Int32Array;
  readonly intoStart: Int32Array;
  readonly into: Int32Array;
  /** Whether every edge has its reverse; then predecessors are the successors, in the same arrays. */
  readonly symmetric: boolean;
}

/** Makes local patterns one after the other in the same memory: each is good until the next is made. */
export class LocalPatterns {
  readonly #pattern: Pattern;
  readonly #parts: Components;
  readonly #local: Int32Array;
  readonly #outStart: Int32Array;
  readonly #intoStart: Int32Array;
  readonly #next: Int32Array;
  #out = new Int32Array(0);
  #into = new Int32Array(0);

  constructor(pattern: Pattern, parts: Components, largest: number) {
    this.#pattern = pattern;
    this.#parts = parts;
    this.#local = new Int32Array(pattern.vertexCount);
    this.#outStart = new Int32Array(largest + 1);
    this.#intoStart = new Int32Array(largest + 1);
    this.#next = new Int32Array(largest);
  }

  /** The pattern of component c, whose members are these, ascending. Cost: O(edges out of the members). */
  of(c: number, members: Int32Array): LocalPattern {
    const { rowStart } = this.#pattern;
    const local = this.#local;
    const size = members.length;
    let edges = 0;
    for (let i = 0; i < size; i++) {
      local[members[i]] = i;
      edges += rowStart[members[i] + 1] - rowStart[members[i]];
    }
    if (edges > this.#out.length) this.#out = new Int32Array(2 * edges);
    const { out, outStart } = this.#successors(c, members);
    const symmetric = this.#isSymmetric(size);
    if (!symmetric) this.#turnRound(size);
    return {
      size,
      outStart,
      out,
      intoStart: symmetric ? outStart : this.#intoStart,
      into: symmetric ? out : this.#into,
      symmetric,
    };
  }

  #successors(c: number, members: Int32Array): { out: Int32Array; outStart: Int32Array } {
    const { rowStart, targets } = this.#pattern;
    const of = this.#parts.of;
    const local = this.#local;
    const out = this.#out;
    const outStart = this.#outStart;
    let count = 0;
    for (let i = 0; i < members.length; i++) {
      outStart[i] = count;
      const v = members[i];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const w = targets[e];
        if (of[w] === c && w !== v) out[count++] = local[w];
      }
    }
    outStart[members.length] = count;
    return { out, outStart };
  }

  /** Predecessors come in ascending order, as successors stand: of a symmetric pattern the two lists agree edge by edge. */
  #isSymmetric(size: number): boolean {
    const next = this.#next;
    const out = this.#out;
    const outStart = this.#outStart;
    for (let i = 0; i < size; i++) next[i] = outStart[i];
    for (let i = 0; i < size; i++)
      for (let e = outStart[i]; e < outStart[i + 1]; e++) {
        const at = next[out[e]]++;
        if (at >= outStart[out[e] + 1] || out[at] !== i) return false;
      }
    return true;
  }

  #turnRound(size: number): void {
    const next = this.#next;
    const out = this.#out;
    const outStart = this.#outStart;
    const start = this.#intoStart;
    if (this.#into.length < this.#out.length) this.#into = new Int32Array(this.#out.length);
    const into = this.#into;
    start.fill(0, 0, size + 1);
    for (let e = 0; e < outStart[size]; e++) start[out[e] + 1]++;
    for (let i = 0; i < size; i++) {
      start[i + 1] += start[i];
      next[i] = start[i];
    }
    for (let i = 0; i < size; i++) for (let e = outStart[i]; e < outStart[i + 1]; e++) into[next[out[e]]++] = i;
  }
}
