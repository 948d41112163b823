/** One lane kept open: the curves of a distribution at one θ, by the sweeps that are made anyway. */
import type { Graph } from "../../graph/graph.js";
import type { TimeProgram } from "../../program/time-program.js";
import type { EliminationTrace } from "../../trace/trace.js";
import { LaneFactory, LaneFault } from "./epochs.js";
import { quantileAt } from "./quantile.js";
import type { SweepService } from "./system.js";
import type { Dual } from "./time/distribution.js";
import { Timeline } from "./timeline.js";

/** Every method answers a number, or why there is none. */
export interface Curve {
  readonly defect: number;
  pdf(time: number): number | LaneFault;
  cdf(time: number): number | LaneFault;
  survival(time: number): number | LaneFault;
  hazard(time: number): number | LaneFault;
  quantile(probability: number): number | LaneFault;
  errorBound(time: number): number | LaneFault;
  method(time: number): string;
}

/** Throws `InputError` for a rate that is none; answers why, where θ has no distribution. */
export function openCurve(
  graph: Graph,
  trace: EliminationTrace,
  program: TimeProgram,
  theta: Float64Array,
  interrupted: () => boolean,
  sweeps?: SweepService,
): Curve | LaneFault {
  const factory = new LaneFactory(graph, trace, program, undefined, sweeps);
  const opened = caught(
    () => new Timeline(factory, factory.epochs(theta, []), program, { method: program.method, interrupted }),
  );
  if (opened instanceof LaneFault) return opened;
  const timeline = opened;
  const atom = caught(() => timeline.atom().value);
  if (atom instanceof LaneFault) return atom;
  const read =
    (of: (at: number) => Dual) =>
    (at: number): number | LaneFault =>
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

function caught<T>(run: () => T): T | LaneFault {
  try {
    return run();
  } catch (error) {
    if (error instanceof LaneFault) return error;
    throw error;
  }
}
