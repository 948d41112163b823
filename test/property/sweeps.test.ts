/**
 * Quantities over time by sweeps in WebAssembly against those in plain JavaScript, on models large enough to be swept there,
 * and what results say of who answered.
 */
import { linspace, openEngine, type PhaseType } from "@sojourn/engine";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("sweeps") });
afterAll(() => engine.close());

/** Both add the same terms in another order, some hundreds of steps one after the other; derivatives cancel a little. */
const SAME = 1e-12;
const SAME_DERIVATIVE = 1e-10;

const flat = (nested: unknown): number[] =>
  ArrayBuffer.isView(nested) || Array.isArray(nested) ? Array.from(nested as number[]).flatMap(flat) : [Number(nested)];

interface Model {
  readonly name: string;
  readonly build: (backend: "wasm" | "reference" | "auto") => Promise<PhaseType>;
  readonly theta: readonly number[];
  readonly times: readonly number[];
}

const jumps = (kind: "continuous" | "discrete", backend: "wasm" | "reference" | "auto"): Promise<PhaseType> =>
  engine
    .defineModel({
      name: `ring-${kind}`,
      ...(kind === "discrete" && { kind }),
      parameters: ["on", "back"],
      inputs: { n: 240 },
      initial: () => [0],
      // around a ring, on and back, with short cuts, so that no two states are alike; a self-loop in steps
      transitions: ([i], { on, back }, { n }) =>
        [
          { to: [(i + 1) % n], rate: on.times(kind === "discrete" ? 0.3 : 40) },
          { to: [(i + n - 1) % n], rate: back.times(kind === "discrete" ? 0.2 : 25) },
          { to: [(7 * i + 3) % n], rate: on.times(kind === "discrete" ? 0.1 : 3) },
          ...(kind === "discrete" ? [{ to: [i], rate: back.times(0.1) }] : []),
          { to: [n], rate: on.times(kind === "discrete" ? 0.01 * (1 + ((i * i) % 7)) : 1 + ((i * i) % 7)) },
        ].filter(() => i < n),
    })
    .build({}, { backend });

const MODELS: readonly Model[] = [
  {
    name: "rabbits",
    build: (backend) => engine.families.rabbits.build({ N: 24 }, { backend }),
    theta: [1, 2, 4],
    times: linspace(0.05, 3, 7) as unknown as number[],
  },
  { name: "a ring", build: (b) => jumps("continuous", b), theta: [1, 1.5], times: [0.01, 0.4, 3, 20] },
  { name: "a ring in steps", build: (b) => jumps("discrete", b), theta: [1, 1], times: [1, 7, 60, 400] },
];

describe.each(MODELS)("$name", ({ build, theta, times }) => {
  const ask = async (quantity: object) => {
    const [wasm, reference, auto] = await Promise.all(
      (["wasm", "reference", "auto"] as const).map(async (backend) => (await build(backend)).evaluate(quantity, theta)),
    );
    expect(auto.values).toEqual(wasm.values);
    expect([wasm.backend, auto.backend, reference.backend]).toEqual(["wasm", "wasm", "reference"]);
    return [wasm, reference];
  };
  const grid = Array.from(times);

  it.each(["density", "cdf", "survival", "stateProbabilities", "occupancy"])("has the same %s", async (name) => {
    const discrete = (await build("auto")).graph.kind === "discrete";
    const quantity = name === "density" ? (discrete ? "pmf" : "pdf") : name;
    const [wasm, reference] = await ask({ quantity, [quantity === "pmf" ? "steps" : "times"]: grid });
    const [got, want] = [flat(wasm.values.values), flat(reference.values.values)];
    expect(got.length).toBe(want.length);
    want.forEach((value, i) => {
      expect(Math.abs(got[i] - value), `${quantity} ${i}`).toBeLessThanOrEqual(SAME * Math.abs(value));
    });
  });

  it("has the same likelihood, gradient and second derivatives", async () => {
    const handles = await Promise.all((["wasm", "reference"] as const).map(build));
    const data = [...grid, { right: grid[2] }, { left: grid[1] }];
    const direction = theta.map((_, k) => 1 - 0.3 * k);
    const said = await Promise.all(
      handles.map(async (handle) => ({
        value: await handle.logLikelihood(theta, data),
        gradient: flat(await handle.gradient({ quantity: "logLikelihood", data }, theta)),
        hessian: flat(await handle.hessianVector({ quantity: "logLikelihood", data }, theta, direction)),
      })),
    );
    const [wasm, reference] = said;
    expect(Math.abs(wasm.value - reference.value)).toBeLessThanOrEqual(SAME * Math.abs(reference.value));
    for (const what of ["gradient", "hessian"] as const) {
      const most = Math.max(...reference[what].map(Math.abs));
      reference[what].forEach((value, k) => {
        expect(Math.abs(wasm[what][k] - value), `${what} ${k}`).toBeLessThanOrEqual(SAME_DERIVATIVE * most);
      });
    }
  });

  it("states a bound on times spent over epochs, within which their sum is the mean", async () => {
    const handle = await build("auto");
    const epochs = handle.epochs([
      { start: 0, theta },
      { start: grid[1], theta: theta.map((x) => 0.7 * x) },
    ]);
    const { values, errorBounds } = await epochs.evaluate({ quantity: "sojourn" }, undefined);
    const [bound] = errorBounds;
    expect(bound).toBeGreaterThan(2 ** -53);
    expect(bound).toBeLessThan(1e-11);
    const mean = await epochs.mean(undefined);
    const sum = values.values.reduce((all, x) => all + x, 0);
    // the mean and the sum round by themselves
    expect(Math.abs(sum - mean)).toBeLessThanOrEqual((bound! + 1e-13) * mean);
  });

  it("has the same moments and visits over epochs, with derivatives", async () => {
    const schedule = [
      { start: 0, theta },
      { start: grid[1], theta: theta.map((x) => 0.7 * x) },
    ];
    const [wasm, reference] = await Promise.all(
      (["wasm", "reference"] as const).map(async (backend) => {
        const epochs = (await build(backend)).epochs(schedule);
        return [
          ...flat(await epochs.moments(undefined, 2)),
          ...flat(await epochs.sojourn(undefined)),
          ...flat(await epochs.visits(undefined)),
        ];
      }),
    );
    expect(wasm.length).toBe(reference.length);
    reference.forEach((value, i) => {
      expect(Math.abs(wasm[i] - value), `number ${i}`).toBeLessThanOrEqual(SAME * Math.abs(value));
    });
  });
});

it("what makes no sweep of that size is answered, and said to be, by the reference", async () => {
  const handle = await engine.families.coalescent.build({ n: 5 });
  const { backend } = await handle.evaluate({ quantity: "pdf", times: [1] }, [1]);
  expect(backend).toBe("reference");
});

it("numbers do not depend on threads, nor on what was asked before", async () => {
  const times = [0.3, 1, 2.5];
  const theta = [1, 2, 4];
  const engines = [1, 2].map((threads) => openEngine({ cacheDirectory: temporaryFolder("sweeps-threads"), threads }));
  const handles = await Promise.all(engines.map((each) => each.families.rabbits.build({ N: 24 })));
  const ask = (handle: PhaseType) => handle.evaluate({ quantity: "pdf", times }, theta);
  const first = await ask(handles[0]);
  await handles[1].logLikelihood([2, 1, 1], [0.2, 3]);
  await handles[1].evaluate({ quantity: "stateProbabilities", times }, [3, 1, 2]);
  expect((await ask(handles[1])).values).toEqual(first.values);
  expect((await ask(handles[0])).values).toEqual(first.values);
  await Promise.all(engines.map((each) => each.close()));
});

it("a density that is kept open goes on after other questions, with the same numbers", async () => {
  const theta = [1, 2, 4];
  const [wasm, reference] = await Promise.all(
    (["wasm", "reference"] as const).map((backend) => engine.families.rabbits.build({ N: 24 }, { backend })),
  );
  const [open, alone] = await Promise.all([wasm.density(theta), wasm.density(theta)]);
  const plain = await reference.density(theta);
  for (const time of [0.1, 0.5, 2, 8]) {
    const got = open.pdf(time);
    expect(Math.abs(got - plain.pdf(time))).toBeLessThanOrEqual(SAME * plain.pdf(time));
    expect(alone.pdf(time)).toBe(got);
    // gives up the memory that both are in
    await wasm.pdf([2, 1, 3], [time]);
  }
});
