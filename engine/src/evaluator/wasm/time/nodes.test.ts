/** Loops of mixtures by nodes in WebAssembly against plain ones: every bit, whatever is asked, and where there is no memory. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PLAIN_LOOPS } from "../../reference/time/node-loops.js";
import { NODES, type NodeLoops, type Panel, Panels, type Reading } from "../../reference/time/panels.js";
import { openWasmHost, type WasmHost } from "../host.js";
import { WasmNodeLoops } from "./nodes.js";
import { WorkMemory } from "./work-memory.js";

const panels = new Panels();
const wasm = new WasmNodeLoops(new WorkMemory(openWasmHost(1)));

interface Case {
  readonly chosen: readonly Panel[];
  readonly sequences: readonly Float64Array[];
  readonly times: Float64Array;
  readonly places: Int16Array;
  readonly frames: Float64Array;
  readonly weights: Float64Array;
}

/** Some panels, sequences that may end anywhere, means in them and outside, and values that are vouched for or not. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    indices: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 5 }),
    columns: fc.integer({ min: 1, max: 4 }),
    share: fc.double({ min: 0.01, max: 1.1, noNaN: true }),
    decay: fc.double({ min: 1, max: 100, noNaN: true }),
    count: fc.integer({ min: 1, max: 40 }),
    least: fc.constantFrom(0, 1e-300, 1e-3),
    seed: fc.nat(),
  })
  .map(({ indices, columns, share, decay, count, least, seed }) => {
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const chosen = indices.sort((a, b) => a - b).map((index) => panels.panel(index));
    const length = Math.max(1, Math.floor(share * chosen[chosen.length - 1].end));
    const sequences = Array.from({ length: columns }, (_, c) =>
      Float64Array.from({ length }, (_, k) => (c === 0 ? 1 : next() - 0.5) * next() * Math.exp(-k / decay)),
    );
    const places = Int16Array.from({ length: count }, () => Math.floor(next() * (chosen.length + 1)) - 1);
    const times = Float64Array.from(places, (place, n) => {
      const { centre, halfWidth } = chosen[Math.max(0, place)];
      // now and then at a node
      return centre + halfWidth * (n % 7 === 3 ? panels.nodes[n % NODES] : 2 * next() - 1);
    });
    const frames = Float64Array.from(chosen.flatMap(({ centre, halfWidth }) => [centre, halfWidth, least]));
    return { chosen, sequences, times, places, frames, weights: times.map(next) };
  });

/** Everything that comes out, as bytes: what is not a number is compared too. */
function answers(
  loops: NodeLoops,
  { chosen, sequences, times, places, frames, weights }: Case,
  pulls: boolean,
): Buffer {
  const columns = sequences.length;
  const values = new Float64Array(chosen.length * columns * NODES);
  loops.values(chosen, sequences, values);
  const pull = { weights, coefficients: new Float64Array(0), answered: new Uint8Array(times.length) };
  const cotangents = new Float64Array(chosen.length * NODES);
  const out = times.map(() => -7);
  const tangents = sequences.slice(1).map(() => times.map(() => -8));
  const reading: Reading = {
    panels,
    rate: 1,
    times,
    places,
    nodal: { columns, values, frames, cotangents },
    out,
    tangents,
    ...(pulls && { pull }),
  };
  loops.read(reading);
  const all = [values, out, ...tangents, cotangents, pull.answered];
  return Buffer.concat(all.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength)));
}

describe("loops over nodes in WebAssembly", () => {
  it("have every bit of the plain ones", () => {
    fc.assert(
      fc.property(anyCase, fc.boolean(), (one, pulls) => {
        expect(answers(wasm, one, pulls).equals(answers(PLAIN_LOOPS, one, pulls))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("go on in plain JavaScript where there is no memory, or no more of it", () => {
    const host = openWasmHost(1);
    const [one] = fc.sample(anyCase, { numRuns: 1, seed: 4 });
    const loopsOf = (changes: Partial<WasmHost>): NodeLoops =>
      new WasmNodeLoops(new WorkMemory({ ...host, ...changes }));
    const refusing = loopsOf({
      memory: () => {
        throw new RangeError("could not allocate memory");
      },
    });
    const small = loopsOf({
      memory: (...given) => {
        const memory = host.memory(...given);
        memory.grow = () => {
          throw new RangeError("could not grow");
        };
        return memory;
      },
    });
    const wanted = answers(PLAIN_LOOPS, one, true);
    for (const loops of [refusing, small, small]) expect(answers(loops, one, true).equals(wanted)).toBe(true);
  });
});
