/**
 * What one step of a sweep does: the moves P_ij and the stay probabilities P_ii, with their derivatives. Continuous:
 * P = I + S/Λ; discrete: P = T, every entry a move (a self-loop stands among the edges) and nothing stays.
 *
 * The stay probability 1 − λ_i/Λ is held as two doubles, made from the moves as they were rounded: then the table is
 * exactly that of a system whose rates differ from the given ones by one rounding each, which no result minds, whereas
 * a rounded stay probability is an absolute error that Λt steps repeat.
 */
import { addInto, productError } from "../../../base/two-double.js";
import type { StepMatrix, StepTable, SystemTangent, TransientSystem } from "../system.js";

export type { StepMatrix, StepTable } from "../system.js";

/** The largest rate out of a state; 0 for a discrete system. */
export function largestRate(system: TransientSystem): number {
  let largest = 0;
  if (system.kind === "continuous")
    for (let i = 0; i < system.size; i++) largest = Math.max(largest, rateOut(system, i));
  return largest;
}

/** Rates below count as this one: divided by a smaller one, derivatives would overflow. */
const SMALLEST_RATE = 2 ** -1000;

/** The next 2^{j/4} above the largest rate out of a state (1 when nothing moves); 1 for discrete systems. */
export function uniformizationRate(system: TransientSystem): number {
  let largest = largestRate(system);
  if (largest === 0) return 1;
  largest = Math.max(largest, SMALLEST_RATE);
  const rung = 2 ** (Math.ceil(4 * Math.log2(largest)) / 4);
  return rung < Infinity ? Math.max(rung, largest) : largest;
}

/** Edge visits of one step. */
export function workPerStep({ system, tangents }: StepTable): number {
  return (system.targets.length + system.size) * (1 + 2 * tangents.length);
}

/** A table without derivatives is made once where someone keeps it. */
export function stepTable(system: TransientSystem, tangents: readonly SystemTangent[], rate: number): StepTable {
  const { sweeps } = system;
  if (sweeps === undefined || tangents.length > 0) return madeTable(system, tangents, rate);
  return sweeps.table(system, rate, () => madeTable(system, tangents, rate));
}

function madeTable(system: TransientSystem, tangents: readonly SystemTangent[], rate: number): StepTable {
  const inDegrees = new Int32Array(system.size);
  for (let e = 0; e < system.targets.length; e++) inDegrees[system.targets[e]]++;
  return {
    system,
    rate,
    value: stepMatrix(system, system, rate, 1),
    inDegreeMax: inDegrees.reduce((a, b) => Math.max(a, b), 0),
    tangents: tangents.map((tangent) => stepMatrix(system, tangent, rate, 0)),
  };
}

/** Rows sum to `whole`: 1, or 0 for a derivative. */
function stepMatrix(system: TransientSystem, numbers: SystemTangent, rate: number, whole: 0 | 1): StepMatrix {
  const zeros = (length: number) => new Float64Array(length);
  if (system.kind === "discrete") {
    const none = zeros(system.size);
    const rests = once(() => rowRests(system, numbers, whole));
    return {
      moves: numbers.weights,
      move: (edge) => numbers.weights[edge],
      get moveRests() {
        return rests();
      },
      stays: none,
      stayRests: none,
      fineStayRests: none,
      exitMoves: numbers.exits,
    };
  }
  const { size, rowStart } = system;
  const { weights, exits } = numbers;
  const exitMoves = exits.map((w) => w / rate);
  const stays = zeros(size);
  const stayRests = zeros(size);
  const coarse = new Float64Array(2);
  for (let i = 0; i < size; i++) {
    coarse[0] = whole;
    coarse[1] = 0;
    addInto(coarse, 0, coarse[0], coarse[1], -exitMoves[i], 0);
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++)
      addInto(coarse, 0, coarse[0], coarse[1], -(weights[e] / rate), 0);
    // below zero only by rounding: Λ may be the rate itself
    if (whole === 1 && coarse[0] <= 0) continue;
    stays[i] = coarse[0];
    stayRests[i] = coarse[1];
  }
  const all = once(() => weights.map((w) => w / rate));
  const rests = once(() => {
    const moveRests = zeros(weights.length);
    const fineStayRests = zeros(size);
    for (let i = 0; i < size; i++) {
      let sum = quotientRest(exits[i], rate, exitMoves[i]);
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
        moveRests[e] = quotientRest(weights[e], rate, weights[e] / rate);
        sum += moveRests[e];
      }
      if (whole === 0 || stays[i] > 0) fineStayRests[i] = stayRests[i] - sum;
    }
    return { moveRests, fineStayRests };
  });
  return {
    move: (edge) => weights[edge] / rate,
    get moves() {
      return all();
    },
    stays,
    stayRests,
    exitMoves,
    get moveRests() {
      return rests().moveRests;
    },
    get fineStayRests() {
      return rests().fineStayRests;
    },
  };
}

/** What is made when first asked for. */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** What the roundings of a discrete row lack to its whole, shared out in proportion to its probabilities. */
function rowRests({ size, rowStart, weights }: TransientSystem, numbers: SystemTangent, whole: number): Float64Array {
  const rests = new Float64Array(weights.length);
  const lack = new Float64Array(2);
  for (let i = 0; i < size; i++) {
    let all = 0;
    lack[0] = whole;
    lack[1] = 0;
    addInto(lack, 0, lack[0], lack[1], -numbers.exits[i], 0);
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
      addInto(lack, 0, lack[0], lack[1], -numbers.weights[e], 0);
      all += weights[e];
    }
    if (all > 0) for (let e = rowStart[i]; e < rowStart[i + 1]; e++) rests[e] = lack[0] * (weights[e] / all);
  }
  return rests;
}

/** a/b − quotient. */
function quotientRest(a: number, b: number, quotient: number): number {
  const rest = (a - quotient * b - productError(quotient, b)) / b;
  return Number.isFinite(rest) ? rest : 0;
}

function rateOut(system: TransientSystem, i: number): number {
  let sum = system.exits[i];
  for (let e = system.rowStart[i]; e < system.rowStart[i + 1]; e++) sum += system.weights[e];
  return sum;
}
