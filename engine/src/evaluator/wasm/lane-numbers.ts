/**
 * How a number of every lane is held and computed with: pairs of doubles side by side, in double precision or, where
 * values cancel, as hi + lo in double-double. Kernels are written once over this and come out in either precision.
 *
 * A slot of memory holds the hi parts of all lanes and then, in double-double, their lo parts. Weights and other inputs
 * are exact doubles and have no lo part in either precision.
 */
import { SPLITTER } from "../../base/two-double.js";
import { type Code, type FunctionWriter, f64x2, type Local, type Place } from "./assembler.js";

/** One number per lane in local variables, two lanes each; `lo` only in double-double. */
export interface Register {
  readonly hi: readonly Local[];
  readonly lo?: readonly Local[];
}

export interface NumberFormat {
  /** 2, 4 or 8. */
  readonly lanes: number;
  readonly precise: boolean;
  /** The machine has a fused multiply-add. */
  readonly fused: boolean;
}

export const DOUBLE = 8;
/** Bytes of one double per lane. */
export const planeBytes = (format: NumberFormat): number => format.lanes * DOUBLE;
/** Bytes of a slot. */
export const slotBytes = (format: NumberFormat): number => planeBytes(format) * (format.precise ? 2 : 1);

/** Writes arithmetic on registers into one function. */
export class LaneNumbers {
  readonly #writer: FunctionWriter;
  readonly #format: NumberFormat;
  readonly #parts: readonly number[];
  readonly #scratch: Local[] = [];

  constructor(writer: FunctionWriter, format: NumberFormat) {
    this.#writer = writer;
    this.#format = format;
    this.#parts = Array.from({ length: format.lanes / 2 }, (_, part) => part);
  }

  register(): Register {
    return this.#format.precise ? { hi: this.#locals(), lo: this.#locals() } : { hi: this.#locals() };
  }

  /** A register of exact doubles. */
  plain(): Register {
    return { hi: this.#locals() };
  }

  #locals(): Local[] {
    return this.#parts.map(() => this.#writer.local("v128"));
  }

  /** The k-th temporary of this function; temporaries hold nothing between two calls. */
  #temporary(k: number): Local {
    while (this.#scratch.length <= k) this.#scratch.push(this.#writer.local("v128"));
    return this.#scratch[k];
  }

  constant(to: Register, value: number): Code {
    return this.#parts.map((i) => [to.hi[i].set(f64x2.const(value)), to.lo ? to.lo[i].set(f64x2.const(0)) : []]);
  }

  load(to: Register, place: Place): Code {
    return this.#parts.map((i) => [
      to.hi[i].set(f64x2.load(this.#at(place, i))),
      to.lo ? to.lo[i].set(f64x2.load(this.#at(place, i, true))) : [],
    ]);
  }

  /** The same double in all lanes. */
  loadSplat(to: Register, place: Place): Code {
    return this.#parts.map((i) => [
      to.hi[i].set(i === 0 ? f64x2.loadSplat(place) : to.hi[0].get),
      to.lo ? to.lo[i].set(f64x2.const(0)) : [],
    ]);
  }

  /** Writes a register; double-double is brought to |lo| ≤ ulp(hi)/2 first. */
  store(place: Place, from: Register): Code {
    return this.#parts.map((i) => {
      if (!this.#format.precise) return f64x2.store(this.#at(place, i), from.hi[i].get);
      if (!from.lo)
        return [f64x2.store(this.#at(place, i), from.hi[i].get), f64x2.store(this.#at(place, i, true), f64x2.const(0))];
      const sum = this.#temporary(0);
      return [
        sum.set(f64x2.add(from.hi[i].get, from.lo[i].get)),
        f64x2.store(this.#at(place, i), sum.get),
        f64x2.store(this.#at(place, i, true), f64x2.sub(from.lo[i].get, f64x2.sub(sum.get, from.hi[i].get))),
      ];
    });
  }

  storeConstant(place: Place, value: number): Code {
    return this.#parts.map((i) => [
      f64x2.store(this.#at(place, i), f64x2.const(value)),
      this.#format.precise ? f64x2.store(this.#at(place, i, true), f64x2.const(0)) : [],
    ]);
  }

  /** Writes hi + lo as one double per lane. */
  storeRounded({ address, offset }: Place, from: Register): Code {
    return this.#parts.map((i) =>
      f64x2.store(
        { address, offset: offset + 16 * i },
        from.lo ? f64x2.add(from.hi[i].get, from.lo[i].get) : from.hi[i].get,
      ),
    );
  }

  /** Loads doubles, one per lane, without a lo part. */
  loadPlain(to: Register, { address, offset }: Place): Code {
    return this.#parts.map((i) => to.hi[i].set(f64x2.load({ address, offset: offset + 16 * i })));
  }

  /** to ← hi + lo. */
  round(to: Register, from: Register): Code {
    return this.#parts.map((i) => to.hi[i].set(from.lo ? f64x2.add(from.hi[i].get, from.lo[i].get) : from.hi[i].get));
  }

  copy(to: Register, from: Register): Code {
    return this.#parts.map((i) => [
      to.hi[i].set(from.hi[i].get),
      to.lo ? to.lo[i].set(from.lo ? from.lo[i].get : f64x2.const(0)) : [],
    ]);
  }

  /** to += by, or to −= by. */
  add(to: Register, by: Register, negative = false): Code {
    const operation = negative ? f64x2.sub : f64x2.add;
    return this.#parts.map((i) => {
      if (!to.lo) return to.hi[i].set(operation(to.hi[i].get, by.hi[i].get));
      const [value, low] = [this.#temporary(0), by.lo];
      return [
        value.set(negative ? f64x2.negate(by.hi[i].get) : by.hi[i].get),
        low ? to.lo[i].set(operation(to.lo[i].get, low[i].get)) : [],
        this.#accumulate(to.hi[i], to.lo[i], value),
      ];
    });
  }

  /** to += left · right. */
  addProduct(to: Register, left: Register, right: Register): Code {
    return this.#parts.map((i) => {
      const [a, b] = [left.hi[i], right.hi[i]];
      if (!to.lo) return to.hi[i].set(this.#multiplyAdd(a.get, b.get, to.hi[i].get));
      const product = this.#temporary(0);
      return [
        product.set(f64x2.mul(a.get, b.get)),
        to.lo[i].set(f64x2.add(to.lo[i].get, this.#productError(a, b, product))),
        left.lo ? to.lo[i].set(this.#multiplyAdd(left.lo[i].get, b.get, to.lo[i].get)) : [],
        right.lo ? to.lo[i].set(this.#multiplyAdd(a.get, right.lo[i].get, to.lo[i].get)) : [],
        this.#accumulate(to.hi[i], to.lo[i], product),
      ];
    });
  }

  /** to ← left · right; `to` may be an operand. */
  product(to: Register, left: Register, right: Register): Code {
    return this.#parts.map((i) => {
      const [a, b] = [left.hi[i], right.hi[i]];
      if (!to.lo) return to.hi[i].set(f64x2.mul(a.get, b.get));
      const [product, low] = [this.#temporary(0), this.#temporary(7)];
      return [
        product.set(f64x2.mul(a.get, b.get)),
        low.set(this.#productError(a, b, product)),
        left.lo ? low.set(this.#multiplyAdd(left.lo[i].get, b.get, low.get)) : [],
        right.lo ? low.set(this.#multiplyAdd(a.get, right.lo[i].get, low.get)) : [],
        to.hi[i].set(product.get),
        to.lo[i].set(low.get),
      ];
    });
  }

  scale(to: Register, by: number): Code {
    if (by === 1) return [];
    const power = Number.isInteger(Math.log2(Math.abs(by)));
    return this.#parts.map((i) => {
      const factor = f64x2.const(by);
      if (!to.lo) return to.hi[i].set(f64x2.mul(to.hi[i].get, factor));
      if (power) return [to.hi[i].set(f64x2.mul(to.hi[i].get, factor)), to.lo[i].set(f64x2.mul(to.lo[i].get, factor))];
      const [value, product, low] = [this.#temporary(8), this.#temporary(0), this.#temporary(7)];
      return [
        value.set(factor),
        product.set(f64x2.mul(to.hi[i].get, value.get)),
        low.set(this.#productError(to.hi[i], value, product)),
        to.lo[i].set(this.#multiplyAdd(to.lo[i].get, value.get, low.get)),
        to.hi[i].set(product.get),
      ];
    });
  }

  /** to ← left / right. */
  quotient(to: Register, left: Register, right: Register): Code {
    return this.#parts.map((i) =>
      to.lo ? this.#divide(to, i, left, right) : to.hi[i].set(f64x2.div(left.hi[i].get, right.hi[i].get)),
    );
  }

  #divide(to: Register, i: number, left: Register, right: Register): Code {
    const [product, quotient, rest] = [this.#temporary(0), this.#temporary(7), this.#temporary(8)];
    const high = left.hi[i].get;
    const divisor = right.hi[i];
    return [
      quotient.set(f64x2.div(high, divisor.get)),
      product.set(f64x2.mul(quotient.get, divisor.get)),
      rest.set(f64x2.sub(f64x2.sub(high, product.get), this.#productError(quotient, divisor, product))),
      left.lo ? rest.set(f64x2.add(rest.get, left.lo[i].get)) : [],
      right.lo ? rest.set(f64x2.sub(rest.get, f64x2.mul(quotient.get, right.lo[i].get))) : [],
      to.hi[i].set(quotient.get),
      to.lo![i].set(f64x2.div(rest.get, divisor.get)),
    ];
  }

  /** One of masks per lane in `to` stays only where left ≥ right, or left < right; comparisons are of hi parts. */
  keepAtLeast(mask: Register, left: Register, right: number): Code {
    return this.#parts.map((i) =>
      mask.hi[i].set(f64x2.and(mask.hi[i].get, f64x2.atLeast(left.hi[i].get, f64x2.const(right)))),
    );
  }

  keepLess(mask: Register, left: Register, right: number): Code {
    return this.#parts.map((i) =>
      mask.hi[i].set(f64x2.and(mask.hi[i].get, f64x2.less(left.hi[i].get, f64x2.const(right)))),
    );
  }

  /** mask keeps lanes where |part| · limit ≥ |whole|. */
  keepWithin(mask: Register, part: Register, whole: Register, limit: number): Code {
    return this.#parts.map((i) =>
      mask.hi[i].set(
        f64x2.and(
          mask.hi[i].get,
          f64x2.atLeast(f64x2.mul(f64x2.abs(part.hi[i].get), f64x2.const(limit)), f64x2.abs(whole.hi[i].get)),
        ),
      ),
    );
  }

  /** mask loses lanes where |left| < size although `present` is not 0. */
  dropSmall(mask: Register, left: Code[], present: Register, size: number): Code {
    return this.#parts.map((i) =>
      mask.hi[i].set(
        f64x2.andNot(
          mask.hi[i].get,
          f64x2.and(f64x2.less(left[i], f64x2.const(size)), f64x2.differs(present.hi[i].get, f64x2.const(0))),
        ),
      ),
    );
  }

  /** Products of hi parts, part by part. */
  highProducts(left: Register, right: Register): Code[] {
    return this.#parts.map((i) => f64x2.mul(left.hi[i].get, right.hi[i].get));
  }

  /** to ← min(to, of) where `of` is not 0; hi parts only. */
  leastOfPresent(to: Register, of: Register): Code {
    return this.#parts.map((i) => {
      const value = this.#temporary(0);
      return [
        // a zero becomes NaN, which no comparison takes for less
        value.set(f64x2.or(of.hi[i].get, f64x2.equals(of.hi[i].get, f64x2.const(0)))),
        to.hi[i].set(f64x2.pseudoMin(to.hi[i].get, value.get)),
      ];
    });
  }

  /** All lanes on, as a mask. */
  allOn(mask: Register): Code {
    return this.#parts.map((i) => mask.hi[i].set(f64x2.equals(f64x2.const(0), f64x2.const(0))));
  }

  /** to ← left where mask, 0 elsewhere. */
  masked(to: Register, mask: Register): Code {
    return this.#parts.map((i) => [
      to.hi[i].set(f64x2.and(to.hi[i].get, mask.hi[i].get)),
      to.lo ? to.lo[i].set(f64x2.and(to.lo[i].get, mask.hi[i].get)) : [],
    ]);
  }

  #at({ address, offset }: Place, part: number, low = false): Place {
    return { address, offset: offset + 16 * part + (low ? planeBytes(this.#format) : 0) };
  }

  #multiplyAdd(a: Code, b: Code, c: Code): Code {
    return this.#format.fused ? f64x2.relaxedMadd(a, b, c) : f64x2.add(c, f64x2.mul(a, b));
  }

  /** (hi, lo) += value, exactly but for the rounding of lo. Leaves `value` as it was. */
  #accumulate(hi: Local, lo: Local, value: Local): Code {
    const [sum, rest] = [this.#temporary(1), this.#temporary(2)];
    return [
      sum.set(f64x2.add(hi.get, value.get)),
      rest.set(f64x2.sub(sum.get, hi.get)),
      lo.set(
        f64x2.add(lo.get, f64x2.add(f64x2.sub(hi.get, f64x2.sub(sum.get, rest.get)), f64x2.sub(value.get, rest.get))),
      ),
      hi.set(sum.get),
    ];
  }

  /** a b − product exactly, barring underflow; by Dekker's splitting where nothing is fused. */
  #productError(a: Local, b: Local, product: Local): Code {
    if (this.#format.fused) return f64x2.relaxedMadd(a.get, b.get, f64x2.negate(product.get));
    const [scaled, aHigh, aLow, bHigh, bLow] = [3, 4, 5, 6, 9].map((k) => this.#temporary(k));
    const split = (x: Local, high: Local, low: Local): Code => [
      scaled.set(f64x2.mul(x.get, f64x2.const(SPLITTER))),
      high.set(f64x2.sub(scaled.get, f64x2.sub(scaled.get, x.get))),
      low.set(f64x2.sub(x.get, high.get)),
    ];
    const { mul, sub } = f64x2;
    const errors = sub(
      sub(sub(product.get, mul(aHigh.get, bHigh.get)), mul(aLow.get, bHigh.get)),
      mul(aHigh.get, bLow.get),
    );
    return [split(a, aHigh, aLow), split(b, bHigh, bLow), sub(mul(aLow.get, bLow.get), errors)];
  }
}
