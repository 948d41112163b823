/**
 * Lists of numbers per vertex that grow and shrink, all in one array: a list that outgrows its place moves to the end,
 * and what it leaves behind is won back when the array is full.
 */
export class Adjacency {
  #size = 0;
  /** Where the list of each vertex begins in `values`, and how long it is. */
  readonly start: Int32Array;
  readonly length: Int32Array;
  readonly #capacity: Int32Array;
  values = new Int32Array(64);
  #end = 0;

  constructor(largest: number) {
    this.start = new Int32Array(largest);
    this.length = new Int32Array(largest);
    this.#capacity = new Int32Array(largest);
  }

  /** Starts anew with the rows of a pattern, and writes how long they are to `degree`. */
  fill(size: number, rowStart: Int32Array, targets: Int32Array, degree: Int32Array): void {
    this.#size = size;
    for (let v = 0; v < size; v++) {
      this.start[v] = rowStart[v];
      degree[v] = this.length[v] = this.#capacity[v] = rowStart[v + 1] - rowStart[v];
    }
    this.#end = rowStart[size];
    if (this.values.length < 2 * this.#end) this.values = new Int32Array(2 * this.#end);
    this.values.set(targets.subarray(0, this.#end));
  }

  append(v: number, value: number): void {
    if (this.length[v] === this.#capacity[v]) this.#move(v);
    this.values[this.start[v] + this.length[v]++] = value;
  }

  /** Keeps of the list of v what is not `gone`, unless it has the length that it should have then. */
  tidy(v: number, gone: Uint8Array, length: number): void {
    if (this.length[v] === length) return;
    const values = this.values;
    const start = this.start[v];
    const end = start + this.length[v];
    let to = start;
    for (let i = start; i < end; i++) if (!gone[values[i]]) values[to++] = values[i];
    this.length[v] = to - start;
  }

  /** Gives up the list of v. */
  drop(v: number): void {
    this.length[v] = this.#capacity[v] = 0;
  }

  #move(v: number): void {
    const capacity = Math.max(4, 2 * this.#capacity[v]);
    if (this.#end + capacity > this.values.length) this.#compact(capacity);
    this.values.copyWithin(this.#end, this.start[v], this.start[v] + this.length[v]);
    this.start[v] = this.#end;
    this.#capacity[v] = capacity;
    this.#end += capacity;
  }

  /** Packs the lists, each with its room, into a new array with at least `more` places behind them. */
  #compact(more: number): void {
    let used = 0;
    for (let v = 0; v < this.#size; v++) used += this.#capacity[v];
    const values = new Int32Array(Math.ceil(1.5 * used) + more);
    let end = 0;
    for (let v = 0; v < this.#size; v++) {
      const start = this.start[v];
      values.set(this.values.subarray(start, start + this.length[v]), end);
      this.start[v] = end;
      end += this.#capacity[v];
    }
    this.values = values;
    this.#end = end;
  }
}
