/**
 * The reference backend: programs replayed in plain double precision (their derivatives in double-double), quantities
 * over time by the methods of `time/`. It is the definition that every other backend is measured against.
 */
import { InputError, InterruptedError } from "../../base/errors.js";
import { reach, reachedFromStart } from "../../graph/check.js";
import type { Graph } from "../../graph/graph.js";
import type { Program } from "../../program/program.js";
import type { TimeProgram } from "../../program/time-program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { checkShapes, inLanes } from "../batch.js";
import { type Evaluator, type EvaluatorInputs, LANE_STATUS, type LaneStatus, type Observations } from "../evaluator.js";
import { PlainArithmetic } from "./arithmetic.js";
import { LaneFactory, LaneFault } from "./epochs.js";
import type { Factors } from "./factor.js";
import { createResolvent, laplaceAt } from "./laplace.js";
import { likelihoodBound } from "./likelihood.js";
import { adjointServes, likelihoodGradient, likelihoodHessianVector } from "./likelihood-adjoint.js";
import { ModelNumbers } from "./numbers.js";
import { PreciseArithmetic } from "./precise.js";
import { Machine } from "./run.js";
import type { SweepService } from "./system.js";
import { Panels } from "./time/panels.js";
import { Timeline } from "./timeline.js";
import type { SystemNumbers } from "./weights.js";

/** Up to so many parameters, tangents beside a sweep cost less than a sweep backwards. */
const TANGENTS_MAX = 2;

/** What one lane came to. */
interface LaneResult {
  readonly status: LaneStatus;
  readonly reason?: string | undefined;
  readonly errorBound?: number;
  /** Of a log-likelihood, beside its gradient. */
  readonly value?: number;
  readonly methods?: readonly string[];
}

type RunLane = (theta: Float64Array, inputs: EvaluatorInputs, out: Float64Array) => LaneResult;

/** Makes a program runnable on a graph and its trace. */
export function openReference(
  graph: Graph,
  trace: EliminationTrace,
  program: Program | TimeProgram,
  interrupted: () => boolean,
  panels = new Panels(),
  sweeps?: SweepService,
): Evaluator {
  const timed = !("steps" in program);
  const dimension = (timed && program.epochs ? program.epochs.parameterNames : graph.parameterNames).length;
  const lane = timed
    ? timeLane(new LaneFactory(graph, trace, program, panels, sweeps), program, interrupted)
    : programLane(graph, trace, program, interrupted);
  const valueCount = (inputs: EvaluatorInputs): number =>
    timed ? timeValueCount(program, graph, inputs) : countOf(program.valueCount, graph);
  const outputCount = (inputs: EvaluatorInputs): number => {
    if (program.outputs === "hessianVector") return dimension;
    return valueCount(inputs) * (program.outputs === "gradients" ? dimension : 1);
  };
  let results: LaneResult[] = [];
  /** Whether sweeps of the last call were done by others; unknown before the first. */
  let swept: boolean | undefined;

  return {
    get backend() {
      return sweeps !== undefined && swept !== false ? "wasm" : "reference";
    },
    dimension,
    valueCount,
    outputCount,
    evaluateInto(thetas, inputs, out, status) {
      const width = outputCount(inputs);
      checkShapes(dimension, width, thetas, out, status);
      results = [];
      swept = false;
      // what others did before is not this call's
      sweeps?.release();
      for (let b = 0; b < status.length; b++) {
        if (interrupted()) throw new InterruptedError(`evaluating ${program.quantity} of ${graph.name} at lane ${b}`);
        const row = out.subarray(b * width, (b + 1) * width);
        const theta = thetas.subarray(b * dimension, (b + 1) * dimension);
        const result = naming(status.length > 1 ? b : undefined, graph, () => {
          try {
            return runLane(lane, theta, inputs, row);
          } finally {
            swept ||= sweeps?.release() ?? false;
          }
        });
        if (result.status !== "ok") row.fill(Number.NaN);
        status[b] = LANE_STATUS.indexOf(result.status);
        results.push(result);
      }
    },
    errorBound: (index) => results[index]?.errorBound,
    value: (index) => results[index]?.value,
    reason: (index) => results[index]?.reason,
    methods: (index) => results[index]?.methods ?? [],
  };
}

function runLane(run: RunLane, theta: Float64Array, inputs: EvaluatorInputs, out: Float64Array): LaneResult {
  try {
    return run(theta, inputs, out);
  } catch (error) {
    if (error instanceof LaneFault) return { status: error.status, reason: error.reason };
    throw error;
  }
}

/** Says of a θ that has no numbers which lane it is, where there are several. */
function naming<T>(lane: number | undefined, graph: Graph, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw lane === undefined ? error : inLanes(error, graph, [lane]);
  }
}

function programLane(graph: Graph, trace: EliminationTrace, program: Program, interrupted: () => boolean): RunLane {
  const numbers = new ModelNumbers(graph, trace);
  const precise = program.outputs !== "values" || program.precise === true;
  const arithmetic = precise ? new PreciseArithmetic(trace, graph) : new PlainArithmetic(trace, graph);
  const machine = new Machine(graph, trace, program, arithmetic, interrupted);
  const d = numbers.dimension;
  const units = Array.from({ length: d }, (_, k) => unit(d, k));
  return (theta, inputs, out) => {
    const sound = numbers.set(theta);
    if (sound !== "ok") return { status: sound, reason: numbers.fault };
    if (program.outputs === "gradients") numbers.setDirections(units);
    if (program.outputs === "hessianVector") numbers.setDirections([need(inputs.direction, program, "a direction")]);
    let status: LaneStatus = "ok";
    const complete = machine.run(numbers, out, (system, factors) => {
      status = whyUnsound(graph, trace, numbers, system, factors);
      return status === "ok";
    });
    if (!complete) return { status };
    return { status: out.every(Number.isFinite) ? "ok" : machine.impossible ? "impossible" : "overflow" };
  };
}

/** A row that is not sound matters only where initial mass arrives. */
function whyUnsound(
  graph: Graph,
  trace: EliminationTrace,
  { system: { leaks } }: ModelNumbers,
  { edges }: SystemNumbers,
  factors: Factors,
): LaneStatus {
  const present = (e: number): boolean => edges[e] > 0;
  if (reach(graph, present, (v) => leaks[trace.rank[v]] > 0) !== undefined) return "singular";
  const reached = reachedFromStart(graph, present);
  return trace.order.some((v, p) => reached[v] === 1 && factors.sound[p] === 0) ? "overflow" : "ok";
}

function timeLane(factory: LaneFactory, program: TimeProgram, interrupted: () => boolean): RunLane {
  const gradient = program.outputs === "gradients";
  const d = factory.dimension;
  const units = gradient ? Array.from({ length: d }, (_, k) => unit(d, k)) : [];
  return (theta, inputs, out) => {
    checkInputs(program, inputs);
    if (program.quantity === "laplace") {
      const epochs = factory.epochs(theta, program.outputs === "values" ? [] : units);
      laplaceAt(factory, epochs[0], program.reward, inputs.points!, gradient).forEach((value, i) => {
        if (!gradient) out.set([value.re, value.im], 2 * i);
        else {
          out.set(value.gradientRe, 2 * i * d);
          out.set(value.gradientIm, (2 * i + 1) * d);
        }
      });
      return { status: statusOf(out) };
    }
    const likelihood = program.quantity === "logLikelihood" ? inputs.data : undefined;
    if (program.outputs === "hessianVector" || (likelihood && gradient && d > TANGENTS_MAX)) {
      const directions = gradient ? [] : [need(inputs.direction, program, "a direction")];
      const timeline = new Timeline(factory, factory.epochs(theta, directions), program, {
        method: program.method,
        interrupted,
      });
      if (!gradient || adjointServes(timeline, likelihood!)) {
        out.fill(0);
        if (gradient) {
          const value = likelihoodGradient(timeline, likelihood!, out, interrupted);
          return { status: statusOf(out), value, ...valueBound(timeline, inputs, value) };
        }
        checkHessian(timeline, likelihood!);
        likelihoodHessianVector(timeline, likelihood!, out, interrupted);
        return { status: statusOf(out) };
      }
    }
    const epochs = factory.epochs(theta, units);
    const timeline: Timeline = new Timeline(factory, epochs, program, {
      method: program.method,
      interrupted,
      laplace: (m) =>
        createResolvent(
          factory,
          epochs[m],
          () => timeline.lane.startRow(m).value,
          (column) => timeline.lane.columns(m)[column].value,
        ),
    });
    const values = timeline.values(inputs);
    values.forEach(({ value, tangents }, i) => {
      if (gradient) out.set(tangents, i * d);
      else out[i] = value;
    });
    if (likelihood && gradient) {
      const [{ value }] = values;
      return { status: statusOf(out), value, ...valueBound(timeline, inputs, value) };
    }
    const endless = program.quantity === "quantile" ? (x: number): boolean => x === Infinity : () => false;
    return {
      status: out.every((x) => Number.isFinite(x) || endless(x)) ? "ok" : "overflow",
      ...certificate(program, timeline, inputs, out[0]),
    };
  };
}

/** The bound of a likelihood that comes with its gradient, where it is asked for. */
const valueBound = (timeline: Timeline, { data, valueBound: asked }: EvaluatorInputs, value: number) =>
  asked && data ? { errorBound: likelihoodBound(timeline, data, value) } : {};

const statusOf = (out: Float64Array): LaneStatus => (out.every(Number.isFinite) ? "ok" : "overflow");

/** Second derivatives come from one sweep, which knows no epochs and takes differences of tails. */
function checkHessian(timeline: Timeline, { kinds, from, to }: Observations): void {
  const narrow = kinds.findIndex((kind, i) => kind === "interval" && timeline.narrow(from[i], to[i]));
  if (timeline.lane.epochs.length === 1 && narrow < 0) return;
  const why = narrow < 0 ? "the model has epochs" : `the interval of observation ${narrow} is too narrow`;
  throw new InputError(
    "not-available",
    `Cannot give second derivatives of the likelihood of ${timeline.lane.factory.graph.name}: ${why}; there are gradients.`,
  );
}

/** The bound and the methods of the times asked for. */
function certificate(
  program: TimeProgram,
  timeline: Timeline,
  inputs: EvaluatorInputs,
  value: number,
): { errorBound?: number; methods?: readonly string[] } {
  if (program.outputs !== "values") return {};
  if (inputs.data !== undefined) return { errorBound: likelihoodBound(timeline, inputs.data, value) };
  // the two moments that a variance over epochs is the difference of
  if (timeline.cancelled > 0) return { errorBound: timeline.cancelled * 2 ** -49 };
  const { times } = inputs;
  if (program.quantity === "sojourn") return { errorBound: timeline.errorBoundOfSojourn() };
  if (times === undefined) return {};
  const methods = new Set<string>();
  let errorBound = 0;
  for (const time of times) {
    errorBound = Math.max(errorBound, timeline.errorBound(time));
    for (const method of timeline.methods(time)) methods.add(method);
  }
  return { errorBound, methods: [...methods] };
}

function unit(dimension: number, k: number): Float64Array {
  const direction = new Float64Array(dimension);
  direction[k] = 1;
  return direction;
}

const countOf = (count: Program["valueCount"], graph: Graph): number =>
  count === "vertices" ? graph.vertexCount : count;

function timeValueCount(program: TimeProgram, graph: Graph, inputs: EvaluatorInputs): number {
  switch (program.quantity) {
    case "quantile":
      return inputs.probabilities?.length ?? 0;
    case "laplace":
      return inputs.points?.length ?? 0;
    case "logLikelihood":
    case "variance":
    case "ending":
    case "defect":
      return 1;
    case "moments":
      return program.order ?? 1;
    case "covariance":
      return program.pair ? 1 : program.rewards!.length ** 2;
    case "sojourn":
    case "visits":
      return graph.vertexCount;
    case "stateProbabilities":
    case "occupancy":
      return (inputs.times?.length ?? 0) * graph.vertexCount;
    default:
      return inputs.times?.length ?? 0;
  }
}

function checkInputs(program: TimeProgram, inputs: EvaluatorInputs): void {
  switch (program.quantity) {
    case "quantile":
      need(inputs.probabilities, program, "probabilities");
      return;
    case "laplace":
      need(inputs.points, program, "points");
      return;
    case "logLikelihood":
      need(inputs.data, program, "data");
      return;
    case "moments":
    case "variance":
    case "covariance":
    case "sojourn":
    case "visits":
    case "ending":
    case "defect":
      return;
    default:
      need(inputs.times, program, "times");
  }
}

function need<T>(value: T | undefined, { quantity }: { readonly quantity: string }, what: string): T {
  if (value === undefined) throw new InputError("no-times", `Cannot evaluate ${quantity}: it needs ${what}.`);
  return value;
}
