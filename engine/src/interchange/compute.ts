/** Answers a request document with a result document: the one code path of kernel, command line and cluster jobs. */
import { InputError } from "../base/errors.js";
import { LANE_STATUS, type LaneStatus } from "../evaluator/evaluator.js";
import type { PhaseType } from "../handle/phase-type.js";
import { lanesOf } from "../handle/theta.js";
import type { Explored } from "../model/explored.js";
import { covarianceProgram, momentsProgram, timeProgram } from "../program/build.js";
import type { Program } from "../program/program.js";
import type { ModelRequest, QuantityRequest, Request } from "./request.js";

export type JsonNumber = number | "Infinity" | "-Infinity" | "NaN";

export interface QuantityResult {
  readonly quantity: string;
  readonly [option: string]: unknown;
  /** Lane × value; a lane that failed is null. */
  readonly values: readonly (readonly JsonNumber[] | null)[];
  readonly status: readonly LaneStatus[];
  /** Largest relative error bound over the lanes, where the quantity states one. */
  readonly errorBound?: JsonNumber;
}

export interface ResultDocument {
  readonly format: "sojourn-result/1";
  readonly backend: string;
  readonly vertices: number;
  readonly edges: number;
  readonly results: readonly QuantityResult[];
  readonly caches: { readonly graph: string; readonly trace: string };
  readonly milliseconds: {
    readonly graph: number;
    readonly trace: number;
    readonly compile: number;
    readonly evaluate: number;
  };
}

/** What `compute` needs of an engine. */
export interface Builders {
  readonly families: Readonly<Record<string, { build(inputs: Record<string, never>): Promise<PhaseType> }>>;
  buildExplored(explored: Explored): Promise<PhaseType>;
}

/** Throws `InputError`; a lane without a value is no error but a status. */
export async function compute(request: Request, builders: Builders): Promise<ResultDocument> {
  const handle = await buildModel(request.model, builders);
  const lanes = lanesOf(handle.name, handle.parameters, request.theta);
  let compile = 0;
  let evaluate = 0;
  const results = request.quantities.map((one, i): QuantityResult => {
    const started = performance.now();
    const program = programOf(one, handle, `/quantities/${i}`);
    const evaluator = handle.evaluator(program);
    const inputs = "times" in one ? { times: Float64Array.from(one.times) } : {};
    const columns = evaluator.valueCount(inputs);
    const values = new Float64Array(lanes.batchSize * columns);
    const codes = new Uint8Array(lanes.batchSize);
    const compiled = performance.now();
    evaluator.evaluateInto(lanes.thetas, inputs, values, codes);
    compile += compiled - started;
    evaluate += performance.now() - compiled;
    const status = Array.from(codes, (code) => LANE_STATUS[code]);
    const bounds = status.map((_, lane) => evaluator.errorBound(lane)).filter((bound) => bound !== undefined);
    return {
      ...one,
      values: status.map((s, lane) =>
        s === "ok" ? Array.from(values.subarray(lane * columns, (lane + 1) * columns), jsonNumber) : null,
      ),
      status,
      ...(bounds.length > 0 && { errorBound: jsonNumber(Math.max(...bounds)) }),
    };
  });
  return {
    format: "sojourn-result/1",
    backend: "reference",
    vertices: handle.vertices,
    edges: handle.edges,
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

async function buildModel(model: ModelRequest, builders: Builders): Promise<PhaseType> {
  if ("explored" in model) return builders.buildExplored(model.explored);
  if (!Object.hasOwn(builders.families, model.family)) {
    const known = Object.keys(builders.families).join(", ");
    throw new InputError(
      "unknown-family",
      `Cannot build /model: there is no family ${JSON.stringify(model.family)}; there are ${known}.`,
    );
  }
  return builders.families[model.family].build(model.inputs as Record<string, never>);
}

function programOf(one: QuantityRequest, handle: PhaseType, path: string): Program {
  const rewards = "rewards" in one ? one.rewards : "reward" in one && one.reward !== undefined ? [one.reward] : [];
  for (const reward of rewards)
    if (!handle.rewards.includes(reward))
      throw new InputError(
        "unknown-reward",
        `Cannot answer ${path}: ${handle.name} has no reward ${JSON.stringify(reward)}; its rewards are ${handle.rewards.join(", ") || "none"}.`,
      );
  switch (one.quantity) {
    case "moments":
      return momentsProgram(one.order ?? 1, one.reward);
    case "mean":
      return momentsProgram(1, one.reward);
    case "variance":
      return covarianceProgram(one.reward, one.reward);
    case "covariance":
      return covarianceProgram(...one.rewards);
    case "pdf":
    case "cdf":
    case "survival":
      return timeProgram(one.quantity);
    default:
      return one satisfies never;
  }
}

const jsonNumber = (value: number): JsonNumber =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
