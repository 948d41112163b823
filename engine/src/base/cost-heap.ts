/** A binary heap of small integers by (cost, number) whose costs may change. */

export class CostHeap {
  readonly #cost: Float64Array;
  readonly #place: Int32Array;
  readonly #heap: Int32Array;
  #size = 0;

  constructor(n: number) {
    this.#cost = new Float64Array(n);
    this.#place = new Int32Array(n).fill(-1);
    this.#heap = new Int32Array(n);
  }

  set(v: number, cost: number): void {
    this.#cost[v] = cost;
    if (this.#place[v] < 0) {
      this.#place[v] = this.#size;
      this.#heap[this.#size++] = v;
    }
    this.#up(this.#place[v]);
    this.#down(this.#place[v]);
  }

  pop(): number {
    const top = this.#heap[0];
    const last = this.#heap[--this.#size];
    this.#place[top] = -1;
    if (last !== top) {
      this.#heap[0] = last;
      this.#place[last] = 0;
      this.#down(0);
    }
    return top;
  }

  #less(a: number, b: number): boolean {
    return this.#cost[a] < this.#cost[b] || (this.#cost[a] === this.#cost[b] && a < b);
  }

  #up(at: number): void {
    const v = this.#heap[at];
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const w = this.#heap[parent];
      if (!this.#less(v, w)) break;
      this.#heap[at] = w;
      this.#place[w] = at;
      at = parent;
    }
    this.#heap[at] = v;
    this.#place[v] = at;
  }

  #down(at: number): void {
    const v = this.#heap[at];
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#less(this.#heap[child + 1], this.#heap[child])) child++;
      const w = this.#heap[child];
      if (!this.#less(w, v)) break;
      this.#heap[at] = w;
      this.#place[w] = at;
      at = child;
    }
    this.#heap[at] = v;
    this.#place[v] = at;
  }
}
