/**
 * Mixtures Σ_k Pois(k; x) q_k at many means at once: by the polynomial through the values at the nodes of the panel that a mean
 * lies in (`panels.ts`), where so many means lie in one panel that nodes cost less, and where it can be shown to be as good as
 * the mixture itself. With E = Σ_k e_k q_k and M the largest value at a node,
 *
 *     |polynomial − mixture| ≤ E + 2^-53 (r L M + 48 value),
 *
 * the second for what sums at nodes and of nodes lose: L ≤ 3.1 is the Lebesgue constant, and r ≤ 104 counts roundings of a weight (9), of a
 * chunk of terms (33), of the sum of chunks (45) and of the polynomial's numerator (17); those of its denominator are 48. Roundings of
 * the q_k themselves are not made larger: the polynomial is a sum of q_k (Pois(k; x) ± e_k). Where E is more than TRUNCATION_MAX of a
 * value, or M more than VARIATION_MAX times it, there is no answer here; else the error is below NODES_ERROR.
 *
 * The polynomial is linear in the sequence, so derivatives of its values by anything are the values of the derivative's own
 * polynomial; and with cotangents y_n of its values, Σ_n y_n value_n = Σ_k C_k q_k, where the C_k come from the nodes' cotangents
 * Σ_n y_n ℓ_j(x_n). A derivative misses Σ_k e_k |q̇_k|; by the logarithms of all weights together, |q̇_k| ≤ (k + 1)(q_k + q_{k−1}), because a
 * weight occurs once a step, in a move or in a stay.
 */
import { GROUP, LEFT_OUT_ALL, NODES, PANEL_COUNT, PANEL_MEAN_MAX, type Panel, type Panels, panelAt } from "./panels.js";
import type { Terms } from "./poisson.js";

/** Relative: 2048 roundings, of which the bound above takes 104 · 3.1 · VARIATION_MAX + 48, and TRUNCATION_MAX 64. */
export const NODES_ERROR = 2 ** -42;
/** What E may be of a value: derivatives lose up to the number of steps times as much. */
const TRUNCATION_MAX = 2 ** -47;
/** Of values that are smaller, terms that matter underflow. */
const SMALLEST = 2 ** -900;
/** How many times larger than a value those at nodes may be. */
export const VARIATION_MAX = 5;
/** Means of a panel from which on its nodes may be worth their sums. */
export const MANY = 5;
/** What a mixture costs, in multiply-adds per √x, and how far beyond its mean it needs the sequence, in √x. */
const MIXTURE_WORK = 80;
const MIXTURE_REACH = 9;
/** Terms that are summed before they are added to the others. */
const CHUNK = 32;

/** The derivative of Σ_n weight_n log value_n by the terms of the sequence, asked for with the values. */
export interface Pull {
  readonly weights: Float64Array;
  /** Σ over the means that were answered by nodes: of q_k, k = 0 …; made longer where it has to be. */
  coefficients: Float64Array;
  /** 1 where a mean was. */
  readonly answered: Uint8Array;
}

/** What is known at the nodes of the panels in use, one after the other. */
interface Nodal {
  /** The value and its derivatives. */
  readonly columns: number;
  /** By panel and column, NODES each. */
  readonly values: Float64Array;
  /** By panel: centre, half the width, and the least value that is vouched for. */
  readonly frames: Float64Array;
  /** By panel, NODES each. */
  readonly cotangents: Float64Array;
}

/**
 * Values, and derivatives by direction, into arrays of the caller; what has no answer is left as it is.
 * `terms.dense` is needed; `stepWork` is what one more term costs, in multiply-adds. Cost: O(NODES √x) per panel in use, O(NODES) per mean.
 */
export function mixturesByNodes(
  panels: Panels,
  rate: number,
  times: Float64Array,
  terms: Terms,
  stepWork: number,
  out: Float64Array,
  tangents: readonly Float64Array[],
  pull?: Pull,
): void {
  const counts = new Int32Array(PANEL_COUNT);
  const places = new Int16Array(times.length);
  let largest = 0;
  for (let n = 0; n < times.length; n++) {
    const x = rate * times[n];
    // not for NaN either
    const place = x > 0 && x < PANEL_MEAN_MAX ? panelAt(x) : -1;
    places[n] = place;
    if (place < 0) continue;
    counts[place]++;
    if (x > largest) largest = x;
  }
  const reach = largest + MIXTURE_REACH * Math.sqrt(largest);
  const chosen: Panel[] = [];
  /** Where a panel stands among those chosen. */
  const slots = new Int16Array(PANEL_COUNT).fill(-1);
  let end = 0;
  for (let p = 0; p < PANEL_COUNT; p++) {
    if (counts[p] < MANY) continue;
    const panel = panels.panel(p);
    // steps that are swept for the nodes alone
    const further = Math.max(0, panel.end - reach) * stepWork;
    if (further > (counts[p] - MANY / 2) * MIXTURE_WORK * Math.sqrt(panel.centre)) continue;
    slots[p] = chosen.length;
    chosen.push(panel);
    end = panel.end;
  }
  if (chosen.length === 0) return;
  const sequences = terms.dense!(end - 1);
  const columns = 1 + tangents.length;
  const width = columns * NODES;
  const room = panels.room(chosen.length * (width + 3 + (pull ? NODES : 0)));
  const nodal: Nodal = {
    columns,
    values: room.subarray(0, chosen.length * width),
    frames: room.subarray(chosen.length * width, chosen.length * (width + 3)),
    cotangents: room.subarray(chosen.length * (width + 3)).fill(0),
  };
  chosen.forEach((panel, slot) => {
    const at = slot * width;
    for (let c = 0; c < columns; c++) valuesAtNodes(panel, sequences[c], nodal.values, at + c * NODES);
    nodal.frames[3 * slot] = panel.centre;
    nodal.frames[3 * slot + 1] = panel.halfWidth;
    nodal.frames[3 * slot + 2] = Math.max(
      SMALLEST,
      truncation(panel, sequences[0], terms) / TRUNCATION_MAX,
      largestOf(nodal.values, at) / VARIATION_MAX,
    );
  });
  for (let n = 0; n < places.length; n++) if (places[n] >= 0) places[n] = slots[places[n]];
  interpolate(panels, rate, times, places, nodal, out, tangents, pull);
  if (pull === undefined) return;
  if (pull.coefficients.length < end) {
    const longer = new Float64Array(end);
    longer.set(pull.coefficients);
    pull.coefficients = longer;
  }
  chosen.forEach((panel, slot) => {
    spread(panel, nodal.cotangents, slot * NODES, pull.coefficients);
  });
}

/** E: bounds of the terms that are not known count too. */
function truncation({ errorLow, errors, errorSums }: Panel, q: Float64Array, terms: Terms): number {
  const end = Math.min(errors.length, q.length - errorLow);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += errors[i] * q[errorLow + i];
  const known = Math.max(0, end);
  return sum * (1 + 2 ** -30) + errorSums[known] * terms.boundFrom(q.length - 1) + LEFT_OUT_ALL * terms.boundUntil(0);
}

function largestOf(values: Float64Array, at: number): number {
  let most = 0;
  for (let j = 0; j < NODES; j++) most = Math.max(most, values[at + j]);
  return most;
}

/** `places` holds each mean's panel among those in use, −1 for none. */
function interpolate(
  { nodes, barycentric }: Panels,
  rate: number,
  times: Float64Array,
  places: Int16Array,
  { columns, values, frames, cotangents }: Nodal,
  out: Float64Array,
  tangents: readonly Float64Array[],
  pull: Pull | undefined,
): void {
  const parts = new Float64Array(NODES);
  const width = columns * NODES;
  for (let n = 0; n < times.length; n++) {
    const place = places[n];
    if (place < 0) continue;
    const s = (rate * times[n] - frames[3 * place]) / frames[3 * place + 1];
    const at = place * width;
    let whole0 = 0;
    let whole1 = 0;
    let sum0 = 0;
    let sum1 = 0;
    for (let j = 0; j < NODES; j += 2) {
      const part0 = barycentric[j] / (s - nodes[j]);
      const part1 = barycentric[j + 1] / (s - nodes[j + 1]);
      parts[j] = part0;
      parts[j + 1] = part1;
      whole0 += part0;
      whole1 += part1;
      sum0 += part0 * values[at + j];
      sum1 += part1 * values[at + j + 1];
    }
    let whole = whole0 + whole1;
    let value = (sum0 + sum1) / whole;
    if (!Number.isFinite(whole)) {
      // at a node
      const j = nearest(nodes, s);
      parts.fill(0);
      parts[j] = whole = 1;
      value = values[at + j];
    }
    if (!(value >= frames[3 * place + 2])) continue;
    out[n] = value;
    for (let d = 0; d < tangents.length; d++) tangents[d][n] = dot(parts, values, at + (1 + d) * NODES) / whole;
    if (pull === undefined) continue;
    pull.answered[n] = 1;
    const factor = pull.weights[n] / (value * whole);
    const first = place * NODES;
    for (let j = 0; j < NODES; j++) cotangents[first + j] += factor * parts[j];
  }
}

function dot(parts: Float64Array, values: Float64Array, at: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let j = 0; j < NODES; j += 4) {
    sum0 += parts[j] * values[at + j];
    sum1 += parts[j + 1] * values[at + j + 1];
    sum2 += parts[j + 2] * values[at + j + 2];
    sum3 += parts[j + 3] * values[at + j + 3];
  }
  return sum0 + sum1 + (sum2 + sum3);
}

function nearest(nodes: Float64Array, s: number): number {
  let best = 0;
  for (let j = 1; j < NODES; j++) if (Math.abs(nodes[j] - s) < Math.abs(nodes[best] - s)) best = j;
  return best;
}

/** Σ_k Pois(k; x_j) q_k for every node j; terms past the end of the sequence are 0. */
function valuesAtNodes(panel: Panel, q: Float64Array, out: Float64Array, at: number): void {
  const { lows, starts, weights } = panel;
  for (let g = 0; g < lows.length; g++) {
    const low = lows[g];
    const end = Math.min(q.length, low + (starts[g + 1] - starts[g]) / GROUP);
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let w = starts[g];
    for (let k = low; k < end; ) {
      const until = Math.min(end, k + CHUNK);
      let part0 = 0;
      let part1 = 0;
      let part2 = 0;
      let part3 = 0;
      for (; k < until; k++, w += GROUP) {
        const term = q[k];
        part0 += weights[w] * term;
        part1 += weights[w + 1] * term;
        part2 += weights[w + 2] * term;
        part3 += weights[w + 3] * term;
      }
      sum0 += part0;
      sum1 += part1;
      sum2 += part2;
      sum3 += part3;
    }
    const first = at + g * GROUP;
    out[first] = sum0;
    out[first + 1] = sum1;
    out[first + 2] = sum2;
    out[first + 3] = sum3;
  }
}

/** coefficients[k] += Σ_j cotangent_j Pois(k; x_j). */
function spread(panel: Panel, cotangents: Float64Array, at: number, coefficients: Float64Array): void {
  const { lows, starts, weights } = panel;
  for (let g = 0; g < lows.length; g++) {
    const first = at + g * GROUP;
    const y0 = cotangents[first];
    const y1 = cotangents[first + 1];
    const y2 = cotangents[first + 2];
    const y3 = cotangents[first + 3];
    let k = lows[g];
    for (let w = starts[g]; w < starts[g + 1]; w += GROUP, k++)
      coefficients[k] += y0 * weights[w] + y1 * weights[w + 1] + y2 * weights[w + 2] + y3 * weights[w + 3];
  }
}
