/**
 * Weights over θ: w(θ) = base + Σ coefficients[k] θ_k, with a small vocabulary for transition rules
 * (`rate.times(3).plus(mutation)`). Immutable. Products and quotients of parameters are not affine and are refused
 * here with a sentence.
 */
import { InputError } from "../base/errors.js";

export class Weight {
  readonly base: number;
  readonly coefficients: readonly number[];

  constructor(base: number, coefficients: readonly number[]) {
    this.base = base;
    this.coefficients = coefficients;
  }

  /** This weight times a finite number. */
  times(factor: number): Weight {
    const f = finite(factor, "multiply a weight by");
    return new Weight(
      this.base * f,
      this.coefficients.map((c) => c * f),
    );
  }

  /** This weight divided by a number other than 0. */
  over(divisor: number): Weight {
    const d = finite(divisor, "divide a weight by");
    if (d === 0) throw new InputError("not-affine", "Cannot divide a weight by 0.");
    return new Weight(
      this.base / d,
      this.coefficients.map((c) => c / d),
    );
  }

  /** This weight plus a number or another weight. */
  plus(other: number | Weight): Weight {
    if (other instanceof Weight)
      return new Weight(
        this.base + other.base,
        this.coefficients.map((c, k) => c + (other.coefficients[k] ?? 0)),
      );
    return new Weight(this.base + finite(other, "add to a weight"), this.coefficients);
  }

  /** This weight minus a number or another weight; the value must not be negative where it is used. */
  minus(other: number | Weight): Weight {
    return this.plus(other instanceof Weight ? other.times(-1) : -finite(other, "subtract from a weight"));
  }

  toString(): string {
    return printWeight(this.base, this.coefficients);
  }

  /** A weight has no value before θ is known; arithmetic operators would silently make a NaN of it. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new InputError(
      "not-affine",
      `Cannot use the weight ${this} in arithmetic: write rate.times(2), rate.over(2) or rate.plus(other) instead of an operator.`,
    );
  }
}

/** The parameters of a model as weights: θ_k is the k-th unit coefficient. */
export function parameterWeights<P extends string>(names: readonly P[]): { readonly [name in P]: Weight } {
  const weights = names.map(
    (name, k) =>
      [
        name,
        new Weight(
          0,
          names.map((_, j) => (j === k ? 1 : 0)),
        ),
      ] as const,
  );
  return Object.freeze(Object.fromEntries(weights)) as { readonly [name in P]: Weight };
}

/** Prints an affine weight with parameter names, or θ1, θ2 … where there are none. */
export function printWeight(base: number, coefficients: ArrayLike<number>, names?: readonly string[]): string {
  const terms: string[] = base !== 0 ? [String(base)] : [];
  for (let k = 0; k < coefficients.length; k++) {
    const c = coefficients[k];
    const name = names?.[k] ?? `θ${k + 1}`;
    if (c !== 0) terms.push(c === 1 ? name : `${c}·${name}`);
  }
  return terms.length > 0 ? terms.join(" + ") : "0";
}

function finite(value: number, action: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    const what = (value as unknown) instanceof Weight ? "another weight: that is not affine in θ" : String(value);
    throw new InputError("not-affine", `Cannot ${action} ${what}.`);
  }
  return value;
}
