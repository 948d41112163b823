/** Public names of the engine. */
export { ClosedError, InputError, InterruptedError, LaneError, SojournError } from "./base/errors.js";
export { exponential, openRandomStream, type RandomStream, uniform } from "./base/random.js";
export { DISPLAY, type Displayable, type MimeBundle } from "./display/mime.js";
export { type Progress, progressNotes } from "./display/progress.js";
export { ENGINE_VERSION, openEngine } from "./engine.js";
export type { BuildOptions, Engine, EngineEvent, EngineOptions, Model } from "./engine-types.js";
export {
  type BackendChoice,
  type BackendName,
  type Evaluator,
  type EvaluatorInputs,
  LANE_STATUS,
  type LaneStatus,
} from "./evaluator/evaluator.js";
export type { EvaluatorOptions } from "./evaluator/open.js";
export { compileProgram } from "./evaluator/wasm/compile.js";
export { printCompiled } from "./evaluator/wasm/print.js";
export { parseFormula } from "./expression/parse.js";
export type { Weight } from "./expression/weight.js";
export type { Graph } from "./graph/graph.js";
export type { Matrices, MatrixModel } from "./graph/matrices.js";
export { printGraph } from "./graph/print.js";
export type { Density } from "./handle/density.js";
export type { ModelDocument } from "./handle/document.js";
export type { Observation } from "./handle/observations.js";
export type {
  Evaluation,
  GridOption,
  MomentOption,
  PhaseType,
  RewardOption,
  StopOption,
  TimeOption,
} from "./handle/phase-type.js";
export { linspace, type Plot, type PlotOptions } from "./handle/plots.js";
export type { Question, Vertex } from "./handle/question.js";
export type { BuildReport, StageReport } from "./handle/report.js";
export { BatchResult } from "./handle/result.js";
export type { PathOptions, Sample, SampledPathsOf, SampleOptions } from "./handle/sample.js";
export type { EpochSpec, EpochValue, ScheduleSpec } from "./handle/schedule.js";
export type { Theta, ThetaBatch } from "./handle/theta.js";
export type { ResultDocument } from "./interchange/compute.js";
export type { PhasicAssumptions } from "./interchange/phasic.js";
export { schemas } from "./interchange/schema.js";
export type { CacheBenchmark, CacheBenchmarkRow, CacheJob } from "./loops/benchmark.js";
export type { CachedFunction, CachedOptions } from "./loops/cached.js";
export { type Converged, type Iterated, type IterateOptions, iterate, type LoopOptions } from "./loops/iterate.js";
export { type MinimizeOptions, type Minimum, minimize, type Objective } from "./loops/minimize.js";
export { type MonteCarloOptions, type MonteCarloResult, monteCarlo, type OverThetas } from "./loops/monte-carlo.js";
export { type OverEvaluator, overEvaluator } from "./loops/over-evaluators.js";
export { type Solved, type SolveOptions, type SystemOfEquations, solveIteratively } from "./loops/solve.js";
export type { Emit, Initial, Inputs, ModelSpec, StateVector, Transition } from "./model/define.js";
export { adjointProgram } from "./program/adjoint.js";
export { momentsProgram, sojournProgram } from "./program/build.js";
export { covarianceProgram, meanVarianceProgram } from "./program/covariance.js";
export { printProgram } from "./program/print.js";
export type { Program } from "./program/program.js";
export { tangentProgram } from "./program/tangent.js";
export type { Explanation } from "./stages/explain.js";
export type {
  PrewarmEstimate,
  PrewarmedItem,
  PrewarmModel,
  PrewarmOptions,
  PrewarmProgress,
  PrewarmResult,
  PrewarmSpec,
} from "./stages/prewarm.js";
export type { Profile, Span, SpanKind } from "./stages/profile.js";
export type { CacheStatus, CacheVerbs } from "./stages/verbs.js";
export { printTrace } from "./trace/print.js";
export { countOperations, type EliminationTrace, type OperationCounts, type Pattern } from "./trace/trace.js";
