/**
 * The vectors a_k = α P^k of uniformization, one step at a time. Only the span of vertices that carry mass is touched:
 * in long sweeps most states are empty, or so nearly that arithmetic on them would be subnormal and a hundred times
 * slower, so what falls out of the normal range is 0.
 */
import { type Graph, isAbsorbing } from "../../graph/graph.js";

const SMALLEST_NORMAL = 2 ** -1022;

interface Span {
  readonly mass: Float64Array;
  /** First and last vertex that may carry mass; everything outside is 0. */
  low: number;
  high: number;
}

export class Sweep {
  /** a_k · e: what is not absorbed. */
  survival = 0;
  /** a_k · s. */
  density = 0;
  /** The largest rate into absorption, a bound on a·s for any a with a·e ≤ 1. */
  readonly exitMax: number;
  readonly #graph: Graph;
  /** w_ij / Λ of each edge, 1 − λ_i / Λ and the rate into absorption of each vertex. */
  readonly #move: Float64Array;
  readonly #stay: Float64Array;
  readonly #exit: Float64Array;
  /** Smallest and largest transient vertex that one step from here can reach, itself included. */
  readonly #lowest: Int32Array;
  readonly #highest: Int32Array;
  #current: Span;
  #next: Span;

  /** Starts at a_0 = α. */
  constructor(graph: Graph, weights: Float64Array, rate: number) {
    const V = graph.vertexCount;
    this.#graph = graph;
    this.#move = weights.map((w) => w / rate);
    this.#stay = new Float64Array(V);
    this.#exit = new Float64Array(V);
    this.#lowest = Int32Array.from({ length: V }, (_, v) => v);
    this.#highest = this.#lowest.slice();
    for (let v = 0; v < V; v++) {
      let all = 0;
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
        const target = graph.targets[e];
        all += weights[e];
        if (isAbsorbing(graph, target)) {
          this.#exit[v] += weights[e];
          this.#move[e] = 0; // absorbed mass is counted by the exit rates and carried no further
        } else {
          if (target < this.#lowest[v]) this.#lowest[v] = target;
          if (target > this.#highest[v]) this.#highest[v] = target;
        }
      }
      this.#stay[v] = 1 - all / rate;
    }
    this.exitMax = this.#exit.reduce((a, b) => Math.max(a, b), 0);
    this.#current = { mass: new Float64Array(V), low: 0, high: V - 1 };
    this.#next = { mass: new Float64Array(V), low: 0, high: -1 };
    graph.initialVertices.forEach((v, i) => {
      if (!isAbsorbing(graph, v)) this.#current.mass[v] = graph.initialProbabilities[i];
    });
    this.#measure(this.#current);
  }

  /** From a_k to a_{k+1}. Cost: the edges of the vertices that carry mass. */
  step(): void {
    const { rowStart, targets } = this.#graph;
    const { mass: from, low: first, high: last } = this.#current;
    const next = this.#next;
    const to = next.mass;
    to.fill(0, next.low, next.high + 1);
    let low = to.length;
    let high = -1;
    for (let v = first; v <= last; v++) {
      const mass = from[v];
      if (mass < SMALLEST_NORMAL) continue;
      to[v] += mass * this.#stay[v];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) to[targets[e]] += mass * this.#move[e];
      if (this.#lowest[v] < low) low = this.#lowest[v];
      if (this.#highest[v] > high) high = this.#highest[v];
    }
    next.low = low;
    next.high = high;
    this.#next = this.#current;
    this.#current = next;
    this.#measure(next);
  }

  /** Sums over the span, and tightens it. */
  #measure(span: Span): void {
    const { mass } = span;
    let survival = 0;
    let density = 0;
    for (let v = span.low; v <= span.high; v++) {
      survival += mass[v];
      density += mass[v] * this.#exit[v];
    }
    while (span.low <= span.high && mass[span.low] === 0) span.low++;
    while (span.high >= span.low && mass[span.high] === 0) span.high--;
    this.survival = survival;
    this.density = density;
  }
}
