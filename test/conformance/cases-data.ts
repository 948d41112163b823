/**
 * The cases of `cases/*.json`, made by `make_cases.py`: reading them, asking for them, and judging an answer.
 *
 * A value passes when it is within `tolerance` of the expected one, relative to it or to `scale`, whichever is larger;
 * an expected 0 without `scale` is exact. With `bound` it must also lie within the error bound that the result states.
 * A derivative passes within `gradientTolerance` of max(|g|, |value / θ|): one that is lost against the value's own
 * relative change cannot be asked for. Both parts of a complex value are judged by the modulus.
 */
import { readdirSync, readFileSync } from "node:fs";

/** A decimal beyond double precision is a string. */
type Decimal = number | string;

export interface DataCase {
  readonly name: string;
  readonly model: object;
  readonly theta?: readonly number[];
  readonly epochs?: readonly { readonly start: number; readonly theta: readonly number[] }[];
  readonly gradient?: true;
  readonly quantity: { readonly quantity: string; readonly [option: string]: unknown };
  readonly values: readonly Decimal[];
  /** Value × parameter. */
  readonly gradients?: readonly (readonly Decimal[])[];
  readonly tolerance: number;
  readonly gradientTolerance?: number;
  readonly scale?: number;
  readonly bound?: true;
  readonly why?: string;
}

export interface Theme {
  readonly name: string;
  readonly note: string;
  readonly cases: readonly DataCase[];
}

export interface Answered {
  readonly status: readonly string[];
  /** Lane × value; a value of `laplace` is a pair. */
  readonly values: readonly (readonly Nested[] | null)[];
  /** Lane × value × parameter; a derivative of `laplace` is a pair. */
  readonly gradients?: readonly (readonly (readonly Nested[])[] | null)[];
  /** One for all values, or one per value of the lane. */
  readonly errorBound?: Nested;
}

type Nested = number | string | readonly Nested[];

export function readThemes(): Theme[] {
  const folder = new URL("cases/", import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => ({
      name: file.replace(".json", ""),
      ...(JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Omit<Theme, "name">),
    }));
}

export const requestOf = ({ model, theta, epochs, gradient, quantity }: DataCase) => ({
  model,
  ...(epochs === undefined ? theta !== undefined && theta.length > 0 && { theta } : { epochs }),
  ...(gradient && { gradient }),
  quantities: [quantity],
});

/** The numbers that the gradient axis runs over: θ, or the θ of every epoch and then the later starts. */
const axis = ({ theta = [], epochs }: DataCase): readonly number[] =>
  epochs === undefined ? theta : [...epochs.flatMap((e) => e.theta), ...epochs.slice(1).map(({ start }) => start)];

const flat = (nested: Nested): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]);

/** What is wrong with an answer, as sentences; empty when it passes. */
export function faultsOf(one: DataCase, answer: Answered): string[] {
  if (answer.status.length !== 1 || answer.status[0] !== "ok") return [`status is ${answer.status.join(", ")}`];
  const expected = one.values.map(Number);
  const computed = flat(answer.values[0] ?? []);
  if (computed.length !== expected.length) return [`${computed.length} values instead of ${expected.length}`];
  const complex = one.quantity.quantity === "laplace";
  const size = (values: readonly number[], k: number): number =>
    complex ? Math.hypot(values[k - (k % 2)], values[k - (k % 2) + 1]) : Math.abs(values[k]);

  const faults: string[] = [];
  const judge = (what: string, found: number, value: number, allowed: number): void => {
    if (!(Math.abs(found - value) <= allowed))
      faults.push(`${what} is ${found} and should be ${value}: off by ${Math.abs(found - value)}, allowed ${allowed}`);
  };
  expected.forEach((value, k) => {
    judge(`value ${k}`, computed[k], value, one.tolerance * Math.max(size(expected, k), one.scale ?? 0));
  });
  if (one.bound) faults.push(...boundFaults(answer.errorBound, computed, expected));
  if (one.gradients === undefined) return faults;

  const rows = answer.gradients?.[0]?.map((row) => row.map(flat));
  if (!rows) return [...faults, "there are no gradients"];
  const parameters = axis(one);
  one.gradients.forEach((row, k) => {
    // A pair of values has a pair in each entry of its row.
    const found = rows[complex ? Math.floor(k / 2) : k] ?? [];
    if (found.length !== parameters.length) {
      faults.push(`gradient ${k} has ${found.length} entries and there are ${parameters.length} parameters`);
      return;
    }
    row.forEach((g, p) => {
      const column = one.gradients!.map((entries) => Number(entries[p]));
      const relative = parameters[p] === 0 ? 0 : size(expected, k) / Math.abs(parameters[p]);
      const allowed = (one.gradientTolerance ?? 1e-9) * Math.max(size(column, k), relative);
      judge(`derivative ${p} of value ${k}`, found[p][complex ? k % 2 : 0], Number(g), allowed);
    });
  });
  return faults;
}

/** A stated bound on the relative error must be there, be at most 1e-9, and hold. */
function boundFaults(stated: Nested | undefined, computed: readonly number[], expected: readonly number[]): string[] {
  if (stated === undefined) return ["no error bound is stated"];
  const bounds = flat(stated);
  return expected.flatMap((value, k) => {
    const bound = bounds.length === expected.length ? bounds[k] : Math.max(...bounds);
    if (!(bound <= 1e-9)) return [`the error bound of value ${k} is ${bound}`];
    // Half a unit in the last place belongs to the decimal.
    const allowed = (bound + 2 ** -52) * Math.abs(value);
    return Math.abs(computed[k] - value) <= allowed
      ? []
      : [`value ${k} is ${computed[k]} and should be ${value}: beyond its error bound ${bound}`];
  });
}
