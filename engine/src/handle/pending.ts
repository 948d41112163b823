/**
 * Promises of handles say what is missing when they are used like one: `families.erlang.build().mean(1)` forgets an
 * `await`, and "mean is not a function" would not tell.
 */
import { InputError, SojournError } from "../base/errors.js";
import { DENSITY_SIGNATURES, SIGNATURES } from "./signatures.js";

/** What is there besides methods. */
const PROPERTIES = ["graph", "trace", "caches", "vertices", "edges", "parameters", "rewards", "plot"];
/** What every object has, and libraries ask for. */
const COMMON = ["toString", "toJSON"];

const use = (name: string, call: string) => (): never => {
  throw new InputError(
    "not-awaited",
    `Cannot use ${name} of a promise: write await before what makes it, as in (await model.build()).${call}.`,
  );
};

const methods = { ...DENSITY_SIGNATURES, ...SIGNATURES };
const PENDING = Object.create(Promise.prototype, {
  ...Object.fromEntries(PROPERTIES.map((name) => [name, { get: use(name, name) }])),
  ...Object.fromEntries(
    Object.entries(methods)
      .filter(([name]) => !COMMON.includes(name))
      .map(([name, signature]) => [name, { value: use(name, `${name}(${signature})`) }]),
  ),
});

/** The same promise, which refuses in words to be used as what it will become; its errors say who asked. */
export function pending<T>(promise: Promise<T>): Promise<T> {
  const asked: { readonly stack?: string } = {};
  Error.captureStackTrace(asked, pending);
  const told = promise.catch((error: unknown) => {
    if (error instanceof SojournError) addFrames(error, asked.stack ?? "");
    throw error;
  });
  return Object.setPrototypeOf(told, PENDING);
}

/** Work that has waited has lost sight of who called. */
function addFrames(error: Error, stack: string): void {
  const own = error.stack ?? "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line) && !own.includes(line));
  if (frames.length > 0) error.stack = [own, ...frames].join("\n");
}

/** The same methods; those of these names answer with such promises. */
export function withPending<M extends object>(methods: M, names: readonly (keyof M & string)[]): M {
  const changed = names.map((name) => {
    const method = methods[name] as (...given: unknown[]) => Promise<unknown>;
    return [name, (...given: unknown[]) => pending(method(...given))];
  });
  return { ...methods, ...Object.fromEntries(changed) };
}
