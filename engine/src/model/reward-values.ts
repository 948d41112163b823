/** Rewards of every state, asked state by state: all of a state's rewards are asked with one list. */
import { InputError, SojournError } from "../base/errors.js";
import type { IntegerTable } from "../base/integer-table.js";
import type { TableBuilder } from "../expression/table.js";
import { sameNames, Weight } from "../expression/weight.js";
import type { Inputs, ParameterWeights, Rewards, StateVector } from "./define.js";
import type { Explored, RewardValues } from "./explored.js";

/**
 * Rewards by name. All values lie in one array, one reward after the other, which becomes the graph's without a copy.
 * Throws `InputError` naming the reward and the state. Cost: one call per reward and state.
 */
export function rewardValues<P extends string, I extends Inputs, R extends string>(
  name: string,
  rewards: Rewards<I, R, P>,
  table: IntegerTable,
  formulas: TableBuilder,
  inputs: I,
  parameters: ParameterWeights<P>,
  names: readonly string[],
): Explored["rewards"] {
  const functions = Object.entries(rewards) as [string, Rewards<I, R, P>[R]][];
  const count = table.count;
  const all = new Float64Array(functions.length * count);
  const nodes = functions.map((): Int32Array | undefined => undefined);

  const ask = (r: number, v: number, state: StateVector): void => {
    const [reward, of] = functions[r];
    let value: number | Weight;
    try {
      value = of(state, inputs, parameters);
    } catch (error) {
      throw told(name, `the reward ${reward} of [${table.vectorOf(v)}]`, error);
    }
    if (typeof value === "number") {
      all[r * count + v] = value;
      return;
    }
    if (!(value instanceof Weight))
      throw new InputError(
        "bad-reward",
        `Cannot explore ${name}: the reward ${reward} of [${table.vectorOf(v)}] must be a number or a weight and is ${typeof value}.`,
      );
    checkModelOf(name, value, names, `the reward ${reward} of [${table.vectorOf(v)}]`);
    const node = formulas.add(value.toFormula());
    const number = formulas.constantOf(node);
    if (number !== undefined) all[r * count + v] = number;
    else (nodes[r] ??= new Int32Array(count).fill(-1))[v] = node;
  };
  for (let v = 0; v < count && functions.length > 0; v++) {
    const state = table.vectorOf(v);
    for (let r = 0; r < functions.length; r++) ask(r, v, state);
    // a reward that writes to its list must not change what the next one sees
    if (!table.holds(v, state)) for (let r = 0; r < functions.length; r++) ask(r, v, table.vectorOf(v));
  }
  return Object.fromEntries(
    functions.map(([reward], r): [string, RewardValues] => {
      const values = all.subarray(r * count, (r + 1) * count);
      const own = nodes[r];
      return [reward, own ? { values, formulas: own } : { values }];
    }),
  );
}

/** What a function of the user threw, as an error that says what it was asked about. */
export function told(name: string, what: string, error: unknown): SojournError {
  if (error instanceof SojournError) return error;
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new InputError("bad-rule", `Cannot explore ${name}: ${what} threw ${said}.`, { cause: error });
}

export function checkModelOf(name: string, weight: Weight, names: readonly string[], what: string): void {
  if (!sameNames(weight.names, names))
    throw new InputError(
      "foreign-weight",
      `Cannot explore ${name}: ${what} is the weight ${weight} of a model with other parameters.`,
    );
}
