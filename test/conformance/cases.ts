/** Reference values as requests: what this version answers, and what is pending, by name. */
import { readFileSync } from "node:fs";

export interface Expectation {
  readonly name: string;
  readonly quantity: Record<string, unknown>;
  /** Expected values of the one lane. */
  readonly values: readonly number[];
}

export interface Case {
  readonly name: string;
  readonly model: unknown;
  readonly theta?: readonly number[];
  readonly epochs?: readonly { readonly start: number; readonly theta: readonly number[] }[];
  readonly tolerance: number;
  readonly expectations: readonly Expectation[];
}

interface Oracle {
  readonly model: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly theta?: readonly number[];
  readonly tolerance?: number;
  readonly [value: string]: unknown;
}

/** Decimals of the file have 15 significant digits. */
const TOLERANCE = 1e-12;

/** Parameters by family, from `models.md`; everything else under inputs is a size. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  erlang: ["rate"],
  coalescent: ["rate"],
  "block-coalescent": ["rate"],
  rabbits: ["jump", "l", "r"],
  "rabbits-parameterised": [],
  "two-island": ["M1", "M2"],
  "two-locus-arg": ["R"],
  "isolation-with-migration": ["m12", "m21"],
  "birth-death": ["b", "d"],
  "mm1-busy-period": ["lambda", "mu"],
  "negative-binomial": ["p"],
};

export const oracles = (
  JSON.parse(readFileSync(new URL("public.json", import.meta.url), "utf8")) as { cases: readonly Oracle[] }
).cases;

/** `"395/784"` or a number. */
export function exact(value: unknown): number {
  if (typeof value === "number") return value;
  const [numerator, denominator = "1"] = String(value).split("/");
  return Number(numerator) / Number(denominator);
}

export function readOracles(): { readonly cases: readonly Case[]; readonly pending: readonly string[] } {
  const cases: Case[] = [];
  const pending: string[] = [];
  for (const oracle of oracles) {
    const { model, inputs, theta, tolerance = TOLERANCE, formula: _, ...values } = oracle;
    if (model === "isolation-with-migration-jsfs") {
      cases.push(spectrum(oracle));
      continue;
    }
    const label = `${model}(${Object.values(inputs).join(",")})`;
    const parameters = PARAMETERS[model];
    const expectations: Expectation[] = [];
    for (const [key, value] of Object.entries(values)) {
      const found = parameters === undefined ? undefined : translate(key, value);
      if (found === undefined) pending.push(`${label}: ${key}`);
      else {
        expectations.push(...found.expectations);
        pending.push(...found.pending.map((name) => `${label}: ${name}`));
      }
    }
    if (parameters === undefined || expectations.length === 0) continue;
    cases.push({
      name: label,
      model: {
        family: model,
        inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => !parameters.includes(name))),
      },
      theta: theta ?? parameters.map((name) => inputs[name]),
      tolerance,
      expectations,
    });
  }
  return { cases: [...cases, ...fromOtherStates()], pending };
}

interface Translated {
  readonly expectations: Expectation[];
  readonly pending: string[];
}

/** One named value of the file; undefined when this version cannot answer it. */
function translate(key: string, value: unknown): Translated | undefined {
  const all = (...expectations: Expectation[]): Translated => ({ expectations, pending: [] });
  const one = (name: string, quantity: Record<string, unknown>, expected: unknown): Expectation => ({
    name,
    quantity,
    values: [exact(expected)],
  });
  const rewarded = (reward: string, what: Record<string, unknown>): Translated => {
    const expectations: Expectation[] = [];
    const pending: string[] = [];
    for (const [name, expected] of Object.entries(what)) {
      if (name === "mean" || name === "variance")
        expectations.push(one(`${key}.${name}`, { quantity: name, reward }, expected));
      else if (name === "moments") expectations.push(moments(`${key}.moments`, expected as unknown[], reward));
      else if (name === "defect") expectations.push(one(`${key}.${name}`, { quantity: name, reward }, expected));
      else pending.push(`${key}.${name}`);
    }
    return { expectations, pending };
  };
  switch (key) {
    case "mean":
    case "variance":
      return all(one(key, { quantity: key }, value));
    case "moments":
      return all(moments(key, value as unknown[]));
    case "pdf":
    case "cdf": {
      const table = Object.entries(value as Record<string, unknown>);
      return all({
        name: key,
        quantity: { quantity: key, times: table.map(([t]) => Number(t)) },
        values: table.map(([, v]) => exact(v)),
      });
    }
    case "pmf": {
      const table = Object.entries(value as Record<string, unknown>);
      return all({
        name: key,
        quantity: { quantity: key, steps: table.map(([n]) => Number(n)) },
        values: table.map(([, v]) => exact(v)),
      });
    }
    case "laplace":
      return all(
        ...Object.entries(value as Record<string, unknown>).map(([z, expected]) => ({
          name: `${key}(${z})`,
          quantity: { quantity: key, at: [[Number(z), 0]] },
          values: [exact(expected), 0],
        })),
      );
    case "branchLength":
      return rewarded("branchLength", value as Record<string, unknown>);
    case "branchLengthMeans":
      return all(
        ...(value as unknown[]).map((mean, i) =>
          one(`${key}[${i}]`, { quantity: "mean", reward: `size${i + 1}` }, mean),
        ),
      );
    case "branchLengthCovariance":
      return all(
        ...(value as unknown[][]).flatMap((row, i) =>
          row.map((entry, j) =>
            one(`${key}[${i}][${j}]`, { quantity: "covariance", rewards: [`size${i + 1}`, `size${j + 1}`] }, entry),
          ),
        ),
      );
    case "rewardA":
      return rewarded("left", value as Record<string, unknown>);
    case "rewardB":
      return rewarded("right", value as Record<string, unknown>);
    case "covarianceAB":
      return all(one(key, { quantity: "covariance", rewards: ["left", "right"] }, value));
    case "meanT1":
      return all(one(key, { quantity: "mean", reward: "T1" }, value));
    case "correlationT1T2": // both variances are those of a coalescence time at rate 1
      return all(
        one(`${key}: covariance`, { quantity: "covariance", rewards: ["T1", "T2"] }, value),
        one(`${key}: variance of T1`, { quantity: "variance", reward: "T1" }, 1),
        one(`${key}: variance of T2`, { quantity: "variance", reward: "T2" }, 1),
      );
    case "timeToOneLineage":
      return all(one(`${key}.mean`, { quantity: "mean" }, (value as { mean: unknown }).mean));
    case "meanFrom":
      return all(); // see fromOtherStates
    default:
      return undefined;
  }
}

/** The joint spectrum over its two epochs, with migration and then in the ancestral population. */
function spectrum({ model, inputs, tolerance = TOLERANCE, jsfs }: Oracle): Case {
  const { n1, n2, N1, N2, N3, m12, m21, T } = inputs;
  const expectations = (jsfs as number[][]).flatMap((row, i) =>
    row.flatMap((value, j) =>
      i + j === 0 || (i === n1 && j === n2)
        ? []
        : [{ name: `jsfs[${i}][${j}]`, quantity: { quantity: "mean", reward: `J${i}_${j}` }, values: [value] }],
    ),
  );
  return {
    name: `${model}(${Object.values(inputs).join(",")})`,
    model: { family: model, inputs: { n1, n2 } },
    epochs: [
      { start: 0, theta: [1 / N1, 1 / N2, 0, m12, m21] },
      { start: T, theta: [1 / N3, 1 / N3, 1 / N3, 0, 0] },
    ],
    tolerance,
    expectations,
  };
}

function moments(name: string, values: readonly unknown[], reward?: string): Expectation {
  return {
    name,
    quantity: { quantity: "moments", order: values.length, ...(reward && { reward }) },
    values: values.map(exact),
  };
}

/** Rabbits N = 2 written out by hand as an explicit model, started from each of its states. */
function fromOtherStates(): Case[] {
  const oracle = oracles.find(({ meanFrom }) => meanFrom !== undefined) as Oracle;
  const explicit = JSON.parse(readFileSync(new URL("rabbits-2.json", import.meta.url), "utf8")) as {
    states: number[][];
  };
  return Object.entries(oracle.meanFrom as Record<string, unknown>).map(([state, mean]) => ({
    name: `explicit rabbits(2) from ${state}`,
    model: { ...explicit, initial: [[explicit.states.findIndex((s) => s.join(",") === state), 1]] },
    theta: ["jump", "l", "r"].map((name) => oracle.inputs[name]),
    tolerance: TOLERANCE,
    expectations: [{ name: "mean", quantity: { quantity: "mean" }, values: [exact(mean)] }],
  }));
}
