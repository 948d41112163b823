/** Adjoints of systems: what arrives at edges backwards, summed by weight class, and at leaks, by position. */
import { advance, type Code, i32, times } from "./assembler.js";
import { type CentredSource, Differences, EdgeKernel, negated } from "./edge-kernel.js";
import { at, Kernel, type Tables, type VectorSource } from "./kernel.js";
import type { NumberFormat } from "./lane-numbers.js";

/** The adjoint of a system: slots by class, and by position of what leaks. */
export interface AdjointPlace {
  readonly sums: number;
  readonly leaks: number;
}

/** The adjoint of S between y and x: sums ← y_i (x_j − x_i), leaks ← −y_i x_i. */
export function exchange(
  format: NumberFormat,
  tables: Tables,
  to: AdjointPlace,
  left: VectorSource,
  right: number,
): Kernel {
  return gammaExchange(format, tables, to, left, [{ vector: right, centre: { kind: "memory", offset: right } }]);
}

/** The adjoint of gamma in its weights: sums ← y_i (l_j − lc_i)(r_j − rc_i). */
export function gammaExchange(
  format: NumberFormat,
  tables: Tables,
  to: AdjointPlace,
  vector: VectorSource,
  centred: readonly CentredSource[],
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place } = k;
  k.clear(to.sums, tables.classes);
  const differences = new Differences(k, ...centred);
  const own = k.value(vector, place);
  const [entry, gone, flow] = [numbers.register(), numbers.register(), numbers.register()];
  k.visit(undefined, {
    before: [
      differences.before,
      own.code,
      numbers.product(gone, own.register, differences.absorbed),
      numbers.store(at(place.slot, to.leaks), gone),
    ],
    transient: (target) => [
      differences.at(target),
      numbers.product(flow, own.register, differences.product),
      k.addToClass(to.sums, flow, entry),
    ],
    absorbed: k.addToClass(to.sums, gone, entry),
  });
  return k;
}

/** The adjoint of T between y and x: sums ← y_i x_j. */
export function stepExchange(
  format: NumberFormat,
  tables: Tables,
  to: AdjointPlace,
  left: VectorSource,
  right: number,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place } = k;
  k.clear(to.sums, tables.classes);
  k.clear(to.leaks, tables.positions);
  const own = k.value(left, place);
  const [entry, other] = [numbers.register(), numbers.register()];
  k.visit(undefined, {
    before: own.code,
    transient: (target) => [
      numbers.load(other, at(target, right)),
      numbers.product(other, other, own.register),
      k.addToClass(to.sums, other, entry),
    ],
  });
  return k;
}

/** What arrives at a leak, which is what its row lacks to 1, leaves again at every edge of the row. */
export function leaksToClasses(format: NumberFormat, tables: Tables, { sums, leaks }: AdjointPlace): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place } = k;
  const [own, entry] = [numbers.register(), numbers.register()];
  const leave = k.addToClass(sums, own, entry);
  k.visit(undefined, {
    before: [numbers.load(own, at(place.slot, leaks)), negated(k, own)],
    transient: () => leave,
    absorbed: leave,
  });
  return k;
}

export function exitsExchange(
  format: NumberFormat,
  tables: Tables,
  stream: number,
  to: AdjointPlace,
  vector: VectorSource,
  withLeaks: boolean,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place, source } = k;
  const [at_, count] = [k.integer(), k.integer()];
  const entry = numbers.register();
  k.clear(to.sums, tables.classes);
  const own = k.value(vector, place);
  k.writer.emit(
    at_.set(i32.const(stream)),
    k.overRows(tables.positions, place, [
      own.code,
      withLeaks
        ? numbers.store(at(place.slot, to.leaks), own.register)
        : numbers.storeConstant(at(place.slot, to.leaks), 0),
      k.take(count, at_),
      times(count, [k.take(source, at_), k.addToClass(to.sums, own.register, entry)]),
    ]),
  );
  return k;
}

/** to ← left + right of adjoints. */
export function sumOfAdjoints(
  format: NumberFormat,
  tables: Tables,
  to: AdjointPlace,
  left: AdjointPlace,
  right: AdjointPlace,
): Kernel {
  const k = new Kernel(format);
  const { numbers } = k;
  const [address, count] = [k.integer(), k.integer()];
  const [a, b] = [numbers.register(), numbers.register()];
  const pass = (slots: number, into: number, from: number, other: number): Code => [
    address.set(k.tile.get),
    count.set(i32.const(slots)),
    times(count, [
      numbers.load(a, at(address, from)),
      numbers.load(b, at(address, other)),
      numbers.add(a, b),
      numbers.store(at(address, into), a),
      advance(address, k.slot),
    ]),
  ];
  k.writer.emit(
    pass(tables.classes, to.sums, left.sums, right.sums),
    pass(tables.positions, to.leaks, left.leaks, right.leaks),
  );
  return k;
}
