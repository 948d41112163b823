/**
 * The reference backend: a program replayed step by step in plain double precision. It is the definition that every
 * other backend is measured against.
 */
import { InputError, InterruptedError } from "../../base/errors.js";
import { reach, reachedFromStart } from "../../graph/check.js";
import { defect, edgeCount, type Graph, isAbsorbing, rewardVector } from "../../graph/graph.js";
import { type Program, type Step, valueCount } from "../../program/program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { type Evaluator, type EvaluatorInputs, LANE_STATUS } from "../evaluator.js";
import { allocateFactors, type Factors, factor } from "./factor.js";
import { solve } from "./solve.js";
import { DensityHandle, uniformizationErrorBound } from "./uniformize.js";
import { weightsAt } from "./weights.js";

const OK = LANE_STATUS.indexOf("ok");
const SINGULAR = LANE_STATUS.indexOf("singular");
const OVERFLOW = LANE_STATUS.indexOf("overflow");
const HORIZON = LANE_STATUS.indexOf("horizon");

/** Everything one lane needs, allocated once. */
interface Workspace {
  readonly weights: Float64Array;
  readonly factors: Factors;
  readonly vectors: readonly Float64Array[];
  /** α by position. */
  readonly initial: Float64Array;
  /** 1 − Σ α over transient vertices. */
  readonly defect: number;
}

/** Makes a program runnable on a graph and its trace. */
export function openReference(
  graph: Graph,
  trace: EliminationTrace,
  program: Program,
  interrupted: () => boolean,
): Evaluator {
  const dimension = graph.parameterNames.length;
  const work = allocate(graph, trace, program);
  const inDegree = inDegreeMax(graph);
  let bounds: (number | undefined)[] = [];
  /** Λ of the lane that was evaluated last, where its program uniformizes. */
  let rate = 0;

  function lane(theta: Float64Array, inputs: EvaluatorInputs, out: Float64Array): number {
    weightsAt(graph, theta, work.weights);
    let handle: DensityHandle | undefined;
    out.fill(0);
    for (const step of program.steps) {
      if (step.op === "factor") {
        if (!factor(trace, graph, work.weights, work.factors)) {
          const status = whyUnsound(graph, trace, work);
          if (status !== OK) return status;
        }
      } else if (step.op === "uniformize") {
        handle ??= new DensityHandle(graph, work.weights, work.defect, interrupted);
        rate = handle.rate;
        const times = inputs.times!;
        for (let i = 0; i < times.length; i++) {
          const value = handle.at(step.function, times[i]);
          if (value === undefined) return HORIZON;
          out[i] = value;
        }
      } else run(step, graph, trace, work, out);
    }
    return out.every(Number.isFinite) ? OK : OVERFLOW;
  }

  function bound(times: Float64Array): number {
    const x = rate * times.reduce((a, b) => (b < Infinity ? Math.max(a, b) : a), 0);
    return uniformizationErrorBound(inDegree, graph.vertexCount, x);
  }

  return {
    backend: "reference",
    dimension,
    valueCount: (inputs) => valueCount(program, inputs.times?.length ?? 0),
    evaluateInto(thetas, inputs, out, status) {
      const values = valueCount(program, inputs.times?.length ?? 0);
      checkShapes(program, inputs, dimension, values, thetas, out, status);
      bounds = [];
      for (let b = 0; b < status.length; b++) {
        if (interrupted()) throw new InterruptedError(`evaluating ${program.quantity} of ${graph.name} at lane ${b}`);
        const theta = thetas.subarray(b * dimension, (b + 1) * dimension);
        const row = out.subarray(b * values, (b + 1) * values);
        status[b] = lane(theta, inputs, row);
        if (status[b] !== OK) row.fill(Number.NaN);
        bounds.push(status[b] === OK && program.outputCount === "times" ? bound(inputs.times!) : undefined);
      }
    },
    errorBound: (index) => bounds[index],
  };
}

/** A row that is not sound matters only where initial mass arrives. */
function whyUnsound(graph: Graph, trace: EliminationTrace, { weights, factors }: Workspace): number {
  const present = (e: number): boolean => weights[e] > 0;
  if (reach(graph, present) !== undefined) return SINGULAR;
  const reached = reachedFromStart(graph, present);
  return trace.order.some((v, p) => reached[v] === 1 && factors.sound[p] === 0) ? OVERFLOW : OK;
}

function allocate(graph: Graph, trace: EliminationTrace, program: Program): Workspace {
  const n = trace.order.length;
  const initial = new Float64Array(n);
  graph.initialVertices.forEach((v, i) => {
    if (isAbsorbing(graph, v)) return;
    initial[trace.rank[v]] = graph.initialProbabilities[i];
  });
  return {
    weights: new Float64Array(edgeCount(graph)),
    factors: allocateFactors(trace),
    vectors: Array.from({ length: program.vectorCount }, () => new Float64Array(n)),
    initial,
    defect: defect(graph),
  };
}

function run(
  step: Exclude<Step, { op: "factor" } | { op: "uniformize" }>,
  graph: Graph,
  trace: EliminationTrace,
  work: Workspace,
  out: Float64Array,
): void {
  const { vectors, initial, weights } = work;
  const n = trace.order.length;
  switch (step.op) {
    case "ones":
      vectors[step.to].fill(1);
      return;
    case "reward": {
      const values = rewardVector(graph, step.reward)!;
      const to = vectors[step.to];
      for (let p = 0; p < n; p++) to[p] = values[trace.order[p]];
      return;
    }
    case "multiply": {
      const [to, left, right] = [vectors[step.to], vectors[step.left], vectors[step.right]];
      for (let p = 0; p < n; p++) to[p] = step.scale * left[p] * right[p];
      return;
    }
    case "solve":
      solve(trace, graph, weights, work.factors, vectors[step.vector]);
      return;
    case "gamma": {
      const [to, left, right] = [vectors[step.to], vectors[step.left], vectors[step.right]];
      for (let p = 0; p < n; p++) {
        const v = trace.order[p];
        let sum = 0;
        for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
          const q = trace.rank[graph.targets[e]];
          const dl = (q < 0 ? 0 : left[q]) - left[p];
          const dr = (q < 0 ? 0 : right[q]) - right[p];
          sum += weights[e] * dl * dr;
        }
        to[p] = sum;
      }
      return;
    }
    case "initialProduct":
      out[step.output] += dot(initial, vectors[step.vector]);
      return;
    case "initialCovariance": {
      const [left, right] = [vectors[step.left], vectors[step.right]];
      const [meanLeft, meanRight] = [dot(initial, left), dot(initial, right)];
      let sum = work.defect * meanLeft * meanRight;
      for (let p = 0; p < n; p++)
        if (initial[p] !== 0) sum += initial[p] * (left[p] - meanLeft) * (right[p] - meanRight);
      out[step.output] += sum;
      return;
    }
    default:
      step satisfies never;
  }
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < left.length; p++) if (left[p] !== 0) sum += left[p] * right[p];
  return sum;
}

function inDegreeMax(graph: Graph): number {
  const degree = new Int32Array(graph.vertexCount);
  for (const target of graph.targets) degree[target]++;
  return degree.reduce((a, b) => Math.max(a, b), 0);
}

function checkShapes(
  program: Program,
  inputs: EvaluatorInputs,
  dimension: number,
  values: number,
  thetas: Float64Array,
  out: Float64Array,
  status: Uint8Array,
): void {
  if (program.outputCount === "times" && inputs.times === undefined)
    throw new InputError("no-times", `Cannot evaluate ${program.quantity}: it needs times.`);
  if (thetas.length !== status.length * dimension || out.length !== status.length * values)
    throw new InputError(
      "bad-shape",
      `Cannot evaluate ${status.length} lanes: thetas must have ${status.length * dimension} numbers and out ${status.length * values}, they have ${thetas.length} and ${out.length}.`,
    );
}
