/**
 * Sweeps in WebAssembly for the systems of one model: one memory, in which patterns, tables and vectors lie as long as there is
 * room. Nothing here decides anything: what is computed and when is the time code's affair.
 */
import type {
  BackSteps,
  DualVector,
  SmallSweeps,
  StepTable,
  SweepService,
  SweepVectors,
  TransientSystem,
} from "../../reference/system.js";
import { NoRoom, type Reach, Reached, reachOf } from "../../reference/time/sweep-vectors.js";
import { moduleBytes } from "../assembler.js";
import type { WasmHost } from "../host.js";
import { type WasmModule, WebAssembly } from "../webassembly.js";
import { Arena } from "./arena.js";
import { WasmBack } from "./back.js";
import { type SweepKernels, sweepModule } from "./kernels.js";
import { type Direction, PairNumbers, RowPairs } from "./pattern.js";
import { Column, type TableNumbers, WasmVectors } from "./vectors.js";

/** Patterns of a system, by direction and whether the diagonal is among the edges. */
interface Patterns {
  readonly pairs: Map<string, RowPairs>;
  reach: Reach | undefined;
}

/** Numbers of `room` that are worth keeping for the next time. */
const KEPT_MAX = 2 ** 21;
/** Edges from which on rows without those that are 0 are worth making. */
const LARGE = 100_000;
/** Pages that every memory begins with; it grows. */
const PAGES = 4;

/** The kernels, compiled: one module for all models of a host. */
export const compileSweeps = (): WasmModule => new WebAssembly.Module(moduleBytes(sweepModule(), PAGES));

interface Opened {
  readonly arena: Arena;
  readonly kernels: SweepKernels;
}

/**
 * Takes memory when something is first swept; where there is none, plain JavaScript does it all. `insist` takes it at once, asks a
 * machine that has refused once again, and throws. Undefined where the machine has no SIMD.
 */
export function openWasmSweeps(
  host: WasmHost,
  compiled: () => WasmModule,
  insist: boolean,
  small?: SmallSweeps,
): SweepService | undefined {
  if (host.missing !== undefined) return undefined;
  const open = (): Opened => {
    const memory = host.memory(PAGES, false, insist);
    const { exports } = new WebAssembly.Instance(compiled(), { env: { memory } });
    return { arena: new Arena(memory), kernels: exports as unknown as SweepKernels };
  };
  let opened = insist ? open() : undefined;
  let refused = false;
  let used = false;
  let kept = new Float64Array(0);
  const made = new WeakMap<TransientSystem, StepTable>();
  // by the arrays of a pattern, which systems of a model share
  const patterns = new WeakMap<Int32Array, Patterns>();
  const columns = new WeakMap<Float64Array, Column>();
  const tables = new WeakMap<StepTable, Map<string, readonly PairNumbers[]>>();

  const patternsOf = ({ targets }: TransientSystem): Patterns => {
    let known = patterns.get(targets);
    if (known === undefined) {
      known = { pairs: new Map(), reach: undefined };
      patterns.set(targets, known);
    }
    return known;
  };
  /** The rows of a table; those of the pattern, or shorter ones where many edges are 0 at this θ and each step would read them. */
  function pairsOf({ system, tangents }: StepTable, direction: Direction, fine: boolean): RowPairs {
    const { weights } = system;
    if (tangents.length === 0 && !fine && weights.length >= LARGE) {
      let zeros = 0;
      for (let e = 0; e < weights.length; e++) if (weights[e] === 0) zeros++;
      if (zeros > weights.length / 8) return new RowPairs(system, direction, fine, weights);
    }
    const { pairs: known } = patternsOf(system);
    const key = `${direction} ${fine}`;
    const pairs = known.get(key) ?? new RowPairs(system, direction, fine);
    known.set(key, pairs);
    return pairs;
  }
  function numbersOf(table: StepTable, direction: Direction, fine: boolean): readonly PairNumbers[] {
    const key = `${direction} ${fine}`;
    const all = tables.get(table) ?? new Map<string, readonly PairNumbers[]>();
    tables.set(table, all);
    let numbers = all.get(key);
    if (numbers === undefined) {
      const pairs = pairsOf(table, direction, fine);
      numbers = [table.value, ...table.tangents].map((matrix) => new PairNumbers(pairs, matrix, fine));
      all.set(key, numbers);
    }
    return numbers;
  }
  const columnOf = (values: Float64Array): Column => {
    let column = columns.get(values);
    if (column === undefined) {
      column = new Column(values);
      columns.set(values, column);
    }
    return column;
  };
  /** What is done here, or undefined where there is no memory. */
  function here<T>(run: (opened: Opened) => T): T | undefined {
    if (refused) return undefined;
    try {
      opened ??= open();
    } catch {
      refused = true;
      return undefined;
    }
    try {
      const result = run(opened);
      used = true;
      return result;
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      return undefined;
    }
  }
  return {
    ...(small && { small }),
    vectors: (table: StepTable, initial: DualVector, sums: number): SweepVectors | undefined =>
      here(({ arena, kernels }) => {
        const known = patternsOf(table.system);
        known.reach ??= reachOf(table.system);
        const numbers: TableNumbers = {
          coarse: numbersOf(table, "in", false),
          fine: () => numbersOf(table, "in", true),
        };
        return new WasmVectors(arena, kernels, numbers, columnOf, new Reached(known.reach), initial, sums);
      }),
    back: (table: StepTable, given: readonly DualVector[]): BackSteps | undefined =>
      here(({ arena, kernels }) => new WasmBack(arena, kernels, table, numbersOf(table, "out", false), given)),
    addColumn(table, matrix, from, to) {
      return (
        here(({ arena, kernels }) => {
          const numbers = numbersOf(table, "out", false)[matrix];
          const { pairs } = numbers;
          const { size } = table.system;
          const [x, y] = [new Column(from), new Column(to)];
          arena.require([pairs, numbers, x, y]);
          const [weights, stays] = [numbers.weightsFrom(0), numbers.staysFrom(0)];
          kernels.add(pairs.count, pairs.entriesFrom(0), pairs.indicesFrom(0), weights, stays, x.at, x.at, y.at);
          to.set(arena.f64.subarray(y.at / 8, y.at / 8 + size));
          arena.forget(y);
          arena.forget(x);
          return true;
        }) ?? false
      );
    },
    table(system, rate, make) {
      const last = made.get(system);
      if (last?.rate === rate) return last;
      const table = make();
      made.set(system, table);
      return table;
    },
    room(numbers) {
      if (kept.length < numbers) kept = new Float64Array(numbers);
      return kept;
    },
    release() {
      if (kept.length > KEPT_MAX) kept = new Float64Array(0);
      opened?.arena.evict();
      const was = used;
      used = false;
      return was;
    },
  };
}
