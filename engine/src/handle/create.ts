/**
 * Gives a graph and its trace the methods of a distribution. Every method is a question put to `Asker`; here arguments are brought
 * into one form and answers into the form that was asked for: a number, a list, a batch.
 */
import { InputError } from "../base/errors.js";
import { DISPLAY } from "../display/mime.js";
import { printTheta } from "../expression/weight.js";
import { checkGraph } from "../graph/check.js";
import { edgeCount, type Graph } from "../graph/graph.js";
import { instantiate } from "../graph/instantiate.js";
import { toMatrices } from "../graph/matrices.js";
import type { Program } from "../program/program.js";
import type { Schedule } from "../program/time-program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { type Answer, Asker, type AskServices } from "./ask.js";
import { openDensity } from "./density.js";
import { modelDocument } from "./document.js";
import type { Evaluation, PhaseType, TimeOption } from "./phase-type.js";
import { createPlots } from "./plots.js";
import { findState, type Question, type Vertex } from "./question.js";
import type { BuildReport, StageReport } from "./report.js";
import { BatchResult, laneError } from "./result.js";
import { type PathOptions, pathsFrom, type SampleOptions, sampleFrom } from "./sample.js";
import { readSchedule, type ScheduleSpec, separateSchedule } from "./schedule.js";
import { displayOf } from "./summary.js";
import { type Lanes, lanesOf, type Theta, type ThetaBatch } from "./theta.js";

/** Gives a graph and its trace the methods of a distribution. */
export function createPhaseType(
  graph: Graph,
  trace: EliminationTrace,
  caches: BuildReport,
  services: AskServices,
  schedule?: Schedule,
  base?: Asker,
): PhaseType {
  const asker = new Asker({ graph, trace }, services, schedule, base);
  const names = asker.parameterNames;
  const atTheta = (theta: Float64Array): string => (names.length === 0 ? "" : ` at ${printTheta(names, theta)}`);
  const lanesFor = (theta: unknown): Lanes => lanesOf(graph.name, names, theta as Theta | ThetaBatch | undefined);
  const batchOf = ({ quantity, numbers, columns, status }: Answer): BatchResult =>
    new BatchResult(quantity, numbers, columns, status);
  const single = ({ quantity, numbers, status }: Answer, lanes: Lanes): Float64Array => {
    if (status[0] !== "ok") throw laneError(`${quantity} of ${graph.name}`, status[0], atTheta(lanes.thetas));
    return numbers;
  };

  /** A batch as it is, one θ as its row. */
  async function answer(question: unknown, theta: unknown): Promise<BatchResult | Float64Array> {
    const lanes = lanesFor(theta);
    const result = await asker.ask(question as Question, lanes);
    return lanes.single ? single(result, lanes) : batchOf(result);
  }

  const first = (result: BatchResult | Float64Array): BatchResult | number =>
    result instanceof BatchResult ? result : result[0];
  const options = (quantity: string, given: unknown): object => {
    if (given === undefined) return {};
    if (typeof given === "object" && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given))
      return given;
    throw new InputError(
      "bad-option",
      `Cannot evaluate ${quantity} of ${graph.name}: options are an object such as { reward: "name" }, not ${typeof given === "string" ? JSON.stringify(given) : String(given)}.`,
    );
  };
  const scalar = (quantity: string) => async (theta: unknown, more?: unknown) =>
    first(await answer({ ...options(quantity, more), quantity }, theta));
  const grid = (quantity: string, field: string) => async (theta: unknown, points: unknown, more?: unknown) => {
    const one = typeof points === "number";
    const result = await answer({ ...options(quantity, more), quantity, [field]: one ? [points] : points }, theta);
    return one ? first(result) : result;
  };
  const list = (points: unknown): unknown => (typeof points === "number" ? [points] : points);

  const handle = {
    name: graph.name,
    graph,
    trace,
    caches,
    vertices: graph.vertexCount,
    edges: edgeCount(graph),
    parameters: names,
    rewards: graph.rewardNames,
    moments: async (theta: unknown, order: unknown, more?: unknown) =>
      answer({ ...options("moments", more), quantity: "moments", order }, theta),
    mean: scalar("mean"),
    variance: scalar("variance"),
    covariance: async (theta: unknown, one: unknown, other: unknown, more?: unknown) =>
      first(await answer({ ...options("covariance", more), quantity: "covariance", rewards: [one, other] }, theta)),
    covarianceMatrix: async (theta: unknown, rewards: unknown = graph.rewardNames, more?: unknown) =>
      answer({ ...options("covarianceMatrix", more), quantity: "covarianceMatrix", rewards }, theta),
    factorialMoments: async (theta: unknown, order: unknown, more?: unknown) =>
      answer({ ...options("factorialMoments", more), quantity: "factorialMoments", order }, theta),
    pdf: grid("pdf", "times"),
    pmf: grid("pmf", "steps"),
    cdf: grid("cdf", "times"),
    survival: grid("survival", "times"),
    hazard: grid("hazard", "times"),
    quantile: grid("quantile", "probabilities"),
    accumulated: grid("accumulated", "times"),
    stateProbabilities: async (theta: unknown, times: unknown, more?: unknown) =>
      answer({ ...options("stateProbabilities", more), quantity: "stateProbabilities", times: list(times) }, theta),
    occupancy: async (theta: unknown, times: unknown, more?: unknown) =>
      answer({ ...options("occupancy", more), quantity: "occupancy", times: list(times) }, theta),
    sojourn: async (theta: unknown, more?: unknown) =>
      answer({ ...options("sojourn", more), quantity: "sojourn" }, theta),
    visits: async (theta: unknown, more?: unknown) => answer({ ...options("visits", more), quantity: "visits" }, theta),
    hitting: async (theta: unknown, vertices: unknown) => first(await answer({ quantity: "hitting", vertices }, theta)),
    defect: scalar("defect"),
    laplace: async (theta: unknown, at: unknown, more?: unknown) =>
      answer({ ...options("laplace", more), quantity: "laplace", at }, theta),
    logLikelihood: async (theta: unknown, data: unknown, more?: unknown) =>
      first(await answer({ ...options("logLikelihood", more), quantity: "logLikelihood", data }, theta)),
    countProbabilities: async (theta: unknown, rewards: unknown, counts: unknown, more?: unknown) =>
      answer({ ...options("countProbabilities", more), quantity: "countProbabilities", rewards, counts }, theta),

    async evaluate(question: Question, theta: unknown, more: { gradient?: boolean } = {}): Promise<Evaluation> {
      const { gradient = false, ...rest } = options("the question", more) as { gradient?: boolean };
      const unknown = Object.keys(rest)[0];
      if (unknown !== undefined)
        throw new InputError(
          "bad-option",
          `Cannot evaluate a question of ${graph.name}: there is no option ${unknown}; the only one is gradient.`,
        );
      const lanes = lanesFor(theta);
      const values = await asker.ask(question, lanes);
      const { errorBounds, methods, milliseconds } = values;
      if (!gradient) return { values: batchOf(values), errorBounds, methods, milliseconds };
      const gradients = await asker.ask(question, lanes, { outputs: "gradients" });
      const compile = milliseconds.compile + gradients.milliseconds.compile;
      const evaluate = milliseconds.evaluate + gradients.milliseconds.evaluate;
      return {
        values: batchOf(values),
        gradients: batchOf(gradients),
        errorBounds,
        methods,
        milliseconds: { compile, evaluate },
      };
    },
    async gradient(question: Question, theta: unknown) {
      const lanes = lanesFor(theta);
      const result = await asker.ask(question, lanes, { outputs: "gradients" });
      return lanes.single ? single(result, lanes) : batchOf(result);
    },
    async hessianVector(question: Question, theta: unknown, direction: unknown) {
      const [lanes, along] = [lanesFor(theta), lanesFor(direction)];
      if (!lanes.single || !along.single)
        throw new InputError(
          "bad-theta",
          `Cannot differentiate ${graph.name} twice: one θ and one direction are needed, not batches.`,
        );
      const result = await asker.ask(question, lanes, { outputs: "hessianVector", direction: along.thetas });
      return single(result, lanes);
    },

    density: async (theta: unknown, more?: unknown) =>
      openDensity(asker, lanesFor(theta), options("density", more) as TimeOption, atTheta, services.interrupted),
    sample: async (theta: unknown, count: number, more?: unknown) =>
      sampleFrom(asker, lanesFor(theta), count, options("sample", more) as SampleOptions, services.interrupted),
    samplePaths: async (theta: unknown, count: number, more?: unknown) =>
      pathsFrom(asker, lanesFor(theta), count, options("samplePaths", more) as PathOptions, services.interrupted),

    async until(vertices: readonly Vertex[]) {
      if (!Array.isArray(vertices))
        throw new InputError(
          "bad-vertex",
          `Cannot stop ${graph.name}: until takes a list of vertices or states, not ${String(vertices)}.`,
        );
      const until = vertices.map((v) => (typeof v === "number" ? v : findState(graph, v)));
      const bad = until.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < graph.vertexCount));
      if (bad >= 0)
        throw new InputError(
          "bad-vertex",
          `Cannot stop ${graph.name} at ${String(vertices[bad])}: it is no vertex or state of the model.`,
        );
      return derived(await asker.derive({ until }));
    },
    async transformed(reward: string) {
      if (!graph.rewardNames.includes(reward))
        throw new InputError(
          "unknown-reward",
          `Cannot transform ${graph.name}: it has no reward ${reward}; its rewards are ${graph.rewardNames.join(", ") || "none"}.`,
        );
      if (schedule)
        throw new InputError(
          "not-available",
          `Cannot transform ${graph.name}: a reward's clock is not the time that epochs are on.`,
        );
      return derived(await asker.derive({ transform: reward }));
    },
    epochs: (spec: ScheduleSpec | ScheduleSpec["epochs"]) =>
      createPhaseType(
        graph,
        trace,
        caches,
        services,
        readSchedule(graph, Array.isArray(spec) ? { epochs: spec } : (spec as ScheduleSpec)),
        asker,
      ),
    separateEpochs: (starts: readonly (number | string)[]) =>
      createPhaseType(graph, trace, caches, services, separateSchedule(graph, starts), asker),
    async instantiate(theta: unknown) {
      return createPhaseType(concreteAt(theta, "instantiate"), trace, caches, services);
    },
    matrices: (theta: unknown) => toMatrices(concreteAt(theta, "write the matrices of")),
    vertexOf: (state: readonly number[]) => {
      const v = findState(graph, state);
      return v < 0 ? undefined : v;
    },
    toJSON: () => {
      if (schedule)
        throw new InputError(
          "not-available",
          `Cannot save ${graph.name} with its epochs: documents hold the model alone; save the handle that epochs were given to.`,
        );
      return modelDocument(graph);
    },
    evaluator: (program: Program) => asker.evaluator({ graph, trace }, program),
  };

  function oneTheta(theta: unknown, action: string): Float64Array {
    if (schedule)
      throw new InputError("not-available", `Cannot ${action} ${graph.name}: it has epochs, each with a θ of its own.`);
    const lanes = lanesFor(theta);
    if (!lanes.single)
      throw new InputError("bad-theta", `Cannot ${action} ${graph.name}: one θ is needed, not a batch.`);
    return lanes.thetas;
  }

  function concreteAt(theta: unknown, action: string): Graph {
    const concrete = instantiate(graph, oneTheta(theta, action));
    const fault = checkGraph(concrete);
    if (fault) throw new InputError(fault.code, fault.message);
    return concrete;
  }

  function derived(model: { graph: Graph; trace: EliminationTrace }): PhaseType {
    const none: StageReport = { outcome: "none", milliseconds: 0 };
    return createPhaseType(model.graph, model.trace, { graph: none, trace: none }, services, schedule);
  }

  const complete = handle as unknown as PhaseType;
  return Object.assign(handle, {
    plot: createPlots(complete),
    [DISPLAY]: () => displayOf(graph, caches, names).bundle,
    [Symbol.for("nodejs.util.inspect.custom")]: () => displayOf(graph, caches, names).text,
  }) as unknown as PhaseType;
}
