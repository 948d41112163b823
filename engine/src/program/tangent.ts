/**
 * The derivative of a program in directions of θ, forwards: every register gets a tangent. With x = U b,
 *
 *     ẋ = U (ḃ + Ẇ x),   (Ẇ x)_i = Σ_j ẇ_ij (x_j − x_i),
 *
 * so a direction costs as many solves as the program has, whatever the number of values. Of an adjoint program this
 * is a Hessian-vector product.
 */
import { ofKind, ProgramBuilder } from "./builder.js";
import { type Bank, SHAPES } from "./operands.js";
import type { Program, Step } from "./program.js";

/** Derivatives of all values in `directions` directions; of a gradient: in one. */
export function tangentProgram(program: Program, directions: number): Program {
  const builder = new ProgramBuilder({ ...program, steps: [] });
  const passes = Array.from({ length: directions }, (_, k) => new TangentPass(builder, k));
  for (const step of program.steps) {
    if ("to" in step) builder.keep(step);
    for (const pass of passes) pass.forward(step);
  }
  const outputs = program.outputs === "gradients" ? "hessianVector" : "gradients";
  return ofKind(program, builder.finish(program.quantity, program.valueCount, outputs));
}

/** One direction: tangents by register, absent where they are 0. */
class TangentPass {
  readonly #builder: ProgramBuilder;
  readonly #direction: number;
  readonly #tangents: Record<Bank, Map<number, number>> = { vector: new Map(), system: new Map(), scalar: new Map() };

  constructor(builder: ProgramBuilder, direction: number) {
    this.#builder = builder;
    this.#direction = direction;
  }

  #add(bank: Bank, register: number, by: number): void {
    const b = this.#builder;
    const known = this.#tangents[bank].get(register);
    if (known === undefined) this.#tangents[bank].set(register, by);
    else if (bank === "vector")
      this.#tangents[bank].set(register, b.make({ op: "add", left: known, right: by, scale: 1 }));
    else if (bank === "system") this.#tangents[bank].set(register, b.make({ op: "sum", left: known, right: by }));
    else this.#tangents[bank].set(register, b.make({ op: "combine", operation: "sum", left: known, right: by }));
  }

  forward(step: Step): void {
    const b = this.#builder;
    const direction = this.#direction;
    const of = (bank: Bank, register: number): number | undefined => this.#tangents[bank].get(register);
    if (SHAPES[step.op].multilinear) {
      this.#product(step);
      return;
    }
    switch (step.op) {
      case "ones":
      case "indicator":
      case "number":
        return;
      case "system":
        this.#add("system", step.to, b.make({ op: "systemTangent", direction }));
        return;
      case "reward":
        this.#add("vector", step.to, b.make({ op: "rewardTangent", reward: step.reward, direction }));
        return;
      case "initial":
        this.#add("vector", step.to, b.make({ op: "initialTangent", direction }));
        return;
      case "defect":
        this.#add(
          "scalar",
          step.to,
          b.make({ op: "defectTangent", direction, ...(step.vertices && { vertices: step.vertices }) }),
        );
        return;
      case "kill": {
        // only the leak moves where the system itself does not
        const system = of("system", step.system) ?? b.make({ op: "systemTangent", direction });
        const vector = of("vector", step.vector);
        const to = vector === undefined ? system : b.make({ op: "kill", system, vector, scale: step.scale });
        this.#add("system", step.to, to);
        return;
      }
      case "sum":
        for (const side of [step.left, step.right]) {
          const tangent = of("system", side);
          if (tangent !== undefined) this.#add("system", step.to, tangent);
        }
        return;
      case "add": {
        const [left, right] = [of("vector", step.left), of("vector", step.right)];
        if (left !== undefined) this.#add("vector", step.to, left);
        if (right !== undefined) {
          const ones = b.make({ op: "ones" });
          const scaled =
            step.scale === 1 ? right : b.make({ op: "multiply", left: right, right: ones, scale: step.scale });
          this.#add("vector", step.to, scaled);
        }
        return;
      }
      case "solve":
      case "solveTransposed": {
        const apply = step.op === "solve" ? "apply" : "applyTransposed";
        const system = of("system", step.system);
        const moved = system === undefined ? undefined : b.make({ op: apply, system, vector: step.to });
        const vector = of("vector", step.vector);
        const both =
          moved !== undefined && vector !== undefined
            ? b.make({ op: "add", left: vector, right: moved, scale: 1 })
            : (moved ?? vector);
        if (both !== undefined)
          this.#add("vector", step.to, b.make({ op: step.op, system: step.system, vector: both }));
        return;
      }
      case "combine":
        this.#combine(step);
        return;
      case "output":
        this.#report("scalar", step.scalar, (scalar) => ({ ...step, scalar, direction }));
        return;
      case "outputVector":
        this.#report("vector", step.vector, (vector) => ({ ...step, vector, direction }));
        return;
      case "outputVisits":
        this.#report("vector", step.vector, (vector) => ({ ...step, vector, direction }));
        this.#report("system", step.system, (system) => ({ ...step, system, direction }));
        return;
      case "outputStart":
        b.report({ ...step, direction });
        return;
      case "pullSystem": {
        const tangent =
          of("system", step.system) ?? b.make({ op: "exchange", left: this.#zero(), right: this.#zero() });
        b.report({ ...step, op: "pullSystemTangent", tangent, direction });
        return;
      }
      case "pullReward":
        b.report({
          ...step,
          op: "pullRewardTangent",
          tangent: of("vector", step.vector) ?? this.#zero(),
          direction,
        });
        return;
      case "pullInitial":
        b.report({
          ...step,
          op: "pullInitialTangent",
          tangent: of("vector", step.vector) ?? this.#zero(),
          direction,
        });
        return;
      case "pullDefect": {
        const tangent = of("scalar", step.scalar) ?? b.make({ op: "number", value: 0 });
        b.report({ ...step, op: "pullDefectTangent", tangent, direction });
        return;
      }
      default:
        throw new TypeError(`the step ${step.op} has no tangent`);
    }
  }

  #zero(): number {
    return this.#builder.make({ op: "indicator", vertices: [] });
  }

  #report(bank: Bank, register: number, step: (tangent: number) => Extract<Step, { direction?: number }>): void {
    const tangent = this.#tangents[bank].get(register);
    if (tangent !== undefined) this.#builder.report(step(tangent) as never);
  }

  /** The sum over operands of the step with that operand replaced by its tangent. */
  #product(step: Step): void {
    const fields = step as unknown as Readonly<Record<string, unknown>>;
    const { to: bank, operands } = SHAPES[step.op];
    for (const { field, bank: from, centred } of operands) {
      let replaced: unknown;
      if (centred) {
        const pair = fields[field] as { vector: number; centre: number };
        const [vector, centre] = [this.#tangents.vector.get(pair.vector), this.#tangents.vector.get(pair.centre)];
        if (vector === undefined && centre === undefined) continue;
        replaced = { vector: vector ?? this.#zero(), centre: centre ?? this.#zero() };
      } else {
        replaced = this.#tangents[from].get(fields[field] as number);
        if (replaced === undefined) continue;
      }
      const { to, ...draft } = { ...fields, [field]: replaced } as Record<string, unknown>;
      this.#add(bank!, to as number, this.#builder.make(draft as never));
    }
  }

  #combine({ operation, left, right, to }: Extract<Step, { op: "combine" }>): void {
    const b = this.#builder;
    const [l, r] = [this.#tangents.scalar.get(left), this.#tangents.scalar.get(right)];
    const put = (scalar: number): void => this.#add("scalar", to, scalar);
    const product = (a: number, c: number): number =>
      b.make({ op: "combine", operation: "product", left: a, right: c });
    const minus = (a: number): number => product(a, b.make({ op: "number", value: -1 }));
    const quotient = (a: number, c: number): number =>
      b.make({ op: "combine", operation: "quotient", left: a, right: c });
    switch (operation) {
      case "sum":
      case "difference":
        if (l !== undefined) put(l);
        if (r !== undefined) put(operation === "sum" ? r : minus(r));
        return;
      case "product":
        if (l !== undefined) put(product(l, right));
        if (r !== undefined) put(product(left, r));
        return;
      case "quotient":
        if (l !== undefined) put(quotient(l, right));
        if (r !== undefined) put(minus(quotient(product(to, r), right)));
        return;
      default:
        operation satisfies never;
    }
  }
}
