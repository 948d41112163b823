/**
 * Many steps of a small sweep as WebAssembly: the value and one derivative side by side in a register, every position gathering what moves
 * into it, with the sums of `reference/time/small-sweep.ts` in the same order. What falls out of the normal range is 0.
 *
 * Everything lies where the descriptor says, as addresses (32 bits):
 *
 * | word | what                                                                                                    |
 * |------|---------------------------------------------------------------------------------------------------------|
 * | 0    | steps to take; then how many were taken: fewer where the sum of the value fell below `smallest`         |
 * | 1    | positions                                                                                               |
 * | 2, 3 | the vectors now, and room for the next; which is which after a step has turned                           |
 * | 4    | of every position: stay, its rest, and a pair 0, derivative of each                                      |
 * | 5    | of every position, how many edges end there                                                              |
 * | 6    | of every edge, the offset of its source                                                                  |
 * | 7    | of every edge: its weight, and a pair 0, derivative                                                      |
 * | 8    | where sums of the vectors go, a pair a step                                                              |
 * | 9    | columns; 10: their records, each: places, where they go, then offset and number; the same of derivatives |
 */
import { advance, at, type Code, FunctionWriter, f64, f64x2, i32, type Local, times, when } from "../assembler.js";

export interface SmallKernels {
  readonly sweep: (descriptor: number) => void;
}

/** Words of the descriptor. */
export const WORDS = 11;
/** Doubles of a position and of an edge, and words of a column's record. */
export const POSITION = 6;
export const EDGE = 3;
export const COLUMN_WORDS = 5;
/** Doubles of a column's entry: an offset as an integer, and a number. */
export const ENTRY = 2;
const SMALLEST_NORMAL = 2 ** -1022;
const RESCALE_BELOW = 2 ** -256;

export function sweepWriter(): FunctionWriter {
  const writer = new FunctionWriter(1);
  const [descriptor] = writer.parameters;
  const int = (): Local => writer.local("i32");
  const v = (): Local => writer.local("v128");
  const [steps, size, now, next, sums, columns, taken] = [int(), int(), int(), int(), int(), int(), int()];
  const [rows, position, counts, offsets, edges, from, to, count, source, swap] = Array.from({ length: 10 }, int);
  const [record, left, entry, number] = [int(), int(), int(), int()];
  const [sum, total, mine, value, other] = [v(), v(), v(), v(), v()];
  const word = (index: number): Code => i32.load(at(descriptor.get, 4 * index));

  /** X s + X r + (0, v ds) + (0, v dr), two sums of two. */
  const diagonal: Code = [
    mine.set(f64x2.load(at(from.get))),
    value.set(f64x2.loadSplat(at(from.get))),
    sum.set(
      f64x2.add(
        f64x2.mul(mine.get, f64x2.loadSplat(at(position.get))),
        f64x2.mul(mine.get, f64x2.loadSplat(at(position.get, 8))),
      ),
    ),
    sum.set(
      f64x2.add(
        sum.get,
        f64x2.add(
          f64x2.mul(value.get, f64x2.load(at(position.get, 16))),
          f64x2.mul(value.get, f64x2.load(at(position.get, 32))),
        ),
      ),
    ),
  ];
  const edge: Code = [
    source.set(i32.add(now.get, i32.load(at(offsets.get)))),
    sum.set(
      f64x2.add(
        sum.get,
        f64x2.add(
          f64x2.mul(f64x2.load(at(source.get)), f64x2.loadSplat(at(edges.get))),
          f64x2.mul(f64x2.loadSplat(at(source.get)), f64x2.load(at(edges.get, 8))),
        ),
      ),
    ),
    advance(offsets, 4),
    advance(edges, 8 * EDGE),
  ];
  const row: Code = [
    diagonal,
    count.set(i32.load(at(counts.get))),
    times(count, edge),
    sum.set(f64x2.andNot(sum.get, f64x2.less(f64x2.abs(sum.get), f64x2.const(SMALLEST_NORMAL)))),
    f64x2.store(at(to.get), sum.get),
    total.set(f64x2.add(total.get, sum.get)),
    advance(from, 16),
    advance(to, 16),
    advance(position, 8 * POSITION),
    advance(counts, 4),
  ];
  /** Σ X[place] number, over the entries of a list. */
  const dot = (length: Code, into: Local): Code => [
    into.set(f64x2.const(0)),
    number.set(length),
    times(number, [
      into.set(
        f64x2.add(
          into.get,
          f64x2.mul(f64x2.load(at(i32.add(now.get, i32.load(at(entry.get))))), f64x2.loadSplat(at(entry.get, 8))),
        ),
      ),
      advance(entry, 8 * ENTRY),
    ]),
  ];
  const column: Code = [
    entry.set(i32.load(at(record.get, 8))),
    dot(i32.load(at(record.get)), sum),
    entry.set(i32.load(at(record.get, 12))),
    dot(i32.load(at(record.get, 4)), other),
    to.set(i32.load(at(record.get, 16))),
    f64.store(at(to.get), f64x2.low(sum.get)),
    f64.store(at(to.get, 8), f64.add(f64x2.high(sum.get), f64x2.low(other.get))),
    i32.store(at(record.get, 16), i32.add(to.get, i32.const(16))),
    advance(record, 4 * COLUMN_WORDS),
  ];
  const step: Code = [
    from.set(now.get),
    to.set(next.get),
    position.set(word(4)),
    counts.set(word(5)),
    offsets.set(word(6)),
    edges.set(word(7)),
    total.set(f64x2.const(0)),
    rows.set(size.get),
    times(rows, row),
    swap.set(now.get),
    now.set(next.get),
    next.set(swap.get),
    f64x2.store(at(sums.get), total.get),
    advance(sums, 16),
    record.set(word(10)),
    left.set(columns.get),
    times(left, column),
    advance(taken, 1),
    // not for what is not a number either
    when(
      i32.equals(f64.atLeast(f64x2.low(total.get), f64.const(RESCALE_BELOW)), i32.const(0)),
      steps.set(i32.const(1)),
    ),
  ];
  writer.emit(
    steps.set(word(0)),
    size.set(word(1)),
    now.set(word(2)),
    next.set(word(3)),
    sums.set(word(8)),
    columns.set(word(9)),
    taken.set(i32.const(0)),
    times(steps, step),
    i32.store(at(descriptor.get), taken.get),
    i32.store(at(descriptor.get, 8), now.get),
    i32.store(at(descriptor.get, 12), next.get),
  );
  return writer;
}
