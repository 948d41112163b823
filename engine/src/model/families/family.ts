/**
 * A family: a definition of the library, known to the caches by name and version instead of by its code, so that
 * every build of the library and every process shares its entries. A change of rule must raise the version.
 */
import { InputError } from "../../base/errors.js";
import type { Inputs, ModelSpec } from "../define.js";

export interface Family<P extends string = string, I extends Inputs = Inputs, R extends string = string>
  extends ModelSpec<P, I, R> {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly parameters: readonly P[];
  readonly inputs: I;
  /** What each input may be. */
  readonly ranges: { readonly [name in keyof I]: InputRange };
}

/** `count`: a whole number from `least` on; `size`: any number above 0. */
export type InputRange = { readonly count: number } | "size";

/** Throws `InputError` naming the input that is out of its range. */
export function checkRanges({ name, ranges }: Family, inputs: Inputs): void {
  for (const [input, range] of Object.entries(ranges) as [string, InputRange][]) {
    const value = inputs[input] as number;
    const fits = range === "size" ? value > 0 : Number.isInteger(value) && value >= range.count;
    if (fits) continue;
    const wanted = range === "size" ? "a number above 0" : `a whole number from ${range.count} on`;
    throw new InputError("bad-input", `Cannot build ${name}: its input ${input} must be ${wanted} and is ${value}.`);
  }
}

/** Widens literal types of defaults: `{ n: 10 }` is a number, not 10. */
export function defineFamily<const P extends string, I extends Inputs, R extends string>(
  family: Family<P, I, R>,
): Family<P, I, R> {
  return Object.freeze(family);
}
