/** Where everything lies: tables that all tiles share, and offsets in a tile. Tables are made when a kernel first needs them. */
import type { Graph } from "../../graph/graph.js";
import type { EliminationTrace } from "../../trace/trace.js";
import type { WeightClasses } from "./classes.js";
import type { TableData } from "./compiled.js";
import type { Tables } from "./kernel.js";
import { type NumberFormat, planeBytes, slotBytes } from "./lane-numbers.js";
import {
  absorbingStream,
  backwardStream,
  edgeStream,
  forwardStream,
  hasComponents,
  ROW_INTEGERS,
  rowTables,
  type Strides,
} from "./streams.js";

const ALIGNMENT = 16;
const STREAMS = { forward: forwardStream, backward: backwardStream, edges: edgeStream } as const;

export class MemoryPlan {
  readonly tables: { readonly address: number; readonly data: TableData }[] = [];
  readonly strides: Strides;
  readonly #graph: Graph;
  readonly #trace: EliminationTrace;
  readonly #classes: WeightClasses;
  readonly #shared: Partial<Record<"forward" | "backward" | "edges" | "rows", number>> = {};
  readonly #absorbing = new Map<string, number>();
  #tablesEnd = ALIGNMENT;
  #tileEnd = 0;

  constructor(graph: Graph, trace: EliminationTrace, format: NumberFormat, classes: WeightClasses) {
    this.#graph = graph;
    this.#trace = trace;
    this.#classes = classes;
    this.strides = { slot: slotBytes(format), plane: planeBytes(format) };
  }

  get tablesEnd(): number {
    return aligned(this.#tablesEnd, 64);
  }

  get tileBytes(): number {
    return aligned(this.#tileEnd, 64);
  }

  /** Room in every tile; answers its offset. */
  inTile(bytes: number): number {
    const offset = this.#tileEnd;
    this.#tileEnd = aligned(offset + bytes, ALIGNMENT);
    return offset;
  }

  /** Room for a slot at every position. */
  vector(): number {
    return this.inTile(this.#trace.order.length * this.strides.slot);
  }

  /** Room for data that all tiles share; answers its address. */
  table(data: TableData): number {
    const address = this.#tablesEnd;
    this.tables.push({ address, data });
    this.#tablesEnd = aligned(address + data.byteLength, ALIGNMENT);
    return address;
  }

  /** Addresses of the tables named, made if they are not; others are 0 where no kernel needed them. */
  tablesFor(...wanted: ("forward" | "backward" | "edges" | "rows")[]): Tables {
    for (const name of wanted) {
      if (this.#shared[name] !== undefined) continue;
      this.#shared[name] =
        name === "rows"
          ? this.#rows()
          : this.table(STREAMS[name](this.#trace, this.#graph, this.#classes.ofEdge, this.strides));
    }
    const { forward = 0, backward = 0, edges = 0, rows = 0 } = this.#shared;
    return { positions: this.#trace.order.length, classes: this.#classes.count, forward, backward, edges, rows };
  }

  #rows(): number {
    const trace = this.#trace;
    if (!hasComponents(trace)) return 0;
    // the tables point into each other
    const rows = this.#tablesEnd;
    const earlier = aligned(rows + 4 * ROW_INTEGERS * trace.order.length, ALIGNMENT);
    const later = aligned(earlier + 8 * trace.lower.length, ALIGNMENT);
    const made = rowTables(trace, this.strides.slot, { rows, earlier, later });
    for (const data of [made.rows, made.earlier, made.later]) this.table(data);
    return rows;
  }

  /** The stream of edges to absorbing vertices, all or those listed. */
  absorbing(vertices: readonly number[] | undefined): number {
    const key = String(vertices);
    const known =
      this.#absorbing.get(key) ??
      this.table(absorbingStream(this.#trace, this.#graph, this.#classes.ofEdge, this.strides, vertices));
    this.#absorbing.set(key, known);
    return known;
  }
}

const aligned = (value: number, to: number): number => Math.ceil(value / to) * to;
