/** What is typed into PREWARM. */
import type { PrewarmJob, WarmModel } from "@sojourn/kernel/panel-protocol";
import { describe, expect, test } from "vitest";
import { EMPTY_FORM, formOf, helperPrewarms, parseInput, readForm, textsOf, verbsOf, wishedForm } from "./prewarm.js";
import type { PanelState } from "./state.js";

describe("inputs", () => {
  test.each([
    ["10", 1, [10]],
    ["10, 20,30", 1, [10, 20, 30]],
    ["1..4", 1, [1, 2, 3, 4]],
    ["10 .. 50 by 20, 7", 1, [10, 30, 50, 7]],
    ["0..1 by 0.25", 1, [0, 0.25, 0.5, 0.75, 1]],
    ["1e3", 1, [1000]],
    ["5, 5", 1, [5]],
    ["a, b", "a", ["a", "b"]],
    ["true, false", true, [true, false]],
    ["[1, 2]", [3], [[1, 2]]],
  ])("%s", (text, byDefault, value) => {
    expect(parseInput(text, byDefault)).toEqual({ value });
  });

  test.each([
    ["", 1, "empty"],
    [" , ", 1, "empty"],
    ["ten", 1, "not-a-number"],
    ["5..1", 1, "bad-range"],
    ["1..5 by 0", 1, "bad-range"],
    ["1..1e9", 1, "too-many"],
    ["yes", true, "not-a-number"],
    ["[1", [3], "not-json"],
    ["<img>", 1, "not-a-number"],
  ])("%s is refused", (text, byDefault, fault) => {
    expect(parseInput(text, byDefault)).toEqual({ fault });
  });
});

const model: WarmModel = { source: "family", name: "two-island", description: "", inputs: { a: 2, b: 1 } };

test("a form is a wish once nothing in it is wrong", () => {
  const form = { ...EMPTY_FORM, inputs: { ...textsOf(model), a: "1..3" } };
  const read = readForm(form, model);
  expect(read).toEqual({
    faults: {},
    combinations: 3,
    wish: {
      ...{ source: "family", model: "two-island", inputs: { a: [1, 2, 3], b: 1 } },
      ...{ questions: ["meanVariance"], gradients: false, batches: [1, 1000] },
    },
  });
  expect(readForm(formOf(read.wish!), model).wish).toEqual(read.wish);
  expect(readForm({ ...form, batches: "0.5", questions: [] }, model)).toMatchObject({
    faults: { batches: "not-whole", questions: "empty" },
  });
  expect(readForm(form, undefined).wish).toBeUndefined();
});

test("a job offers what can be done to it", () => {
  const job = { elsewhere: false, failed: 0 } as Parameters<typeof verbsOf>[0];
  expect(verbsOf({ ...job, state: "running" })).toEqual(["pause", "cancel"]);
  expect(verbsOf({ ...job, state: "interrupted" })).toEqual(["resume", "cancel"]);
  expect(verbsOf({ ...job, state: "done" })).toEqual(["rerun", "forget"]);
  expect(verbsOf({ ...job, state: "running", elsewhere: true })).toEqual([]);
});

test("a wished model is chosen once it is known, unless the form was changed since", () => {
  const wish = { name: "two-island", over: EMPTY_FORM };
  expect(wishedForm(EMPTY_FORM, wish, [])).toBeUndefined();
  const chosen = wishedForm(EMPTY_FORM, wish, [model]);
  expect(chosen).toEqual({ ...EMPTY_FORM, model: "family two-island", inputs: { a: "2", b: "1" } });
  expect(wishedForm(chosen!, wish, [model])).toBeUndefined();
  expect(wishedForm({ ...EMPTY_FORM, batches: "7" }, wish, [model])).toBeUndefined();
  expect(wishedForm(EMPTY_FORM, undefined, [model])).toBeUndefined();
});

test("the helper kernel prewarms while a job of its own runs, and not while one waits", () => {
  const helper = { tag: "ready", target: { name: "Helper", kind: "helper", kernelName: "Sojourn" } };
  const live = helper as Extract<PanelState, { tag: "ready" }>;
  const job = (state: string, elsewhere = false) => ({ state, elsewhere }) as PrewarmJob;
  const jobs = [job("done"), job("running")];
  expect(helperPrewarms({ ...live, jobs })).toBe(true);
  expect(helperPrewarms({ ...live, jobs, target: { ...live.target, kind: "notebook" } })).toBe(false);
  expect(helperPrewarms({ ...live, jobs: [job("running", true)] })).toBe(false);
  expect(helperPrewarms({ ...live, jobs: [job("waiting"), job("queued")] })).toBe(false);
  expect(helperPrewarms(live)).toBe(false);
  expect(helperPrewarms({ tag: "none" })).toBe(false);
});
