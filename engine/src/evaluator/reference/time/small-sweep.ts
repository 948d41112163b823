/**
 * Sweeps of systems so small that a step would cost more by what is arranged for it than by its products: many steps in one
 * call, every position gathering what moves into it, and derivatives in pairs of doubles only where their roundings would
 * begin to show. The numbers are those of `Sweep`, in another order of the same sums.
 */
import { SPLITTER } from "../../../base/two-double.js";
import type { DualVector, Gathered, Gathering, Sparse, SparseColumn, Written } from "../system.js";
import { type StepMatrix, type StepTable, workPerStep } from "./step-table.js";

/** Steps that are worth being taken elsewhere, and those of one call. */
const TOGETHER_MIN = 32;
const TOGETHER_MAX = 2048;
/** Edge visits of a step up to which a system is small. */
const SMALL = 600;
/** Steps up to which derivatives in doubles are as good as they are asked to be: to about 1e-12. */
const TANGENTS_REFINED_FROM = 1024;
const RESCALE_BELOW = 2 ** -256;
const SMALLEST_NORMAL = 2 ** -1022;

export const isSmall = (table: StepTable): boolean => workPerStep(table) <= SMALL;

/** A vector with its lower doubles, and room for the next. */
interface Pair {
  hi: Float64Array;
  lo: Float64Array;
  nextHi: Float64Array;
  nextLo: Float64Array;
}

export const sparseColumn = ({ value, tangents }: DualVector): SparseColumn => ({
  ones: value.every((x) => x === 1),
  value: sparse(value),
  tangents: tangents.map(sparse),
});

function sparse(x: Float64Array): Sparse {
  let count = 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) count++;
  const places = new Int32Array(count);
  const values = new Float64Array(count);
  for (let i = 0, at = 0; i < x.length; i++)
    if (x[i] !== 0) {
      places[at] = i;
      values[at++] = x[i];
    }
  return { places, values };
}

export class SmallSweep {
  survival = 0;
  ended = false;
  readonly table: StepTable;
  readonly #gathering: Gathering;
  readonly #matrix: Gathered;
  readonly #matrixTangents: readonly Gathered[];
  readonly #value: Pair;
  readonly #tangents: readonly Pair[];
  /** The vectors are this times those held. */
  #scale = 1;
  #steps = 0;
  #refined = false;

  /** Starts at a_0 = α. */
  constructor(table: StepTable, initial: DualVector) {
    this.table = table;
    this.#gathering = gatheringOf(table);
    this.#matrix = gathered(this.#gathering, table.value);
    this.#matrixTangents = table.tangents.map((tangent) => gathered(this.#gathering, tangent));
    this.#value = pairOf(initial.value);
    this.#tangents = initial.tangents.map(pairOf);
    this.#measure();
  }

  /** Continues with pairs of doubles. */
  refine(): void {
    this.#refined = true;
  }

  /** Takes so many steps and writes each from a place on; answers how many there were before nothing was left. */
  advance(columns: readonly SparseColumn[], to: Written, from: number, steps: number): number {
    let taken = 0;
    while (taken < steps && !this.ended) {
      const others = this.#together(columns, to, from + taken, Math.min(steps - taken, TOGETHER_MAX));
      taken += others;
      if (others > 0) continue;
      this.step();
      this.write(columns, to, from + taken++);
    }
    return taken;
  }

  /** The same, as far as others do it. */
  #together(columns: readonly SparseColumn[], to: Written, from: number, steps: number): number {
    const { small } = this.table.system.sweeps ?? {};
    // where the value is 0 and its derivatives are not, every step might be the last
    if (small === undefined || this.#refined || steps < TOGETHER_MIN || this.survival === 0) return 0;
    const taken = small.run({
      gathering: this.#gathering,
      matrix: this.#matrix,
      matrixTangents: this.#matrixTangents,
      value: this.#value.hi,
      tangents: this.#tangents.map(({ hi }) => hi),
      columns,
      scale: this.#scale,
      steps,
      to,
      from,
    });
    if (taken === undefined) return 0;
    this.#steps += taken;
    this.#measure();
    return taken;
  }

  /** What the present step is worth, at a place. */
  write(columns: readonly SparseColumn[], to: Written, at: number): void {
    to.survival[at] = this.survival;
    const { hi } = this.#value;
    for (let c = 0; c < columns.length; c++) {
      const { ones, value, tangents } = columns[c];
      const out = to.columns[c];
      out[0][at] = ones ? this.survival : this.#scale * dot(hi, value);
      for (let d = 0; d < tangents.length; d++)
        out[1 + d][at] = this.#scale * (dot(this.#tangents[d].hi, value) + dot(hi, tangents[d]));
    }
  }

  /** From a_k to a_{k+1}. */
  step(): void {
    const { starts, sources } = this.#gathering;
    const matrix = this.#matrix;
    const value = this.#value;
    this.#steps++;
    const fine = this.#refined && this.#steps >= TANGENTS_REFINED_FROM;
    for (let d = 0; d < this.#tangents.length; d++) {
      const tangent = this.#tangents[d];
      const change = this.#matrixTangents[d];
      if (fine) {
        gatherFine(tangent, tangent, false, starts, sources, matrix);
        gatherFine(value, tangent, true, starts, sources, change);
      } else gatherTwo(tangent.hi, matrix, value.hi, change, tangent.nextHi, starts, sources);
      turn(tangent);
    }
    if (this.#refined) gatherFine(value, value, false, starts, sources, matrix);
    else gather(value.hi, value.nextHi, starts, sources, matrix.moves, matrix.stays, matrix.stayRests);
    turn(value);
    this.#measure();
  }

  #measure(): void {
    const { hi } = this.#value;
    let sum = 0;
    let most = 0;
    for (let i = 0; i < hi.length; i++) {
      sum += hi[i];
      if (hi[i] > most) most = hi[i];
    }
    this.survival = sum * this.#scale;
    this.ended =
      this.#scale === 0 || (most === 0 && this.#tangents.every((tangent) => tangent.hi.every((x) => x === 0)));
    if (sum > 0 && sum < RESCALE_BELOW) {
      for (const { hi: x, lo: rest } of [this.#value, ...this.#tangents])
        for (let i = 0; i < x.length; i++) {
          x[i] /= RESCALE_BELOW;
          rest[i] /= RESCALE_BELOW;
        }
      this.#scale *= RESCALE_BELOW;
    }
  }
}

function gatheringOf({ system }: StepTable): Gathering {
  const { size, rowStart, targets } = system;
  const starts = new Int32Array(size + 1);
  for (let e = 0; e < targets.length; e++) starts[targets[e] + 1]++;
  for (let i = 0; i < size; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const sources = new Int32Array(targets.length);
  const edges = new Int32Array(targets.length);
  for (let i = 0; i < size; i++)
    for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
      const place = next[targets[e]]++;
      sources[place] = i;
      edges[place] = e;
    }
  return { starts, sources, edges };
}

function gathered({ edges }: Gathering, matrix: StepMatrix): Gathered {
  const moves = new Float64Array(edges.length);
  const moveRests = new Float64Array(edges.length);
  for (let place = 0; place < edges.length; place++) {
    moves[place] = matrix.moves[edges[place]];
    moveRests[place] = matrix.moveRests[edges[place]];
  }
  const { stays, stayRests, fineStayRests } = matrix;
  return { moves, moveRests, stays, stayRests, fineStayRests };
}

const pairOf = (x: Float64Array): Pair => ({
  hi: x.slice(),
  lo: new Float64Array(x.length),
  nextHi: new Float64Array(x.length),
  nextLo: new Float64Array(x.length),
});

/** The next vector becomes the one held. */
function turn(pair: Pair): void {
  const { hi, lo } = pair;
  pair.hi = pair.nextHi;
  pair.lo = pair.nextLo;
  pair.nextHi = hi;
  pair.nextLo = lo;
}

function dot(x: Float64Array, { places, values }: Sparse): number {
  let sum = 0;
  for (let i = 0; i < places.length; i++) sum += x[places[i]] * values[i];
  return sum;
}

/** What falls out of the normal range is 0: arithmetic on it would be slow. */
const flushed = (x: number): number => (x < SMALLEST_NORMAL && x > -SMALLEST_NORMAL ? 0 : x);

function gather(
  from: Float64Array,
  to: Float64Array,
  starts: Int32Array,
  sources: Int32Array,
  moves: Float64Array,
  stays: Float64Array,
  stayRests: Float64Array,
): void {
  for (let j = 0; j < to.length; j++) {
    let sum = from[j] * stays[j] + from[j] * stayRests[j];
    const end = starts[j + 1];
    for (let e = starts[j]; e < end; e++) sum += from[sources[e]] * moves[e];
    to[j] = flushed(sum);
  }
}

/** ȧ P + a Ṗ. */
function gatherTwo(
  tangent: Float64Array,
  matrix: Gathered,
  value: Float64Array,
  change: Gathered,
  to: Float64Array,
  starts: Int32Array,
  sources: Int32Array,
): void {
  const { moves, stays, stayRests } = matrix;
  const { moves: moveChanges, stays: stayChanges, stayRests: stayRestChanges } = change;
  for (let j = 0; j < to.length; j++) {
    let sum = tangent[j] * stays[j] + tangent[j] * stayRests[j];
    sum += value[j] * stayChanges[j] + value[j] * stayRestChanges[j];
    const end = starts[j + 1];
    for (let e = starts[j]; e < end; e++) sum += tangent[sources[e]] * moves[e] + value[sources[e]] * moveChanges[e];
    to[j] = flushed(sum);
  }
}

/** The next of `to` becomes, or is added, from M in pairs of doubles, to about 2^-104. */
function gatherFine(
  { hi: fromHi, lo: fromLo }: Pair,
  { nextHi, nextLo }: Pair,
  added: boolean,
  starts: Int32Array,
  sources: Int32Array,
  { moves, moveRests, stays, fineStayRests }: Gathered,
): void {
  for (let j = 0; j < nextHi.length; j++) {
    let sum = added ? nextHi[j] : 0;
    let low = added ? nextLo[j] : 0;
    const end = starts[j + 1];
    for (let e = starts[j] - 1; e < end; e++) {
      // the diagonal goes first, as if it were an edge
      const diagonal = e < starts[j];
      const i = diagonal ? j : sources[e];
      const m = diagonal ? stays[j] : moves[e];
      const hi = fromHi[i];
      const scaled = SPLITTER * hi;
      const upper = scaled - (scaled - hi);
      const lower = hi - upper;
      const mScaled = SPLITTER * m;
      const mUpper = mScaled - (mScaled - m);
      const mLower = m - mUpper;
      const product = hi * m;
      const error = lower * mLower - (product - upper * mUpper - lower * mUpper - upper * mLower);
      const before = sum;
      sum = before + product;
      const rest = sum - before;
      low += before - (sum - rest) + (product - rest) + (error + fromLo[i] * m);
      low += hi * (diagonal ? fineStayRests[j] : moveRests[e]);
    }
    const high = flushed(sum + low);
    nextHi[j] = high;
    nextLo[j] = high === 0 ? 0 : low - (high - sum);
  }
}
