/** Sweeps in WebAssembly against those in plain JavaScript, step by step, and what happens where memory comes and goes. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DualVector, SweepService, TransientSystem } from "../../reference/system.js";
import { sweepAdjoint } from "../../reference/time/adjoint.js";
import { addMatrixColumn, PlainBack } from "../../reference/time/back-steps.js";
import { calm, type Fixture, lane } from "../../reference/time/fixtures.js";
import { openDistribution } from "../../reference/time/open.js";
import { QuasiStationary } from "../../reference/time/quasi-stationary.js";
import { stepTable, uniformizationRate } from "../../reference/time/step-table.js";
import { Sweep } from "../../reference/time/sweep.js";
import { openWasmHost, type WasmHost } from "../host.js";
import { WebAssembly } from "../webassembly.js";
import { compileSweeps, openWasmSweeps } from "./service.js";

const host = openWasmHost(1);

function sweepsOf(of: WasmHost = host): SweepService {
  const service = openWasmSweeps(of, compileSweeps, true);
  if (service === undefined) throw new Error("no WebAssembly here");
  return service;
}

/** A host whose memories cannot grow: real ones, with a maximum. */
const cramped: WasmHost = {
  ...host,
  missing: undefined,
  memory: (pages) =>
    new (WebAssembly.Memory as unknown as new (pages: object) => ReturnType<WasmHost["memory"]>)({
      initial: pages,
      maximum: pages,
    }),
};

/** Numbers from a seed. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Case {
  readonly system: TransientSystem;
  readonly directions: readonly { readonly weights: Float64Array; readonly exits: Float64Array }[];
  readonly initial: DualVector;
  readonly column: DualVector;
}

/** Rows of any length, also none; some edges are 0. In steps rows sum to less than 1. */
function makeCase(kind: "continuous" | "discrete", size: number, density: number, d: number, seed: number): Case {
  const next = random(seed);
  const edges: [number, number, number][] = [];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      if ((i !== j || kind === "discrete") && next() < density)
        edges.push([i, j, next() < 0.1 ? 0 : kind === "discrete" ? next() / (2 * size) : next()]);
  const numbers = (length: number): Float64Array => Float64Array.from({ length }, () => next() - 0.5);
  const exits = Array.from({ length: size }, () => next() * 0.3);
  const { system } = lane({ kind, size, edges, exits });
  const dual = (value: Float64Array): DualVector => ({
    value,
    tangents: Array.from({ length: d }, () => numbers(size)),
  });
  return {
    system,
    directions: Array.from({ length: d }, () => ({ weights: numbers(edges.length), exits: numbers(size) })),
    initial: dual(Float64Array.from({ length: size }, () => (next() < 0.5 ? 0 : next() / size))),
    column: dual(Float64Array.from({ length: size }, () => next())),
  };
}

const cases = fc.record({
  kind: fc.constantFrom("continuous" as const, "discrete" as const),
  size: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.constantFrom(150, 201)),
  density: fc.constantFrom(0.02, 0.2, 0.8),
  d: fc.integer({ min: 0, max: 2 }),
  seed: fc.integer(),
});

/** Both round a sum of some forty terms in another order, at each of some tens of steps. */
const SAME = 1e-12;

function expectSame(got: ArrayLike<number>, want: ArrayLike<number>, scale: number, what: string): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++)
    expect(Math.abs(got[i] - want[i]), `${what}, entry ${i}`).toBeLessThanOrEqual(SAME * scale);
}

const largest = (x: ArrayLike<number>): number => Array.from(x).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe("sweeps forwards", () => {
  it("go the same way, plain and refined, with derivatives and sums", () => {
    fc.assert(
      fc.property(cases, ({ kind, size, density, d, seed }) => {
        const { system, directions, initial, column } = makeCase(kind, size, density, d, seed);
        const rate = uniformizationRate(system);
        const open = (sweeps?: SweepService) =>
          new Sweep(stepTable({ ...system, sweeps }, directions, rate), initial, 2);
        const [plain, wasm] = [open(), open(sweepsOf())];
        for (let k = 0; k < 40; k++) {
          if (k === 20) for (const sweep of [plain, wasm]) sweep.refine();
          for (const sweep of [plain, wasm]) {
            sweep.addTo(k % 2, 0.25 * k);
            sweep.step();
          }
          expect([wasm.low, wasm.high, wasm.ended]).toEqual([plain.low, plain.high, plain.ended]);
          // every entry of the value relative to itself
          const value = plain.value;
          for (let i = 0; i < size; i++)
            expect(Math.abs(wasm.value[i] - value[i])).toBeLessThanOrEqual(SAME * value[i]);
          expect(Math.abs(wasm.survival - plain.survival)).toBeLessThanOrEqual(SAME * plain.survival);
          expect(Math.abs(wasm.dot(column.value) - plain.dot(column.value))).toBeLessThanOrEqual(SAME * plain.survival);
          for (let x = 0; x < d; x++) {
            const scale = largest(plain.tangent(x)) + largest(value);
            expectSame(wasm.tangent(x), plain.tangent(x), scale, `tangent ${x}`);
            const [got, want] = [wasm, plain].map((s) => s.dotTangent(x, column.value, column.tangents[x]));
            expect(Math.abs(got - want)).toBeLessThanOrEqual(SAME * size * scale);
          }
        }
        for (const sum of [0, 1])
          plain.total(sum).forEach((want, x) => {
            expectSame(wasm.total(sum)[x], want, largest(want), `sum ${sum}, vector ${x}`);
          });
      }),
      { numRuns: 60 },
    );
  });

  it("hold their lower doubles far below a rounding once refined", () => {
    const { system, initial } = makeCase("continuous", 31, 0.3, 0, 7);
    const rate = uniformizationRate(system);
    const open = (sweeps?: SweepService) => {
      const sweep = new Sweep(stepTable({ ...system, sweeps }, [], rate), initial);
      sweep.refine();
      for (let k = 0; k < 200; k++) sweep.step();
      return sweep;
    };
    const [plain, wasm] = [open(), open(sweepsOf())];
    for (let i = 0; i < system.size; i++) {
      const difference = wasm.value[i] - plain.value[i] + (wasm.valueRest![i] - plain.valueRest![i]);
      expect(Math.abs(difference)).toBeLessThanOrEqual(2 ** -88 * plain.value[i]);
    }
  });

  it("give the same bits however often they are sent out of memory", () => {
    const { system, directions, initial, column } = makeCase("continuous", 37, 0.2, 2, 11);
    const run = (disturb: (service: SweepService, k: number) => void): number[] => {
      const service = sweepsOf();
      const sweep = new Sweep(stepTable({ ...system, sweeps: service }, directions, 8), initial, 1);
      const said: number[] = [];
      for (let k = 0; k < 30; k++) {
        disturb(service, k);
        sweep.addTo(0, 1 / (k + 1));
        if (k === 15) sweep.refine();
        disturb(service, k + 1);
        sweep.step();
        disturb(service, k + 2);
        said.push(sweep.dot(column.value), ...sweep.value, ...sweep.tangent(1), ...sweep.total(0)[0]);
        if (k >= 15) said.push(...sweep.valueRest!, ...sweep.previous.los[2]);
      }
      return said;
    };
    const alone = run(() => {});
    expect(run((service, k) => void (k % 3 === 0 && service.release()))).toEqual(alone);
    // two in turns
    expect(
      run((service) => {
        new Sweep(stepTable({ ...system, sweeps: service }, directions, 9), initial).step();
      }),
    ).toEqual(alone);
  });

  it("keep the scale, and nothing that is out of the normal range", () => {
    const edges: [number, number, number][] = [
      [0, 0, 2 ** -345],
      [0, 1, 0.5],
      [1, 1, 2 ** -61],
    ];
    const { system } = lane({ kind: "discrete", size: 3, edges, exits: [0.1, 0.9, 1] });
    const initial = { value: Float64Array.of(1, 0, 0), tangents: [] };
    const open = (sweeps?: SweepService) => new Sweep(stepTable({ ...system, sweeps }, [], 1), initial);
    const [plain, wasm] = [open(), open(sweepsOf())];
    for (let k = 0; k < 30; k++) {
      for (const sweep of [plain, wasm]) sweep.step();
      expect(wasm.scale).toBe(plain.scale);
      expect([...wasm.value]).toEqual(Array.from(plain.value, (x) => (x < 2 ** -1022 ? 0 : x)));
    }
    expect(wasm.scale).toBeLessThan(1);
  });

  it("leave out of large tables what is 0, and nothing else", () => {
    const { system: full, initial } = makeCase("continuous", 400, 0.8, 0, 9);
    const weights = full.weights.map((w, e) => (e % 3 === 0 ? 0 : w));
    expect(weights.length).toBeGreaterThan(100_000);
    const system = { ...full, weights };
    const rate = uniformizationRate(system);
    const open = (sweeps?: SweepService) => new Sweep(stepTable({ ...system, sweeps }, [], rate), initial);
    const [plain, wasm] = [open(), open(sweepsOf())];
    for (let k = 0; k < 10; k++) {
      for (const sweep of [plain, wasm]) sweep.step();
      plain.value.forEach((value, i) => {
        expect(Math.abs(wasm.value[i] - value)).toBeLessThanOrEqual(SAME * value);
      });
    }
  });

  it("reach as far as any position of a long span leads", () => {
    const size = 300;
    const edges: [number, number, number][] = [[101, 2, 0.25], [170, 299, 0.25]]; // biome-ignore format: one line
    const { system } = lane({ kind: "discrete", size, edges, exits: new Array(size).fill(0.5) });
    const value = Float64Array.from({ length: size }, (_, i) => (i >= 60 && i < 260 ? 1 : 0));
    for (const sweeps of [undefined, sweepsOf()]) {
      const sweep = new Sweep(stepTable({ ...system, sweeps }, [], 1), { value, tangents: [] });
      sweep.step();
      expect([sweep.low, sweep.high, sweep.value[2], sweep.value[299], sweep.survival]).toEqual([
        2, 299, 0.25, 0.25, 0.5,
      ]);
    }
  });
});

describe("sweeps backwards", () => {
  it("leave the same sums", () => {
    fc.assert(
      fc.property(cases, ({ kind, size, density, d, seed }) => {
        const { system, directions, column, initial } = makeCase(kind, size, density, Math.min(d, 1), seed);
        const columns = [column, initial];
        const service = sweepsOf();
        const table = stepTable({ ...system, sweeps: service }, directions, uniformizationRate(system));
        const [plain, wasm] = [new PlainBack(table, columns), service.back(table, columns)!];
        const next = random(seed + 1);
        for (let k = 0; k < 20; k++) {
          // now and then rows without mass
          const a = [initial.value, ...initial.tangents].map((x) => x.map((v, i) => (i % 3 === k % 3 ? 0 : v)));
          const scale = k % 5 === 4 ? 0.5 : 1;
          const weights = columns.map(() => [next(), ...directions.map(next)]);
          if (k % 7 === 6) service.release();
          for (const steps of [plain, wasm]) steps.step(a, scale, weights);
        }
        const [wanted, got] = [plain.finish(), wasm.finish()];
        wanted.forEach((want, x) => {
          const scale = largest(want.initial) + largest(want.columns[0]) + largest(want.weights) + largest(want.exits);
          expectSame(got[x].weights, want.weights, scale, "weights");
          expectSame(got[x].exits, want.exits, scale, "exits");
          expectSame(got[x].initial, want.initial, scale, "initial");
          want.columns.forEach((entries, c) => {
            expectSame(got[x].columns[c], entries, scale, "column");
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it("multiply a column by every matrix of a table", () => {
    const { system, directions, column } = makeCase("continuous", 23, 0.3, 2, 5);
    const service = sweepsOf();
    const table = stepTable({ ...system, sweeps: service }, directions, 16);
    for (let matrix = 0; matrix < 3; matrix++) {
      const [want, got] = [column.tangents[0].slice(), column.tangents[0].slice()];
      addMatrixColumn(table, matrix, column.value, want);
      expect(service.addColumn(table, matrix, column.value, got)).toBe(true);
      expectSame(got, want, largest(want), `matrix ${matrix}`);
    }
  });
});

describe("without room", () => {
  /** So large that a memory of four pages does not hold it. */
  const { system, directions, initial, column } = makeCase("continuous", 400, 0.2, 1, 3);
  const rate = uniformizationRate(system);

  it("plain JavaScript does everything from the beginning", () => {
    const service = sweepsOf(cramped);
    const table = stepTable({ ...system, sweeps: service }, directions, rate);
    expect(service.vectors(table, initial, 0)).toBeUndefined();
    expect(service.back(table, [column])).toBeUndefined();
    expect(service.addColumn(table, 0, column.value, column.value.slice())).toBe(false);
    expect(service.release()).toBe(false);
    const run = (sweeps?: SweepService) => {
      const contributions = [{ column: 0, kind: "at", time: 2, cotangent: 1 } as const];
      return sweepAdjoint({ ...system, sweeps }, initial.value, [column.value], contributions, calm);
    };
    expect(run(service)).toEqual(run());
  });

  it("it takes over in the middle, where more is asked for than there is", () => {
    // pattern, table and vectors fit; the table again with its lower doubles does not
    const { system: small, initial: start, column: read } = makeCase("continuous", 130, 0.9, 0, 4);
    const service = sweepsOf(cramped);
    const plain = new Sweep(stepTable(small, [], 64), start, 1);
    const sweep = new Sweep(stepTable({ ...small, sweeps: service }, [], 64), start, 1);
    expect(service.release()).toBe(true);
    for (let k = 0; k < 20; k++) {
      for (const each of [plain, sweep]) {
        if (k === 10) each.refine();
        each.addTo(0, 0.5);
        each.step();
      }
      expect(Math.abs(sweep.dot(read.value) - plain.dot(read.value))).toBeLessThanOrEqual(SAME * plain.survival);
    }
    expectSame(sweep.total(0)[0], plain.total(0)[0], largest(plain.total(0)[0]), "sum");
    expect(sweep.valueRest).toBeDefined();
  });

  it("a machine that refuses says so when it is insisted, and is left alone otherwise", () => {
    const refusing: WasmHost = {
      ...host,
      missing: undefined,
      memory: () => {
        throw new RangeError("no");
      },
    };
    const service = openWasmSweeps(refusing, compileSweeps, false);
    expect(service!.vectors(stepTable(system, directions, rate), initial, 0)).toBeUndefined();
    expect(() => openWasmSweeps(refusing, compileSweeps, true)).toThrow(RangeError);
    const without = { ...refusing, missing: "its engine has no WebAssembly SIMD" };
    expect(openWasmSweeps(without, compileSweeps, true)).toBeUndefined();
  });
});

const REFERENCES: readonly Fixture[] = JSON.parse(
  readFileSync(new URL("../../reference/time/references.json", import.meta.url), "utf8"),
).cases;

describe.each(REFERENCES)("$name, in WebAssembly", (fixture) => {
  const { system, tangents, initial, columns } = lane(fixture);
  const here = { ...system, sweeps: sweepsOf() };
  const product = (x: Float64Array, q: Float64Array): number => x.reduce((sum, v, i) => sum + v * q[i], 0);

  it("has rows and occupancies as values of 160 digits have them", () => {
    const engine = openDistribution(here, tangents, initial, columns, calm);
    const [rows, occupancies] = [engine.rows(fixture.times), engine.occupancies(fixture.times)];
    fixture.times.forEach((_, t) => {
      fixture.columns.forEach((_, c) => {
        for (const [vector, want] of [
          [rows[t]!, fixture.at[t][c]],
          [occupancies[t]!, fixture.accumulated[t][c]],
        ] as const) {
          const { value, tangents: slopes } = columns[c];
          expect(Math.abs(product(vector.value, value) - want[0])).toBeLessThanOrEqual(3e-13 * want[0]);
          slopes.forEach((slope, d) => {
            const got = product(vector.tangents[d], value) + product(vector.value, slope);
            const scale = Math.max(Math.abs(want[1 + d]), want[0] / fixture.theta[d]);
            expect(Math.abs(got - want[1 + d])).toBeLessThanOrEqual(3e-12 * scale);
          });
        }
      });
    });
  });

  it("has the quasi-stationary tail wherever that answers", () => {
    const engine = new QuasiStationary(here, tangents, initial, columns, calm);
    fixture.times.forEach((time, t) => {
      if (!engine.reaches(time)) return;
      fixture.columns.forEach((_, c) => {
        const want = fixture.at[t][c][0];
        expect(Math.abs(engine.at(c, time)!.value - want)).toBeLessThanOrEqual(3e-13 * want);
      });
    });
  });
});
