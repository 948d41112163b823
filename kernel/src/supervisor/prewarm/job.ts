/**
 * A prewarming job: one model, all combinations of its inputs, and what became of each. Pure: what changes a job answers the
 * changed one. What is left to do is what has no outcome, so a job can be put down at any moment and taken up again.
 */

import type { ForecastItem, MadeItem } from "../../link/warmer-messages.js";
import {
  JOB_STATES,
  type JobState,
  type PrewarmForecast,
  type PrewarmJob,
  type PrewarmWish,
} from "../../panel-protocol.js";

/** Who works at a job: found again by the file of its connection, and alive as long as its process is. */
export interface JobOwner {
  readonly connection: string;
  readonly host: string;
  readonly pid: number;
}

export interface JobItem {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What alike ones cost; a hint. */
  readonly likeMs?: number;
  readonly outcome?: "made" | "warm" | "failed";
  readonly reason?: string;
  readonly milliseconds?: number;
}

export interface Job {
  readonly id: string;
  readonly wish: PrewarmWish;
  readonly owner: JobOwner;
  readonly state: JobState;
  readonly reason?: string;
  readonly items: readonly JobItem[];
  /** The item that is being made. */
  readonly current?: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** More combinations than this are for a program of their own: `sojourn prewarm`. */
export const ITEMS_MAX = 1000;
const FAILURES_SHOWN = 20;
const TEXT_MAX = 300;

export function newJob(
  id: string,
  wish: PrewarmWish,
  owner: JobOwner,
  forecast: readonly ForecastItem[],
  now: number,
): Job {
  const items = forecast.map(({ inputs, likeMs }): JobItem => ({ inputs, ...(likeMs !== undefined && { likeMs }) }));
  return { id, wish, owner, state: "queued", items, createdMs: now, updatedMs: now };
}

export const isOver = ({ state }: Pick<Job, "state">): boolean => state === "done" || state === "cancelled";

/** The next item without an outcome; −1 when there is none. */
export const nextItem = ({ items }: Job): number => items.findIndex(({ outcome }) => outcome === undefined);

export function withState(job: Job, state: JobState, now: number, reason?: string): Job {
  const { reason: _, current, ...rest } = job;
  const running = state === "running" && current !== undefined ? { current } : {};
  return { ...rest, state, updatedMs: now, ...running, ...(reason !== undefined && { reason }) };
}

export const withCurrent = (job: Job, current: number, now: number): Job => ({
  ...withState(job, "running", now),
  current,
});

/** An item came back; one that was given up has no outcome, and is made later. */
export function withMade(job: Job, at: number, made: MadeItem, now: number): Job {
  const { outcome, reason, milliseconds } = made;
  const { current: _, ...rest } = job;
  if (outcome === "cancelled") return { ...rest, updatedMs: now };
  const items = job.items.slice();
  items[at] = { ...items[at]!, outcome, milliseconds, ...(reason !== undefined && { reason }) };
  const done = items.every((item) => item.outcome !== undefined);
  return { ...rest, items, updatedMs: now, ...(done && { state: "done" as const }) };
}

/** Everything again: what is there by then is passed over. With failures, only those. */
export function againJob(job: Job, now: number): Job {
  const failed = job.items.some(({ outcome }) => outcome === "failed");
  const items = job.items.map((item): JobItem => {
    if (failed && item.outcome !== "failed") return item;
    const { outcome: _, reason: __, milliseconds: ___, ...rest } = item;
    return rest;
  });
  return { ...withState(job, "queued", now), items };
}

export function forecastOf(items: readonly ForecastItem[]): PrewarmForecast {
  const failing = items.filter(({ reason }) => reason !== undefined);
  const warm = items.filter(({ layer }) => layer !== undefined).length;
  const cold = items.filter(({ layer, reason }) => layer === undefined && reason === undefined);
  return {
    total: items.length,
    warm,
    cold: cold.length,
    failing: failing.length,
    reasons: [...new Set(failing.map(({ reason }) => cut(reason as string)))].slice(0, 3),
    estimatedMs: cold.reduce((sum, { likeMs = 0 }) => sum + likeMs, 0),
    unknown: cold.filter(({ likeMs }) => likeMs === undefined).length,
  };
}

export const inputsText = (inputs: Readonly<Record<string, unknown>>): string =>
  cut(
    Object.entries(inputs)
      .map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(", "),
  );

const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);

/** As the panel sees it. `alive` says whether its owner is another kernel that runs. */
export function shownJob(job: Job, elsewhere: boolean): PrewarmJob {
  const { id, state, reason, wish, items, current, createdMs } = job;
  const count = (outcome: JobItem["outcome"]): number => items.filter((item) => item.outcome === outcome).length;
  const failed = items.filter(({ outcome }) => outcome === "failed");
  const remaining = remainingMs(items);
  return {
    id,
    state,
    ...(reason !== undefined && { reason }),
    wish,
    total: items.length,
    made: count("made"),
    warm: count("warm"),
    failed: failed.length,
    ...(current !== undefined && { current: inputsText(items[current]?.inputs ?? {}) }),
    elapsedMs: items.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0),
    ...(remaining !== undefined && !isOver(job) && { remainingMs: remaining }),
    failures: failed
      .slice(0, FAILURES_SHOWN)
      .map(({ inputs, reason: why = "" }) => ({ inputs: inputsText(inputs), reason: cut(why) })),
    createdMs,
    elsewhere,
  };
}

/**
 * What is left, from what alike ones cost and how much those that were made cost beside that; where nothing alike is known, from
 * the mean. Undefined before the first was made.
 */
export function remainingMs(items: readonly JobItem[]): number | undefined {
  const made = items.filter(({ outcome }) => outcome === "made");
  if (made.length === 0) return undefined;
  const mean = made.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0) / made.length;
  const known = made.filter(({ likeMs }) => likeMs !== undefined && likeMs > 0);
  const factor =
    known.length === 0
      ? undefined
      : known.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0) /
        known.reduce((sum, { likeMs = 0 }) => sum + likeMs, 0);
  return items
    .filter(({ outcome }) => outcome === undefined)
    .reduce((sum, { likeMs }) => sum + (factor !== undefined && likeMs !== undefined ? likeMs * factor : mean), 0);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** A wish as it came from a page; undefined when it is none. */
export function readWish(value: unknown): PrewarmWish | undefined {
  if (!isRecord(value)) return undefined;
  const { source, model, inputs, questions, gradients, batches } = value;
  if (source !== "family" && source !== "notebook") return undefined;
  if (typeof model !== "string" || !isRecord(inputs) || !isTexts(questions) || typeof gradients !== "boolean")
    return undefined;
  if (!Array.isArray(batches) || !batches.every((size) => Number.isInteger(size) && size >= 1)) return undefined;
  return { source, model, inputs, questions, gradients, batches };
}

/** A job as it was written to the disk; undefined when it is none. */
export function readJob(value: unknown): Job | undefined {
  if (!isRecord(value)) return undefined;
  const { id, owner, state, items, createdMs, updatedMs } = value;
  const wish = readWish(value.wish);
  const sound =
    typeof id === "string" &&
    /^[0-9a-f-]{8,40}$/.test(id) &&
    wish !== undefined &&
    isRecord(owner) &&
    typeof owner.connection === "string" &&
    typeof owner.host === "string" &&
    Number.isInteger(owner.pid) &&
    (JOB_STATES as readonly unknown[]).includes(state) &&
    Array.isArray(items) &&
    items.length <= ITEMS_MAX &&
    items.every((item) => isRecord(item) && isRecord(item.inputs) && isOutcome(item.outcome)) &&
    Number.isFinite(createdMs) &&
    Number.isFinite(updatedMs);
  return sound ? ({ ...value, wish } as unknown as Job) : undefined;
}

const isOutcome = (value: unknown): boolean =>
  value === undefined || value === "made" || value === "warm" || value === "failed";
