/** Faults of documents: the place, what is there, what could be, and what was probably meant. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectRefused } from "../../../test/support/refusals.js";
import { openEngine } from "../engine.js";
import { sentenceOf } from "./sentence.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-sentence-")) });
const request = (more: object, quantity: object = { quantity: "mean" }): object => ({
  model: { family: "erlang", inputs: { k: 2 } },
  theta: [1],
  quantities: [quantity],
  ...more,
});

describe("a request is refused", () => {
  it.each<readonly [string, object, string, string]>([
    ["without quantities", { model: {} }, "bad-request", "the request: the document has no quantities."],
    [
      "with a field that is nearly one",
      { ...request({}), thetas: 1 },
      "bad-request",
      'the document has "thetas", which has no meaning there (did you mean theta?).',
    ],
    [
      "with a field that is none",
      { ...request({}), zork: 1 },
      "bad-request",
      'the document has "zork", which has no meaning there.',
    ],
    [
      "with time for times",
      request({}, { quantity: "pdf", time: [1] }),
      "bad-request",
      '/quantities/0 has no times, and "time" has no meaning there (did you mean times?).',
    ],
    ["without times", request({}, { quantity: "pdf" }), "bad-request", "/quantities/0 has no times."],
    [
      "with one time for a list",
      request({}, { quantity: "pdf", times: 1 }),
      "bad-request",
      "/quantities/0/times must be a list and is 1.",
    ],
    [
      "with a negative time",
      request({}, { quantity: "cdf", times: [1, -1] }),
      "bad-request",
      "/quantities/0/times/1 must be ≥ 0 and is -1.",
    ],
    [
      "with a time that is a text",
      request({}, { quantity: "cdf", times: ["1"] }),
      "bad-request",
      '/quantities/0/times/0 must be a number and is "1".',
    ],
    [
      "with half an order",
      request({}, { quantity: "moments", order: 1.5 }),
      "bad-request",
      "/quantities/0/order must be a whole number and is 1.5.",
    ],
    [
      "with real points of a transform",
      request({}, { quantity: "laplace", at: [1] }),
      "bad-request",
      "/quantities/0/at/0 must be a list and is 1.",
    ],
    [
      "with data of no kind",
      request({}, { quantity: "logLikelihood", data: [1, "2"] }),
      "bad-request",
      '/quantities/0/data/1 must be a number or an object and is "2".',
    ],
    [
      "with a field of data that is none",
      request({}, { quantity: "logLikelihood", data: [{ rigth: 1 }] }),
      "bad-request",
      '/quantities/0/data/0 has "rigth", which has no meaning there (did you mean right?).',
    ],
    [
      "with data whose time is a text",
      request({}, { quantity: "logLikelihood", data: [{ right: "1" }] }),
      "bad-request",
      '/quantities/0/data/0/right must be a number and is "1".',
    ],
    [
      "with a method that is none",
      request({}, { quantity: "pdf", times: [1], method: "fast" }),
      "bad-request",
      '/quantities/0/method must be one of auto, uniformization, squaring, inversion and is "fast".',
    ],
    [
      "with θ as a text",
      request({ theta: "1" }),
      "bad-request",
      '/theta must be an object, a list or a number and is "1".',
    ],
    [
      "with no quantity in the list",
      request({ quantities: [] }),
      "bad-request",
      "/quantities must have at least 1 element.",
    ],
    ["with another format", request({ format: "x" }), "bad-request", '/format must be "sojourn-request/1".'],
    [
      "with a quantity that is nearly one",
      request({}, { quantity: "Mean" }),
      "unknown-quantity",
      'there is no quantity "Mean" (did you mean mean?); there are moments',
    ],
    [
      "with a family that is nearly one",
      request({ model: { family: "erlng" } }),
      "unknown-family",
      'there is no family "erlng" (did you mean erlang?); there are erlang',
    ],
    [
      "with an initial probability below 0",
      request({ model: { states: [[0], [1]], initial: [[0, -1]], edges: [] } }),
      "bad-request",
      "/model/initial/0/1 must be ≥ 0 and is -1.",
    ],
    [
      "with an edge that is no list",
      request({ model: { states: [[0], [1]], initial: [[0, 1]], edges: [{ from: 0 }] } }),
      "bad-request",
      "/model/edges/0 must be a list and is an object with from.",
    ],
  ])("%s", (_, document, code, words) => expectRefused(() => engine.compute(document), code, words));
});

it("what a validator says nothing of is not valid", () => {
  expect(sentenceOf([], "/a")).toBe("/a is not valid");
  expect(sentenceOf(undefined, "")).toBe("the document is not valid");
});
