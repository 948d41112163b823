/**
 * Vega and Vega-Lite specifications as SVG, drawn by Vega itself without a screen. Data are those in the specification and
 * files of the notebook's folder; nothing is fetched from a network, because a notebook never phones home.
 */
import { resolve } from "node:path";
import { fsPromises } from "@sojourn/engine/file-system";
import { element, escapeXml } from "./svg.js";
import type * as Library from "./vega-library.js";

export type LoadLibrary = () => typeof Library;

/** MIME types of specifications, as JupyterLab names them. */
export const VEGA = "application/vnd.vega.v5+json";
export const VEGA_LITE = "application/vnd.vegalite.v5+json";
export const VEGA_TYPE = /^application\/vnd\.vega(lite)?\.v\d+\+json$/;

export interface Picture {
  readonly svg: string;
  readonly text: string;
}

/** Vega-Lite's schema says so; without one, what only one of the two has. */
export function isVegaLite(spec: Readonly<Record<string, unknown>>): boolean {
  const { $schema } = spec;
  if (typeof $schema === "string") return $schema.includes("vega-lite");
  return ["mark", "encoding", "layer", "hconcat", "vconcat", "concat", "facet", "repeat"].some((key) => key in spec);
}

/** Draws a specification; throws `TypeError` when Vega cannot read it. */
export async function drawVega(load: LoadLibrary, spec: object, lite: boolean): Promise<Picture> {
  try {
    return await draw(load(), spec, lite);
  } catch (error) {
    const kind = lite ? "Vega-Lite" : "Vega";
    const message = `Cannot draw a figure of ${kind}: its specification is not valid; ${kind} says: ${(error as Error).message}.`;
    throw new TypeError(message, { cause: error });
  }
}

async function draw(library: typeof Library, spec: object, lite: boolean): Promise<Picture> {
  const quiet = library.logger(library.LOG_ERRORS);
  const full = lite ? library.compile(spec as never, { logger: quiet as never }).spec : spec;
  const refused: string[] = [];
  const view = new library.View(library.parse(full as never), {
    renderer: "none",
    logger: quiet,
    loader: createLoader(refused),
  });
  try {
    const svg = await view.toSVG();
    const text = describe(spec as Readonly<Record<string, unknown>>, lite);
    if (refused.length === 0) return { svg, text };
    const reason = `${text}; not drawn here, because its data are at ${refused.join(" and ")}`;
    return { svg: notice(reason), text: reason };
  } finally {
    view.finalize();
  }
}

/** Reads files of the folder; what lies elsewhere is noted in `refused`. */
function createLoader(refused: string[]) {
  const http = async (uri: string): Promise<string> => {
    refused.push(uri);
    throw new Error(`Cannot read ${uri}: nothing is fetched from a network.`);
  };
  const file = (uri: string): Promise<string> =>
    /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(uri) ? http(uri) : fsPromises.readFile(resolve(uri), "utf8");
  return { load: file, sanitize: async (uri: string) => ({ href: uri }), http, file };
}

function notice(text: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="40">${element("text", { x: 8, y: 24, "font-size": 13 }, escapeXml(text))}</svg>`;
}

function describe(spec: Readonly<Record<string, unknown>>, lite: boolean): string {
  const { title, mark, description } = spec as { title?: unknown; mark?: unknown; description?: unknown };
  const name = textOf(title) ?? (typeof description === "string" ? description : undefined);
  const kind = textOf(mark) ?? (mark as { type?: string } | undefined)?.type;
  return [`${lite ? "Vega-Lite" : "Vega"} figure`, ...(name ? [name] : []), ...(kind ? [`mark ${kind}`] : [])].join(
    ": ",
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const { text } = (value ?? {}) as { text?: unknown };
  return typeof text === "string" ? text : undefined;
}
