/** The distribution at one θ, read at any time without another sweep. */
import { InputError } from "../base/errors.js";
import { valueText } from "../base/words.js";
import { summaryTable } from "../display/drawing.js";
import { lineChartBundle } from "../display/line-chart.js";
import { DISPLAY, type Displayable } from "../display/mime.js";
import { type Curve, openCurve } from "../evaluator/reference/curve.js";
import type { TimeProgram } from "../program/time-program.js";
import type { Asker } from "./ask.js";
import { OPTIONS, planOf, type Question } from "./question.js";
import { laneError } from "./result.js";
import { DENSITY_SIGNATURES, readOptions, strict } from "./signatures.js";
import type { Lanes } from "./theta.js";

export interface Density extends Displayable {
  /** Mass at zero. */
  readonly defect: number;
  /** Each takes a time ≥ 0 (a step of a discrete model). The first call for a time sweeps up to it, later ones look up. */
  pdf(time: number): number;
  cdf(time: number): number;
  survival(time: number): number;
  hazard(time: number): number;
  /** The time at which `cdf` reaches a probability. */
  quantile(probability: number): number;
  /** Bound on the relative error of values at this time. */
  errorBound(time: number): number;
  /** The method that answers at this time. */
  method(time: number): string;
  toString(): string;
}

/** Throws `InputError`, and `LaneError` when there is no distribution at this θ. */
export async function openDensity(
  asker: Asker,
  lanes: Lanes,
  chosen: unknown,
  atTheta: (theta: Float64Array) => string,
  interrupted: () => boolean,
): Promise<Density> {
  const { graph } = asker.model;
  if (!lanes.single)
    throw new InputError("bad-theta", `Cannot open the density of ${graph.name}: one θ is needed, not a batch.`);
  const names = OPTIONS.pdf.filter((name) => name !== "times");
  const options = readOptions(`open the density of ${graph.name}`, chosen, names);
  const plan = planOf({ ...options, quantity: "pdf", times: [] } as Question, graph, asker.schedule);
  const model = await asker.derive(plan);
  const program = plan.program as TimeProgram;
  const place = model.place;
  const given = place ? program.given?.map((v) => place[v]) : program.given;
  const conditional = { ...program, ...(given && { given }) };
  const sweeps = asker.sweeps(model);
  const curve = openCurve(model.graph, model.trace, conditional, lanes.thetas, interrupted, sweeps);
  if ("status" in curve) throw laneError(`density of ${graph.name}`, curve, atTheta(lanes.thetas));
  const read =
    (name: Exclude<keyof Curve, "defect" | "method">) =>
    (at: number): number => {
      const bad =
        name === "quantile"
          ? !(typeof at === "number" && at >= 0 && at <= 1)
          : !(typeof at === "number" && at >= 0) || (graph.kind === "discrete" && !Number.isInteger(at));
      if (bad)
        throw new InputError(
          name === "quantile" ? "bad-probability" : "bad-time",
          `Cannot evaluate ${name} of ${graph.name}: ${name === "quantile" ? "a probability must lie in [0, 1]" : graph.kind === "discrete" ? "a step must be a whole number ≥ 0" : "a time must be a number ≥ 0"} and is ${valueText(at)}.`,
        );
      const value = curve[name](at);
      if (typeof value !== "number") throw laneError(`${name} of ${graph.name}`, value, atTheta(lanes.thetas));
      return value;
    };
  const quantile = read("quantile");
  const pdf = read("pdf");
  const errorBound = read("errorBound");
  const title = `density of ${model.graph.name}${atTheta(lanes.thetas)}`;
  const methods = {
    pdf,
    cdf: read("cdf"),
    survival: read("survival"),
    hazard: read("hazard"),
    quantile,
    errorBound,
    method: (time: number) => {
      errorBound(time);
      return curve.method(time);
    },
    toString: () => `Density: ${title}`,
  };
  return {
    defect: curve.defect,
    ...strict(title, methods, DENSITY_SIGNATURES),
    [Symbol.for("nodejs.util.inspect.custom")]: methods.toString,
    [DISPLAY]: () => {
      const end = quantile(0.999);
      const step = graph.kind === "discrete" ? Math.max(1, Math.ceil(end / 200)) : end / 200;
      const x = Float64Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
      const chart = lineChartBundle({
        title,
        xLabel: "time",
        yLabel: "density",
        series: [{ name: "density", x, y: x.map(pdf) }],
      });
      const rows = [0.05, 0.5, 0.95].map((p) => [`quantile ${p}`, quantile(p).toPrecision(6)] as const);
      return { ...chart, "text/html": summaryTable([["defect", curve.defect.toPrecision(6)], ...rows]) };
    },
  };
}
