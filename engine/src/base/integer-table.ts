/**
 * Integer vectors ↔ ids: open addressing over one growing array of integers, no string keys. Ids are given
 * in the order of first sight.
 */
import { InputError } from "./errors.js";

export class IntegerTable {
  readonly width: number;
  #vectors: Int32Array;
  #slots: Int32Array;
  #count = 0;

  constructor(width: number) {
    this.width = width;
    this.#vectors = new Int32Array(Math.max(1, width) * 64);
    this.#slots = new Int32Array(128).fill(-1);
  }

  get count(): number {
    return this.#count;
  }

  /** All vectors, count × width. */
  vectors(): Int32Array {
    return this.#vectors.slice(0, this.#count * this.width);
  }

  /** The id of a vector, new if it was not seen before. */
  intern(state: ArrayLike<number>): number {
    const mask = this.#slots.length - 1;
    let slot = hash(state) & mask;
    for (; this.#slots[slot] >= 0; slot = (slot + 1) & mask)
      if (this.#equals(this.#slots[slot], state)) return this.#slots[slot];
    if (this.#count === 2 ** 31 - 1)
      throw new InputError("too-many-states", "Cannot explore the model: it has 2^31 states.");
    const id = this.#count++;
    if (this.#count * this.width > this.#vectors.length) {
      const larger = new Int32Array(this.#vectors.length * 2);
      larger.set(this.#vectors);
      this.#vectors = larger;
    }
    const start = id * this.width;
    for (let i = 0; i < this.width; i++) this.#vectors[start + i] = state[i];
    this.#slots[slot] = id;
    if (this.#count * 2 > this.#slots.length) this.#grow();
    return id;
  }

  vectorOf(id: number): number[] {
    return Array.from(this.#vectors.subarray(id * this.width, (id + 1) * this.width));
  }

  #equals(id: number, state: ArrayLike<number>): boolean {
    const start = id * this.width;
    for (let i = 0; i < this.width; i++) if (this.#vectors[start + i] !== state[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      let slot = hash(this.#vectors.subarray(id * this.width, (id + 1) * this.width)) & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function hash(state: ArrayLike<number>): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < state.length; i++) {
    h = Math.imul(h ^ state[i], 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
