/** Options of an engine and of its builds, checked: what is not there is refused, because it would be ignored. */
import { totalmem } from "node:os";
import { InputError } from "./base/errors.js";
import { isPromise, noSuch, valueText } from "./base/words.js";
import { BACKEND_CHOICES, type BackendChoice } from "./evaluator/evaluator.js";

/** What each option must be. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  cacheDirectory: (value) => typeof value === "string" && value !== "",
  cache: (value) => typeof value === "object" && value !== null,
  environment: (value) => typeof value === "object" && value !== null,
  onEvent: (value) => typeof value === "function",
  interrupted: (value) => typeof value === "function",
  backend: (value) => BACKEND_CHOICES.includes(value as BackendChoice),
  threads: (value) => Number.isInteger(value) && (value as number) >= 1,
};
const NEEDS: Readonly<Record<string, string>> = {
  cacheDirectory: "the path of a folder",
  cache: "an object of settings such as { capBytes: 1e9 }",
  environment: "variables by name",
  onEvent: "a function of an event",
  interrupted: "a function that returns true or false",
  backend: `one of ${BACKEND_CHOICES.join(", ")}`,
  threads: "a whole number ≥ 1",
};

/** Throws `InputError` for what is no option of an engine, with the name that was probably meant. */
export function checkEngineOptions(options: unknown): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot open an engine: ${what}.`);
  };
  if (typeof options !== "object" || options === null || Array.isArray(options) || isPromise(options))
    refuse(`options are an object such as { cacheDirectory: "…" } and not ${valueText(options)}`);
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(OPTIONS, name)) refuse(noSuch("option", name, Object.keys(OPTIONS)));
    if (value !== undefined && !OPTIONS[name](value))
      refuse(`${name} must be ${NEEDS[name]} and is ${valueText(value)}`);
  }
}

/** Options of a build, with what those have that were left out. */
export interface CheckedOptions {
  readonly cache: boolean | "rebuild";
  readonly maxStates: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly backend: BackendChoice | undefined;
}

const BUILD_OPTIONS: readonly string[] = ["cache", "maxStates", "maxBytes", "signal", "backend"];
const CACHE_MODES: readonly unknown[] = [true, false, "rebuild"];
const MAX_STATES = 5_000_000;
/** Half a limit would be a surprise; the whole memory would be another. */
const MEMORY_SHARE = 0.8;

/** Throws `InputError` for what is no option of a build. */
export function checkBuildOptions(model: string, options: unknown): CheckedOptions {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot build ${model}: ${what}.`);
  };
  if (typeof options !== "object" || options === null || isPromise(options))
    return refuse(`options must be an object such as { cache: false } and are ${valueText(options)}`);
  const unknown = Object.keys(options).find((name) => !BUILD_OPTIONS.includes(name));
  if (unknown !== undefined) refuse(noSuch("option", unknown, BUILD_OPTIONS));
  const {
    cache = true,
    maxStates = MAX_STATES,
    maxBytes = MEMORY_SHARE * totalmem(),
    signal,
    backend,
  } = options as Partial<CheckedOptions>;
  if (!(typeof maxBytes === "number" && maxBytes > 0))
    refuse(`maxBytes must be a number > 0 and is ${valueText(maxBytes)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse("signal must be an AbortSignal");
  if (!CACHE_MODES.includes(cache)) refuse(`cache must be true, false or "rebuild" and is ${valueText(cache)}`);
  if (!(typeof maxStates === "number" && maxStates >= 1))
    refuse(`maxStates must be a number ≥ 1 and is ${valueText(maxStates)}`);
  if (backend !== undefined && !BACKEND_CHOICES.includes(backend))
    refuse(`backend must be one of ${BACKEND_CHOICES.join(", ")} and is ${valueText(backend)}`);
  return { cache, maxStates, maxBytes, signal, backend };
}
