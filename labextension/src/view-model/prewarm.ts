/** The form of PREWARM: what a person types for inputs and batches, as what the kernel understands. Pure. */
import type { JobVerb, PrewarmJob, PrewarmWish, WarmModel } from "@sojourn/kernel/panel-protocol";
import { isLive, type PanelState } from "./state.js";

export interface PrewarmForm {
  /** `family coalescent`; empty before one is chosen. */
  readonly model: string;
  /** Texts by the name of the input. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly questions: readonly string[];
  readonly gradients: boolean;
  readonly batches: string;
}

export const EMPTY_FORM: PrewarmForm = {
  model: "",
  inputs: {},
  questions: ["meanVariance"],
  gradients: false,
  batches: "1, 1000",
};

/** More values than this in one range are taken for a slip. */
const RANGE_MAX = 1000;

export const modelId = ({ source, name }: Pick<WarmModel, "source" | "name">): string => `${source} ${name}`;

export type Parsed<T> = { readonly value: T } | { readonly fault: Fault };
export type Fault = "empty" | "not-a-number" | "bad-range" | "too-many" | "not-whole" | "not-json";

/**
 * `10, 20, 30..60 by 10` as numbers; for an input that is a text or a flag, words; for one that is a list or an object, JSON.
 */
export function parseInput(text: string, byDefault: unknown): Parsed<readonly unknown[]> {
  const trimmed = text.trim();
  if (trimmed === "") return { fault: "empty" };
  if (typeof byDefault === "object" && byDefault !== null) {
    try {
      return { value: [JSON.parse(trimmed)] };
    } catch {
      return { fault: "not-json" };
    }
  }
  const parts = trimmed
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (typeof byDefault === "string") return { value: parts };
  if (typeof byDefault === "boolean") {
    const flags = parts.map((part) => (part === "true" ? true : part === "false" ? false : undefined));
    return flags.includes(undefined) ? { fault: "not-a-number" } : { value: flags };
  }
  const values: number[] = [];
  for (const part of parts) {
    const range = /^(-?[\d.e+-]+)\s*\.\.\s*(-?[\d.e+-]+)(?:\s+by\s+([\d.e+-]+))?$/i.exec(part);
    if (range === null) {
      const value = Number(part);
      if (!Number.isFinite(value)) return { fault: "not-a-number" };
      values.push(value);
      continue;
    }
    const [from, to, by] = [Number(range[1]), Number(range[2]), range[3] === undefined ? 1 : Number(range[3])];
    if (![from, to, by].every(Number.isFinite) || by <= 0 || to < from) return { fault: "bad-range" };
    const count = Math.floor((to - from) / by + 1e-9) + 1;
    if (count > RANGE_MAX) return { fault: "too-many" };
    for (let i = 0; i < count; i++) values.push(from + i * by);
  }
  return values.length === 0 ? { fault: "empty" } : { value: [...new Set(values)] };
}

export interface ReadForm {
  readonly wish?: PrewarmWish;
  /** By the input's name, `batches` and `questions` beside. */
  readonly faults: Readonly<Record<string, Fault>>;
  /** Combinations of inputs. */
  readonly combinations: number;
}

export function readForm(form: PrewarmForm, model: WarmModel | undefined): ReadForm {
  const faults: Record<string, Fault> = {};
  const inputs: Record<string, unknown> = {};
  let combinations = 1;
  for (const [name, byDefault] of Object.entries(model?.inputs ?? {})) {
    const text = form.inputs[name];
    if (text === undefined) continue;
    const read = parseInput(text, byDefault);
    if ("fault" in read) {
      faults[name] = read.fault;
      continue;
    }
    combinations *= read.value.length;
    inputs[name] = read.value.length === 1 ? read.value[0] : read.value;
  }
  const batches = parseInput(form.batches, 1);
  if ("fault" in batches) faults.batches = batches.fault;
  else if (!batches.value.every((size) => Number.isInteger(size) && (size as number) >= 1))
    faults.batches = "not-whole";
  if (form.questions.length === 0) faults.questions = "empty";
  if (model === undefined || Object.keys(faults).length > 0) return { faults, combinations };
  const { source, name } = model;
  const wish: PrewarmWish = {
    ...{ source, inputs, questions: form.questions, gradients: form.gradients },
    model: name,
    batches: (batches as { value: readonly number[] }).value,
  };
  return { wish, faults, combinations };
}

/** Texts of a model's own inputs, to begin with. */
export function textsOf(model: WarmModel): Record<string, string> {
  return Object.fromEntries(
    Object.entries(model.inputs).map(([name, value]) => [
      name,
      typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
    ]),
  );
}

/** A model that another section wants chosen. */
export interface ModelWish {
  readonly name: string;
  /** The form as it was then. */
  readonly over: PrewarmForm;
}

/**
 * The form with the wished model chosen. Undefined as long as the model is not known, which may be over once the kernel has
 * answered, and when somebody has changed the form since: what was typed later counts.
 */
export function wishedForm(
  form: PrewarmForm,
  wish: ModelWish | undefined,
  models: readonly WarmModel[],
): PrewarmForm | undefined {
  if (wish === undefined || wish.over !== form) return undefined;
  const found = models.find(({ name }) => name === wish.name);
  return found && { ...form, model: modelId(found), inputs: textsOf(found) };
}

/** What a person can do to a job. */
export function verbsOf({ state, elsewhere }: PrewarmJob): readonly JobVerb[] {
  if (elsewhere) return [];
  switch (state) {
    case "running":
    case "queued":
      return ["pause", "cancel"];
    case "waiting":
      return ["pause", "cancel"];
    case "paused":
    case "interrupted":
      return ["resume", "cancel"];
    case "cancelled":
      return ["rerun", "forget"];
    case "done":
      return ["rerun", "forget"];
    default:
      return state satisfies never;
  }
}

export const doneOf = ({ made, warm, failed }: PrewarmJob): number => made + warm + failed;

/** Jobs that still have something to do. */
export const openJobs = (jobs: readonly PrewarmJob[]): number =>
  jobs.filter(({ state }) => state !== "done" && state !== "cancelled").length;

/**
 * The panel shows the helper kernel, and that was at work on a job when it was last heard. Queued ones do not count: the next one
 * begins when one ends, and those behind a job that waits for its notebook may never. Nor do those of other kernels.
 */
export const helperPrewarms = (state: PanelState): boolean =>
  isLive(state) &&
  state.target.kind === "helper" &&
  (state.jobs ?? []).some((job) => job.state === "running" && !job.elsewhere);

/** The form again, as a job had it. */
export function formOf(wish: PrewarmWish): PrewarmForm {
  const { source, model, inputs, questions, gradients, batches } = wish;
  const texts = Object.entries(inputs).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return {
    model: modelId({ source, name: model }),
    inputs: Object.fromEntries(texts),
    questions,
    gradients,
    batches: batches.join(", "),
  };
}
