/**
 * The neutral form in which stages hand data to the caches: small plain attributes and named typed arrays. Stages
 * know no files and files know no stages; both know this.
 */

/** Element types an array on the wire may have. */
export const WIRE_ARRAYS = { i32: Int32Array, u32: Uint32Array, f64: Float64Array, u8: Uint8Array } as const;
export type WireType = keyof typeof WIRE_ARRAYS;
interface WireArrays {
  i32: Int32Array;
  u32: Uint32Array;
  f64: Float64Array;
  u8: Uint8Array;
}
export type WireArray = WireArrays[WireType];

export interface Wire {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, WireArray>>;
}

export function wireType(array: WireArray): WireType {
  for (const type of Object.keys(WIRE_ARRAYS) as WireType[]) if (array instanceof WIRE_ARRAYS[type]) return type;
  throw new TypeError("an array on the wire must be an Int32Array, Uint32Array, Float64Array or Uint8Array");
}

/** Reads an array of one type from the wire. Throws TypeError when it is missing or of another type. */
export function wireArray<T extends WireType>(wire: Wire, name: string, type: T): WireArrays[T] {
  const array = wire.arrays[name];
  if (!(array instanceof WIRE_ARRAYS[type])) throw new TypeError(`the array ${name} is missing or not ${type}`);
  return array as WireArrays[T];
}

export function wireText(wire: Wire, name: string): string {
  const value = wire.attributes[name];
  if (typeof value !== "string") throw new TypeError(`the attribute ${name} is not text`);
  return value;
}

export function wireCount(wire: Wire, name: string): number {
  const value = wire.attributes[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new TypeError(`the attribute ${name} is not a count`);
  return value as number;
}

export function wireTexts(wire: Wire, name: string): string[] {
  const value = wire.attributes[name];
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string"))
    throw new TypeError(`the attribute ${name} is not a list of texts`);
  return value as string[];
}
