/**
 * The gradient of a program as a program, backwards: the adjoint of every register is what one output changes by per
 * unit of it. With x = U b and adjoint x̄,
 *
 *     y = x̄ U,   b̄ = y,   w̄_ij = y_i (x_j − x_i),
 *
 * so a gradient costs as many transposed solves as the program has solves, whatever the number of parameters.
 */
import { ofKind, ProgramBuilder } from "./builder.js";
import type { Bank } from "./operands.js";
import type { Program, Step } from "./program.js";

/** Whether every output is a scalar; others have tangents only. */
export const hasAdjoint = (program: Program): boolean =>
  program.outputs === "values" &&
  program.steps.every(({ op }) => op !== "outputVector" && op !== "outputVisits" && op !== "outputStart");

/** All derivatives of all values: one backward pass per value. */
export function adjointProgram(program: Program): Program {
  const outputs = program.steps.filter((step) => step.op === "output");
  const builder = new ProgramBuilder({ ...program, steps: program.steps.filter(({ op }) => op !== "output") });
  const ones = builder.make({ op: "ones" });
  for (const { scalar, value } of outputs) {
    const pass = new AdjointPass(builder, ones, value);
    pass.add("scalar", scalar, builder.make({ op: "number", value: 1 }));
    for (const step of [...program.steps].reverse()) pass.back(step);
  }
  return ofKind(program, builder.finish(program.quantity, program.valueCount, "gradients"));
}

/** One pass: adjoints by register, undefined where nothing arrived. */
class AdjointPass {
  readonly #builder: ProgramBuilder;
  readonly #ones: number;
  readonly #value: number;
  readonly #adjoints: Record<Bank, Map<number, number>> = { vector: new Map(), system: new Map(), scalar: new Map() };

  constructor(builder: ProgramBuilder, ones: number, value: number) {
    this.#builder = builder;
    this.#ones = ones;
    this.#value = value;
  }

  /** The adjoint of a register grows by another register. */
  add(bank: Bank, register: number, by: number): void {
    const known = this.#adjoints[bank].get(register);
    this.#adjoints[bank].set(register, known === undefined ? by : this.#sum(bank, known, by));
  }

  #sum(bank: Bank, left: number, right: number): number {
    if (bank === "vector") return this.#builder.make({ op: "add", left, right, scale: 1 });
    if (bank === "system") return this.#builder.make({ op: "sum", left, right });
    return this.#builder.make({ op: "combine", operation: "sum", left, right });
  }

  #combined(operation: "product" | "quotient", left: number, right: number): number {
    return this.#builder.make({ op: "combine", operation, left, right });
  }

  #scaled(scalar: number, scale: number): number {
    return scale === 1 ? scalar : this.#combined("product", scalar, this.#builder.make({ op: "number", value: scale }));
  }

  back(step: Step): void {
    const b = this.#builder;
    const value = this.#value;
    if (!("to" in step)) return;
    const bank: Bank = isSystem(step) ? "system" : isScalar(step) ? "scalar" : "vector";
    const bar = this.#adjoints[bank].get(step.to);
    if (bar === undefined) return;
    switch (step.op) {
      case "ones":
      case "indicator":
      case "number":
        return;
      case "system":
        b.report({ op: "pullSystem", system: bar, value });
        return;
      case "reward":
        b.report({ op: "pullReward", vector: bar, reward: step.reward, value });
        return;
      case "initial":
        b.report({ op: "pullInitial", vector: bar, value });
        return;
      case "defect":
        b.report({ op: "pullDefect", scalar: bar, value, ...(step.vertices && { vertices: step.vertices }) });
        return;
      case "kill":
        this.add("system", step.system, bar);
        this.add("vector", step.vector, b.make({ op: "killAdjoint", system: bar, scale: step.scale }));
        return;
      case "exits":
        this.add(
          "system",
          step.system,
          b.make({ op: "exitsExchange", vector: bar, ...(step.vertices && { vertices: step.vertices }) }),
        );
        return;
      case "multiply": {
        const { left, right, scale } = step;
        this.add("vector", left, b.make({ op: "multiply", left: bar, right, scale }));
        this.add("vector", right, b.make({ op: "multiply", left: bar, right: left, scale }));
        return;
      }
      case "add":
        this.add("vector", step.left, bar);
        this.add(
          "vector",
          step.right,
          step.scale === 1 ? bar : b.make({ op: "multiply", left: bar, right: this.#ones, scale: step.scale }),
        );
        return;
      case "stretch":
        this.add("vector", step.vector, b.make({ op: "stretch", vector: bar, scalar: step.scalar }));
        this.add("scalar", step.scalar, b.make({ op: "dot", left: bar, right: step.vector, scale: 1 }));
        return;
      case "solve": {
        const y = b.make({ op: "solveTransposed", system: step.system, vector: bar });
        this.add("vector", step.vector, y);
        this.add("system", step.system, b.make({ op: "exchange", left: y, right: step.to }));
        return;
      }
      case "solveTransposed": {
        const x = b.make({ op: "solve", system: step.system, vector: bar });
        this.add("vector", step.vector, x);
        this.add("system", step.system, b.make({ op: "exchange", left: step.to, right: x }));
        return;
      }
      case "step":
        this.add("vector", step.vector, b.make({ op: "stepTransposed", system: step.system, vector: bar }));
        this.add("system", step.system, b.make({ op: "stepExchange", left: bar, right: step.vector }));
        return;
      case "gamma": {
        const { system, left, right } = step;
        for (const [one, other] of [
          [left, right],
          [right, left],
        ]) {
          this.add("vector", one.vector, b.make({ op: "gammaTransposed", system, vector: bar, right: other }));
          this.add("vector", one.centre, b.make({ op: "gammaCentre", system, vector: bar, right: other }));
        }
        this.add("system", system, b.make({ op: "gammaExchange", vector: bar, left, right }));
        return;
      }
      case "dot": {
        const scalar = this.#scaled(bar, step.scale);
        this.add("vector", step.left, b.make({ op: "stretch", vector: step.right, scalar }));
        this.add("vector", step.right, b.make({ op: "stretch", vector: step.left, scalar }));
        return;
      }
      case "combine":
        this.#backCombine(step, bar);
        return;
      default:
        throw new TypeError(`the step ${step.op} has no adjoint`);
    }
  }

  #backCombine({ operation, left, right, to }: Extract<Step, { op: "combine" }>, bar: number): void {
    switch (operation) {
      case "sum":
      case "difference":
        this.add("scalar", left, bar);
        this.add("scalar", right, operation === "sum" ? bar : this.#scaled(bar, -1));
        return;
      case "product":
        this.add("scalar", left, this.#combined("product", bar, right));
        this.add("scalar", right, this.#combined("product", bar, left));
        return;
      case "quotient": {
        const part = this.#combined("quotient", bar, right);
        this.add("scalar", left, part);
        this.add("scalar", right, this.#scaled(this.#combined("product", part, to), -1));
        return;
      }
      default:
        operation satisfies never;
    }
  }
}

const isSystem = ({ op }: Step): boolean => op === "system" || op === "kill";
const isScalar = ({ op }: Step): boolean => op === "dot" || op === "combine" || op === "number" || op === "defect";
