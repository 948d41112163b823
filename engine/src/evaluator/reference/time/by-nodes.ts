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
import { PLAIN_LOOPS } from "./node-loops.js";
import {
  GROUP,
  LEFT_OUT_ALL,
  NODES,
  type Nodal,
  PANEL_COUNT,
  PANEL_MEAN_MAX,
  type Panel,
  type Panels,
  type Pull,
  panelAt,
} from "./panels.js";
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
export const MANY = 3;
/** What a mixture costs, in multiply-adds per √x, and how far beyond its mean it needs the sequence, in √x. */
const MIXTURE_WORK = 80;
const MIXTURE_REACH = 9;
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
  const { loops = PLAIN_LOOPS } = panels;
  loops.values(chosen, sequences, nodal.values);
  chosen.forEach((panel, slot) => {
    const at = slot * width;
    nodal.frames[3 * slot] = panel.centre;
    nodal.frames[3 * slot + 1] = panel.halfWidth;
    nodal.frames[3 * slot + 2] = Math.max(
      SMALLEST,
      truncation(panel, sequences[0], terms) / TRUNCATION_MAX,
      largestOf(nodal.values, at) / VARIATION_MAX,
    );
  });
  for (let n = 0; n < places.length; n++) if (places[n] >= 0) places[n] = slots[places[n]];
  loops.read({ panels, rate, times, places, nodal, out, tangents, ...(pull && { pull }) });
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
