/**
 * Weights over θ: w(θ) = base + Σ coefficients[k] θ_k, with a small vocabulary for transition rules
 * (`rate.times(3).plus(mutation)`). Immutable. Products and quotients of parameters are not affine and are refused
 * here with a sentence.
 */
import { InputError } from "../base/errors.js";

export class Weight {
  readonly base: number;
  readonly coefficients: readonly number[];
  /** Names of the parameters that the coefficients belong to. */
  readonly names: readonly string[];

  constructor(base: number, coefficients: readonly number[], names: readonly string[]) {
    this.base = base;
    this.coefficients = coefficients;
    this.names = names;
  }

  /** This weight times a finite number. */
  times(factor: number): Weight {
    const f = finite(factor, "multiply", this, "by");
    return this.#with(
      this.base * f,
      this.coefficients.map((c) => c * f),
    );
  }

  /** This weight divided by a number other than 0. */
  over(divisor: number): Weight {
    const d = finite(divisor, "divide", this, "by");
    if (d === 0) throw new InputError("not-affine", `Cannot divide the weight ${this} by 0.`);
    return this.#with(
      this.base / d,
      this.coefficients.map((c) => c / d),
    );
  }

  /** This weight plus a number or another weight of the same model. */
  plus(other: number | Weight): Weight {
    if (!(other instanceof Weight)) return this.#with(this.base + finite(other, "add to", this, ""), this.coefficients);
    if (!sameNames(other.names, this.names))
      throw new InputError(
        "foreign-weight",
        `Cannot add the weight ${other} to ${this}: they belong to models with different parameters.`,
      );
    return this.#with(
      this.base + other.base,
      this.coefficients.map((c, k) => c + other.coefficients[k]),
    );
  }

  /** This weight minus a number or another weight; the value must not be negative where it is used. */
  minus(other: number | Weight): Weight {
    return this.plus(other instanceof Weight ? other.times(-1) : -finite(other, "subtract from", this, ""));
  }

  #with(base: number, coefficients: readonly number[]): Weight {
    return new Weight(base, coefficients, this.names);
  }

  toString(): string {
    return printWeight(this.base, this.coefficients, this.names);
  }

  /** A weight has no value before θ is known; arithmetic operators would silently make a NaN of it. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new InputError(
      "not-affine",
      `Cannot use the weight ${this} in arithmetic: write .times(2), .over(2) or .plus(other) instead of an operator.`,
    );
  }
}

/**
 * The parameters of a model as weights: θ_k is the k-th unit coefficient. A name that is not a parameter is refused at
 * once, because in a rule it would only be `undefined`.
 */
export function parameterWeights<P extends string>(
  model: string,
  names: readonly P[],
): { readonly [name in P]: Weight } {
  const unit = (k: number): number[] => names.map((_, j) => (j === k ? 1 : 0));
  const weights = Object.fromEntries(names.map((name, k) => [name, new Weight(0, unit(k), names)]));
  return new Proxy(Object.freeze(weights), {
    get(target, name) {
      if (typeof name === "symbol" || Object.hasOwn(target, name)) return Reflect.get(target, name);
      const known = names.join(", ") || "none";
      throw new InputError(
        "unknown-parameter",
        `Cannot explore ${model}: it has no parameter ${name}; its parameters are ${known}.`,
      );
    },
  }) as { readonly [name in P]: Weight };
}

/** `jump = 1, l = 2`, the way every message and title writes θ. */
export const printTheta = (names: readonly string[], theta: ArrayLike<number>): string =>
  names.map((name, k) => `${name} = ${theta[k]}`).join(", ");

export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((name, k) => name === b[k]));

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

function finite(value: unknown, action: string, weight: Weight, link: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const what =
    value instanceof Weight
      ? `the weight ${value}, because the result would not be affine in θ`
      : typeof value === "number"
        ? `${value}`
        : `a ${typeof value} (${String(value)}); a number is needed`;
  const sentence =
    link === "" ? `${action} the weight ${weight}: ${what}` : `${action} the weight ${weight} ${link} ${what}`;
  throw new InputError("not-affine", `Cannot ${sentence}.`);
}
