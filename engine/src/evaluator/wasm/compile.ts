/**
 * From a program, a graph and its trace to what a WebAssembly host needs: a module whose function `run(tile)` does all
 * steps for the lanes of one tile, the tables that all tiles share, and where in a tile inputs go and outputs come from.
 * Pure: no memory is touched and nothing is instantiated.
 *
 * Memory holds the tables, then the tiles, one after the other. A tile holds, at the offsets given here, θ and nodes of
 * formulas, weights by class, factors, vectors by position, scalars, and the mask that says which lanes are sound.
 */
import type { Graph } from "../../graph/graph.js";
import { isAbsorbing } from "../../graph/graph.js";
import { operandsOf, SHAPES } from "../../program/operands.js";
import type { Program, Step } from "../../program/program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import * as adjoints from "./adjoints.js";
import { call, FunctionWriter, ModuleWriter } from "./assembler.js";
import { type WeightClasses, weightClasses } from "./classes.js";
import type { Compiled } from "./compiled.js";
import type { CentredSource } from "./edge-kernel.js";
import type { Kernel, VectorSource } from "./kernel.js";
import { DOUBLE, type NumberFormat, planeBytes, slotBytes } from "./lane-numbers.js";
import { MemoryPlan } from "./memory-plan.js";
import * as products from "./products.js";
import { pruned, type Schedule, type SolveStep, schedule, type Task } from "./schedule.js";
import { largestComponent } from "./streams.js";
import { backwardSweep, forwardSweep } from "./sweeps.js";
import { Systems } from "./systems.js";
import * as vectors from "./vector-kernels.js";
import { leaks as leaksKernel } from "./weights.js";

/** Accumulators of a sweep that fit into the machine's registers beside what they are made of. */
const ACCUMULATORS = 8;

/** Why a program is not for this backend; undefined when it is. */
export function whyNot(program: Program): string | undefined {
  if (program.steps.length > STEPS_MAX) return `its program has ${program.steps.length} steps`;
  return undefined;
}

/** Longer programs take longer to compile than to run elsewhere. */
const STEPS_MAX = 2000;

/** Cost: O(V + E + fill) memory and time, once for each program and lane width. */
export function compileProgram(
  graph: Graph,
  trace: EliminationTrace,
  program: Program,
  format: NumberFormat,
  classes: WeightClasses = weightClasses(graph),
): Compiled {
  return new Compiler(graph, trace, pruned(program, graph), format, classes).compile();
}

class Compiler {
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #program: Program;
  readonly #format: NumberFormat;
  readonly #classes: WeightClasses;
  readonly #schedule: Schedule;
  readonly #positions: number;
  readonly #memory: MemoryPlan;
  readonly #kernels: Kernel[] = [];
  readonly #statics = new Map<string, VectorSource>();
  readonly #vectorPlaces = new Map<number, number>();
  readonly #freePlaces: number[] = [];
  readonly #systems: Systems;
  readonly #scalars = new Map<number, number>();
  readonly #mask: number;
  readonly #theta: number;
  readonly #work: number;
  readonly #interface = {
    vectors: [] as { step: Step; offset: number }[],
    tangents: [] as { direction: number; offset: number }[],
    scalars: [] as { step: Step; offset: number }[],
    reports: [] as { step: Step; operands: number[] }[],
  };

  constructor(graph: Graph, trace: EliminationTrace, program: Program, format: NumberFormat, classes: WeightClasses) {
    this.#graph = graph;
    this.#trace = trace;
    this.#program = program;
    this.#format = format;
    this.#classes = classes;
    this.#positions = trace.order.length;
    this.#memory = new MemoryPlan(graph, trace, format, classes);
    const perSolve = (format.lanes / 2) * (format.precise ? 2 : 1);
    this.#schedule = schedule(program, {
      solvesMax: Math.max(1, Math.floor(ACCUMULATORS / perSolve)),
      given: (step) => this.#given(step),
      sparse: (step) => this.#sparse(step),
    });
    this.#mask = this.#memory.inTile(planeBytes(format));
    this.#theta = this.#memory.inTile(graph.parameterNames.length * planeBytes(format));
    const model = { graph, trace, format, classes };
    this.#systems = new Systems(model, this.#memory, this.#kernels, { theta: this.#theta, mask: this.#mask });
    this.#work = this.#memory.inTile(largestComponent(trace) * slotBytes(format));
  }

  compile(): Compiled {
    this.#kernels.push(vectors.maskOn(this.#format, this.#mask));
    // every weight is checked, needed or not
    const { weights, leaks } = this.#systems.base();
    const { tasks, reads } = this.#schedule;
    const lastRead = new Map<number, number>();
    tasks.forEach((task, at) => {
      for (const vector of reads(task)) lastRead.set(vector, at);
    });
    const kept = this.#reported;
    const labels = ["mask", "weights", ...(leaks === undefined ? [] : ["leaks"])];
    tasks.forEach((task, at) => {
      const before = this.#kernels.length;
      this.#emit(task);
      for (let k = before; k < this.#kernels.length; k++) labels.push(labelOf(task));
      // what a report reads, the host reads after the run; what the host writes, it writes before
      for (const vector of reads(task))
        if (lastRead.get(vector) === at && !kept.has(vector)) this.#freePlaces.push(this.#vectorPlaces.get(vector)!);
    });
    const { tables, tablesEnd: tilesStart, tileBytes } = this.#memory;
    const module = new ModuleWriter();
    const all = this.#kernels.map((kernel) => module.add(kernel.writer));
    const run = new FunctionWriter(1);
    run.emit(...all.map((index) => call(index, [run.parameters[0].get])));
    module.add(run, "run");
    return {
      format: this.#format,
      tables,
      tilesStart,
      tileBytes,
      classes: this.#classes,
      tile: { ...this.#interface, nodes: this.#systems.nodes, theta: this.#theta, mask: this.#mask, weights, leaks },
      code: module.finish(),
      kernels: labels,
    };
  }

  get #reported(): ReadonlySet<number> {
    const found = new Set<number>();
    for (const step of this.#program.steps)
      if ("to" in step) {
        if (SHAPES[step.op].to === "vector" && this.#given(step)) found.add(step.to);
      } else for (const { bank, register } of operandsOf(step)) if (bank === "vector") found.add(register);
    return found;
  }

  // ---- places

  #vectorPlace(register: number): number {
    const place = this.#freePlaces.pop() ?? this.#memory.vector();
    this.#vectorPlaces.set(register, place);
    return place;
  }

  #scalarPlace(register: number): number {
    const place = this.#memory.inTile(slotBytes(this.#format));
    this.#scalars.set(register, place);
    return place;
  }

  #scalar(register: number): number {
    return this.#scalars.get(register)!;
  }

  // ---- vectors

  /** Vectors that are known before a run: to everyone, or to the host. */
  #given(step: Step): boolean {
    return (
      step.op === "ones" ||
      step.op === "indicator" ||
      step.op === "reward" ||
      step.op === "rewardTangent" ||
      step.op === "initial" ||
      step.op === "initialTangent"
    );
  }

  #sparse(step: Step): boolean {
    return step.op === "initial" && this.#graph.initialFormulas.length === 0;
  }

  /** Where the value of a vector comes from. */
  #source(register: number): VectorSource {
    const place = this.#vectorPlaces.get(register);
    if (place !== undefined) return { kind: "memory", offset: place };
    return this.#inline(this.#schedule.makers[register]);
  }

  /** A vector from its step, although it may be in memory. */
  #inline(step: Step): VectorSource {
    switch (step.op) {
      case "multiply":
      case "add":
        return { kind: step.op, left: this.#source(step.left), right: this.#source(step.right), scale: step.scale };
      case "stretch":
        return { kind: "stretch", vector: this.#source(step.vector), scalar: this.#scalar(step.scalar) };
      case "ones":
        return { kind: "constant", value: 1 };
      default: {
        const key = JSON.stringify({ ...step, to: undefined });
        const known = this.#statics.get(key) ?? this.#givenSource(step);
        this.#statics.set(key, known);
        return known;
      }
    }
  }

  #givenSource(step: Step): VectorSource {
    const graph = this.#graph;
    const { order, rank } = this.#trace;
    const fill = (of: (vertex: number) => number): VectorSource => ({
      kind: "static",
      address: this.#memory.table(Float64Array.from(order, of)),
    });
    const byHost = (): VectorSource => {
      const offset = this.#memory.vector();
      this.#interface.vectors.push({ step, offset });
      return { kind: "memory", offset };
    };
    switch (step.op) {
      case "indicator": {
        const chosen = new Set(step.vertices);
        return chosen.size === 0 ? { kind: "constant", value: 0 } : fill((v) => (chosen.has(v) ? 1 : 0));
      }
      case "reward": {
        if (graph.rewardFormulas.length > 0) return byHost();
        const first = graph.rewardNames.indexOf(step.reward) * graph.vertexCount;
        return fill((v) => graph.rewards[first + v]);
      }
      case "rewardTangent":
        return graph.rewardFormulas.length > 0 ? byHost() : { kind: "constant", value: 0 };
      case "initialTangent":
        return graph.initialFormulas.length > 0 ? byHost() : { kind: "constant", value: 0 };
      case "initial": {
        if (graph.initialFormulas.length > 0) return byHost();
        const places: number[] = [];
        const values: number[] = [];
        graph.initialVertices.forEach((v, i) => {
          if (isAbsorbing(graph, v)) return;
          places.push(rank[v] * this.#memory.strides.slot, rank[v] * DOUBLE);
          values.push(graph.initialProbabilities[i]);
        });
        return {
          kind: "sparse",
          count: values.length,
          places: this.#memory.table(Int32Array.from(places)),
          values: this.#memory.table(Float64Array.from(values)),
        };
      }
      default:
        throw new TypeError(`the step ${step.op} gives no vector`);
    }
  }

  // ---- tasks

  #emit(task: Task): void {
    switch (task.kind) {
      case "sweep": {
        const { system, first } = this.#systems.withFactors(task.system);
        const plan = { format: this.#format, system, work: this.#work, mask: this.#mask };
        if (task.transposed) {
          if (first)
            this.#kernels.push(
              forwardSweep({ ...plan, tables: this.#memory.tablesFor("forward", "rows"), eliminate: true, solves: [] }),
            );
          const solves = this.#solves(task.solves);
          this.#kernels.push(
            backwardSweep({ ...plan, tables: this.#memory.tablesFor("backward", "rows"), eliminate: false, solves }),
          );
        } else {
          const solves = this.#solves(task.solves);
          this.#kernels.push(
            forwardSweep({ ...plan, tables: this.#memory.tablesFor("forward", "rows"), eliminate: first, solves }),
          );
        }
        return;
      }
      case "materialize": {
        const source = this.#inline(this.#schedule.makers[task.vector]);
        if (source.kind === "memory") this.#vectorPlaces.set(task.vector, source.offset);
        else if (source.kind === "sparse") this.#materializeSparse(task.vector);
        else {
          const place = this.#vectorPlace(task.vector);
          this.#kernels.push(vectors.materialize(this.#format, this.#positions, place, source));
        }
        return;
      }
      case "step":
        this.#emitStep(task.step);
        return;
      default:
        task satisfies never;
    }
  }

  #solves(steps: readonly SolveStep[]): { source: VectorSource; to: number }[] {
    return steps.map((step) => {
      const source = this.#source(step.vector);
      return { source, to: this.#vectorPlace(step.to) };
    });
  }

  /** The start at every row, as doubles that all lanes share. */
  #materializeSparse(register: number): void {
    const dense = new Float64Array(this.#positions);
    const graph = this.#graph;
    graph.initialVertices.forEach((v, i) => {
      if (!isAbsorbing(graph, v)) dense[this.#trace.rank[v]] = graph.initialProbabilities[i];
    });
    const place = this.#vectorPlace(register);
    const source: VectorSource = { kind: "static", address: this.#memory.table(dense) };
    this.#kernels.push(vectors.materialize(this.#format, this.#positions, place, source));
  }

  #emitStep(step: Step): void {
    const format = this.#format;
    const push = (kernel: Kernel): void => {
      this.#kernels.push(kernel);
    };
    const memory = (register: number): number => this.#vectorPlaces.get(register)!;
    const centred = ({ vector, centre }: { vector: number; centre: number }): CentredSource => ({
      vector: memory(vector),
      centre: this.#source(centre),
    });
    switch (step.op) {
      case "system":
        this.#systems.set(step.to, this.#systems.base());
        return;
      case "systemTangent": {
        const made = this.#systems.newWeights(this.#graph.kind === "discrete");
        this.#interface.tangents.push({ direction: step.direction, offset: made.weights });
        if (made.leaks !== undefined)
          push(
            leaksKernel(
              format,
              this.#memory.tablesFor("edges"),
              { weights: made.weights, leaks: made.leaks },
              undefined,
            ),
          );
        this.#systems.set(step.to, made);
        return;
      }
      case "kill": {
        const { weights, leaks } = this.#systems.weights(step.system);
        const made = this.#systems.newWeights(true, weights);
        push(vectors.killed(format, this.#positions, made.leaks!, leaks, this.#source(step.vector), step.scale));
        this.#systems.set(step.to, made);
        return;
      }
      case "sum":
        push(
          adjoints.sumOfAdjoints(
            format,
            this.#memory.tablesFor(),
            this.#systems.newAdjoint(step.to),
            this.#systems.adjoint(step.left),
            this.#systems.adjoint(step.right),
          ),
        );
        return;
      case "exits": {
        const stream = this.#memory.absorbing(step.vertices);
        const [system, place] = [this.#systems.weights(step.system), this.#vectorPlace(step.to)];
        push(products.exits(format, this.#positions, stream, place, system, step.vertices === undefined));
        return;
      }
      case "exitsExchange": {
        const stream = this.#memory.absorbing(step.vertices);
        const to = this.#systems.newAdjoint(step.to);
        push(
          adjoints.exitsExchange(
            format,
            this.#memory.tablesFor(),
            stream,
            to,
            this.#source(step.vector),
            step.vertices === undefined,
          ),
        );
        return;
      }
      case "apply":
      case "step": {
        const [system, vector] = [this.#systems.weights(step.system), memory(step.vector)];
        push(
          products.product(
            format,
            this.#memory.tablesFor("edges"),
            step.op,
            this.#vectorPlace(step.to),
            system,
            vector,
          ),
        );
        return;
      }
      case "applyTransposed":
      case "stepTransposed": {
        const [system, vector] = [this.#systems.weights(step.system), this.#source(step.vector)];
        const tables = this.#memory.tablesFor("edges");
        push(products.transposedProduct(format, tables, step.op, this.#vectorPlace(step.to), system, vector));
        return;
      }
      case "gamma": {
        const [left, right] = [centred(step.left), centred(step.right)];
        const system = this.#systems.weights(step.system);
        push(products.gamma(format, this.#memory.tablesFor("edges"), this.#vectorPlace(step.to), system, left, right));
        return;
      }
      case "gammaTransposed":
      case "gammaCentre": {
        const [vector, right] = [this.#source(step.vector), centred(step.right)];
        const system = this.#systems.weights(step.system);
        const kernel = step.op === "gammaCentre" ? products.gammaCentre : products.gammaTransposed;
        push(kernel(format, this.#memory.tablesFor("edges"), this.#vectorPlace(step.to), system, vector, right));
        return;
      }
      case "exchange":
      case "stepExchange": {
        const [left, right] = [this.#source(step.left), memory(step.right)];
        const kernel = step.op === "exchange" ? adjoints.exchange : adjoints.stepExchange;
        push(kernel(format, this.#memory.tablesFor("edges"), this.#systems.newAdjoint(step.to), left, right));
        return;
      }
      case "gammaExchange": {
        const to = this.#systems.newAdjoint(step.to);
        const sides = [centred(step.left), centred(step.right)];
        push(adjoints.gammaExchange(format, this.#memory.tablesFor("edges"), to, this.#source(step.vector), sides));
        return;
      }
      case "killAdjoint": {
        const source: VectorSource = {
          kind: "multiply",
          left: { kind: "memory", offset: this.#systems.adjoint(step.system).leaks },
          right: { kind: "constant", value: 1 },
          scale: step.scale,
        };
        push(vectors.materialize(format, this.#positions, this.#vectorPlace(step.to), source));
        return;
      }
      case "dot": {
        const [left, right] = [this.#source(step.left), this.#source(step.right)];
        push(vectors.dot(format, this.#positions, this.#scalarPlace(step.to), left, right, step.scale));
        return;
      }
      case "combine": {
        const [left, right] = [this.#scalar(step.left), this.#scalar(step.right)];
        const guard = step.limit === undefined ? undefined : { limit: step.limit, mask: this.#mask };
        push(vectors.combine(format, step.operation, this.#scalarPlace(step.to), left, right, guard));
        return;
      }
      case "number":
        push(vectors.number(format, this.#scalarPlace(step.to), step.value));
        return;
      case "defect":
      case "defectTangent":
        this.#interface.scalars.push({ step, offset: this.#scalarPlace(step.to) });
        return;
      default:
        this.#report(step);
    }
  }

  #report(step: Step): void {
    if (step.op === "pullSystem" || step.op === "pullSystemTangent") {
      if (this.#graph.kind === "discrete")
        for (const { register } of operandsOf(step)) {
          const adjoint = this.#systems.adjoint(register);
          this.#kernels.push(adjoints.leaksToClasses(this.#format, this.#memory.tablesFor("edges"), adjoint));
        }
    }
    const operands = operandsOf(step).map(({ bank, register }) => {
      if (bank === "scalar") return this.#scalar(register);
      if (bank === "vector") return this.#vectorPlaces.get(register)!;
      const system = this.#systems.get(register);
      return system.kind === "adjoint" ? system.sums : system.weights;
    });
    this.#interface.reports.push({ step, operands });
  }
}

function labelOf(task: Task): string {
  switch (task.kind) {
    case "sweep": {
      const solves = task.solves.map(
        ({ vector, to }) => `v${to} ← ${task.transposed ? `v${vector} U` : `U v${vector}`}`,
      );
      return `sweep w${task.system}: ${solves.join(", ")}`;
    }
    case "materialize":
      return `store v${task.vector}`;
    case "step":
      return task.step.op;
    default:
      return task satisfies never;
  }
}
