/** Families of jump processes: stages, births and deaths, queues, rabbits. */
import type { Weight } from "../../expression/weight.js";
import type { StateVector, Transition } from "../define.js";
import { defineFamily } from "./family.js";

/** k stages in a row, each left at the same rate. */
export const erlang = defineFamily({
  name: "erlang",
  version: 1,
  description: "k exponential stages in a row with one rate",
  parameters: ["rate"],
  inputs: { k: 3 },
  ranges: { k: { count: 1 } },
  initial: ({ k }) => [k],
  transitions: ([stage], { rate }) => (stage > 0 ? [{ to: [stage - 1], rate }] : []),
});

/** Linear births and deaths from `start` up to a ceiling K; extinction absorbs. */
export const birthDeath = defineFamily({
  name: "birth-death",
  version: 1,
  description: "Linear birth–death process up to a ceiling K; extinction absorbs",
  parameters: ["b", "d"],
  inputs: { start: 1, K: 20 },
  ranges: { start: { count: 0 }, K: { count: 1 } },
  initial: ({ start }) => [start],
  transitions: ([i], { b, d }, { K }) => [
    ...(i > 0 && i < K ? [{ to: [i + 1], rate: b.times(i) }] : []),
    ...(i > 0 ? [{ to: [i - 1], rate: d.times(i) }] : []),
  ],
});

/** Busy period of a single server with at most K customers. */
export const mm1BusyPeriod = defineFamily({
  name: "mm1-busy-period",
  version: 1,
  description: "Busy period of an M/M/1 queue that holds at most K customers",
  parameters: ["lambda", "mu"],
  inputs: { K: 60 },
  ranges: { K: { count: 1 } },
  initial: () => [1],
  transitions: ([i], { lambda, mu }, { K }) => [
    ...(i > 0 && i < K ? [{ to: [i + 1], rate: lambda }] : []),
    ...(i > 0 ? [{ to: [i - 1], rate: mu }] : []),
  ],
});

/** What may happen to a rabbits on the left island and b on the right one, at these rates of jumping to the other. */
const rabbitMoves = ([a, b]: StateVector, fromLeft: Weight, fromRight: Weight, l: Weight, r: Weight): Transition[] => [
  ...(a > 0
    ? [
        { to: [a - 1, b + 1], rate: fromLeft },
        { to: [0, b], rate: l },
      ]
    : []),
  ...(b > 0
    ? [
        { to: [a + 1, b - 1], rate: fromRight },
        { to: [a, 0], rate: r },
      ]
    : []),
];

/** Rabbits on two islands: one jumps at a time, floods drown an island; (0, 0) absorbs. Each island jumps at one rate. */
export const rabbits = defineFamily({
  name: "rabbits",
  version: 1,
  description: "N rabbits on two islands that jump and drown; rewards left and right count rabbits",
  parameters: ["jump", "l", "r"],
  inputs: { N: 2 },
  ranges: { N: { count: 1 } },
  initial: ({ N }) => [N, 0],
  transitions: (state, { jump, l, r }) => rabbitMoves(state, jump, jump, l, r),
  rewards: { left: ([a]) => a, right: ([, b]) => b },
});

/** Rabbits that jump one by one: jumps at a·jump and b·jump. */
export const rabbitsParameterised = defineFamily({
  name: "rabbits-parameterised",
  version: 1,
  description: "N rabbits on two islands where every rabbit jumps at its own rate",
  parameters: ["jump", "l", "r"],
  inputs: { N: 2 },
  ranges: { N: { count: 1 } },
  initial: ({ N }) => [N, 0],
  transitions: (state, { jump, l, r }) => rabbitMoves(state, jump.times(state[0]), jump.times(state[1]), l, r),
  rewards: { left: ([a]) => a, right: ([, b]) => b },
});

/** Steps until r successes, each at probability p. */
export const negativeBinomial = defineFamily({
  name: "negative-binomial",
  version: 1,
  kind: "discrete",
  description: "Number of trials until r successes of probability p",
  parameters: ["p"],
  inputs: { r: 2 },
  ranges: { r: { count: 1 } },
  initial: ({ r }) => [r],
  transitions: ([left], { p }) =>
    left > 0
      ? [
          { to: [left - 1], probability: p },
          { to: [left], probability: p.times(-1).plus(1) },
        ]
      : [],
});
