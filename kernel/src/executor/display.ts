/**
 * From values to what a front end shows. An object says how it looks through `Symbol.for("Jupyter.display")`; everything
 * else is shown by `util.inspect`. A bundle always has `text/plain` beside the rest, and bytes travel as base64.
 */
import { inspect } from "node:util";
import type { MimeBundle } from "../link/messages.js";
import { drawPlotly, figureOf } from "./figures/plotly.js";
import { drawVega, type LoadLibrary, type Picture, VEGA_TYPE } from "./figures/vega.js";
import { isTabular, tableBundle } from "./tables.js";

export const DISPLAY = Symbol.for("Jupyter.display");
export const PLOTLY = "application/vnd.plotly.v1+json";
/** Pictures that any front end and any export can show. */
const STILL = new Set(["image/svg+xml", "image/png", "image/jpeg"]);
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

/** The bundle of a value; a promise only when the value answers with one, or a picture takes its time. */
export type BundleOf = (value: unknown) => MimeBundle | Promise<MimeBundle>;

/** `loadVega` is called once a figure of Vega is shown. */
export function createBundler(loadVega: LoadLibrary): BundleOf {
  return (value) => {
    if (!displaysItself(value)) {
      const table = isTabular(value) ? tableBundle(value) : {};
      return { data: { ...table, "text/plain": plainText(value) }, metadata: {} };
    }
    const answer = value[DISPLAY]();
    const complete = (bundle: unknown): MimeBundle | Promise<MimeBundle> =>
      withPicture(normalize(bundle, value), loadVega);
    return answer instanceof Promise ? answer.then(complete) : complete(answer);
  };
}

/** A figure that only a library on screen can draw gets a still picture beside it, and words when it has none of its own. */
function withPicture(bundle: MimeBundle, loadVega: LoadLibrary): MimeBundle | Promise<MimeBundle> {
  const types = Object.keys(bundle.data);
  if (types.some((type) => STILL.has(type))) return bundle;
  const put = ({ svg, text }: Picture): MimeBundle => {
    const own = bundle.data["text/plain"];
    const words = typeof own === "string" && own !== "" ? own : text;
    return { ...bundle, data: { ...bundle.data, "image/svg+xml": svg, "text/plain": words } };
  };
  if (PLOTLY in bundle.data) return put(drawPlotly(figureOf(bundle.data[PLOTLY])));
  const vega = types.find((type) => VEGA_TYPE.test(type));
  if (vega === undefined) return bundle;
  return drawVega(loadVega, bundle.data[vega] as object, vega.includes("vegalite")).then(put);
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
  // A figure describes itself better than its object would, once its picture is made.
  const types = Object.keys(result);
  const figure =
    types.some((type) => type === PLOTLY || VEGA_TYPE.test(type)) && !types.some((type) => STILL.has(type));
  result["text/plain"] ??= figure ? "" : inspect(value, { depth: 0, customInspect: false });
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
