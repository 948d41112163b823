/**
 * Imports a graph of phasic (github.com/munch-group/phasic) from the JSON that its `Graph.serialize()` becomes, or from a
 * file of its graph cache. Read from versions 0.22 to 0.32 of that package; earlier ones laid edges out differently.
 *
 * | field | holds |
 * |---|---|
 * | `states`, `vertex_indices` | one state vector per place, and its index in phasic; index 0 is the artificial start |
 * | `start_edges` | `[to, probability]`: the initial distribution |
 * | `edges`, `constant_edges` | `[from, to, weight]` |
 * | `param_edges` | `[from, to, c_1 … c_d]`; `weight_mode` says how the c_k and θ make a weight |
 * | `is_discrete`, `was_dph` | steps instead of time; rows are divided by their sums (newer versions only) |
 *
 * A discrete graph of phasic has no self-loops: what a row lacks to 1 stays. In our model it is written out.
 */
import { InputError } from "../base/errors.js";
import { isPlainObject, noSuch, valueText } from "../base/words.js";
import type { ModelDocument } from "../handle/document.js";
import { createFieldReader, type Refuse } from "./phasic-fields.js";
import { isTape, type PhasicTape, tapeFormula } from "./phasic-tape.js";

/** The document of an explicit model, with everything that a graph of phasic has. */
export type PhasicModel = Required<Omit<ModelDocument, "rewards" | "definitions">>;

/** What documents of older versions do not say. Used only where they do not. */
export interface PhasicAssumptions {
  readonly discrete?: boolean;
  /** Whether rows are divided by their sums, as after phasic's `discretize`. Default: as `discrete`. */
  readonly normalised?: boolean;
}

/** An edge between our vertices: affine in θ, or a formula. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly base: number;
  readonly coefficients: readonly number[];
  readonly formula: string | undefined;
}

const ASSUMPTIONS: readonly string[] = ["discrete", "normalised"];
const START_INDEX = 0;
const SUM_TOLERANCE = 1e-9;
const ROUNDING = 1e-12;

/**
 * The graph as an explicit model, without the artificial start; parameters are called theta0, theta1, … . Throws
 * `InputError` with the path of the first fault, and for what has no counterpart: weights by callback, a start that does
 * not sum to 1. Cost: linear.
 */
export function readPhasicGraph(document: unknown, assume: PhasicAssumptions = {}): PhasicModel {
  checkAssumptions(assume);
  const { fields, prefix } = unwrap(document);
  const refuse: Refuse = (path, what) => {
    const place = path === "" && prefix === "" ? "the document" : `${prefix}${path}`;
    throw new InputError("bad-phasic-graph", `Cannot read the phasic graph: ${place} ${what}.`);
  };
  const read = createFieldReader(fields, refuse);
  if (!("vertex_indices" in fields) && "states" in fields)
    refuse(
      "/vertex_indices",
      "is missing: the graph comes from a version before 0.22, whose edges mean something else",
    );
  const vertexCount = read.count("n_vertices");
  const stateLength = read.count("state_length");
  const parameterCount = read.count("param_length");
  const mode = read.choice("weight_mode", ["linear", "log", "formula"], "linear");
  const kind = (read.flag("is_discrete") ?? assume.discrete ?? false) ? "discrete" : "continuous";
  const normalised = kind === "discrete" && (read.flag("was_dph") ?? assume.normalised ?? true);

  const states = read.table("states", { length: vertexCount, columns: stateLength, whole: true });
  const indices = read.list("vertex_indices", vertexCount);
  const vertices = numberVertices(indices, refuse);
  const vertex = (path: string, place: number, role: "from" | "to"): number => {
    if (!(Number.isInteger(place) && place >= 0 && place < vertexCount))
      refuse(path, `is ${place} and must be a vertex from 0 to ${vertexCount - 1}`);
    if (vertices[place] < 0) refuse(path, `is the start, and an edge ${role} it has no counterpart`);
    return vertices[place];
  };

  const parameters = Array.from({ length: parameterCount }, (_, k) => `theta${k}`);
  const zeros = parameters.map(() => 0);
  const edges: Edge[] = [];
  for (const field of ["edges", "constant_edges"])
    read.table(field, { columns: 3, optional: field === "constant_edges" }).forEach(([from, to, base], i) => {
      edges.push({
        from: vertex(`/${field}/${i}/0`, from, "from"),
        to: vertex(`/${field}/${i}/1`, to, "to"),
        base,
        coefficients: zeros,
        formula: undefined,
      });
    });
  const tape = mode === "formula" ? readTape(fields.weight_formula_tape, refuse) : undefined;
  read.table("param_edges", {}).forEach((row, i) => {
    const path = `/param_edges/${i}`;
    const coefficients = row.slice(2);
    if (
      row.length < 2 ||
      coefficients.length < parameterCount ||
      (tape === undefined && row.length > 2 + parameterCount)
    )
      refuse(path, `has ${Math.max(0, coefficients.length)} coefficients and param_length is ${parameterCount}`);
    edges.push({
      from: vertex(`${path}/0`, row[0], "from"),
      to: vertex(`${path}/1`, row[1], "to"),
      ...weightOf(coefficients, parameters, mode, tape, (what) => refuse(path, what)),
    });
  });
  if (read.table("start_param_edges", { optional: true }).length > 0)
    refuse("/start_param_edges", "is not empty: a start that depends on parameters is not imported");

  const initial = read
    .table("start_edges", { columns: 2 })
    .map(([to, p], i): [number, number] => [vertex(`/start_edges/${i}/0`, to, "to"), p]);
  const mass = initial.reduce((sum, [, p]) => sum + p, 0);
  if (!(Math.abs(mass - 1) <= SUM_TOLERANCE))
    refuse("/start_edges", `sums to ${mass} and must sum to 1: phasic has no single meaning for such a start`);

  const rows = kind === "continuous" ? edges : discreteRows(edges, parameters, normalised);
  return {
    format: "sojourn-model/1",
    name: "phasic graph",
    kind,
    parameters,
    states: distinct(states.filter((_, place) => vertices[place] >= 0)),
    initial,
    edges: rows.map(({ from, to, base, coefficients, formula }) =>
      formula === undefined ? [from, to, base, ...coefficients] : [from, to, formula],
    ),
  };
}

/** The graph itself, also out of an entry of phasic's graph cache. */
function unwrap(document: unknown): { fields: Readonly<Record<string, unknown>>; prefix: string } {
  if (!isRecord(document))
    throw new InputError("bad-phasic-graph", "Cannot read the phasic graph: the document must be an object.");
  return isRecord(document.graph_data)
    ? { fields: document.graph_data, prefix: "/graph_data" }
    : { fields: document, prefix: "" };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Our number for each place, −1 for the start. */
function numberVertices(indices: readonly number[], refuse: Refuse): Int32Array {
  const vertices = new Int32Array(indices.length);
  let count = 0;
  indices.forEach((index, place) => {
    if (index === START_INDEX && place !== indices.indexOf(START_INDEX))
      refuse(`/vertex_indices/${place}`, "is a second start");
    vertices[place] = index === START_INDEX ? -1 : count++;
  });
  if (count === 0) refuse("/vertex_indices", "names no vertex but the start");
  return vertices;
}

/**
 * Vertices of phasic may share a state vector, as the auxiliary ones of a discretised graph do, and our states may not:
 * where any do, all get one more entry, which counts those before with the same vector.
 */
function distinct(states: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const counts = new Map<string, number>();
  const numbered = states.map((state) => {
    const label = state.join();
    const before = counts.get(label) ?? 0;
    counts.set(label, before + 1);
    return [...state, before];
  });
  return counts.size === states.length ? states : numbered;
}

type Weight = Pick<Edge, "base" | "coefficients" | "formula">;

function weightOf(
  coefficients: readonly number[],
  parameters: readonly string[],
  mode: string,
  tape: PhasicTape | undefined,
  refuse: (what: string) => never,
): Weight {
  const zeros = parameters.map(() => 0);
  if (mode === "linear") return { base: 0, coefficients, formula: undefined };
  if (tape !== undefined) {
    const value = tapeFormula(tape, coefficients, parameters, refuse);
    return typeof value === "number"
      ? { base: value, coefficients: zeros, formula: undefined }
      : { base: 0, coefficients: zeros, formula: value };
  }
  // "log": the product of all c_k θ_k, by way of logarithms.
  const product = coefficients.reduce((all, c) => all * c, 1);
  if (!coefficients.every((c) => c > 0)) refuse('must have coefficients above 0 only, because weight_mode is "log"');
  return { base: 0, coefficients: zeros, formula: [product, ...parameters].join("*") };
}

/** Rows of a discrete graph: divided by their sums, or with the self-loop that phasic leaves out. */
function discreteRows(edges: readonly Edge[], parameters: readonly string[], normalised: boolean): Edge[] {
  const rows = new Map<number, Edge[]>();
  for (const edge of edges) {
    const row = rows.get(edge.from);
    if (row) row.push(edge);
    else rows.set(edge.from, [edge]);
  }
  const zeros = parameters.map(() => 0);
  return [...rows].flatMap(([from, row]): Edge[] => {
    const constant = row.every(isConstant);
    const sum = row.reduce((total, { base }) => total + base, 0);
    const total = row.map((edge) => edgeFormula(edge, parameters)).join("+");
    if (normalised) {
      if (row.length === 1) return [{ ...row[0], base: 1, coefficients: zeros, formula: undefined }];
      if (constant) return row.map((edge) => ({ ...edge, base: edge.base / sum }));
      return row.map((edge) => ({ ...edge, formula: `(${edgeFormula(edge, parameters)})/(${total})` }));
    }
    const loop = { from, to: from, base: 0, coefficients: zeros, formula: undefined };
    if (!constant) return [...row, { ...loop, formula: `max(0,1-(${total}))` }];
    return 1 - sum > ROUNDING ? [...row, { ...loop, base: 1 - sum }] : row;
  });
}

const isConstant = ({ coefficients, formula }: Edge): boolean =>
  formula === undefined && coefficients.every((c) => c === 0);

function edgeFormula({ base, coefficients, formula }: Edge, parameters: readonly string[]): string {
  if (formula !== undefined) return `(${formula})`;
  const terms = coefficients.flatMap((c, k) => (c === 0 ? [] : [`${c < 0 ? `(${c})` : c}*${parameters[k]}`]));
  if (base !== 0 || terms.length === 0) terms.unshift(base < 0 ? `(${base})` : String(base));
  return terms.join("+");
}

function readTape(value: unknown, refuse: Refuse): PhasicTape {
  return isTape(value) ? value : refuse("/weight_formula_tape", "is not a tape of operations and constants");
}

function checkAssumptions(assume: unknown): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot read the phasic graph: ${what}.`);
  };
  if (!isPlainObject(assume)) refuse(`assume is an object such as { discrete: true } and not ${valueText(assume)}`);
  for (const [name, value] of Object.entries(assume as object)) {
    if (!ASSUMPTIONS.includes(name)) refuse(noSuch("assumption", name, ASSUMPTIONS));
    if (value !== undefined && typeof value !== "boolean")
      refuse(`the assumption ${name} must be true or false and is ${valueText(value)}`);
  }
}
