/** Encodings with known bytes, and modules that a WebAssembly engine takes. */
import { describe, expect, it } from "vitest";
import {
  advance,
  FunctionWriter,
  f64,
  f64x2,
  i32,
  ModuleWriter,
  moduleBytes,
  times,
  unsigned,
  when,
  whilst,
} from "./assembler.js";
import { WebAssembly } from "./webassembly.js";

/** Runs a function of an address on numbers that lie at 0. */
function run(write: (writer: FunctionWriter) => void, numbers: readonly number[]): number[] {
  const writer = new FunctionWriter(1);
  write(writer);
  const module = new ModuleWriter();
  module.add(writer, "run");
  const memory = new WebAssembly.Memory({ initial: 1 });
  const doubles = new Float64Array(memory.buffer);
  doubles.set(numbers);
  const compiled = new WebAssembly.Module(moduleBytes(module.finish(), 1));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  (exports.run as (at: number) => void)(0);
  return Array.from(doubles.subarray(0, 8));
}

describe("integers", () => {
  it("are written as LEB128", () => {
    // examples of the DWARF and WebAssembly specifications
    expect([...unsigned(2), ...unsigned(127), ...unsigned(128), ...unsigned(129), ...unsigned(624485)]).toEqual([
      2, 127, 0x80, 1, 0x81, 1, 0xe5, 0x8e, 0x26,
    ]);
    expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31)])("%i survives", (value) => {
    const [result] = run((writer) => {
      writer.emit(i32.store({ address: writer.parameters[0].get, offset: 0 }, i32.const(value)));
    }, []);
    expect(new Int32Array(Float64Array.of(result).buffer)[0]).toBe(value);
  });
});

describe("code", () => {
  it("counts, tests and adds", () => {
    const [sum, whole] = run(
      (writer) => {
        const [at] = writer.parameters;
        const [count, k] = [writer.local("i32"), writer.local("i32")];
        const total = writer.local("f64");
        writer.emit(
          count.set(i32.const(5)),
          times(count, [
            total.set(f64.load({ address: at.get, offset: 0 })),
            f64.store({ address: at.get, offset: 8 }, f64.const(2.5)),
            advance(k, 2),
          ]),
          // never, and three times
          times(count, f64.store({ address: at.get, offset: 0 }, f64.const(-1))),
          k.set(i32.const(3)),
          whilst(k.get, [k.set(i32.sub(k.get, i32.const(1))), advance(count, 7)]),
          when(i32.equals(count.get, i32.const(21)), f64.store({ address: at.get, offset: 0 }, f64.const(21))),
        );
      },
      [1],
    );
    expect([sum, whole]).toEqual([21, 2.5]);
  });

  it("works on two doubles at once", () => {
    const result = run(
      (writer) => {
        const address = writer.parameters[0].get;
        const [a, b] = [0, 16].map((offset) => f64x2.load({ address, offset }));
        writer.emit(
          f64x2.store({ address, offset: 32 }, f64x2.div(f64x2.sub(f64x2.mul(a, b), f64x2.const(1)), f64x2.abs(b))),
          f64x2.store({ address, offset: 48 }, f64x2.and(f64x2.pseudoMin(a, b), f64x2.less(a, b))),
        );
      },
      [3, 5, -2, 7],
    );
    expect(result).toEqual([3, 5, -2, 7, -3.5, 34 / 7, 0, 5]);
  });
});
