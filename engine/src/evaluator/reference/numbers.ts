/**
 * The numbers of a model at one θ: weights, leaks, initial probabilities and rewards, with their derivatives in
 * directions of θ (tangents) and the way back from adjoints to the gradient (pull). Everything that depends on θ passes
 * through here, affine parts and formulas alike.
 */
import { CompensatedSum } from "../../base/compensated-sum.js";
import { InputError } from "../../base/errors.js";
import { sumError } from "../../base/two-double.js";
import { tableAdjoints, tableAdjointTangents, tableTangents, tableValues } from "../../expression/evaluate.js";
import { nodeCount } from "../../expression/table.js";
import { printTheta } from "../../expression/weight.js";
import { PROBABILITY_TOLERANCE } from "../../graph/check.js";
import { defectOf, type Graph, isAbsorbing, stateText, vertexName } from "../../graph/graph.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { type SystemNumbers, whyBadWeight } from "./weights.js";

/** What a discrete row lacks to 1 by less than this is rounding of its entries. */
export const LEAK_ROUNDING = 64 * Number.EPSILON;

export class ModelNumbers {
  readonly system: SystemNumbers;
  /** α by position. */
  readonly initial: Float64Array;
  /** α by entry of `initialVertices`. */
  readonly probabilities: Float64Array;
  readonly dimension: number;
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #theta: Float64Array;
  readonly #nodes: Float64Array;
  readonly #work: Float64Array;
  readonly #workTangents: Float64Array;
  readonly #tangents: Float64Array[] = [];
  #directions: readonly Float64Array[] = [];
  #fault: string | undefined;

  /** `formulasOnly`: without room for weights, for those who only ask what formulas are worth. */
  constructor(graph: Graph, trace: EliminationTrace, formulasOnly = false) {
    const count = nodeCount(graph.expressions);
    this.#graph = graph;
    this.#trace = trace;
    this.dimension = graph.parameterNames.length;
    this.#theta = new Float64Array(this.dimension);
    this.#nodes = new Float64Array(count);
    this.#work = new Float64Array(count);
    this.#workTangents = new Float64Array(count);
    this.system = {
      edges: new Float64Array(formulasOnly ? 0 : graph.targets.length),
      leaks: new Float64Array(trace.order.length),
    };
    this.initial = new Float64Array(trace.order.length);
    this.probabilities = new Float64Array(graph.initialVertices.length);
  }

  /**
   * Everything at θ. `invalid` when rows or the initial distribution are no probabilities. Throws `InputError` naming
   * the edge when a weight is negative or not finite; of a derived model, whose weights divide by others, that is a
   * status: `singular` when a state that was taken out has no way out, `invalid` when a reward vanishes.
   * `fault` then says which. Cost: E · d multiply-adds and one operation per node.
   */
  set(theta: Float64Array): "ok" | "invalid" | "singular" {
    const graph = this.#graph;
    this.setFormulas(theta);
    const { edges, leaks } = this.system;
    this.#affine(edges, graph.bases, graph.coefficients, graph.formulas, theta, this.#nodes);
    for (let e = 0; e < edges.length; e++) {
      if (edges[e] >= 0 && edges[e] < Infinity) continue;
      if (graph.derived && !Number.isFinite(edges[e])) return this.#vanished(e, edges[e]);
      edges[e] = whyBadWeight(graph, theta, e, edges[e]);
    }
    if (graph.kind === "continuous") return this.#fault === undefined ? "ok" : "invalid";
    for (let p = 0; p < leaks.length; p++) {
      const v = this.#trace.order[p];
      // rounded once, so that a small leak does not depend on the order of its row
      let [sum, rest] = [-1, 0];
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
        rest += sumError(sum, edges[e]);
        sum += edges[e];
      }
      const leak = -(sum + rest);
      if (leak < -PROBABILITY_TOLERANCE)
        this.#fault ??= `the probabilities out of ${vertexName(graph, v)} sum to ${1 - leak}, more than 1`;
      leaks[p] = leak > LEAK_ROUNDING ? leak : 0;
    }
    return this.#fault === undefined ? "ok" : "invalid";
  }

  /** Why the θ that is set has no numbers, where `set` says so. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** A weight of a derived model is a quotient: by what leaves a state that was taken out, or by a reward. */
  #vanished(edge: number, value: number): "singular" | "invalid" {
    if (Number.isNaN(value)) return "singular";
    let from = 0;
    while (this.#graph.rowStart[from + 1] <= edge) from++;
    const state = stateText(this.#graph, from);
    this.#fault = `the formula of the reward is 0 in state ${state}, and the distribution of the reward divides by it; moments do not`;
    return "invalid";
  }

  /** Nodes and initial probabilities at θ, but no weights, for those who compute them elsewhere; `fault` as of `set`. */
  setFormulas(theta: Float64Array): void {
    this.#fault = undefined;
    this.#theta.set(theta);
    tableValues(this.#graph.expressions, theta, this.#nodes);
    this.#setInitial();
  }

  /** The value of a node at the θ that is set, and its derivative in a direction that is set. */
  node(node: number): number {
    return this.#nodes[node];
  }

  nodeTangent(node: number, direction: number): number {
    return this.#tangents[direction][node];
  }

  #setInitial(): void {
    const { initialVertices, initialProbabilities, initialFormulas } = this.#graph;
    let sum = 0;
    initialVertices.forEach((v, i) => {
      const node = initialFormulas.length > 0 ? initialFormulas[i] : -1;
      const mass = initialProbabilities[i] + (node < 0 ? 0 : this.#nodes[node]);
      this.probabilities[i] = mass;
      if (!(mass >= 0))
        this.#fault ??= `the probability to start in ${vertexName(this.#graph, v)} is ${mass} and must be ≥ 0`;
      sum += mass;
      if (!isAbsorbing(this.#graph, v)) this.initial[this.#trace.rank[v]] = mass;
    });
    if (sum > 1 + PROBABILITY_TOLERANCE) this.#fault ??= `the initial probabilities sum to ${sum}, more than 1`;
  }

  /** The mass at zero; with a list, that on those absorbing vertices. */
  defect(vertices?: readonly number[]): number {
    if (vertices === undefined) return Math.min(1, defectOf(this.#graph, this.probabilities));
    return this.#sumOver(vertices, (i) => this.probabilities[i]);
  }

  /** The reward of that name by position. Throws `InputError` when it is negative or not finite at θ. */
  reward(name: string, to: Float64Array): void {
    const { vertexCount: V, rewardNames, rewards, rewardFormulas } = this.#graph;
    const first = rewardNames.indexOf(name) * V;
    for (let p = 0; p < to.length; p++) {
      const at = first + this.#trace.order[p];
      const node = rewardFormulas.length > 0 ? rewardFormulas[at] : -1;
      const value = rewards[at] + (node < 0 ? 0 : this.#nodes[node]);
      if (!(value >= 0 && value < Infinity)) this.#refuseReward(name, at - first, value);
      to[p] = value;
    }
  }

  #refuseReward(name: string, vertex: number, value: number): never {
    const graph = this.#graph;
    throw new InputError(
      "bad-reward",
      `Cannot evaluate ${graph.name}: the reward ${name} of ${vertexName(graph, vertex)} must be finite and ≥ 0 and is ${value} at ${printTheta(graph.parameterNames, this.#theta)}.`,
    );
  }

  /** Sets the directions that tangents are taken in, for the θ that is set. */
  setDirections(directions: readonly Float64Array[]): void {
    this.#directions = directions;
    directions.forEach((direction, k) => {
      this.#tangents[k] ??= new Float64Array(this.#nodes.length);
      tableTangents(this.#graph.expressions, this.#nodes, direction, this.#tangents[k]);
    });
  }

  systemTangent(direction: number, to: SystemNumbers): void {
    const graph = this.#graph;
    const nodes = this.#tangents[direction];
    this.#affine(to.edges, undefined, graph.coefficients, graph.formulas, this.#directions[direction], nodes);
    to.leaks.fill(0);
    if (graph.kind === "continuous") return;
    for (let p = 0; p < to.leaks.length; p++) {
      const v = this.#trace.order[p];
      let sum = 0;
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) sum += to.edges[e];
      to.leaks[p] = -sum;
    }
  }

  initialTangent(direction: number, to: Float64Array): void {
    const { initialVertices, initialFormulas } = this.#graph;
    to.fill(0);
    if (initialFormulas.length === 0) return;
    initialVertices.forEach((v, i) => {
      if (initialFormulas[i] >= 0 && !isAbsorbing(this.#graph, v))
        to[this.#trace.rank[v]] = this.#tangents[direction][initialFormulas[i]];
    });
  }

  rewardTangent(name: string, direction: number, to: Float64Array): void {
    const { vertexCount: V, rewardNames, rewardFormulas } = this.#graph;
    to.fill(0);
    if (rewardFormulas.length === 0) return;
    const first = rewardNames.indexOf(name) * V;
    for (let p = 0; p < to.length; p++) {
      const node = rewardFormulas[first + this.#trace.order[p]];
      if (node >= 0) to[p] = this.#tangents[direction][node];
    }
  }

  /** Derivative of the mass on absorbing vertices (of those listed), and of what is missing to 1. */
  defectTangent(direction: number, vertices?: readonly number[]): number {
    const { initialFormulas } = this.#graph;
    if (initialFormulas.length === 0) return 0;
    const nodes = this.#tangents[direction];
    return this.#defectSum(vertices, (i) => (initialFormulas[i] < 0 ? 0 : nodes[initialFormulas[i]]));
  }

  /** Mass of absorbing vertex v at the start, and its derivative. */
  startAt(vertex: number, direction?: number): number {
    const { initialVertices, initialFormulas } = this.#graph;
    const i = initialVertices.indexOf(vertex);
    if (i < 0) return 0;
    if (direction === undefined) return this.probabilities[i];
    return initialFormulas.length > 0 && initialFormulas[i] >= 0 ? this.#tangents[direction][initialFormulas[i]] : 0;
  }

  pullSystem(adjoint: SystemNumbers, gradient: Float64Array): void {
    const { coefficients, formulas } = this.#graph;
    const d = this.dimension;
    // what belongs to one parameter may cancel between edges
    const sums = Array.from({ length: d }, () => new CompensatedSum());
    const { edges } = this.#leaksIn(adjoint);
    for (let e = 0; e < edges.length; e++) {
      if (edges[e] === 0) continue;
      for (let k = 0; k < d; k++) {
        const c = coefficients[e * d + k];
        if (c !== 0) sums[k].add(c * edges[e]);
      }
    }
    for (let k = 0; k < d; k++) gradient[k] += sums[k].sum;
    this.#pullNodes(formulas, edges, gradient);
  }

  /** gradient += what adjoints of nodes arrive at; with a direction, the derivative of that for fixed adjoints. */
  pullFormulas(formulas: Int32Array, adjoints: Float64Array, gradient: Float64Array, direction?: number): void {
    if (direction === undefined) this.#pullNodes(formulas, adjoints, gradient);
    else this.#pullCurvature(formulas, adjoints, direction, gradient);
  }

  pullReward(name: string, adjoint: Float64Array, gradient: Float64Array): void {
    this.#pullNodes(this.#graph.rewardFormulas, this.#byReward(name, adjoint), gradient);
  }

  pullInitial(adjoint: Float64Array, gradient: Float64Array): void {
    this.#pullNodes(this.#graph.initialFormulas, this.#byStart(adjoint), gradient);
  }

  pullDefect(adjoint: number, vertices: readonly number[] | undefined, gradient: Float64Array): void {
    this.#pullNodes(this.#graph.initialFormulas, this.#byDefect(adjoint, vertices), gradient);
  }

  /** The derivative of `pullSystem` in a direction, the adjoint's own tangent included. */
  pullSystemTangent(adjoint: SystemNumbers, tangent: SystemNumbers, direction: number, gradient: Float64Array): void {
    this.pullSystem(tangent, gradient);
    this.#pullCurvature(this.#graph.formulas, this.#leaksIn(adjoint).edges, direction, gradient);
  }

  pullRewardTangent(
    name: string,
    adjoint: Float64Array,
    tangent: Float64Array,
    direction: number,
    gradient: Float64Array,
  ): void {
    this.pullReward(name, tangent, gradient);
    this.#pullCurvature(this.#graph.rewardFormulas, this.#byReward(name, adjoint), direction, gradient);
  }

  pullInitialTangent(adjoint: Float64Array, tangent: Float64Array, direction: number, gradient: Float64Array): void {
    this.pullInitial(tangent, gradient);
    this.#pullCurvature(this.#graph.initialFormulas, this.#byStart(adjoint), direction, gradient);
  }

  pullDefectTangent(
    adjoint: number,
    tangent: number,
    vertices: readonly number[] | undefined,
    direction: number,
    gradient: Float64Array,
  ): void {
    this.pullDefect(tangent, vertices, gradient);
    this.#pullCurvature(this.#graph.initialFormulas, this.#byDefect(adjoint, vertices), direction, gradient);
  }

  /** values[i] = base_i + Σ_k c_ik θ_k + node_i. */
  #affine(
    values: Float64Array,
    bases: Float64Array | undefined,
    coefficients: Float64Array,
    formulas: Int32Array,
    theta: Float64Array,
    nodes: Float64Array,
  ): void {
    const d = theta.length;
    for (let e = 0; e < values.length; e++) {
      let sum = bases === undefined ? 0 : bases[e];
      for (let k = 0; k < d; k++) {
        const c = coefficients[e * d + k];
        if (c !== 0) sum += c * theta[k];
      }
      values[e] = sum;
    }
    for (let e = 0; e < formulas.length; e++) if (formulas[e] >= 0) values[e] += nodes[formulas[e]];
  }

  /** A leak is 1 − Σ of its row: what arrives at it leaves again at every edge of the row. */
  #leaksIn({ edges, leaks }: SystemNumbers): SystemNumbers {
    if (this.#graph.kind === "continuous") return { edges, leaks };
    const moved = edges.slice();
    for (let p = 0; p < leaks.length; p++) {
      if (leaks[p] === 0) continue;
      const v = this.#trace.order[p];
      for (let e = this.#graph.rowStart[v]; e < this.#graph.rowStart[v + 1]; e++) moved[e] -= leaks[p];
    }
    return { edges: moved, leaks };
  }

  #byReward(name: string, adjoint: Float64Array): (i: number) => number {
    const { vertexCount: V, rewardNames } = this.#graph;
    const first = rewardNames.indexOf(name) * V;
    return (i) => {
      const v = i - first;
      const p = v >= 0 && v < V ? this.#trace.rank[v] : -1;
      return p < 0 ? 0 : adjoint[p];
    };
  }

  #byStart(adjoint: Float64Array): (i: number) => number {
    return (i) => {
      const p = this.#trace.rank[this.#graph.initialVertices[i]];
      return p < 0 ? 0 : adjoint[p];
    };
  }

  #byDefect(adjoint: number, vertices: readonly number[] | undefined): (i: number) => number {
    return (i) => this.#defectSum(vertices, (j) => (i === j ? adjoint : 0));
  }

  #sumOver(vertices: readonly number[], of: (i: number) => number): number {
    let sum = 0;
    this.#graph.initialVertices.forEach((v, i) => {
      if (isAbsorbing(this.#graph, v) && vertices.includes(v)) sum += of(i);
    });
    return sum;
  }

  /** Σ over absorbing starts, or, where mass is missing to 1, −Σ over the others: the same number at full accuracy. */
  #defectSum(vertices: readonly number[] | undefined, of: (i: number) => number): number {
    const graph = this.#graph;
    if (vertices !== undefined) return this.#sumOver(vertices, of);
    const all = this.probabilities.reduce((a, b) => a + b, 0);
    const missing = 1 - all > LEAK_ROUNDING;
    let sum = 0;
    graph.initialVertices.forEach((v, i) => {
      if (missing && !isAbsorbing(graph, v)) sum -= of(i);
      if (!missing && isAbsorbing(graph, v)) sum += of(i);
    });
    return sum;
  }

  #pullNodes(formulas: Int32Array, adjoint: Float64Array | ((i: number) => number), gradient: Float64Array): void {
    if (formulas.length === 0) return;
    this.#work.fill(0);
    this.#seed(formulas, adjoint);
    tableAdjoints(this.#graph.expressions, this.#nodes, this.#work, gradient);
  }

  #pullCurvature(
    formulas: Int32Array,
    adjoint: Float64Array | ((i: number) => number),
    direction: number,
    gradient: Float64Array,
  ): void {
    if (formulas.length === 0) return;
    this.#work.fill(0);
    this.#workTangents.fill(0);
    this.#seed(formulas, adjoint);
    tableAdjointTangents(
      this.#graph.expressions,
      this.#nodes,
      this.#tangents[direction],
      this.#work,
      this.#workTangents,
      gradient,
    );
  }

  #seed(formulas: Int32Array, adjoint: Float64Array | ((i: number) => number)): void {
    const of = typeof adjoint === "function" ? adjoint : (i: number) => adjoint[i];
    for (let i = 0; i < formulas.length; i++) if (formulas[i] >= 0) this.#work[formulas[i]] += of(i);
  }
}
