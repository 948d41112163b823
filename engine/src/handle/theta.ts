/** Every form in which θ may be given, brought to one: lanes × dimension in a Float64Array. */
import { InputError } from "../base/errors.js";

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

/** Throws `InputError` for a wrong length, a missing or unknown name, or a value that is not finite. */
export function lanesOf(model: string, names: readonly string[], theta: Theta | ThetaBatch | undefined): Lanes {
  const d = names.length;
  if (theta === undefined) {
    if (d === 0) return { thetas: new Float64Array(0), batchSize: 1, single: true };
    throw new InputError("no-theta", `Cannot evaluate ${model}: it needs ${listed(names)}, and no θ was given.`);
  }
  if (theta instanceof Float64Array && theta.length !== d && d > 0 && theta.length > 0 && theta.length % d === 0) {
    checkFinite(model, names, theta);
    return { thetas: theta, batchSize: theta.length / d, single: false };
  }
  if (Array.isArray(theta) && theta.length > 0 && typeof theta[0] !== "number") {
    const thetas = new Float64Array(theta.length * d);
    theta.forEach((one: Theta, lane) => {
      thetas.set(vectorOf(model, names, one, ` in lane ${lane}`), lane * d);
    });
    return { thetas, batchSize: theta.length, single: false };
  }
  return { thetas: vectorOf(model, names, theta as Theta, ""), batchSize: 1, single: true };
}

function vectorOf(model: string, names: readonly string[], theta: Theta, where: string): Float64Array {
  const vector = typeof theta === "number" ? Float64Array.of(theta) : numbersOf(model, names, theta, where);
  if (vector.length !== names.length)
    throw new InputError(
      "theta-length",
      `Cannot evaluate ${model}: θ${where} must have ${names.length} ${names.length === 1 ? "value" : "values"} (${listed(names)}) and has ${vector.length}.`,
    );
  checkFinite(model, names, vector);
  return vector;
}

function numbersOf(
  model: string,
  names: readonly string[],
  theta: Exclude<Theta, number>,
  where: string,
): Float64Array {
  if (theta instanceof Float64Array) return theta;
  if (ArrayBuffer.isView(theta))
    throw new InputError(
      "bad-theta",
      `Cannot evaluate ${model}: θ${where} must be a Float64Array or a list of numbers and is a ${theta.constructor.name}.`,
    );
  if (Array.isArray(theta)) {
    if (theta.some((value) => typeof value !== "number"))
      throw new InputError("bad-theta", `Cannot evaluate ${model}: θ${where} must hold numbers only.`);
    return Float64Array.from(theta);
  }
  if (typeof theta !== "object" || theta === null)
    throw new InputError(
      "bad-theta",
      `Cannot evaluate ${model}: θ${where} must be numbers and is ${typeof theta === "string" ? JSON.stringify(theta) : String(theta)}.`,
    );
  const given = theta as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given))
    if (!names.includes(name))
      throw new InputError(
        "unknown-parameter",
        `Cannot evaluate ${model}: it has no parameter ${name}; its parameters are ${listed(names)}.`,
      );
  return Float64Array.from(names, (name) => {
    if (!Object.hasOwn(given, name))
      throw new InputError("missing-parameter", `Cannot evaluate ${model}: θ${where} lacks ${name}.`);
    const value = given[name];
    if (typeof value !== "number")
      throw new InputError(
        "bad-theta",
        `Cannot evaluate ${model}: ${name}${where} must be a number and is ${typeof value}.`,
      );
    return value;
  });
}

function checkFinite(model: string, names: readonly string[], thetas: Float64Array): void {
  const bad = thetas.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const d = names.length;
  const where = thetas.length > d ? ` in lane ${Math.floor(bad / d)}` : "";
  throw new InputError(
    "theta-not-finite",
    `Cannot evaluate ${model}: ${names[bad % d]}${where} must be finite and is ${thetas[bad]}.`,
  );
}

const listed = (names: readonly string[]): string => names.join(", ") || "no parameter";
