/** Quantities as programs. `reward` undefined means the absorption time itself. */
import type { Program, Step, TimeFunction } from "./program.js";

/** E[Y], …, E[Y^order]: E_i[Y^k] = k (U (r ∘ E[Y^{k−1}]))_i, one solve each on one factorisation. */
export function momentsProgram(order: number, reward?: string): Program {
  const [current, rewards] = [0, 1];
  const steps: Step[] = [{ op: "factor" }, { op: "ones", to: current }];
  if (reward !== undefined) steps.push({ op: "reward", to: rewards, reward });
  else steps.push({ op: "ones", to: rewards });
  for (let k = 1; k <= order; k++)
    steps.push(
      { op: "multiply", to: current, left: current, right: rewards, scale: k },
      { op: "solve", vector: current },
      { op: "initialProduct", vector: current, output: k - 1 },
    );
  return { quantity: "moments", vectorCount: 2, outputCount: order, steps };
}

/**
 * Cov(Y₁, Y₂) = αUΓ + Cov_α(m¹, m²) with m^q = U r_q: sums of products of differences, so that a variance much
 * smaller than the square of its mean keeps its digits. Three solves, two when the rewards are the same.
 */
export function covarianceProgram(first?: string, second?: string): Program {
  const [left, right, gamma] = [0, 1, 2];
  const load = (to: number, reward?: string): Step =>
    reward === undefined ? { op: "ones", to } : { op: "reward", to, reward };
  const same = first === second;
  const other = same ? left : right;
  const steps: Step[] = [{ op: "factor" }, load(left, first), { op: "solve", vector: left }];
  if (!same) steps.push(load(right, second), { op: "solve", vector: right });
  steps.push(
    { op: "gamma", to: gamma, left, right: other },
    { op: "solve", vector: gamma },
    { op: "initialProduct", vector: gamma, output: 0 },
    { op: "initialCovariance", left, right: other, output: 0 },
  );
  return { quantity: "covariance", vectorCount: 3, outputCount: 1, steps };
}

/** Density, distribution function or survival of the absorption time at the times given at run time. */
export function timeProgram(name: TimeFunction): Program {
  const steps: Step[] = [{ op: "factor" }, { op: "uniformize", function: name, output: 0 }];
  return { quantity: name, vectorCount: 0, outputCount: "times", steps };
}
