/** Bad input to the command: one sentence on standard error, a stable code, exit code 2, nothing on standard output. */
import { describe, expect, it } from "vitest";
import { sojourn, temporaryFolder } from "../support/sojourn.js";

const cacheDirectory = temporaryFolder("cli");
const rabbits = (theta: unknown, quantity: unknown = { quantity: "mean" }) => ({
  model: { family: "rabbits", inputs: { N: 2 } },
  theta,
  quantities: [quantity],
});
const explicit = (edges: number[][], more: object = {}) => ({
  model: { states: [[1], [2], [0]], initial: [[0, 1]], edges, ...more },
  quantities: [{ quantity: "mean" }],
});

describe("sojourn compute", () => {
  it.each([
    [
      "a negative rate of an explicit model",
      explicit([
        [0, 1, 1],
        [1, 2, -1],
      ]),
      "negative-rate",
      "vertex 1 ([2]) to vertex 2 ([0])",
    ],
    ["a rate that θ makes negative", rabbits([1, 2, -4]), "negative-rate", "is -4 at jump = 1, l = 2, r = -4"],
    [
      "a state that cannot reach absorption",
      explicit([
        [0, 1, 1],
        [1, 0, 1],
      ]),
      "no-absorption",
      "vertex 0 ([1])",
    ],
    ["θ of the wrong length", rabbits([1, 2]), "theta-length", "must have 3 values (jump, l, r) and has 2"],
    ["no θ", rabbits(undefined), "no-theta", "it needs jump, l, r"],
    ["θ with an unknown name", rabbits({ jump: 1, l: 2, s: 3 }), "unknown-parameter", "has no parameter s"],
    ["θ with a name missing", rabbits({ jump: 1, l: 2 }), "missing-parameter", "lacks r"],
    ["θ that is no number", rabbits([1, null, 3]), "bad-theta", "must hold numbers only"],
    ["an unknown quantity", rabbits([1, 2, 4], { quantity: "meen" }), "unknown-quantity", '"meen"'],
    [
      "an unknown reward",
      rabbits([1, 2, 4], { quantity: "mean", reward: "top" }),
      "unknown-reward",
      "its rewards are left, right",
    ],
    [
      "an unknown family",
      { model: { family: "hares" }, quantities: [{ quantity: "mean" }] },
      "unknown-family",
      '"hares"',
    ],
    [
      "an unknown input",
      { model: { family: "rabbits", inputs: { M: 1 } }, quantities: [{ quantity: "mean" }] },
      "unknown-input",
      "no input M",
    ],
    ["a negative time", rabbits([1, 2, 4], { quantity: "pdf", times: [-1] }), "bad-request", "/quantities/0/times/0"],
    ["a field without meaning", { ...rabbits([1, 2, 4]), thetas: 1 }, "bad-request", '"thetas"'],
    ["a vertex that does not exist", explicit([[0, 7, 1]]), "bad-request", "/model/edges/0/1 is 7"],
    [
      "a negative self-loop",
      explicit([
        [0, 2, 1],
        [0, 0, -5],
      ]),
      "negative-rate",
      "from vertex 0 ([1]) to vertex 0 ([1])",
    ],
    [
      "a size that makes no sense",
      { model: { family: "rabbits", inputs: { N: -1 } }, quantities: [{ quantity: "mean" }] },
      "bad-input",
      "whole number from 1 on",
    ],
    [
      "a gradient that is no boolean",
      { ...rabbits([1, 2, 4]), gradient: 1 },
      "bad-request",
      "/gradient must be true or false and is 1",
    ],
    [
      "epochs beside a theta",
      { ...rabbits([1, 2, 4]), epochs: [{ start: 0, theta: [1, 2, 4] }] },
      "bad-request",
      "it has theta and epochs",
    ],
    ["no epoch", { ...rabbits(undefined), epochs: [] }, "bad-request", "/epochs must have at least 1 element"],
    [
      "epochs that go back",
      { ...rabbits(undefined), epochs: [0, 2, 1].map((start) => ({ start, theta: [1, 2, 4] })) },
      "bad-epochs",
      "epoch 2 starts at 1",
    ],
    [
      "two states that are the same",
      explicit([[0, 1, 1]], { states: [[1], [0], [1]] }),
      "duplicate-state",
      "/model/states/2 is [1], which is state 0 already",
    ],
    ["a formula of something unknown", explicit([[0, 1, "2*x"]]), "bad-formula", "/model/edges/0/2 is no formula"],
    ["an edge of the wrong length", explicit([[0, 1, 1, 5]]), "bad-request", "has 4 numbers"],
    [
      "more initial mass than one",
      explicit(
        [
          [0, 2, 1],
          [1, 2, 1],
        ],
        {
          initial: [
            [0, 0.7],
            [1, 0.7],
          ],
        },
      ),
      "bad-initial",
      "sum to 1.4",
    ],
  ])("refuses %s", async (_, request, code, words) => {
    const finished = await sojourn(["compute", "-"], { input: JSON.stringify(request), cacheDirectory });
    expect(finished.stdout).toBe("");
    expect(finished.stderr).toMatch(/^sojourn: [^\n]*\.? \[[a-z-]+\]\n$/);
    expect(finished.stderr).toContain(`[${code}]`);
    expect(finished.stderr).toContain(words);
    expect(finished.code).toBe(2);
  });

  it.each([
    ["malformed JSON", "{nope", "bad-json"],
    [
      "NaN, which JSON has not",
      '{"model":{"family":"rabbits"},"theta":[NaN,1,2],"quantities":[{"quantity":"mean"}]}',
      "bad-json",
    ],
    [
      "a number beyond all bounds",
      '{"model":{"family":"rabbits"},"theta":[1e999,1,2],"quantities":[{"quantity":"mean"}]}',
      "theta-not-finite",
    ],
    ["an empty document", "", "bad-json"],
  ])("refuses %s", async (_, input, code) => {
    const finished = await sojourn(["compute", "-"], { input, cacheDirectory });
    expect([finished.code, finished.stdout]).toEqual([2, ""]);
    expect(finished.stderr).toContain(`[${code}]`);
  });

  it("answers models whose states have no labels", async () => {
    const model = { states: [[], []], initial: [[0, 1]], edges: [[0, 1, 4]] };
    const finished = await sojourn(["compute", "-"], {
      input: JSON.stringify({ model, quantities: [{ quantity: "mean" }] }),
      cacheDirectory,
    });
    expect([finished.code, JSON.parse(finished.stdout).results[0].values]).toEqual([0, [[0.25]]]);
  });

  it("answers the lanes that have a value and exits with 3 when some have none", async () => {
    const finished = await sojourn(["compute", "-"], {
      input: JSON.stringify(
        rabbits([
          [0, 0, 1],
          [1, 2, 4],
        ]),
      ),
      cacheDirectory,
    });
    expect(finished.code).toBe(3);
    const { results } = JSON.parse(finished.stdout);
    expect(results[0].status).toEqual(["singular", "ok"]);
    expect(results[0].values[0]).toBeNull();
    expect(results[0].values[1][0]).toBeCloseTo(395 / 784, 14);
  });
});

describe("the cache verbs", () => {
  it("count, list and clear what compute has stored; the second process hits", async () => {
    const own = { cacheDirectory: temporaryFolder("verbs") };
    const input = JSON.stringify(rabbits([1, 2, 4]));
    const outcomes = [];
    for (let i = 0; i < 2; i++)
      outcomes.push(JSON.parse((await sojourn(["compute", "-"], { ...own, input })).stdout).caches);
    expect(outcomes).toEqual([
      { graph: "miss", trace: "miss" },
      { graph: "hit", trace: "hit" },
    ]);
    const status = JSON.parse((await sojourn(["status", "--json"], own)).stdout);
    // evaluators are kept when they took long enough to compile
    expect(status.kinds.map(({ entries }: { entries: number }) => entries).slice(0, 2)).toEqual([1, 1]);
    const list = JSON.parse((await sojourn(["list", "--kind", "graph,trace", "--json"], own)).stdout);
    expect(list.entries.map(({ kind }: { kind: string }) => kind).sort()).toEqual(["graph", "trace"]);
    const refused = await sojourn(["clear"], own);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("[not-confirmed]")]);
    expect(JSON.parse((await sojourn(["clear", "--kind", "graph,trace", "--yes", "--json"], own)).stdout).entries).toBe(
      2,
    );
    expect(JSON.parse((await sojourn(["status", "--json"], own)).stdout).kinds[0].entries).toBe(0);
  });

  it("exit with 2 and one sentence for an unknown verb or option", async () => {
    for (const args of [
      ["zork"],
      ["stats"],
      ["show"],
      ["status", "--zork"],
      ["list", "--limit", "many"],
      ["clear", "--kind", "graph,zork"],
    ]) {
      const finished = await sojourn(args, { cacheDirectory });
      expect(finished.code, args.join(" ")).toBe(2);
      expect(finished.stderr, args.join(" ")).toMatch(/^sojourn: [A-Z][^\n]*[.)] \[[a-z-]+\]\n$/);
      if (args[0] === "show") expect(finished.stderr).toContain("sojourn show rabbits:2");
    }
  });
});
