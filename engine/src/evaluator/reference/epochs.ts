/** One lane over its epochs: numbers, systems, starts and the distribution inside each epoch, made when asked for. */
import { tableTangents, tableValues } from "../../expression/evaluate.js";
import { reach, reachedFromStart, reachesAbsorption } from "../../graph/check.js";
import { type Graph, isAbsorbing } from "../../graph/graph.js";
import { epochCount, type Schedule, type TimeProgram } from "../../program/time-program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { ModelNumbers } from "./numbers.js";
import type { DualVector, SweepService, SystemTangent, TransientSystem } from "./system.js";
import type { Distribution, Laplace } from "./time/distribution.js";
import { openDistribution } from "./time/open.js";
import { Panels } from "./time/panels.js";
import { largestRate } from "./time/step-table.js";
import { constantDual, TransientLayout } from "./transient.js";
import type { SystemNumbers } from "./weights.js";

/** Columns of every distribution, in this order. */
export const COLUMN = { exits: 0, ones: 1, more: 2 } as const;

export interface Epoch {
  readonly start: number;
  /** Derivatives of the start. */
  readonly startTangents: Float64Array;
  readonly numbers: ModelNumbers;
  readonly system: TransientSystem;
  readonly tangents: readonly SystemTangent[];
  readonly systemTangents: readonly SystemNumbers[];
}

/** Why a lane has no values; with a reason where more can be said than the status says. */
export class LaneFault extends Error {
  readonly status: "singular" | "overflow" | "horizon" | "invalid" | "impossible";
  readonly reason: string | undefined;

  constructor(status: LaneFault["status"], reason?: string) {
    super(status);
    this.status = status;
    this.reason = reason;
  }
}

/** What stays the same over lanes: patterns and buffers. */
export class LaneFactory {
  readonly graph: Graph;
  readonly trace: EliminationTrace;
  readonly layout: TransientLayout;
  readonly schedule: Schedule | undefined;
  /** Parameters of the lane: those of the model, or those of the schedule. */
  readonly dimension: number;
  /** Where many times are read off few. */
  readonly panels: Panels;
  readonly #numbers: ModelNumbers[];
  readonly #nodes: Float64Array;
  readonly #nodeTangents: Float64Array;

  constructor(
    graph: Graph,
    trace: EliminationTrace,
    program: TimeProgram,
    panels = new Panels(),
    sweeps?: SweepService,
  ) {
    this.panels = panels;
    this.graph = graph;
    this.trace = trace;
    this.layout = new TransientLayout(graph, trace, sweeps);
    this.schedule = program.epochs;
    this.dimension = (program.epochs?.parameterNames ?? graph.parameterNames).length;
    const epochs = program.epochs ? epochCount(program.epochs) : 1;
    this.#numbers = Array.from({ length: epochs }, () => new ModelNumbers(graph, trace));
    this.#nodes = new Float64Array(program.epochs?.expressions.operations.length ?? 0);
    this.#nodeTangents = this.#nodes.slice();
  }

  /** Everything at θ with derivatives in these directions. Throws `LaneFault`, and `InputError` for a rate that is no rate. */
  epochs(theta: Float64Array, directions: readonly Float64Array[]): readonly Epoch[] {
    const epochs = this.schedule
      ? this.#scheduled(this.schedule, theta, directions)
      : [this.#epoch(0, theta, directions, 0, new Float64Array(directions.length))];
    this.#checkStarts(epochs);
    this.#checkAbsorption(epochs);
    return epochs;
  }

  #checkStarts(epochs: readonly Epoch[]): void {
    epochs.forEach(({ start }, m) => {
      const refuse = (why: string): never => {
        throw new LaneFault("invalid", `epoch ${m} starts at ${start}, ${why}`);
      };
      if (m === 0 && start !== 0) refuse("and the first epoch must start at 0");
      if (!Number.isFinite(start)) refuse("which is no time");
      if (this.graph.kind === "discrete" && !Number.isInteger(start)) refuse("which is no whole number of steps");
      if (m > 0 && start < epochs[m - 1].start) refuse(`before epoch ${m - 1}, which starts at ${epochs[m - 1].start}`);
    });
  }

  #scheduled(schedule: Schedule, theta: Float64Array, directions: readonly Float64Array[]): Epoch[] {
    const d = this.graph.parameterNames.length;
    tableValues(schedule.expressions, theta, this.#nodes);
    const values = this.#nodes.slice();
    const tangents = directions.map((direction) => {
      tableTangents(schedule.expressions, values, direction, this.#nodeTangents);
      return this.#nodeTangents.slice();
    });
    return Array.from(schedule.starts, (start, m) => {
      const nodes = schedule.thetas.subarray(m * d, (m + 1) * d);
      const at = (of: Float64Array): Float64Array => Float64Array.from(nodes, (node) => of[node]);
      const startTangents = Float64Array.from(tangents, (of) => of[start]);
      return this.#epoch(m, at(values), tangents.map(at), values[start], startTangents);
    });
  }

  #epoch(
    m: number,
    theta: Float64Array,
    directions: readonly Float64Array[],
    start: number,
    startTangents: Float64Array,
  ): Epoch {
    const numbers = this.#numbers[m];
    const sound = numbers.set(theta);
    if (sound !== "ok") throw new LaneFault(sound, numbers.fault);
    numbers.setDirections(directions);
    const systemTangents = directions.map((_, k) => {
      const to = { edges: new Float64Array(this.graph.targets.length), leaks: new Float64Array(this.layout.size) };
      numbers.systemTangent(k, to);
      return to;
    });
    const { layout } = this;
    // copies, which an epoch that is only solved does without
    let system: TransientSystem | undefined;
    let tangents: readonly SystemTangent[] | undefined;
    return {
      start,
      startTangents,
      numbers,
      systemTangents,
      get system() {
        system ??= layout.system(numbers.system);
        return system;
      },
      get tangents() {
        tangents ??= systemTangents.map((tangent) => layout.tangent(tangent));
        return tangents;
      },
    };
  }

  /** α with its derivatives, from the numbers of the first epoch. */
  initial(epochs: readonly Epoch[]): DualVector {
    const { numbers, tangents } = epochs[0];
    return {
      value: numbers.initial.slice(),
      tangents: tangents.map((_, k) => {
        const to = new Float64Array(this.layout.size);
        numbers.initialTangent(k, to);
        return to;
      }),
    };
  }

  reward(epoch: Epoch, name: string | undefined): DualVector {
    const value = new Float64Array(this.layout.size);
    if (name === undefined) return constantDual(value.fill(1), epoch.tangents.length);
    epoch.numbers.reward(name, value);
    return {
      value,
      tangents: epoch.tangents.map((_, k) => {
        const to = new Float64Array(this.layout.size);
        epoch.numbers.rewardTangent(name, k, to);
        return to;
      }),
    };
  }

  /** Every vertex that mass can reach in some epoch must reach absorption in the last one. */
  #checkAbsorption(epochs: readonly Epoch[]): void {
    const last = epochs[epochs.length - 1];
    const leaks = (v: number): boolean => last.numbers.system.leaks[this.trace.rank[v]] > 0;
    const inLast = (e: number): boolean => last.numbers.system.edges[e] > 0;
    if (epochs.length === 1) {
      if (reach(this.graph, inLast, leaks) !== undefined) throw new LaneFault("singular");
      return;
    }
    const reached = reachedFromStart(this.graph, (e) => epochs.some(({ numbers }) => numbers.system.edges[e] > 0));
    const absorbed = reachesAbsorption(this.graph, inLast, leaks);
    for (let v = 0; v < reached.length; v++)
      if (reached[v] && !absorbed[v] && !isAbsorbing(this.graph, v)) throw new LaneFault("singular");
  }
}

export interface LaneOptions {
  readonly method: TimeProgram["method"];
  readonly interrupted: () => boolean;
  readonly laplace?: (epoch: number) => Laplace;
}

/** The distributions of one lane. */
export class Lane {
  readonly epochs: readonly Epoch[];
  readonly factory: LaneFactory;
  readonly #columns: (epoch: Epoch) => readonly DualVector[];
  readonly #options: LaneOptions;
  readonly #distributions: Distribution[] = [];
  readonly #read: (readonly DualVector[])[] = [];
  readonly #slopes: (readonly DualVector[])[] = [];
  readonly #starts: DualVector[] = [];

  /** `columns` are what is read besides exits and ones, per epoch. */
  constructor(
    factory: LaneFactory,
    epochs: readonly Epoch[],
    columns: (epoch: Epoch) => readonly DualVector[],
    options: LaneOptions,
  ) {
    this.factory = factory;
    this.epochs = epochs;
    this.#columns = columns;
    this.#options = options;
  }

  get directions(): number {
    return this.epochs[0].tangents.length;
  }

  /** The epoch that time t ≥ 0 lies in; at a start, the one that begins. */
  epochAt(time: number): number {
    let m = this.epochs.length - 1;
    while (m > 0 && this.epochs[m].start > time) m--;
    return m;
  }

  /** Length of an epoch that is not the last, and its derivatives. */
  length(m: number): { readonly value: number; readonly tangents: Float64Array } {
    const [from, to] = [this.epochs[m], this.epochs[m + 1]];
    return {
      value: to.start - from.start,
      tangents: to.startTangents.map((tangent, k) => tangent - from.startTangents[k]),
    };
  }

  /** a at the start of epoch m. */
  startRow(m: number): DualVector {
    if (m === 0) return (this.#starts[0] ??= this.factory.initial(this.epochs));
    if (this.#starts[m] === undefined) {
      const { value, tangents } = this.length(m - 1);
      const row = need(this.reaching(m - 1, value, tangents).row(value));
      const { system } = this.epochs[m - 1];
      this.#starts[m] = value === 0 && moves(system, tangents) ? begun(system, row, tangents) : row;
    }
    return this.#starts[m];
  }

  /** Exits, ones and what the caller reads besides; where the start moves, each one's derivative in time after them. */
  columns(m: number): readonly DualVector[] {
    const columns = this.#valueColumns(m);
    const { system, startTangents } = this.epochs[m];
    if (!moves(system, startTangents)) return columns;
    this.#slopes[m] ??= columns.flatMap(({ value }) => slopeColumns(system, value, this.directions));
    return [...columns, ...this.#slopes[m]];
  }

  /**
   * d/dt of a(t)·q, for times at which the epoch's rates times the time are moderate: beyond, differences of flows lose
   * digits and `reaching` serves.
   */
  slope(m: number, column: number, time: number): number | undefined {
    const { system } = this.epochs[m];
    if (largestRate(system) * time > SLOPE_STEPS) return undefined;
    const first = this.#valueColumns(m).length + 2 * column;
    const [up, down] = [first, first + 1].map((c) => this.distribution(m).at(c, time));
    return up && down && up.value - down.value;
  }

  #valueColumns(m: number): readonly DualVector[] {
    if (this.#read[m] === undefined) {
      const epoch = this.epochs[m];
      const exits: DualVector = { value: epoch.system.exits, tangents: epoch.tangents.map((tangent) => tangent.exits) };
      const ones = constantDual(new Float64Array(this.factory.layout.size).fill(1), this.directions);
      this.#read[m] = [exits, ones, ...this.#columns(epoch)];
    }
    return this.#read[m];
  }

  distribution(m: number): Distribution {
    this.#distributions[m] ??= this.#open(m, this.epochs[m].tangents);
    return this.#distributions[m];
  }

  /** The distribution to read at one time after the start of epoch m, where that time moves with θ. */
  reaching(m: number, time: number, timeTangents: Float64Array): Distribution {
    const epoch = this.epochs[m];
    if (time === Infinity || !moves(epoch.system, timeTangents)) return this.distribution(m);
    return this.#open(m, stretched(epoch, time, timeTangents));
  }

  #open(m: number, tangents: readonly SystemTangent[]): Distribution {
    return openDistribution(this.epochs[m].system, tangents, this.startRow(m), this.columns(m), {
      method: this.#options.method ?? "auto",
      interrupted: this.#options.interrupted,
      name: this.factory.graph.name,
      ...(this.#options.laplace && { laplace: this.#options.laplace(m) }),
    });
  }
}

/** A row at the end of an epoch of length 0 that grows: d(a e^{SΔ})/dΔ = a S at Δ = 0. */
function begun(system: TransientSystem, row: DualVector, lengthTangents: Float64Array): DualVector {
  const rate = new Float64Array(system.size);
  for (let p = 0; p < system.size; p++) {
    rate[p] -= system.exits[p] * row.value[p];
    for (let e = system.rowStart[p]; e < system.rowStart[p + 1]; e++) {
      rate[p] -= system.weights[e] * row.value[p];
      rate[system.targets[e]] += system.weights[e] * row.value[p];
    }
  }
  return {
    value: row.value,
    tangents: row.tangents.map((tangent, k) => tangent.map((value, p) => value + lengthTangents[k] * rate[p])),
  };
}

/** Λt up to which a derivative in time may be a difference of flows. */
const SLOPE_STEPS = 2e4;

/** S q as a difference of two columns that are ≥ 0. */
function slopeColumns(system: TransientSystem, q: Float64Array, directions: number): DualVector[] {
  const [up, down] = [new Float64Array(system.size), new Float64Array(system.size)];
  for (let p = 0; p < system.size; p++) {
    let all = system.exits[p];
    for (let e = system.rowStart[p]; e < system.rowStart[p + 1]; e++) {
      up[p] += system.weights[e] * q[system.targets[e]];
      all += system.weights[e];
    }
    down[p] = all * q[p];
  }
  return [constantDual(up, directions), constantDual(down, directions)];
}

/**
 * The tangents of an epoch whose length moves with θ. a e^{SΔ} changes with Δ as it does when all rates grow by the same
 * factor, so a length tangent Δ̇ is a system tangent Ẇ = W Δ̇/Δ; unlike a e^{SΔ} S this loses nothing on stiff models.
 */
export function stretched(epoch: Epoch, length: number, lengthTangents: Float64Array): readonly SystemTangent[] {
  if (length === 0 || !moves(epoch.system, lengthTangents)) return epoch.tangents;
  const { weights, exits } = epoch.system;
  return epoch.tangents.map((tangent, k) => {
    const factor = lengthTangents[k] / length;
    return {
      weights: tangent.weights.map((value, e) => value + weights[e] * factor),
      exits: tangent.exits.map((value, p) => value + exits[p] * factor),
    };
  });
}

/** Whether a time has a derivative that counts: steps are whole and have none. */
export const moves = ({ kind }: TransientSystem, timeTangents: Float64Array): boolean =>
  kind === "continuous" && timeTangents.some((tangent) => tangent !== 0);

/** What no method reaches is a lane without values. */
export function need<T>(value: T | undefined): T {
  if (value === undefined) throw new LaneFault("horizon");
  return value;
}
