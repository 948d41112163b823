/** Weights by class at θ, and what rows of a discrete model lack to 1. */
import { PROBABILITY_TOLERANCE } from "../../graph/check.js";
import { LEAK_ROUNDING } from "../reference/numbers.js";
import { advance, i32, times } from "./assembler.js";
import { EdgeKernel } from "./edge-kernel.js";
import { at, Kernel, type Tables } from "./kernel.js";
import { DOUBLE, type NumberFormat } from "./lane-numbers.js";

/** Weights by class at θ: base + Σ coefficients θ + a node; the mask keeps lanes whose weights are ≥ 0 and finite. */
export function weights(
  format: NumberFormat,
  classes: number,
  dimension: number,
  places: {
    readonly bases: number;
    readonly coefficients: number;
    readonly theta: number;
    readonly to: number;
    readonly mask: number;
    /** [class offset, node offset] of weights with a formula. */
    readonly formulas: { readonly count: number; readonly list: number };
  },
): Kernel {
  const k = new Kernel({ ...format, precise: false });
  const { numbers } = k;
  const [base, coefficient, address, count, theta, inner, node] = Array.from({ length: 7 }, () => k.integer());
  const [sum, factor, value, mask] = Array.from({ length: 4 }, () => numbers.plain());
  k.writer.emit(
    numbers.loadPlain(mask, at(k.tile, places.mask)),
    address.set(k.tile.get),
    base.set(i32.const(places.bases)),
    coefficient.set(i32.const(places.coefficients)),
    count.set(i32.const(classes)),
    times(count, [
      numbers.loadSplat(sum, at(base, 0)),
      advance(base, DOUBLE),
      theta.set(k.tile.get),
      inner.set(i32.const(dimension)),
      times(inner, [
        numbers.loadSplat(factor, at(coefficient, 0)),
        advance(coefficient, DOUBLE),
        numbers.loadPlain(value, at(theta, places.theta)),
        advance(theta, k.plane),
        // rounded as the reference rounds it, so that both see the same weights
        numbers.product(value, value, factor),
        numbers.add(sum, value),
      ]),
      numbers.store(at(address, places.to), sum),
      advance(address, k.plane),
    ]),
    base.set(i32.const(places.formulas.list)),
    count.set(i32.const(places.formulas.count)),
    times(count, [
      k.take(address, base),
      address.set(i32.add(address.get, k.tile.get)),
      k.take(node, base),
      node.set(i32.add(node.get, k.tile.get)),
      numbers.loadPlain(sum, at(address, places.to)),
      numbers.loadPlain(value, at(node, 0)),
      numbers.add(sum, value),
      numbers.store(at(address, places.to), sum),
    ]),
    address.set(k.tile.get),
    count.set(i32.const(classes)),
    times(count, [
      numbers.loadPlain(sum, at(address, places.to)),
      numbers.keepAtLeast(mask, sum, 0),
      numbers.keepLess(mask, sum, Infinity),
      advance(address, k.plane),
    ]),
    numbers.store(at(k.tile, places.mask), mask),
  );
  return k;
}

/** What discrete rows lack to 1, rounded once; or, of derivatives, −Σ of each row. */
export function leaks(
  format: NumberFormat,
  tables: Tables,
  system: { readonly weights: number; readonly leaks: number },
  mask: number | undefined,
): Kernel {
  const k = new EdgeKernel(format, tables);
  const { numbers, place, weight } = k;
  const [sum, kept, alive] = [{ hi: numbers.plain().hi, lo: numbers.plain().hi }, numbers.plain(), numbers.plain()];
  const leak = numbers.plain();
  const add = numbers.add(sum, weight, true);
  if (mask !== undefined) k.writer.emit(numbers.loadPlain(alive, at(k.tile, mask)));
  k.visit(system.weights, {
    before: numbers.constant(sum, mask === undefined ? 0 : 1),
    transient: () => add,
    absorbed: add,
    after: [
      numbers.round(leak, sum),
      mask === undefined
        ? []
        : [
            numbers.keepAtLeast(alive, leak, -PROBABILITY_TOLERANCE),
            numbers.allOn(kept),
            numbers.keepAtLeast(kept, leak, LEAK_ROUNDING),
            numbers.masked(leak, kept),
          ],
      numbers.store(at(place.slot, system.leaks), leak),
    ],
  });
  if (mask !== undefined) k.writer.emit(numbers.storeRounded(at(k.tile, mask), alive));
  return k;
}
