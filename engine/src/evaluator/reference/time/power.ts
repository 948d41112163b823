/**
 * A power of the transition matrix, dense, in a form that squaring does not wear out: E = e^{Sh} (discrete: T^N) by
 * rows, the probability X of being absorbed and the probability Y of not being. Every entry is a sum of non-negative
 * terms and so has few relative roundings; but the sum of a row has them too, and each squaring would double what it
 * has lost or gained. So after each squaring every row is made to sum to Y = 1 − X again (to Y from its own product
 * where X > ½: such a Y shrinks so fast that doubling ends soon), the form of Grassmann, Taksar & Heyman: an entry's
 * roundings then stay what they are, relative changes of single probabilities, and time does not amplify them.
 *
 * Derivatives obey the same law: a row of Ė is made to sum to −Ẋ (or Ẏ), what it lacks being spread in proportion to E.
 * Its roundings then are those of a slightly different direction of θ, and need no more than doubles.
 */
import { InterruptedError } from "../../../base/errors.js";

const SMALLEST_NORMAL = 2 ** -1022;
/** Multiplications between two polls for an interrupt. */
const WORK_PER_POLL = 2e7;

/** Numbers of a power, or their derivatives in one direction. */
export interface PowerNumbers {
  /** size × size, row-major. */
  readonly moves: Float64Array;
  /** X and Y of each row. */
  readonly absorbed: Float64Array;
  readonly survival: Float64Array;
}

export interface Power extends PowerNumbers {
  readonly size: number;
  readonly tangents: readonly PowerNumbers[];
}

export function emptyPower(size: number, directions: number): Power {
  const numbers = (): PowerNumbers => ({
    moves: new Float64Array(size * size),
    absorbed: new Float64Array(size),
    survival: new Float64Array(size),
  });
  return { size, ...numbers(), tangents: Array.from({ length: directions }, numbers) };
}

/** E(2h) from E(h). Cost: n³ (1 + 2d). */
export function squared(power: Power, interrupted: () => boolean, name: string): Power {
  const { size } = power;
  const result = emptyPower(size, power.tangents.length);
  multiplyAdd(power, power, result, interrupted, name);
  addInPlace(result.absorbed, power.absorbed);
  power.tangents.forEach((tangent, d) => {
    multiplyAdd(tangent, power, result.tangents[d], interrupted, name);
    multiplyAdd(power, tangent, result.tangents[d], interrupted, name);
    addInPlace(result.tangents[d].absorbed, tangent.absorbed);
  });
  settle(result);
  return result;
}

/** Makes every row sum to its survival, and drops what is too small to compute with. */
export function settle(power: Power): void {
  const { size, moves, absorbed, survival, tangents } = power;
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const diagonal = row + i;
    const certain = absorbed[i] <= 0.5;
    if (certain) survival[i] = 1 - absorbed[i];
    let others = 0;
    for (let j = 0; j < size; j++) {
      const at = row + j;
      if (moves[at] < SMALLEST_NORMAL) {
        moves[at] = 0;
        for (const tangent of tangents) tangent.moves[at] = 0;
      }
      if (j !== i) others += moves[at];
    }
    const whole = others + moves[diagonal];
    const heavy = survival[i] - others > 0.5 * survival[i];
    for (const tangent of tangents) {
      if (certain) tangent.survival[i] = -tangent.absorbed[i];
      let lack = tangent.survival[i];
      for (let j = 0; j < size; j++) lack -= tangent.moves[row + j];
      if (heavy) tangent.moves[diagonal] += lack;
      else if (whole > 0) for (let j = 0; j < size; j++) tangent.moves[row + j] += lack * (moves[row + j] / whole);
    }
    if (heavy) moves[diagonal] = survival[i] - others;
    else if (whole > 0) {
      const factor = survival[i] / whole;
      for (let j = 0; j < size; j++) moves[row + j] *= factor;
    }
  }
}

/** A vector times a power; with derivatives, y = x E and ẏ = ẋ E + x Ė. `vector` holds the value, then derivatives. */
export function applied(vector: readonly Float64Array[], power: Power): Float64Array[] {
  const result = vector.map(() => new Float64Array(power.size));
  vector.forEach((x, i) => {
    rowProduct(x, power.moves, result[i]);
    if (i > 0) rowProduct(vector[0], power.tangents[i - 1].moves, result[i]);
  });
  for (let j = 0; j < power.size; j++) if (result[0][j] < SMALLEST_NORMAL) result[0][j] = 0;
  return result;
}

export function addInPlace(to: Float64Array, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}

function rowProduct(x: Float64Array, matrix: Float64Array, to: Float64Array): void {
  const size = x.length;
  for (let k = 0; k < size; k++) {
    const factor = x[k];
    if (factor === 0) continue;
    for (let j = 0, at = k * size; j < size; j++, at++) to[j] += factor * matrix[at];
  }
}

/** to += left · right, for matrices and for both columns. */
function multiplyAdd(
  left: PowerNumbers,
  right: PowerNumbers,
  to: PowerNumbers,
  interrupted: () => boolean,
  name: string,
): void {
  const size = to.absorbed.length;
  addMatrixProduct(left.moves, right.moves, to.moves, size, interrupted, name);
  for (let i = 0; i < size; i++) {
    let absorbed = 0;
    let survival = 0;
    for (let k = 0; k < size; k++) {
      absorbed += left.moves[i * size + k] * right.absorbed[k];
      survival += left.moves[i * size + k] * right.survival[k];
    }
    to.absorbed[i] += absorbed;
    to.survival[i] += survival;
  }
}

/** to += left · right. */
export function addMatrixProduct(
  left: Float64Array,
  right: Float64Array,
  to: Float64Array,
  size: number,
  interrupted: () => boolean,
  name: string,
): void {
  const rowsPerPoll = Math.ceil(WORK_PER_POLL / (size * size));
  for (let i = 0; i < size; i++) {
    if (i % rowsPerPoll === 0 && interrupted()) throw new InterruptedError(`squaring the step matrix of ${name}`);
    productRow(left, right, to, i, size);
  }
}

/** Four rows of `right` at a time: a quarter of the traffic on `to`. */
function productRow(left: Float64Array, right: Float64Array, to: Float64Array, i: number, size: number): void {
  const row = i * size;
  let k = 0;
  for (; k + 4 <= size; k += 4) {
    const [a, b, c, d] = [left[row + k], left[row + k + 1], left[row + k + 2], left[row + k + 3]];
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    for (let j = 0, at = k * size; j < size; j++, at++)
      to[row + j] += a * right[at] + b * right[at + size] + c * right[at + 2 * size] + d * right[at + 3 * size];
  }
  for (; k < size; k++) {
    const a = left[row + k];
    if (a !== 0) for (let j = 0, at = k * size; j < size; j++, at++) to[row + j] += a * right[at];
  }
}
