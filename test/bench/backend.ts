/**
 * The one place that knows how an engine, a backend, its threads and its lanes are asked for. Everything else of the
 * harness goes through what stands here.
 */
import {
  type BackendName,
  type Engine,
  type Evaluator,
  type EvaluatorOptions,
  type Model,
  meanVarianceProgram,
  momentsProgram,
  openEngine,
  type PhaseType,
  type Program,
} from "@sojourn/engine";
import type { BenchModel } from "./models.js";

export interface Choice {
  readonly backend: BackendName;
  readonly threads: number;
  /** Thetas side by side; the backend's own choice where it is not given. */
  readonly lanes?: 2 | 4 | 8;
}

/** `reference`, `wasm`, `wasm:2` (threads), `wasm@8` (lanes), `wasm@8:2`. */
export const CHOICE = /^([a-z]+)(?:@(\d+))?(?::(\d+))?$/;

export function readChoice(text: string): Choice {
  const [, backend, lanes, threads] = CHOICE.exec(text) ?? [];
  return {
    backend: backend as BackendName,
    threads: Number(threads ?? 1),
    ...(lanes !== undefined && { lanes: Number(lanes) as 2 | 4 | 8 }),
  };
}

export const choiceName = ({ backend, lanes, threads }: Choice): string =>
  backend + (lanes === undefined ? "" : `@${lanes}`) + (threads === 1 ? "" : `:${threads}`);

/** What works one theta at a time has a lane width of 1. */
const laneWidth = ({ backend, lanes }: Choice): number => (backend === "wasm" ? (lanes ?? 4) : 1);

export function open({ backend, threads }: Choice, cacheDirectory: string): Engine {
  return openEngine({ cacheDirectory, backend, threads });
}

export function build(engine: Engine, { family, inputs }: BenchModel, cache = true): Promise<PhaseType> {
  const model = (engine.families as unknown as Readonly<Record<string, Model>>)[family];
  return model.build(inputs, { cache });
}

/** Throws where the engine has no such backend, or has another one answer in its place. */
export function evaluatorOf(handle: PhaseType, program: Program, choice: Choice): Evaluator {
  const options: EvaluatorOptions = choice;
  const evaluator = handle.evaluator(program, options);
  if (evaluator.backend !== choice.backend)
    throw new Error(`the engine answered by its backend ${evaluator.backend} instead of ${choice.backend}`);
  return evaluator;
}

/** Mean and variance of a batch, into lane × 2 numbers. */
export interface Summary {
  readonly evaluator: Evaluator;
  readonly laneWidth: number;
}

export function summaryOf(handle: PhaseType, choice: Choice): Summary {
  const evaluator = evaluatorOf(handle, meanVarianceProgram(handle.graph.kind), choice);
  return { evaluator, laneWidth: laneWidth(choice) };
}

/** Seconds by phase of evaluating these thetas once. */
export type Phases = (thetas: Float64Array) => Readonly<Record<string, number>>;

/** Differences of times are taken of the least of so many. */
const PHASE_ROUNDS = 5;

/** Touches every weight and does little more: a product with the system, and no solve. */
const WEIGHTS_ONLY: Program = {
  quantity: "weights",
  vectorCount: 3,
  systemCount: 1,
  scalarCount: 1,
  valueCount: 1,
  outputs: "values",
  steps: [
    { op: "system", to: 0 },
    { op: "initial", to: 0 },
    { op: "ones", to: 1 },
    { op: "apply", to: 2, system: 0, vector: 1 },
    { op: "dot", to: 0, left: 0, right: 2, scale: 1 },
    { op: "output", scalar: 0, value: 0 },
  ],
};

/**
 * Where the time goes, from what programs of no solve, of one and of two take more than each other: backends run a program
 * as a whole. The weights therefore include one product with the system, and writing answers counts as solving.
 */
export function phasesOf(handle: PhaseType, choice: Choice): Phases {
  const moments = (order: number): Program => momentsProgram(handle.graph.kind, order);
  const programs = [WEIGHTS_ONLY, moments(1), moments(2)].map((program) => evaluatorOf(handle, program, choice));
  return (thetas) => {
    const lanes = thetas.length / programs[0].dimension;
    const times = programs.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < PHASE_ROUNDS; round++)
      programs.forEach((evaluator, i) => {
        const [out, status] = [new Float64Array(lanes * evaluator.outputCount({})), new Uint8Array(lanes)];
        const start = performance.now();
        evaluator.evaluateInto(thetas, {}, out, status);
        times[i] = Math.min(times[i], (performance.now() - start) / 1000);
      });
    const [weights, one, two] = times;
    const solve = Math.max(0, two - one);
    return { weights, factor: Math.max(0, one - solve - weights), solve: 2 * solve };
  };
}
