/** Rules: what they may do, what is refused with a sentence that names the state, and what never ends. */
import { describe, expect, it } from "vitest";
import { type Case, expectRefused } from "../../../test/support/refusals.js";
import { type Any, twoStates } from "../../../test/support/refused-models.js";

const { rule, build } = twoStates("rules");

describe("rules are refused", () => {
  const throwing = (error: unknown) =>
    rule(1, {
      initial: () => [3],
      transitions: ([k]: number[]) => {
        if (k === 1) throw error;
        return [{ to: [k - 1], rate: 1 }];
      },
    });

  it("that throw: the sentence names the state, and the error is its cause", async () => {
    const boom = new RangeError("k is out of range");
    await expectRefused(
      () => build(throwing(boom)),
      "bad-rule",
      "transitions of [1] threw RangeError: k is out of range",
    );
    await expect(build(throwing(boom))).rejects.toMatchObject({ cause: boom });
    await expectRefused(() => build(throwing("just a text")), "bad-rule", "transitions of [1] threw just a text");
  });

  it("whose own words are kept when they are already about a model", async () => {
    await expectRefused(
      () => build(rule(1, { transitions: (_: unknown, { c }: Any) => [{ to: [0], rate: c }] })),
      "unknown-parameter",
      "it has no parameter c; its parameters are a, b",
    );
  });

  const raise = (): never => {
    throw new Error("no");
  };

  it.each<Case>([
    [
      "an initial distribution that throws",
      () => build(rule(1, { initial: raise })),
      "bad-rule",
      "its initial distribution threw Error: no",
    ],
    [
      "a reward that throws",
      () => build(rule(1, { rewards: { r: raise } })),
      "bad-rule",
      "the reward r of [1] threw Error: no",
    ],
    [
      "a list of rewards that throws",
      () => build(rule(1, { rewards: raise })),
      "bad-rule",
      "its list of rewards threw Error: no",
    ],
    [
      "nothing returned",
      () => build(rule(1, { transitions: () => undefined })),
      "bad-rule",
      "must return a list of { to, rate } and returned undefined",
    ],
    ["null returned", () => build(rule(1, { transitions: () => null })), "bad-rule", "returned null"],
    [
      "an async rule",
      () => build(rule(1, { transitions: async () => [] })),
      "bad-rule",
      "a promise; rules cannot be async",
    ],
    [
      "a transition without a target",
      () => build(rule(1, { transitions: () => [{ rate: 1 }] })),
      "bad-rule",
      "has no to",
    ],
    ["a transition that is null", () => build(rule(1, { transitions: () => [null] })), "bad-rule", "has no to"],
    [
      "a target of another length",
      () => build(rule(1, { transitions: () => [{ to: [0, 0], rate: 1 }] })),
      "bad-state",
      "2 entries instead of 1",
    ],
    [
      "a target that is a number",
      () => build(rule(1, { transitions: () => [{ to: 0, rate: 1 }] })),
      "bad-state",
      "must be a list of integers",
    ],
    [
      "a target that is a fraction",
      () => build(rule(1, { transitions: () => [{ to: [0.5], rate: 1 }] })),
      "bad-state",
      "is [0.5]: every entry must be a 32-bit integer",
    ],
    [
      "a target that is NaN",
      () => build(rule(1, { transitions: () => [{ to: [Number.NaN], rate: 1 }] })),
      "bad-state",
      "is [NaN]",
    ],
    [
      "an entry of 2³¹",
      () =>
        build(rule(1, { initial: () => [2 ** 31 - 1], transitions: ([k]: number[]) => [{ to: [k + 1], rate: 1 }] })),
      "bad-state",
      "a target of [2147483647] is [2147483648]",
    ],
    [
      "an entry below −2³¹",
      () => build(rule(1, { initial: () => [-(2 ** 31)], transitions: ([k]: number[]) => [{ to: [k - 1], rate: 1 }] })),
      "bad-state",
      "[-2147483649]",
    ],
    [
      "no end of states",
      () => build(rule(1, { transitions: ([k]: number[]) => [{ to: [k + 1], rate: 1 }] }), { maxStates: 500 }),
      "too-many-states",
      "it has more than 500 states, the last found is [501]",
    ],
    [
      "no end of memory",
      () => build(rule(1, { transitions: ([k]: number[]) => [{ to: [k + 1], rate: 1 }] }), { maxBytes: 1e6 }),
      "too-much-memory",
      "build with a larger maxBytes",
    ],
    ["memory that is short from the start", () => build(rule(1), { maxBytes: 10 }), "too-much-memory", "its 1 states"],
  ])("%s", (_, call, code, words) => expectRefused(call, code, words));

  it("that are not deterministic", async () => {
    let calls = 0;
    const counting = rule(1, { transitions: ([k]: number[]) => (k > 0 ? [{ to: [k - 1], rate: ++calls }] : []) });
    await expectRefused(() => build(counting), "not-deterministic", "other transitions of [1] when it is asked again");
    const wandering = rule(1, {
      transitions: ([k]: number[]) => (k > 0 ? [{ to: [++calls % 2 ? 0 : 5], rate: 1 }] : []),
    });
    await expectRefused(() => build(wandering), "not-deterministic", "rules must not use chance");
    const growing = rule(1, {
      transitions: ([k]: number[]) => (k > 0 ? Array.from({ length: ++calls }, () => ({ to: [0], rate: 1 })) : []),
    });
    await expectRefused(() => build(growing), "not-deterministic", "Cannot explore");
  });
});

describe("rules may", () => {
  const states = (handle: Any): number[][] => JSON.parse(JSON.stringify(handle)).states;

  it("emit instead of returning, with typed arrays that are used again", async () => {
    const buffer = new Int32Array(2);
    const handle = await build(
      rule(1, {
        initial: () => [3, 0],
        transitions: ([k, m]: number[], { a, b }: Any, _: unknown, emit: Any) => {
          if (k === 0) return;
          buffer.set([k - 1, m]);
          emit(buffer, a.times(k));
          buffer.set([k - 1, m + 1]);
          emit.affine(buffer, 0.5, Float64Array.of(0, 1));
          emit([k - 1, m], b);
        },
      }),
    );
    expect(handle.vertices).toBe(10);
    expect(handle.edges).toBe(12);
    // leaves [k, m] at rate k a + b + (0.5 + b)
    const [a, b] = [2, 3];
    expect(await handle.mean([a, b])).toBeCloseTo(
      [3, 2, 1].reduce((s, k) => s + 1 / (k * a + 2 * b + 0.5), 0),
      13,
    );
  });

  it("return nothing for a state that absorbs, when they take emit", async () => {
    const handle = await build(
      rule(1, {
        transitions: ([k]: number[], _: unknown, __: unknown, emit: Any) => (k > 0 ? emit([k - 1], 2) : undefined),
      }),
    );
    expect(await handle.mean([1, 1])).toBe(0.5);
  });

  it("do both, return typed arrays as targets, and list a target twice", async () => {
    const handle = await build(
      rule(1, {
        transitions: ([k]: number[], _: unknown, __: unknown, emit: Any) => {
          if (k === 0) return [];
          emit([0], 1);
          return [
            { to: Int8Array.of(0), rate: 2 },
            { to: [0], rate: 3 },
            { to: [1], rate: 100 },
          ];
        },
      }),
    );
    expect([handle.edges, await handle.mean([1, 1])]).toEqual([1, 1 / 6]);
  });

  it("not see what another state emitted", async () => {
    await expectRefused(
      () =>
        build(
          rule(1, {
            initial: () => [2],
            transitions: ([k]: number[], ..._more: unknown[]) => (k === 2 ? [{ to: [1], rate: 1 }] : undefined),
          }),
        ),
      "bad-rule",
      "transitions of [1] must return a list",
    );
  });

  it("give probabilities by that name in discrete models", async () => {
    const handle = await build({
      kind: "discrete",
      parameters: ["p"],
      initial: () => [1],
      transitions: ([k]: number[], { p }: Any) =>
        k > 0
          ? [
              { to: [0], probability: p },
              { to: [1], probability: p.times(-1).plus(1) },
            ]
          : [],
    });
    expect(await handle.mean(0.25)).toBe(4);
    expect(states(handle)).toEqual([[1], [0]]);
  });
});
