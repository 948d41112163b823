/**
 * The `wasm` backend against the reference on models of the library: every kind of program, every lane width, threads or
 * not, fast lanes and lanes that only the reference may judge.
 */
import type { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { pack, unpack } from "../../base/msgpack.js";
import { WIRE_ARRAYS, type Wire, wireType } from "../../base/wire.js";
import type { Weight } from "../../expression/weight.js";
import { buildGraph } from "../../graph/build.js";
import type { Graph } from "../../graph/graph.js";
import { checkSpec, type ModelSpec } from "../../model/define.js";
import { explore } from "../../model/explore.js";
import { FAMILIES } from "../../model/families/index.js";
import { adjointProgram } from "../../program/adjoint.js";
import {
  countsProgram,
  endingProgram,
  factorialMomentsProgram,
  momentsProgram,
  sojournProgram,
  visitsProgram,
} from "../../program/build.js";
import { covarianceProgram } from "../../program/covariance.js";
import type { Program } from "../../program/program.js";
import { tangentProgram } from "../../program/tangent.js";
import { buildTrace } from "../../trace/build.js";
import { LANE_STATUS } from "../evaluator.js";
import { openReference } from "../reference/backend.js";
import { type CompiledStore, openWasm, type WasmOptions } from "./backend.js";
import { compileProgram } from "./compile.js";
import type { Compiled } from "./compiled.js";
import { openWasmHost } from "./host.js";
import { printCompiled } from "./print.js";
import { checkCompiled, compiledFromWire, compiledToWire } from "./wire.js";

const alone = openWasmHost(1);
const many = openWasmHost(2);
afterAll(async () => {
  await Promise.all([alone.close(), many.close()]);
});

const never = (): boolean => false;

function built(spec: ModelSpec<string, Record<string, number>, string>, inputs: Record<string, number>): Graph {
  const work = explore(checkSpec(spec), { ...spec.inputs, ...inputs }, { maxStates: 1e6, maxBytes: 2 ** 32 });
  for (;;) {
    const step = work.next();
    if (step.done) return buildGraph(step.value);
  }
}

function family(name: keyof typeof FAMILIES, inputs: Record<string, number> = {}): Graph {
  const { version: _, ranges: __, ...spec } = FAMILIES[name];
  return built(spec as unknown as ModelSpec<string, Record<string, number>, string>, inputs);
}

type Weights = Record<"a" | "b", Weight>;

/** Rewards and a start that depend on θ, and weights that are formulas. */
const formulas = (): Graph =>
  built(
    {
      name: "formulas",
      parameters: ["a", "b"],
      initial: (_: unknown, { a, b }: Weights) => [
        [[2], a.over(a.plus(b))],
        [[1], b.over(a.plus(b))],
      ],
      transitions: ([k]: number[], { a, b }: Weights) =>
        k === 0
          ? []
          : [
              { to: [k - 1], rate: a.times(b) },
              { to: [k === 2 ? 1 : 2], rate: b.times(0.1) },
            ],
      rewards: { cost: ([k]: number[], _: unknown, { a }: Weights) => a.times(k) },
    } as never,
    {},
  );

interface Answers {
  readonly values: Float64Array;
  readonly status: Uint8Array;
}

function answers(
  graph: Graph,
  program: Program,
  thetas: Float64Array,
  lanes: number,
  by: "reference" | typeof alone,
  options?: WasmOptions,
): Answers {
  const trace = buildTrace(graph, never);
  const evaluator =
    by === "reference"
      ? openReference(graph, trace, program, never)
      : openWasm(graph, trace, program, never, by, options);
  const inputs = { direction: Float64Array.from(graph.parameterNames, (_, k) => 1 - k / 3) };
  const values = new Float64Array(lanes * evaluator.outputCount(inputs));
  const status = new Uint8Array(lanes);
  evaluator.evaluateInto(thetas, inputs, values, status);
  return { values, status };
}

function someThetas(graph: Graph, lanes: number): Float64Array {
  const probability = graph.kind === "discrete";
  return Float64Array.from({ length: lanes * graph.parameterNames.length }, (_, i) =>
    probability ? 0.2 + ((i * 7) % 11) / 16 : 0.3 + ((i * 37) % 23) / 9,
  );
}

/**
 * Both sum the same positive terms, in orders that differ: n roundings of size 2⁻⁵³ each, a few hundred here. Derivatives are
 * computed in double-double by both and differ where the reference rounds edges before it sums them.
 */
const SAME = 1e-13;
const SAME_DERIVATIVE = 1e-10;
/** Derivatives that are 0 by cancellation: terms of size 1 in double-double. */
const CANCELLED = 2 ** -90;

function expectSame(got: Answers, wanted: Answers, tolerance: number, cancelled = CANCELLED): void {
  expect(Array.from(got.status)).toEqual(Array.from(wanted.status));
  got.values.forEach((x, i) => {
    if (Number.isNaN(wanted.values[i])) expect(x).toBeNaN();
    else
      expect(Math.abs(x - wanted.values[i])).toBeLessThanOrEqual(
        Math.max(tolerance * Math.abs(wanted.values[i]), cancelled),
      );
  });
}

const programs = (graph: Graph): Record<string, Program> => {
  const { kind } = graph;
  const [reward] = graph.rewardNames;
  const variance = covarianceProgram(kind, [undefined, undefined], true);
  const moments = momentsProgram(kind, 3, reward === undefined ? {} : { reward });
  const absorbing = Array.from({ length: graph.vertexCount }, (_, v) => v).filter(
    (v) => graph.rowStart[v] === graph.rowStart[v + 1],
  );
  const ending = endingProgram("ending", absorbing.slice(0, 1));
  return {
    moments,
    variance,
    sojourn: sojournProgram(),
    visits: visitsProgram(kind),
    ending,
    ...(kind === "discrete" && { factorial: factorialMomentsProgram(3) }),
    ...(kind === "continuous" && reward !== undefined && { counts: countsProgram([reward], [[0], [3]], 0.7) }),
    "gradient of moments": adjointProgram(moments),
    "gradient of variance": adjointProgram(variance),
    "gradient of ending": adjointProgram(ending),
    "tangents of moments": tangentProgram(moments, graph.parameterNames.length),
    "tangents of variance": tangentProgram(variance, graph.parameterNames.length),
    "tangents of visits": tangentProgram(visitsProgram(kind), graph.parameterNames.length),
    "Hessian of variance": tangentProgram(adjointProgram(variance), 1),
  };
};

const MODELS: Record<string, () => Graph> = {
  coalescent: () => family("coalescent", { n: 6 }),
  "block coalescent": () => family("block-coalescent", { n: 6 }),
  rabbits: () => family("rabbits", { N: 4 }),
  "two-island": () => family("two-island", { a: 4, b: 3 }),
  "two-locus": () => family("two-locus-arg", { n: 3 }),
  "isolation with migration": () => family("isolation-with-migration", { n1: 2, n2: 2 }),
  "machine repair": () => family("machine-repair", { n: 4, crew: 2 }),
  "negative binomial": () => family("negative-binomial", { r: 3 }),
  formulas,
};

describe.each(Object.keys(MODELS))("%s", (name) => {
  const graph = MODELS[name]();
  const lanes = 7;
  const thetas = someThetas(graph, lanes);
  it.each(Object.keys(programs(graph)))("%s", (label) => {
    const program = programs(graph)[label];
    const wanted = answers(graph, program, thetas, lanes, "reference");
    const tolerance = program.outputs === "values" ? SAME : SAME_DERIVATIVE;
    // derivatives by vertex are sums of two products that are rounded first
    const cancelled = label === "tangents of visits" ? 2 ** -45 : CANCELLED;
    expectSame(answers(graph, program, thetas, lanes, alone), wanted, tolerance, cancelled);
  });
});

describe("lanes and threads", () => {
  const graph = family("two-locus-arg", { n: 3 });
  const lanes = 37;
  const thetas = someThetas(graph, lanes);
  const program = momentsProgram(graph.kind, 2);
  const gradient = adjointProgram(program);

  it.each([2, 8] as const)("give the same bits %i lanes wide", (width) => {
    for (const of of [program, gradient]) {
      const four = answers(graph, of, thetas, lanes, alone);
      expect(answers(graph, of, thetas, lanes, alone, { lanes: width }).values).toEqual(four.values);
    }
  });

  it("give the same bits alone and beside others", () => {
    const all = answers(graph, program, thetas, lanes, alone);
    const d = graph.parameterNames.length;
    for (const b of [0, 5, 36]) {
      const one = answers(graph, program, thetas.subarray(b * d, (b + 1) * d), 1, alone);
      expect(one.values).toEqual(all.values.slice(2 * b, 2 * b + 2));
    }
  });

  it("give the same bits on two threads", () => {
    expect(many.threads).toBe(2);
    for (const of of [program, gradient, sojournProgram(), visitsProgram("continuous")]) {
      const one = answers(graph, of, thetas, lanes, alone);
      const two = answers(graph, of, thetas, lanes, many);
      expect(two.values).toEqual(one.values);
      expect(two.status).toEqual(one.status);
    }
  });

  it("run again with other numbers on the same threads", () => {
    const trace = buildTrace(graph, never);
    const evaluator = openWasm(graph, trace, program, never, many);
    const status = new Uint8Array(lanes);
    const [first, second] = [new Float64Array(2 * lanes), new Float64Array(2 * lanes)];
    for (let round = 0; round < 200; round++) {
      evaluator.evaluateInto(thetas, {}, first, status);
      evaluator.evaluateInto(
        thetas.map((x) => x * (1 + round)),
        {},
        second,
        status,
      );
    }
    const wanted = answers(graph, program, thetas, lanes, "reference");
    expectSame({ values: first, status }, wanted, SAME);
    expect(second).not.toEqual(first);
  });
});

describe("lanes that are not sound", () => {
  const graph = family("two-island", { a: 2, b: 2 });
  const program = momentsProgram("continuous", 1);
  const [N] = [graph.parameterNames.length];

  it("get their status from the reference, and leave their neighbours alone", () => {
    expect(N).toBe(2);
    // no migration: the two islands never meet; rates near the ends of double precision
    const thetas = Float64Array.of(1, 1, 0, 0, 1, 2, 1e-300, 1e-300, 1e300, 1e300);
    const wanted = answers(graph, program, thetas, 5, "reference");
    const got = answers(graph, program, thetas, 5, alone);
    expectSame(got, wanted, SAME);
    expect(LANE_STATUS[got.status[1]]).toBe("singular");
    expect(got.values[0]).toBe(answers(graph, program, thetas.subarray(0, 2), 1, alone).values[0]);
  });

  it("throw for a rate that is negative, and name the lane", () => {
    const thetas = Float64Array.of(1, 1, 1, 1, 1, -1);
    expect(() => answers(graph, program, thetas, 3, alone)).toThrow(
      /in lane 2: the rate from .* is -2 at M1 = 1, M2 = -1/,
    );
    expect(() => answers(graph, program, Float64Array.of(1, Number.NaN), 1, alone)).toThrow(/must be finite/);
  });

  it("have no values when another one's fault is thrown", () => {
    const evaluator = openWasm(graph, buildTrace(graph, never), program, never, alone);
    const [values, status] = [Float64Array.of(7, 7), Uint8Array.of(7, 7)];
    expect(() => evaluator.evaluateInto(Float64Array.of(1, 1, 1, -1), {}, values, status)).toThrow(/in lane 1/);
    expect(values[0]).toBeGreaterThan(0);
    expect([values[1], LANE_STATUS[status[1]]]).toEqual([Number.NaN, "invalid"]);
  });

  it("are legal where a rate is zero and nothing needs it", () => {
    const oneWay = Float64Array.of(0, 1, 1, 0, 2, 3);
    expectSame(answers(graph, program, oneWay, 3, alone), answers(graph, program, oneWay, 3, "reference"), SAME);
  });
});

describe("a compiled program on the wire", () => {
  const graph = formulas();
  const trace = buildTrace(graph, never);
  const program = adjointProgram(momentsProgram("continuous", 2, { reward: "cost" }));
  const format = { lanes: 4, precise: true, fused: false };

  /** Through bytes, as an entry of a cache would go. */
  const sent = (wire: Wire): Wire => {
    const { attributes, arrays } = unpack(
      pack({
        attributes: wire.attributes,
        arrays: Object.entries(wire.arrays).map(([name, array]) => [
          name,
          wireType(array),
          new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
        ]),
      }),
    ) as { attributes: Wire["attributes"]; arrays: [string, keyof typeof WIRE_ARRAYS, Uint8Array][] };
    return {
      attributes,
      arrays: Object.fromEntries(
        arrays.map(([name, type, bytes]) => [name, new WIRE_ARRAYS[type](Uint8Array.from(bytes).buffer)]),
      ),
    };
  };

  it("runs without being compiled again, to the same bits", () => {
    const thetas = someThetas(graph, 5);
    const saved: Compiled[] = [];
    const run = (store: CompiledStore): Answers => answers(graph, program, thetas, 5, alone, { store });
    const first = run({ load: () => undefined, save: (_, compiled) => void saved.push(compiled) });
    expect(saved.length).toBe(1);
    const back = compiledFromWire(sent(compiledToWire(saved[0])));
    expect(checkCompiled(back, graph)).toBeUndefined();
    const again = run({
      load: () => back,
      save: () => {
        throw new Error("it was compiled again");
      },
    });
    expect(again.values).toEqual(first.values);
    expect(Array.from(again.status)).toEqual([0, 0, 0, 0, 0]);
  });

  it("says when it is not that of a graph, or of another version", () => {
    const compiled = compileProgram(graph, trace, program, format);
    expect(checkCompiled(compiled, family("coalescent", { n: 9 }))).toMatch(/edges/);
    const wire = compiledToWire(compiled);
    const older = { ...wire, attributes: { ...wire.attributes, version: 0 } };
    expect(() => compiledFromWire(older)).toThrow(/version 0/);
    const { table0: _, ...arrays } = wire.arrays;
    expect(() => compiledFromWire({ ...wire, arrays })).toThrow(/table 0 is missing/);
  });

  it("is printed", () => {
    const text = printCompiled(compileProgram(graph, trace, momentsProgram("continuous", 2), format));
    expect(text).toMatch(/4 lanes of double-double/);
    expect(text).toMatch(/sweep w0: v\d ← U v\d, v\d ← U v\d/);
  });
});

describe("threads that are not there", () => {
  const graph = family("two-locus-arg", { n: 3 });
  const lanes = 64;
  const thetas = someThetas(graph, lanes);
  const program = momentsProgram(graph.kind, 2);
  const run = (host: typeof alone): Answers => answers(graph, program, thetas, lanes, host);

  it("hold up nobody when they end", async () => {
    const workers: Worker[] = [];
    const remember = (worker: Worker): void => void workers.push(worker);
    // those of other tests are told first
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.on("worker", remember);
    const host = openWasmHost(3);
    const wanted = run(alone).values;
    expect(run(host).values).toEqual(wanted);
    // event loops turn, so that "worker" is told
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off("worker", remember);
    expect(workers.length).toBe(2);
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(run(host).values).toEqual(wanted);
    await host.close();
  });

  it("are not needed by evaluators of a host that was closed", async () => {
    const host = openWasmHost(2);
    const evaluator = openWasm(graph, buildTrace(graph, never), program, never, host);
    const other = openWasm(graph, buildTrace(graph, never), momentsProgram(graph.kind, 1), never, host);
    const [values, status] = [new Float64Array(2 * lanes), new Uint8Array(lanes)];
    evaluator.evaluateInto(thetas, {}, values, status);
    other.evaluateInto(thetas, {}, new Float64Array(lanes), status);
    await host.close();
    expect(host.threads).toBe(1);
    const after = new Float64Array(2 * lanes);
    evaluator.evaluateInto(
      thetas.map((x) => 2 * x),
      {},
      after,
      status,
    );
    expect(after).not.toEqual(values);
    evaluator.evaluateInto(thetas, {}, after, status);
    expect(after).toEqual(values);
  });
});
