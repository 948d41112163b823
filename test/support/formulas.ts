/** Random models whose weights, start and rewards are formulas over three parameters. */
import fc from "fast-check";
import { type RandomModel, randomModel } from "./models.js";
import { type Document, discreteDocument, endedDocument } from "./quantities.js";

export const PARAMETERS = ["a", "b", "c"] as const;

/** Smooth and positive where parameters are. */
const FORMULAS = [
  "1",
  "a",
  "0.5 + 0.25*b",
  "a*b",
  "exp(-c)",
  "sqrt(a + b)",
  "a/(b + 1)",
  "b^c",
  "log(1 + a)",
  "max(c, 0.001)",
  "min(b*c, 1000)",
  "a^-1",
  "(a - b)^2 + 0.1*c",
];

export interface FormulaModel {
  readonly model: RandomModel;
  readonly document: Document;
  readonly theta: readonly number[];
}

const theta = fc.tuple(...PARAMETERS.map(() => fc.double({ min: 0.3, max: 2, noNaN: true })));
const picks = fc.array(fc.nat(FORMULAS.length - 1), { minLength: 150, maxLength: 150 });

/** Continuous: every rate times a formula; a start that depends on θ, on an absorbing vertex too; rewards likewise. */
export const formulaModel: fc.Arbitrary<FormulaModel> = fc
  .tuple(randomModel, picks, theta)
  .map(([model, picked, theta]) => {
    const document = endedDocument(model);
    return {
      model,
      theta,
      document: {
        ...document,
        parameters: PARAMETERS,
        edges: document.edges.map(([from, to, w], e) => [from, to, `${w}*(${FORMULAS[picked[e]]})`]),
        ...startAndRewards(model, picked),
      },
    };
  });

/** Discrete: probabilities times a formula that stays below 1. */
export const discreteFormulaModel: fc.Arbitrary<FormulaModel> = fc
  .tuple(randomModel, picks, theta)
  .map(([model, picked, theta]) => {
    const document = discreteDocument(model);
    return {
      model,
      theta,
      document: {
        ...document,
        parameters: PARAMETERS,
        edges: document.edges.map(([from, to, w], e) => [from, to, `${w}*(${SHARES[picked[e] % SHARES.length]})`]),
        initial: startAndRewards(model, picked).initial,
      },
    };
  });

const SHARES = ["1", "exp(-0.2*a)", "b/(b + 0.5)", "1 - 0.3*c/(1 + c)", "0.8"];

function startAndRewards({ n }: RandomModel, picked: readonly number[]): Pick<Document, "initial" | "rewards"> {
  const shares = ["0.4*exp(-a)", "0.5*b/(1 + b)"];
  const initial: [number, number | string][] = [
    [0, shares[0]],
    [n + 1, "0.05*c/(1 + c)"],
  ];
  if (n > 1) initial.push([n - 1, shares[1]]);
  const reward = (shift: number): (number | string)[] =>
    Array.from({ length: n + 2 }, (_, v) => {
      const pick = picked[60 + shift * 20 + v];
      if (v >= n || pick === 0) return 0;
      return pick % 2 === 0 ? (pick % 3) + 1 : FORMULAS[pick];
    });
  return { initial, rewards: { r1: reward(0), r2: reward(1) } };
}
