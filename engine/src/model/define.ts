/**
 * What a user says: parameters, a state space by rule, rewards. A definition is data plus three pure functions; it
 * knows no index and no value of θ.
 */
import { InputError } from "../base/errors.js";
import { isPromise, nearest, noSuch, valueText } from "../base/words.js";
import { Weight } from "../expression/weight.js";
import type { ModelKind } from "./explored.js";

export type StateVector = readonly number[];
export type InputValue = number | string | boolean | readonly number[];
export type Inputs = Readonly<Record<string, InputValue>>;

export type Transition =
  | {
      readonly to: StateVector;
      /** Rate at which it happens: a number ≥ 0 or a weight over the parameters. */
      readonly rate: number | Weight;
    }
  | {
      readonly to: StateVector;
      /** In discrete models: probability of this step. */
      readonly probability: number | Weight;
    };

/** Adds a transition of the state at hand without building a list: a rule that takes it may return nothing. */
export interface Emit {
  (to: ArrayLike<number>, rate: number | Weight): void;
  /** The same for base + Σ coefficients[k] θ_k, the fastest form. */
  affine(to: ArrayLike<number>, base: number, coefficients: ArrayLike<number>): void;
  /** The same for the state at hand with `by[k]` added at `places[k]`: for long states of which little changes. */
  changed(places: ArrayLike<number>, by: ArrayLike<number>, rate: number | Weight): void;
}

/** One state, or states with probabilities; what is missing to 1 is the defect, the mass at zero. */
export type Initial = StateVector | readonly (readonly [StateVector, number | Weight])[];

/** The parameters of a model as weights, by name. */
export type ParameterWeights<P extends string> = { readonly [name in P]: Weight };

export interface ModelSpec<P extends string = string, I extends Inputs = Inputs, R extends string = string> {
  /** Shown in messages, plots and the cache panel. */
  readonly name?: string;
  readonly description?: string;
  /** `continuous` (the default): transitions have rates; `discrete`: they have probabilities, and time is a number of steps. */
  readonly kind?: ModelKind;
  /** Names of θ, in its order. */
  readonly parameters?: readonly P[];
  /** Sizes and structure, with defaults; another value makes another state space. */
  readonly inputs?: I;
  readonly initial: (inputs: I, parameters: ParameterWeights<P>) => Initial;
  /** All ways out of a state, returned as a list or written through `emit`. No way out makes the state absorbing. */
  readonly transitions: (
    state: StateVector,
    parameters: ParameterWeights<P>,
    inputs: I,
    emit: Emit,
    // biome-ignore lint/suspicious/noConfusingVoidType: a rule that emits returns nothing
  ) => readonly Transition[] | undefined | void;
  /** Reward per unit of time (discrete: per step) in each state, or a function of the inputs that returns such rewards; absorbing states earn none. */
  readonly rewards?: Rewards<I, R, P> | ((inputs: I) => Rewards<I, R, P>);
}

export type Rewards<I extends Inputs = Inputs, R extends string = string, P extends string = string> = {
  readonly [name in R]: (state: StateVector, inputs: I, parameters: ParameterWeights<P>) => number | Weight;
};

const FIELDS: readonly string[] = [
  "name",
  "description",
  "kind",
  "parameters",
  "inputs",
  "initial",
  "transitions",
  "rewards",
];
const NAME = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

/** Checks a definition and gives it its defaults. Throws `InputError` that names the field. */
export function checkSpec<P extends string, I extends Inputs, R extends string>(
  spec: ModelSpec<P, I, R>,
): Required<ModelSpec<P, I, R>> {
  if (typeof spec !== "object" || spec === null)
    throw new InputError("bad-model", `Cannot define a model: its definition must be an object and is ${typeof spec}.`);
  const name = spec.name ?? "model";
  const refuse = (what: string): never => {
    throw new InputError("bad-model", `Cannot define ${typeof name === "string" ? name : "the model"}: ${what}.`);
  };
  if (typeof name !== "string" || name === "") refuse("its name must be a text that is not empty");
  const unknown = Object.keys(spec).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) refuse(noSuch("field", unknown, FIELDS));
  const kind = spec.kind ?? "continuous";
  if (kind !== "continuous" && kind !== "discrete")
    refuse(`its kind must be "continuous" or "discrete" and is ${JSON.stringify(kind)}`);
  const parameters = spec.parameters ?? [];
  if (!Array.isArray(parameters)) refuse(`parameters must be a list of names and is ${valueText(parameters)}`);
  parameters.forEach((parameter, k) => {
    if (typeof parameter !== "string" || !NAME.test(parameter)) refuse(`the parameter ${k} is not a name`);
    if (parameters.indexOf(parameter) !== k) refuse(`the parameter ${parameter} comes twice`);
  });
  if (typeof spec.initial !== "function") refuse("initial must be a function that returns a state, such as () => [3]");
  if (typeof spec.transitions !== "function")
    refuse("transitions must be a function of a state that returns its ways out");
  const inputs = spec.inputs ?? ({} as I);
  if (typeof inputs !== "object" || inputs === null) refuse("inputs must be values by name");
  for (const [input, value] of Object.entries(inputs))
    if (!isInput(value))
      refuse(`the default of its input ${input} must be a finite number, a text, a boolean or a list of numbers`);
  const rewards = spec.rewards ?? ({} as Rewards<I, R, P>);
  if (typeof rewards !== "function") checkRewards(name, rewards);
  return {
    name,
    description: spec.description ?? "",
    kind,
    parameters,
    inputs,
    initial: spec.initial,
    transitions: spec.transitions,
    rewards,
  };
}

function checkRewards(name: string, rewards: unknown): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-model", `Cannot define ${name}: ${what}.`);
  };
  if (typeof rewards !== "object" || rewards === null) refuse("rewards must be functions of a state by name");
  for (const [reward, value] of Object.entries(rewards as Record<string, unknown>)) {
    if (!NAME.test(reward)) refuse(`the reward ${JSON.stringify(reward)} is not a name`);
    if (typeof value !== "function") refuse(`the reward ${reward} must be a function of a state`);
  }
}

/** The rewards of one build. */
export function resolveRewards<I extends Inputs, R extends string, P extends string>(
  name: string,
  rewards: Rewards<I, R, P> | ((inputs: I) => Rewards<I, R, P>),
  inputs: I,
): Rewards<I, R, P> {
  if (typeof rewards !== "function") return rewards;
  const resolved = rewards(inputs);
  checkRewards(name, resolved);
  return resolved;
}

/** The inputs of one build: defaults with what was given on top. Throws `InputError` for a name or value it does not know. */
export function resolveInputs<I extends Inputs>(name: string, defaults: I, given: Partial<I> = {}): I {
  if (typeof given !== "object" || given === null || Array.isArray(given) || isPromise(given))
    throw new InputError(
      "bad-input",
      `Cannot build ${name}: inputs must be an object such as { n: 10 } and are ${valueText(given)}.`,
    );
  const resolved: Record<string, InputValue> = { ...defaults };
  for (const [input, value] of Object.entries(given) as [string, unknown][]) {
    if (!Object.hasOwn(defaults, input)) {
      const known = Object.keys(defaults).join(", ") || "none";
      throw new InputError("unknown-input", `Cannot build ${name}: it has no input ${input}; its inputs are ${known}.`);
    }
    if (!isInput(value) || typeof value !== typeof defaults[input])
      throw new InputError(
        "bad-input",
        `Cannot build ${name}: its input ${input} must be a ${typeof defaults[input]} such as ${JSON.stringify(defaults[input])} and is ${print(value)}.`,
      );
    resolved[input] = value;
  }
  return resolved as I;
}

function isInput(value: unknown): value is InputValue {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => typeof item === "number" && Number.isFinite(item));
  return typeof value === "string" || typeof value === "boolean";
}

const print = (value: unknown): string =>
  typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));

/** What a transition without a rate has instead, as the end of a sentence; undefined when it names one that is undefined. */
export function whyNoRate(kind: ModelKind, transition: object): string | undefined {
  const field = kind === "discrete" ? "probability" : "rate";
  if (Object.hasOwn(transition, field)) return undefined;
  const other = Object.keys(transition).find((name) => name !== "to");
  if (other === undefined) return `has no ${field}`;
  const meant =
    kind === "continuous" && other === "probability"
      ? '; only a model of kind "discrete" has probabilities'
      : nearest(other, [field]) === undefined
        ? ""
        : ` (did you mean ${field}?)`;
  return `has no ${field}, and ${other} has no meaning there${meant}`;
}

/** One state or a distribution, as a distribution. */
export function initialDistribution(
  name: string,
  initial: Initial,
): readonly (readonly [StateVector, number | Weight])[] {
  if (!Array.isArray(initial) || initial.length === 0)
    throw new InputError(
      "bad-initial",
      `Cannot build ${name}: initial must return a state (a list of integers) or a list of [state, probability] and returned ${isPromise(initial) ? "a promise; it cannot be async" : valueText(initial)}.`,
    );
  if (typeof initial[0] === "number") return [[initial as StateVector, 1]];
  for (const pair of initial as readonly (readonly [StateVector, unknown])[])
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      !Array.isArray(pair[0]) ||
      (typeof pair[1] !== "number" && !(pair[1] instanceof Weight))
    )
      throw new InputError(
        "bad-initial",
        `Cannot build ${name}: initial must return a state (a list of integers) or a list of [state, probability].`,
      );
  return initial as readonly (readonly [StateVector, number | Weight])[];
}
