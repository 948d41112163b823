/** Breadth-first exploration: from the initial distribution along the rule until no new state appears. */
import { InputError, InterruptedError } from "../base/errors.js";
import { parameterWeights, sameNames, Weight } from "../expression/weight.js";
import { type Inputs, initialDistribution, type ModelSpec, resolveRewards, type StateVector } from "./define.js";
import type { Explored } from "./explored.js";
import { StateTable } from "./state-table.js";

const POLL_EVERY = 1024;

/** Explores a checked definition at given inputs. Throws `InputError` naming the state. Cost: one call of the rule per state. */
export function explore<P extends string, I extends Inputs, R extends string>(
  spec: Required<ModelSpec<P, I, R>>,
  inputs: I,
  interrupted: () => boolean,
  maxStates: number,
): Explored {
  const { name } = spec;
  const start = initialDistribution(name, spec.initial(inputs));
  const stateLength = start[0][0].length;
  const table = new StateTable(stateLength);
  const initial = start.map(
    ([state, probability]) => [table.intern(checkState(name, state, stateLength)), probability] as const,
  );

  const parameters = parameterWeights(name, spec.parameters);
  const dimension = spec.parameters.length;
  const sources: number[] = [];
  const targets: number[] = [];
  const bases: number[] = [];
  const coefficients: number[] = [];
  for (let v = 0; v < table.count; v++) {
    if (v % POLL_EVERY === 0 && interrupted()) throw new InterruptedError(`exploring ${name} at ${v} states`);
    if (table.count > maxStates)
      throw new InputError(
        "too-many-states",
        `Cannot explore ${name}: it has more than ${maxStates} states, the last found is [${table.stateOf(table.count - 1)}]; bound the state space, or build with a larger maxStates.`,
      );
    const state = table.stateOf(v);
    const transitions = spec.transitions(state, parameters, inputs);
    if (!Array.isArray(transitions))
      throw new InputError(
        "bad-rule",
        `Cannot explore ${name}: transitions of [${state}] must return a list of { to, rate } and returned ${kindOf(transitions)}.`,
      );
    for (const transition of transitions) {
      if (transition?.to === undefined)
        throw new InputError(
          "bad-rule",
          `Cannot explore ${name}: a transition of [${state}] has no to; each must be { to, rate }.`,
        );
      const target = checkState(name, transition.to, stateLength, state);
      const weight = checkRate(name, transition.rate, state, target, spec.parameters);
      sources.push(v);
      targets.push(table.intern(target));
      bases.push(weight.base);
      for (let k = 0; k < dimension; k++) coefficients.push(weight.coefficients[k] ?? 0);
    }
  }
  const states = table.states();
  const rewards = Object.fromEntries(
    Object.entries(resolveRewards<I>(name, spec.rewards, inputs)).map(([reward, of]) => {
      const values = new Float64Array(table.count);
      for (let v = 0; v < table.count; v++) {
        const value: unknown = of(table.stateOf(v), inputs);
        if (typeof value !== "number")
          throw new InputError(
            "bad-reward",
            `Cannot explore ${name}: the reward ${reward} of [${table.stateOf(v)}] must be a number and is ${typeof value}.`,
          );
        values[v] = value;
      }
      return [reward, values];
    }),
  );
  return {
    name,
    parameterNames: [...spec.parameters],
    vertexCount: table.count,
    stateLength,
    states,
    initial,
    edges: { sources, targets, bases, coefficients, count: sources.length },
    rewards,
  };
}

function checkState(name: string, state: unknown, length: number, from?: StateVector): StateVector {
  const where = from === undefined ? "the initial state" : `a target of [${from}]`;
  const refuse = (what: string): never => {
    throw new InputError("bad-state", `Cannot explore ${name}: ${where} ${what}.`);
  };
  if (!Array.isArray(state)) return refuse("must be a list of integers");
  if (state.length !== length) return refuse(`is [${state}] with ${state.length} entries instead of ${length}`);
  for (const value of state)
    if (!Number.isInteger(value) || value !== (value | 0))
      return refuse(`is [${state}]: every entry must be a 32-bit integer`);
  return state as StateVector;
}

function checkRate(name: string, rate: unknown, from: StateVector, to: StateVector, names: readonly string[]): Weight {
  const refuse = (code: string, what: string): never => {
    throw new InputError(code, `Cannot explore ${name}: the rate from [${from}] to [${to}] ${what}.`);
  };
  if (rate instanceof Weight) {
    if (sameNames(rate.names, names)) return rate;
    return refuse("foreign-weight", `is the weight ${rate} of a model with other parameters`);
  }
  if (typeof rate !== "number") return refuse("bad-rate", `must be a number or a weight and is ${kindOf(rate)}`);
  if (!Number.isFinite(rate)) return refuse("bad-rate", `must be finite and is ${rate}`);
  if (rate < 0) return refuse("negative-rate", `must be ≥ 0 and is ${rate}`);
  return new Weight(rate, [], names);
}

/** What a value is, in the words of the person who wrote it. */
function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise; rules cannot be async";
  return value === null ? "null" : typeof value;
}
