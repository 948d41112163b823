/**
 * One memory for an engine's small work: what calls are given and answer lies in it while they run, after what is kept for good. Each
 * memory reserves gigabytes of addresses, so that one must do.
 */
import { ModuleWriter, moduleBytes } from "../assembler.js";
import type { WasmHost } from "../host.js";
import { type WasmMemory, WebAssembly } from "../webassembly.js";
import { type NodeKernels, readWriter, valuesWriter } from "./node-kernels.js";
import { type SmallKernels, sweepWriter } from "./small-kernels.js";

const PAGE = 65536;
const PAGES = 4;
/** More than this is not asked for; what is kept for good takes a fifth of it. */
const BYTES_MAX = 2 ** 26;
const FIRST = 16;

/** So many doubles that what comes after them is aligned. */
export const padded = (numbers: number): number => 2 * Math.ceil(numbers / 2);

export type WorkKernels = NodeKernels & SmallKernels;

export class WorkMemory {
  f64: Float64Array = new Float64Array(0);
  i32: Int32Array = new Int32Array(0);
  /** The first double that is free. */
  end = FIRST;
  readonly #host: WasmHost;
  #memory: WasmMemory | undefined;
  #kernels: WorkKernels | undefined;
  #refused = false;

  constructor(host: WasmHost) {
    this.#host = host;
  }

  /** Keeps numbers for good, for which there must be room; answers where they lie, in doubles. */
  keep(numbers: Float64Array): number {
    const at = this.end;
    this.f64.set(numbers, at);
    this.end += padded(numbers.length);
    return at;
  }

  /** The kernels, with room for so many doubles from `end` on; undefined where it cannot be had. Views may be others then. */
  room(numbers: number): WorkKernels | undefined {
    if (this.#refused) return undefined;
    const bytes = 8 * (this.end + numbers);
    try {
      if (this.#memory === undefined) {
        const memory = this.#host.memory(PAGES, false, false);
        const module = new WebAssembly.Module(moduleBytes(workModule(), PAGES));
        this.#kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WorkKernels;
        this.#memory = memory;
        this.#see(memory);
      }
      if (bytes > this.f64.byteLength) {
        if (bytes > BYTES_MAX) return undefined;
        const wanted = Math.min(BYTES_MAX, Math.max(bytes, 2 * this.f64.byteLength));
        this.#memory.grow(Math.ceil((wanted - this.f64.byteLength) / PAGE));
        this.#see(this.#memory);
      }
    } catch {
      this.#refused = true;
      return undefined;
    }
    return this.#kernels;
  }

  #see({ buffer }: WasmMemory): void {
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
  }
}

/** The same for all engines. */
function workModule(): ReturnType<ModuleWriter["finish"]> {
  const module = new ModuleWriter();
  module.add(valuesWriter(), "values");
  module.add(readWriter(), "read");
  module.add(sweepWriter(), "sweep");
  return module.finish();
}
