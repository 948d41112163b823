/** Runs the steps of a program at one θ: registers in, outputs out. */

import { InterruptedError } from "../../base/errors.js";
import { add, divide, multiply, subtract, type TwoDouble } from "../../base/two-double.js";
import type { Graph } from "../../graph/graph.js";
import { isAbsorbing } from "../../graph/graph.js";
import type { Centred, CombineOperation, OutputPlace, Program, Step } from "../../program/program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { type Arithmetic, type CentredVector, factorsOf, type Scalar, type Vector } from "./arithmetic.js";
import type { Factors } from "./factor.js";
import type { ModelNumbers } from "./numbers.js";
import type { SystemNumbers } from "./weights.js";

/** Told of a system that is not sound; answers whether to go on. */
export type OnUnsound = (system: SystemNumbers, factors: Factors) => boolean;

/** Numbers touched between two polls for an interrupt. */
const WORK_PER_POLL = 1e5;

/** Registers of one program, allocated once. */
export class Machine {
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #program: Program;
  readonly #arithmetic: Arithmetic;
  readonly #vectors: Vector[];
  readonly #systems: SystemNumbers[];
  readonly #scalars: Scalar[];
  readonly #factors = new Map<number, Factors>();
  readonly #interrupted: () => boolean;
  /** Steps between two polls, each taken for a solve. */
  readonly #pollEvery: number;
  /** Something was divided by 0 in the last run: what is given has probability 0. */
  impossible = false;

  constructor(
    graph: Graph,
    trace: EliminationTrace,
    program: Program,
    arithmetic: Arithmetic,
    interrupted: () => boolean,
  ) {
    this.#graph = graph;
    this.#trace = trace;
    this.#program = program;
    this.#arithmetic = arithmetic;
    this.#interrupted = interrupted;
    const perStep = graph.targets.length + trace.order.length + trace.lower.length + trace.upper.length;
    this.#pollEvery = Math.ceil(WORK_PER_POLL / (1 + perStep));
    this.#vectors = Array.from({ length: program.vectorCount }, () => arithmetic.vector());
    this.#systems = Array.from({ length: program.systemCount }, () => ({
      edges: new Float64Array(graph.targets.length),
      leaks: new Float64Array(trace.order.length),
    }));
    this.#scalars = Array.from({ length: program.scalarCount }, () => ({ hi: 0, lo: 0 }));
  }

  /**
   * Writes `out`; answers false when a system is not sound and `onUnsound` says so. Throws `InterruptedError` between
   * two steps.
   */
  run(numbers: ModelNumbers, out: Float64Array, onUnsound: OnUnsound): boolean {
    this.#factors.clear();
    this.impossible = false;
    out.fill(0);
    const { steps, quantity } = this.#program;
    for (let k = 0; k < steps.length; k++) {
      if (k % this.#pollEvery === this.#pollEvery - 1 && this.#interrupted())
        throw new InterruptedError(
          `evaluating ${quantity} of ${this.#graph.name} at step ${k} of ${steps.length} of its program`,
        );
      if (!this.#step(steps[k], numbers, out, onUnsound)) return false;
    }
    return true;
  }

  #step(step: Step, numbers: ModelNumbers, out: Float64Array, onUnsound: OnUnsound): boolean {
    const [v, w, s, a] = [this.#vectors, this.#systems, this.#scalars, this.#arithmetic];
    switch (step.op) {
      case "system":
        w[step.to].edges.set(numbers.system.edges);
        w[step.to].leaks.set(numbers.system.leaks);
        return true;
      case "systemTangent":
        numbers.systemTangent(step.direction, w[step.to]);
        return true;
      case "kill": {
        const { edges, leaks } = w[step.system];
        w[step.to].edges.set(edges);
        const by = v[step.vector].hi;
        for (let p = 0; p < leaks.length; p++) w[step.to].leaks[p] = leaks[p] + step.scale * by[p];
        return true;
      }
      case "sum": {
        const [left, right, to] = [w[step.left], w[step.right], w[step.to]];
        for (let e = 0; e < to.edges.length; e++) to.edges[e] = left.edges[e] + right.edges[e];
        for (let p = 0; p < to.leaks.length; p++) to.leaks[p] = left.leaks[p] + right.leaks[p];
        return true;
      }
      case "ones":
        load(v[step.to], (hi) => hi.fill(1));
        return true;
      case "indicator":
        load(v[step.to], (hi) => {
          hi.fill(0);
          for (const vertex of step.vertices) if (this.#trace.rank[vertex] >= 0) hi[this.#trace.rank[vertex]] = 1;
        });
        return true;
      case "reward":
        load(v[step.to], (hi) => numbers.reward(step.reward, hi));
        return true;
      case "rewardTangent":
        load(v[step.to], (hi) => numbers.rewardTangent(step.reward, step.direction, hi));
        return true;
      case "initial":
        load(v[step.to], (hi) => hi.set(numbers.initial));
        return true;
      case "initialTangent":
        load(v[step.to], (hi) => numbers.initialTangent(step.direction, hi));
        return true;
      case "exits":
        load(v[step.to], (hi) => this.#exits(hi, w[step.system], step.vertices));
        return true;
      case "exitsExchange":
        this.#exitsExchange(w[step.to], v[step.vector].hi, step.vertices);
        return true;
      case "killAdjoint":
        load(v[step.to], (hi) => {
          for (let p = 0; p < hi.length; p++) hi[p] = step.scale * w[step.system].leaks[p];
        });
        return true;
      case "multiply":
        a.multiply(v[step.to], v[step.left], v[step.right], step.scale);
        return true;
      case "add":
        a.add(v[step.to], v[step.left], v[step.right], step.scale);
        return true;
      case "stretch":
        a.stretch(v[step.to], v[step.vector], s[step.scalar]);
        return true;
      case "solve":
      case "solveTransposed": {
        const factors = this.#factorsOf(step.system, onUnsound);
        if (factors === undefined) return false;
        a.solve(v[step.to], w[step.system], factors, v[step.vector], step.op === "solveTransposed");
        return true;
      }
      case "apply":
      case "applyTransposed":
      case "step":
      case "stepTransposed":
        a[step.op](v[step.to], w[step.system], v[step.vector]);
        return true;
      case "gamma":
        a.gamma(v[step.to], w[step.system], this.#centred(step.left), this.#centred(step.right));
        return true;
      case "gammaTransposed":
      case "gammaCentre":
        a[step.op](v[step.to], w[step.system], v[step.vector], this.#centred(step.right));
        return true;
      case "exchange":
      case "stepExchange":
        a[step.op](w[step.to], v[step.left], v[step.right]);
        return true;
      case "gammaExchange":
        a.gammaExchange(w[step.to], v[step.vector], this.#centred(step.left), this.#centred(step.right));
        return true;
      case "dot":
        s[step.to] = a.dot(v[step.left], v[step.right], step.scale);
        return true;
      case "combine":
        this.impossible ||= step.operation === "quotient" && s[step.right].hi === 0;
        s[step.to] = combine(step.operation, s[step.left], s[step.right]);
        return true;
      case "number":
        s[step.to] = { hi: step.value, lo: 0 };
        return true;
      case "defect":
        s[step.to] = { hi: numbers.defect(step.vertices), lo: 0 };
        return true;
      case "defectTangent":
        s[step.to] = { hi: numbers.defectTangent(step.direction, step.vertices), lo: 0 };
        return true;
      default:
        this.#report(step, numbers, out);
        return true;
    }
  }

  #report(step: Extract<Step, { value: number }>, numbers: ModelNumbers, out: Float64Array): void {
    const [v, w, s] = [this.#vectors, this.#systems, this.#scalars];
    const d = numbers.dimension;
    const gradient = (): Float64Array => out.subarray(step.value * d, (step.value + 1) * d);
    switch (step.op) {
      case "output":
        out[this.#place(step, 0, d)] += s[step.scalar].hi;
        return;
      case "outputVector":
        for (let p = 0; p < this.#trace.order.length; p++)
          out[this.#place(step, this.#trace.order[p], d)] += v[step.vector].hi[p];
        return;
      case "outputVisits":
        this.#visits(step, w[step.system], v[step.vector].hi, d, out);
        return;
      case "outputStart":
        for (const vertex of this.#graph.initialVertices)
          if (isAbsorbing(this.#graph, vertex))
            out[this.#place(step, vertex, d)] += numbers.startAt(vertex, step.direction);
        return;
      case "pullSystem":
        numbers.pullSystem(w[step.system], gradient());
        return;
      case "pullSystemTangent":
        numbers.pullSystemTangent(w[step.system], w[step.tangent], step.direction, gradient());
        return;
      case "pullReward":
        numbers.pullReward(step.reward, v[step.vector].hi, gradient());
        return;
      case "pullRewardTangent":
        numbers.pullRewardTangent(step.reward, v[step.vector].hi, v[step.tangent].hi, step.direction, gradient());
        return;
      case "pullInitial":
        numbers.pullInitial(v[step.vector].hi, gradient());
        return;
      case "pullInitialTangent":
        numbers.pullInitialTangent(v[step.vector].hi, v[step.tangent].hi, step.direction, gradient());
        return;
      case "pullDefect":
        numbers.pullDefect(s[step.scalar].hi, step.vertices, gradient());
        return;
      case "pullDefectTangent":
        numbers.pullDefectTangent(s[step.scalar].hi, s[step.tangent].hi, step.vertices, step.direction, gradient());
        return;
      case "number":
        return;
      default:
        step satisfies never;
    }
  }

  #place({ value, direction }: OutputPlace, more: number, dimension: number): number {
    return direction === undefined ? value + more : (value + more) * dimension + direction;
  }

  /** y_v λ_v of transient vertices, and what flows into each absorbing one; of a discrete model the latter alone. */
  #visits(place: OutputPlace, { edges, leaks }: SystemNumbers, y: Float64Array, d: number, out: Float64Array): void {
    const { rowStart, targets, kind } = this.#graph;
    const { order, rank } = this.#trace;
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      let all = leaks[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        all += edges[e];
        if (rank[targets[e]] < 0) out[this.#place(place, targets[e], d)] += y[p] * edges[e];
      }
      if (kind === "continuous") out[this.#place(place, v, d)] += y[p] * all;
    }
  }

  #exits(to: Float64Array, { edges, leaks }: SystemNumbers, vertices: readonly number[] | undefined): void {
    const { rowStart, targets } = this.#graph;
    const { order, rank } = this.#trace;
    const wanted = vertices && new Set(vertices);
    for (let p = 0; p < to.length; p++) {
      const v = order[p];
      let sum = wanted ? 0 : leaks[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
        if (rank[targets[e]] < 0 && (!wanted || wanted.has(targets[e]))) sum += edges[e];
      to[p] = sum;
    }
  }

  #exitsExchange({ edges, leaks }: SystemNumbers, y: Float64Array, vertices: readonly number[] | undefined): void {
    const { rowStart, targets } = this.#graph;
    const { order, rank } = this.#trace;
    const wanted = vertices && new Set(vertices);
    for (let p = 0; p < y.length; p++) {
      const v = order[p];
      leaks[p] = wanted ? 0 : y[p];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++)
        edges[e] = rank[targets[e]] < 0 && (!wanted || wanted.has(targets[e])) ? y[p] : 0;
    }
  }

  #centred({ vector, centre }: Centred): CentredVector {
    return { vector: this.#vectors[vector], centre: this.#vectors[centre] };
  }

  #factorsOf(register: number, onUnsound: OnUnsound): Factors | undefined {
    const known = this.#factors.get(register);
    if (known) return known;
    const { factors, sound } = factorsOf(this.#trace, this.#graph, this.#systems[register]);
    if (!sound && !onUnsound(this.#systems[register], factors)) return undefined;
    this.#factors.set(register, factors);
    return factors;
  }
}

function load(to: Vector, write: (hi: Float64Array) => void): void {
  write(to.hi);
  to.lo?.fill(0);
}

/** In double-double, which costs nothing here. */
function combine(operation: CombineOperation, left: Scalar, right: Scalar): Scalar {
  const [l, r] = [
    [left.hi, left.lo],
    [right.hi, right.lo],
  ] as const;
  const scalar = ([hi, lo]: TwoDouble): Scalar => (Number.isNaN(lo) ? { hi, lo: 0 } : { hi, lo });
  switch (operation) {
    case "sum":
      return scalar(add(l, r));
    case "difference":
      return scalar(subtract(l, r));
    case "product":
      return scalar(multiply(l, r));
    case "quotient":
      return right.hi === 0 ? { hi: left.hi / right.hi, lo: 0 } : scalar(divide(l, r));
    default:
      return operation satisfies never;
  }
}
