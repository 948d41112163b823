/**
 * Quantities over time for one lane, each with its derivatives: products of a(t) with columns, put together over
 * epochs. Of a distribution function and a survival the small one is computed and the other is its complement.
 */
import { InputError } from "../../base/errors.js";
import type { TimeProgram } from "../../program/time-program.js";
import type { EvaluatorInputs } from "../evaluator.js";
import type { Many } from "./curves.js";
import { constant, DualSolver, dualDot, dualSum, plus, quotient, times } from "./dual.js";
import { type Earned, EpochMoments } from "./epoch-moments.js";
import { COLUMN, type Epoch, Lane, type LaneFactory, LaneFault, type LaneOptions, moves, need } from "./epochs.js";
import { between, isNarrow, logLikelihood } from "./likelihood.js";
import { quantileAt } from "./quantile.js";
import type { DualVector } from "./system.js";
import type { Dual } from "./time/distribution.js";
import type { Pull } from "./time/panels.js";

export class Timeline {
  readonly lane: Lane;
  readonly discrete: boolean;
  readonly #program: TimeProgram;
  readonly #options: LaneOptions;
  /** Vertices that absorption is conditioned on. */
  readonly #given: ReadonlySet<number> | undefined;
  #epochMoments: EpochMoments | undefined;
  /** Factors of each epoch that is solved. */
  readonly #solvers = new Map<Epoch, DualSolver>();
  /** Probability to end where it is given. */
  #norm: Dual | undefined;

  constructor(factory: LaneFactory, epochs: readonly Epoch[], program: TimeProgram, options: LaneOptions) {
    this.#program = program;
    this.#options = options;
    this.discrete = factory.graph.kind === "discrete";
    this.#given = program.given && new Set(program.given);
    this.lane = new Lane(factory, epochs, (epoch) => this.#columns(epoch), options);
  }

  get #directions(): number {
    return this.lane.directions;
  }

  /** With a condition: the exits and probabilities that lead there. With a reward: the reward. */
  #columns(epoch: Epoch): readonly DualVector[] {
    const { factory } = this.lane;
    if (this.#given) {
      const exits = this.#exitsTo(epoch, this.#given);
      return [exits, this.#solve(epoch, exits, false)];
    }
    return this.#program.quantity === "accumulated" ? [factory.reward(epoch, this.#program.reward)] : [];
  }

  #exitsTo(epoch: Epoch, vertices: ReadonlySet<number>): DualVector {
    const { layout } = this.lane.factory;
    const of = ({ edges, leaks }: { edges: Float64Array; leaks: Float64Array }): Float64Array =>
      layout.exits(edges, leaks, vertices);
    return { value: of(epoch.numbers.system), tangents: epoch.systemTangents.map(of) };
  }

  #solve(epoch: Epoch, b: DualVector, transposed: boolean): DualVector {
    const { trace, graph } = this.lane.factory;
    let solver = this.#solvers.get(epoch);
    if (solver === undefined) {
      solver = new DualSolver(trace, graph, epoch.numbers.system, epoch.systemTangents);
      this.#solvers.set(epoch, solver);
    }
    return solver.solve(b, transposed);
  }

  defect(vertices?: readonly number[]): Dual {
    const { numbers } = this.lane.epochs[0];
    return {
      value: numbers.defect(vertices),
      tangents: Float64Array.from({ length: this.#directions }, (_, k) => numbers.defectTangent(k, vertices)),
    };
  }

  /** All values at these inputs, in the order of the program's table. */
  values(inputs: EvaluatorInputs): Dual[] {
    const { quantity } = this.#program;
    const grid = (of: (time: number) => Dual): Dual[] => Array.from(inputs.times!, of);
    const rows = (of: (time: number) => Dual[]): Dual[] => Array.from(inputs.times!).flatMap(of);
    const all = (of: "density" | "survival"): Dual[] => {
      const many = this.many(of, inputs.times!);
      if (many === undefined) return grid((t) => this[of](t));
      const { values, tangents } = many;
      return Array.from(values, (value, n) => ({
        value,
        tangents: Float64Array.from(tangents, (tangent) => tangent[n]),
      }));
    };
    switch (quantity) {
      case "pdf":
      case "pmf":
        return all("density");
      case "cdf":
        return grid((t) => this.cdf(t));
      case "survival":
        return all("survival");
      case "hazard":
        return grid((t) => this.hazard(t));
      case "quantile":
        return Array.from(inputs.probabilities!, (p) => quantileAt(this, p));
      case "stateProbabilities":
        return rows((t) => this.stateProbabilities(t));
      case "occupancy":
        return rows((t) => this.#byVertex(this.#occupancyParts(t).map(({ occupancy }) => occupancy)));
      case "accumulated":
        return grid((t) => this.#accumulated(COLUMN.more, t));
      case "logLikelihood":
        return [logLikelihood(this, inputs.data!, this.#options.interrupted)];
      case "moments":
        return this.#moments().moments(this.#program.order ?? 1, this.#earned(this.#program.reward));
      case "variance":
        return [this.#moments().variance(this.#earned(this.#program.reward))];
      case "covariance": {
        const earned = new Map(this.#program.rewards!.map((name) => [name, this.#earned(name)]));
        const all = this.#program.rewards!.map((name) => earned.get(name)!);
        return this.#moments().covariances(all, this.#program.pair === true);
      }
      case "sojourn":
        return this.#byVertex([...this.#finite(), this.#lastOccupancy()]);
      case "visits":
        return this.#visits();
      case "ending": {
        const all = this.#visits();
        const none = constant(0, this.#directions);
        return [this.#program.given!.reduce((sum, v) => plus(sum, all[v]), none)];
      }
      case "defect":
        return [this.defect()];
      case "laplace":
        throw new TypeError("the Laplace transform is not evaluated over time");
      default:
        return quantity satisfies never;
    }
  }

  /** Density at a time > 0, or probability of a step. */
  density(time: number): Dual {
    const column = this.#given ? COLUMN.more : COLUMN.exits;
    if (this.discrete) {
      if (time === 0) return this.#conditional(this.defect(this.#program.given));
      return this.#conditional(this.#at(column, time - 1));
    }
    return this.#conditional(this.#at(column, time));
  }

  many(quantity: "density" | "survival", times: Float64Array, byNodes = false, pull?: Pull): Many | undefined {
    if (this.#given || this.discrete || this.lane.epochs.length > 1) return undefined;
    const values = new Float64Array(times.length);
    const tangents = Array.from({ length: this.#directions }, () => new Float64Array(times.length));
    const column = quantity === "density" ? COLUMN.exits : COLUMN.ones;
    const panels = byNodes ? this.lane.factory.panels : undefined;
    const answered = this.lane.distribution(0).atMany(column, times, values, tangents, panels, pull);
    return answered ? { values, tangents } : undefined;
  }

  cdf(time: number): Dual {
    if (!this.#given) {
      const survival = this.#at(COLUMN.ones, time);
      if (survival.value < 0.5) return plus(constant(1, this.#directions), times(survival, -1));
      return plus(this.defect(), this.#accumulated(COLUMN.exits, time));
    }
    return this.#conditional(plus(this.defect(this.#program.given), this.#accumulated(COLUMN.more, time)));
  }

  survival(time: number): Dual {
    if (!this.#given) {
      const survival = this.#at(COLUMN.ones, time);
      return survival;
    }
    return this.#conditional(this.#at(COLUMN.more + 1, time));
  }

  /** How many times larger than a variance over epochs the moments were that it is the difference of; 0 for none. */
  get cancelled(): number {
    return this.#epochMoments?.cancelled ?? 0;
  }

  /** P(a < T ≤ b), also where it is much smaller than either tail. */
  between(from: number, to: number): Dual {
    return between(this, from, to, this.#options.interrupted);
  }

  narrow(from: number, to: number): boolean {
    return isNarrow(this, from, to);
  }

  /** The mass at zero, given where absorption happens if that is given. */
  atom(): Dual {
    return this.#conditional(this.defect(this.#program.given));
  }

  /** Of a step n: given that the steps before it did not absorb. */
  hazard(time: number): Dual {
    if (this.discrete && time === 0) return this.density(0);
    const survival = this.survival(this.discrete ? time - 1 : time);
    if (survival.value === 0) throw new LaneFault("impossible");
    return quotient(this.density(time), survival);
  }

  /** Bound on the relative error of values at a time: of its epoch, and of the rows that epochs before it hand on. */
  errorBound(time: number): number {
    const last = this.lane.epochAt(time);
    let bound = 0;
    for (let m = 0; m <= last; m++) {
      const length = m < last ? this.lane.length(m).value : time - this.lane.epochs[m].start;
      bound += this.lane.distribution(m).errorBound(length);
    }
    return bound;
  }

  /** The same of what is spent in all epochs: the last one is solved, to a rounding, from the row that it is handed. */
  errorBoundOfSojourn(): number {
    let bound = 2 ** -52;
    for (let m = 0; m + 1 < this.lane.epochs.length; m++)
      bound += this.lane.distribution(m).errorBound(this.lane.length(m).value);
    return bound;
  }

  /** A bound for all times until this one. */
  errorBoundUntil(time: number): number {
    const { epochs } = this.lane;
    if (epochs.length > 1) return Infinity;
    return this.lane.distribution(0).errorBoundUntil(time);
  }

  /** Methods of the epochs until a time. */
  methods(time: number): string[] {
    const last = this.lane.epochAt(time);
    const all = this.lane.epochs.slice(0, last + 1).map(({ start }, m) => {
      const length = m < last ? this.lane.length(m).value : time - start;
      return this.lane.distribution(m).method(length);
    });
    return [...new Set(all)];
  }

  stateProbabilities(time: number): Dual[] {
    const { factory } = this.lane;
    const m = this.lane.epochAt(time);
    const epoch = this.lane.epochs[m];
    const u = time - epoch.start;
    const row = need(
      this.lane
        .reaching(
          m,
          u,
          epoch.startTangents.map((tangent) => -tangent),
        )
        .row(u),
    );
    const all = this.#byVertex([row]);
    this.#addStart(all);
    for (const { epoch: part, occupancy } of this.#occupancyParts(time)) this.#addArrivals(all, part, occupancy);
    if (!Number.isFinite(time)) for (const p of factory.trace.order) all[p] = constant(0, this.#directions);
    return all;
  }

  /** a(t)·q with the epoch's own start counted in the derivatives. */
  #at(column: number, time: number): Dual {
    const m = this.lane.epochAt(time);
    const epoch = this.lane.epochs[m];
    const u = time - epoch.start;
    const since = epoch.startTangents.map((tangent) => -tangent);
    const slope = moves(epoch.system, since) && u < Infinity ? this.lane.slope(m, column, u) : undefined;
    if (slope === undefined) return need(this.lane.reaching(m, u, since).at(column, u));
    const { value, tangents } = need(this.lane.distribution(m).at(column, u));
    return { value, tangents: tangents.map((tangent, k) => tangent + slope * since[k]) };
  }

  /** ∫_0^t a(u)·q du over epochs, ends that move included. */
  #accumulated(column: number, time: number): Dual {
    let sum = constant(0, this.#directions);
    const last = this.lane.epochAt(time);
    for (let m = 0; m <= last; m++) {
      const { start, startTangents } = this.lane.epochs[m];
      const { value, tangents } =
        m < last ? this.lane.length(m) : { value: time - start, tangents: startTangents.map((tangent) => -tangent) };
      const distribution = this.lane.distribution(m);
      sum = plus(sum, need(distribution.accumulated(column, value)));
      if (tangents.every((tangent) => tangent === 0) || this.discrete) continue;
      const end = need(distribution.at(column, value)).value;
      sum = plus(sum, { value: 0, tangents: tangents.map((tangent) => tangent * end) });
    }
    return sum;
  }

  /** Expected time in each position during each epoch until t. */
  #occupancyParts(time: number): { epoch: Epoch; occupancy: DualVector }[] {
    const last = this.lane.epochAt(time);
    return this.lane.epochs.slice(0, last + 1).map((epoch, m) => {
      const { value, tangents } =
        m < last
          ? this.lane.length(m)
          : { value: time - epoch.start, tangents: epoch.startTangents.map((tangent) => -tangent) };
      return { epoch, occupancy: this.#occupancy(m, value, tangents) };
    });
  }

  #occupancy(m: number, length: number, lengthTangents: Float64Array): DualVector {
    if (length === Infinity) return this.#lastOccupancy();
    const distribution = this.lane.distribution(m);
    const occupancy = need(distribution.occupancy(length));
    if (lengthTangents.every((tangent) => tangent === 0) || this.discrete) return occupancy;
    const row = need(distribution.row(length)).value;
    return {
      value: occupancy.value,
      tangents: occupancy.tangents.map((tangent, k) => tangent.map((value, p) => value + lengthTangents[k] * row[p])),
    };
  }

  #finite(): DualVector[] {
    return this.lane.epochs.slice(0, -1).map((_, m) => {
      const { value, tangents } = this.lane.length(m);
      return this.#occupancy(m, value, tangents);
    });
  }

  #lastOccupancy(): DualVector {
    const m = this.lane.epochs.length - 1;
    return this.#solve(this.lane.epochs[m], this.lane.startRow(m), true);
  }

  /** Start and inflow: expected visits of transient vertices, probabilities of absorbing ones. Steps count every stay. */
  #visits(): Dual[] {
    const parts = [...this.#finite(), this.#lastOccupancy()];
    const all = this.discrete ? this.#byVertex(parts) : this.#byVertex([this.lane.startRow(0)]);
    this.#addStart(all);
    parts.forEach((occupancy, m) => {
      const epoch = this.lane.epochs[m];
      this.#addArrivals(all, epoch, occupancy);
      if (!this.discrete) this.#addInflow(all, epoch, occupancy);
    });
    return all;
  }

  #byVertex(parts: readonly DualVector[]): Dual[] {
    const { graph, trace } = this.lane.factory;
    const sum = parts.reduce(dualSum);
    const none = constant(0, this.#directions);
    const of = (p: number): Float64Array =>
      this.#directions === 0 ? none.tangents : Float64Array.from(sum.tangents, (tangent) => tangent[p]);
    return Array.from({ length: graph.vertexCount }, (_, v): Dual => {
      const p = trace.rank[v];
      if (p < 0) return none;
      const value = sum.value[p];
      return { value, tangents: of(p) };
    });
  }

  /** Mass that starts in an absorbing vertex. */
  #addStart(all: Dual[]): void {
    const { numbers } = this.lane.epochs[0];
    for (const v of this.lane.factory.graph.initialVertices) {
      if (this.lane.factory.trace.rank[v] >= 0) continue;
      const tangents = Float64Array.from({ length: this.#directions }, (_, k) => numbers.startAt(v, k));
      all[v] = plus(all[v], { value: numbers.startAt(v), tangents });
    }
  }

  #addArrivals(all: Dual[], { numbers, systemTangents }: Epoch, occupancy: DualVector): void {
    const { layout, graph, trace } = this.lane.factory;
    const value = new Float64Array(graph.vertexCount);
    layout.arrivals(numbers.system.edges, occupancy.value, value);
    const tangents = systemTangents.map((tangent, k) => {
      const to = new Float64Array(graph.vertexCount);
      layout.arrivals(tangent.edges, occupancy.value, to);
      layout.arrivals(numbers.system.edges, occupancy.tangents[k], to);
      return to;
    });
    for (let v = 0; v < all.length; v++)
      if (trace.rank[v] < 0)
        all[v] = plus(all[v], { value: value[v], tangents: Float64Array.from(tangents, (tangent) => tangent[v]) });
  }

  #addInflow(all: Dual[], { system, tangents }: Epoch, occupancy: DualVector): void {
    const { order } = this.lane.factory.trace;
    for (let p = 0; p < system.size; p++)
      for (let e = system.rowStart[p]; e < system.rowStart[p + 1]; e++) {
        const v = order[system.targets[e]];
        all[v] = plus(all[v], {
          value: system.weights[e] * occupancy.value[p],
          tangents: Float64Array.from(
            tangents,
            (tangent, k) => tangent.weights[e] * occupancy.value[p] + system.weights[e] * occupancy.tangents[k][p],
          ),
        });
      }
  }

  #moments(): EpochMoments {
    this.#epochMoments ??= new EpochMoments(this.lane, this.#options.interrupted);
    return this.#epochMoments;
  }

  #earned(name: string | undefined): Earned {
    return (epoch) => this.lane.factory.reward(epoch, name);
  }

  #conditional(value: Dual): Dual {
    if (!this.#given) return value;
    if (this.lane.epochs.length > 1)
      throw new InputError("not-available", "Cannot condition on where absorption happens: the model has epochs.");
    if (!this.#norm) {
      const epoch = this.lane.epochs[0];
      const later = dualDot(this.lane.startRow(0), this.#solve(epoch, this.#exitsTo(epoch, this.#given), false));
      this.#norm = plus(later, this.defect(this.#program.given));
    }
    if (this.#norm.value === 0) throw new LaneFault("impossible");
    return quotient(value, this.#norm);
  }
}
