/** What is said of transitions that have no rate. */
import { expect, it } from "vitest";
import { whyNoRate } from "./define.js";

it.each([
  ["continuous", { to: [0], Rate: 1 }, "has no rate, and Rate has no meaning there (did you mean rate?)"],
  [
    "continuous",
    { to: [0], probability: 1 },
    'has no rate, and probability has no meaning there; only a model of kind "discrete" has probabilities',
  ],
  ["continuous", { to: [0], weight: 1 }, "has no rate, and weight has no meaning there"],
  ["continuous", { to: [0] }, "has no rate"],
  ["discrete", { to: [0], prob: 1 }, "has no probability, and prob has no meaning there (did you mean probability?)"],
  ["discrete", { to: [0] }, "has no probability"],
  ["continuous", { to: [0], rate: undefined }, undefined],
] as const)("%s %o", (kind, transition, words) => expect(whyNoRate(kind, transition)).toBe(words));
