/** Steps over positions or over single numbers: a vector worked out into memory, inner products, sums and quotients. */
import type { CombineOperation } from "../../program/program.js";
import { advance, type Code, i32, times } from "./assembler.js";
import { at, Kernel, type VectorSource } from "./kernel.js";
import { DOUBLE, type NumberFormat } from "./lane-numbers.js";

/** Writes a vector to memory. */
export function materialize(format: NumberFormat, positions: number, to: number, source: VectorSource): Kernel {
  const k = new Kernel(format);
  const place = k.row();
  const { code, register } = k.value(source, place);
  k.writer.emit(k.overRows(positions, place, [code, k.numbers.store(at(place.slot, to), register)]));
  return k;
}

/** The leaks of a killed system: leaks + scale · vector. */
export function killed(
  format: NumberFormat,
  positions: number,
  to: number,
  leaks: number | undefined,
  vector: VectorSource,
  scale: number,
): Kernel {
  const before: VectorSource = leaks === undefined ? { kind: "constant", value: 0 } : { kind: "memory", offset: leaks };
  return materialize(format, positions, to, { kind: "add", left: before, right: vector, scale });
}

/** The scalar at `to` ← scale · left · right. */
export function dot(
  format: NumberFormat,
  positions: number,
  to: number,
  left: VectorSource,
  right: VectorSource,
  scale: number,
): Kernel {
  const k = new Kernel(format);
  const { numbers } = k;
  const sum = numbers.register();
  const [place, count] = [k.row(), k.integer()];
  k.writer.emit(numbers.constant(sum, 0));
  if (left.kind === "sparse" || right.kind === "sparse") {
    const [few, other] =
      left.kind === "sparse" ? [left, right] : [right as Extract<VectorSource, { kind: "sparse" }>, left];
    const [places, values] = [k.integer(), k.integer()];
    const mass = numbers.plain();
    const step: Code[] = [];
    if (other.kind === "sparse") throw new TypeError("two sparse vectors have no product here");
    const { code, register } = k.value(other, place);
    step.push(
      k.take(place.slot, places),
      place.slot.set(i32.add(place.slot.get, k.tile.get)),
      k.take(place.static, places),
      numbers.loadSplat(mass, at(values, 0)),
      advance(values, DOUBLE),
      code,
      numbers.addProduct(sum, mass, register),
    );
    k.writer.emit(
      places.set(i32.const(few.places)),
      values.set(i32.const(few.values)),
      count.set(i32.const(few.count)),
      times(count, step),
    );
  } else {
    const [a, b] = [k.value(left, place), k.value(right, place)];
    k.writer.emit(k.overRows(positions, place, [a.code, b.code, numbers.addProduct(sum, a.register, b.register)]));
  }
  k.writer.emit(numbers.scale(sum, scale), numbers.store(at(k.tile, to), sum));
  return k;
}

/**
 * The scalar at `to` ← left op right, all at offsets of the tile. With a limit, lanes where a difference is smaller than its
 * left operand by more than that leave the mask.
 */
export function combine(
  format: NumberFormat,
  operation: CombineOperation,
  to: number,
  left: number,
  right: number,
  guard?: { readonly limit: number; readonly mask: number },
): Kernel {
  const k = new Kernel(format);
  const { numbers } = k;
  const [l, r] = [numbers.register(), numbers.register()];
  const compute: Code = {
    sum: (): Code => numbers.add(l, r),
    difference: (): Code => numbers.add(l, r, true),
    product: (): Code => numbers.product(l, l, r),
    quotient: (): Code => numbers.quotient(l, l, r),
  }[operation]();
  k.writer.emit(numbers.load(l, at(k.tile, left)), numbers.load(r, at(k.tile, right)));
  k.writer.emit(compute, numbers.store(at(k.tile, to), l));
  if (guard) {
    const [mask, whole] = [numbers.plain(), numbers.register()];
    k.writer.emit(
      numbers.loadPlain(mask, at(k.tile, guard.mask)),
      numbers.load(whole, at(k.tile, left)),
      numbers.keepWithin(mask, l, whole, guard.limit),
      numbers.storeRounded(at(k.tile, guard.mask), mask),
    );
  }
  return k;
}

/** The scalar at `to` ← a constant. */
export function number(format: NumberFormat, to: number, value: number): Kernel {
  const k = new Kernel(format);
  k.writer.emit(k.numbers.storeConstant(at(k.tile, to), value));
  return k;
}

/** All lanes of the mask on. */
export function maskOn(format: NumberFormat, mask: number): Kernel {
  const k = new Kernel({ ...format, precise: false });
  const on = k.numbers.plain();
  k.writer.emit(k.numbers.allOn(on), k.numbers.store(at(k.tile, mask), on));
  return k;
}
