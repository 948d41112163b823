/** One lane kept open: the curves of a distribution at one θ, by the sweeps that are made anyway. */
import type { Graph } from "../../graph/graph.js";
import type { TimeProgram } from "../../program/time-program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import type { LaneStatus } from "../evaluator.js";
import { LaneFactory, LaneFault } from "./epochs.js";
import { quantileAt } from "./quantile.js";
import type { Dual } from "./time/distribution.js";
import { Timeline } from "./timeline.js";

type Fault = Exclude<LaneStatus, "ok">;

/** Every method answers a number, or why there is none. */
export interface Curve {
  readonly defect: number;
  pdf(time: number): number | Fault;
  cdf(time: number): number | Fault;
  survival(time: number): number | Fault;
  hazard(time: number): number | Fault;
  quantile(probability: number): number | Fault;
  errorBound(time: number): number | Fault;
  method(time: number): string;
}

/** Throws `InputError` for a rate that is none; answers a status when θ has no distribution. */
export function openCurve(
  graph: Graph,
  trace: EliminationTrace,
  program: TimeProgram,
  theta: Float64Array,
  interrupted: () => boolean,
): Curve | Fault {
  const factory = new LaneFactory(graph, trace, program);
  const opened = caught(
    () => new Timeline(factory, factory.epochs(theta, []), program, { method: program.method, interrupted }),
  );
  if (typeof opened === "string") return opened;
  const timeline = opened;
  const atom = caught(() => timeline.atom().value);
  if (typeof atom === "string") return atom;
  const read =
    (of: (at: number) => Dual) =>
    (at: number): number | Fault =>
      caught(() => of(at).value);
  return {
    defect: atom,
    pdf: read((t) => timeline.density(t)),
    cdf: read((t) => timeline.cdf(t)),
    survival: read((t) => timeline.survival(t)),
    hazard: read((t) => timeline.hazard(t)),
    quantile: read((p) => quantileAt(timeline, p)),
    errorBound: (time) => caught(() => timeline.errorBound(time)),
    method: (time) => timeline.methods(time).join(", "),
  };
}

function caught<T>(run: () => T): T | Fault {
  try {
    return run();
  } catch (error) {
    if (error instanceof LaneFault) return error.status;
    throw error;
  }
}
