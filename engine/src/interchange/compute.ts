/** Answers a request document with a result document: the one code path of kernel, command line and cluster jobs. */
import { InputError } from "../base/errors.js";
import { noSuch } from "../base/words.js";
import type { BackendChoice, LaneStatus } from "../evaluator/evaluator.js";
import type { Evaluation, PhaseType } from "../handle/phase-type.js";
import type { Question } from "../handle/question.js";
import type { BatchResult } from "../handle/result.js";
import { lanesOf } from "../handle/theta.js";
import type { Explored } from "../model/explored.js";
import type { EpochRequest, ModelRequest, Request } from "./request.js";

export type JsonNumber = number | "Infinity" | "-Infinity" | "NaN";
/** A number; a pair [re, im] of a Laplace transform. */
export type JsonValue = JsonNumber | readonly [JsonNumber, JsonNumber];

export interface QuantityResult {
  readonly quantity: string;
  readonly [option: string]: unknown;
  /** Lane × value; a lane that failed is null. */
  readonly values: readonly (readonly JsonValue[] | null)[];
  /** Lane × value × parameter, when the request asks for gradients and the quantity has one. */
  readonly gradients?: readonly (readonly (readonly JsonValue[])[] | null)[];
  readonly status: readonly LaneStatus[];
  /** Of each lane why it has no values, null where it has them; absent when all have them. */
  readonly reasons?: readonly (string | null)[];
  /** Largest relative error bound over the lanes, where the quantity states one. */
  readonly errorBound?: JsonNumber;
  /** Of densities: the atom at zero of each lane, where there is one. */
  readonly defect?: readonly (readonly JsonNumber[] | null)[];
  /** Methods that were used, where there is a choice. */
  readonly methods?: readonly string[];
}

export interface ResultDocument {
  readonly format: "sojourn-result/1";
  readonly backend: string;
  readonly vertices: number;
  readonly edges: number;
  /** Names on the last axis of gradients. */
  readonly parameters: readonly string[];
  readonly results: readonly QuantityResult[];
  readonly caches: { readonly graph: string; readonly trace: string };
  readonly milliseconds: {
    readonly graph: number;
    readonly trace: number;
    readonly compile: number;
    readonly evaluate: number;
  };
}

interface Chosen {
  readonly backend?: BackendChoice;
}

/** What `compute` needs of an engine. */
export interface Builders {
  readonly families: Readonly<
    Record<string, { build(inputs: Record<string, never>, options: Chosen): Promise<PhaseType> }>
  >;
  buildExplored(explored: Explored, options: Chosen): Promise<PhaseType>;
}

/** Throws `InputError`; a lane without a value is no error but a status. */
export async function compute(request: Request, builders: Builders): Promise<ResultDocument> {
  const chosen = request.backend === undefined ? {} : { backend: request.backend };
  const model = await buildModel(request.model, builders, chosen);
  const { handle, thetas } = request.epochs
    ? overEpochs(model, request.epochs)
    : { handle: model, thetas: lanesOf(model.name, model.parameters, request.theta).thetas };
  const batchSize = handle.parameters.length === 0 ? 1 : thetas.length / handle.parameters.length;
  const theta = lanesFrom(thetas, batchSize);
  let compile = 0;
  let evaluate = 0;
  const used = new Set<string>();
  const results: QuantityResult[] = [];
  for (const [i, question] of request.quantities.entries()) {
    const derivable = request.gradient && !(question.quantity === "quantile" && handle.graph.kind === "discrete");
    const answer = await placed(`/quantities/${i}`, () => handle.evaluate(question, theta, { gradient: derivable }));
    used.add(answer.backend);
    compile += answer.milliseconds.compile;
    evaluate += answer.milliseconds.evaluate;
    const found = valuesOf(question, answer);
    const zero = question.quantity === "pdf" ? await atom(handle, question, theta) : {};
    results.push({ ...question, ...found, ...zero });
  }
  return {
    format: "sojourn-result/1",
    backend: [...used].join(", ") || "reference",
    vertices: handle.vertices,
    edges: handle.edges,
    parameters: handle.parameters,
    results,
    caches: { graph: handle.caches.graph.outcome, trace: handle.caches.trace.outcome },
    milliseconds: {
      graph: handle.caches.graph.milliseconds,
      trace: handle.caches.trace.milliseconds,
      compile,
      evaluate,
    },
  };
}

/** Lanes as a list of θ, so that a batch of one is a batch too. */
function lanesFrom(thetas: Float64Array, batchSize: number): Float64Array[] {
  const d = thetas.length / batchSize;
  return Array.from({ length: batchSize }, (_, lane) => thetas.subarray(lane * d, (lane + 1) * d));
}

/** A fault of one quantity names its place in the request. */
async function placed<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.code,
      error.message.replace(/^Cannot evaluate/, `Cannot answer ${path}: cannot evaluate`),
    );
  }
}

function valuesOf(
  question: Question,
  { values, gradients, errorBounds, methods }: Evaluation,
): Pick<QuantityResult, "values" | "gradients" | "status" | "reasons" | "errorBound" | "methods"> {
  const complex = question.quantity === "laplace";
  const d = gradients ? gradients.columns / Math.max(1, values.columns) : 0;
  const bounds = errorBounds.filter((bound) => bound !== undefined);
  return {
    values: rowsOf(values, (row) => (complex ? pairs(Array.from(row, jsonNumber)) : Array.from(row, jsonNumber))),
    status: values.status,
    ...(values.status.some((one) => one !== "ok") && { reasons: values.reasons.map((reason) => reason ?? null) }),
    ...(gradients && {
      gradients: rowsOf(gradients, (row) => {
        const lists = Array.from({ length: values.columns }, (_, i) =>
          Array.from(row.subarray(i * d, (i + 1) * d), jsonNumber),
        );
        if (!complex) return lists;
        return Array.from({ length: lists.length / 2 }, (_, i) =>
          lists[2 * i].map((re, k) => [re, lists[2 * i + 1][k]] as const),
        );
      }),
    }),
    ...(bounds.length > 0 && { errorBound: jsonNumber(Math.max(...bounds)) }),
    ...(methods.length > 0 && { methods }),
  };
}

function rowsOf<T>({ values, columns, status }: BatchResult, of: (row: Float64Array) => T): (T | null)[] {
  return status.map((one, lane) => (one === "ok" ? of(values.subarray(lane * columns, (lane + 1) * columns)) : null));
}

const pairs = (flat: readonly JsonNumber[]): (readonly [JsonNumber, JsonNumber])[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

/** The mass at zero that a density does not show. */
async function atom(
  handle: PhaseType,
  question: Question,
  theta: Float64Array[],
): Promise<Pick<QuantityResult, "defect">> {
  const { reward, until } = question as { reward?: string; until?: readonly number[] };
  const of = { quantity: "defect", ...(reward !== undefined && { reward }), ...(until && { until }) } as const;
  const { values } = await handle.evaluate(of, theta);
  if (values.values.every((value) => !(value > 1e-12))) return {};
  return { defect: rowsOf(values, (row) => Array.from(row, jsonNumber)) };
}

/** Epochs with a θ each: lanes are all their θ in a row, then the starts that are numbers. */
function overEpochs(model: PhaseType, epochs: readonly EpochRequest[]): { handle: PhaseType; thetas: Float64Array } {
  const refuse = (what: string): never => {
    throw new InputError("bad-epochs", `Cannot read the request: /epochs${what}.`);
  };
  const starts = epochs.map(({ start }) => start);
  const handle = model.separateEpochs(starts);
  const lanes = epochs.map(({ theta }, m) => {
    try {
      return lanesOf(model.name, model.parameters, theta);
    } catch (error) {
      if (error instanceof InputError) throw new InputError(error.code, error.message.replace("θ", `θ of epoch ${m}`));
      throw error;
    }
  });
  const batchSize = Math.max(...lanes.map((lane) => lane.batchSize));
  lanes.forEach((lane, m) => {
    if (lane.batchSize !== batchSize && lane.batchSize !== 1)
      refuse(`/${m}/theta has ${lane.batchSize} lanes and another epoch has ${batchSize}`);
  });
  const d = model.parameters.length;
  const width = handle.parameters.length;
  // in a discrete model starts that are numbers are no parameters
  const numbers = starts
    .filter((start): start is number => typeof start === "number")
    .slice(1, 1 + width - epochs.length * d);
  const thetas = new Float64Array(batchSize * width);
  for (let b = 0; b < batchSize; b++) {
    lanes.forEach((lane, m) => {
      const at = lane.batchSize === 1 ? 0 : b;
      thetas.set(lane.thetas.subarray(at * d, (at + 1) * d), b * width + m * d);
    });
    thetas.set(numbers, b * width + epochs.length * d);
  }
  return { handle, thetas };
}

async function buildModel(model: ModelRequest, builders: Builders, chosen: Chosen): Promise<PhaseType> {
  if ("explored" in model) return builders.buildExplored(model.explored, chosen);
  if (!Object.hasOwn(builders.families, model.family)) {
    const known = noSuch("family", model.family, Object.keys(builders.families), JSON.stringify(model.family));
    throw new InputError("unknown-family", `Cannot build /model: ${known}.`);
  }
  return builders.families[model.family].build(model.inputs as Record<string, never>, chosen);
}

const jsonNumber = (value: number): JsonNumber =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
