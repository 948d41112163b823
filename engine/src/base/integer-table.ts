/**
 * Integer vectors ↔ ids: open addressing, no string keys. Ids are given in the order of first sight.
 *
 * Made for state spaces, whose vectors have up to hundreds of entries, small ones, and differ from the one they were
 * found from in few. So a vector is compared with a reference first, and only where the two differ does it count into
 * the hash, which is a sum over the entries; and vectors are kept in 8 bits per entry until one does not fit, then in
 * 16, then in 32, and compared word by word.
 */
import { InputError } from "./errors.js";

/** What `intern` answers for something that is not a vector of so many 32-bit integers. */
export const NO_VECTOR = -1;

/** Rows of narrow entries and the same memory as 32-bit words. */
type Narrow = Int8Array | Int16Array | Int32Array;
const NARROW = [Int8Array, Int16Array, Int32Array] as const;

/** Slots are filled to a half at most. */
const SLOTS_PER_VECTOR = 2;

export class IntegerTable {
  readonly width: number;
  #count = 0;
  /** Index in `NARROW` of what vectors are kept as, and the largest entry of this kind. */
  #kind = 0;
  #most = 0;
  #wordsPerRow = 0;
  #rows = new Int32Array(0);
  /** The same memory, entry by entry, and the entries of a row, some of which may be padding. */
  #narrow: Narrow = new Int8Array(0);
  #perRow = 0;
  /** Two places per slot: the hash, and the id plus 1, which is 0 in an empty slot. */
  #slots = new Int32Array(2 * 128);
  readonly #multipliers: Int32Array;
  /** The vector that others are compared with, its share of the hash, and its row, in which lookups write and put back. */
  readonly #reference: Int32Array;
  #referenceSum = 0;
  #candidate: Narrow = new Int8Array(0);
  #candidateWords = new Int32Array(0);
  /** The reference once more, to be written in and put back. */
  readonly #changed: Int32Array;
  readonly #zeros: readonly number[];
  /** Where a vector differs from the reference, and by what entry. */
  readonly #places: Int32Array;
  readonly #entries: Int32Array;

  constructor(width: number) {
    this.width = width;
    this.#multipliers = Int32Array.from({ length: width }, (_, i) => mix(Math.imul(i + 1, 0x9e3779b9)) | 1);
    this.#reference = new Int32Array(width);
    this.#changed = new Int32Array(width);
    this.#zeros = Array.from({ length: width }, () => 0);
    this.#places = new Int32Array(width);
    this.#entries = new Int32Array(width);
    this.#keepAs(0);
  }

  get count(): number {
    return this.#count;
  }

  /** All vectors, count × width. */
  vectors(): Int32Array {
    const count = this.#count;
    const width = this.width;
    const narrow = this.#narrow;
    const perRow = this.#perRow;
    const all = new Int32Array(count * width);
    if (perRow === width) all.set(narrow.subarray(0, count * width));
    else for (let id = 0, to = 0; id < count; id++) for (let i = 0; i < width; i++) all[to++] = narrow[id * perRow + i];
    return all;
  }

  vectorOf(id: number): number[] {
    const vector = this.#zeros.slice(); // a list without holes, made at once
    const start = id * this.#perRow;
    const narrow = this.#narrow;
    for (let i = 0; i < vector.length; i++) if (narrow[start + i] !== 0) vector[i] = narrow[start + i];
    return vector;
  }

  /** Makes a vector the one that others are compared with: the cost of `intern` grows with the difference to it. */
  refer(id: number): void {
    const start = id * this.#perRow;
    const narrow = this.#narrow;
    const reference = this.#reference;
    const multipliers = this.#multipliers;
    let sum = this.#referenceSum;
    for (let i = 0; i < reference.length; i++) {
      const entry = narrow[start + i];
      if (entry === reference[i]) continue;
      sum = (sum + term(entry, multipliers[i]) - term(reference[i], multipliers[i])) | 0;
      reference[i] = this.#changed[i] = entry;
    }
    this.#referenceSum = sum;
    for (let k = 0; k < this.#wordsPerRow; k++) this.#candidateWords[k] = this.#rows[id * this.#wordsPerRow + k];
  }

  /** Whether a list is the vector of this id. */
  holds(id: number, state: ArrayLike<number>): boolean {
    const start = id * this.#perRow;
    for (let i = 0; i < this.width; i++) if (this.#narrow[start + i] !== state[i]) return false;
    return state.length === this.width;
  }

  /** The id of a vector, new if it was not seen before; `NO_VECTOR` if it is none. */
  intern(state: ArrayLike<number>): number {
    const width = this.width;
    if (state.length !== width) return NO_VECTOR;
    const reference = this.#reference;
    const places = this.#places;
    const entries = this.#entries;
    let different = 0;
    for (let i = 0; i < width; i++) {
      const value = state[i];
      if (value === reference[i]) continue;
      const entry = value | 0;
      if (entry !== value) return NO_VECTOR;
      places[different] = i;
      entries[different++] = entry;
    }
    return this.#find(different);
  }

  /**
   * The same for the reference with `by[k]` added at `places[k]`; a place may come twice. Cost: as many steps as places,
   * whatever the width.
   */
  internChanged(places: ArrayLike<number>, by: ArrayLike<number>): number {
    const changed = this.#changed;
    const reference = this.#reference;
    const length = places.length;
    let sound = by.length === length;
    for (let k = 0; k < length && sound; k++) {
      const entry = changed[places[k]] + by[k];
      sound = entry === (entry | 0);
      if (sound) changed[places[k]] = entry;
    }
    let different = 0;
    for (let k = 0; k < length; k++) {
      const place = places[k];
      const entry = changed[place];
      if (entry === reference[place]) continue;
      changed[place] = reference[place];
      this.#places[different] = place;
      this.#entries[different++] = entry;
    }
    return sound ? this.#find(different) : NO_VECTOR;
  }

  /** The id of the vector that differs from the reference in the first so many of `#places`. */
  #find(different: number): number {
    const places = this.#places;
    const entries = this.#entries;
    const reference = this.#reference;
    const multipliers = this.#multipliers;
    let sum = this.#referenceSum;
    for (let k = 0; k < different; k++) {
      const place = places[k];
      const entry = entries[k];
      sum = (sum + term(entry, multipliers[place]) - term(reference[place], multipliers[place])) | 0;
      if (entry > this.#most || entry < ~this.#most) this.#keepAs(entry > 0x7fff || entry < -0x8000 ? 2 : 1);
    }
    const candidate = this.#candidate;
    for (let k = 0; k < different; k++) candidate[places[k]] = entries[k];
    const id = this.#lookUp(mix(sum));
    for (let k = 0; k < different; k++) candidate[places[k]] = reference[places[k]];
    return id;
  }

  /** The id of the candidate. */
  #lookUp(hash: number): number {
    const words = this.#wordsPerRow;
    const candidate = this.#candidateWords;
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let slot = hash & mask;
    for (let id = slots[2 * slot + 1]; id !== 0; id = slots[2 * slot + 1]) {
      if (slots[2 * slot] === hash) {
        const rows = this.#rows;
        const start = (id - 1) * words;
        let k = 0;
        while (k < words && rows[start + k] === candidate[k]) k++;
        if (k === words) return id - 1;
      }
      slot = (slot + 1) & mask;
    }
    if (this.#count === 2 ** 30)
      throw new InputError("too-many-states", "Cannot explore the model: it has 2^30 states.");
    const id = this.#count++;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = id + 1;
    if (this.#count * words > this.#rows.length) {
      const larger = new Int32Array(2 * this.#rows.length);
      larger.set(this.#rows);
      this.#rows = larger;
      this.#narrow = new NARROW[this.#kind](larger.buffer);
    }
    const rows = this.#rows;
    for (let k = 0; k < words; k++) rows[id * words + k] = candidate[k];
    if (this.#count * SLOTS_PER_VECTOR > mask) this.#growSlots();
    return id;
  }

  /** Keeps vectors in entries of this kind from now on. */
  #keepAs(kind: number): void {
    const old = this.#narrow;
    const oldPerRow = this.#perRow;
    const perWord = 4 / NARROW[kind].BYTES_PER_ELEMENT;
    const words = Math.max(1, Math.ceil(this.width / perWord));
    const perRow = words * perWord;
    const rows = new Int32Array(words * Math.max(64, oldPerRow === 0 ? 0 : old.length / oldPerRow));
    const narrow = new NARROW[kind](rows.buffer);
    for (let id = 0; id < this.#count; id++)
      for (let i = 0; i < this.width; i++) narrow[id * perRow + i] = old[id * oldPerRow + i];
    this.#kind = kind;
    this.#most = 2 ** (8 * NARROW[kind].BYTES_PER_ELEMENT - 1) - 1;
    this.#wordsPerRow = words;
    this.#rows = rows;
    this.#narrow = narrow;
    this.#perRow = perRow;
    this.#candidateWords = new Int32Array(words);
    this.#candidate = new NARROW[kind](this.#candidateWords.buffer);
    this.#candidate.set(this.#reference);
  }

  #growSlots(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let slot = old[i] & mask;
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = old[i];
      slots[2 * slot + 1] = old[i + 1];
    }
    this.#slots = slots;
  }
}

/** The share of an entry in the hash, folded so that its high bits count in low ones. */
const term = (entry: number, multiplier: number): number => Math.imul(entry ^ (entry >>> 16), multiplier);

/** Spreads every bit over all others. */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
