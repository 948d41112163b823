/** Public names of the engine. */
export { ClosedError, InputError, InterruptedError, LaneError, SojournError } from "./base/errors.js";
export { DISPLAY, type Displayable, type MimeBundle } from "./display/mime.js";
export {
  type BuildOptions,
  ENGINE_VERSION,
  type Engine,
  type EngineEvent,
  type EngineOptions,
  type Model,
  openEngine,
} from "./engine.js";
export { type Evaluator, type EvaluatorInputs, LANE_STATUS, type LaneStatus } from "./evaluator/evaluator.js";
export type { Weight } from "./expression/weight.js";
export type { Graph } from "./graph/graph.js";
export { printGraph } from "./graph/print.js";
export type { BuildReport, PhaseType, RewardOption, StageReport } from "./handle/phase-type.js";
export { linspace, type Plot, type PlotOptions } from "./handle/plots.js";
export { BatchResult } from "./handle/result.js";
export type { Theta, ThetaBatch } from "./handle/theta.js";
export type { ResultDocument } from "./interchange/compute.js";
export type { Initial, Inputs, ModelSpec, StateVector, Transition } from "./model/define.js";
export { covarianceProgram, momentsProgram, timeProgram } from "./program/build.js";
export { printProgram } from "./program/print.js";
export type { Program } from "./program/program.js";
export { printTrace } from "./trace/print.js";
export { countOperations, type EliminationTrace, type OperationCounts, type Pattern } from "./trace/trace.js";
