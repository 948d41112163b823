/**
 * What this machine offers to WebAssembly: two doubles at once everywhere, fused multiply-adds and memory that threads
 * share where they can be had. Asked once by whoever owns a host.
 */
import { FunctionWriter, f64x2, ModuleWriter, moduleBytes } from "./assembler.js";
import { createPool, type Pool } from "./pool.js";
import { type WasmMemory, WebAssembly } from "./webassembly.js";

export interface WasmHost {
  /** Why there is no WebAssembly SIMD here; undefined when there is. */
  readonly missing: string | undefined;
  /** Relaxed SIMD rounds a · b + c once. */
  readonly fused: boolean;
  /** Threads that share memory, this one included; 1 where memory cannot be shared, and once the host is closed. */
  readonly threads: number;
  /**
   * Memory of so many pages. Every memory reserves gigabytes of addresses, which a limit on them (`ulimit -v`) may not grant: the
   * error is then the host's, and later calls fail at once unless they insist, because each attempt costs a collection of
   * garbage.
   */
  memory(pages: number, shared: boolean, insist: boolean): WasmMemory;
  /** Forgets a pool's evaluator when nobody holds its owner any more. */
  releaseWith(owner: object, id: number): void;
  /** The pool, started when first asked for; undefined when there is one thread only. */
  pool(): Pool | undefined;
  close(): Promise<void>;
}

/** Takes no threads and little memory until a pool is asked for. */
export function openWasmHost(threadsMax: number): WasmHost {
  const simd = new ModuleWriter();
  const probe = new FunctionWriter(1);
  const place = { address: probe.parameters[0].get, offset: 0 };
  probe.emit(f64x2.store(place, f64x2.add(f64x2.load(place), f64x2.const(1))));
  simd.add(probe, "probe");
  const missing = WebAssembly.validate(moduleBytes(simd.finish(), 1))
    ? undefined
    : "its engine has no WebAssembly SIMD";
  let pool: Pool | undefined;
  let closed = false;
  const gone = new FinalizationRegistry<number>((id) => pool?.release(id));
  const refused: { own?: unknown; shared?: unknown } = {};
  const threads = missing === undefined && threadsMax > 1 && canShare() ? threadsMax : 1;
  return {
    missing,
    fused: missing === undefined && fusedMultiplyAdd(),
    get threads() {
      return closed ? 1 : threads;
    },
    releaseWith(owner, id) {
      gone.register(owner, id);
    },
    memory(pages, shared, insist) {
      const kind = shared ? "shared" : "own";
      if (refused[kind] !== undefined && !insist) throw refused[kind];
      try {
        return new WebAssembly.Memory(shared ? { initial: pages, maximum: pages, shared } : { initial: pages });
      } catch (error) {
        refused[kind] = error;
        throw error;
      }
    },
    pool() {
      if (threads > 1 && !closed) pool ??= createPool(threads - 1);
      return pool;
    },
    async close() {
      closed = true;
      await pool?.close();
      pool = undefined;
    },
  };
}

/** (1 + 2⁻³⁰)² − 1 − 2⁻²⁹ is 2⁻⁶⁰ when rounded once and 0 when rounded twice. */
function fusedMultiplyAdd(): boolean {
  const module = new ModuleWriter();
  const writer = new FunctionWriter(1);
  const address = writer.parameters[0].get;
  const load = (offset: number): ReturnType<typeof f64x2.loadSplat> => f64x2.loadSplat({ address, offset });
  writer.emit(f64x2.store({ address, offset: 32 }, f64x2.relaxedMadd(load(0), load(0), load(8))));
  module.add(writer, "run");
  const bytes = moduleBytes(module.finish(), 1);
  if (!WebAssembly.validate(bytes)) return false;
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const numbers = new Float64Array(memory.buffer);
    numbers[0] = 1 + 2 ** -30;
    numbers[1] = -1 - 2 ** -29;
    (exports.run as (at: number) => void)(0);
    return numbers[4] === 2 ** -60;
  } catch {
    return false;
  }
}

function canShare(): boolean {
  try {
    new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return true;
  } catch {
    return false;
  }
}
