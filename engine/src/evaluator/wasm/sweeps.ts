/**
 * Elimination and solves. One sweep over the components, sinks first, eliminates a system and solves it for as many right
 * hand sides as follow from each other at the same position: x = U r, then y = U (r ∘ x), and so on. Rows that are a
 * component by themselves, most rows of most models, need one pass over their edges for all of that together.
 *
 *     eliminate   f_pv = w_pv / d_v,  w_pj += f_pv w_vj,  exit_p += f_pv exit_v;   d_p = Σ_{j later} w_pj + exit_p
 *     solve       b_p += Σ_{leaves} w_pq x_q + Σ_v f_pv b_v,   then  x_p = (b_p + Σ_{j later} w_pj x_j) / d_p
 *
 * The transposed sweep starts at the other end, and gathers what enters a component. What the lanes of a row are worth is
 * written to a mask: a lane stays on while its pivots are in the range where double precision keeps its digits and no
 * product has left it. Lanes that fall out are for the reference backend to judge.
 */
import { SMALLEST } from "../reference/factor.js";
import { advance, type Code, i32, type Local, times, when, whilst } from "./assembler.js";
import { at, Kernel, type Row, type SystemPlace, type Tables, type VectorSource } from "./kernel.js";
import { DOUBLE, type NumberFormat, type Register } from "./lane-numbers.js";
import { ROW_INTEGERS } from "./streams.js";

export interface Solve {
  readonly source: VectorSource;
  /** Offset of the vector that is written. */
  readonly to: number;
}

export interface SweepPlan {
  readonly format: NumberFormat;
  readonly tables: Tables;
  readonly system: SystemPlace;
  /** Eliminate first; else the factors are in memory. */
  readonly eliminate: boolean;
  readonly solves: readonly Solve[];
  /** Offset of the work row, of as many slots as the largest component has rows. */
  readonly work: number;
  readonly mask: number;
}

/** Locals that both sweeps use. */
class Sweep extends Kernel {
  readonly plan: SweepPlan;
  readonly at = this.integer();
  readonly rows = this.integer();
  readonly members = this.integer();
  readonly count = this.integer();
  readonly source = this.integer();
  readonly place = this.row();
  /** Address of the six integers of the row. */
  readonly table = this.integer();
  readonly first = this.integer();
  readonly firstStatic = this.integer();
  readonly list = this.integer();
  readonly factors = this.integer();
  readonly weight = this.numbers.plain();
  readonly x = this.numbers.register();
  readonly factor = this.numbers.register();
  readonly divisor = this.numbers.register();
  readonly sums: readonly Register[];

  constructor(plan: SweepPlan) {
    super(plan.format);
    this.plan = plan;
    this.sums = plan.solves.map(() => this.numbers.register());
  }

  clearSums(): Code {
    return this.sums.map((sum) => this.numbers.constant(sum, 0));
  }

  /** The next class of the stream: its weight. */
  takeWeight(): Code {
    return [
      this.take(this.source, this.at),
      this.numbers.loadPlain(this.weight, at(this.tileAt(this.source), this.plan.system.weights)),
    ];
  }

  /** Adds the tile's address to an offset in place. */
  tileAt(offset: Local): Local {
    return { ...offset, get: i32.add(offset.get, this.tile.get) };
  }

  /** [position, class]…: what flows along edges that leave a component, or enter it, into every sum. */
  gather(each: Code): Code {
    const { numbers, plan, count, at: stream, x } = this;
    const target = this.integer();
    return [
      this.take(count, stream),
      times(count, [
        this.take(target, stream),
        target.set(i32.add(target.get, this.tile.get)),
        this.takeWeight(),
        each,
        plan.solves.map(({ to }, i) => [
          numbers.load(x, at(target, to)),
          numbers.addProduct(this.sums[i], this.weight, x),
        ]),
      ]),
    ];
  }

  /** sum += the right-hand side at this row. */
  addSource(sum: Register, source: VectorSource, row: Row): Code {
    if (source.kind === "constant" && source.value === 0) return [];
    const { code, register, done } = this.value(source, row);
    done();
    return [code, this.numbers.add(sum, register)];
  }

  /** Over the rows of a component from the first, or from the last. */
  overMembers(body: Code, descending = false): Code {
    const { rows, members, place, table } = this;
    const move = (by: number): Code => [this.next(place, by), advance(table, by * 4 * ROW_INTEGERS)];
    return [rows.set(members.get), times(rows, descending ? [move(-1), body] : [body, move(1)])];
  }

  /** The list of earlier rows, or of later ones, of the row; the body is at one entry, whose factor is loaded. */
  overFactors(earlier: boolean, body: (local: Local) => Code): Code {
    const { numbers, list, factors, count, table, plan, factor } = this;
    const local = this.integer();
    const [lists, lengths, offsets] = earlier ? [0, 4, 16] : [8, 12, 20];
    return [
      list.set(i32.load(at(table, lists))),
      count.set(i32.load(at(table, lengths))),
      factors.set(i32.add(this.tile.get, i32.load(at(table, offsets)))),
      times(count, [
        earlier ? advance(list, 4) : [],
        this.take(local, list),
        numbers.load(factor, at(factors, earlier ? plan.system.lower : plan.system.upper)),
        advance(factors, this.slot),
        body(local),
      ]),
    ];
  }
}

/** Eliminates, solves, or both. */
export function forwardSweep(plan: SweepPlan): Kernel {
  const k = new Sweep(plan);
  const { numbers, place, table, first, firstStatic, members, rows, count, at: stream } = k;
  const { system, solves, eliminate, tables } = plan;
  const mask = numbers.plain();
  const pivot = numbers.register();

  const leaving: Code = eliminate
    ? [k.take(count, stream), times(count, [k.takeWeight(), numbers.add(pivot, k.weight)])]
    : [k.take(count, stream), stream.set(i32.add(stream.get, i32.mul(count.get, i32.const(4))))];
  const leak: Code =
    eliminate && system.leaks !== undefined
      ? [numbers.load(k.x, at(place.slot, system.leaks)), numbers.add(pivot, k.x)]
      : [];
  const outward: Code = [
    eliminate ? numbers.constant(pivot, 0) : [],
    k.clearSums(),
    k.gather(eliminate ? numbers.add(pivot, k.weight) : []),
    leaving,
    leak,
  ];
  const keepPivot: Code = [
    numbers.keepAtLeast(mask, pivot, SMALLEST),
    numbers.keepLess(mask, pivot, Infinity),
    numbers.copy(k.divisor, pivot),
    numbers.store(at(place.slot, system.pivot), pivot),
  ];

  const alone: Code = [
    outward,
    eliminate ? keepPivot : numbers.load(k.divisor, at(place.slot, system.pivot)),
    solves.map(({ source, to }, i) => {
      const sum = k.sums[i];
      const code = [
        k.addSource(sum, source, place),
        numbers.quotient(sum, sum, k.divisor),
        numbers.store(at(place.slot, to), sum),
      ];
      k.know(to, sum);
      return code;
    }),
  ];
  k.forget();

  const scatter: Code = eliminate ? eliminateRow(k, pivot, mask) : [];
  const inside = k.integer();
  const intoWork: Code = eliminate
    ? [
        k.take(count, stream),
        times(count, [
          k.take(inside, stream),
          inside.set(i32.add(inside.get, k.tile.get)),
          k.takeWeight(),
          numbers.load(k.x, at(inside, plan.work)),
          numbers.add(k.x, k.weight),
          numbers.store(at(inside, plan.work), k.x),
        ]),
      ]
    : [k.take(count, stream), stream.set(i32.add(stream.get, i32.mul(count.get, i32.const(8))))];

  const many: Code = [
    first.set(place.slot.get),
    firstStatic.set(place.static.get),
    k.overMembers([
      outward,
      intoWork,
      solves.map(({ to }, i) => numbers.store(at(place.slot, to), k.sums[i])),
      scatter,
      eliminate ? [keepPivot] : [],
    ]),
    solves.map((solve) => [back(k), solveInside(k, solve), pastMembers(k, 1)]),
  ];

  k.writer.emit(
    k.start(place),
    stream.set(i32.const(tables.forward)),
    table.set(i32.const(tables.rows)),
    numbers.loadPlain(mask, at(k.tile, plan.mask)),
    whilst(nextRun(k), [
      table.set(i32.add(table.get, i32.mul(rows.get, i32.const(4 * ROW_INTEGERS)))),
      times(rows, [alone, k.next(place)]),
      when(members.get, many),
    ]),
    numbers.storeRounded(at(k.tile, plan.mask), mask),
  );
  return k;
}

/** Reads the header of the next run; leaves on the stack whether there is one. */
function nextRun(k: Sweep): Code {
  return [k.take(k.rows, k.at), k.take(k.members, k.at), i32.add(k.rows.get, k.members.get)];
}

/** To the first row of the component again. */
const back = (k: Sweep): Code => [
  k.table.set(i32.sub(k.table.get, i32.mul(k.members.get, i32.const(4 * ROW_INTEGERS)))),
  k.place.slot.set(k.first.get),
  k.place.static.set(k.firstStatic.get),
];

/** From the first row of the component past its last, or the other way. */
const pastMembers = (k: Sweep, sign: 1 | -1): Code => [
  advance(k.table, i32.mul(k.members.get, i32.const(sign * 4 * ROW_INTEGERS))),
  advance(k.place.slot, i32.mul(k.members.get, i32.const(sign * k.slot))),
  advance(k.place.static, i32.mul(k.members.get, i32.const(sign * DOUBLE))),
];

/** Finishes the row in the work row against the earlier rows of its component; the pivot is in `pivot` in the end. */
function eliminateRow(k: Sweep, pivot: Register, mask: Register): Code {
  const { numbers, plan, list, factors, count, table, place, first, x, factor, divisor } = k;
  const { system, work } = plan;
  const [earlier, local, source, inner, innerList, innerFactors] = Array.from({ length: 6 }, () => k.integer());
  const [least, present, entry] = [numbers.plain(), numbers.plain(), numbers.register()];
  const zero = (address: Local): Code => numbers.storeConstant(at(address, work), 0);
  return [
    list.set(i32.load(at(table, 0))),
    count.set(i32.load(at(table, 4))),
    factors.set(i32.add(k.tile.get, i32.load(at(table, 16)))),
    times(count, [
      k.take(earlier, list),
      k.take(local, list),
      source.set(i32.add(first.get, local.get)),
      local.set(i32.add(k.tile.get, local.get)),
      numbers.load(factor, at(local, work)),
      zero(local),
      numbers.copy(present, factor),
      numbers.load(divisor, at(source, system.pivot)),
      numbers.quotient(factor, factor, divisor),
      numbers.loadPlain(least, at(source, system.least)),
      numbers.dropSmall(mask, numbers.highProducts(factor, least), present, SMALLEST),
      numbers.store(at(factors, system.lower), factor),
      advance(factors, k.slot),
      numbers.load(x, at(source, system.exit)),
      numbers.addProduct(pivot, factor, x),
      inner.set(i32.load(at(earlier, 12))),
      innerList.set(i32.load(at(earlier, 8))),
      innerFactors.set(i32.add(k.tile.get, i32.load(at(earlier, 20)))),
      times(inner, [
        k.take(local, innerList),
        local.set(i32.add(k.tile.get, local.get)),
        numbers.load(x, at(innerFactors, system.upper)),
        advance(innerFactors, k.slot),
        numbers.load(entry, at(local, work)),
        numbers.addProduct(entry, factor, x),
        numbers.store(at(local, work), entry),
      ]),
    ]),
    // what returns to the row itself is dropped
    local.set(i32.add(k.tile.get, i32.sub(place.slot.get, first.get))),
    zero(local),
    numbers.store(at(place.slot, system.exit), pivot),
    numbers.constant(least, Infinity),
    numbers.leastOfPresent(least, pivot),
    innerList.set(i32.load(at(table, 8))),
    inner.set(i32.load(at(table, 12))),
    innerFactors.set(i32.add(k.tile.get, i32.load(at(table, 20)))),
    times(inner, [
      k.take(local, innerList),
      local.set(i32.add(k.tile.get, local.get)),
      numbers.load(x, at(local, work)),
      zero(local),
      numbers.store(at(innerFactors, system.upper), x),
      advance(innerFactors, k.slot),
      numbers.add(pivot, x),
      numbers.leastOfPresent(least, x),
    ]),
    numbers.storeRounded(at(place.slot, system.least), least),
  ];
}

/** One solve inside a component whose sums over leaving edges are in the vector already. */
function solveInside(k: Sweep, { source, to }: Solve): Code {
  const { numbers, place, first, x, factor, plan } = k;
  const sum = k.sums[0];
  const add = (local: Local): Code => [
    numbers.load(x, at({ ...local, get: i32.add(first.get, local.get) }, to)),
    numbers.addProduct(sum, factor, x),
  ];
  return [
    k.overMembers([
      numbers.load(sum, at(place.slot, to)),
      k.addSource(sum, source, place),
      k.overFactors(true, add),
      numbers.store(at(place.slot, to), sum),
    ]),
    k.overMembers(
      [
        numbers.load(sum, at(place.slot, to)),
        k.overFactors(false, add),
        numbers.load(k.divisor, at(place.slot, plan.system.pivot)),
        numbers.quotient(sum, sum, k.divisor),
        numbers.store(at(place.slot, to), sum),
      ],
      true,
    ),
  ];
}

/** Transposed solves: the factors are in memory. */
export function backwardSweep(plan: SweepPlan): Kernel {
  const k = new Sweep(plan);
  const { numbers, place, table, first, firstStatic, members, rows, x, factor } = k;
  const { system, solves, tables } = plan;
  const sum = k.sums[0];

  const alone: Code = [
    k.next(place, -1),
    k.clearSums(),
    k.gather([]),
    numbers.load(k.divisor, at(place.slot, system.pivot)),
    solves.map(({ source, to }, i) => {
      const code = [
        k.addSource(k.sums[i], source, place),
        numbers.quotient(k.sums[i], k.sums[i], k.divisor),
        numbers.store(at(place.slot, to), k.sums[i]),
      ];
      k.know(to, k.sums[i]);
      return code;
    }),
  ];
  k.forget();

  const spread = (to: number, local: Local): Code => {
    const target: Local = { ...local, get: i32.add(first.get, local.get) };
    return [numbers.load(x, at(target, to)), numbers.addProduct(x, factor, sum), numbers.store(at(target, to), x)];
  };
  const inside = ({ source, to }: Solve): Code => [
    k.overMembers([
      numbers.load(sum, at(place.slot, to)),
      k.addSource(sum, source, place),
      numbers.store(at(place.slot, to), sum),
    ]),
    back(k),
    k.overMembers([
      numbers.load(sum, at(place.slot, to)),
      numbers.load(k.divisor, at(place.slot, system.pivot)),
      numbers.quotient(sum, sum, k.divisor),
      numbers.store(at(place.slot, to), sum),
      k.overFactors(false, (local) => spread(to, local)),
    ]),
    k.overMembers([numbers.load(sum, at(place.slot, to)), k.overFactors(true, (local) => spread(to, local))], true),
  ];
  const many: Code = [
    pastMembers(k, -1),
    first.set(place.slot.get),
    firstStatic.set(place.static.get),
    k.overMembers([
      k.clearSums(),
      k.gather([]),
      solves.map(({ to }, i) => numbers.store(at(place.slot, to), k.sums[i])),
    ]),
    back(k),
    solves.map(inside),
  ];

  k.writer.emit(
    k.start(place, tables.positions),
    k.at.set(i32.const(tables.backward)),
    table.set(i32.const(tables.rows + 4 * ROW_INTEGERS * tables.positions)),
    whilst(nextRun(k), [
      table.set(i32.sub(table.get, i32.mul(rows.get, i32.const(4 * ROW_INTEGERS)))),
      times(rows, alone),
      when(members.get, many),
    ]),
  );
  return k;
}
