/**
 * The systems of a program: weights at θ and their derivatives, with room for factors once they are eliminated, and adjoints,
 * which are sums by class. Systems that share weights, such as a killed one and the one it came of, share their place.
 */
import type { Graph } from "../../graph/graph.js";
import type { EliminationTrace } from "../../trace/trace.js";
import type { AdjointPlace } from "./adjoints.js";
import type { WeightClasses } from "./classes.js";
import type { Kernel, SystemPlace } from "./kernel.js";
import { type NumberFormat, planeBytes, slotBytes } from "./lane-numbers.js";
import type { MemoryPlan } from "./memory-plan.js";
import { hasComponents } from "./streams.js";
import { leaks as leaksKernel, weights as weightsKernel } from "./weights.js";

export interface WeightSystem extends SystemPlace {
  readonly kind: "weights";
  readonly eliminated: boolean;
}
export type System = WeightSystem | ({ readonly kind: "adjoint" } & AdjointPlace);

export class Systems {
  /** Nodes of formulas that the host writes. */
  readonly nodes: { readonly node: number; readonly offset: number }[] = [];
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #format: NumberFormat;
  readonly #classes: WeightClasses;
  readonly #memory: MemoryPlan;
  readonly #kernels: Kernel[];
  readonly #theta: number;
  readonly #mask: number;
  readonly #systems = new Map<number, System>();
  #weights: WeightSystem | undefined;

  /** Kernels that make weights are added to `kernels`; `theta` and `mask` are offsets of a tile. */
  constructor(
    {
      graph,
      trace,
      format,
      classes,
    }: {
      readonly graph: Graph;
      readonly trace: EliminationTrace;
      readonly format: NumberFormat;
      readonly classes: WeightClasses;
    },
    memory: MemoryPlan,
    kernels: Kernel[],
    places: { readonly theta: number; readonly mask: number },
  ) {
    this.#graph = graph;
    this.#trace = trace;
    this.#format = format;
    this.#classes = classes;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#theta = places.theta;
    this.#mask = places.mask;
  }

  get(register: number): System {
    return this.#systems.get(register)!;
  }

  set(register: number, system: System): void {
    this.#systems.set(register, system);
  }

  newWeights(leaking: boolean, weights?: number): WeightSystem {
    const inside = hasComponents(this.#trace);
    return {
      kind: "weights",
      eliminated: false,
      weights: weights ?? this.#memory.inTile(this.#classes.count * planeBytes(this.#format)),
      leaks: leaking ? this.#memory.vector() : undefined,
      pivot: -1,
      exit: inside ? -1 : 0,
      least: inside ? -1 : 0,
      lower: inside ? -1 : 0,
      upper: inside ? -1 : 0,
    };
  }

  /** The weights at θ, made when first asked for. */
  base(): WeightSystem {
    if (this.#weights) return this.#weights;
    const { bases, coefficients, formulas, count } = this.#classes;
    const discrete = this.#graph.kind === "discrete";
    const made = this.newWeights(discrete);
    const nodes = new Map<number, number>();
    const list: number[] = [];
    formulas.forEach((node, c) => {
      if (node < 0) return;
      let offset = nodes.get(node);
      if (offset === undefined) {
        offset = this.#memory.inTile(planeBytes(this.#format));
        nodes.set(node, offset);
        this.nodes.push({ node, offset });
      }
      list.push(c * planeBytes(this.#format), offset);
    });
    this.#kernels.push(
      weightsKernel(this.#format, count, this.#graph.parameterNames.length, {
        bases: this.#memory.table(bases),
        coefficients: this.#memory.table(coefficients),
        theta: this.#theta,
        to: made.weights,
        mask: this.#mask,
        formulas: { count: list.length / 2, list: this.#memory.table(Int32Array.from(list)) },
      }),
    );
    if (discrete)
      this.#kernels.push(
        leaksKernel(
          this.#format,
          this.#memory.tablesFor("edges"),
          { weights: made.weights, leaks: made.leaks! },
          this.#mask,
        ),
      );
    this.#weights = made;
    return made;
  }

  weights(register: number): WeightSystem {
    return this.#systems.get(register) as WeightSystem;
  }

  adjoint(register: number): AdjointPlace {
    return this.#systems.get(register) as AdjointPlace;
  }

  newAdjoint(register: number): AdjointPlace {
    const made = {
      kind: "adjoint" as const,
      sums: this.#memory.inTile(this.#classes.count * slotBytes(this.#format)),
      leaks: this.#memory.vector(),
    };
    this.#systems.set(register, made);
    return made;
  }

  /** Room for factors, when a system is first eliminated. */
  withFactors(register: number): { system: WeightSystem; first: boolean } {
    const known = this.weights(register);
    if (known.eliminated) return { system: known, first: false };
    const { lower, upper } = this.#trace;
    const slot = slotBytes(this.#format);
    const inside = hasComponents(this.#trace);
    const system = {
      ...known,
      eliminated: true,
      pivot: this.#memory.vector(),
      exit: inside ? this.#memory.vector() : 0,
      least: inside ? this.#memory.vector() : 0,
      lower: inside ? this.#memory.inTile(lower.length * slot) : 0,
      upper: inside ? this.#memory.inTile(upper.length * slot) : 0,
    };
    this.#systems.set(register, system);
    return { system, first: true };
  }
}
