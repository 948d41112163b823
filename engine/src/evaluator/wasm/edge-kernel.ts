/**
 * A kernel that passes over all edges once, by row. Vectors that are looked up at the far end of an edge are in memory.
 */
import { advance, type Code, i32, type Local, times } from "./assembler.js";
import { at, Kernel, type Tables, type VectorSource } from "./kernel.js";
import type { NumberFormat, Register } from "./lane-numbers.js";
/** A vector and what it is compared with at the source of an edge. */
export interface CentredSource {
  readonly vector: number;
  readonly centre: VectorSource;
}

interface Visits {
  /** Before the edges of a row. */
  readonly before?: Code;
  /** At an edge to a transient position, whose slot is at `target`; the offset of its class is in `source`. */
  readonly transient?: (target: Local) => Code;
  /** At an edge to absorption. */
  readonly absorbed?: Code;
  readonly after?: Code;
}

export class EdgeKernel extends Kernel {
  readonly place = this.row();
  readonly weight = this.numbers.plain();
  readonly source = this.integer();
  readonly #tables: Tables;

  constructor(format: NumberFormat, tables: Tables) {
    super(format);
    this.#tables = tables;
  }

  /** Passes over all edges by row; weights are loaded when `weights` says where they are. */
  visit(weights: number | undefined, { before = [], transient, absorbed, after = [] }: Visits): void {
    const [stream, count, target, rows] = Array.from({ length: 4 }, () => this.integer());
    const takeClass: Code = [
      this.take(this.source, stream),
      weights === undefined
        ? []
        : this.numbers.loadPlain(
            this.weight,
            at({ ...this.source, get: i32.add(this.source.get, this.tile.get) }, weights),
          ),
    ];
    const skip = (bytes: number): Code => advance(stream, i32.mul(count.get, i32.const(bytes)));
    this.writer.emit(
      this.start(this.place),
      stream.set(i32.const(this.#tables.edges)),
      rows.set(i32.const(this.#tables.positions)),
      times(rows, [
        before,
        this.take(count, stream),
        transient
          ? times(count, [
              this.take(target, stream),
              target.set(i32.add(target.get, this.tile.get)),
              takeClass,
              transient(target),
            ])
          : skip(8),
        this.take(count, stream),
        absorbed ? times(count, [takeClass, absorbed]) : skip(4),
        after,
        this.next(this.place),
      ]),
    );
  }

  /** Sums by class += a register. */
  addToClass(sums: number, value: Register, entry: Register): Code {
    // a class is a plane apart in the stream, and a slot in the sums
    const offset = this.format.precise ? i32.add(this.source.get, this.source.get) : this.source.get;
    const address = this.integer();
    return [
      address.set(i32.add(offset, this.tile.get)),
      this.numbers.load(entry, at(address, sums)),
      this.numbers.add(entry, value),
      this.numbers.store(at(address, sums), entry),
    ];
  }

  /** A zero in every slot from an offset on. */
  clear(offset: number, slots: number): void {
    const [count, address] = [this.integer(), this.integer()];
    this.writer.emit(
      address.set(this.tile.get),
      count.set(i32.const(slots)),
      times(count, [this.numbers.storeConstant(at(address, offset), 0), advance(address, this.slot)]),
    );
  }
}

/** Products of differences along edges: one factor, or two. */
export class Differences {
  readonly before: Code;
  /** What `at` leaves: (l_j − lc_i)(r_j − rc_i), or r_j − rc_i alone. */
  readonly product: Register;
  /** The same at an edge to absorption. */
  readonly absorbed: Register;
  readonly #kernel: Kernel;
  readonly #sides: readonly { readonly vector: number; readonly centre: Register; readonly difference: Register }[];

  constructor(kernel: EdgeKernel, ...centred: CentredSource[]) {
    const { numbers, place } = kernel;
    this.#kernel = kernel;
    this.product = numbers.register();
    this.absorbed = numbers.register();
    const code: Code[] = [];
    this.#sides = centred.map(({ vector, centre }) => {
      const value = kernel.value(centre, place);
      const [own, difference] = [numbers.register(), numbers.register()];
      code.push(value.code, numbers.copy(own, value.register), negated(kernel, own));
      value.done();
      return { vector, centre: own, difference };
    });
    const [first, second] = this.#sides;
    this.before = [
      code,
      second ? numbers.product(this.absorbed, first.centre, second.centre) : numbers.copy(this.absorbed, first.centre),
    ];
  }

  at(target: Local): Code {
    const { numbers } = this.#kernel;
    const [first, second] = this.#sides;
    return [
      this.#sides.map(({ vector, centre, difference }) => [
        numbers.load(difference, at(target, vector)),
        numbers.add(difference, centre),
      ]),
      second
        ? numbers.product(this.product, first.difference, second.difference)
        : numbers.copy(this.product, first.difference),
    ];
  }
}

/** The register with its sign changed. */
export const negated = (k: Kernel, register: Register): Code => k.numbers.scale(register, -1);
