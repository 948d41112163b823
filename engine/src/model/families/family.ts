/**
 * A family: a definition of the library, known to the caches by name and version instead of by its code, so that
 * every build of the library and every process shares its entries. A change of rule must raise the version.
 */
import type { Inputs, ModelSpec } from "../define.js";

export interface Family<P extends string = string, I extends Inputs = Inputs, R extends string = string>
  extends ModelSpec<P, I, R> {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly parameters: readonly P[];
  readonly inputs: I;
}

/** Widens literal types of defaults: `{ n: 10 }` is a number, not 10. */
export function defineFamily<const P extends string, I extends Inputs, R extends string>(
  family: Family<P, I, R>,
): Family<P, I, R> {
  return Object.freeze(family);
}
