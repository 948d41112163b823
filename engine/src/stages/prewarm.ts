/**
 * Prewarming: builds state spaces and traces and compiles evaluators before anybody waits for them. What is in the caches
 * already is passed over, so that a run that was cancelled goes on where it stopped when it is started again; what fails
 * does not stop the rest.
 */
import { InputError, InterruptedError } from "../base/errors.js";
import { isPlainObject, nameText, noSuch, valueText } from "../base/words.js";
import type { PhaseType } from "../handle/phase-type.js";
import { OPTIONS, type QuantityName, type Question } from "../handle/question.js";
import type { Explanation } from "./explain.js";

/** What is built, as far as prewarming uses it, so that the names of parameters and rewards do not matter. */
export type Warmed = Pick<PhaseType, "caches" | "vertices" | "prepare">;

/** A model as prewarming needs it; those of `defineModel` and of the families are. */
export interface Warmable {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  build(inputs: Readonly<Record<string, unknown>>, options: { readonly signal?: AbortSignal }): Promise<Warmed>;
  explain(inputs: Readonly<Record<string, unknown>>): Promise<Explanation>;
}

export interface PrewarmModel {
  /** A model, or the name of a family. */
  readonly model: Warmable | string;
  /** Inputs; an input that is a number or a text may be given as a list of them, and all combinations are warmed. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** What will be asked: names of quantities, or whole questions. Default: `meanVariance`. */
  readonly questions?: readonly (QuantityName | Question)[];
  /** Whether gradients will be asked too. Default: false. */
  readonly gradients?: boolean;
  /** How many θ will be asked at once. Default: 1 and 1000. */
  readonly batches?: readonly number[];
}

export interface PrewarmSpec {
  readonly models: readonly PrewarmModel[];
}

export interface PrewarmOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PrewarmProgress) => void;
}

export interface PrewarmProgress {
  readonly done: number;
  readonly total: number;
  readonly item: PrewarmedItem;
  readonly elapsedMs: number;
  /** From what the items so far took; undefined before the first. */
  readonly remainingMs?: number;
}

export const PREWARM_OUTCOMES = ["made", "warm", "failed", "cancelled"] as const;

export interface PrewarmedItem {
  readonly model: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `warm`: everything was in the caches already. */
  readonly outcome: (typeof PREWARM_OUTCOMES)[number];
  /** Why it failed. */
  readonly reason?: string;
  readonly code?: string;
  readonly milliseconds: number;
  readonly vertices?: number;
}

export interface PrewarmResult {
  readonly items: readonly PrewarmedItem[];
  readonly made: number;
  readonly warm: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly milliseconds: number;
}

export interface PrewarmEstimate {
  readonly items: readonly {
    readonly model: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** The layer that has the state space already. */
    readonly layer?: string;
    /** What the most alike entry of this model cost, ms. */
    readonly likeMs?: number;
    /** Why it cannot be warmed. */
    readonly reason?: string;
  }[];
  readonly warm: number;
  readonly cold: number;
  /** The sum of what alike ones cost; a hint, because state spaces grow fast with their inputs. */
  readonly estimatedMs: number;
  /** Cold items of which nothing alike is known. */
  readonly unknown: number;
}

const BATCHES: readonly number[] = [1, 1000];
const QUESTIONS: readonly QuantityName[] = ["meanVariance"];
/** More combinations than this are taken for a slip. */
const ITEMS_MAX = 100_000;
/** Arguments that a question needs before it can be planned; their values make no difference to what is compiled. */
const ARGUMENTS: Readonly<Record<string, unknown>> = {
  times: [1],
  steps: [1],
  probabilities: [0.5],
  at: [1],
  data: [1],
  order: 2,
};

interface Item {
  readonly model: Warmable;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly questions: readonly Question[];
  readonly gradients: boolean;
  readonly batches: readonly number[];
}

const refuse = (what: string): never => {
  throw new InputError("bad-prewarm", `Cannot prewarm: ${what}.`);
};

/** All combinations. Throws `InputError` with code `bad-prewarm`. */
function itemsOf(spec: PrewarmSpec, family: (name: string) => Warmable): Item[] {
  if (!isPlainObject(spec) || !Array.isArray(spec.models))
    return refuse(
      'a specification is an object such as { models: [{ model: "coalescent", inputs: { n: [10, 20] } }] }',
    );
  const items = spec.models.flatMap((one: PrewarmModel, m): Item[] => {
    if (!isPlainObject(one)) return refuse(`models[${m}] is ${valueText(one)} and not an object`);
    const unknown = Object.keys(one).find((name) => !MODEL_FIELDS.includes(name));
    if (unknown !== undefined) refuse(`in models[${m}] ${noSuch("field", unknown, MODEL_FIELDS)}`);
    const { inputs = {}, questions = QUESTIONS, gradients = false, batches = BATCHES } = one;
    const model = typeof one.model === "string" ? family(one.model) : one.model;
    if (typeof model?.build !== "function") refuse(`models[${m}].model is ${valueText(one.model)} and no model`);
    if (!isPlainObject(inputs)) refuse(`models[${m}].inputs are ${valueText(inputs)} and not an object`);
    if (!Array.isArray(batches) || !batches.every((size) => Number.isInteger(size) && size >= 1))
      refuse(`models[${m}].batches must be whole numbers ≥ 1 and are ${valueText(batches)}`);
    if (typeof gradients !== "boolean") refuse(`models[${m}].gradients must be true or false`);
    if (!Array.isArray(questions)) refuse(`models[${m}].questions are ${valueText(questions)} and not a list`);
    const asked = (questions as readonly unknown[]).map((question) => questionOf(question, m));
    const grid = combinations(model, inputs);
    return grid.map((some) => ({ model, inputs: some, questions: asked, gradients, batches }));
  });
  if (items.length > ITEMS_MAX) refuse(`it has ${items.length} combinations of inputs, more than ${ITEMS_MAX}`);
  return items;
}

const MODEL_FIELDS: readonly string[] = ["model", "inputs", "questions", "gradients", "batches"];

function questionOf(question: unknown, m: number): Question {
  const name = typeof question === "string" ? question : (question as Question | undefined)?.quantity;
  if (typeof name !== "string" || !Object.hasOwn(OPTIONS, name))
    return refuse(`in models[${m}].questions ${noSuch("quantity", nameText(name), Object.keys(OPTIONS))}`);
  const needed = Object.fromEntries(
    OPTIONS[name as QuantityName].filter((field) => field in ARGUMENTS).map((field) => [field, ARGUMENTS[field]]),
  );
  return { ...needed, ...(typeof question === "string" ? { quantity: name } : (question as object)) } as Question;
}

/** A list where the model's own input is no list stands for each of its items. */
function combinations(model: Warmable, inputs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  let all: Readonly<Record<string, unknown>>[] = [{}];
  for (const [name, value] of Object.entries(inputs)) {
    const values = Array.isArray(value) && !Array.isArray(model.inputs[name]) ? value : [value];
    // before they are made: they may be more than memory holds
    if (all.length * values.length > ITEMS_MAX)
      refuse(`${model.name} has more than ${ITEMS_MAX} combinations of inputs`);
    all = all.flatMap((some) => values.map((one) => ({ ...some, [name]: one })));
  }
  return all;
}

/** What a run would do, from the caches alone: nothing is built. */
export async function estimatePrewarm(spec: PrewarmSpec, family: (name: string) => Warmable): Promise<PrewarmEstimate> {
  const items: PrewarmEstimate["items"][number][] = [];
  let [warm, unknown, estimatedMs] = [0, 0, 0];
  for (const { model, inputs } of itemsOf(spec, family)) {
    try {
      const { layer, nearest } = await model.explain(inputs);
      if (layer !== undefined) warm++;
      else if (nearest) estimatedMs += nearest.costMs;
      else unknown++;
      const likeMs = nearest?.costMs;
      items.push({ model: model.name, inputs, ...(layer && { layer }), ...(likeMs !== undefined && { likeMs }) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      items.push({ model: model.name, inputs, reason: error.message });
    }
  }
  const failing = items.filter(({ reason }) => reason !== undefined).length;
  return { items, warm, cold: items.length - warm - failing, estimatedMs, unknown };
}

/**
 * Warms everything, one after another. A fault of one item is its result; cancelling leaves the rest as `cancelled`. Throws
 * `InputError` only for a specification that is none.
 */
export async function runPrewarm(
  spec: PrewarmSpec,
  { signal, onProgress }: PrewarmOptions,
  family: (name: string) => Warmable,
  minCompileMs: number,
): Promise<PrewarmResult> {
  const start = performance.now();
  const work = itemsOf(spec, family);
  const items: PrewarmedItem[] = [];
  for (const item of work) {
    const done = await warmOne(item, minCompileMs, signal);
    items.push(done);
    const elapsedMs = performance.now() - start;
    const remainingMs = (elapsedMs / items.length) * (work.length - items.length);
    onProgress?.({ done: items.length, total: work.length, item: done, elapsedMs, remainingMs });
  }
  const count = (outcome: PrewarmedItem["outcome"]): number => items.filter((item) => item.outcome === outcome).length;
  return {
    items,
    made: count("made"),
    warm: count("warm"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    milliseconds: performance.now() - start,
  };
}

async function warmOne(
  { model, inputs, questions, gradients, batches }: Item,
  minCompileMs: number,
  signal?: AbortSignal,
): Promise<PrewarmedItem> {
  const start = performance.now();
  const facts = (outcome: PrewarmedItem["outcome"], more: Partial<PrewarmedItem> = {}): PrewarmedItem => ({
    model: model.name,
    inputs,
    outcome,
    milliseconds: performance.now() - start,
    ...more,
  });
  if (signal?.aborted) return facts("cancelled");
  try {
    const handle = await model.build(inputs, signal ? { signal } : {});
    let made = handle.caches.graph.outcome !== "hit" || handle.caches.trace.outcome !== "hit";
    for (const question of questions)
      for (const gradient of gradients ? [false, true] : [false])
        for (const batch of batches) {
          if (signal?.aborted) return facts("cancelled");
          const { compiled, milliseconds } = await handle.prepare(question, { gradient, batch });
          // what compiles faster than it is worth to keep is not missing
          made ||= compiled && milliseconds >= minCompileMs;
          // so that others are served, and a signal can arrive
          await new Promise((resolve) => setImmediate(resolve));
        }
    return facts(made ? "made" : "warm", { vertices: handle.vertices });
  } catch (error) {
    if (error instanceof InterruptedError) return facts("cancelled");
    const { code = "failed", message } = error as { code?: string; message: string };
    return facts("failed", { reason: message, code });
  }
}
