/**
 * Threads that run tiles. Every thread has a tile of its own in shared memory; what goes into a tile and what comes out
 * is staged beside it, so that which thread takes a tile makes no difference to any number. Work is handed out one tile
 * at a time by an atomic counter, to this thread too, and nothing is awaited through an event loop: a call returns when
 * all its tiles are done.
 *
 * | control word | holds                                             |
 * |--------------|---------------------------------------------------|
 * | 0            | generation: one more for every call               |
 * | 1            | next tile                                         |
 * | 2            | tiles of this call                                |
 * | 3            | threads that are still at it                      |
 * | 4            | evaluator of this call                            |
 * | 5            | tiles that failed                                 |
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { type WasmMemory, type WasmModule, WebAssembly } from "./webassembly.js";

/** What a thread needs to run an evaluator's tiles. */
export interface ThreadedEvaluator {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Address of the tile of each thread; the first is this thread's. */
  readonly tiles: readonly number[];
  /** Bytes to copy between a tile and its staging area: [offset in the tile, offset in the area, bytes]. */
  readonly inputs: readonly (readonly [number, number, number])[];
  readonly outputs: readonly (readonly [number, number, number])[];
  readonly staging: number;
  readonly stagingBytes: number;
}

export interface Pool {
  /** Threads, this one included. */
  readonly size: number;
  /** Makes an evaluator known to all threads; answers its number. */
  register(evaluator: ThreadedEvaluator): number;
  /** Forgets it. */
  release(id: number): void;
  /** Runs tiles 0 … count − 1 from their staging areas. Throws when a tile trapped. */
  run(id: number, count: number): void;
  close(): Promise<void>;
}

const WORDS = 6;

/**
 * The program of a thread, and of this one: it is source text because a thread must not depend on where files of a bundle
 * lie. `take` runs tiles until there are none.
 */
const SOURCE = `
const { workerData, receiveMessageOnPort } = require("node:worker_threads");
const { control, port, place } = workerData;
const words = new Int32Array(control);
const known = new Map();
for (let seen = 0; ; ) {
  Atomics.wait(words, 0, seen);
  seen = Atomics.load(words, 0);
  for (let got; (got = receiveMessageOnPort(port)); ) {
    const { id, evaluator } = got.message;
    if (!evaluator) known.delete(id);
    else {
      const { exports } = new WebAssembly.Instance(evaluator.module, { env: { memory: evaluator.memory } });
      known.set(id, { ...evaluator, run: exports.run, bytes: new Uint8Array(evaluator.memory.buffer) });
    }
  }
  const count = Atomics.load(words, 2);
  const evaluator = known.get(Atomics.load(words, 4));
  if (count === 0 || evaluator === undefined) continue;
  const { run, bytes, tiles, inputs, outputs, staging, stagingBytes } = evaluator;
  const tile = tiles[place];
  for (let k; (k = Atomics.add(words, 1, 1)) < count; ) {
    const area = staging + k * stagingBytes;
    try {
      for (const [to, from, length] of inputs) bytes.copyWithin(tile + to, area + from, area + from + length);
      run(tile);
      for (const [from, to, length] of outputs) bytes.copyWithin(area + to, tile + from, tile + from + length);
    } catch {
      Atomics.add(words, 5, 1);
    }
  }
  if (Atomics.sub(words, 3, 1) === 1) Atomics.notify(words, 3);
}
`;

/** Starts so many threads beside this one. */
export function createPool(threads: number): Pool {
  const control = new SharedArrayBuffer(4 * WORDS);
  const words = new Int32Array(control);
  const evaluators = new Map<number, ThreadedEvaluator & { run(tile: number): void; bytes: Uint8Array }>();
  const ports: MessagePort[] = [];
  const workers = Array.from({ length: threads }, (_, i) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    const worker = new Worker(SOURCE, {
      eval: true,
      workerData: { control, port: port2, place: i + 1 },
      transferList: [port2],
      stdin: false,
      // a thread that ends with the process must not keep it
      trackUnmanagedFds: false,
    });
    worker.unref();
    port1.unref();
    return worker;
  });
  let nextId = 1;

  function take(id: number, count: number): void {
    const { run, bytes, tiles, inputs, outputs, staging, stagingBytes } = evaluators.get(id)!;
    const tile = tiles[0];
    for (let k = Atomics.add(words, 1, 1); k < count; k = Atomics.add(words, 1, 1)) {
      const area = staging + k * stagingBytes;
      for (const [to, from, length] of inputs) bytes.copyWithin(tile + to, area + from, area + from + length);
      run(tile);
      for (const [from, to, length] of outputs) bytes.copyWithin(area + to, tile + from, tile + from + length);
    }
  }

  return {
    size: threads + 1,
    register(evaluator) {
      const id = nextId++;
      const { exports } = new WebAssembly.Instance(evaluator.module, { env: { memory: evaluator.memory } });
      evaluators.set(id, {
        ...evaluator,
        run: exports.run as (tile: number) => void,
        bytes: new Uint8Array(evaluator.memory.buffer),
      });
      for (const port of ports) port.postMessage({ id, evaluator });
      return id;
    },
    release(id) {
      evaluators.delete(id);
      for (const port of ports) port.postMessage({ id });
    },
    run(id, count) {
      Atomics.store(words, 1, 0);
      Atomics.store(words, 2, count);
      Atomics.store(words, 3, threads);
      Atomics.store(words, 4, id);
      Atomics.store(words, 5, 0);
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      take(id, count);
      // threads that have not started yet find nothing to do, but must have looked before the next call
      for (let left = Atomics.load(words, 3); left > 0; left = Atomics.load(words, 3)) Atomics.wait(words, 3, left, 1);
      if (Atomics.load(words, 5) > 0) throw new WebAssembly.RuntimeError("a tile trapped in a thread");
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
      for (const port of ports) port.close();
    },
  };
}
