/**
 * A compiled program on the wire and back: bytes of its module, tables, and where things lie, so that another process can run it
 * without compiling it again. It belongs to one graph, program and number format, which its reader must know; `checkCompiled`
 * says whether it can be that of a graph. Whatever it holds, a module reads and writes its own memory alone.
 */
import { WIRE_ARRAYS, type Wire, wireArray, wireCount, wireTexts } from "../../base/wire.js";
import type { Graph } from "../../graph/graph.js";
import type { Compiled, TableData, TileInterface } from "./compiled.js";
import type { NumberFormat } from "./lane-numbers.js";

/** Increase with every change of what modules, tables or tiles mean. */
export const COMPILED_VERSION = 2;

export function compiledToWire({
  format,
  code,
  tables,
  kernels,
  tilesStart,
  tileBytes,
  tile,
  classes,
}: Compiled): Wire {
  const { count, ofEdge, bases, coefficients, formulas } = classes;
  return {
    attributes: {
      version: COMPILED_VERSION,
      format: { ...format },
      kernels,
      tilesStart,
      tileBytes,
      // steps and offsets: plain data, without what is undefined
      tile: JSON.stringify(tile),
      classCount: count,
      addresses: tables.map(({ address }) => address),
    },
    arrays: {
      before: code.before,
      after: code.after,
      ofEdge,
      bases,
      coefficients,
      formulas,
      ...Object.fromEntries(tables.map(({ data }, i) => [`table${i}`, data])),
    },
  };
}

/** Throws TypeError when something is missing, of the wrong type, or of another version. */
export function compiledFromWire(wire: Wire): Compiled {
  const { version, format, tile, addresses } = wire.attributes as {
    version?: unknown;
    format?: NumberFormat;
    tile?: string;
    addresses?: unknown;
  };
  if (version !== COMPILED_VERSION) throw new TypeError(`the evaluator is of version ${String(version)}`);
  if (typeof format !== "object" || ![2, 4, 8].includes(format.lanes)) throw new TypeError("the format has no lanes");
  if (typeof tile !== "string") throw new TypeError("the tile is missing");
  if (!Array.isArray(addresses)) throw new TypeError("the addresses of tables are missing");
  const tables = addresses.map((address: unknown, i) => {
    const data = wire.arrays[`table${i}`];
    if (!(data instanceof WIRE_ARRAYS.i32) && !(data instanceof WIRE_ARRAYS.f64))
      throw new TypeError(`table ${i} is missing`);
    if (!Number.isSafeInteger(address) || (address as number) < 0 || (address as number) % data.BYTES_PER_ELEMENT !== 0)
      throw new TypeError(`table ${i} lies nowhere`);
    return { address: address as number, data: data as TableData };
  });
  return {
    format: { lanes: format.lanes, precise: format.precise === true, fused: format.fused === true },
    code: { before: wireArray(wire, "before", "u8"), after: wireArray(wire, "after", "u8") },
    kernels: wireTexts(wire, "kernels"),
    tables,
    tilesStart: wireCount(wire, "tilesStart"),
    tileBytes: wireCount(wire, "tileBytes"),
    tile: JSON.parse(tile) as TileInterface,
    classes: {
      count: wireCount(wire, "classCount"),
      ofEdge: wireArray(wire, "ofEdge", "i32"),
      bases: wireArray(wire, "bases", "f64"),
      coefficients: wireArray(wire, "coefficients", "f64"),
      formulas: wireArray(wire, "formulas", "i32"),
    },
  };
}

/** Why a compiled program cannot be that of a graph; undefined when it can. */
export function checkCompiled({ classes, tables, tilesStart }: Compiled, graph: Graph): string | undefined {
  if (classes.ofEdge.length !== graph.targets.length) return "it is of a graph with another number of edges";
  if (classes.coefficients.length !== classes.count * graph.parameterNames.length)
    return "it is of a graph with other parameters";
  if (classes.ofEdge.some((c) => c < 0 || c >= classes.count)) return "an edge has no class";
  for (const { address, data } of tables)
    if (address + data.byteLength > tilesStart) return "a table reaches into the tiles";
  return undefined;
}
