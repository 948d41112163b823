/** Every form in which θ may be given, brought to one: lanes × dimension in a Float64Array. */
import { InputError } from "../base/errors.js";
import { isPlainObject, nameText, valueText } from "../base/words.js";
import { DISPLAY } from "../display/mime.js";

/** One θ: a number (one parameter), a vector in the order of the parameters, or values by name. */
export type Theta<P extends string = string> =
  | number
  | readonly number[]
  | Float64Array
  | { readonly [name in P]: number };
/** Many: a list of θ, or a Float64Array of lanes × dimension. */
export type ThetaBatch<P extends string = string> = readonly Exclude<Theta<P>, number>[] | Float64Array;

export interface Lanes {
  readonly thetas: Float64Array;
  readonly batchSize: number;
  /** Whether one θ was given, so that one result is expected. */
  readonly single: boolean;
}

/**
 * Throws `InputError` for a wrong length, a missing or unknown name, or a value that is not finite. `what` is how messages call it.
 */
export function lanesOf(
  model: string,
  names: readonly string[],
  theta: Theta | ThetaBatch | undefined,
  what = "θ",
): Lanes {
  const d = names.length;
  const reader = new ThetaReader(model, names, what);
  if (theta === undefined) {
    if (d === 0) return { thetas: new Float64Array(0), batchSize: 1, single: true };
    return reader.refuse("no-theta", `it needs ${reader.listed}, and no ${what.replace("the ", "")} was given`);
  }
  if (theta instanceof Float64Array && theta.length !== d && d > 0 && theta.length > 0 && theta.length % d === 0) {
    for (let lane = 0; lane * d < theta.length; lane++)
      reader.checkFinite(theta.subarray(lane * d, (lane + 1) * d), ` in lane ${lane}`);
    return { thetas: theta, batchSize: theta.length / d, single: false };
  }
  if (Array.isArray(theta) && theta.length > 0 && typeof theta[0] !== "number") {
    const thetas = new Float64Array(theta.length * d);
    theta.forEach((one: Theta, lane) => {
      thetas.set(reader.vector(one, ` in lane ${lane}`), lane * d);
    });
    return { thetas, batchSize: theta.length, single: false };
  }
  return { thetas: reader.vector(theta as Theta, ""), batchSize: 1, single: true };
}

/** Reads one θ; every fault is a sentence that names the model, and the lane where there are several. */
class ThetaReader {
  readonly #model: string;
  readonly #names: readonly string[];
  readonly #what: string;

  constructor(model: string, names: readonly string[], what: string) {
    this.#model = model;
    this.#names = names;
    this.#what = what;
  }

  refuse(code: string, what: string): never {
    throw new InputError(code, `Cannot evaluate ${this.#model}: ${what}.`);
  }

  get listed(): string {
    return this.#names.join(", ") || "no parameter";
  }

  vector(theta: Theta, where: string): Float64Array {
    const names = this.#names;
    const vector = typeof theta === "number" ? Float64Array.of(theta) : this.#numbers(theta, where);
    const { length } = vector;
    if (length !== names.length) {
      const [what, count] = [`${this.#what}${where}`, names.length === 1 ? "1 value" : `${names.length} values`];
      if (names.length === 0) this.refuse("theta-length", `it has no parameters, so ${what} is left out`);
      const batch = names.length > 0 && length > names.length && length % names.length === 0 && where === "";
      const hint = batch ? `; a batch is a list of lists, ${batchText(vector, names.length)}` : "";
      this.refuse("theta-length", `${what} must have ${count} (${this.listed}) and has ${length}${hint}`);
    }
    this.checkFinite(vector, where);
    return vector;
  }

  checkFinite(theta: Float64Array, where: string): void {
    const bad = theta.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      this.refuse("theta-not-finite", `${this.#named(this.#names[bad])}${where} must be finite and is ${theta[bad]}`);
  }

  /** `rate`, or `rate of the direction`. */
  #named(name: string): string {
    return this.#what === "θ" ? name : `${name} of ${this.#what}`;
  }

  #numbers(theta: Exclude<Theta, number>, where: string): Float64Array {
    const what = `${this.#what}${where}`;
    if (theta instanceof Float64Array) return theta;
    if (ArrayBuffer.isView(theta))
      return this.refuse("bad-theta", `${what} must be a Float64Array or a list of numbers and is ${valueText(theta)}`);
    if (Array.isArray(theta)) {
      const bad = theta.findIndex((value) => typeof value !== "number");
      if (bad >= 0)
        this.refuse("bad-theta", `${what} must hold numbers only, and value ${bad} is ${valueText(theta[bad])}`);
      return Float64Array.from(theta);
    }
    // a handle or another result is an object, and no values by name
    if (!isPlainObject(theta) || DISPLAY in theta)
      return this.refuse("bad-theta", `${what} must be numbers and is ${valueText(theta)}`);
    const given: Readonly<Record<string, unknown>> = theta;
    for (const name of Object.keys(given))
      if (!this.#names.includes(name))
        this.refuse("unknown-parameter", `it has no parameter ${nameText(name)}; its parameters are ${this.listed}`);
    return Float64Array.from(this.#names, (name) => {
      if (!Object.hasOwn(given, name)) return this.refuse("missing-parameter", `${what} lacks ${name}`);
      const value = given[name];
      if (typeof value !== "number")
        return this.refuse("bad-theta", `${this.#named(name)}${where} must be a number and is ${valueText(value)}`);
      return value;
    });
  }
}

/** The first lanes of what was meant to be a batch. */
function batchText(values: Float64Array, d: number): string {
  const lanes = Array.from(
    { length: Math.min(2, values.length / d) },
    (_, lane) => `[${Array.from(values.subarray(lane * d, (lane + 1) * d)).join(", ")}]`,
  );
  return `[${lanes.join(", ")}${values.length > 2 * d ? ", …" : ""}]`;
}
