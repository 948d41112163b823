/**
 * The loops of mixtures by nodes as WebAssembly, two nodes side by side, with the sums of `reference/time/node-loops.ts` in the same
 * order.
 *
 * | function | does                                                                                            |
 * |----------|-------------------------------------------------------------------------------------------------|
 * | values   | of four nodes, Σ_k weight_k q_k: `chunks` of CHUNK terms and `rest` more                        |
 * | read     | of every mean x the polynomial of its panel's record, its derivatives, and what they pull back  |
 *
 * A record is centre, half the width, the least value that is vouched for, a gap, then NODES values a column, then NODES cotangents.
 * `records` are addresses, 0 for means without a panel; `out` holds all values, then all derivatives, `columns` less one of them; `parts`
 * is room for NODES numbers; `weights` is 0 where nothing is pulled back.
 */
import { CHUNK, NODES } from "../../reference/time/panels.js";
import { advance, at, type Code, FunctionWriter, f64, f64x2, i32, type Local, times, when } from "../assembler.js";

export interface NodeKernels {
  readonly values: (chunks: number, rest: number, q: number, weights: number, out: number) => void;
  readonly read: (
    count: number,
    x: number,
    records: number,
    nodes: number,
    barycentric: number,
    out: number,
    columns: number,
    stride: number,
    weights: number,
    parts: number,
  ) => void;
}

export const RECORD = { centre: 0, halfWidth: 8, least: 16, values: 32 } as const;
const COLUMN_BYTES = 8 * NODES;
/** Terms of a chunk that are written out. */
const UNROLLED = 4;

export function valuesWriter(): FunctionWriter {
  const writer = new FunctionWriter(5);
  const [chunks, rest, q, weights, out] = writer.parameters;
  const v = (): Local => writer.local("v128");
  const [sum0, sum1, part0, part1, term] = [v(), v(), v(), v(), v()];
  const inner = writer.local("i32");
  const zero = f64x2.const(0);
  const onePast = (k: number): Code => [
    term.set(f64x2.loadSplat(at(q.get, 8 * k))),
    part0.set(f64x2.add(part0.get, f64x2.mul(f64x2.load(at(weights.get, 32 * k)), term.get))),
    part1.set(f64x2.add(part1.get, f64x2.mul(f64x2.load(at(weights.get, 32 * k + 16)), term.get))),
  ];
  const many = (count: number): Code => [
    Array.from({ length: count }, (_, k) => onePast(k)),
    advance(q, 8 * count),
    advance(weights, 32 * count),
  ];
  const begin: Code = [part0.set(zero), part1.set(zero)];
  const end: Code = [sum0.set(f64x2.add(sum0.get, part0.get)), sum1.set(f64x2.add(sum1.get, part1.get))];
  writer.emit(
    sum0.set(zero),
    sum1.set(zero),
    times(chunks, [begin, inner.set(i32.const(CHUNK / UNROLLED)), times(inner, many(UNROLLED)), end]),
    when(rest.get, [begin, times(rest, many(1)), end]),
    f64x2.store(at(out.get), sum0.get),
    f64x2.store(at(out.get, 16), sum1.get),
  );
  return writer;
}

export function readWriter(): FunctionWriter {
  const writer = new FunctionWriter(10);
  const [count, x, records, nodes, barycentric, out, columns, stride, weights, parts] = writer.parameters;
  const v = (): Local => writer.local("v128");
  const [s, part, whole, sum, other] = [v(), v(), v(), v(), v()];
  const [total, value] = [writer.local("f64"), writer.local("f64")];
  const [record, left, from, to] = Array.from({ length: 4 }, () => writer.local("i32"));
  const pairs = Array.from({ length: NODES / 2 }, (_, j) => 16 * j);
  const both = (of: Local): Code => f64.add(f64x2.low(of.get), f64x2.high(of.get));

  const interpolated: Code = [
    s.set(
      f64x2.div(
        f64x2.sub(f64x2.loadSplat(at(x.get)), f64x2.loadSplat(at(record.get, RECORD.centre))),
        f64x2.loadSplat(at(record.get, RECORD.halfWidth)),
      ),
    ),
    whole.set(f64x2.const(0)),
    sum.set(f64x2.const(0)),
    pairs.map((j) => [
      part.set(f64x2.div(f64x2.load(at(barycentric.get, j)), f64x2.sub(s.get, f64x2.load(at(nodes.get, j))))),
      f64x2.store(at(parts.get, j), part.get),
      whole.set(f64x2.add(whole.get, part.get)),
      sum.set(f64x2.add(sum.get, f64x2.mul(part.get, f64x2.load(at(record.get, RECORD.values + j))))),
    ]),
    total.set(both(whole)),
    value.set(f64.div(both(sum), total.get)),
  ];
  /** Four sums side by side, as `dot` of the definition has them. */
  const derivative: Code = [
    sum.set(f64x2.const(0)),
    other.set(f64x2.const(0)),
    pairs.map((j) => {
      const into = (j / 16) % 2 === 0 ? sum : other;
      return into.set(f64x2.add(into.get, f64x2.mul(f64x2.load(at(parts.get, j)), f64x2.load(at(from.get, j)))));
    }),
    f64.store(at(to.get), f64.div(f64.add(both(sum), both(other)), total.get)),
    advance(from, COLUMN_BYTES),
    advance(to, stride.get),
  ];
  const pulled: Code = [
    part.set(f64x2.splat(f64.div(f64.load(at(weights.get)), f64.mul(value.get, total.get)))),
    pairs.map((j) =>
      f64x2.store(
        at(from.get, j),
        f64x2.add(f64x2.load(at(from.get, j)), f64x2.mul(part.get, f64x2.load(at(parts.get, j)))),
      ),
    ),
  ];
  writer.emit(
    times(count, [
      record.set(i32.load(at(records.get))),
      when(record.get, [
        interpolated,
        when(f64.atLeast(value.get, f64.load(at(record.get, RECORD.least))), [
          f64.store(at(out.get), value.get),
          from.set(i32.add(record.get, i32.const(RECORD.values + COLUMN_BYTES))),
          to.set(i32.add(out.get, stride.get)),
          left.set(i32.sub(columns.get, i32.const(1))),
          times(left, derivative),
          // after the columns the cotangents
          when(weights.get, pulled),
        ]),
      ]),
      advance(x, 8),
      advance(records, 4),
      advance(out, 8),
      when(weights.get, advance(weights, 8)),
    ]),
  );
  return writer;
}
