/**
 * Answers questions: derives the model that a question is about (stopped, or transformed by a reward), makes the
 * program and its derivatives, and runs it over lanes. Evaluators and derived models are kept.
 */
import { InputError } from "../base/errors.js";
import {
  type BackendName,
  type Evaluator,
  type EvaluatorInputs,
  LANE_STATUS,
  type LaneStatus,
} from "../evaluator/evaluator.js";
import type { Backends, EvaluatorOptions } from "../evaluator/open.js";
import { ModelNumbers } from "../evaluator/reference/numbers.js";
import type { SweepService } from "../evaluator/reference/system.js";
import type { Graph } from "../graph/graph.js";
import { lumped } from "../graph/lump.js";
import { rewardTransformed } from "../graph/reward.js";
import { stopAt } from "../graph/stop.js";
import { adjointProgram, hasAdjoint } from "../program/adjoint.js";
import { checkProgram } from "../program/check.js";
import type { Program } from "../program/program.js";
import { tangentProgram } from "../program/tangent.js";
import type { Schedule, TimeProgram } from "../program/time-program.js";
import type { EliminationTrace } from "../trace/trace.js";
import { type Plan, planOf, type Question } from "./question.js";
import { reasonOf } from "./result.js";
import { movingEpoch } from "./schedule.js";
import type { Lanes } from "./theta.js";

/** A graph that can be evaluated. */
export interface Eliminated {
  readonly graph: Graph;
  readonly trace: EliminationTrace;
}

export interface AskOptions {
  readonly outputs: "values" | "gradients" | "hessianVector";
  readonly direction?: Float64Array;
  /** Of gradients: state the bounds of the values that come with them. */
  readonly valueBound?: boolean;
}

/** Numbers of many lanes with what is known of them. */
export interface Answer {
  readonly quantity: string;
  /** Lane × columns: values; values × parameters of gradients; parameters of Hessian-vector products. */
  readonly numbers: Float64Array;
  readonly columns: number;
  /** Values per lane. */
  readonly valueCount: number;
  readonly status: readonly LaneStatus[];
  /** Why a lane has no values. */
  readonly reasons: readonly (string | undefined)[];
  /** Bound on the relative error of each lane's values, where one is stated. */
  readonly errorBounds: readonly (number | undefined)[];
  /** Of gradients: the value of every lane, where they came with values of all. */
  readonly values?: Float64Array;
  readonly methods: readonly string[];
  readonly backend: BackendName;
  /** How long it took to make the evaluator ready, and to run it. */
  readonly milliseconds: { readonly compile: number; readonly evaluate: number };
}

export interface AskServices {
  readonly interrupted: () => boolean;
  readonly backends: Backends;
  /** The backend of this model, where its builder chose one. */
  readonly backend?: EvaluatorOptions;
  /** Formulas that need more memory are refused. */
  readonly maxBytes: number;
  /** Told of every answer: when its evaluation began, and how long that took. */
  readonly onAnswer?: (model: string, quantity: string, began: number, milliseconds: number) => void;
  /** The trace of a graph that was derived from another, by the caches when it is worth keeping. */
  readonly eliminate: (graph: Graph, cached: boolean) => Promise<EliminationTrace>;
}

/** Derived models that are kept. */
const DERIVED_MAX = 16;

type Derived = Eliminated & { readonly place?: Int32Array };

export class Asker {
  readonly model: Eliminated;
  readonly schedule: Schedule | undefined;
  readonly parameterNames: readonly string[];
  readonly #services: AskServices;
  readonly #derived: Map<string, Promise<Derived>>;
  readonly #evaluators = new WeakMap<Graph, Map<string, Evaluator>>();

  /** With a schedule, the model of `base` over its epochs; both share what they derive. */
  constructor(model: Eliminated, services: AskServices, schedule?: Schedule, base?: Asker) {
    this.model = model;
    this.schedule = schedule;
    this.parameterNames = schedule?.parameterNames ?? model.graph.parameterNames;
    this.#services = services;
    this.#derived = base ? base.#derived : new Map();
  }

  /** The model with the process stopped at these vertices, and then transformed by a reward. */
  async derive({ until, transform }: Pick<Plan, "until" | "transform">): Promise<Derived> {
    const stops = until && [...new Set(until)].sort((a, b) => a - b);
    const stopped =
      stops === undefined
        ? this.model
        : await this.#once(`until ${stops}`, false, () => ({ graph: stopAt(this.model.graph, stops) }));
    if (transform === undefined) return stopped;
    const { interrupted, maxBytes } = this.#services;
    return this.#once(`until ${stops} reward ${transform}`, true, () =>
      rewardTransformed(stopped.graph, transform, interrupted, maxBytes),
    );
  }

  /** Classes of states that behave alike, where they are far fewer than states. */
  async #lumped(model: Derived, { until, transform }: Plan): Promise<Eliminated | undefined> {
    const { order, componentStart } = model.trace;
    const key = `until ${until} reward ${transform} lumped`;
    const found = await this.#once(key, false, () => {
      const graph = lumped(model.graph, order, componentStart.length - 1 === order.length);
      return graph ? { graph } : model;
    });
    return found.graph.vertexCount < model.graph.vertexCount ? found : undefined;
  }

  /** Keeps the last few: a derived model holds as much as the model itself. */
  #once(
    key: string,
    cached: boolean,
    make: () => { graph: Graph; place?: Int32Array; trace?: EliminationTrace },
  ): Promise<Derived> {
    let found = this.#derived.get(key);
    if (found)
      this.#derived.delete(key); // to be the newest again
    else {
      found = (async () => {
        const made = make();
        return { ...made, trace: made.trace ?? (await this.#services.eliminate(made.graph, cached)) };
      })();
      found.catch(() => this.#derived.delete(key));
    }
    this.#derived.set(key, found);
    for (const [oldest] of this.#derived) {
      if (this.#derived.size <= DERIVED_MAX) break;
      this.#derived.delete(oldest);
    }
    return found;
  }

  /** Throws `InputError` for a question that is none; a lane without values is no error but a status. */
  async ask(
    question: Question,
    lanes: Lanes,
    { outputs, direction, valueBound }: AskOptions = { outputs: "values" },
  ): Promise<Answer> {
    const started = performance.now();
    const { plan, model, program, classes } = await this.#planned(question, outputs);
    const { quantity } = question;
    const lumped = classes && soundAt(model, lanes) ? classes : undefined;
    const evaluator = this.evaluator(lumped ?? model, program);
    const inputs: EvaluatorInputs = {
      ...plan.inputs,
      ...(direction && { direction }),
      ...(valueBound && { valueBound }),
    };
    const columns = evaluator.outputCount(inputs);
    const numbers = new Float64Array(lanes.batchSize * columns);
    const codes = new Uint8Array(lanes.batchSize);
    if (lanes.batchSize > 0) evaluator.prepare?.(lanes.batchSize);
    const compiled = performance.now();
    evaluator.evaluateInto(lanes.thetas, inputs, numbers, codes);
    const evaluated = performance.now() - compiled;
    this.#services.onAnswer?.(this.model.graph.name, quantity, compiled, evaluated);
    const status = Array.from(codes, (code) => LANE_STATUS[code]);
    const values = outputs === "gradients" ? valuesOf(evaluator, status) : undefined;
    return {
      ...(values && { values }),
      quantity,
      numbers,
      columns,
      valueCount: evaluator.valueCount(inputs),
      status,
      reasons: status.map((one, lane) =>
        one === "ok" ? undefined : reasonOf(quantity, { status: one, reason: evaluator.reason?.(lane) }),
      ),
      errorBounds: status.map((_, lane) => evaluator.errorBound(lane)),
      methods: [...new Set(status.flatMap((_, lane) => evaluator.methods(lane)))],
      backend: evaluator.backend,
      milliseconds: { compile: compiled - started, evaluate: evaluated },
    };
  }

  /** Values and gradients; together where gradients come with values. */
  async both(question: Question, lanes: Lanes): Promise<{ readonly values: Answer; readonly gradients: Answer }> {
    // what has no such evaluator is told what is wrong with its values first
    if (question?.quantity === "logLikelihood") {
      const gradients = await this.ask(question, lanes, { outputs: "gradients", valueBound: true });
      const numbers = gradients.values;
      if (numbers !== undefined)
        return {
          values: { ...gradients, numbers, columns: 1, milliseconds: { compile: 0, evaluate: 0 } },
          gradients,
        };
      return { values: await this.ask(question, lanes), gradients };
    }
    const values = await this.ask(question, lanes);
    return { values, gradients: await this.ask(question, lanes, { outputs: "gradients" }) };
  }

  /** Makes ready what a question needs for a batch of so many lanes; answers how many programs had to be compiled. */
  async prepare(question: Question, outputs: AskOptions["outputs"], batchSize: number): Promise<number> {
    const { model, program, classes } = await this.#planned(question, outputs);
    const evaluator = this.evaluator(classes ?? model, program);
    const before = evaluator.compilations ?? 0;
    evaluator.prepare?.(batchSize);
    return (evaluator.compilations ?? 0) - before;
  }

  /** What a question needs: its model, with classes of states where they serve, and its program. */
  async #planned(question: Question, outputs: AskOptions["outputs"]) {
    const plan = planOf(question, this.model.graph, this.schedule);
    if (outputs !== "values") this.#checkDifferentiable(question.quantity, plan);
    const model = await this.derive(plan);
    const program = this.#differentiated(question.quantity, placed(plan.program, model.place), outputs);
    const classes = ofTimeAlone(program) ? await this.#lumped(model, plan) : undefined;
    return { plan, model, program, classes };
  }

  /** Who sweeps for a model whose lanes are kept open. */
  sweeps({ graph }: Eliminated): SweepService | undefined {
    const { backends, backend } = this.#services;
    return backends.sweeps(graph, backend);
  }

  /** The evaluator of a program on a model, made once. */
  evaluator(
    model: Eliminated,
    program: Program | TimeProgram,
    options: EvaluatorOptions = this.#services.backend ?? {},
  ): Evaluator {
    const all = this.#evaluators.get(model.graph) ?? new Map<string, Evaluator>();
    this.#evaluators.set(model.graph, all);
    const key = JSON.stringify([{ ...program, epochs: undefined }, options]);
    let known = all.get(key);
    if (known === undefined) {
      const fault =
        "steps" in program ? checkProgram(program, model.graph.rewardNames, model.graph.vertexCount) : undefined;
      if ("steps" in program && program.kind !== undefined && program.kind !== model.graph.kind)
        throw new InputError(
          "wrong-kind",
          `Cannot evaluate ${model.graph.name}: it is ${model.graph.kind}, and the program of ${program.quantity} is for ${program.kind} models.`,
        );
      if (fault) throw new InputError("bad-program", `Cannot evaluate ${model.graph.name}: ${fault}.`);
      const { backends, interrupted } = this.#services;
      known = backends.open(model.graph, model.trace, program, interrupted, options);
      all.set(key, known);
    }
    return known;
  }

  #checkDifferentiable(quantity: string, { differentiable }: Plan): void {
    const { graph } = this.model;
    const refuse = (what: string): never => {
      throw new InputError("no-gradient", `Cannot differentiate ${quantity} of ${graph.name}: ${what}.`);
    };
    if (!differentiable) refuse("it takes whole steps");
    const moving = graph.kind === "discrete" && this.schedule ? movingEpoch(this.schedule) : undefined;
    if (moving !== undefined)
      refuse(
        `the start of epoch ${moving} depends on parameters, and the starts of a discrete model are whole steps; write the starts as numbers to differentiate by the other parameters`,
      );
  }

  /** Adjoints where values are fewer than parameters, tangents elsewhere; a tangent of the adjoint for Hessians. */
  #differentiated(
    quantity: string,
    program: Program | TimeProgram,
    outputs: AskOptions["outputs"],
  ): Program | TimeProgram {
    if (outputs === "values") return program;
    const d = this.parameterNames.length;
    if (!("steps" in program)) {
      if (outputs === "hessianVector" && program.quantity !== "logLikelihood") this.#refuseHessian(quantity);
      return { ...program, outputs };
    }
    if (outputs === "hessianVector") {
      if (program.valueCount !== 1 || !hasAdjoint(program)) this.#refuseHessian(quantity);
      return tangentProgram(adjointProgram(program), 1);
    }
    const fewer = program.valueCount !== "vertices" && program.valueCount <= d;
    return fewer && hasAdjoint(program) ? adjointProgram(program) : tangentProgram(program, d);
  }

  #refuseHessian(quantity: string): never {
    const why = this.schedule
      ? "there are none over epochs, only gradients"
      : "there are those of single moments, variances and covariances, and of the log-likelihood";
    throw new InputError(
      "no-hessian",
      `Cannot give second derivatives of ${quantity} of ${this.model.graph.name}: ${why}.`,
    );
  }
}

/** The values that gradients came with; undefined where some lane has none. */
function valuesOf(evaluator: Evaluator, status: readonly LaneStatus[]): Float64Array | undefined {
  const values = new Float64Array(status.length);
  for (let lane = 0; lane < status.length; lane++) {
    const value = evaluator.value?.(lane);
    if (status[lane] !== "ok" || value === undefined || !Number.isFinite(value)) return undefined;
    values[lane] = value;
  }
  return values;
}

/** Whether a program asks for the absorption time of its model, whatever its states are. */
function ofTimeAlone(program: Program | TimeProgram): boolean {
  return (
    !("steps" in program) &&
    program.epochs === undefined &&
    program.given === undefined &&
    program.reward === undefined &&
    TIME_ALONE.includes(program.quantity)
  );
}

/** Whether all weights and the start are sound at every θ; else the model itself is asked, and tells its faults in its own words. */
function soundAt({ graph, trace }: Eliminated, { thetas, batchSize }: Lanes): boolean {
  const numbers = new ModelNumbers(graph, trace);
  const d = numbers.dimension;
  try {
    for (let b = 0; b < batchSize; b++) if (numbers.set(thetas.subarray(b * d, (b + 1) * d)) !== "ok") return false;
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

const TIME_ALONE: readonly string[] = [
  "pdf",
  "pmf",
  "cdf",
  "survival",
  "hazard",
  "quantile",
  "logLikelihood",
  "laplace",
];

/** Vertices of a condition, where the transformed model has them. */
function placed(program: Program | TimeProgram, place: Int32Array | undefined): Program | TimeProgram {
  if (place === undefined || "steps" in program || program.given === undefined) return program;
  return { ...program, given: program.given.map((v) => place[v]) };
}
