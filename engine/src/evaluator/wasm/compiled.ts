/** What a compiled program is: bytes, tables, and where in a tile things lie. */
import type { Step } from "../../program/program.js";
import type { ModuleParts } from "./assembler.js";
import type { WeightClasses } from "./classes.js";
import type { NumberFormat } from "./lane-numbers.js";

export type TableData = Int32Array | Float64Array;

/** What the host writes before a run, and reads after it. Offsets are into a tile. */
export interface TileInterface {
  /** Planes by parameter. */
  readonly theta: number;
  /** Planes of the nodes of formulas that weights have. */
  readonly nodes: readonly { readonly node: number; readonly offset: number }[];
  /** Vectors by position that depend on θ through formulas: slots to be filled. */
  readonly vectors: readonly { readonly step: Step; readonly offset: number }[];
  /** Planes by class: derivatives of the weights in a direction. */
  readonly tangents: readonly { readonly direction: number; readonly offset: number }[];
  /** Slots of scalars that depend on the start. */
  readonly scalars: readonly { readonly step: Step; readonly offset: number }[];
  /** One plane: all ones where a lane is sound. */
  readonly mask: number;
  /** Reports in the order of the program, with where their operands lie: vectors and scalars slots, adjoints sums by class. */
  readonly reports: readonly { readonly step: Step; readonly operands: readonly number[] }[];
  /** Planes by class of the weights themselves. */
  readonly weights: number;
  /** Of the weights' system, where rows leak. */
  readonly leaks: number | undefined;
}

export interface Compiled {
  readonly format: NumberFormat;
  readonly code: ModuleParts;
  /** What its kernels do, in the order in which they run: for people. */
  readonly kernels: readonly string[];
  readonly tables: readonly { readonly address: number; readonly data: TableData }[];
  /** Where the first tile begins, and how long each is. */
  readonly tilesStart: number;
  readonly tileBytes: number;
  readonly tile: TileInterface;
  readonly classes: WeightClasses;
}
