/**
 * The memory of a model's sweeps, used as a cache: what lies in it can be made again, or is saved before it has to go. So one
 * memory serves every table and sweep of a model, one after the other or in turns, and nobody has to give anything back.
 */
import { NoRoom } from "../../reference/time/sweep-vectors.js";
import type { WasmMemory } from "../webassembly.js";

/** Something that may lie in memory. */
export interface Item {
  /** A multiple of 16. */
  readonly bytes: number;
  /** Its address; 0 while it is not there. */
  at: number;
  /** Writes it to its address, over whatever is there. */
  load(arena: Arena): void;
  /** Keeps what only memory knows, before it goes. */
  save(arena: Arena): void;
}

const PAGE = 65536;
/** Below lie numbers that are parameters and results of one call. */
export const SCRATCH = { factor: 0, result: 64 } as const;
const FIRST = 128;
/** Up to here memory grows rather than give up what may be asked for again. */
const ROOMY_BYTES = 2 ** 27;
/** A memory that is larger is not asked for. */
export const ARENA_BYTES_MAX = 2 ** 31;

export class Arena {
  f64: Float64Array;
  i32: Int32Array;
  readonly #memory: WasmMemory;
  #end = FIRST;
  #resident: Item[] = [];

  constructor(memory: WasmMemory) {
    this.#memory = memory;
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
  }

  get bytes(): number {
    return this.f64.byteLength;
  }

  /** Brings all of these into memory at once. Throws `NoRoom` when they cannot be there together. */
  require(items: readonly Item[]): void {
    let missing = 0;
    for (const item of items) if (item.at === 0) missing += item.bytes;
    if (missing === 0) return;
    if (this.#end + missing > this.bytes) this.#makeRoom(items, missing);
    for (const item of items) {
      if (item.at !== 0) continue;
      item.at = this.#end;
      this.#end += item.bytes;
      this.#resident.push(item);
      item.load(this);
    }
  }

  /** What lies there is wanted no more. Its room is free again once it is the last, or all go. */
  forget(item: Item): void {
    const place = this.#resident.indexOf(item);
    if (place < 0) return;
    this.#resident.splice(place, 1);
    if (item.at + item.bytes === this.#end) this.#end = item.at;
    item.at = 0;
  }

  /** Clears memory; what must not be lost is saved. */
  evict(): void {
    for (const item of this.#resident) {
      item.save(this);
      item.at = 0;
    }
    this.#resident = [];
    this.#end = FIRST;
  }

  #makeRoom(items: readonly Item[], missing: number): void {
    if (this.#end + missing <= ROOMY_BYTES && this.#grow(Math.min(ROOMY_BYTES, 2 * (this.#end + missing)))) return;
    let all = FIRST;
    for (const item of items) all += item.bytes;
    if (all > this.bytes && !this.#grow(all)) throw new NoRoom();
    this.evict();
  }

  #grow(bytes: number): boolean {
    if (bytes > ARENA_BYTES_MAX) return false;
    try {
      this.#memory.grow(Math.ceil((bytes - this.bytes) / PAGE));
    } catch {
      return false;
    }
    this.f64 = new Float64Array(this.#memory.buffer);
    this.i32 = new Int32Array(this.#memory.buffer);
    return true;
  }
}

export const padded = (bytes: number): number => 16 * Math.ceil(bytes / 16);
