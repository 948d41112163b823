/**
 * Weight formulas of phasic (`weight_mode` "formula"): a tape for a machine with a stack, the same for all edges, that
 * pushes parameters (t), coefficients of the edge (c) and constants. With the coefficients of one edge it becomes a
 * formula over the parameters; comparisons never speak of parameters, so they are decided here.
 *
 * | codes | operations |
 * |---|---|
 * | 0, 1, 2 | push θ, coefficient, constant; the next number says which |
 * | 3 … 7 | + − · / power |
 * | 8 … 12 | minus, exp, log, square root, logistic |
 * | 13 … 18 | = ≠ < > ≤ ≥ |
 * | 19, 20, 21, 22 | and, or, not, choose (condition, then, else) |
 */

export interface PhasicTape {
  readonly ops: readonly number[];
  readonly consts: readonly number[];
}

const numbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isFinite(item));

export function isTape(value: unknown): value is PhasicTape {
  const tape = value as Partial<PhasicTape> | null | undefined;
  return numbers(tape?.ops) && numbers(tape?.consts);
}

/** A number where no parameter is involved, else the text of a formula. */
type Value = number | string;

const SIGNS = ["+", "-", "*", "/", "^"] as const;
const ARITHMETIC = [
  (a: number, b: number) => a + b,
  (a: number, b: number) => a - b,
  (a: number, b: number) => a * b,
  (a: number, b: number) => a / b,
  (a: number, b: number) => a ** b,
] as const;
const FUNCTIONS = [
  [(a: number) => -a, (a: string) => `(-${a})`],
  [Math.exp, (a: string) => `exp(${a})`],
  [Math.log, (a: string) => `log(${a})`],
  [Math.sqrt, (a: string) => `sqrt(${a})`],
  [(a: number) => 1 / (1 + Math.exp(-a)), (a: string) => `(1/(1+exp(-${a})))`],
] as const;
const COMPARISONS = [
  (a: number, b: number) => a === b,
  (a: number, b: number) => a !== b,
  (a: number, b: number) => a < b,
  (a: number, b: number) => a > b,
  (a: number, b: number) => a <= b,
  (a: number, b: number) => a >= b,
  (a: number, b: number) => a !== 0 && b !== 0,
  (a: number, b: number) => a !== 0 || b !== 0,
] as const;

/** The weight of an edge with these coefficients; `refuse` is told what is wrong with the tape. Cost: its length. */
export function tapeFormula(
  tape: PhasicTape,
  coefficients: readonly number[],
  parameters: readonly string[],
  refuse: (what: string) => never,
): Value {
  const { ops, consts } = tape;
  const stack: Value[] = [];
  const pop = (): Value => stack.pop() ?? refuse("has a weight formula that takes more than it has");
  const decided = (value: Value): number =>
    typeof value === "number" ? value : refuse("has a weight formula with a condition on parameters");
  const pick = <T>(list: readonly T[], index: number): T =>
    list[index] ?? refuse("has a weight formula that speaks of a coefficient, constant or parameter that is not there");

  for (let i = 0; i < ops.length; i++) {
    const op = ops[i];
    if (op === 0) stack.push(pick(parameters, ops[++i]));
    else if (op === 1) stack.push(pick(coefficients, ops[++i]));
    else if (op === 2) stack.push(pick(consts, ops[++i]));
    else if (op >= 3 && op <= 7) {
      const right = pop();
      const left = pop();
      stack.push(
        typeof left === "number" && typeof right === "number"
          ? ARITHMETIC[op - 3](left, right)
          : `(${text(left)}${SIGNS[op - 3]}${text(right)})`,
      );
    } else if (op >= 8 && op <= 12) {
      const value = pop();
      const [number, formula] = FUNCTIONS[op - 8];
      stack.push(typeof value === "number" ? number(value) : formula(value));
    } else if (op >= 13 && op <= 20) {
      const right = decided(pop());
      const left = decided(pop());
      stack.push(COMPARISONS[op - 13](left, right) ? 1 : 0);
    } else if (op === 21) stack.push(decided(pop()) === 0 ? 1 : 0);
    else if (op === 22) {
      const otherwise = pop();
      const then = pop();
      stack.push(decided(pop()) !== 0 ? then : otherwise);
    } else refuse(`has a weight formula with an operation ${op}, which this version does not know`);
  }
  const [value] = stack;
  if (stack.length !== 1) refuse("has a weight formula that does not end with one value");
  if (typeof value === "number" && !Number.isFinite(value)) refuse(`has a weight of ${value}`);
  return value;
}

const text = (value: Value): string => (typeof value === "number" && value < 0 ? `(${value})` : String(value));
