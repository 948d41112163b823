/**
 * The inner loops of sweeps as WebAssembly: products of rows with a vector, gathered, two neighbouring rows at a time, each in
 * its half of a register. Both run through as many entries as the longer one has, those that it lacks having weight 0, and
 * every row is summed by itself in the order in which its entries stand: what else a call covers makes no difference to any
 * number.
 *
 * | function | does                                                                                       |
 * |----------|--------------------------------------------------------------------------------------------|
 * | gather   | y_i = P_ii x_i + Σ P_ij x_j                                                                |
 * | add      | y_i += the same                                                                            |
 * | fine     | gather in pairs of doubles, the diagonal among the entries, and settles the pairs          |
 * | fineAdd  | the same, added                                                                            |
 * | back     | gather, and p_ij += a_i (x_j − o x_i), e_i −= a_i o x_i, with o = 1 or 0 from memory       |
 * | outer    | only those two                                                                             |
 * | sum, dot | of one vector, or of two, into memory                                                      |
 * | scaled   | y += f x, f from memory                                                                    |
 *
 * `rows` counts pairs of rows, `entries` is where their lengths stand; the rest are addresses. What falls out of the normal range
 * is 0, as arithmetic on it would be a hundred times slower.
 */
import { SPLITTER } from "../../../base/two-double.js";
import {
  advance,
  at,
  type Code,
  FunctionWriter,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleParts,
  ModuleWriter,
  times,
  when,
} from "../assembler.js";

type Gather = (
  rows: number,
  entries: number,
  indices: number,
  weights: number,
  stays: number,
  x: number,
  own: number,
  y: number,
) => void;
type Fine = (
  rows: number,
  entries: number,
  indices: number,
  weights: number,
  rests: number,
  x: number,
  xRest: number,
  y: number,
  yRest: number,
) => void;

export interface SweepKernels {
  readonly gather: Gather;
  readonly add: Gather;
  readonly fine: Fine;
  readonly fineAdd: Fine;
  readonly back: (
    rows: number,
    entries: number,
    indices: number,
    weights: number,
    stays: number,
    x: number,
    own: number,
    y: number,
    a: number,
    adjoint: number,
    exits: number,
    factor: number,
  ) => void;
  readonly outer: (
    rows: number,
    entries: number,
    indices: number,
    x: number,
    own: number,
    a: number,
    adjoint: number,
    exits: number,
    factor: number,
  ) => void;
  readonly sum: (pairs: number, x: number, to: number) => void;
  readonly dot: (pairs: number, x: number, y: number, to: number) => void;
  readonly scaled: (pairs: number, x: number, y: number, factor: number) => void;
}

const SMALLEST_NORMAL = 2 ** -1022;

/** The module; it is the same for all models. */
export function sweepModule(): ModuleParts {
  const module = new ModuleWriter();
  module.add(gather(false), "gather");
  module.add(gather(true), "add");
  module.add(fine(false), "fine");
  module.add(fine(true), "fineAdd");
  module.add(back(true), "back");
  module.add(back(false), "outer");
  module.add(dot(false), "sum");
  module.add(dot(true), "dot");
  module.add(scaled(), "scaled");
  return module.finish();
}

/** Of each row, the entry of the vector at `base` whose offset stands at `indices`. */
const pick = (base: Local, indices: Local): Code =>
  f64x2.loadHigh(
    at(i32.add(base.get, i32.load(at(indices.get, 4)))),
    f64x2.loadLow(at(i32.add(base.get, i32.load(at(indices.get))))),
  );

/** The value, or 0 where `size` is too small. */
const flushed = (value: Local, size = value): Code =>
  f64x2.andNot(value.get, f64x2.less(f64x2.abs(size.get), f64x2.const(SMALLEST_NORMAL)));

/** P_ii x_i, as two doubles each. */
const diagonalOf = (own: Local, stays: Local): Code =>
  f64x2.add(
    f64x2.mul(f64x2.load(at(own.get)), f64x2.load(at(stays.get))),
    f64x2.mul(f64x2.load(at(own.get)), f64x2.load(at(stays.get, 16))),
  );

function gather(adds: boolean): FunctionWriter {
  const writer = new FunctionWriter(8);
  const [rows, entries, indices, weights, stays, x, own, y] = writer.parameters;
  const [sum, count] = [writer.local("v128"), writer.local("i32")];
  const diagonal = diagonalOf(own, stays);
  writer.emit(
    times(rows, [
      sum.set(adds ? f64x2.add(f64x2.load(at(y.get)), diagonal) : diagonal),
      count.set(i32.load(at(entries.get))),
      times(count, [
        sum.set(f64x2.add(sum.get, f64x2.mul(pick(x, indices), f64x2.load(at(weights.get))))),
        advance(indices, 8),
        advance(weights, 16),
      ]),
      f64x2.store(at(y.get), flushed(sum)),
      advance(entries, 4),
      advance(stays, 32),
      advance(own, 16),
      advance(y, 16),
    ]),
  );
  return writer;
}

/** What the rounding of a product took (Dekker); with the locals that it needs. */
function productError(a: Local, b: Local, product: Local, local: () => Local): Code {
  const [aHigh, bHigh, aLow, bLow] = [local(), local(), local(), local()];
  const split = (of: Local, high: Local, low: Local): Code => [
    high.set(f64x2.mul(of.get, f64x2.const(SPLITTER))),
    high.set(f64x2.sub(high.get, f64x2.sub(high.get, of.get))),
    low.set(f64x2.sub(of.get, high.get)),
  ];
  const off = f64x2.sub(product.get, f64x2.mul(aHigh.get, bHigh.get));
  const less = f64x2.sub(f64x2.sub(off, f64x2.mul(aLow.get, bHigh.get)), f64x2.mul(aHigh.get, bLow.get));
  return [split(a, aHigh, aLow), split(b, bHigh, bLow), f64x2.sub(f64x2.mul(aLow.get, bLow.get), less)];
}

function fine(adds: boolean): FunctionWriter {
  const writer = new FunctionWriter(9);
  const [rows, entries, indices, weights, rests, x, xRest, y, yRest] = writer.parameters;
  const v = (): Local => writer.local("v128");
  const [hi, lo, a, b, product, error, sum, part] = [v(), v(), v(), v(), v(), v(), v(), v()];
  const count = writer.local("i32");
  /** error += what the sum of left and right, already in `sum`, lost. */
  const lost = (left: Local, right: Local): Code => [
    part.set(f64x2.sub(sum.get, left.get)),
    f64x2.add(f64x2.sub(left.get, f64x2.sub(sum.get, part.get)), f64x2.sub(right.get, part.get)),
  ];
  const more = (term: Code): Code => error.set(f64x2.add(error.get, term));
  writer.emit(
    times(rows, [
      hi.set(adds ? f64x2.load(at(y.get)) : f64x2.const(0)),
      lo.set(adds ? f64x2.load(at(yRest.get)) : f64x2.const(0)),
      count.set(i32.load(at(entries.get))),
      times(count, [
        a.set(pick(x, indices)),
        b.set(f64x2.load(at(weights.get))),
        product.set(f64x2.mul(a.get, b.get)),
        error.set(productError(a, b, product, v)),
        more(f64x2.mul(pick(xRest, indices), b.get)),
        more(f64x2.mul(a.get, f64x2.load(at(rests.get)))),
        sum.set(f64x2.add(hi.get, product.get)),
        more(lost(hi, product)),
        lo.set(f64x2.add(lo.get, error.get)),
        hi.set(sum.get),
        advance(indices, 8),
        advance(weights, 16),
        advance(rests, 16),
      ]),
      sum.set(f64x2.add(hi.get, lo.get)),
      lo.set(f64x2.sub(lo.get, f64x2.sub(sum.get, hi.get))),
      f64x2.store(at(y.get), flushed(sum)),
      f64x2.store(at(yRest.get), flushed(lo, sum)),
      advance(entries, 4),
      advance(y, 16),
      advance(yRest, 16),
    ]),
  );
  return writer;
}

function back(steps: boolean): FunctionWriter {
  const writer = new FunctionWriter(steps ? 12 : 9);
  const parameters = [...writer.parameters];
  const [rows, entries, indices] = parameters.splice(0, 3);
  const step = steps ? { weights: parameters[0], stays: parameters[1], y: parameters[4] } : undefined;
  const [x, own] = steps ? parameters.slice(2, 4) : parameters.slice(0, 2);
  const [a, adjoint, exits, factor] = parameters.slice(-4);
  const v = (): Local => writer.local("v128");
  const [sum, mass, centre, picked, one, count] = [v(), v(), v(), v(), v(), writer.local("i32")];
  /** The entries of two rows, with the outer product or without. */
  const through = (outer: boolean): Code =>
    times(count, [
      picked.set(pick(x, indices)),
      step ? sum.set(f64x2.add(sum.get, f64x2.mul(picked.get, f64x2.load(at(step.weights.get))))) : [],
      outer
        ? f64x2.store(
            at(adjoint.get),
            f64x2.add(f64x2.load(at(adjoint.get)), f64x2.mul(mass.get, f64x2.sub(picked.get, centre.get))),
          )
        : [],
      advance(indices, 8),
      step ? advance(step.weights, 16) : [],
      advance(adjoint, 16),
    ]);
  const past = (bytes: number): Code => i32.mul(count.get, i32.const(bytes));
  writer.emit(
    one.set(f64x2.loadSplat(at(factor.get))),
    times(rows, [
      mass.set(f64x2.load(at(a.get))),
      centre.set(f64x2.mul(one.get, f64x2.load(at(own.get)))),
      step ? sum.set(diagonalOf(own, step.stays)) : [],
      count.set(i32.load(at(entries.get))),
      when(f64x2.any(f64x2.differs(mass.get, f64x2.const(0))), [
        f64x2.store(at(exits.get), f64x2.sub(f64x2.load(at(exits.get)), f64x2.mul(mass.get, centre.get))),
        through(true),
      ]),
      // rows without mass; of those with mass nothing is left
      step ? through(false) : [advance(indices, past(8)), advance(adjoint, past(16))],
      step ? [f64x2.store(at(step.y.get), flushed(sum)), advance(step.stays, 32), advance(step.y, 16)] : [],
      advance(entries, 4),
      advance(own, 16),
      advance(a, 16),
      advance(exits, 16),
    ]),
  );
  return writer;
}

/** Four sums side by side, added in one order. */
function dot(two: boolean): FunctionWriter {
  const writer = new FunctionWriter(two ? 4 : 3);
  const [pairs, x] = writer.parameters;
  const y = two ? writer.parameters[2] : undefined;
  const to = writer.parameters[two ? 3 : 2];
  const [sum, other, swap] = [writer.local("v128"), writer.local("v128"), writer.local("v128")];
  const term = y ? f64x2.mul(f64x2.load(at(x.get)), f64x2.load(at(y.get))) : f64x2.load(at(x.get));
  writer.emit(
    sum.set(f64x2.const(0)),
    other.set(f64x2.const(0)),
    times(pairs, [
      // the sums take turns
      swap.set(f64x2.add(sum.get, term)),
      sum.set(other.get),
      other.set(swap.get),
      advance(x, 16),
      y ? advance(y, 16) : [],
    ]),
    swap.set(f64x2.add(sum.get, other.get)),
    f64.store(at(to.get), f64.add(f64x2.low(swap.get), f64x2.high(swap.get))),
  );
  return writer;
}

function scaled(): FunctionWriter {
  const writer = new FunctionWriter(4);
  const [pairs, x, y, factor] = writer.parameters;
  const by = writer.local("v128");
  writer.emit(
    by.set(f64x2.loadSplat(at(factor.get))),
    times(pairs, [
      f64x2.store(at(y.get), f64x2.add(f64x2.load(at(y.get)), f64x2.mul(by.get, f64x2.load(at(x.get))))),
      advance(x, 16),
      advance(y, 16),
    ]),
  );
  return writer;
}
