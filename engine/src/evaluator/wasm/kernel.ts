/**
 * What all kernels share: where things lie in memory, and how the value of a vector at a row is had. A kernel is a
 * function of one parameter, the address of the tile whose lanes it works on; everything else is a constant of it.
 *
 * Vectors that are a product, sum or multiple of others at the same position are not stored but computed where they are
 * used: a program's `multiply`, `add` and `stretch` cost no pass over memory of their own.
 */
import { advance, type Code, FunctionWriter, i32, type Local, type Place, times } from "./assembler.js";
import { DOUBLE, LaneNumbers, type NumberFormat, planeBytes, type Register, slotBytes } from "./lane-numbers.js";

/** Where the value of a vector at a position comes from. */
export type VectorSource =
  | { readonly kind: "constant"; readonly value: number }
  /** The same in all lanes: doubles by position at this address. */
  | { readonly kind: "static"; readonly address: number }
  /** Slots by position, at this offset of the tile. */
  | { readonly kind: "memory"; readonly offset: number }
  /** The same in all lanes and 0 but at some positions: [slot offset, static offset] at `places`, doubles at `values`. */
  | { readonly kind: "sparse"; readonly count: number; readonly places: number; readonly values: number }
  | { readonly kind: "multiply"; readonly left: VectorSource; readonly right: VectorSource; readonly scale: number }
  | { readonly kind: "add"; readonly left: VectorSource; readonly right: VectorSource; readonly scale: number }
  /** By the scalar at this offset of the tile. */
  | { readonly kind: "stretch"; readonly vector: VectorSource; readonly scalar: number };

/** A system in memory: weights by class, what leaves a row without an edge, and factors once they are made. */
export interface SystemPlace {
  /** Planes by class. */
  readonly weights: number;
  /** Slots by position; undefined where nothing leaks. */
  readonly leaks: number | undefined;
  readonly pivot: number;
  readonly exit: number;
  /** Planes by position: the least factor of a row that is not 0. */
  readonly least: number;
  readonly lower: number;
  readonly upper: number;
}

/** Addresses of what all tiles share. */
export interface Tables {
  readonly positions: number;
  readonly classes: number;
  readonly forward: number;
  readonly backward: number;
  readonly edges: number;
  readonly rows: number;
}

/** The row that a kernel is at. */
export interface Row {
  /** Address of the tile plus the offset of the row's slot. */
  readonly slot: Local;
  /** Eight times the position. */
  readonly static: Local;
}

/** A kernel being written. */
export class Kernel {
  readonly writer = new FunctionWriter(1);
  readonly numbers: LaneNumbers;
  readonly format: NumberFormat;
  readonly tile: Local;
  readonly slot: number;
  readonly plane: number;
  readonly #known = new Map<number, Register>();
  readonly #spare: Register[] = [];

  constructor(format: NumberFormat) {
    this.format = format;
    this.numbers = new LaneNumbers(this.writer, format);
    this.tile = this.writer.parameters[0];
    this.slot = slotBytes(format);
    this.plane = planeBytes(format);
  }

  integer(): Local {
    return this.writer.local("i32");
  }

  row(): Row {
    return { slot: this.integer(), static: this.integer() };
  }

  /** At position 0, or past the last one. */
  start(row: Row, position = 0): Code {
    return [
      row.slot.set(i32.add(this.tile.get, i32.const(position * this.slot))),
      row.static.set(i32.const(position * DOUBLE)),
    ];
  }

  next(row: Row, by = 1): Code {
    return [advance(row.slot, by * this.slot), advance(row.static, by * DOUBLE)];
  }

  /** Runs the body at every row of all positions. */
  overRows(positions: number, row: Row, body: Code): Code {
    const count = this.integer();
    return [this.start(row), count.set(i32.const(positions)), times(count, [body, this.next(row)])];
  }

  /** Reads an integer and moves on. */
  take(to: Local, from: Local): Code {
    return [to.set(i32.load({ address: from.get, offset: 0 })), advance(from, 4)];
  }

  /** A vector in memory whose value at the row is in this register already, until `forget`. */
  know(offset: number, value: Register): void {
    this.#known.set(offset, value);
  }

  forget(): void {
    this.#known.clear();
  }

  /** Code that puts the value of a source at a row into a register, and the register. */
  value(
    source: VectorSource,
    row: Row,
  ): { readonly code: Code; readonly register: Register; readonly done: () => void } {
    const { numbers } = this;
    if (source.kind === "memory") {
      const known = this.#known.get(source.offset);
      if (known) return { code: [], register: known, done: () => {} };
    }
    const register = this.#spare.pop() ?? numbers.register();
    const done = (): void => {
      this.#spare.push(register);
    };
    switch (source.kind) {
      case "constant":
        return { code: numbers.constant(register, source.value), register, done };
      case "static":
        return {
          code: numbers.loadSplat(register, { address: row.static.get, offset: source.address }),
          register,
          done,
        };
      case "memory":
        return { code: numbers.load(register, at(row.slot, source.offset)), register, done };
      case "multiply": {
        const [left, right] = [this.value(source.left, row), this.value(source.right, row)];
        const code = [
          left.code,
          right.code,
          numbers.product(register, left.register, right.register),
          numbers.scale(register, source.scale),
        ];
        left.done();
        right.done();
        return { code, register, done };
      }
      case "add": {
        const [left, right] = [this.value(source.left, row), this.value(source.right, row)];
        const sum = [
          left.code,
          right.code,
          numbers.copy(register, right.register),
          numbers.scale(register, source.scale),
          numbers.add(register, left.register),
        ];
        left.done();
        right.done();
        return { code: sum, register, done };
      }
      case "stretch": {
        const vector = this.value(source.vector, row);
        const scalar = this.#spare.pop() ?? numbers.register();
        const code = [
          vector.code,
          numbers.load(scalar, at(this.tile, source.scalar)),
          numbers.product(register, vector.register, scalar),
        ];
        this.#spare.push(scalar);
        vector.done();
        return { code, register, done };
      }
      case "sparse":
        throw new TypeError("a sparse vector has no value at a row");
      default:
        return source satisfies never;
    }
  }
}

export const at = (address: Local, offset: number): Place => ({ address: address.get, offset });
