/** Epochs as users write them, as a schedule of formulas over the schedule's own parameters. */
import { InputError } from "../base/errors.js";
import { isPromise, noSuch, valueText } from "../base/words.js";
import { constant, type Formula, parameter } from "../expression/formula.js";
import { parseFormula } from "../expression/parse.js";
import { TableBuilder } from "../expression/table.js";
import type { Graph } from "../graph/graph.js";
import type { Schedule } from "../program/time-program.js";

/** A number, or a formula over the schedule's parameters. */
export type EpochValue = number | string;

export interface EpochSpec {
  /** When it begins; the first at 0. */
  readonly start: EpochValue;
  /** The model's θ during it, by name or in order. */
  readonly theta?: Readonly<Record<string, EpochValue>> | readonly EpochValue[] | EpochValue;
}

export interface ScheduleSpec<P extends string = string> {
  /** Names that starts and θ are formulas of: `["N0", "N1", "split"]`. A name may be used more than once: then it is tied. */
  readonly parameters?: readonly P[];
  readonly epochs: readonly EpochSpec[];
}

const FIELDS: readonly string[] = ["parameters", "epochs"];
const EPOCH_FIELDS: readonly string[] = ["start", "theta"];

/** Throws `InputError` naming the epoch. */
export function readSchedule(graph: Graph, spec: ScheduleSpec): Schedule {
  const refuse = (what: string): never => {
    throw new InputError("bad-epochs", `Cannot give ${graph.name} epochs: ${what}.`);
  };
  if (typeof spec !== "object" || spec === null)
    refuse(`epochs must be a list of { start, theta } and are ${valueText(spec)}`);
  const field = Object.keys(spec).find((name) => !FIELDS.includes(name));
  if (field !== undefined) refuse(noSuch("field", field, FIELDS));
  const { parameters = [], epochs } = spec;
  if (!Array.isArray(parameters)) return refuse(`parameters must be a list of names and is ${valueText(parameters)}`);
  parameters.forEach((name, k) => {
    if (typeof name !== "string" || name === "") refuse(`parameter ${k} is no name`);
    if (parameters.indexOf(name) !== k) refuse(`the parameter ${name} comes twice`);
  });
  if (!Array.isArray(epochs) || epochs.length === 0)
    return refuse(`epochs must be a list of { start, theta } and are ${valueText(epochs)}`);
  const table = new TableBuilder();
  const node = (value: unknown, what: string): number => {
    if (typeof value === "string") return table.add(parseFormula(value, parameters));
    if (typeof value !== "number" || !Number.isFinite(value))
      refuse(`${what} must be a finite number or a formula and is ${valueText(value)}`);
    return table.constant(value as number);
  };
  epochs.forEach((epoch: unknown, m) => {
    if (typeof epoch !== "object" || epoch === null) refuse(`epoch ${m} must be { start, theta }`);
    const unknown = Object.keys(epoch as object).find((name) => !EPOCH_FIELDS.includes(name));
    if (unknown !== undefined)
      refuse(`epoch ${m} has ${unknown}, which has no meaning there; an epoch is { start, theta }`);
  });
  const starts = epochs.map(({ start }, m) => node(start, `the start of epoch ${m}`));
  if (table.constantOf(starts[0]) !== 0) refuse("the first epoch must start at 0");
  for (let m = 1; m < starts.length; m++) {
    const [before, now] = [table.constantOf(starts[m - 1]), table.constantOf(starts[m])];
    if (before !== undefined && now !== undefined && !(now > before))
      refuse(`epoch ${m} starts at ${now}, and starts must ascend`);
    if (graph.kind === "discrete" && now !== undefined && !Number.isInteger(now))
      refuse(`epoch ${m} of a discrete model starts at ${now}, which is no whole number of steps`);
  }
  const names = graph.parameterNames;
  const thetas = epochs.flatMap(({ theta }, m) => {
    const values = valuesOf(theta, names, (what) => refuse(`θ of epoch ${m} ${what}`));
    return values.map((value, k) => node(value, `${names[k]} of epoch ${m}`));
  });
  return {
    parameterNames: [...parameters],
    expressions: table.table(),
    starts: Int32Array.from(starts),
    thetas: Int32Array.from(thetas),
  };
}

function valuesOf(
  theta: EpochSpec["theta"],
  names: readonly string[],
  refuse: (what: string) => never,
): readonly EpochValue[] {
  if (theta === undefined && names.length === 0) return [];
  const list = typeof theta === "number" || typeof theta === "string" ? [theta] : theta;
  if (Array.isArray(list)) {
    if (list.length !== names.length)
      refuse(`must have ${names.length} values (${names.join(", ")}) and has ${list.length}`);
    return list;
  }
  if (isPromise(list)) return refuse(`is ${valueText(list)}`);
  if (typeof list !== "object" || list === null) return refuse(`is missing; it needs ${names.join(", ")}`);
  const named = list as Readonly<Record<string, EpochValue>>;
  const unknown = Object.keys(named).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`has ${unknown}, which is no parameter; there are ${names.join(", ")}`);
  return names.map((name) => (Object.hasOwn(named, name) ? named[name] : refuse(`lacks ${name}`)));
}

/** The first epoch whose start is no number but depends on parameters; undefined when there is none. */
export function movingEpoch({ expressions, starts }: Schedule): number | undefined {
  const table = new TableBuilder(expressions);
  const m = starts.findIndex((node) => table.constantOf(node) === undefined);
  return m < 0 ? undefined : m;
}

/**
 * Epochs with one θ each and derivatives by every one of them: parameters are `name@epoch` for all epochs, then `start@m` for the starts
 * after the first. A start may also name a parameter of the model, and is then that epoch's own value of it. In a discrete model,
 * whose starts are whole steps without derivatives, starts that are numbers are no parameters.
 */
export function separateSchedule(graph: Graph, starts: readonly (number | string)[]): Schedule {
  checkStarts(graph, starts);
  const names = graph.parameterNames;
  const d = names.length;
  const table = new TableBuilder();
  const parameterNames = starts.flatMap((_, m) => names.map((name) => `${name}@${m}`));
  const thetas = parameterNames.map((_, k) => table.parameter(k));
  const nodes = starts.map((start, m): number => {
    if (m === 0) return table.constant(0);
    let formula: Formula = constant(0);
    if (typeof start === "string") {
      const k = names.indexOf(start);
      if (k < 0)
        throw new InputError(
          "bad-epochs",
          `Cannot give ${graph.name} epochs: epoch ${m} starts at ${JSON.stringify(start)}, which is no parameter; there are ${names.join(", ") || "none"}.`,
        );
      formula = parameter(m * d + k);
    } else if (graph.kind === "discrete") formula = constant(start);
    else {
      formula = parameter(parameterNames.length);
      parameterNames.push(`start@${m}`);
    }
    return table.add(formula);
  });
  return {
    parameterNames,
    expressions: table.table(),
    starts: Int32Array.from(nodes),
    thetas: Int32Array.from(thetas),
  };
}

function checkStarts(graph: Graph, starts: readonly (number | string)[]): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-epochs", `Cannot give ${graph.name} epochs: ${what}.`);
  };
  if (!Array.isArray(starts) || starts.length === 0) refuse("they need a list of starts, the first 0");
  if (starts[0] !== 0) refuse(`the first epoch must start at 0 and starts at ${String(starts[0])}`);
  let before = 0;
  starts.forEach((start, m) => {
    if (typeof start === "string") return;
    if (typeof start !== "number" || !Number.isFinite(start))
      refuse(`the start of epoch ${m} must be a finite number or the name of a parameter and is ${String(start)}`);
    if (m > 0 && !(start > before)) refuse(`epoch ${m} starts at ${start}, and starts must ascend`);
    if (graph.kind === "discrete" && !Number.isInteger(start))
      refuse(`epoch ${m} of a discrete model starts at ${start}, which is no whole number of steps`);
    before = start;
  });
}
