/**
 * Settings of the caches, each with where it came from: an option of the program, then `sojourn.config.json`, then an
 * environment variable, then the preset. One table says what there is; `doctor` prints it, and the documentation follows it.
 */
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { InputError } from "../base/errors.js";
import { noSuch, valueText } from "../base/words.js";
import { STORED_KINDS, type StoredKind } from "./entry.js";
import { fs } from "./file-system.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export const PRESETS = ["fast-compile", "balanced", "max-performance"] as const;
export type Preset = (typeof PRESETS)[number];
export const EVICTION_POLICIES = ["value", "lru", "lfu", "size", "age", "random"] as const;
export const SHAPES = [2, 4, 8] as const;
export type EvaluatorShape = (typeof SHAPES)[number];
export type EvictionPolicy = (typeof EVICTION_POLICIES)[number];

export interface CacheSettings {
  readonly preset: Preset;
  /** The private layer. */
  readonly directory: string;
  /** A disk of this node alone, which stands before the private layer; empty: none. */
  readonly scratchDirectory: string;
  /** The layer that many users share; empty: none. */
  readonly sharedDirectory: string;
  /** Folders of imported libraries, read only. */
  readonly libraries: readonly string[];
  /** Whether what is made here goes to the shared layer; reading it needs no permission. */
  readonly publish: boolean;
  /** Whether entries of the shared layer say names and values of inputs, which the private layer always does. */
  readonly shareNames: boolean;
  /** Who may have written what is read from others. */
  readonly policyFile: string;
  /** The private key that signs what is published; empty: it is not signed. */
  readonly signingKey: string;
  /** Soft cap of the private layer (and of scratch), bytes. */
  readonly capBytes: number;
  /** Soft cap of this user's part of the shared layer, bytes. */
  readonly sharedCapBytes: number;
  /** Caps of single kinds, bytes; a kind without one has the layer's. */
  readonly kindCaps: Readonly<Partial<Record<StoredKind, number>>>;
  /** The memory layer of each process, bytes; 0: none. */
  readonly memoryBytes: number;
  readonly eviction: EvictionPolicy;
  /** Younger entries are not evicted, ms. */
  readonly graceMs: number;
  /** What was cheaper to make is not stored, ms. */
  readonly minCostMs: number;
  /** Evaluators that were compiled faster are not stored, ms. */
  readonly minCompileMs: number;
  /** How many θ side by side evaluators are compiled for; a batch takes the smallest shape that holds it, else the largest. */
  readonly shapes: readonly EvaluatorShape[];
  /** One in so many entries of other writers is made again and compared; 0: none. */
  readonly sampleEvery: number;
  /** Work that is expected to take longer is not begun by two processes at once, ms; 0: never mind. */
  readonly leaseMs: number;
  /** Whether uses and counters are kept. */
  readonly statistics: boolean;
  /** `off`, or which messages go to standard error: `cache`. */
  readonly log: string;
}

export type SettingName = keyof CacheSettings;
export type CacheOptions = { readonly [name in SettingName]?: CacheSettings[name] };

export interface Setting {
  readonly name: SettingName;
  readonly value: unknown;
  /** "option", "preset balanced", "SOJOURN_CACHE_DIR" or the path of a file. */
  readonly from: string;
}

export interface Settings {
  readonly values: CacheSettings;
  readonly origins: readonly Setting[];
}

interface Knob {
  readonly variable: string;
  readonly needs: string;
  readonly check: (value: unknown) => boolean;
  /** A variable's text as a value; what cannot be read is left as it is, and refused. */
  readonly parse: (text: string) => unknown;
  readonly describe: string;
}

const text = (variable: string, describe: string): Knob => ({
  variable,
  needs: "text",
  check: (value) => typeof value === "string",
  parse: (value) => value,
  describe,
});
const path = (variable: string, describe: string): Knob => ({
  ...text(variable, describe),
  needs: "the path of a folder",
});
const file = (variable: string, describe: string): Knob => ({
  ...text(variable, describe),
  needs: "the path of a file",
});
const flag = (variable: string, describe: string): Knob => ({
  variable,
  needs: "true or false",
  check: (value) => typeof value === "boolean",
  parse: (value) => (/^(1|true|yes|on)$/i.test(value) ? true : /^(0|false|no|off)$/i.test(value) ? false : value),
  describe,
});
const amount = (variable: string, needs: string, describe: string): Knob => ({
  variable,
  needs,
  check: (value) => typeof value === "number" && value >= 0,
  parse: (value) => parseAmount(value) ?? value,
  describe,
});
const choice = (variable: string, among: readonly string[], describe: string): Knob => ({
  ...text(variable, describe),
  needs: `one of ${among.join(", ")}`,
  check: (value) => among.includes(value as string),
});
const BYTES = "a number of bytes such as 2000000000 or 2GB";
const MILLISECONDS = "a number of milliseconds ≥ 0";

/** Every setting, in the order in which it is shown. */
export const KNOBS: Readonly<Record<SettingName, Knob>> = {
  preset: choice("SOJOURN_PRESET", PRESETS, "what the other settings are when nothing says otherwise"),
  directory: path("SOJOURN_CACHE_DIR", "the private layer"),
  scratchDirectory: path("SOJOURN_SCRATCH_DIR", "a disk of this node before the private layer"),
  sharedDirectory: path("SOJOURN_SHARED_DIR", "the layer that many users share"),
  libraries: {
    variable: "SOJOURN_LIBRARIES",
    needs: "a list of folders",
    check: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
    parse: (value) => value.split(delimiter).filter((item) => item !== ""),
    describe: "folders of imported libraries",
  },
  publish: flag("SOJOURN_PUBLISH", "whether what is made here goes to the shared layer"),
  shareNames: flag("SOJOURN_SHARE_NAMES", "whether shared entries say names and values of inputs"),
  policyFile: file("SOJOURN_POLICY", "who may have written what is read from others"),
  signingKey: file("SOJOURN_SIGNING_KEY", "the private key that signs what is published"),
  capBytes: amount("SOJOURN_CACHE_CAP", BYTES, "soft cap of the private layer"),
  sharedCapBytes: amount("SOJOURN_SHARED_CAP", BYTES, "soft cap of this user's part of the shared layer"),
  kindCaps: {
    variable: "SOJOURN_KIND_CAPS",
    needs: `caps by kind such as evaluator=200MB, kinds being ${STORED_KINDS.join(", ")}`,
    check: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.entries(value).every(
        ([kind, cap]) => (STORED_KINDS as readonly string[]).includes(kind) && typeof cap === "number" && cap >= 0,
      ),
    parse: (value) =>
      Object.fromEntries(
        value
          .split(",")
          .filter((pair) => pair.trim() !== "")
          .map((pair) => {
            const [kind, cap = ""] = pair.split("=").map((part) => part.trim());
            return [kind, parseAmount(cap) ?? cap];
          }),
      ),
    describe: "caps of single kinds",
  },
  memoryBytes: amount("SOJOURN_MEMORY_CAP", BYTES, "the memory layer of each process"),
  eviction: choice("SOJOURN_EVICTION", EVICTION_POLICIES, "which entries go first when a layer is full"),
  graceMs: amount("SOJOURN_GRACE_MS", MILLISECONDS, "younger entries are not evicted"),
  minCostMs: amount("SOJOURN_MIN_COST_MS", MILLISECONDS, "what was cheaper to make is not stored"),
  minCompileMs: amount("SOJOURN_MIN_COMPILE_MS", MILLISECONDS, "evaluators that were compiled faster are not stored"),
  shapes: {
    variable: "SOJOURN_SHAPES",
    needs: `a list of shapes such as 2,4, which are among ${SHAPES.join(", ")}`,
    check: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((shape) => (SHAPES as readonly unknown[]).includes(shape)),
    parse: (value) => value.split(",").map(Number),
    describe: "how many θ side by side evaluators are compiled for",
  },
  sampleEvery: amount(
    "SOJOURN_SAMPLE_EVERY",
    "a number ≥ 0",
    "one in so many entries of others is made again and compared",
  ),
  leaseMs: amount("SOJOURN_LEASE_MS", MILLISECONDS, "longer work is not begun by two processes at once"),
  statistics: flag("SOJOURN_STATISTICS", "whether uses and counters are kept"),
  log: choice(
    "SOJOURN_LOG",
    ["off", "cache"],
    "messages on standard error: why an entry was or was not read or written",
  ),
};

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
};

/** "2GB", "512 MiB", "1e9"; undefined when it is none. */
export function parseAmount(value: string): number | undefined {
  const found = /^\s*([0-9.]+(?:e[+-]?\d+)?)\s*([kmgt]i?)?b?\s*$/i.exec(value);
  if (!found) return undefined;
  const amount = Number(found[1]) * (UNITS[(found[2] ?? "").toUpperCase()] ?? Number.NaN);
  return Number.isFinite(amount) ? amount : undefined;
}

const GB = 1e9;
const MB = 1e6;

/** What a preset says; the rest is the same for all. */
function presetValues(preset: Preset, environment: Environment): CacheSettings {
  const home = environment.HOME || homedir();
  const xdgCache = environment.XDG_CACHE_HOME;
  const xdgConfig = environment.XDG_CONFIG_HOME;
  const common = {
    preset,
    directory: join(xdgCache && isAbsolute(xdgCache) ? xdgCache : join(home, ".cache"), "sojourn"),
    scratchDirectory: "",
    sharedDirectory: "",
    libraries: [],
    publish: false,
    shareNames: false,
    policyFile: join(xdgConfig && isAbsolute(xdgConfig) ? xdgConfig : join(home, ".config"), "sojourn", "policy.json"),
    signingKey: "",
    capBytes: 2 * GB,
    sharedCapBytes: 20 * GB,
    kindCaps: {},
    eviction: "value",
    graceMs: 10 * 60_000,
    shapes: [2, 4],
    sampleEvery: 100,
    leaseMs: 2000,
    statistics: true,
    log: "off",
  } as const;
  switch (preset) {
    case "fast-compile":
      return { ...common, memoryBytes: 64 * MB, minCostMs: 20, minCompileMs: 100, shapes: [4] };
    case "balanced":
      return { ...common, memoryBytes: 256 * MB, minCostMs: 0, minCompileMs: 5 };
    case "max-performance":
      return { ...common, capBytes: 20 * GB, memoryBytes: 2 * GB, minCostMs: 0, minCompileMs: 0 };
    default:
      return preset satisfies never;
  }
}

export const CONFIG_NAME = "sojourn.config.json";

/** The configuration that counts here: `SOJOURN_CONFIG`, else the first in this folder or one above, else the user's. */
export function findConfig(environment: Environment, folder: string = process.cwd()): string | undefined {
  const named = environment.SOJOURN_CONFIG;
  if (named) return resolve(named);
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, CONFIG_NAME);
    if (fs.existsSync(candidate)) return candidate;
    if (dirname(at) === at) break;
  }
  const xdg = environment.XDG_CONFIG_HOME;
  const own = join(
    xdg && isAbsolute(xdg) ? xdg : join(environment.HOME || homedir(), ".config"),
    "sojourn",
    CONFIG_NAME,
  );
  return fs.existsSync(own) ? own : undefined;
}

/** The `cache` part of a configuration file. Throws `InputError` with code `bad-config`. */
function readConfig(file: string): Readonly<Record<string, unknown>> {
  const refuse = (what: string): never => {
    throw new InputError("bad-config", `Cannot read the configuration ${file}: ${what}.`);
  };
  let document: unknown;
  try {
    document = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return refuse(error instanceof SyntaxError ? `it is not JSON (${error.message})` : (error as Error).message);
  }
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(document)) return refuse("it is not an object");
  const unknown = Object.keys(document).find((name) => name !== "cache");
  if (unknown !== undefined) refuse(noSuch("section", unknown, ["cache"]));
  const { cache = {} } = document;
  if (!isObject(cache)) return refuse("cache is not an object");
  return cache;
}

const isPath = (name: SettingName): boolean => KNOBS[name].needs.startsWith("the path of a ");

/**
 * Puts the settings together. Throws `InputError`: `bad-option`, `bad-config` or `bad-environment`, with the name and what
 * it must be. `config` is the path of a file, or undefined for none.
 */
export function readSettings(
  options: CacheOptions,
  environment: Environment,
  config: string | undefined = findConfig(environment),
): Settings {
  const given = new Map<SettingName, Setting>();
  const take = (name: string, value: unknown, from: string, code: string, action: string): void => {
    if (value === undefined) return;
    const names = Object.keys(KNOBS);
    if (!Object.hasOwn(KNOBS, name)) throw new InputError(code, `Cannot ${action}: ${noSuch("setting", name, names)}.`);
    const known = name as SettingName;
    // sizes may be written with units everywhere
    const read = typeof value === "string" && KNOBS[known].needs === BYTES ? (parseAmount(value) ?? value) : value;
    if (!KNOBS[known].check(read))
      throw new InputError(code, `Cannot ${action}: ${name} must be ${KNOBS[known].needs} and is ${valueText(value)}.`);
    given.set(known, { name: known, value: read, from });
  };
  // from the lightest to the heaviest
  for (const [name, knob] of Object.entries(KNOBS)) {
    const value = environment[knob.variable];
    if (value === undefined || value === "") continue;
    const action = `read the environment variable ${knob.variable}`;
    take(name, knob.parse(value), knob.variable, "bad-environment", action);
  }
  if (config !== undefined) {
    const folder = dirname(config);
    for (const [name, value] of Object.entries(readConfig(config))) {
      const there = (item: unknown): unknown =>
        typeof item === "string" && item !== "" ? resolve(folder, item) : item;
      const read = Object.hasOwn(KNOBS, name) && isPath(name as SettingName) ? there(value) : value;
      const list = name === "libraries" && Array.isArray(read) ? read.map(there) : read;
      take(name, list, config, "bad-config", `read the configuration ${config}`);
    }
  }
  for (const [name, value] of Object.entries(options)) take(name, value, "option", "bad-option", "set up the caches");

  const preset = (given.get("preset")?.value ?? "balanced") as Preset;
  const base = presetValues(preset, environment);
  const values: Record<string, unknown> = { ...base };
  const origins = (Object.keys(KNOBS) as SettingName[]).map((name): Setting => {
    const one = given.get(name);
    const value = one?.value ?? base[name];
    const settled =
      isPath(name) && value !== ""
        ? resolve(value as string)
        : name === "libraries"
          ? (value as string[]).map((item) => resolve(item))
          : value;
    values[name] = settled;
    return { name, value: settled, from: one?.from ?? `preset ${preset}` };
  });
  return { values: values as unknown as CacheSettings, origins };
}
