/** Plots of a handle: described now, computed when they are shown. */

import { InputError } from "../base/errors.js";
import { valueText } from "../base/words.js";
import { graphDrawing } from "../display/drawing.js";
import { type LineSeries, lineChartBundle } from "../display/line-chart.js";
import { DISPLAY, type MimeBundle } from "../display/mime.js";
import { printTheta } from "../expression/weight.js";
import type { Graph } from "../graph/graph.js";
import { PLOT_SIGNATURES, readOptions, strict } from "./signatures.js";
import type { Theta } from "./theta.js";

export interface Plot {
  [DISPLAY](): Promise<MimeBundle>;
}

export interface PlotOptions<R extends string = string> {
  /** Times to draw at; by default 200 from 0 to the mean plus four standard deviations of the widest curve. */
  readonly times?: readonly number[] | Float64Array;
  readonly title?: string;
  /** Of this reward instead of the absorption time. */
  readonly reward?: R;
}

type Curve<P extends string> = (theta?: Theta<P> | readonly Theta<P>[], options?: PlotOptions) => Plot;

export interface Plots<P extends string = string> {
  /** Density for one θ, or one curve for each of several. An atom at zero is said in the subtitle. */
  readonly pdf: Curve<P>;
  readonly cdf: Curve<P>;
  readonly survival: Curve<P>;
  readonly hazard: Curve<P>;
  /** The graph, drawn when it is of modest size. */
  graph(): { [DISPLAY](): MimeBundle };
}

type CurveName = "pdf" | "cdf" | "survival" | "hazard";

const POINTS = 200;

interface RewardOption {
  readonly reward?: string;
}

/** What a plot needs of a handle. */
interface Quantities {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly graph: Graph;
  mean(theta?: Theta, options?: RewardOption): Promise<number>;
  variance(theta?: Theta, options?: RewardOption): Promise<number>;
  defect(theta?: Theta, options?: RewardOption): Promise<number>;
  pdf(theta: Theta | undefined, times: Float64Array, options?: RewardOption): Promise<Float64Array>;
  cdf(theta: Theta | undefined, times: Float64Array, options?: RewardOption): Promise<Float64Array>;
  survival(theta: Theta | undefined, times: Float64Array, options?: RewardOption): Promise<Float64Array>;
  hazard(theta: Theta | undefined, times: Float64Array, options?: RewardOption): Promise<Float64Array>;
}

export function createPlots(handle: Quantities): Plots {
  const curve =
    (name: CurveName, yLabel: string): Curve<string> =>
    (theta, options = {}) => {
      readOptions(`plot ${name} of ${handle.name}`, options, OPTIONS, "{ times: linspace(0, 5, 200) }");
      const { times } = options;
      if (times !== undefined && !Array.isArray(times) && !ArrayBuffer.isView(times))
        throw new InputError(
          "no-times",
          `Cannot plot ${name} of ${handle.name}: times are a list and are ${valueText(times)}.`,
        );
      const text = (): string => `Plot of ${name} of ${handle.name}, drawn by show() in a cell`;
      return {
        toString: text,
        [Symbol.for("nodejs.util.inspect.custom")]: text,
        [DISPLAY]: () => draw(handle, name, yLabel, theta, options),
      };
    };
  const plots = {
    pdf: curve("pdf", handle.graph.kind === "discrete" ? "probability" : "density"),
    cdf: curve("cdf", "distribution function"),
    survival: curve("survival", "survival"),
    hazard: curve("hazard", "hazard"),
    graph: () => graphDrawing(handle.graph),
  };
  return strict(`the plots of ${handle.name}`, plots, PLOT_SIGNATURES);
}

const OPTIONS: readonly string[] = ["times", "title", "reward"];

async function draw(
  handle: Quantities,
  name: CurveName,
  yLabel: string,
  theta: Theta | readonly Theta[] | undefined,
  options: PlotOptions,
): Promise<MimeBundle> {
  const many = Array.isArray(theta) && theta.length > 0 && typeof theta[0] !== "number";
  const thetas = (many ? theta : [theta]) as (Theta | undefined)[];
  const of = options.reward === undefined ? {} : { reward: options.reward };
  const discrete = handle.graph.kind === "discrete";
  const times = options.times ? Float64Array.from(options.times) : await grid(handle, thetas, of);
  const series: LineSeries[] = [];
  for (const one of thetas)
    series.push({ name: thetaText(handle.parameters, one), x: times, y: await handle[name](one, times, of) });
  const only = thetas.length === 1 && series[0].name ? ` at ${series[0].name}` : "";
  const subject = options.reward === undefined ? handle.name : `${options.reward} of ${handle.name}`;
  const note = name === "pdf" && !discrete ? await atomNote(handle, thetas, of) : "";
  return lineChartBundle({
    title: options.title ?? `${yLabel} of ${subject}${only}`,
    xLabel: options.reward ?? (discrete ? "steps until absorption" : "time until absorption"),
    yLabel,
    series,
    ...(note ? { note } : {}),
  });
}

async function grid(
  handle: Quantities,
  thetas: readonly (Theta | undefined)[],
  of: RewardOption,
): Promise<Float64Array> {
  let end = 0;
  for (const theta of thetas)
    end = Math.max(end, (await handle.mean(theta, of)) + 4 * Math.sqrt(await handle.variance(theta, of)));
  if (!(end > 0)) end = 1;
  if (handle.graph.kind === "continuous") return linspace(0, end, POINTS);
  const stride = Math.max(1, Math.ceil(end / POINTS));
  return Float64Array.from({ length: Math.floor(end / stride) + 2 }, (_, i) => i * stride);
}

/** An atom at zero is part of the distribution and no part of the curve. */
async function atomNote(handle: Quantities, thetas: readonly (Theta | undefined)[], of: RewardOption): Promise<string> {
  const atoms: number[] = [];
  for (const theta of thetas) atoms.push(await handle.defect(theta, of));
  if (!atoms.some((atom) => atom > 1e-12)) return "";
  const sizes = [...new Set(atoms.map((atom) => atom.toPrecision(4)))].join(", ");
  return `an atom of ${sizes} at ${of.reward === undefined ? "time " : ""}0 is not part of the density`;
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
      `Cannot make a grid from ${valueText(start)} to ${valueText(end)} of ${valueText(count)} points: write linspace(0, 5, 100), with finite ends and a whole number of points.`,
    );
  return Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}
