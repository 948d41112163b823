/**
 * What passes between the host and a tile: θ and whatever depends on it by formulas go in, scalars, vectors and sums by
 * class come out and become values and gradients of a lane. Offsets may be those of a tile, or of the area where it is
 * staged for a thread.
 */
import { CompensatedSum } from "../../base/compensated-sum.js";
import type { Graph } from "../../graph/graph.js";
import { isAbsorbing } from "../../graph/graph.js";
import type { OutputPlace, Step } from "../../program/program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { ModelNumbers } from "../reference/numbers.js";
import type { Compiled, TileInterface } from "./compiled.js";
import { DOUBLE, planeBytes, slotBytes } from "./lane-numbers.js";
import type { WasmMemory } from "./webassembly.js";

/** A stretch of a tile that the host writes or reads. */
export interface Span {
  readonly offset: number;
  readonly bytes: number;
}

/** What the host writes before a run. */
export function inputSpans({ tile, format, classes }: Compiled, graph: Graph, positions: number): Span[] {
  const [plane, slot] = [planeBytes(format), slotBytes(format)];
  return [
    { offset: tile.theta, bytes: plane * graph.parameterNames.length },
    ...tile.nodes.map(({ offset }) => ({ offset, bytes: plane })),
    ...tile.vectors.map(({ offset }) => ({ offset, bytes: slot * positions })),
    ...tile.tangents.map(({ offset }) => ({ offset, bytes: plane * classes.count })),
    ...tile.scalars.map(({ offset }) => ({ offset, bytes: slot })),
  ];
}

/** What it reads after one. */
export function outputSpans({ tile, format, classes }: Compiled, positions: number): Span[] {
  const [plane, slot] = [planeBytes(format), slotBytes(format)];
  const sizes: Partial<Record<Step["op"], readonly number[]>> = {
    outputVector: [slot * positions],
    outputVisits: [plane * classes.count, slot * positions],
    pullSystem: [slot * classes.count],
    pullSystemTangent: [slot * classes.count, slot * classes.count],
    pullReward: [slot * positions],
    pullRewardTangent: [slot * positions, slot * positions],
    pullInitial: [slot * positions],
    pullInitialTangent: [slot * positions, slot * positions],
  };
  const spans = tile.reports.flatMap(({ step, operands }) =>
    operands.map((offset, i) => ({ offset, bytes: sizes[step.op]?.[i] ?? slot })),
  );
  const leaking = tile.reports.some(({ step }) => step.op === "outputVisits") && tile.leaks !== undefined;
  return [
    { offset: tile.mask, bytes: plane },
    ...spans,
    ...(leaking ? [{ offset: tile.leaks!, bytes: slot * positions }] : []),
  ];
}

/** Reads and writes lanes of tiles in one memory. */
export class TileHost {
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #compiled: Compiled;
  readonly #numbers: ModelNumbers;
  readonly #plain: boolean;
  readonly #doubles: Float64Array;
  readonly #words: Int32Array;
  readonly #plane: number;
  readonly #slot: number;
  readonly #directions: readonly Float64Array[];
  readonly #direction: Float64Array | undefined;
  readonly #row: Float64Array;
  readonly #second: Float64Array;
  readonly #sums: Float64Array;

  constructor(
    graph: Graph,
    trace: EliminationTrace,
    compiled: Compiled,
    memory: WasmMemory,
    outputs: "values" | "gradients" | "hessianVector",
  ) {
    const d = graph.parameterNames.length;
    this.#graph = graph;
    this.#trace = trace;
    this.#compiled = compiled;
    this.#numbers = new ModelNumbers(graph, trace, true);
    this.#plain = graph.expressions.operations.length === 0;
    this.#doubles = new Float64Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#plane = planeBytes(compiled.format);
    this.#slot = slotBytes(compiled.format);
    this.#direction = outputs === "hessianVector" ? new Float64Array(d) : undefined;
    this.#directions = this.#direction
      ? [this.#direction]
      : Array.from({ length: outputs === "gradients" ? d : 0 }, (_, k) =>
          Float64Array.from({ length: d }, (_, j) => (j === k ? 1 : 0)),
        );
    this.#row = new Float64Array(trace.order.length);
    this.#second = new Float64Array(trace.order.length);
    this.#sums = new Float64Array(compiled.classes.count);
    if (this.#plain) this.#numbers.setFormulas(new Float64Array(d));
  }

  /** The direction of a Hessian-vector product, for all lanes to come. */
  set direction(direction: Float64Array) {
    this.#direction?.set(direction);
  }

  /** θ of one lane into a tile at `base`. Answers false when the lane is for the reference backend to judge. */
  write(tile: TileInterface, base: number, lane: number, theta: Float64Array): boolean {
    const numbers = this.#numbers;
    const at = (base + tile.theta) / DOUBLE + lane;
    const perPlane = this.#plane / DOUBLE;
    for (let k = 0; k < theta.length; k++) this.#doubles[at + k * perPlane] = theta[k];
    if (!this.#plain) {
      numbers.setFormulas(theta);
      if (this.#directions.length > 0) numbers.setDirections(this.#directions);
    }
    if (numbers.fault !== undefined) return false;
    for (const { node, offset } of tile.nodes) this.#doubles[(base + offset) / DOUBLE + lane] = numbers.node(node);
    for (const { step, offset } of tile.scalars) this.#writeScalar(step, base + offset, lane);
    for (const { step, offset } of tile.vectors) this.#writeVector(step, base + offset, lane);
    for (const { direction, offset } of tile.tangents) this.#writeTangents(direction, base + offset, lane);
    return true;
  }

  #writeScalar(step: Step, address: number, lane: number): void {
    const at = address / DOUBLE + lane;
    if (step.op === "defect") this.#doubles[at] = this.#numbers.defect(step.vertices);
    if (step.op === "defectTangent") this.#doubles[at] = this.#numbers.defectTangent(step.direction, step.vertices);
    this.#clearLow(at);
  }

  #clearLow(at: number): void {
    if (this.#compiled.format.precise) this.#doubles[at + this.#plane / DOUBLE] = 0;
  }

  #writeVector(step: Step, address: number, lane: number): void {
    const row = this.#row;
    if (step.op === "reward") this.#numbers.reward(step.reward, row);
    if (step.op === "rewardTangent") this.#numbers.rewardTangent(step.reward, step.direction, row);
    if (step.op === "initial") row.set(this.#numbers.initial);
    if (step.op === "initialTangent") this.#numbers.initialTangent(step.direction, row);
    const perSlot = this.#slot / DOUBLE;
    for (let p = 0, at = address / DOUBLE + lane; p < row.length; p++, at += perSlot) {
      this.#doubles[at] = row[p];
      this.#clearLow(at);
    }
  }

  #writeTangents(direction: number, address: number, lane: number): void {
    const { count, coefficients, formulas } = this.#compiled.classes;
    const along = this.#directions[direction];
    const d = along.length;
    const perPlane = this.#plane / DOUBLE;
    for (let c = 0, at = address / DOUBLE + lane; c < count; c++, at += perPlane) {
      let sum = 0;
      for (let k = 0; k < d; k++) if (coefficients[c * d + k] !== 0) sum += coefficients[c * d + k] * along[k];
      if (formulas.length > 0 && formulas[c] >= 0) sum += this.#numbers.nodeTangent(formulas[c], direction);
      this.#doubles[at] = sum;
    }
  }

  /** Whether the lane of a tile that ran is sound. */
  sound(tile: TileInterface, base: number, lane: number): boolean {
    return this.#words[(base + tile.mask) / 4 + 2 * lane] !== 0;
  }

  /** Values of one lane of a tile that ran with this θ; false when there are numbers that are none. */
  read(tile: TileInterface, base: number, lane: number, theta: Float64Array, out: Float64Array): boolean {
    if (!this.#plain) {
      // formulas keep the last θ that was set
      this.#numbers.setFormulas(theta);
      if (this.#directions.length > 0) this.#numbers.setDirections(this.#directions);
    }
    out.fill(0);
    for (const { step, operands } of tile.reports)
      this.#report(
        step,
        operands.map((offset) => (base + offset) / DOUBLE + lane),
        tile.leaks === undefined ? -1 : (base + tile.leaks) / DOUBLE + lane,
        out,
      );
    for (let i = 0; i < out.length; i++) if (!Number.isFinite(out[i])) return false;
    return true;
  }

  #report(step: Step, [first, second]: readonly number[], leaks: number, out: Float64Array): void {
    const numbers = this.#numbers;
    const d = numbers.dimension;
    const gradient = (): Float64Array => {
      const { value } = step as { value: number };
      return out.subarray(value * d, (value + 1) * d);
    };
    switch (step.op) {
      case "output":
        out[place(step, 0, d)] += this.#doubles[first];
        return;
      case "outputVector": {
        const row = this.#vector(first, this.#row);
        for (let p = 0; p < row.length; p++) out[place(step, this.#trace.order[p], d)] += row[p];
        return;
      }
      case "outputVisits":
        this.#visits(step, first, second, leaks, out);
        return;
      case "outputStart":
        for (const vertex of this.#graph.initialVertices)
          if (isAbsorbing(this.#graph, vertex)) out[place(step, vertex, d)] += numbers.startAt(vertex, step.direction);
        return;
      case "pullSystem":
        this.#pullSystem(first, gradient());
        return;
      case "pullSystemTangent":
        this.#pullSystem(second, gradient());
        numbers.pullFormulas(this.#compiled.classes.formulas, this.#classSums(first), gradient(), step.direction);
        return;
      case "pullReward":
        numbers.pullReward(step.reward, this.#vector(first, this.#row), gradient());
        return;
      case "pullRewardTangent":
        numbers.pullRewardTangent(
          step.reward,
          this.#vector(first, this.#row),
          this.#vector(second, this.#second),
          step.direction,
          gradient(),
        );
        return;
      case "pullInitial":
        numbers.pullInitial(this.#vector(first, this.#row), gradient());
        return;
      case "pullInitialTangent":
        numbers.pullInitialTangent(
          this.#vector(first, this.#row),
          this.#vector(second, this.#second),
          step.direction,
          gradient(),
        );
        return;
      case "pullDefect":
        numbers.pullDefect(this.#doubles[first], step.vertices, gradient());
        return;
      case "pullDefectTangent":
        numbers.pullDefectTangent(
          this.#doubles[first],
          this.#doubles[second],
          step.vertices,
          step.direction,
          gradient(),
        );
        return;
      default:
        throw new TypeError(`the step ${step.op} reports nothing`);
    }
  }

  #vector(at: number, to: Float64Array): Float64Array {
    const perSlot = this.#slot / DOUBLE;
    for (let p = 0, i = at; p < to.length; p++, i += perSlot) to[p] = this.#doubles[i];
    return to;
  }

  #classSums(at: number): Float64Array {
    return this.#vector(at, this.#sums);
  }

  /** gradient_k += Σ over classes of coefficient · sum: what belongs to one parameter may cancel between classes. */
  #pullSystem(at: number, gradient: Float64Array): void {
    const { count, coefficients, formulas } = this.#compiled.classes;
    const d = gradient.length;
    const sums = this.#classSums(at);
    const low = this.#compiled.format.precise ? this.#plane / DOUBLE : 0;
    for (let k = 0; k < d; k++) {
      const total = new CompensatedSum();
      for (let c = 0; c < count; c++) {
        const coefficient = coefficients[c * d + k];
        if (coefficient === 0 || sums[c] === 0) continue;
        total.add(coefficient * sums[c]);
        if (low > 0) total.add(coefficient * this.#doubles[at + (c * this.#slot) / DOUBLE + low]);
      }
      gradient[k] += total.sum;
    }
    if (formulas.length > 0) this.#numbers.pullFormulas(formulas, sums, gradient);
  }

  /** y_v λ_v of transient vertices, and what flows into each absorbing one; of a discrete model the latter alone. */
  #visits(step: OutputPlace, weights: number, vector: number, leaks: number, out: Float64Array): void {
    const { rowStart, targets, kind } = this.#graph;
    const { order, rank } = this.#trace;
    const { ofEdge } = this.#compiled.classes;
    const d = this.#numbers.dimension;
    const [perSlot, perPlane] = [this.#slot / DOUBLE, this.#plane / DOUBLE];
    for (let p = 0; p < order.length; p++) {
      const v = order[p];
      const y = this.#doubles[vector + p * perSlot];
      let all = leaks < 0 ? 0 : this.#doubles[leaks + p * perSlot];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const w = this.#doubles[weights + ofEdge[e] * perPlane];
        all += w;
        if (rank[targets[e]] < 0) out[place(step, targets[e], d)] += y * w;
      }
      if (kind === "continuous") out[place(step, v, d)] += y * all;
    }
  }
}

const place = ({ value, direction }: OutputPlace, more: number, dimension: number): number =>
  direction === undefined ? value + more : (value + more) * dimension + direction;
