/**
 * One lane's numbers at one θ, on transient states only, and what is derived from them in one direction of θ. Every
 * numerical method of the reference evaluator works on these and knows neither graphs nor formulas.
 */
/** One lane's numbers at one θ on transient states only, by position 0 … size − 1. */
export interface TransientSystem {
  /** Who multiplies with it, where that is not plain JavaScript. */
  readonly sweeps?: SweepService | undefined;
  readonly kind: "continuous" | "discrete";
  readonly size: number;
  /** Edges between transient states, compressed sparse rows; continuous: no self-loops; discrete: self-loops included. */
  readonly rowStart: Int32Array;
  readonly targets: Int32Array;
  /** Rate (continuous) or probability (discrete) of each such edge, ≥ 0. */
  readonly weights: Float64Array;
  /** Rate or probability of absorption from each position, ≥ 0. */
  readonly exits: Float64Array;
}

/** Derivatives of a system in one direction of θ (pattern shared with the system). */
export interface SystemTangent {
  readonly weights: Float64Array;
  readonly exits: Float64Array;
}

/** A vector over positions with its derivatives in each of d directions. */
export interface DualVector {
  readonly value: Float64Array;
  readonly tangents: readonly Float64Array[];
}

/** What one step of a sweep does, see `time/step-table.ts`. */
export interface StepTable {
  readonly system: TransientSystem;
  /** Λ; 1 for discrete systems. */
  readonly rate: number;
  readonly value: StepMatrix;
  readonly tangents: readonly StepMatrix[];
  readonly inDegreeMax: number;
}

/** P, or its derivative in one direction. */
export interface StepMatrix {
  /** P_ij of each edge, rounded, and what the rounding took; made when first asked for. */
  readonly moves: Float64Array;
  readonly moveRests: Float64Array;
  /** P_ij of an edge without making all. */
  move(edge: number): number;
  /** P_ii of each position but for self-loops among the edges, hi + lo: made from the moves as rounded. */
  readonly stays: Float64Array;
  readonly stayRests: Float64Array;
  /** The lower part that goes with the moves and their rests. */
  readonly fineStayRests: Float64Array;
  /** Probability of absorption. */
  readonly exitMoves: Float64Array;
}

/** Who multiplies in place of plain JavaScript. Answers undefined where it has no room: then plain JavaScript does. */
export interface SweepService {
  vectors(table: StepTable, initial: DualVector, sums: number): SweepVectors | undefined;
  back(table: StepTable, columns: readonly DualVector[]): BackSteps | undefined;
  /** to += M from of a table's matrix (the value, then its derivatives); false where there is no room. */
  addColumn(table: StepTable, matrix: number, from: Float64Array, to: Float64Array): boolean;
  /** The table that it was given last for this system; of systems without derivatives. */
  table(system: TransientSystem, rate: number, make: () => StepTable): StepTable;
  /** Who takes many steps of small systems at once. */
  readonly small?: SmallSweeps;
  /** So many numbers, of any value, that nobody else uses until the next call of this method. */
  room(numbers: number): Float64Array;
  /** Gives up its memory; what is still in use comes back when asked for. Answers whether anything was done since the last time. */
  release(): boolean;
}

/** The vectors of a sweep: the value and the d derivatives, in this order. */
export interface SweepVectors {
  /** First and last position that may carry anything; everything outside is 0. */
  readonly low: number;
  readonly high: number;
  /** To be read at once: it may be another after the next call. */
  value(vector: number): Float64Array;
  /** The lower doubles; undefined before the sweep is refined. */
  rest(vector: number): Float64Array | undefined;
  /** The vector before the last step. */
  previous(vector: number): Float64Array;
  previousRest(vector: number): Float64Array | undefined;
  /** Goes on with pairs of doubles. */
  refine(): void;
  /** a ← a P, ȧ ← ȧ P + a Ṗ. */
  step(): void;
  /** Sum of the value, and narrows the span to what carries anything. */
  sum(): number;
  dot(vector: number, column: Float64Array): number;
  /** All vectors times a power of two; sums stay. */
  rescale(factor: number): void;
  /** Adds so much of the vectors to one of the sums. */
  addTo(sum: number, factor: number): void;
  /** What has been added, the value's and each derivative's; to be read at once. */
  total(sum: number): readonly Float64Array[];
  /** The same for whoever goes on without this one. */
  readonly state: SweepState;
}

/** The value and the d derivatives of a vector, one after the other. */
export interface Span {
  his: readonly Float64Array[];
  /** The lower doubles; none before the sweep is refined. */
  los: readonly Float64Array[];
  low: number;
  high: number;
}

export interface SweepState {
  readonly current: Readonly<Span>;
  readonly previous: Readonly<Span>;
  readonly sums: readonly (readonly Float64Array[])[];
}

/** Sums over steps, weights and exits not yet divided by Λ. */
export interface BackSums {
  readonly weights: Float64Array;
  readonly exits: Float64Array;
  /** b_0. */
  readonly initial: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface BackSteps {
  /**
   * From b_{k+1} to b_k: adds the outer products of a_k (scaled, then its derivative), then steps, then adds the columns with
   * their weights: by column, C_k and its derivative.
   */
  step(a: readonly Float64Array[], scale: number, weights: readonly (readonly number[])[]): void;
  /** Of the value, then of its derivative. */
  finish(): readonly BackSums[];
}

/** Which edges end in each position, and where they come from. */
export interface Gathering {
  readonly starts: Int32Array;
  readonly sources: Int32Array;
  readonly edges: Int32Array;
}

/** P or a derivative of it, by what moves into a position. */
export interface Gathered {
  readonly moves: Float64Array;
  readonly moveRests: Float64Array;
  readonly stays: Float64Array;
  readonly stayRests: Float64Array;
  readonly fineStayRests: Float64Array;
}

/** Where a run writes from the present step on, at the same place in each. */
export interface Written {
  readonly survival: Float64Array;
  /** By column: a_k·q, then its derivatives. */
  readonly columns: readonly (readonly Float64Array[])[];
}

/** Where a vector is not 0. */
export interface Sparse {
  readonly places: Int32Array;
  readonly values: Float64Array;
}

/** A column and its derivatives, as many as the table has. */
export interface SparseColumn {
  /** Whether the value is 1 everywhere, so that its product is a sum that is known already. */
  readonly ones: boolean;
  readonly value: Sparse;
  readonly tangents: readonly Sparse[];
}

/** Steps in plain doubles that somebody else takes: of vectors that it changes, writing each step. */
export interface SmallRun {
  readonly gathering: Gathering;
  readonly matrix: Gathered;
  readonly matrixTangents: readonly Gathered[];
  readonly value: Float64Array;
  readonly tangents: readonly Float64Array[];
  readonly columns: readonly SparseColumn[];
  readonly scale: number;
  readonly steps: number;
  readonly to: Written;
  /** Where the first of them is written. */
  readonly from: number;
}

/** Who takes many steps at once in place of plain JavaScript, with the same bits. */
export interface SmallSweeps {
  /** How many were taken: fewer where the sum of the value is so small that it has to be scaled. Undefined where there is no room. */
  run(run: SmallRun): number | undefined;
}
