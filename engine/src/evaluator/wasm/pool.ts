/**
 * Threads that run tiles. Every thread has a tile of its own in shared memory; what goes into a tile and what comes out
 * is staged beside it, so that which thread takes a tile makes no difference to any number. Work is handed out one tile
 * at a time by an atomic counter, to this thread too, and nothing is awaited through an event loop: a call returns when
 * all its tiles are done.
 *
 * A thread that has not started, or has ended, misses calls and holds up none: whoever is there does the work. A thread joins a
 * call by counting itself in before it looks whether the call is open; a call is over when it has been closed and those who
 * counted themselves in have gone.
 *
 * | control word | holds                                             |
 * |--------------|---------------------------------------------------|
 * | 0            | calls so far, to wake threads                     |
 * | 1            | next tile                                         |
 * | 2            | tiles of the open call; 0 when none is open       |
 * | 3            | threads that have counted themselves in           |
 * | 4            | evaluator of the call                             |
 * | 5            | tiles that are done                               |
 * | 6            | tiles that failed                                 |
 * | 7            | threads that may take part                        |
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
  /** Makes an evaluator known to all threads; answers its number. */
  register(evaluator: ThreadedEvaluator): number;
  /** Forgets it. */
  release(id: number): void;
  /** Runs tiles 0 … count − 1 from their staging areas on at most so many threads. Throws when a tile trapped. */
  run(id: number, count: number, threads: number): void;
  close(): Promise<void>;
}

const WORDS = 8;

/** The program of a thread: source text, because a thread must not depend on where files of a bundle lie. */
const SOURCE = `
const { workerData, receiveMessageOnPort } = require("node:worker_threads");
const { control, port, place } = workerData;
const words = new Int32Array(control);
const known = new Map();
for (let seen = 0; ; ) {
  Atomics.wait(words, 0, seen);
  seen = Atomics.load(words, 0);
  Atomics.add(words, 3, 1);
  try {
    for (let got; (got = receiveMessageOnPort(port)); ) {
      const { id, evaluator } = got.message;
      if (evaluator) known.set(id, { ...evaluator, bytes: new Uint8Array(evaluator.memory.buffer) });
      else known.delete(id);
    }
    const count = Atomics.load(words, 2);
    const evaluator = known.get(Atomics.load(words, 4));
    if (count > 0 && evaluator !== undefined && place < Atomics.load(words, 7)) {
      evaluator.run ??= new WebAssembly.Instance(evaluator.module, { env: { memory: evaluator.memory } }).exports.run;
      const { run, bytes, tiles, inputs, outputs, staging, stagingBytes } = evaluator;
      const tile = tiles[place];
      for (let k; (k = Atomics.add(words, 1, 1)) < count; ) {
        const area = staging + k * stagingBytes;
        try {
          for (const [to, from, length] of inputs) bytes.copyWithin(tile + to, area + from, area + from + length);
          run(tile);
          for (const [from, to, length] of outputs) bytes.copyWithin(area + to, tile + from, tile + from + length);
        } catch {
          Atomics.add(words, 6, 1);
        }
        Atomics.add(words, 5, 1);
        Atomics.notify(words, 5);
      }
    }
  } catch {
    // an evaluator that this thread has no memory for is run by the others
  } finally {
    Atomics.sub(words, 3, 1);
    Atomics.notify(words, 3);
  }
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
      // what a program is started with is not for its arithmetic
      execArgv: [],
      env: {},
      stdin: false,
    });
    // a thread that could not be started takes part in nothing
    worker.on("error", () => {});
    // one that runs must not keep the process
    worker.unref();
    port1.unref();
    return worker;
  });
  let nextId = 1;

  /** Answers how many tiles trapped here. */
  function take(id: number, count: number): number {
    const { run, bytes, tiles, inputs, outputs, staging, stagingBytes } = evaluators.get(id)!;
    const tile = tiles[0];
    let failed = 0;
    for (let k = Atomics.add(words, 1, 1); k < count; k = Atomics.add(words, 1, 1)) {
      const area = staging + k * stagingBytes;
      try {
        for (const [to, from, length] of inputs) bytes.copyWithin(tile + to, area + from, area + from + length);
        run(tile);
        for (const [from, to, length] of outputs) bytes.copyWithin(area + to, tile + from, tile + from + length);
      } catch {
        failed++;
      }
      Atomics.add(words, 5, 1);
    }
    return failed;
  }

  return {
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
    run(id, count, most) {
      Atomics.store(words, 1, 0);
      Atomics.store(words, 4, id);
      Atomics.store(words, 5, 0);
      Atomics.store(words, 6, 0);
      Atomics.store(words, 7, most);
      Atomics.store(words, 2, count);
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      const failed = take(id, count);
      const until = (word: number, reached: (value: number) => boolean): void => {
        for (let value = Atomics.load(words, word); !reached(value); value = Atomics.load(words, word))
          Atomics.wait(words, word, value, 1);
      };
      until(5, (done) => done >= count);
      Atomics.store(words, 2, 0);
      until(3, (inside) => inside === 0);
      if (failed + Atomics.load(words, 6) > 0) throw new WebAssembly.RuntimeError("a tile trapped");
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
      for (const port of ports) port.close();
    },
  };
}
