/**
 * From values to what a front end shows. An object says how it looks through `Symbol.for("Jupyter.display")`; everything
 * else is shown by `util.inspect`. A bundle always has `text/plain` beside the rest, and bytes travel as base64.
 */
import { inspect } from "node:util";
import type { MimeBundle } from "../link/messages.js";

export const DISPLAY = Symbol.for("Jupyter.display");
const PLOTLY = "application/vnd.plotly.v1+json";
/** Parts of a bundle that are JSON on the wire; the others are text. */
const JSON_TYPE = /^application\/(?:.*\+)?json$/;

/** A ready-made bundle, as the helpers of `show` make them. */
export class RichValue {
  readonly #data: Record<string, unknown>;

  constructor(data: Record<string, unknown>) {
    this.#data = data;
  }

  [DISPLAY](): Record<string, unknown> {
    return this.#data;
  }
}

interface SelfDisplaying {
  [DISPLAY](): unknown;
}

function displaysItself(value: unknown): value is SelfDisplaying {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<SelfDisplaying>)[DISPLAY] === "function"
  );
}

/** The bundle of a value; a promise only when the value answers with one. */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (!displaysItself(value)) return { data: { "text/plain": plainText(value) }, metadata: {} };
  const answer = value[DISPLAY]();
  if (answer instanceof Promise) return answer.then((bundle) => normalize(bundle, value));
  return normalize(answer, value);
}

export function plainText(value: unknown): string {
  return inspect(value, { depth: 3, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
}

/** Checks and completes what an object answered: a bare bundle, or `{data, metadata}`. */
function normalize(answer: unknown, value: object): MimeBundle {
  if (typeof answer !== "object" || answer === null) {
    throw new TypeError("Cannot display a value: its Jupyter.display method must return an object of MIME types.");
  }
  const wrapped = "data" in answer && typeof answer.data === "object" && answer.data !== null;
  const data = (wrapped ? answer.data : answer) as Record<string, unknown>;
  const metadata = wrapped && "metadata" in answer ? (answer.metadata as Record<string, unknown>) : {};
  const result: Record<string, unknown> = {};
  for (const [type, content] of Object.entries(data)) {
    if (content === undefined) continue;
    result[type] = type === PLOTLY ? withoutCloud(wireContent(type, content)) : wireContent(type, content);
  }
  result["text/plain"] ??= inspect(value, { depth: 0, customInspect: false });
  return { data: result, metadata: JSON.parse(JSON.stringify(metadata ?? {})) };
}

function wireContent(type: string, content: unknown): unknown {
  if (content instanceof Uint8Array) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
  }
  if (JSON_TYPE.test(type)) return JSON.parse(JSON.stringify(content, plainArrays));
  return typeof content === "string" ? content : plainText(content);
}

function plainArrays(_key: string, content: unknown): unknown {
  if (typeof content === "bigint") return content.toString();
  return ArrayBuffer.isView(content) && !(content instanceof DataView) ? Array.from(content as Float64Array) : content;
}

/** plotly's own button would send the data to a server; a notebook never phones home. */
function withoutCloud(figure: unknown): unknown {
  if (typeof figure !== "object" || figure === null) return figure;
  const config = "config" in figure && typeof figure.config === "object" ? figure.config : {};
  return { ...figure, config: { ...config, showSendToCloud: false } };
}
