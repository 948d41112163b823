/**
 * Gives a graph and its trace the methods of a distribution. Every method is a question put to `Asker`; here arguments are brought
 * into one form and answers into the form that was asked for: a number, a list, a batch.
 */
import { InputError } from "../base/errors.js";
import { nameText, valueText } from "../base/words.js";
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
import { copied } from "./copied.js";
import { openDensity } from "./density.js";
import { modelDocument } from "./document.js";
import { withPending } from "./pending.js";
import type { Evaluation, PhaseType } from "./phase-type.js";
import { createPlots } from "./plots.js";
import { findState, OPTIONS, type QuantityName, type Question, readVertices } from "./question.js";
import type { BuildReport, StageReport } from "./report.js";
import { BatchResult, laneError } from "./result.js";
import { pathsFrom, sampleFrom } from "./sample.js";
import { readSchedule, type ScheduleSpec, separateSchedule } from "./schedule.js";
import { readOptions, SIGNATURES, strict } from "./signatures.js";
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
  const batchOf = ({ quantity, numbers, columns, status, reasons }: Answer): BatchResult =>
    new BatchResult(quantity, numbers, columns, status, reasons);
  const single = ({ quantity, numbers, status: [status], reasons: [reason] }: Answer, lanes: Lanes): Float64Array => {
    if (status === "ok") return numbers;
    throw laneError(`${quantity} of ${graph.name}`, { status, reason }, atTheta(lanes.thetas));
  };

  /** A batch as it is, one θ as its row. */
  async function answer(question: unknown, theta: unknown): Promise<BatchResult | Float64Array> {
    const lanes = lanesFor(theta);
    const result = await asker.ask(question as Question, lanes);
    return lanes.single ? single(result, lanes) : batchOf(result);
  }

  const first = (result: BatchResult | Float64Array): BatchResult | number =>
    result instanceof BatchResult ? result : result[0];
  /** A question of arguments by name, and of options for the rest. */
  const question = (quantity: QuantityName, given: Readonly<Record<string, unknown>>, more: unknown): object => {
    const names = OPTIONS[quantity].filter((name) => !Object.hasOwn(given, name));
    return { ...readOptions(`evaluate ${quantity} of ${graph.name}`, more, names), quantity, ...given };
  };
  const scalar = (quantity: QuantityName) => async (theta: unknown, more?: unknown) =>
    first(await answer(question(quantity, {}, more), theta));
  const vector = (quantity: QuantityName) => async (theta: unknown, more?: unknown) =>
    answer(question(quantity, {}, more), theta);
  const ordered = (quantity: QuantityName) => async (theta: unknown, order: unknown, more?: unknown) =>
    answer(question(quantity, { order }, more), theta);
  const grid = (quantity: QuantityName, field: string) => async (theta: unknown, points: unknown, more?: unknown) => {
    const one = typeof points === "number";
    const result = await answer(question(quantity, { [field]: one ? [points] : points }, more), theta);
    return one ? first(result) : result;
  };
  const rows = (quantity: QuantityName) => async (theta: unknown, times: unknown, more?: unknown) =>
    answer(question(quantity, { times: typeof times === "number" ? [times] : times }, more), theta);

  const handle = {
    name: graph.name,
    caches,
    vertices: graph.vertexCount,
    edges: edgeCount(graph),
    parameters: names,
    rewards: graph.rewardNames,
    moments: ordered("moments"),
    mean: scalar("mean"),
    variance: scalar("variance"),
    meanVariance: vector("meanVariance"),
    covariance: async (theta: unknown, one: unknown, other: unknown, more?: unknown) =>
      first(await answer(question("covariance", { rewards: [one, other] }, more), theta)),
    covarianceMatrix: async (theta: unknown, rewards: unknown = graph.rewardNames, more?: unknown) =>
      answer(question("covarianceMatrix", { rewards }, more), theta),
    factorialMoments: ordered("factorialMoments"),
    pdf: grid("pdf", "times"),
    pmf: grid("pmf", "steps"),
    cdf: grid("cdf", "times"),
    survival: grid("survival", "times"),
    hazard: grid("hazard", "times"),
    quantile: grid("quantile", "probabilities"),
    accumulated: grid("accumulated", "times"),
    stateProbabilities: rows("stateProbabilities"),
    occupancy: rows("occupancy"),
    sojourn: vector("sojourn"),
    visits: vector("visits"),
    hitting: async (theta: unknown, vertices: unknown) => first(await answer({ quantity: "hitting", vertices }, theta)),
    defect: scalar("defect"),
    laplace: async (theta: unknown, at: unknown, more?: unknown) => answer(question("laplace", { at }, more), theta),
    logLikelihood: async (theta: unknown, data: unknown, more?: unknown) =>
      first(await answer(question("logLikelihood", { data }, more), theta)),
    countProbabilities: async (theta: unknown, rewards: unknown, counts: unknown, more?: unknown) =>
      answer(question("countProbabilities", { rewards, counts }, more), theta),

    async evaluate(question: Question, theta: unknown, more: unknown): Promise<Evaluation> {
      const { gradient = false } = readOptions(`evaluate a question of ${graph.name}`, more, ["gradient"]);
      const lanes = lanesFor(theta);
      if (!gradient) {
        const values = await asker.ask(question, lanes);
        const { errorBounds, methods, backend, milliseconds } = values;
        return { values: batchOf(values), errorBounds, methods, backend, milliseconds };
      }
      const { values, gradients } = await asker.both(question, lanes);
      const { errorBounds, methods, backend, milliseconds } = values;
      const compile = milliseconds.compile + gradients.milliseconds.compile;
      const evaluate = milliseconds.evaluate + gradients.milliseconds.evaluate;
      return {
        values: batchOf(values),
        gradients: batchOf(gradients),
        errorBounds,
        methods,
        backend,
        milliseconds: { compile, evaluate },
      };
    },
    async gradient(question: Question, theta: unknown) {
      const lanes = lanesFor(theta);
      const result = await asker.ask(question, lanes, { outputs: "gradients" });
      return lanes.single ? single(result, lanes) : batchOf(result);
    },
    async prepare(question: Question, more: unknown) {
      const what = `prepare a question of ${graph.name}`;
      const { gradient = false, batch = 1 } = readOptions(what, more, ["gradient", "batch"]);
      if (typeof gradient !== "boolean")
        throw new InputError(
          "bad-option",
          `Cannot ${what}: gradient must be true or false and is ${valueText(gradient)}.`,
        );
      if (!(Number.isInteger(batch) && (batch as number) >= 1))
        throw new InputError(
          "bad-option",
          `Cannot ${what}: batch must be a whole number ≥ 1 and is ${valueText(batch)}.`,
        );
      const start = performance.now();
      const compiled = (await asker.prepare(question, gradient ? "gradients" : "values", batch as number)) > 0;
      return { compiled, milliseconds: performance.now() - start };
    },
    async hessianVector(question: Question, theta: unknown, direction: unknown) {
      const lanes = lanesFor(theta);
      const along = lanesOf(graph.name, names, direction as Theta | ThetaBatch | undefined, "the direction");
      if (!lanes.single || !along.single)
        throw new InputError(
          "bad-theta",
          `Cannot differentiate ${graph.name} twice: one θ and one direction are needed, not batches.`,
        );
      const result = await asker.ask(question, lanes, { outputs: "hessianVector", direction: along.thetas });
      return single(result, lanes);
    },

    density: async (theta: unknown, more?: unknown) =>
      openDensity(asker, lanesFor(theta), more, atTheta, services.interrupted),
    sample: async (theta: unknown, count: unknown, more?: unknown) =>
      sampleFrom(asker, lanesFor(theta), count, more, services.interrupted),
    samplePaths: async (theta: unknown, count: unknown, more?: unknown) =>
      pathsFrom(asker, lanesFor(theta), count, more, services.interrupted),

    async until(vertices: unknown) {
      // nowhere, for lists that a program makes
      const none = Array.isArray(vertices) && vertices.length === 0;
      const refuse = (what: string): never => {
        throw new InputError("bad-vertex", `Cannot stop ${graph.name}: ${what}.`);
      };
      const until = none ? [] : readVertices(graph, "until", vertices, refuse);
      return derived(await asker.derive({ until }));
    },
    async transformed(reward: unknown) {
      if (typeof reward !== "string" || !graph.rewardNames.includes(reward))
        throw new InputError(
          "unknown-reward",
          `Cannot transform ${graph.name}: it has no reward ${nameText(reward)}; its rewards are ${graph.rewardNames.join(", ") || "none"}.`,
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
    evaluator: (program: Program, more: unknown) => {
      const options = readOptions(`evaluate a program of ${graph.name}`, more, ["backend", "threads", "lanes"]);
      if (typeof program?.quantity === "string") return asker.evaluator({ graph, trace }, program, options);
      throw new InputError(
        "bad-program",
        `Cannot evaluate ${graph.name}: a program is what momentsProgram and the like make, not ${valueText(program)}.`,
      );
    },
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

  const text = (): string => displayOf(graph, caches, names).text;
  const checked = strict(graph.name, { ...handle, toString: text }, SIGNATURES);
  // what the caches hold is shared by all handles of a model, so each shows a copy of its own
  let copy: Graph | undefined;
  let traceCopy: EliminationTrace | undefined;
  const complete = Object.defineProperties(withPending(checked, ["until", "transformed", "instantiate", "density"]), {
    graph: { enumerable: true, get: () => (copy ??= copied(graph)) },
    trace: { enumerable: true, get: () => (traceCopy ??= copied(trace)) },
  });
  return Object.assign(complete, {
    plot: createPlots(complete as unknown as PhaseType),
    [DISPLAY]: () => displayOf(graph, caches, names).bundle,
    [Symbol.for("nodejs.util.inspect.custom")]: text,
  }) as unknown as PhaseType;
}
