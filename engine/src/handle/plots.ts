/** Plots of a handle: described now, computed when they are shown. */

import { InputError } from "../base/errors.js";
import { type LineSeries, lineChartBundle } from "../display/line-chart.js";
import { DISPLAY, type MimeBundle } from "../display/mime.js";
import { printTheta } from "../expression/weight.js";
import { defect, type Graph } from "../graph/graph.js";
import type { Theta } from "./theta.js";

export interface Plot {
  [DISPLAY](): Promise<MimeBundle>;
}

export interface PlotOptions {
  /** Times to draw at; by default 200 from 0 to the mean plus four standard deviations of the widest curve. */
  readonly times?: readonly number[] | Float64Array;
  readonly title?: string;
}

export interface Plots {
  /** Density for one θ, or one curve for each of several. */
  pdf(theta?: Theta | readonly Theta[], options?: PlotOptions): Plot;
  cdf(theta?: Theta | readonly Theta[], options?: PlotOptions): Plot;
  survival(theta?: Theta | readonly Theta[], options?: PlotOptions): Plot;
  /** The graph, drawn when it is of modest size. */
  graph(): { [DISPLAY](): MimeBundle };
}

type CurveName = "pdf" | "cdf" | "survival";

const POINTS = 200;

/** What a plot needs of a handle. */
interface Quantities {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly graph: Graph;
  mean(theta?: Theta): Promise<number>;
  variance(theta?: Theta): Promise<number>;
  pdf(theta: Theta | undefined, times: Float64Array): Promise<Float64Array>;
  cdf(theta: Theta | undefined, times: Float64Array): Promise<Float64Array>;
  survival(theta: Theta | undefined, times: Float64Array): Promise<Float64Array>;
}

export function createPlots(handle: Quantities, graph: Plots["graph"]): Plots {
  const curve =
    (name: CurveName, yLabel: string): Plots["pdf"] =>
    (theta, options = {}) => {
      checkPlotOptions(handle.name, name, options);
      return { [DISPLAY]: () => draw(handle, name, yLabel, theta, options) };
    };
  return {
    pdf: curve("pdf", "density"),
    cdf: curve("cdf", "distribution function"),
    survival: curve("survival", "survival"),
    graph,
  };
}

function checkPlotOptions(model: string, name: string, options: unknown): void {
  const refuse = (what: string): never => {
    throw new InputError("bad-option", `Cannot plot ${name} of ${model}: ${what}.`);
  };
  if (typeof options !== "object" || options === null || Array.isArray(options) || ArrayBuffer.isView(options))
    refuse("options are an object such as { times: linspace(0, 5, 200) }");
  const unknown = Object.keys(options as object).find((option) => option !== "times" && option !== "title");
  if (unknown !== undefined) refuse(`there is no option ${unknown}; there are times and title`);
}

async function draw(
  handle: Quantities,
  name: CurveName,
  yLabel: string,
  theta: Theta | readonly Theta[] | undefined,
  options: PlotOptions,
): Promise<MimeBundle> {
  const many = Array.isArray(theta) && theta.length > 0 && typeof theta[0] !== "number";
  const thetas = (many ? theta : [theta]) as (Theta | undefined)[];
  const times = options.times ? Float64Array.from(options.times) : await grid(handle, thetas);
  const series: LineSeries[] = [];
  for (const one of thetas)
    series.push({ name: thetaText(handle.parameters, one), x: times, y: await handle[name](one, times) });
  const only = thetas.length === 1 && series[0].name ? ` at ${series[0].name}` : "";
  const note = name === "pdf" ? atomNote(handle) : "";
  return lineChartBundle({
    title: options.title ?? `${yLabel} of ${handle.name}${only}`,
    xLabel: "time until absorption",
    yLabel,
    series,
    ...(note ? { note } : {}),
  });
}

async function grid(handle: Quantities, thetas: readonly (Theta | undefined)[]): Promise<Float64Array> {
  let end = 0;
  for (const theta of thetas)
    end = Math.max(end, (await handle.mean(theta)) + 4 * Math.sqrt(await handle.variance(theta)));
  return linspace(0, end > 0 ? end : 1, POINTS);
}

/** An atom at zero is part of the distribution and no part of the curve. */
function atomNote({ graph }: Quantities): string {
  const atom = defect(graph);
  return atom > 1e-12 ? `an atom of ${atom.toPrecision(4)} at time 0 is not part of the density` : "";
}

function thetaText(names: readonly string[], theta: Theta | undefined): string {
  if (theta === undefined) return "";
  if (typeof theta === "number") return `${names[0]} = ${theta}`;
  const values =
    ArrayBuffer.isView(theta) || Array.isArray(theta)
      ? (theta as ArrayLike<number>)
      : names.map((name) => (theta as Record<string, number>)[name]);
  return printTheta(names, values);
}

/** `count` numbers from `start` to `end`, both included. */
export function linspace(start: number, end: number, count: number): Float64Array {
  if (!Number.isInteger(count) || count < 1 || !Number.isFinite(start) || !Number.isFinite(end))
    throw new InputError(
      "bad-grid",
      `Cannot make a grid from ${start} to ${end} of ${count} points: write linspace(0, 5, 100), with finite ends and a whole number of points.`,
    );
  return Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}
