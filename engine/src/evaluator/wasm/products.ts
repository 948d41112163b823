/** Products of a system with vectors, one pass over all edges each. */
import { type Code, i32, times } from "./assembler.js";
import { type CentredSource, Differences, EdgeKernel, negated } from "./edge-kernel.js";
import { at, Kernel, type SystemPlace, type Tables, type VectorSource } from "./kernel.js";
import type { NumberFormat, Register } from "./lane-numbers.js";

/** to ← S x, or T x. */
export function product(
  format: NumberFormat,
  tables: Tables,
  op: "apply" | "step",
  to: number,
  system: SystemPlace,
  vector: number,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place, weight } = k;
  const [sum, own, other] = [numbers.register(), numbers.register(), numbers.register()];
  if (op === "step")
    k.visit(system.weights, {
      before: numbers.constant(sum, 0),
      transient: (target) => [numbers.load(other, at(target, vector)), numbers.addProduct(sum, weight, other)],
      after: numbers.store(at(place.slot, to), sum),
    });
  else
    k.visit(system.weights, {
      before: [numbers.constant(sum, 0), numbers.load(own, at(place.slot, vector)), negated(k, own)],
      // own is −x at this row
      transient: (target) => [
        numbers.load(other, at(target, vector)),
        numbers.add(other, own),
        numbers.addProduct(sum, weight, other),
      ],
      absorbed: numbers.addProduct(sum, weight, own),
      after: [
        system.leaks === undefined
          ? []
          : [numbers.load(other, at(place.slot, system.leaks)), numbers.addProduct(sum, other, own)],
        numbers.store(at(place.slot, to), sum),
      ],
    });
  return k;
}

/** to ← x S, or x T; `to` is another vector than x. */
export function transposedProduct(
  format: NumberFormat,
  tables: Tables,
  op: "applyTransposed" | "stepTransposed",
  to: number,
  system: SystemPlace,
  vector: VectorSource,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place, weight } = k;
  const [all, other] = [numbers.register(), numbers.register()];
  k.clear(to, tables.positions);
  const apply = op === "applyTransposed";
  const own = k.value(vector, place);
  k.visit(system.weights, {
    before: [own.code, numbers.constant(all, 0)],
    transient: (target) => [
      numbers.load(other, at(target, to)),
      numbers.addProduct(other, weight, own.register),
      numbers.store(at(target, to), other),
      apply ? numbers.add(all, weight) : [],
    ],
    ...(apply && {
      absorbed: numbers.add(all, weight),
      after: [
        system.leaks === undefined ? [] : [numbers.load(other, at(place.slot, system.leaks)), numbers.add(all, other)],
        negated(k, all),
        numbers.load(other, at(place.slot, to)),
        numbers.addProduct(other, all, own.register),
        numbers.store(at(place.slot, to), other),
      ],
    }),
  });
  return k;
}

/** Σ_j w_ij (l_j − lc_i)(r_j − rc_i), or of one difference alone, where all are 0 at absorption; `finish` has the sum at its row. */
function sumOfDifferences(
  k: EdgeKernel,
  to: number,
  system: SystemPlace,
  sides: readonly CentredSource[],
  finish: (sum: Register) => Code,
): void {
  const { numbers, place, weight } = k;
  const sum = numbers.register();
  const differences = new Differences(k, ...sides);
  k.visit(system.weights, {
    before: [numbers.constant(sum, 0), differences.before],
    transient: (target) => [differences.at(target), numbers.addProduct(sum, differences.product, weight)],
    absorbed: numbers.addProduct(sum, differences.absorbed, weight),
    after: [
      system.leaks === undefined
        ? []
        : [
            numbers.load(differences.product, at(place.slot, system.leaks)),
            numbers.addProduct(sum, differences.absorbed, differences.product),
          ],
      finish(sum),
      numbers.store(at(place.slot, to), sum),
    ],
  });
}

/** to_i ← Σ_j w_ij (l_j − lc_i)(r_j − rc_i), where both are 0 at absorption. */
export function gamma(
  format: NumberFormat,
  tables: Tables,
  to: number,
  system: SystemPlace,
  left: CentredSource,
  right: CentredSource,
): Kernel {
  const k = new EdgeKernel(format, tables);
  sumOfDifferences(k, to, system, [left, right], () => []);
  return k;
}

/** to_j ← Σ_i y_i w_ij (r_j − rc_i). */
export function gammaTransposed(
  format: NumberFormat,
  tables: Tables,
  to: number,
  system: SystemPlace,
  vector: VectorSource,
  right: CentredSource,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place, weight } = k;
  k.clear(to, tables.positions);
  const own = k.value(vector, place);
  const differences = new Differences(k, right);
  const [flow, other] = [numbers.register(), numbers.register()];
  k.visit(system.weights, {
    before: [own.code, differences.before],
    transient: (target) => [
      differences.at(target),
      numbers.product(flow, own.register, weight),
      numbers.load(other, at(target, to)),
      numbers.addProduct(other, flow, differences.product),
      numbers.store(at(target, to), other),
    ],
  });
  return k;
}

/** to_i ← −y_i (Σ_j w_ij (r_j − rc_i) − leak_i rc_i). */
export function gammaCentre(
  format: NumberFormat,
  tables: Tables,
  to: number,
  system: SystemPlace,
  vector: VectorSource,
  right: CentredSource,
): Kernel {
  const k = new EdgeKernel(format, tables);
  sumOfDifferences(k, to, system, [right], (sum) => {
    const own = k.value(vector, k.place);
    return [own.code, k.numbers.product(sum, sum, own.register), negated(k, sum)];
  });
  return k;
}

/** Edges to absorbing vertices alone, by the stream at this address: the sum of their weights, or its adjoint. */
export function exits(
  format: NumberFormat,
  positions: number,
  stream: number,
  to: number,
  system: SystemPlace,
  withLeaks: boolean,
): Kernel {
  const k = new Kernel(format);
  const { numbers } = k;
  const [place, at_, count, source] = [k.row(), k.integer(), k.integer(), k.integer()];
  const [sum, weight] = [numbers.register(), numbers.plain()];
  k.writer.emit(
    at_.set(i32.const(stream)),
    k.overRows(positions, place, [
      withLeaks && system.leaks !== undefined
        ? numbers.load(sum, at(place.slot, system.leaks))
        : numbers.constant(sum, 0),
      k.take(count, at_),
      times(count, [
        k.take(source, at_),
        source.set(i32.add(source.get, k.tile.get)),
        numbers.loadPlain(weight, at(source, system.weights)),
        numbers.add(sum, weight),
      ]),
      numbers.store(at(place.slot, to), sum),
    ]),
  );
  return k;
}
