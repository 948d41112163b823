/**
 * What each step reads and writes, as one table: checks, tangents and the removal of steps that nothing needs are
 * written once over it instead of once per step.
 */
import type { Step } from "./program.js";

export type Bank = "vector" | "system" | "scalar";

export interface Operand {
  readonly field: string;
  readonly bank: Bank;
  /** The field is a pair of vectors, `vector` and `centre`. */
  readonly centred?: true;
}

export interface Shape {
  /** What the step makes; absent for steps that write outputs. */
  readonly to?: Bank;
  readonly operands: readonly Operand[];
  /** The result is linear in each operand alone, so its tangent is the sum over operands. */
  readonly multilinear?: true;
}

const vector = (field: string): Operand => ({ field, bank: "vector" });
const system: Operand = { field: "system", bank: "system" };
const scalar = (field: string): Operand => ({ field, bank: "scalar" });
const centred = (field: string): Operand => ({ field, bank: "vector", centred: true });
const source = (to: Bank): Shape => ({ to, operands: [] });
const product = (to: Bank, ...operands: Operand[]): Shape => ({ to, operands, multilinear: true });

export const SHAPES: Readonly<Record<Step["op"], Shape>> = {
  system: source("system"),
  systemTangent: source("system"),
  kill: { to: "system", operands: [system, vector("vector")] },
  sum: {
    to: "system",
    operands: [
      { field: "left", bank: "system" },
      { field: "right", bank: "system" },
    ],
  },
  ones: source("vector"),
  indicator: source("vector"),
  reward: source("vector"),
  rewardTangent: source("vector"),
  initial: source("vector"),
  initialTangent: source("vector"),
  exits: product("vector", system),
  multiply: product("vector", vector("left"), vector("right")),
  add: { to: "vector", operands: [vector("left"), vector("right")] },
  stretch: product("vector", vector("vector"), scalar("scalar")),
  solve: { to: "vector", operands: [system, vector("vector")] },
  solveTransposed: { to: "vector", operands: [system, vector("vector")] },
  apply: product("vector", system, vector("vector")),
  applyTransposed: product("vector", system, vector("vector")),
  step: product("vector", system, vector("vector")),
  stepTransposed: product("vector", system, vector("vector")),
  gamma: product("vector", system, centred("left"), centred("right")),
  gammaTransposed: product("vector", system, vector("vector"), centred("right")),
  gammaCentre: product("vector", system, vector("vector"), centred("right")),
  exchange: product("system", vector("left"), vector("right")),
  stepExchange: product("system", vector("left"), vector("right")),
  gammaExchange: product("system", vector("vector"), centred("left"), centred("right")),
  exitsExchange: product("system", vector("vector")),
  killAdjoint: product("vector", system),
  dot: product("scalar", vector("left"), vector("right")),
  combine: { to: "scalar", operands: [scalar("left"), scalar("right")] },
  number: source("scalar"),
  defect: source("scalar"),
  defectTangent: source("scalar"),
  pullDefect: { operands: [scalar("scalar")] },
  pullDefectTangent: { operands: [scalar("scalar"), scalar("tangent")] },
  pullSystem: { operands: [system] },
  pullSystemTangent: { operands: [system, { field: "tangent", bank: "system" }] },
  pullReward: { operands: [vector("vector")] },
  pullRewardTangent: { operands: [vector("vector"), vector("tangent")] },
  pullInitial: { operands: [vector("vector")] },
  pullInitialTangent: { operands: [vector("vector"), vector("tangent")] },
  output: { operands: [scalar("scalar")] },
  outputVector: { operands: [vector("vector")] },
  outputVisits: { operands: [system, vector("vector")] },
  outputStart: { operands: [] },
};

/** The registers a step reads. */
export function operandsOf(step: Step): { readonly bank: Bank; readonly register: number }[] {
  const fields = step as unknown as Readonly<Record<string, unknown>>;
  return SHAPES[step.op].operands.flatMap(({ field, bank, centred }) => {
    if (!centred) return [{ bank, register: fields[field] as number }];
    const pair = fields[field] as { vector: number; centre: number };
    return [
      { bank, register: pair.vector },
      { bank, register: pair.centre },
    ];
  });
}

/** The register a step writes, undefined for outputs. */
export function resultOf(step: Step): { readonly bank: Bank; readonly register: number } | undefined {
  const bank = SHAPES[step.op].to;
  return bank === undefined ? undefined : { bank, register: (step as { to: number }).to };
}
