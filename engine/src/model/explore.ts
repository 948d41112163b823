/**
 * Breadth-first exploration: from the initial distribution along the rule until no new state appears. It is a
 * generator, so that its caller can show progress, let other work run and cancel.
 */
import { InputError } from "../base/errors.js";
import { IntegerTable, NO_VECTOR } from "../base/integer-table.js";
import { TableBuilder } from "../expression/table.js";
import { parameterWeights, sameNames, Weight } from "../expression/weight.js";
import {
  type Emit,
  type Inputs,
  initialDistribution,
  type ModelSpec,
  resolveRewards,
  type StateVector,
  whyNoRate,
} from "./define.js";
import { EdgeRowsBuilder, Row } from "./edge-rows.js";
import type { Explored, InitialMass, ModelKind } from "./explored.js";
import { checkModelOf, rewardValues, told } from "./reward-values.js";

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
 * Explores a checked definition at given inputs; yields every 1,024 states, and before at 1, 2, 4, …, so that slow rules are seen to
 * be slow. Throws `InputError` naming the state.
 * Cost: one call of the rule per state (two for the first few), and the bytes that `bytesNeeded` says.
 */
export function* explore<P extends string, I extends Inputs, R extends string>(
  spec: Required<ModelSpec<P, I, R>>,
  inputs: I,
  limits: ExploreLimits,
): Generator<ExploreProgress, Explored> {
  const { name } = spec;
  const names = spec.parameters;
  const dimension = names.length;
  const parameters = parameterWeights(name, names);
  const formulas = new TableBuilder();
  const start = initialDistribution(
    name,
    asked(name, "its initial distribution", () => spec.initial(inputs, parameters)),
  );
  const stateLength = start[0][0].length;
  const table = new IntegerTable(stateLength);
  const initial = start.map(([state, mass]): InitialMass => {
    const vertex = isList(state) ? table.intern(state) : NO_VECTOR;
    if (vertex === NO_VECTOR) refuseState(name, state, stateLength);
    if (typeof mass === "number") return { vertex, probability: mass };
    checkModelOf(name, mass, names, `the probability of [${state}]`);
    return { vertex, probability: 0, formula: formulas.add(mass.toFormula()) };
  });
  const rewards = asked(name, "its list of rewards", () => resolveRewards(name, spec.rewards, inputs));
  const rewardCount = Object.keys(rewards).length;

  const edges = new EdgeRowsBuilder(dimension, spec.kind === "discrete", formulas);
  let row = new Row(dimension);
  let again = new Row(dimension);
  let source = 0;
  let from: StateVector = [];
  let emitted = 0;
  const addEdge = (vertex: number, rate: unknown): void => {
    if (typeof rate === "number" && rate >= 0 && rate < Infinity) row.add(vertex, rate, undefined, -1);
    else if (rate instanceof Weight && sameNames(rate.names, names)) {
      const { base, coefficients, formula } = rate;
      row.add(vertex, base, coefficients, formula === undefined ? -1 : formulas.add(formula));
    } else refuseRate(name, spec.kind, rate, from, table.vectorOf(vertex));
  };
  const add = (to: ArrayLike<number>, rate: unknown): void => {
    emitted++;
    addEdge(vertexOf(to), rate);
  };
  const vertexOf = (to: ArrayLike<number>): number => {
    const vertex = isList(to) ? table.intern(to) : NO_VECTOR;
    return vertex === NO_VECTOR ? refuseState(name, to, stateLength, from) : vertex;
  };
  const affine = (to: ArrayLike<number>, base: number, coefficients: ArrayLike<number>): void => {
    emitted++;
    const vertex = vertexOf(to);
    if (coefficients?.length !== dimension)
      throw new InputError(
        "bad-rate",
        `Cannot explore ${name}: emit.affine of [${from}] needs ${dimension} coefficients and got ${coefficients?.length}.`,
      );
    row.add(vertex, base, coefficients, -1);
  };
  const changed = (places: ArrayLike<number>, by: ArrayLike<number>, rate: unknown): void => {
    emitted++;
    const vertex = isList(places) && isList(by) ? table.internChanged(places, by) : NO_VECTOR;
    if (vertex === NO_VECTOR)
      throw new InputError(
        "bad-state",
        `Cannot explore ${name}: emit.changed of [${from}] needs places from 0 to ${stateLength - 1}, as many changes, and entries that stay 32-bit integers; it got places [${places}] and changes [${by}].`,
      );
    addEdge(vertex, rate);
  };
  const emit = Object.assign(add, { affine, changed }) as Emit;

  const ask = (): void => {
    emitted = 0;
    const rule = spec.transitions;
    let transitions: ReturnType<typeof rule>;
    try {
      transitions = rule(from, parameters, inputs, emit);
    } catch (error) {
      throw told(name, `transitions of [${from}]`, error);
    }
    if (transitions === undefined && (emitted > 0 || rule.length > 3)) return;
    if (!Array.isArray(transitions))
      throw new InputError(
        "bad-rule",
        `Cannot explore ${name}: transitions of [${from}] must return a list of { to, rate } and returned ${kindOf(transitions)}.`,
      );
    for (let i = 0; i < transitions.length; i++) {
      const transition = transitions[i];
      if (transition?.to === undefined)
        throw new InputError(
          "bad-rule",
          `Cannot explore ${name}: a transition of [${from}] has no to; each must be { to, rate }.`,
        );
      const rate = spec.kind === "discrete" && "probability" in transition ? transition.probability : transition.rate;
      const why = rate === undefined ? whyNoRate(spec.kind, transition) : undefined;
      if (why !== undefined)
        throw new InputError("bad-rule", `Cannot explore ${name}: a transition of [${from}] ${why}.`);
      add(transition.to, rate);
    }
  };
  for (; source < table.count; source++) {
    if (source % POLL_EVERY === 0 || (source < POLL_EVERY && (source & (source - 1)) === 0)) {
      yield { explored: source, found: table.count, edges: edges.count };
      checkLimits(name, bytesNeeded(table.count, stateLength, edges.count, dimension, rewardCount), limits, () => [
        table.count,
        edges.count,
      ]);
    }
    if (table.count > limits.maxStates) refuseEndless(name, table, limits);
    from = table.vectorOf(source);
    table.refer(source);
    row.clear();
    ask();
    if (source < ASKED_TWICE) {
      [row, again] = [again, row];
      row.clear();
      from = table.vectorOf(source); // whatever the rule did to the list it was given
      ask();
      if (!row.equals(again))
        throw new InputError(
          "not-deterministic",
          `Cannot explore ${name}: its rule gives other transitions of [${table.vectorOf(source)}] when it is asked again; rules must not use chance, clocks or anything that changes.`,
        );
    }
    const negative = row.negative();
    if (negative !== undefined)
      refuseRate(name, spec.kind, row.bases[negative], table.vectorOf(source), table.vectorOf(row.targets[negative]));
    edges.close(row);
  }
  return {
    name,
    kind: spec.kind,
    parameterNames: [...names],
    vertexCount: table.count,
    stateLength,
    states: table.vectors(),
    initial,
    rewards: rewardValues(name, rewards, table, formulas, inputs, parameters, names),
    edges: edges.take(),
    expressions: formulas.table(),
  };
}

const isList = (state: unknown): state is ArrayLike<number> => Array.isArray(state) || ArrayBuffer.isView(state);

/** What a function of the user answers; what it throws is told with what it was asked about. */
function asked<T>(name: string, what: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw told(name, what, error);
  }
}

/**
 * Bytes that exploring takes at its height: states and edges while their arrays grow, hash slots, and rewards. Against the
 * resident size of a process: 150 MB and 135 for 501,501 states and 2 million edges of rabbits, 331 and 275 for isolation
 * with migration of 7 and 7 samples.
 */
export function bytesNeeded(
  states: number,
  stateLength: number,
  edges: number,
  dimension: number,
  rewards: number,
): number {
  return states * (6 * stateLength + 48 + 8 * rewards) + edges * (20 + 12 * dimension);
}

function checkLimits(name: string, bytes: number, limits: ExploreLimits, counts: () => [number, number]): void {
  if (bytes <= limits.maxBytes) return;
  const size = (value: number): string =>
    value < 2 ** 28 ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${(value / 2 ** 30).toFixed(1)} GiB`;
  const [states, edges] = counts();
  throw new InputError(
    "too-much-memory",
    `Cannot explore ${name}: its ${states} states and ${edges} edges so far need ${size(bytes)}, more than the ${size(limits.maxBytes)} there are; bound the state space, or build with a larger maxBytes.`,
  );
}

function refuseEndless(name: string, table: IntegerTable, limits: ExploreLimits): never {
  throw new InputError(
    "too-many-states",
    `Cannot explore ${name}: it has more than ${limits.maxStates} states, the last found is [${table.vectorOf(table.count - 1)}]; bound the state space, or build with a larger maxStates.`,
  );
}

/** Says what is wrong with something that is no state. */
function refuseState(name: string, state: unknown, length: number, from?: StateVector): never {
  const where = from === undefined ? "the initial state" : `a target of [${from}]`;
  const refuse = (what: string): never => {
    throw new InputError("bad-state", `Cannot explore ${name}: ${where} ${what}.`);
  };
  if (!isList(state)) return refuse("must be a list of integers");
  if (state.length !== length) return refuse(`is [${state}] with ${state.length} entries instead of ${length}`);
  return refuse(`is [${state}]: every entry must be a 32-bit integer`);
}

/** Says what is wrong with something that is no rate. */
function refuseRate(name: string, kind: ModelKind, rate: unknown, from: StateVector, to: ArrayLike<number>): never {
  const field = kind === "discrete" ? "probability" : "rate";
  const refuse = (code: string, what: string): never => {
    throw new InputError(code, `Cannot explore ${name}: the ${field} from [${from}] to [${to}] ${what}.`);
  };
  if (typeof rate === "number")
    return rate < 0 && rate > -Infinity
      ? refuse("negative-rate", `must be ≥ 0 and is ${rate}`)
      : refuse("bad-rate", `must be finite and is ${rate}`);
  if (rate instanceof Weight) return refuse("foreign-weight", `is the weight ${rate} of a model with other parameters`);
  return refuse("bad-rate", `must be a number or a weight and is ${kindOf(rate)}`);
}

/** What a value is, in the words of the person who wrote it. */
function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise; rules cannot be async";
  return value === null ? "null" : typeof value;
}
