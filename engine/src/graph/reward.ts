/**
 * Reward transformation: the model whose absorption time is the accumulated reward Y of another. States without reward
 * are eliminated, symbolically, so that the new weights are formulas over θ and everything else, derivatives included,
 * works on the new model as on any other:
 *
 *     continuous  w_uz += w_uk w_kz / Σ_{j≠k} w_kj for r_k = 0 (what returns to u is dropped);  then w_k· / r_k
 *     discrete    T_uz += T_uk T_kz / (Σ_{j≠k} T_kj + what row k lacks to 1) for r_k = 0 (what returns to u is kept);  r_k copies of k in a row
 *
 * Mass that starts in a state without reward moves on in the same way; what reaches absorption is the defect, the
 * probability that Y = 0. Sums of products: nothing cancels. (Bladt & Nielsen 2017; Røikjer, Hobolth & Munch 2022.)
 */
import { CostHeap } from "../base/cost-heap.js";
import { InputError, InterruptedError } from "../base/errors.js";
import { TableBuilder } from "../expression/table.js";
import { type Graph, isAbsorbing, vertexName } from "./graph.js";

/** More copies than this, for integer rewards of discrete models, are refused. */
const COPIES_MAX = 5_000_000;

const POLL_EVERY = 64;
/** Of one node of the table while it is built. */
const NODE_BYTES = 80;

/** Weights of a row by target, as nodes. */
type Row = Map<number, number>;

export interface Transformed {
  readonly graph: Graph;
  /** Vertex of the new graph for each vertex of the old one (its first copy), −1 where it was eliminated. */
  readonly place: Int32Array;
}

/**
 * Throws `InputError` when a reward of a discrete model is no whole number or the formulas need more than `maxBytes`,
 * `InterruptedError` when told to. Cost: the fill of the eliminated states.
 */
export function rewardTransformed(
  graph: Graph,
  reward: string,
  interrupted: () => boolean = () => false,
  maxBytes = Infinity,
): Transformed {
  const V = graph.vertexCount;
  const first = graph.rewardNames.indexOf(reward) * V;
  const rewardAt = (v: number): number => graph.rewards[first + v];
  const nodeOf = (v: number): number => (graph.rewardFormulas.length > 0 ? graph.rewardFormulas[first + v] : -1);
  const table = new TableBuilder(graph.expressions);
  const model = new Elimination(graph, table);
  const empty: number[] = [];
  for (let v = 0; v < V; v++) if (!isAbsorbing(graph, v) && rewardAt(v) === 0 && nodeOf(v) < 0) empty.push(v);
  model.eliminateAll(empty, interrupted, maxBytes);
  const gone = new Set(empty);
  return graph.kind === "continuous"
    ? scaled(graph, reward, model, gone, table, (v) => {
        const node = nodeOf(v);
        return node < 0 ? table.constant(rewardAt(v)) : table.binary("sum", table.constant(rewardAt(v)), node);
      })
    : copied(graph, reward, model, gone, table, (v) => {
        const copies = rewardAt(v);
        if (nodeOf(v) < 0 && Number.isInteger(copies)) return copies;
        throw new InputError(
          "bad-reward",
          `Cannot transform ${graph.name} by the reward ${reward}: in a discrete model it must be a whole number everywhere and is not at ${vertexName(graph, v)}.`,
        );
      });
}

/** Rows as nodes, and states taken out of them one by one. */
class Elimination {
  readonly rows: Row[];
  readonly initial: Row;
  readonly #table: TableBuilder;
  readonly #sources: Set<number>[];
  readonly #discrete: boolean;
  readonly #name: string;

  constructor(graph: Graph, table: TableBuilder) {
    const d = graph.parameterNames.length;
    this.#table = table;
    this.#discrete = graph.kind === "discrete";
    this.#name = graph.name;
    this.#sources = Array.from({ length: graph.vertexCount }, () => new Set());
    this.rows = Array.from({ length: graph.vertexCount }, (_, v) => {
      const row: Row = new Map();
      for (let e = graph.rowStart[v]; e < graph.rowStart[v + 1]; e++) {
        const coefficients = graph.coefficients.subarray(e * d, (e + 1) * d);
        const node = table.affine(graph.bases[e], coefficients, graph.formulas.length > 0 ? graph.formulas[e] : -1);
        row.set(graph.targets[e], node);
        this.#sources[graph.targets[e]].add(v);
      }
      return row;
    });
    this.initial = new Map();
    graph.initialVertices.forEach((v, i) => {
      const node = graph.initialFormulas.length > 0 ? graph.initialFormulas[i] : -1;
      this.initial.set(v, table.affine(graph.initialProbabilities[i], [], node));
    });
  }

  /** Cheapest first: ways in times ways out. */
  eliminateAll(vertices: readonly number[], interrupted: () => boolean, maxBytes: number): void {
    const left = new CostHeap(this.rows.length);
    const empty = new Set(vertices);
    const cost = (v: number): number => this.#sources[v].size * this.rows[v].size;
    for (const v of vertices) left.set(v, cost(v));
    for (let step = 0; step < vertices.length; step++) {
      if (step % POLL_EVERY === 0 && interrupted())
        throw new InterruptedError(`taking out state ${step} of ${vertices.length} without reward of ${this.#name}`);
      if (this.#table.count * NODE_BYTES > maxBytes)
        throw new InputError(
          "too-much-memory",
          `Cannot transform ${this.#name}: with ${step} of ${vertices.length} states without reward taken out there are ${this.#table.count} formulas, more than ${(maxBytes / 2 ** 30).toFixed(1)} GiB hold; choose smaller inputs.`,
        );
      const v = left.pop();
      empty.delete(v);
      const near = [...this.#sources[v], ...this.rows[v].keys()].filter((u) => empty.has(u));
      this.#eliminate(v);
      for (const u of near) left.set(u, cost(u));
    }
  }

  #eliminate(k: number): void {
    const table = this.#table;
    const row = this.rows[k];
    const stay = row.get(k);
    row.delete(k);
    let leaves = table.constant(0);
    if (this.#discrete) {
      // what row k lacks to 1 leaves too
      let all = stay ?? table.constant(0);
      for (const weight of row.values()) all = table.binary("sum", all, weight);
      leaves = table.unary("lack", all);
    }
    for (const weight of row.values()) leaves = table.binary("sum", leaves, weight);
    const pass = (to: Row, part: number, keepReturn: (target: number) => boolean): void => {
      const share = table.binary("share", part, leaves);
      for (const [target, weight] of row) {
        if (!keepReturn(target)) continue;
        const more = table.binary("product", share, weight);
        const known = to.get(target);
        to.set(target, known === undefined ? more : table.binary("sum", known, more));
      }
    };
    for (const u of this.#sources[k]) {
      if (u === k) continue;
      const part = this.rows[u].get(k)!;
      this.rows[u].delete(k);
      pass(this.rows[u], part, (target) => this.#discrete || target !== u);
      for (const target of row.keys()) if (this.#discrete || target !== u) this.#sources[target].add(u);
    }
    const start = this.initial.get(k);
    if (start !== undefined) {
      this.initial.delete(k);
      pass(this.initial, start, () => true);
    }
    for (const target of row.keys()) this.#sources[target].delete(k);
    row.clear();
  }
}

/** Continuous: the rows that are left, divided by their rewards. */
function scaled(
  graph: Graph,
  reward: string,
  { rows, initial }: Elimination,
  gone: ReadonlySet<number>,
  table: TableBuilder,
  rewardNode: (v: number) => number,
): Transformed {
  const kept = Array.from({ length: graph.vertexCount }, (_, v) => v).filter((v) => !gone.has(v));
  const rank = new Map(kept.map((v, i) => [v, i]));
  const edges = kept.map((v) =>
    [...rows[v]].map(([target, node]) => [rank.get(target)!, table.binary("quotient", node, rewardNode(v))] as const),
  );
  return assemble(graph, reward, kept, edges, initial, rank, table);
}

/** Discrete: r_v copies of each state; the last one has its edges, a self-loop leads back to the first. */
function copied(
  graph: Graph,
  reward: string,
  { rows, initial }: Elimination,
  gone: ReadonlySet<number>,
  table: TableBuilder,
  copiesOf: (v: number) => number,
): Transformed {
  const labels: number[] = [];
  const firstCopy = new Map<number, number>();
  for (let v = 0; v < graph.vertexCount; v++) {
    if (gone.has(v)) continue;
    firstCopy.set(v, labels.length);
    const copies = isAbsorbing(graph, v) ? 1 : copiesOf(v);
    if (labels.length + copies > COPIES_MAX)
      throw new InputError(
        "too-many-states",
        `Cannot transform ${graph.name} by the reward ${reward}: it needs more than ${COPIES_MAX} copies of states; give smaller rewards.`,
      );
    for (let i = 0; i < copies; i++) labels.push(v);
  }
  const one = table.constant(1);
  const edges = labels.map((v, at) =>
    labels[at + 1] === v
      ? [[at + 1, one] as const]
      : [...rows[v]].map(([target, node]) => [firstCopy.get(target)!, node] as const),
  );
  return assemble(graph, reward, labels, edges, initial, firstCopy, table);
}

function assemble(
  graph: Graph,
  reward: string,
  labels: readonly number[],
  edges: readonly (readonly (readonly [number, number])[])[],
  initial: Row,
  places: ReadonlyMap<number, number>,
  table: TableBuilder,
): Transformed {
  const rowStart = new Int32Array(labels.length + 1);
  const targets: number[] = [];
  const nodes: number[] = [];
  edges.forEach((row, v) => {
    for (const [target, node] of [...row].sort((a, b) => a[0] - b[0])) {
      if (table.constantOf(node) === 0) continue;
      targets.push(target);
      nodes.push(node);
    }
    rowStart[v + 1] = targets.length;
  });
  const starts = [...initial].map(([v, node]) => [places.get(v)!, node] as const).sort((a, b) => a[0] - b[0]);
  const split = (list: readonly number[]): { values: Float64Array; formulas: Int32Array } => {
    const formulas = Int32Array.from(list, (node) => (table.constantOf(node) === undefined ? node : -1));
    return {
      values: Float64Array.from(list, (node) => table.constantOf(node) ?? 0),
      formulas: formulas.some((node) => node >= 0) ? formulas : new Int32Array(0),
    };
  };
  const weights = split(nodes);
  const masses = split(starts.map(([, node]) => node));
  const states = new Int32Array(labels.length * graph.stateLength);
  labels.forEach((v, i) => {
    states.set(graph.states.subarray(v * graph.stateLength, (v + 1) * graph.stateLength), i * graph.stateLength);
  });
  const transformed: Graph = {
    name: `${reward} of ${graph.name}`,
    kind: graph.kind,
    parameterNames: graph.parameterNames,
    vertexCount: labels.length,
    stateLength: graph.stateLength,
    states,
    initialVertices: Int32Array.from(starts, ([v]) => v),
    initialProbabilities: masses.values,
    initialFormulas: masses.formulas,
    rowStart,
    targets: Int32Array.from(targets),
    bases: weights.values,
    coefficients: new Float64Array(targets.length * graph.parameterNames.length),
    formulas: weights.formulas,
    rewardNames: [],
    rewards: new Float64Array(0),
    rewardFormulas: new Int32Array(0),
    expressions: table.table(),
    derived: true,
  };
  return { graph: transformed, place: Int32Array.from({ length: graph.vertexCount }, (_, v) => places.get(v) ?? -1) };
}
