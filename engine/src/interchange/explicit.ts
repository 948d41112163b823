/** Explicit models: what a schema cannot say about them, and their formulas, read into states and edges. */
import { InputError } from "../base/errors.js";
import { IntegerTable } from "../base/integer-table.js";
import { affineParts } from "../expression/formula.js";
import { parseFormula } from "../expression/parse.js";
import { TableBuilder } from "../expression/table.js";
import type { ModelDocument } from "../handle/document.js";
import type { Explored, InitialMass, RewardValues } from "../model/explored.js";

/** Lengths that depend on each other, vertices that exist, states that differ. Throws `InputError` with the path. */
export function readExplicit(model: ModelDocument, what = "the request: /model"): Explored {
  const {
    name = "model",
    kind = "continuous",
    parameters = [],
    states,
    initial,
    edges,
    rewards = {},
    definitions = [],
  } = model;
  const refuse = (path: string, how: string, code = "bad-request"): never => {
    throw new InputError(code, `Cannot read ${what}/${path} ${how}.`);
  };
  const d = parameters.length;
  const stateLength = states[0].length;
  const seen = new IntegerTable(stateLength);
  states.forEach((state, v) => {
    if (state.length !== stateLength)
      refuse(`states/${v}`, `has ${state.length} entries and the first state has ${stateLength}`);
    const first = seen.intern(state);
    if (first !== v && stateLength > 0)
      refuse(`states/${v}`, `is [${state}], which is state ${first} already`, "duplicate-state");
  });
  const vertex = (path: string, v: unknown): number =>
    Number.isInteger(v) && (v as number) >= 0 && (v as number) < states.length
      ? (v as number)
      : refuse(path, `is ${String(v)} and must be a vertex from 0 to ${states.length - 1}`);

  const table = new TableBuilder();
  const names = [...parameters];
  const defined: number[] = [];
  const parse = (path: string, formula: string) => {
    try {
      return parseFormula(formula, names);
    } catch (error) {
      if (error instanceof InputError)
        return refuse(path, `is no formula: ${error.message.replace(/\.$/, "")}`, error.code);
      throw error;
    }
  };
  const node = (path: string, formula: string): number => table.add(parse(path, formula), d, defined);
  definitions.forEach(([definition, formula], i) => {
    if (names.includes(definition)) refuse(`definitions/${i}/0`, `is ${definition}, which has a meaning already`);
    const id = node(`definitions/${i}/1`, formula);
    names.push(definition);
    defined.push(id);
  });
  const sources: number[] = [];
  const targets: number[] = [];
  const bases: number[] = [];
  const coefficients: number[] = [];
  const formulas: number[] = [];
  edges.forEach((edge, i) => {
    sources.push(vertex(`edges/${i}/0`, edge[0]));
    targets.push(vertex(`edges/${i}/1`, edge[1]));
    if (typeof edge[2] === "string") {
      if (edge.length !== 3) refuse(`edges/${i}`, `must be [from, to, formula] and has ${edge.length} entries`);
      const formula = parse(`edges/${i}/2`, edge[2]);
      const parts = affineParts(formula, d);
      bases.push(parts ? parts[0] : 0);
      for (let k = 0; k < d; k++) coefficients.push(parts ? parts[1 + k] : 0);
      formulas.push(parts ? -1 : table.add(formula, d, defined));
      return;
    }
    if (edge.length !== 3 + d || edge.some((x) => typeof x !== "number"))
      refuse(
        `edges/${i}`,
        `must be [from, to, base${parameters.map((p) => `, ${p}`).join("")}] and has ${edge.length} numbers`,
      );
    bases.push(edge[2]);
    for (let k = 0; k < d; k++) coefficients.push(edge[3 + k] as number);
    formulas.push(-1);
  });
  const masses = initial.map(([v, mass], i): InitialMass => {
    const at = vertex(`initial/${i}/0`, v);
    if (typeof mass === "number") return { vertex: at, probability: mass };
    return { vertex: at, probability: 0, formula: node(`initial/${i}/1`, mass) };
  });
  const vectors = Object.entries(rewards).map(([reward, entries]): [string, RewardValues] => {
    if (entries.length !== states.length)
      refuse(`rewards/${reward}`, `must have ${states.length} values and has ${entries.length}`);
    const values = Float64Array.from(entries, (entry) => (typeof entry === "number" ? entry : 0));
    const nodes = Int32Array.from(entries, (entry, v) => {
      if (typeof entry === "number") return -1;
      const id = node(`rewards/${reward}/${v}`, entry);
      const number = table.constantOf(id);
      if (number === undefined) return id;
      values[v] = number;
      return -1;
    });
    return [reward, nodes.some((id) => id >= 0) ? { values, formulas: nodes } : { values }];
  });
  return {
    name,
    kind,
    parameterNames: parameters,
    vertexCount: states.length,
    stateLength,
    states: Int32Array.from(states.flat()),
    initial: masses,
    edges: {
      sources,
      targets,
      bases,
      coefficients,
      ...(formulas.some((id) => id >= 0) && { formulas }),
      count: edges.length,
    },
    rewards: Object.fromEntries(vectors),
    expressions: table.table(),
  };
}
