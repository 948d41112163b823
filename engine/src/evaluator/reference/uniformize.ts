/**
 * Density, distribution function and survival by uniformization (Jensen 1953): P = I + S/Λ, a_k = α P^k, and
 *
 *     f(t) = Σ_k Pois(k; Λt) a_k·s        S(t) = Σ_k Pois(k; Λt) a_k·e
 *     F(t) = defect + Σ_k Pois(k; Λt) C_k,   C_k = Σ_{j<k} a_j·s / Λ
 *
 * One sweep of vector steps serves all times: its scalars a_k·s, a_k·e and C_k are kept. Everything is a sum of
 * non-negative terms, in both tails. Λ is the next 2^(j/4) above the lane's largest exit rate, so that no result
 * depends on its neighbours in a batch.
 */
import { InterruptedError } from "../../base/errors.js";
import type { Graph } from "../../graph/graph.js";
import type { TimeFunction } from "../../program/program.js";
import { CompensatedSum, poissonMixture } from "./poisson.js";
import { Sweep } from "./sweep.js";

/** Vector steps beyond which a sweep is refused: hours of work until methods for long horizons exist. */
export const STEPS_MAX = 20_000_000;
/** Standard deviations from the mode beyond which a Poisson weight is below every double. */
const SPREAD = 40;
const POLL_EVERY = 4096;

/** The next 2^(j/4) above the largest exit rate; 0 when nothing moves. */
export function uniformizationRate(graph: Graph, weights: Float64Array): number {
  let largest = 0;
  for (let v = 0; v < graph.vertexCount; v++) {
    let exit = 0;
    for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) exit += weights[e];
    if (exit > largest) largest = exit;
  }
  if (largest === 0) return 0;
  const rung = 2 ** (Math.ceil(4 * Math.log2(largest)) / 4);
  return rung < Infinity ? Math.max(rung, largest) : largest;
}

/** Relative error bound of a value at Λt = x: every vector step rounds at most (in-degree + 4) times, the last sum V times. */
export function uniformizationErrorBound(inDegreeMax: number, vertexCount: number, x: number): number {
  return 2 ** -53 * ((inDegreeMax + 4) * (x + 10 * Math.sqrt(x) + 40) + vertexCount);
}

/** The scalar sequences of one lane, extended on demand. */
export class DensityHandle {
  readonly rate: number;
  readonly #name: string;
  readonly #defect: number;
  readonly #interrupted: () => boolean;
  readonly #sweep: Sweep;
  readonly #density: number[] = [];
  readonly #survival: number[] = [];
  readonly #absorbed: number[] = [];
  readonly #absorbedSum = new CompensatedSum();

  constructor(graph: Graph, weights: Float64Array, defect: number, interrupted: () => boolean) {
    this.#name = graph.name;
    this.#defect = defect;
    this.#interrupted = interrupted;
    this.rate = uniformizationRate(graph, weights);
    this.#sweep = new Sweep(graph, weights, this.rate);
  }

  /** The function at one time ≥ 0, or undefined when Λt is beyond `STEPS_MAX` and mass is left. */
  at(name: TimeFunction, time: number): number | undefined {
    const x = this.rate * time;
    if (!(this.rate < Infinity)) return undefined;
    this.#extend(time === Infinity ? 0 : Math.min(Math.floor(x), STEPS_MAX));
    const last = this.#survival.length - 1;
    const ended = this.#survival[last] === 0;
    // Poisson(x) puts less than exp(−SPREAD²/2) below x − SPREAD √x: nothing that a double could hold
    const gone = time === Infinity || (ended && last <= x - SPREAD * Math.sqrt(x));
    if (gone || this.#survival[0] === 0) return name === "cdf" ? 1 : 0;
    if (!ended && x > STEPS_MAX) return undefined;
    switch (name) {
      case "pdf":
        return this.#mixture(x, this.#density, this.#sweep.exitMax, (k) => this.#survival[k] * this.#sweep.exitMax);
      case "survival":
        return this.#mixture(x, this.#survival, 1, (k) => this.#survival[k]);
      case "cdf": {
        const survival = this.#mixture(x, this.#survival, 1, (k) => this.#survival[k]);
        if (survival < 0.5) return 1 - survival;
        return this.#defect + this.#mixture(x, this.#absorbed, 1, () => 1);
      }
      default:
        return name satisfies never;
    }
  }

  #mixture(x: number, sequence: readonly number[], bound: number, boundFrom: (k: number) => number): number {
    const reach = (k: number): number => {
      this.#extend(k);
      return Math.min(k, sequence.length - 1);
    };
    return poissonMixture(x, { bound, term: (k) => sequence[reach(k)], boundFrom: (k) => boundFrom(reach(k)) });
  }

  /** Makes the sequences known up to k, or to where no mass is left and they stay as they are. */
  #extend(k: number): void {
    while (this.#survival.length <= k) {
      const done = this.#survival.length;
      if (done > 0 && this.#survival[done - 1] === 0) return;
      if (done % POLL_EVERY === 0 && this.#interrupted())
        throw new InterruptedError(`sweeping ${this.#name} at step ${done}`);
      if (done > 0) this.#sweep.step();
      this.#survival.push(this.#sweep.survival);
      this.#density.push(this.#sweep.density);
      this.#absorbed.push(this.#absorbedSum.sum);
      this.#absorbedSum.add(this.#sweep.density / this.rate);
    }
  }
}
