/** Observations as users write them, read into parallel arrays. */
import { valueText } from "../base/words.js";
import type { Observations } from "../evaluator/evaluator.js";

/**
 * A number is an exact time. `right`: after that time; `left`: until it; `interval`: between two. `truncated`: known
 * only because it is later than that. `weight`: how often it counts (default 1).
 */
export type Observation =
  | number
  | ((
      | { readonly exact: number }
      | { readonly right: number }
      | { readonly left: number }
      | { readonly interval: readonly [number, number] }
    ) & {
      readonly truncated?: number;
      readonly weight?: number;
    });

const KINDS = ["exact", "right", "left", "interval"] as const;
const FIELDS: readonly string[] = [...KINDS, "truncated", "weight"];

/** Calls `refuse` with the index of the first observation that cannot be. */
export function readObservations(data: unknown, discrete: boolean, refuse: (what: string) => never): Observations {
  if (!Array.isArray(data) && !(data instanceof Float64Array))
    return refuse(`data must be a list of observations or a Float64Array and is ${valueText(data)}`);
  const plain = plainTimes(data, discrete);
  if (plain !== undefined) return plain;
  const list = Array.from(data as ArrayLike<unknown>);
  const kinds: Observations["kinds"][number][] = [];
  const [from, to, truncated, weights] = [0, 1, 2, 3].map(() => new Float64Array(list.length));
  list.forEach((one, i) => {
    const fail = (what: string): never => refuse(`observation ${i} ${what}`);
    const time = (value: unknown, what: string): number => {
      if (typeof value !== "number" || !(value >= 0 && value < Infinity))
        return fail(`has ${what} ${valueText(value)}, which must be finite and ≥ 0`);
      if (discrete && !Number.isInteger(value))
        return fail(`has ${what} ${value}, which must be a whole number of steps`);
      return value;
    };
    const fields = (typeof one === "number" ? { exact: one } : one) as Readonly<Record<string, unknown>>;
    if (typeof fields !== "object" || fields === null) fail(`must be a number or an object and is ${valueText(one)}`);
    const unknown = Object.keys(fields).find((field) => !FIELDS.includes(field));
    if (unknown !== undefined) fail(`has ${unknown}, which has no meaning there; there are ${FIELDS.join(", ")}`);
    const named = KINDS.filter((kind) => fields[kind] !== undefined);
    if (named.length !== 1) fail(`must have one of ${KINDS.join(", ")}`);
    // until a time, and known to be after another: between the two
    const between = named[0] === "left" && fields.truncated !== undefined;
    const kind = between ? "interval" : named[0];
    kinds.push(kind);
    from[i] = to[i] = Number.NaN;
    if (kind === "interval") {
      const ends = (between ? [fields.truncated, fields.left] : fields.interval) as readonly unknown[];
      if (!Array.isArray(ends) || ends.length !== 2) fail("must have an interval of two times");
      from[i] = time(ends[0], "the time");
      to[i] = ends[1] === Infinity ? Infinity : time(ends[1], "the time");
      if (!(to[i] > from[i])) fail(`has an interval that ends at ${to[i]}, before it begins`);
    } else (kind === "left" ? to : from)[i] = time(fields[kind], "the time");
    truncated[i] = fields.truncated === undefined ? -1 : time(fields.truncated, "the truncation");
    if (truncated[i] > (kind === "left" ? to[i] : from[i]) || (kind === "exact" && truncated[i] === from[i]))
      fail(`is truncated at ${truncated[i]}, after it was seen`);
    const weight = fields.weight ?? 1;
    if (typeof weight !== "number" || !(weight >= 0 && weight < Infinity))
      fail(`has the weight ${valueText(weight)}, which must be finite and ≥ 0`);
    weights[i] = weight as number;
  });
  return { kinds, from, to, truncated, weights };
}

/** Where all are numbers, and times: the common case, in one pass. What is wrong is told by the other way. */
function plainTimes(data: readonly unknown[] | Float64Array, discrete: boolean): Observations | undefined {
  const n = data.length;
  const from = data instanceof Float64Array ? data.slice() : numbersOf(data);
  if (from === undefined || !areTimes(from, discrete)) return undefined;
  return {
    kinds: new Array<"exact">(n).fill("exact"),
    from,
    to: new Float64Array(n).fill(Number.NaN),
    truncated: new Float64Array(n).fill(-1),
    weights: new Float64Array(n).fill(1),
    plain: true,
  };
}

function numbersOf(data: readonly unknown[]): Float64Array | undefined {
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const one = data[i];
    if (typeof one !== "number") return undefined;
    numbers[i] = one;
  }
  return numbers;
}

function areTimes(numbers: Float64Array, discrete: boolean): boolean {
  for (let i = 0; i < numbers.length; i++) {
    if (!(numbers[i] >= 0 && numbers[i] < Infinity)) return false;
    if (discrete && !Number.isInteger(numbers[i])) return false;
  }
  return true;
}
