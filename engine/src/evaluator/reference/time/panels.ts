/**
 * Where mixtures Σ_k Pois(k; x) q_k of many means x are read off few: panels of means that are equally wide in √x, each with
 * Chebyshev nodes, the Poisson weights at its nodes, and for every k a bound e_k on how far the polynomial through the nodes
 * is from Pois(k; ·) anywhere on the panel. Then for every non-negative sequence q the polynomial through the values at the
 * nodes is within Σ_k e_k q_k of the mixture.
 *
 * A function that is at most M on the ellipse c + h (ρ e^{iφ} + e^{−iφ}/ρ)/2 is within 4M ρ^{1−n}/(ρ − 1) of the polynomial through
 * its values at n Chebyshev nodes of [c − h, c + h] (Trefethen, Approximation Theory and Approximation Practice, theorem 8.2). With
 * a, b the half-axes and u = cos φ,
 *
 *     log |e^{−z} z^k / k!| = −(c + a u) + (k/2) log (c² + b² + 2 c a u + h² u²) − log k!,
 *
 * largest where u is ±1 or a root of a quadratic: e_k needs no search. Of the width, the number of nodes and ρ nothing depends on
 * the panel, because Pois(k; ·) varies with √x.
 *
 * Panels depend on nothing but their index: made when first used, they serve every model and every θ.
 */
import { divideInto, multiplyInto, sumError, type TwoDouble, twoProduct } from "../../../base/two-double.js";

/** Nodes of a panel: with this width e_k sum to less than 2^-49. */
export const NODES = 24;
/** Panel p holds means from WIDTH2 p² to WIDTH2 (p + 1)². */
const WIDTH2 = 13 / 8;
const RHO = (2 * Math.sqrt(NODES)) / Math.sqrt(WIDTH2);
/** Nodes whose weights stand side by side. */
export const GROUP = 4;
/** Weights that are this much smaller than the largest are left out, */
const LEFT_OUT = 2 ** -90;
/** so much in all of a node's, seen through the polynomial; and of all e_k that are left out, which are below 2^-100. */
export const LEFT_OUT_ALL = 2 ** -80;
const ERROR_LEFT_OUT = 2 ** -100;
/** Means of panels: up to where mixtures run in plain doubles. */
export const PANEL_MEAN_MAX = 4096;

export interface Panel {
  readonly centre: number;
  readonly halfWidth: number;
  /** Of each group of nodes: the k of its first weight, and where its weights start; weights of one k stand together. */
  readonly lows: Int32Array;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
  /** One more than the largest k of any weight. */
  readonly end: number;
  /** e_k for k = errorLow …, and the sums of those from there on. */
  readonly errorLow: number;
  readonly errors: Float64Array;
  readonly errorSums: Float64Array;
}

/** The panel of a mean ≥ 0. */
export const panelAt = (x: number): number => Math.floor(Math.sqrt(x / WIDTH2));
export const PANEL_COUNT = panelAt(PANEL_MEAN_MAX) + 1;
export const centreOf = (panel: number): number => (WIDTH2 / 2) * (2 * panel * (panel + 1) + 1);
export const halfWidthOf = (panel: number): number => (WIDTH2 / 2) * (2 * panel + 1);

/** Terms that are summed before they are added to the others. */
export const CHUNK = 32;

/** The derivative of Σ_n weight_n log value_n by the terms of the sequence, asked for with the values. */
export interface Pull {
  readonly weights: Float64Array;
  /** Σ over the means that were answered by nodes: of q_k, k = 0 …; made longer where it has to be. */
  coefficients: Float64Array;
  /** 1 where a mean was. */
  readonly answered: Uint8Array;
}

/** What is known at the nodes of the panels in use, one after the other. */
export interface Nodal {
  /** The value and its derivatives. */
  readonly columns: number;
  /** By panel and column, NODES each. */
  readonly values: Float64Array;
  /** By panel: centre, half the width, and the least value that is vouched for. */
  readonly frames: Float64Array;
  /** By panel, NODES each. */
  readonly cotangents: Float64Array;
}

export interface Reading {
  readonly panels: Panels;
  readonly rate: number;
  readonly times: Float64Array;
  /** Each mean's panel among those in use, −1 for none. */
  readonly places: Int16Array;
  readonly nodal: Nodal;
  /** What has no answer is left as it is. */
  readonly out: Float64Array;
  readonly tangents: readonly Float64Array[];
  readonly pull?: Pull;
}

/** The loops of `by-nodes.ts`, in plain JavaScript or elsewhere, with the same bits. */
export interface NodeLoops {
  /** Σ_k Pois(k; x_j) q_k for every node j of every panel and every sequence q, which are equally long. */
  values(panels: readonly Panel[], sequences: readonly Float64Array[], out: Float64Array): void;
  read(reading: Reading): void;
}

export class Panels {
  /** Who does the loops; plain JavaScript where it is undefined. */
  readonly loops: NodeLoops | undefined;
  readonly #made: (Panel | undefined)[] = [];
  #nodes: Float64Array | undefined;
  #barycentric: Float64Array | undefined;
  #room: Float64Array = new Float64Array(0);

  constructor(loops?: NodeLoops) {
    this.loops = loops;
  }

  /** In [−1, 1], falling. */
  get nodes(): Float64Array {
    this.#nodes ??= Float64Array.from({ length: NODES }, (_, j) => Math.cos(((2 * j + 1) * Math.PI) / (2 * NODES)));
    return this.#nodes;
  }

  /** 1/Π_{i≠j} (x_j − x_i) of the nodes as they were rounded, times 2^{1−NODES}. */
  get barycentric(): Float64Array {
    this.#barycentric ??= barycentricWeights(this.nodes);
    return this.#barycentric;
  }

  /** So many numbers, whatever they are: nobody's after the call that asked for them. */
  room(count: number): Float64Array {
    if (this.#room.length < count) this.#room = new Float64Array(2 * count);
    return this.#room.subarray(0, count);
  }

  /** Cost, when first asked for: its nodes times its weights, O(NODES √x). */
  panel(index: number): Panel {
    this.#made[index] ??= makePanel(index, this.nodes);
    return this.#made[index];
  }
}

function barycentricWeights(nodes: Float64Array): Float64Array {
  const product = new Float64Array(2);
  return nodes.map((node, j) => {
    product[0] = 1;
    product[1] = 0;
    nodes.forEach((other, i) => {
      if (i === j) return;
      const difference = node - other;
      multiplyInto(product, 0, product[0], product[1], 2 * difference, 2 * sumError(node, -other));
    });
    return 1 / product[0];
  });
}

function makePanel(index: number, nodes: Float64Array): Panel {
  const [centre, halfWidth] = [centreOf(index), halfWidthOf(index)];
  const rows = Array.from(nodes, (node) => {
    const [high, low] = twoProduct(halfWidth, node);
    const mean = centre + high;
    return weightsAbove([mean, sumError(centre, high) + low], LEFT_OUT);
  });
  const groups = NODES / GROUP;
  const lows = new Int32Array(groups);
  const starts = new Int32Array(groups + 1);
  const ends = new Int32Array(groups);
  for (let g = 0; g < groups; g++) {
    const some = rows.slice(g * GROUP, (g + 1) * GROUP);
    lows[g] = Math.min(...some.map(({ low }) => low));
    ends[g] = Math.max(...some.map(({ low, weights }) => low + weights.length));
    starts[g + 1] = starts[g] + GROUP * (ends[g] - lows[g]);
  }
  const weights = new Float64Array(starts[groups]);
  rows.forEach((row, j) => {
    const g = Math.floor(j / GROUP);
    const first = starts[g] + (row.low - lows[g]) * GROUP + (j % GROUP);
    for (let i = 0; i < row.weights.length; i++) weights[first + i * GROUP] = row.weights[i];
  });
  return { centre, halfWidth, lows, starts, weights, end: Math.max(...ends), ...errorsOf(centre, halfWidth) };
}

/** Steps that are taken in pairs of doubles at once: four factors below 2^13 have an exact product. */
const STRIDE = 4;

/**
 * Poisson weights larger than `least` times the largest, each to a few roundings: every fourth by recurrence in pairs of doubles, those
 * between from the one before. `x` > 0.
 */
export function weightsAbove(x: TwoDouble, least: number): { readonly low: number; readonly weights: Float64Array } {
  const mode = Math.floor(x[0]);
  const reach = Math.ceil(14 * Math.sqrt(x[0])) + 96;
  const from = Math.max(0, mode - reach);
  const weights = new Float64Array(mode + reach + STRIDE + 1 - from);
  const power = new Float64Array([x[0], x[1]]);
  multiplyInto(power, 0, power[0], power[1], power[0], power[1]);
  multiplyInto(power, 0, power[0], power[1], power[0], power[1]);
  const at = new Float64Array(2);
  at[0] = 1;
  let high = mode;
  weights[mode - from] = 1;
  while (at[0] > least && high + STRIDE - from < weights.length) {
    let weight = at[0];
    let product = high + 1;
    for (let i = 1; i < STRIDE; i++) {
      weight *= x[0] / (high + i);
      weights[high + i - from] = weight;
      product *= high + i + 1;
    }
    multiplyInto(at, 0, at[0], at[1], power[0], power[1]);
    divideInto(at, 0, at[0], at[1], product, 0);
    high += STRIDE;
    weights[high - from] = at[0];
  }
  at[0] = 1;
  at[1] = 0;
  let low = mode;
  while (at[0] > least && low - STRIDE >= from) {
    let weight = at[0];
    let product = low;
    for (let i = 1; i < STRIDE; i++) {
      weight *= (low - i + 1) / x[0];
      weights[low - i - from] = weight;
      product *= low - i;
    }
    multiplyInto(at, 0, at[0], at[1], product, 0);
    divideInto(at, 0, at[0], at[1], power[0], power[1]);
    low -= STRIDE;
    weights[low - from] = at[0];
  }
  // the few that are left before 0
  for (let weight = at[0]; weight > least && low > from; low--) {
    weight *= low / x[0];
    weights[low - 1 - from] = weight;
  }
  const all = weights.subarray(low - from, high + 1 - from);
  const total = sumOf(all);
  for (let i = 0; i < all.length; i++) all[i] /= total;
  return { low, weights: all };
}

/** As a `CompensatedSum` has it, in one loop: most of the time that a panel takes to make is such loops, not yet compiled. */
function sumOf(weights: Float64Array): number {
  let sum = 0;
  let rest = 0;
  for (let i = 0; i < weights.length; i++) {
    const next = sum + weights[i];
    rest += sum >= weights[i] ? sum - next + weights[i] : weights[i] - next + sum;
    sum = next;
  }
  return sum + rest;
}

function errorsOf(c: number, h: number): Pick<Panel, "errorLow" | "errors" | "errorSums"> {
  const [a, b] = [(h * (RHO + 1 / RHO)) / 2, (h * (RHO - 1 / RHO)) / 2];
  const factor = Math.log(4) - (NODES - 1) * Math.log(RHO) - Math.log(RHO - 1);
  // |z|² = base + slope u + h² u²
  const [base, slope, second] = [c * c + b * b, 2 * c * a, h * h];
  const [logLeft, logRight] = [Math.log(base - slope + second) / 2, Math.log(base + slope + second) / 2];
  const errors: number[] = [];
  let errorLow = 0;
  let logFactorial = 0;
  for (let k = 0; ; k++) {
    if (k > 0) logFactorial += Math.log(k);
    let most = Math.max(k * logLeft + a, k * logRight - a);
    // a h² u² + (2 c a² − k h²) u + a (c² + b²) − k c a = 0
    const first = a * slope - k * second;
    const root = Math.sqrt(first * first - 4 * a * second * (a * base - k * c * a));
    for (let side = -1; side <= 1; side += 2) {
      const u = (side * root - first) / (2 * a * second);
      // NaN where there is no root
      if (u > -1 && u < 1) most = Math.max(most, (k / 2) * Math.log(base + slope * u + second * u * u) - a * u);
    }
    const error = Math.exp(factor - c + most - logFactorial);
    if (error > ERROR_LEFT_OUT) errors.push(error * (1 + 2 ** -20));
    else if (errors.length > 0 || k > c + a) break;
    else errorLow = k + 1;
  }
  const errorSums = new Float64Array(errors.length + 1);
  errorSums[errors.length] = ERROR_LEFT_OUT;
  for (let i = errors.length - 1; i >= 0; i--) errorSums[i] = errors[i] + errorSums[i + 1];
  return { errorLow, errors: Float64Array.from(errors), errorSums };
}
