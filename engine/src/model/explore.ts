/**
 * Breadth-first exploration: from the initial distribution along the rule until no new state appears. It is a
 * generator, so that its caller can show progress, let other work run and cancel.
 */
import { InputError, SojournError } from "../base/errors.js";
import { GrowableFloats, GrowableInts } from "../base/growable.js";
import { IntegerTable } from "../base/integer-table.js";
import { TableBuilder } from "../expression/table.js";
import { parameterWeights, sameNames, Weight } from "../expression/weight.js";
import {
  type Emit,
  type Inputs,
  initialDistribution,
  type ModelSpec,
  resolveRewards,
  type StateVector,
} from "./define.js";
import type { Explored, InitialMass, RewardValues } from "./explored.js";

const POLL_EVERY = 1024;
/** So many states are asked for their transitions twice, to find rules that are not deterministic. */
const ASKED_TWICE = 16;

export interface ExploreLimits {
  /** More states than this are taken for an endless state space. */
  readonly maxStates: number;
  /** More memory than this, for states and edges together, is refused. */
  readonly maxBytes: number;
}

/** What exploration has found so far. */
export interface ExploreProgress {
  readonly explored: number;
  readonly found: number;
  readonly edges: number;
}

/**
 * Explores a checked definition at given inputs; yields every 1,024 states. Throws `InputError` naming the state.
 * Cost: one call of the rule per state (two for the first few), and the bytes that `bytesNeeded` says.
 */
export function* explore<P extends string, I extends Inputs, R extends string>(
  spec: Required<ModelSpec<P, I, R>>,
  inputs: I,
  limits: ExploreLimits,
): Generator<ExploreProgress, Explored> {
  const { name } = spec;
  const parameters = parameterWeights(name, spec.parameters);
  const formulas = new TableBuilder();
  const start = initialDistribution(
    name,
    asked(name, "its initial distribution", () => spec.initial(inputs, parameters)),
  );
  const stateLength = start[0][0].length;
  const table = new IntegerTable(stateLength);
  const initial = start.map(([state, mass]): InitialMass => {
    const vertex = table.intern(checkState(name, state, stateLength));
    if (typeof mass === "number") return { vertex, probability: mass };
    checkModelOf(name, mass, spec.parameters, `the probability of [${state}]`);
    return { vertex, probability: 0, formula: formulas.add(mass.toFormula()) };
  });

  const dimension = spec.parameters.length;
  const edges = new EdgeBuffer(dimension, formulas);
  let source = 0;
  let from: StateVector = [];
  let emitted = 0;
  const add = (to: ArrayLike<number>, rate: unknown): void => {
    emitted++;
    const target = checkState(name, to, stateLength, from);
    const weight = checkRate(name, rate, from, target, spec.parameters);
    const vertex = table.intern(target);
    if (typeof weight === "number") edges.add(source, vertex, weight, [], undefined);
    else edges.add(source, vertex, weight.base, weight.coefficients, weight);
  };
  const emit: Emit = Object.assign(add as (to: ArrayLike<number>, rate: number | Weight) => void, {
    affine(to: ArrayLike<number>, base: number, coefficients: ArrayLike<number>): void {
      emitted++;
      const vertex = table.intern(checkState(name, to, stateLength, from));
      if (coefficients?.length !== dimension)
        throw new InputError(
          "bad-rate",
          `Cannot explore ${name}: emit.affine of [${from}] needs ${dimension} coefficients and got ${coefficients?.length}.`,
        );
      edges.add(source, vertex, base, coefficients, undefined);
    },
  });

  const ask = (): void => {
    emitted = 0;
    const transitions = asked(name, `transitions of [${from}]`, () => spec.transitions(from, parameters, inputs, emit));
    if (transitions === undefined && (emitted > 0 || spec.transitions.length > 3)) return;
    if (!Array.isArray(transitions))
      throw new InputError(
        "bad-rule",
        `Cannot explore ${name}: transitions of [${from}] must return a list of { to, rate } and returned ${kindOf(transitions)}.`,
      );
    for (const transition of transitions) {
      if (transition?.to === undefined)
        throw new InputError(
          "bad-rule",
          `Cannot explore ${name}: a transition of [${from}] has no to; each must be { to, rate }.`,
        );
      add(
        transition.to,
        spec.kind === "discrete" && "probability" in transition ? transition.probability : transition.rate,
      );
    }
  };
  for (; source < table.count; source++) {
    if (source % POLL_EVERY === 0) {
      yield { explored: source, found: table.count, edges: edges.count };
      checkLimits(name, table, edges, dimension, limits);
    }
    if (table.count > limits.maxStates) refuseEndless(name, table, limits);
    from = table.vectorOf(source);
    const first = edges.count;
    ask();
    if (source >= ASKED_TWICE) continue;
    const second = edges.count;
    from = table.vectorOf(source); // whatever the rule did to the list it was given
    ask();
    if (!edges.repeats(first, second))
      throw new InputError(
        "not-deterministic",
        `Cannot explore ${name}: its rule gives other transitions of [${table.vectorOf(source)}] when it is asked again; rules must not use chance, clocks or anything that changes.`,
      );
    edges.cut(second);
  }
  const rewards = Object.entries(
    asked(name, "its list of rewards", () => resolveRewards(name, spec.rewards, inputs)),
  ).map(([reward, of]) => {
    const value = of as (state: StateVector, inputs: I, parameters: unknown) => unknown;
    return [
      reward,
      rewardValues(name, reward, table, formulas, spec.parameters, (v) => value(v, inputs, parameters)),
    ] as const;
  });
  return {
    name,
    kind: spec.kind,
    parameterNames: [...spec.parameters],
    vertexCount: table.count,
    stateLength,
    states: table.vectors(),
    initial,
    edges: edges.list(),
    rewards: Object.fromEntries(rewards),
    expressions: formulas.table(),
  };
}

/** What a function of the user answers; what it throws is told with the state that it was asked about. */
function asked<T>(name: string, what: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SojournError) throw error;
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new InputError("bad-rule", `Cannot explore ${name}: ${what} threw ${said}.`, { cause: error });
  }
}

/** Edges in growing typed arrays. */
class EdgeBuffer {
  readonly #dimension: number;
  readonly #table: TableBuilder;
  readonly #sources = new GrowableInts();
  readonly #targets = new GrowableInts();
  readonly #bases = new GrowableFloats();
  readonly #coefficients = new GrowableFloats();
  readonly #formulas = new GrowableInts();

  constructor(dimension: number, table: TableBuilder) {
    this.#dimension = dimension;
    this.#table = table;
  }

  get count(): number {
    return this.#sources.length;
  }

  add(source: number, target: number, base: number, coefficients: ArrayLike<number>, weight: Weight | undefined): void {
    this.#sources.push(source);
    this.#targets.push(target);
    this.#bases.push(base);
    for (let k = 0; k < this.#dimension; k++) this.#coefficients.push(coefficients[k] ?? 0);
    if (weight?.formula === undefined) {
      if (this.#formulas.length > 0) this.#formulas.push(-1);
      return;
    }
    while (this.#formulas.length < this.count - 1) this.#formulas.push(-1);
    this.#formulas.push(this.#table.add(weight.formula));
  }

  /** Whether the edges from `second` on are those from `first` to there once more. */
  repeats(first: number, second: number): boolean {
    const length = second - first;
    if (this.count - second !== length) return false;
    const formula = (e: number): number => (e < this.#formulas.length ? this.#formulas.at(e) : -1);
    for (let e = first; e < second; e++) {
      const other = e + length;
      if (this.#targets.at(e) !== this.#targets.at(other) || formula(e) !== formula(other)) return false;
      if (!Object.is(this.#bases.at(e), this.#bases.at(other))) return false;
      for (let k = 0; k < this.#dimension; k++)
        if (this.#coefficients.at(e * this.#dimension + k) !== this.#coefficients.at(other * this.#dimension + k))
          return false;
    }
    return true;
  }

  /** Forgets the edges from `count` on. */
  cut(count: number): void {
    this.#sources.length = this.#targets.length = this.#bases.length = count;
    this.#coefficients.length = count * this.#dimension;
    this.#formulas.length = Math.min(this.#formulas.length, count);
  }

  list(): Explored["edges"] {
    return {
      sources: this.#sources.toArray(),
      targets: this.#targets.toArray(),
      bases: this.#bases.toArray(),
      coefficients: this.#coefficients.toArray(),
      ...(this.#formulas.length > 0 && { formulas: this.#formulas.toArray() }),
      count: this.count,
    };
  }
}

/** Bytes of states, hash slots and edges, and of the graph that is made of them. */
export function bytesNeeded(states: number, stateLength: number, edges: number, dimension: number): number {
  return states * (8 * stateLength + 40) + edges * (48 + 32 * dimension);
}

function checkLimits(
  name: string,
  table: IntegerTable,
  edges: EdgeBuffer,
  dimension: number,
  limits: ExploreLimits,
): void {
  const bytes = bytesNeeded(table.count, table.width, edges.count, dimension);
  if (bytes <= limits.maxBytes) return;
  const size = (value: number): string =>
    value < 2 ** 28 ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${(value / 2 ** 30).toFixed(1)} GiB`;
  throw new InputError(
    "too-much-memory",
    `Cannot explore ${name}: its ${table.count} states and ${edges.count} edges so far need ${size(bytes)}, more than the ${size(limits.maxBytes)} there are; bound the state space, or build with a larger maxBytes.`,
  );
}

function refuseEndless(name: string, table: IntegerTable, limits: ExploreLimits): never {
  throw new InputError(
    "too-many-states",
    `Cannot explore ${name}: it has more than ${limits.maxStates} states, the last found is [${table.vectorOf(table.count - 1)}]; bound the state space, or build with a larger maxStates.`,
  );
}

function rewardValues(
  name: string,
  reward: string,
  table: IntegerTable,
  formulas: TableBuilder,
  names: readonly string[],
  of: (state: StateVector) => unknown,
): RewardValues {
  const values = new Float64Array(table.count);
  let nodes: Int32Array | undefined;
  for (let v = 0; v < table.count; v++) {
    const value = asked(name, `the reward ${reward} of [${table.vectorOf(v)}]`, () => of(table.vectorOf(v)));
    if (value instanceof Weight) {
      checkModelOf(name, value, names, `the reward ${reward} of [${table.vectorOf(v)}]`);
      nodes ??= new Int32Array(table.count).fill(-1);
      const node = formulas.add(value.toFormula());
      const number = formulas.constantOf(node);
      if (number === undefined) nodes[v] = node;
      else values[v] = number;
    } else if (typeof value === "number") values[v] = value;
    else
      throw new InputError(
        "bad-reward",
        `Cannot explore ${name}: the reward ${reward} of [${table.vectorOf(v)}] must be a number or a weight and is ${typeof value}.`,
      );
  }
  return nodes ? { values, formulas: nodes } : { values };
}

function checkState(name: string, state: unknown, length: number, from?: StateVector): StateVector {
  const where = from === undefined ? "the initial state" : `a target of [${from}]`;
  const refuse = (what: string): never => {
    throw new InputError("bad-state", `Cannot explore ${name}: ${where} ${what}.`);
  };
  if (!Array.isArray(state) && !ArrayBuffer.isView(state)) return refuse("must be a list of integers");
  const entries = state as StateVector;
  if (entries.length !== length) return refuse(`is [${entries}] with ${entries.length} entries instead of ${length}`);
  for (let i = 0; i < length; i++)
    if (entries[i] !== (entries[i] | 0)) return refuse(`is [${entries}]: every entry must be a 32-bit integer`);
  return entries;
}

function checkModelOf(name: string, weight: Weight, names: readonly string[], what: string): void {
  if (!sameNames(weight.names, names))
    throw new InputError(
      "foreign-weight",
      `Cannot explore ${name}: ${what} is the weight ${weight} of a model with other parameters.`,
    );
}

function checkRate(
  name: string,
  rate: unknown,
  from: StateVector,
  to: StateVector,
  names: readonly string[],
): Weight | number {
  const refuse = (code: string, what: string): never => {
    throw new InputError(code, `Cannot explore ${name}: the rate from [${from}] to [${to}] ${what}.`);
  };
  if (typeof rate === "number") {
    if (rate >= 0 && rate < Infinity) return rate;
    return rate < 0 && rate > -Infinity
      ? refuse("negative-rate", `must be ≥ 0 and is ${rate}`)
      : refuse("bad-rate", `must be finite and is ${rate}`);
  }
  if (rate instanceof Weight) {
    if (!sameNames(rate.names, names))
      return refuse("foreign-weight", `is the weight ${rate} of a model with other parameters`);
    return rate;
  }
  return refuse("bad-rate", `must be a number or a weight and is ${kindOf(rate)}`);
}

/** What a value is, in the words of the person who wrote it. */
function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise; rules cannot be async";
  return value === null ? "null" : typeof value;
}
