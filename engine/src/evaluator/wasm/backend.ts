/**
 * The `wasm` backend: lanes two doubles at a time in WebAssembly, on one thread or several. It computes what the reference
 * computes, in another order of the same sums. A lane that it cannot vouch for (a weight that is negative, a state that
 * cannot leave, numbers near the ends of double precision) is judged by the reference backend, so statuses, messages and
 * edge cases have one definition.
 */
import { InputError, InterruptedError } from "../../base/errors.js";
import type { Graph } from "../../graph/graph.js";
import type { Program } from "../../program/program.js";
import { countOperations, type EliminationTrace } from "../../trace/trace.js";
import { checkShapes, inLanes } from "../batch.js";
import { type Evaluator, LANE_STATUS } from "../evaluator.js";
import { openReference } from "../reference/backend.js";
import { moduleBytes } from "./assembler.js";
import type { WeightClasses } from "./classes.js";
import { weightClasses } from "./classes.js";
import { compileProgram } from "./compile.js";
import type { Compiled, TileInterface } from "./compiled.js";
import type { WasmHost } from "./host.js";
import { DOUBLE, type NumberFormat } from "./lane-numbers.js";
import { inputSpans, outputSpans, type Span, TileHost } from "./tile.js";
import { WebAssembly } from "./webassembly.js";

const PAGE = 65536;
/** A memory that is larger than this is not asked for; fewer lanes, or the reference backend, do with less. */
const BYTES_MAX = 2 ** 31;
/** Tiles that are staged at once for threads, and edge visits that they may take before an interrupt is looked for. */
const STAGED_MAX = 256;
const ROUND_WORK = 1e8;
const OK = LANE_STATUS.indexOf("ok");
const UNJUDGED = LANE_STATUS.indexOf("invalid");

/** Keeps what was compiled; what it gives back is what it was given for the same graph, program and format. */
export interface CompiledStore {
  load(program: Program, format: NumberFormat): Compiled | undefined;
  /** `costMs` is what it took to compile. */
  save(program: Program, compiled: Compiled, costMs: number): void;
}

export interface WasmOptions {
  /** Threads to use, at most what the host has; default all of them. */
  readonly threads?: number;
  /** Lanes of a tile, of batches of more than two; outweighs `shapes`. */
  readonly lanes?: NumberFormat["lanes"];
  /** Numbers of lanes that programs are compiled for: a batch takes the smallest that holds it, else the largest. Default: 2 and 4. */
  readonly shapes?: readonly NumberFormat["lanes"][];
  /** Where memory cannot be had, let the reference backend do it instead of throwing. */
  readonly orReference?: boolean;
  readonly store?: CompiledStore;
}

const SHAPES = [2, 4] as const;

/** The smallest shape that holds a batch, else the largest. */
function shapeFor(batch: number, shapes: readonly NumberFormat["lanes"][]): NumberFormat["lanes"] {
  const sorted = [...shapes].sort((a, b) => a - b);
  return sorted.find((lanes) => lanes >= batch) ?? sorted[sorted.length - 1];
}

/** A program compiled for one lane width, with its memory. */
interface Instance {
  readonly compiled: Compiled;
  readonly host: TileHost;
  readonly run: (tile: number) => void;
  readonly tiles: readonly number[];
  readonly threaded: Threaded | undefined;
}

interface Threaded {
  readonly id: number;
  readonly staging: number;
  readonly stagingBytes: number;
  readonly staged: number;
  readonly tile: TileInterface;
}

/**
 * Makes a program runnable. Compiles when a lane width is first used: O(V + E + fill), once. Throws `InputError` with code
 * `no-backend` when there is no WebAssembly SIMD.
 */
export function openWasm(
  graph: Graph,
  trace: EliminationTrace,
  program: Program,
  interrupted: () => boolean,
  machine: WasmHost,
  options: WasmOptions = {},
  judge: Judge = { open: () => openReference(graph, trace, program, interrupted) },
): Evaluator {
  if (machine.missing !== undefined)
    throw new InputError("no-backend", `Cannot evaluate ${graph.name} by wasm: ${machine.missing}.`);
  if (program.quick && program.outputs === "values")
    return quickFirst(graph, trace, program, program.quick, interrupted, machine, options);
  const dimension = graph.parameterNames.length;
  const precise = program.outputs !== "values" || program.precise === true;
  const valueCount = program.valueCount === "vertices" ? graph.vertexCount : program.valueCount;
  const width =
    program.outputs === "hessianVector" ? dimension : valueCount * (program.outputs === "gradients" ? dimension : 1);
  const instances = new Map<number, Instance>();
  let classes: WeightClasses | undefined;
  let reference: Evaluator | undefined;
  let reasons = new Map<number, string | undefined>();
  let withoutMemory = false;
  let compilations = 0;
  /** Compiled and not used yet, by lanes. */
  const ready = new Map<number, Compiled>();

  function instance(lanes: number, threads: number): Instance | undefined {
    const key = lanes * 1000 + threads;
    let known = instances.get(key);
    if (known === undefined) {
      try {
        const compiled = compiledFor({ lanes, precise, fused: machine.fused });
        known = instantiate(graph, trace, program, compiled, machine, threads, !options.orReference);
      } catch (error) {
        if (threads > 1) known = instance(lanes, 1);
        else if (!options.orReference) throw noMemory(error, graph);
      }
      if (known?.threaded) machine.releaseWith(evaluator, known.threaded.id);
      if (known) instances.set(key, known);
    }
    return known;
  }

  /** As it was stored, where somebody keeps it. */
  function compiledFor(format: NumberFormat): Compiled {
    const known = ready.get(format.lanes) ?? options.store?.load(program, format);
    if (known !== undefined) {
      ready.set(format.lanes, known);
      return known;
    }
    const start = performance.now();
    compilations++;
    classes ??= weightClasses(graph);
    const compiled = compileProgram(graph, trace, program, format, classes);
    ready.set(format.lanes, compiled);
    options.store?.save(program, compiled, performance.now() - start);
    return compiled;
  }

  /** Lanes that are not plainly sound, all at once. */
  function byJudge(
    lanes: readonly number[],
    batch: number,
    thetas: Float64Array,
    direction: Float64Array | undefined,
    out: Float64Array,
    status: Uint8Array,
  ): void {
    if (lanes.length === 0) return;
    reference ??= judge.open();
    const some = Float64Array.from(
      { length: lanes.length * dimension },
      (_, i) => thetas[lanes[Math.floor(i / dimension)] * dimension + (i % dimension)],
    );
    const values = new Float64Array(lanes.length * width);
    const codes = new Uint8Array(lanes.length);
    try {
      reference.evaluateInto(some, direction ? { direction } : {}, values, codes);
    } catch (error) {
      throw batch > 1 ? inLanes(error, graph, lanes) : error;
    }
    lanes.forEach((lane, i) => {
      out.set(values.subarray(i * width, (i + 1) * width), lane * width);
      status[lane] = codes[i];
      if (codes[i] !== OK) reasons.set(lane, reference!.reason?.(i));
    });
  }

  const most = options.threads ?? machine.threads;
  /** The shape that a batch is padded to. */
  const { lanes: forced, shapes = forced === undefined ? SHAPES : [2, forced] } = options;
  const lanesFor = (batch: number): NumberFormat["lanes"] => shapeFor(batch, shapes);
  const evaluator: Evaluator = {
    get backend() {
      return withoutMemory ? "reference" : "wasm";
    },
    dimension,
    valueCount: () => valueCount,
    outputCount: () => width,
    get compilations() {
      return compilations;
    },
    prepare(batch) {
      if (withoutMemory) return;
      try {
        compiledFor({ lanes: lanesFor(batch), precise, fused: machine.fused });
      } catch (error) {
        // told, or got around, when it is needed
        if (error instanceof InputError) throw error;
      }
    },
    evaluateInto(thetas, { direction } = {}, out, status) {
      for (const [what, array] of [
        ["thetas", thetas],
        ["out", out],
      ] as const)
        if (!(array instanceof Float64Array))
          throw new InputError("bad-shape", `Cannot evaluate ${graph.name}: ${what} must be a Float64Array.`);
      const batch = status.length;
      checkShapes(dimension, width, thetas, out, status);
      if (program.outputs === "hessianVector" && direction === undefined)
        throw new InputError("no-times", `Cannot evaluate ${program.quantity}: it needs a direction.`);
      reasons = new Map();
      if (batch === 0) return;
      const lanes = lanesFor(batch);
      const tileCount = Math.ceil(batch / lanes);
      const threads = Math.min(machine.threads, most, tileCount) > 1 ? machine.threads : 1;
      const made = withoutMemory ? undefined : instance(lanes, threads);
      if (made === undefined) {
        withoutMemory = true;
        byJudge(
          Array.from(status, (_, b) => b),
          batch,
          thetas,
          direction,
          out,
          status,
        );
        return;
      }
      const { host, run, tiles, threaded } = made;
      const { tile } = made.compiled;
      if (direction) host.direction = direction;
      const judged: number[] = [];
      const theta = (b: number): Float64Array => thetas.subarray(b * dimension, (b + 1) * dimension);
      const write = (to: TileInterface, base: number, first: number): void => {
        // lanes past the end repeat the last one
        for (let lane = 0; lane < lanes; lane++) {
          const b = Math.min(first + lane, batch - 1);
          if (!host.write(to, base, lane, theta(b)) && b === first + lane) judged.push(b);
        }
      };
      const read = (from: TileInterface, base: number, first: number): void => {
        for (let lane = 0; lane < lanes && first + lane < batch; lane++) {
          const b = first + lane;
          status[b] = OK;
          if (
            !host.sound(from, base, lane) ||
            !host.read(from, base, lane, theta(b), out.subarray(b * width, (b + 1) * width))
          )
            judged.push(b);
        }
      };
      const poll = (b: number): void => {
        if (interrupted()) throw new InterruptedError(`evaluating ${program.quantity} of ${graph.name} at lane ${b}`);
      };
      if (threaded === undefined)
        for (let first = 0; first < batch; first += lanes) {
          poll(first);
          write(tile, tiles[0], first);
          run(tiles[0]);
          read(tile, tiles[0], first);
        }
      else
        for (let first = 0; first < tileCount; first += threaded.staged) {
          poll(first * lanes);
          const count = Math.min(threaded.staged, tileCount - first);
          const area = (k: number): number => threaded.staging + k * threaded.stagingBytes;
          for (let k = 0; k < count; k++) write(threaded.tile, area(k), (first + k) * lanes);
          machine.pool()!.run(threaded.id, count, most);
          for (let k = 0; k < count; k++) read(threaded.tile, area(k), (first + k) * lanes);
        }
      // lanes that are not judged, because another one's fault is thrown first, have no values
      for (const b of judged) {
        out.fill(Number.NaN, b * width, (b + 1) * width);
        status[b] = UNJUDGED;
      }
      byJudge([...new Set(judged)], batch, thetas, direction, out, status);
    },
    errorBound: () => undefined,
    reason: (lane) => reasons.get(lane),
    methods: () => [],
  };
  return evaluator;
}

/** Who evaluates lanes that this backend cannot vouch for. */
interface Judge {
  open(): Evaluator;
}

/** The quick program for all lanes, and the program itself for those where it is not sound. */
function quickFirst(
  graph: Graph,
  trace: EliminationTrace,
  { quick: _, ...program }: Program,
  quick: Program,
  interrupted: () => boolean,
  machine: WasmHost,
  options: WasmOptions,
): Evaluator {
  return openWasm(graph, trace, quick, interrupted, machine, options, {
    open: () => openWasm(graph, trace, program, interrupted, machine, options),
  });
}

/** A host without room for another memory says so in words of its own. */
export function noMemory(error: unknown, { name }: Graph): unknown {
  if (error instanceof InputError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new InputError(
    "too-much-memory",
    `Cannot evaluate ${name} by wasm: no memory can be had (${said}); use the reference backend.`,
    { cause: error },
  );
}

function instantiate(
  graph: Graph,
  trace: EliminationTrace,
  program: Program,
  compiled: Compiled,
  machine: WasmHost,
  threads: number,
  insist: boolean,
): Instance {
  const positions = trace.order.length;
  const inputs = packed(inputSpans(compiled, graph, positions));
  const outputs = packed(outputSpans(compiled, positions), inputs.bytes);
  const stagingBytes = outputs.bytes;
  const { tilesStart, tileBytes } = compiled;
  const tiles = Array.from({ length: threads }, (_, k) => tilesStart + k * tileBytes);
  const staging = tilesStart + threads * tileBytes;
  const { factor, solve } = countOperations(trace, graph);
  const work = (factor + program.steps.length * (solve + positions)) * compiled.format.lanes;
  const staged =
    threads > 1
      ? Math.max(threads, Math.min(STAGED_MAX, Math.floor(2 ** 26 / stagingBytes), Math.floor(ROUND_WORK / work)))
      : 0;
  const bytes = staging + staged * stagingBytes;
  if (bytes > BYTES_MAX)
    throw new InputError(
      "too-much-memory",
      `Cannot evaluate ${graph.name} by wasm: its numbers need ${(bytes / 2 ** 30).toFixed(1)} GiB, more than 2; use the reference backend.`,
    );
  const pages = Math.ceil(bytes / PAGE);
  const memory = machine.memory(pages, threads > 1, insist);
  for (const { address, data } of compiled.tables)
    (data instanceof Int32Array ? new Int32Array(memory.buffer) : new Float64Array(memory.buffer)).set(
      data as never,
      address / data.BYTES_PER_ELEMENT,
    );
  const module = new WebAssembly.Module(moduleBytes(compiled.code, pages, threads > 1 ? pages : undefined));
  const host = new TileHost(graph, trace, compiled, memory, program.outputs);
  if (threads === 1) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { compiled, host, run: exports.run as (tile: number) => void, tiles, threaded: undefined };
  }
  const pool = machine.pool()!;
  const copies = ({ places }: Packed): (readonly [number, number, number])[] =>
    [...places].map(([offset, { at, bytes: length }]) => [offset, at, length]);
  const id = pool.register({
    module,
    memory,
    tiles,
    inputs: copies(inputs),
    outputs: copies(outputs),
    staging,
    stagingBytes,
  });
  return {
    compiled,
    host,
    run: () => {},
    tiles,
    threaded: { id, staging, stagingBytes, staged, tile: moved(compiled.tile, inputs, outputs) },
  };
}

interface Packed {
  /** Where each stretch of the tile lies in the staging area. */
  readonly places: ReadonlyMap<number, { readonly at: number; readonly bytes: number }>;
  readonly bytes: number;
}

function packed(spans: readonly Span[], from = 0): Packed {
  const places = new Map<number, { at: number; bytes: number }>();
  let end = from;
  for (const { offset, bytes } of spans) {
    const known = places.get(offset);
    if (known && known.bytes >= bytes) continue;
    places.set(offset, { at: end, bytes });
    end = Math.ceil((end + bytes) / (2 * DOUBLE)) * 2 * DOUBLE;
  }
  return { places, bytes: end };
}

/** The interface of a tile by places of its staging area. */
function moved(tile: TileInterface, inputs: Packed, outputs: Packed): TileInterface {
  const into = (offset: number): number => inputs.places.get(offset)!.at;
  const outOf = (offset: number): number => outputs.places.get(offset)!.at;
  const all = <T extends { readonly offset: number }>(places: readonly T[]): T[] =>
    places.map((place) => ({ ...place, offset: into(place.offset) }));
  return {
    theta: into(tile.theta),
    nodes: all(tile.nodes),
    vectors: all(tile.vectors),
    tangents: all(tile.tangents),
    scalars: all(tile.scalars),
    mask: outOf(tile.mask),
    reports: tile.reports.map(({ step, operands }) => ({ step, operands: operands.map(outOf) })),
    weights: tile.weights,
    leaks: tile.leaks === undefined ? undefined : (outputs.places.get(tile.leaks)?.at ?? undefined),
  };
}
