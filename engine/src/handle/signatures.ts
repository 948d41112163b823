/**
 * How methods are called: what each takes in order, options last. An option that does not exist, or that stands where
 * none is taken, is refused and never ignored.
 */
import { InputError } from "../base/errors.js";
import { isPlainObject, isPromise, noSuch, valueText } from "../base/words.js";

type Signatures = Readonly<Record<string, string>>;

/** Of every method of a handle; options, where it takes some, come last. */
export const SIGNATURES: Signatures = {
  moments: "θ, order, options",
  mean: "θ, options",
  variance: "θ, options",
  meanVariance: "θ, options",
  covariance: "θ, reward, reward, options",
  covarianceMatrix: "θ, rewards, options",
  factorialMoments: "θ, order, options",
  pdf: "θ, times, options",
  pmf: "θ, steps, options",
  cdf: "θ, times, options",
  survival: "θ, times, options",
  hazard: "θ, times, options",
  quantile: "θ, probabilities, options",
  accumulated: "θ, times, options",
  stateProbabilities: "θ, times, options",
  occupancy: "θ, times, options",
  sojourn: "θ, options",
  visits: "θ, options",
  hitting: "θ, vertices",
  defect: "θ, options",
  laplace: "θ, points, options",
  logLikelihood: "θ, data, options",
  countProbabilities: "θ, rewards, counts, options",
  evaluate: "question, θ, options",
  gradient: "question, θ",
  hessianVector: "question, θ, direction",
  prepare: "question, options",
  density: "θ, options",
  sample: "θ, count, options",
  samplePaths: "θ, count, options",
  until: "vertices",
  transformed: "reward",
  epochs: "spec",
  separateEpochs: "starts",
  instantiate: "θ",
  matrices: "θ",
  vertexOf: "state",
  toJSON: "",
  toString: "",
  evaluator: "program, options",
};

export const DENSITY_SIGNATURES: Signatures = {
  pdf: "time",
  cdf: "time",
  survival: "time",
  hazard: "time",
  quantile: "probability",
  errorBound: "time",
  method: "time",
  toString: "",
};

export const PLOT_SIGNATURES: Signatures = {
  pdf: "θ, options",
  cdf: "θ, options",
  survival: "θ, options",
  hazard: "θ, options",
  graph: "",
};

/** Methods of a handle that answer at once; the others answer with promises. */
const AT_ONCE: readonly string[] = [
  "epochs",
  "separateEpochs",
  "matrices",
  "vertexOf",
  "toJSON",
  "toString",
  "evaluator",
];

/** The same methods, refusing an object of options where they take none. A list's `map` may pass an index and the list. */
export function strict<M extends object>(what: string, methods: M, signatures: Signatures): M {
  const checked = { ...methods } as Record<string, unknown>;
  for (const [name, method] of Object.entries(methods)) {
    const signature = signatures[name];
    if (typeof method !== "function" || signature === undefined) continue;
    const takes = signature === "" ? [] : signature.split(", ");
    const rejects = signatures === SIGNATURES && !AT_ONCE.includes(name);
    checked[name] = (...given: unknown[]): unknown => {
      if (given.length <= takes.length) return method(...given);
      const options = given.slice(takes.length).filter(isPlainObject);
      const [option] = options.flatMap((more) => Object.keys(more));
      if (option === undefined) return method(...given);
      const call = `${name}(${signature})`;
      const why =
        takes.at(-1) === "options"
          ? `${call} takes nothing after its options, and there is ${option}`
          : `there is no option ${option}; ${call} takes none`;
      const refusal = new InputError("bad-option", `Cannot use ${name} of ${what}: ${why}.`);
      if (rejects) return Promise.reject(refusal);
      throw refusal;
    };
  }
  return checked as M;
}

/** Options that come last in a call, as an object; those that are not among `names` are refused. */
export function readOptions(
  action: string,
  given: unknown,
  names: readonly string[],
  example = names.includes("reward") ? '{ reward: "name" }' : `{ ${names[0]}: … }`,
): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot ${action}: ${what}.`);
  };
  if (
    typeof given !== "object" ||
    given === null ||
    isPromise(given) ||
    Array.isArray(given) ||
    ArrayBuffer.isView(given)
  )
    return refuse(`options are an object such as ${example}, not ${valueText(given)}`);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(noSuch("option", unknown, names));
  return given as Readonly<Record<string, unknown>>;
}
