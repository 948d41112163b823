/**
 * Numerical inversion of Laplace transforms, the last resort: Euler's algorithm in the form of Abate & Whitt (2006),
 * alternating series of the transform on a vertical line, binomially averaged. Its error is absolute, relative to the
 * largest value of the function: nothing for tails. The error is measured, by comparing two numbers of nodes.
 */
import { complexDivide } from "../complex.js";
import type { DualVector, TransientSystem } from "../system.js";
import type { DistributionOptions, Dual, Engine } from "./distribution.js";

const NODES = [14, 17] as const;

export class Inversion implements Engine {
  readonly #available: boolean;
  readonly #columns: readonly DualVector[];
  readonly #options: DistributionOptions;

  constructor(
    system: TransientSystem,
    columns: readonly DualVector[],
    directions: number,
    options: DistributionOptions,
  ) {
    this.#available = options.laplace !== undefined && directions === 0 && system.kind === "continuous";
    this.#columns = columns;
    this.#options = options;
  }

  reaches(time: number): boolean {
    return this.#available && time > 0 && time < Infinity;
  }

  at(column: number, time: number): Dual | undefined {
    return this.#inverted(column, time, (re, im) => this.#laplace(re, im, column));
  }

  accumulated(column: number, time: number): Dual | undefined {
    // the transform of an integral from 0 is the transform over z
    return this.#inverted(column, time, (re, im) => {
      const [a, b] = this.#laplace(re, im, column);
      return complexDivide(a, b, re, im);
    });
  }

  row(): undefined {
    return undefined;
  }

  occupancy(): undefined {
    return undefined;
  }

  /** The largest over the columns of what two numbers of nodes differ by, relative to the value. */
  errorBound(time: number): number {
    if (!this.reaches(time)) return Infinity;
    return this.#columns.reduce((worst, _, column) => {
      const [coarse, fine] = NODES.map((nodes) => euler((re, im) => this.#laplace(re, im, column), time, nodes));
      return Math.max(worst, fine === coarse ? 0 : Math.abs(fine - coarse) / Math.abs(fine));
    }, 0);
  }

  #inverted(_column: number, time: number, transform: Transform): Dual | undefined {
    if (!this.reaches(time)) return undefined;
    return { value: Math.max(0, euler(transform, time, NODES[1])), tangents: new Float64Array(0) };
  }

  #laplace(re: number, im: number, column: number): readonly [number, number] {
    return this.#options.laplace?.(re, im, column) ?? [Number.NaN, Number.NaN];
  }
}

type Transform = (re: number, im: number) => readonly [number, number];

/** f(t) from its transform with 2M + 1 nodes; about 0.6 M digits, and 10^{M/3} roundings. */
export function euler(transform: Transform, time: number, m: number): number {
  const shift = (m * Math.LN10) / 3;
  // ξ_0 = ½, ξ_k = 1 up to M, then the upper tail of a binomial(M, ½)
  const averages = new Float64Array(2 * m + 1).fill(1);
  averages[0] = 0.5;
  averages[2 * m] = 2 ** -m;
  for (let k = 1, binomial = 1; k < m; k++) {
    binomial = (binomial * (m - k + 1)) / k;
    averages[2 * m - k] = averages[2 * m - k + 1] + 2 ** -m * binomial;
  }
  let sum = 0;
  for (let k = 0; k <= 2 * m; k++) {
    const [real] = transform(shift / time, (Math.PI * k) / time);
    sum += (k % 2 === 0 ? 1 : -1) * averages[k] * real;
  }
  return (10 ** (m / 3) / time) * sum;
}
