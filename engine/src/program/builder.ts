/** Writes programs: registers are numbered as they are made, and steps that no output needs are left out. */
import { InputError } from "../base/errors.js";
import { type Bank, operandsOf, resultOf, SHAPES } from "./operands.js";
import type { Program, Step } from "./program.js";

/** A step without the register it writes. */
type Draft<S> = S extends { to: number } ? Omit<S, "to"> : never;
type Writing = Extract<Step, { readonly to: number }>;
type Reporting = Exclude<Step, { readonly to: number }>;

/** Moments in time and in steps have other formulas: a kind that is none would give the wrong ones. */
export function checkKind(kind: unknown): "continuous" | "discrete" {
  if (kind === "continuous" || kind === "discrete") return kind;
  throw new InputError(
    "bad-program",
    `Cannot make a program for a model of kind ${String(kind)}: there are continuous and discrete; take that of the graph.`,
  );
}

/** A derived program is for the models of the one that it was derived from. */
export const ofKind = ({ kind }: Program, derived: Program): Program => (kind ? { ...derived, kind } : derived);

export class ProgramBuilder {
  readonly #steps: Step[] = [];
  readonly #count: Record<Bank, number> = { vector: 0, system: 0, scalar: 0 };
  readonly #sources = new Map<string, number>();

  /** Continues a program that is already written. */
  constructor(start?: Program) {
    if (!start) return;
    for (const step of start.steps) this.keep(step);
    this.#count = { vector: start.vectorCount, system: start.systemCount, scalar: start.scalarCount };
  }

  /** Adds a step and answers the register that it writes. Equal sources are written once. */
  make(draft: Draft<Writing>): number {
    const { to: bank, operands } = SHAPES[draft.op];
    const key = operands.length === 0 ? JSON.stringify(draft) : undefined;
    const known = key === undefined ? undefined : this.#sources.get(key);
    if (known !== undefined) return known;
    const to = this.#count[bank!]++;
    this.#steps.push({ ...draft, to } as Step);
    if (key !== undefined) this.#sources.set(key, to);
    return to;
  }

  /** Adds a step of a program whose registers this one continues. */
  keep(step: Step): void {
    this.#steps.push(step);
    if (SHAPES[step.op].operands.length > 0 || !("to" in step)) return;
    const { to, ...draft } = step;
    this.#sources.set(JSON.stringify(draft), to);
  }

  /** Adds a step that writes outputs. */
  report(step: Reporting): void {
    this.#steps.push(step);
  }

  /** Load a reward by name, or the absorption time's: ones. */
  reward(name: string | undefined): number {
    return name === undefined ? this.make({ op: "ones" }) : this.make({ op: "reward", reward: name });
  }

  finish(quantity: string, valueCount: Program["valueCount"], outputs: Program["outputs"] = "values"): Program {
    return compact(quantity, valueCount, outputs, this.#steps);
  }

  /** A program whose values are differences. */
  finishPrecise(quantity: string, valueCount: Program["valueCount"]): Program {
    return { ...this.finish(quantity, valueCount), precise: true };
  }
}

/** Drops what no output needs and numbers the registers anew. */
function compact(
  quantity: string,
  valueCount: Program["valueCount"],
  outputs: Program["outputs"],
  steps: readonly Step[],
): Program {
  const needed: Record<Bank, Set<number>> = { vector: new Set(), system: new Set(), scalar: new Set() };
  const kept: Step[] = [];
  for (const step of [...steps].reverse()) {
    const result = resultOf(step);
    if (result && !needed[result.bank].has(result.register)) continue;
    for (const { bank, register } of operandsOf(step)) needed[bank].add(register);
    kept.push(step);
  }
  const names: Record<Bank, Map<number, number>> = { vector: new Map(), system: new Map(), scalar: new Map() };
  const rename = (bank: Bank, register: number): number => {
    const known = names[bank].get(register) ?? names[bank].size;
    names[bank].set(register, known);
    return known;
  };
  const renamed = kept.reverse().map((step): Step => {
    const next: Record<string, unknown> = { ...step };
    for (const { field, bank, centred } of SHAPES[step.op].operands) {
      const value = next[field];
      if (!centred) next[field] = rename(bank, value as number);
      else {
        const pair = value as { vector: number; centre: number };
        next[field] = { vector: rename(bank, pair.vector), centre: rename(bank, pair.centre) };
      }
    }
    const result = resultOf(step);
    if (result) next.to = rename(result.bank, result.register);
    return next as unknown as Step;
  });
  return {
    quantity,
    vectorCount: names.vector.size,
    systemCount: names.system.size,
    scalarCount: names.scalar.size,
    valueCount,
    outputs,
    steps: renamed,
  };
}
