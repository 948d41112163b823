/** Small models for tests of refusals, each with an engine of its own, called with what the types forbid. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, openEngine } from "../../engine/src/engine.js";

// biome-ignore lint/suspicious/noExplicitAny: the point is to call with what the types forbid
export type Any = any;

const engineFor = (name: string): Engine =>
  openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), `sojourn-${name}-`)) });

const states = [[0], [1], [2], [3]];
const frame = { states, initial: [[0, 1]], parameters: ["a", "b"], rewards: { r: [1, 0, 0, 0], s: [0, "b", 0, 0] } };
/** 0 → 1 at a, then 2 at b or 3 at 1. */
const edges = [
  [0, 1, 0, 1, 0],
  [1, 2, 0, 0, 1],
  [1, 3, 1, 0, 0],
];
const shares = [
  [0, 1, "a"],
  [0, 0, "1 - a"],
  [1, 2, "b"],
  [1, 3, "1 - b"],
];

/** Handles of a continuous and of a discrete model of four states, and a θ of each: T and P. */
export async function fourStates(name: string) {
  const engine = engineFor(name);
  const h: Any = await engine.load({ ...frame, name: "m", edges });
  const d: Any = await engine.load({
    ...frame,
    name: "steps",
    kind: "discrete",
    edges: shares,
    rewards: { r: [1, 1, 0, 0] },
  });
  return { engine, frame, edges, h, d, T: [2, 3], P: [0.5, 0.25] };
}

/** A rule of two states, from [1] to [0] at a rate, with changes, and its build without a cache. */
export function twoStates(name: string) {
  const engine = engineFor(name);
  const define = engine.defineModel as (spec: Any) => Any;
  const rule = (rate: unknown, more: object = {}) => ({
    name: "two",
    parameters: ["a", "b"],
    initial: () => [1],
    transitions: ([k]: number[]) => (k > 0 ? [{ to: [0], rate }] : []),
    ...more,
  });
  const build = (spec: object, options: object = {}): Promise<Any> =>
    define(spec).build({}, { cache: false, ...options });
  return { engine, define, rule, build };
}
