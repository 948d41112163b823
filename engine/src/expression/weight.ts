/**
 * Weights over θ: w(θ) = base + Σ coefficients[k] θ_k + formula(θ), with a small vocabulary for transition rules
 * (`rate.times(3).plus(mutation)`, `size.power(-1)`, `growth.times(age).exp()`). Immutable. What is affine stays
 * affine, the fast case; products, quotients and functions of parameters become formulas.
 */
import { InputError } from "../base/errors.js";
import { valueText } from "../base/words.js";
import {
  affineFormula,
  type Binary,
  binary,
  constant,
  type Formula,
  parameter,
  printFormula,
  type Unary,
  unary,
} from "./formula.js";

export class Weight {
  readonly base: number;
  readonly coefficients: readonly number[];
  /** Names of the parameters that the coefficients belong to. */
  readonly names: readonly string[];
  /** What is not affine, added to the rest. */
  readonly formula: Formula | undefined;

  constructor(base: number, coefficients: readonly number[], names: readonly string[], formula?: Formula) {
    this.base = base;
    this.coefficients = coefficients;
    this.names = names;
    this.formula = formula;
  }

  /** This weight times a finite number or a weight of the same model. */
  times(factor: number | Weight): Weight {
    if (factor instanceof Weight) {
      this.#sameModel(factor, "multiply", "by");
      const number = factor.#constant();
      if (number !== undefined) return this.times(number);
      const own = this.#constant();
      return own === undefined ? this.#combined("product", factor) : factor.times(own);
    }
    const f = finite(factor, "multiply", this, "by");
    // Rules call this once per transition, so it makes two objects and no closure.
    const { coefficients } = this;
    const products = new Array<number>(coefficients.length);
    for (let k = 0; k < products.length; k++) products[k] = coefficients[k] * f;
    return new Weight(
      this.base * f,
      products,
      this.names,
      this.formula && f !== 0 ? binary("product", constant(f), this.formula) : undefined,
    );
  }

  /** This weight divided by a number other than 0, or by a weight whose value is not 0 where it is used. */
  over(divisor: number | Weight): Weight {
    if (divisor instanceof Weight) {
      this.#sameModel(divisor, "divide", "by");
      const number = divisor.#constant();
      return number === undefined ? this.#combined("quotient", divisor) : this.over(number);
    }
    const d = finite(divisor, "divide", this, "by");
    if (d === 0) throw new InputError("bad-weight", `Cannot divide the weight ${this} by 0.`);
    return new Weight(
      this.base / d,
      this.coefficients.map((c) => c / d),
      this.names,
      this.formula && binary("quotient", this.formula, constant(d)),
    );
  }

  /** This weight plus a number or another weight of the same model. */
  plus(other: number | Weight): Weight {
    if (!(other instanceof Weight))
      return new Weight(this.base + finite(other, "add to", this, ""), this.coefficients, this.names, this.formula);
    this.#sameModel(other, "add", "to");
    const { coefficients } = this;
    const sums = new Array<number>(coefficients.length);
    for (let k = 0; k < sums.length; k++) sums[k] = coefficients[k] + other.coefficients[k];
    return new Weight(
      this.base + other.base,
      sums,
      this.names,
      this.formula && other.formula ? binary("sum", this.formula, other.formula) : (this.formula ?? other.formula),
    );
  }

  /** This weight minus a number or another weight; the value must not be negative where it is used. */
  minus(other: number | Weight): Weight {
    return this.plus(other instanceof Weight ? other.times(-1) : -finite(other, "subtract from", this, ""));
  }

  /** This weight to a power, a number or a weight of the same model: `size.power(-1)`. */
  power(exponent: number | Weight): Weight {
    if (exponent === 1) return this;
    return this.#combined("power", this.#weight(exponent, "raise", "to the power"));
  }

  /** e to the power of this weight. */
  exp(): Weight {
    return this.#function("exp");
  }

  /** The natural logarithm of this weight. */
  log(): Weight {
    return this.#function("log");
  }

  sqrt(): Weight {
    return this.#function("sqrt");
  }

  /** The smaller of this weight and a number or weight. */
  min(other: number | Weight): Weight {
    return this.#combined("min", this.#weight(other, "compare", "with"));
  }

  /** The larger of this weight and a number or weight. */
  max(other: number | Weight): Weight {
    return this.#combined("max", this.#weight(other, "compare", "with"));
  }

  /** The whole weight as one formula. */
  toFormula(): Formula {
    const affine = affineFormula(this.base, this.coefficients);
    if (this.formula === undefined) return affine;
    return affine.op === "constant" && affine.value === 0 ? this.formula : binary("sum", affine, this.formula);
  }

  toString(): string {
    return printWeight(this.base, this.coefficients, this.names, this.formula);
  }

  /**
   * A weight has no value before θ is known; operators and `Math` would silently make a NaN of it, and a comparison would
   * choose a branch for every θ.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new InputError(
      "bad-weight",
      `Cannot use the weight ${this} in arithmetic or a comparison: it has no value before θ is known; write .times(2), .over(2) or .plus(other) instead of an operator, .exp(), .log() or .max(1) instead of Math.`,
    );
  }

  #constant(): number | undefined {
    return this.formula === undefined && this.coefficients.every((c) => c === 0) ? this.base : undefined;
  }

  #weight(other: unknown, action: string, link: string): Weight {
    if (!(other instanceof Weight)) return new Weight(finite(other, action, this, link), this.#none(), this.names);
    this.#sameModel(other, action, link);
    return other;
  }

  #none(): number[] {
    return this.names.map(() => 0);
  }

  #combined(op: Binary, other: Weight): Weight {
    return new Weight(0, this.#none(), this.names, binary(op, this.toFormula(), other.toFormula()));
  }

  #function(op: Unary): Weight {
    return new Weight(0, this.#none(), this.names, unary(op, this.toFormula()));
  }

  #sameModel(other: Weight, action: string, link: string): void {
    if (!sameNames(other.names, this.names))
      throw new InputError(
        "foreign-weight",
        `Cannot ${action} the weight ${action === "add" ? other : this} ${link} ${action === "add" ? this : other}: they belong to models with different parameters.`,
      );
  }
}

/**
 * The parameters of a model as weights: θ_k is the k-th unit coefficient. A name that is not a parameter is refused at
 * once, because in a rule it would only be `undefined`. What refuses stands behind the object, so that reading a
 * parameter is an ordinary read: rules do it once per state.
 */
export function parameterWeights<P extends string>(
  model: string,
  names: readonly P[],
): { readonly [name in P]: Weight } {
  const refusing = new Proxy(Object.freeze({}), {
    get(target, name) {
      if (typeof name === "symbol") return Reflect.get(target, name);
      const known = names.join(", ") || "none";
      throw new InputError(
        "unknown-parameter",
        `Cannot explore ${model}: it has no parameter ${name}; its parameters are ${known}.`,
      );
    },
  });
  const unit = (k: number): number[] => names.map((_, j) => (j === k ? 1 : 0));
  const weights = Object.create(refusing);
  names.forEach((name, k) => {
    Object.defineProperty(weights, name, { value: new Weight(0, unit(k), names), enumerable: true });
  });
  return Object.freeze(weights);
}

/** `jump = 1, l = 2`, the way every message and title writes θ: to twelve digits, so that 1.1 of a slider is 1.1. */
export const printTheta = (names: readonly string[], theta: ArrayLike<number>): string =>
  names.map((name, k) => `${name} = ${Number(theta[k].toPrecision(12))}`).join(", ");

export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((name, k) => name === b[k]));

/** Prints a weight with parameter names, or θ1, θ2 … where there are none. */
export function printWeight(
  base: number,
  coefficients: ArrayLike<number>,
  names: readonly string[] = [],
  formula?: Formula | string,
): string {
  const terms: string[] = base !== 0 ? [String(base)] : [];
  for (let k = 0; k < coefficients.length; k++) {
    const c = coefficients[k];
    const name = printFormula(parameter(k), names);
    if (c !== 0) terms.push(c === 1 ? name : `${c}·${name}`);
  }
  if (formula) terms.push(typeof formula === "string" ? formula : printFormula(formula, names));
  return terms.length > 0 ? terms.join(" + ") : "0";
}

function finite(value: unknown, action: string, weight: Weight, link: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const kind = typeof value === "string" ? `a string (${value})` : valueText(value);
  const what = typeof value === "number" ? `${value}` : `${kind}; a number is needed`;
  const sentence =
    link === "" ? `${action} the weight ${weight}: ${what}` : `${action} the weight ${weight} ${link} ${what}`;
  throw new InputError("bad-weight", `Cannot ${sentence}.`);
}
