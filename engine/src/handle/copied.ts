/**
 * A copy of plain data that copies each field when that field is first read. A graph of two million edges holds hundreds of
 * megabytes, and who looks at its rewards should not pay for its edges.
 */

/** Arrays of numbers at once, without being written out in between. */
const cloned = (value: object): object =>
  value instanceof Float64Array || value instanceof Int32Array ? value.slice() : structuredClone(value);

/** Fields are as of `structuredClone`, each one made once; the copy itself cannot be given others. */
export function copied<T extends object>(data: T): T {
  const copy = {};
  for (const [key, value] of Object.entries(data)) {
    let made: unknown;
    const get = typeof value === "object" && value !== null ? () => (made ??= cloned(value)) : (): unknown => value;
    Object.defineProperty(copy, key, { enumerable: true, get });
  }
  return Object.freeze(copy) as T;
}
