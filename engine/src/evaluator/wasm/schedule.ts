/**
 * The order in which a program's steps become kernels. Products, sums and multiples of vectors are worked out where they
 * are used; solves that follow from each other at the same position share one sweep; everything that needs a sweep's
 * results waits behind it. The schedule names registers, not places: those follow from when a register is last read.
 */
import type { Graph } from "../../graph/graph.js";
import { operandsOf, resultOf } from "../../program/operands.js";
import type { Program, Step } from "../../program/program.js";

export type SolveStep = Step & { readonly op: "solve" | "solveTransposed" };
type Lazy = Extract<Step, { op: "multiply" | "add" | "stretch" }>;

/** One kernel: a step, a sweep of solves, or a vector that is worked out into memory. */
export type Task =
  | { readonly kind: "step"; readonly step: Step }
  | {
      readonly kind: "sweep";
      readonly transposed: boolean;
      readonly system: number;
      readonly solves: readonly SolveStep[];
    }
  | { readonly kind: "materialize"; readonly vector: number };

export interface Schedule {
  readonly tasks: readonly Task[];
  /** The step that makes each vector. */
  readonly makers: readonly Step[];
  /** Vectors that a task reads from memory. */
  reads(task: Task): ReadonlySet<number>;
}

export interface ScheduleOptions {
  /** The most solves of one sweep. */
  readonly solvesMax: number;
  /** Vectors that the host writes, or that are known before θ is. */
  readonly given: (step: Step) => boolean;
  /** Whether a vector is 0 almost everywhere, so that it has no value at a row. */
  readonly sparse: (step: Step) => boolean;
}

/** Steps whose operand vectors are looked up at other positions, and so must be in memory: the fields. */
const GATHERED: Partial<Record<Step["op"], readonly string[]>> = {
  apply: ["vector"],
  step: ["vector"],
  gamma: ["left", "right"],
  gammaTransposed: ["right"],
  gammaCentre: ["right"],
  exchange: ["right"],
  stepExchange: ["right"],
  gammaExchange: ["left", "right"],
  outputVector: ["vector"],
  outputVisits: ["vector"],
  pullReward: ["vector"],
  pullRewardTangent: ["vector", "tangent"],
  pullInitial: ["vector"],
  pullInitialTangent: ["vector", "tangent"],
};

export const isLazy = (step: Step): step is Lazy =>
  step.op === "multiply" || step.op === "add" || step.op === "stretch";
const isSolve = (step: Step): step is SolveStep => step.op === "solve" || step.op === "solveTransposed";

export function schedule(program: Program, { solvesMax, given, sparse }: ScheduleOptions): Schedule {
  const makers: Step[] = [];
  for (const step of program.steps) {
    const result = resultOf(step);
    if (result?.bank === "vector") makers[result.register] = step;
  }
  const stored = storedVectors(program, makers, given, sparse);

  const leaves = (vector: number, into: Set<number>): void => {
    const step = makers[vector];
    if (stored.has(vector)) into.add(vector);
    else if (isLazy(step))
      for (const { bank, register } of operandsOf(step)) if (bank === "vector") leaves(register, into);
  };
  const scalarsBehind = (vector: number, into: Set<number>): void => {
    const step = makers[vector];
    if (stored.has(vector) || !isLazy(step)) return;
    for (const { bank, register } of operandsOf(step))
      if (bank === "scalar") into.add(register);
      else scalarsBehind(register, into);
  };
  const stepsOf = (task: Task): readonly Step[] =>
    task.kind === "step" ? [task.step] : task.kind === "sweep" ? task.solves : [makers[task.vector]];
  const operands = (task: Task): { vectors: Set<number>; scalars: Set<number>; systems: Set<number> } => {
    const vectors = new Set<number>();
    const [scalars, systems] = [new Set<number>(), new Set<number>()];
    for (const step of stepsOf(task))
      for (const { bank, register } of operandsOf(step)) {
        if (bank === "scalar") scalars.add(register);
        if (bank === "system") systems.add(register);
        if (bank === "vector") {
          leaves(register, vectors);
          scalarsBehind(register, scalars);
        }
      }
    return { vectors, scalars, systems };
  };

  const tasks: Task[] = [];
  let waiting: Task[] = [];
  const open: { sweep?: { transposed: boolean; system: number; solves: SolveStep[] } } = {};
  const pending = { vector: new Set<number>(), scalar: new Set<number>(), system: new Set<number>() };
  const inSweep = new Set<number>();
  const flush = (): void => {
    if (open.sweep) tasks.push({ kind: "sweep", ...open.sweep });
    tasks.push(...waiting);
    waiting = [];
    delete open.sweep;
    for (const set of [pending.vector, pending.scalar, pending.system, inSweep]) set.clear();
  };
  const waits = (task: Task, butSweep: boolean): boolean => {
    const { vectors, scalars, systems } = operands(task);
    const some = (set: ReadonlySet<number>, of: ReadonlySet<number>): boolean => {
      for (const register of of) if (set.has(register)) return true;
      return false;
    };
    return (
      some(pending.vector, vectors) ||
      some(pending.scalar, scalars) ||
      some(pending.system, systems) ||
      (!butSweep && some(inSweep, vectors))
    );
  };
  const add = (task: Task, writes: ReturnType<typeof resultOf>): void => {
    if (open.sweep === undefined || !waits(task, false)) {
      tasks.push(task);
      return;
    }
    waiting.push(task);
    if (writes) pending[writes.bank].add(writes.register);
  };

  for (const step of program.steps) {
    const result = resultOf(step);
    if (isSolve(step)) {
      const transposed = step.op === "solveTransposed";
      const task: Task = { kind: "sweep", transposed, system: step.system, solves: [step] };
      const { sweep } = open;
      const joins =
        sweep !== undefined &&
        sweep.transposed === transposed &&
        sweep.system === step.system &&
        sweep.solves.length < solvesMax &&
        !waits(task, true);
      if (!joins) {
        flush();
        open.sweep = { transposed, system: step.system, solves: [] };
      }
      open.sweep!.solves.push(step);
      inSweep.add(step.to);
    } else if (result?.bank === "vector" && (given(step) || isLazy(step))) {
      if (stored.has(result.register)) add({ kind: "materialize", vector: result.register }, result);
    } else add({ kind: "step", step }, result);
  }
  flush();
  return { tasks, makers, reads: (task) => operands(task).vectors };
}

/**
 * Vectors in memory: what kernels write; what is looked up at other positions; what is sparse and wanted at a row; and
 * what is worked out of others and used more than once.
 */
function storedVectors(
  program: Program,
  makers: readonly Step[],
  given: ScheduleOptions["given"],
  sparse: ScheduleOptions["sparse"],
): Set<number> {
  const stored = new Set<number>();
  const uses = new Map<number, number>();
  for (const step of program.steps) {
    const fields = step as unknown as Readonly<Record<string, unknown>>;
    for (const field of GATHERED[step.op] ?? []) {
      const value = fields[field];
      stored.add(typeof value === "number" ? value : (value as { vector: number }).vector);
    }
    const operands = operandsOf(step).filter(({ bank }) => bank === "vector");
    // an inner product with the start looks at a few positions only
    const few = step.op === "dot" && operands.some(({ register }) => sparse(makers[register]));
    for (const { register } of operands) {
      if (!few) uses.set(register, (uses.get(register) ?? 0) + 1);
      if (sparse(makers[register]) && step.op !== "dot") stored.add(register);
    }
    if (step.op === "dot" && operands.every(({ register }) => sparse(makers[register])))
      stored.add(operands[0].register);
  }
  makers.forEach((step, vector) => {
    if (!given(step) && !isLazy(step)) stored.add(vector);
    else if (isLazy(step) && (uses.get(vector) ?? 0) > 1) stored.add(vector);
  });
  return stored;
}

/** Without reports that are 0 whatever θ is, and what only they need. */
export function pruned(program: Program, graph: Graph): Program {
  const needed = { vector: new Set<number>(), system: new Set<number>(), scalar: new Set<number>() };
  const steps: Step[] = [];
  for (const step of [...program.steps].reverse()) {
    const result = resultOf(step);
    if (result ? !needed[result.bank].has(result.register) : idle(step, graph)) continue;
    for (const { bank, register } of operandsOf(step)) needed[bank].add(register);
    steps.push(step);
  }
  return { ...program, steps: steps.reverse() };
}

function idle(step: Step, graph: Graph): boolean {
  switch (step.op) {
    case "pullInitial":
    case "pullInitialTangent":
    case "pullDefect":
    case "pullDefectTangent":
      return graph.initialFormulas.length === 0;
    case "pullReward":
    case "pullRewardTangent":
      return graph.rewardFormulas.length === 0;
    default:
      return false;
  }
}
