/**
 * Formulas over θ: small immutable trees for what a weight is beyond affine. A tree is what a user writes or a parser
 * reads; graphs hold the same as a table (`table.ts`).
 *
 * | operation                    | value                                                                    |
 * |------------------------------|--------------------------------------------------------------------------|
 * | `constant`, `parameter`      | a number; θ_k                                                            |
 * | `sum`, `product`, `quotient` | l + r, l · r, l / r                                                      |
 * | `share`                      | l / r, and 0 where l = 0: the part of a flow that may not exist          |
 * | `power`, `min`, `max`        | l ^ r, the smaller, the larger (the left one where they are equal)       |
 * | `exp`, `log`, `sqrt`         | of l                                                                     |
 * | `lack`                       | 1 − l, and 0 where that is rounding: what probabilities lack to 1        |
 */

export const OPERATIONS = [
  "constant",
  "parameter",
  "sum",
  "product",
  "quotient",
  "share",
  "power",
  "min",
  "max",
  "exp",
  "log",
  "sqrt",
  "lack",
] as const;
export type Operation = (typeof OPERATIONS)[number];
export type Unary = "exp" | "log" | "sqrt" | "lack";
export type Binary = Exclude<Operation, Unary | "constant" | "parameter">;

export type Formula =
  | { readonly op: "constant"; readonly value: number }
  | { readonly op: "parameter"; readonly index: number }
  | { readonly op: Unary; readonly left: Formula }
  | { readonly op: Binary; readonly left: Formula; readonly right: Formula };

export const constant = (value: number): Formula => ({ op: "constant", value });
export const parameter = (index: number): Formula => ({ op: "parameter", index });
export const unary = (op: Unary, left: Formula): Formula => ({ op, left });
export const binary = (op: Binary, left: Formula, right: Formula): Formula => ({ op, left, right });
export const negated = (formula: Formula): Formula => binary("product", constant(-1), formula);

export const isUnary = (op: Operation): op is Unary => op === "exp" || op === "log" || op === "sqrt" || op === "lack";

/** base + Σ c_k θ_k as a formula, without the terms that are 0. */
export function affineFormula(base: number, coefficients: ArrayLike<number>): Formula {
  let sum: Formula | undefined = base !== 0 ? constant(base) : undefined;
  for (let k = 0; k < coefficients.length; k++) {
    if (coefficients[k] === 0) continue;
    const term = coefficients[k] === 1 ? parameter(k) : binary("product", constant(coefficients[k]), parameter(k));
    sum = sum === undefined ? term : binary("sum", sum, term);
  }
  return sum ?? constant(0);
}

/** The coefficients of a formula that is affine, [base, c_1, …, c_d]; undefined when it is not, or not visibly. */
export function affineParts(formula: Formula, dimension: number): Float64Array | undefined {
  const parts = new Float64Array(dimension + 1);
  switch (formula.op) {
    case "constant":
      parts[0] = formula.value;
      return parts;
    case "parameter":
      if (formula.index >= dimension) return undefined;
      parts[1 + formula.index] = 1;
      return parts;
    case "sum": {
      const left = affineParts(formula.left, dimension);
      const right = left && affineParts(formula.right, dimension);
      return right && left.map((value, k) => value + right[k]);
    }
    case "product":
    case "quotient": {
      const left = affineParts(formula.left, dimension);
      const right = left && affineParts(formula.right, dimension);
      if (!right) return undefined;
      const isNumber = (side: Float64Array): boolean => side.every((value, k) => k === 0 || value === 0);
      if (formula.op === "quotient")
        return isNumber(right) && right[0] !== 0 ? left.map((value) => value / right[0]) : undefined;
      if (isNumber(right)) return left.map((value) => value * right[0]);
      return isNumber(left) ? right.map((value) => value * left[0]) : undefined;
    }
    default:
      return undefined;
  }
}

/** How tightly an operation binds when it is printed. */
const PRECEDENCE: Readonly<Record<Operation, number>> = {
  sum: 1,
  product: 2,
  quotient: 2,
  share: 4,
  power: 3,
  constant: 4,
  parameter: 4,
  min: 4,
  max: 4,
  exp: 4,
  log: 4,
  sqrt: 4,
  lack: 4,
};

/** A formula as `parseFormula` reads it; parameters without names are θ1, θ2 … */
export function printFormula(formula: Formula, names: readonly string[] = []): string {
  const inner = (side: Formula, least: number): string => {
    const text = printFormula(side, names);
    const binds = side.op === "constant" && side.value < 0 ? 1 : PRECEDENCE[side.op];
    return binds < least ? `(${text})` : text;
  };
  switch (formula.op) {
    case "constant":
      if (Number.isFinite(formula.value)) return String(formula.value);
      return Number.isNaN(formula.value) ? "(0/0)" : formula.value > 0 ? "(1/0)" : "(-1/0)";
    case "parameter":
      return names[formula.index] ?? `θ${formula.index + 1}`;
    case "sum":
      return `${inner(formula.left, 1)} + ${inner(formula.right, 2)}`;
    case "product":
      return `${inner(formula.left, 2)}*${inner(formula.right, 3)}`;
    case "quotient":
      return `${inner(formula.left, 2)}/${inner(formula.right, 3)}`;
    case "power":
      return `${inner(formula.left, 4)}^${inner(formula.right, 4)}`;
    case "min":
    case "max":
    case "share":
      return `${formula.op}(${printFormula(formula.left, names)}, ${printFormula(formula.right, names)})`;
    default:
      return `${formula.op}(${printFormula(formula.left, names)})`;
  }
}
