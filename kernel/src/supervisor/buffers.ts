/**
 * Bytes inside JSON, as Jupyter's widgets send them: taken out into frames of their own, with the path to where each
 * belongs, and put back. Pure; what comes in is never changed.
 */

export type Path = readonly (string | number)[];

export interface Split<T> {
  readonly value: T;
  readonly paths: readonly Path[];
  readonly buffers: readonly Uint8Array[];
}

/** Takes bytes out: a property that held some is gone, an element of a list is null, as ipywidgets do it. */
export function splitBuffers<T>(value: T): Split<T> {
  const paths: Path[] = [];
  const buffers: Uint8Array[] = [];
  const walk = (one: unknown, path: Path): unknown => {
    if (one instanceof Uint8Array) {
      paths.push(path);
      buffers.push(one);
      return undefined;
    }
    if (Array.isArray(one)) return one.map((item, at) => walk(item, [...path, at]) ?? null);
    if (typeof one !== "object" || one === null) return one;
    const entries = Object.entries(one).map(([name, item]) => [name, walk(item, [...path, name])] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };
  return { value: walk(value, []) as T, paths, buffers };
}

/** The value with each buffer where its path says; paths that lead nowhere are left out. */
export function joinBuffers(
  value: Readonly<Record<string, unknown>>,
  paths: unknown,
  buffers: readonly Uint8Array[],
): Record<string, unknown> {
  const joined = structuredClone(value) as Record<string, unknown>;
  if (!Array.isArray(paths)) return joined;
  paths.forEach((path: unknown, at) => {
    const buffer = buffers[at];
    if (!Array.isArray(path) || path.length === 0 || buffer === undefined) return;
    let holder: unknown = joined;
    for (const step of path.slice(0, -1)) holder = own(holder, step);
    const last: unknown = path.at(-1);
    if (typeof holder === "object" && holder !== null && last !== "__proto__" && isStep(last))
      (holder as Record<string | number, unknown>)[last] = buffer;
  });
  return joined;
}

const isStep = (step: unknown): step is string | number => typeof step === "string" || typeof step === "number";

function own(holder: unknown, step: unknown): unknown {
  if (typeof holder !== "object" || holder === null || !isStep(step) || !Object.hasOwn(holder, step)) return undefined;
  return (holder as Record<string | number, unknown>)[step];
}
