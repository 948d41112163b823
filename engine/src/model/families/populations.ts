/** Families of jump processes: stages, births and deaths, queues, rabbits. */
import type { Weight } from "../../expression/weight.js";
import type { Emit, StateVector } from "../define.js";
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
function emitRabbits([a, b]: StateVector, emit: Emit, fromLeft: Weight, fromRight: Weight, l: Weight, r: Weight): void {
  if (a > 0) {
    emit([a - 1, b + 1], fromLeft);
    emit([0, b], l);
  }
  if (b > 0) {
    emit([a + 1, b - 1], fromRight);
    emit([a, 0], r);
  }
}

/** Rabbits on two islands: one jumps at a time, floods drown an island; (0, 0) absorbs. Each island jumps at one rate. */
export const rabbits = defineFamily({
  name: "rabbits",
  version: 1,
  description: "N rabbits on two islands that jump and drown; rewards left and right count rabbits",
  parameters: ["jump", "l", "r"],
  inputs: { N: 2 },
  ranges: { N: { count: 1 } },
  initial: ({ N }) => [N, 0],
  transitions: (state, { jump, l, r }, _, emit) => emitRabbits(state, emit, jump, jump, l, r),
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
  transitions: (state, { jump, l, r }, _, emit) =>
    emitRabbits(state, emit, jump.times(state[0]), jump.times(state[1]), l, r),
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

/** A mixture of two exponentials: which one is drawn at the start. */
export const hyperexponential = defineFamily({
  name: "hyperexponential",
  version: 1,
  description: "An exponential of rate1 with probability p, else one of rate2",
  parameters: ["p", "rate1", "rate2"],
  inputs: {},
  ranges: {},
  initial: (_, { p }) => [
    [[1], p],
    [[2], p.times(-1).plus(1)],
  ],
  transitions: ([phase], { rate1, rate2 }) => (phase === 0 ? [] : [{ to: [0], rate: phase === 1 ? rate1 : rate2 }]),
});

/** Busy period of c servers with at most K customers. */
export const mmcBusyPeriod = defineFamily({
  name: "mmc-busy-period",
  version: 1,
  description: "Time until an M/M/c queue that starts with one customer and holds at most K is empty",
  parameters: ["lambda", "mu"],
  inputs: { c: 2, K: 60 },
  ranges: { c: { count: 1 }, K: { count: 1 } },
  initial: () => [1],
  transitions: ([i], { lambda, mu }, { c, K }) => [
    ...(i > 0 && i < K ? [{ to: [i + 1], rate: lambda }] : []),
    ...(i > 0 ? [{ to: [i - 1], rate: mu.times(Math.min(i, c)) }] : []),
  ],
});

/** Machines that fail and are repaired; absorbs when all have failed. */
export const machineRepair = defineFamily({
  name: "machine-repair",
  version: 1,
  description:
    "Time until all of n machines have failed, with `crew` repairers; reward working counts machines that work",
  parameters: ["failure", "repair"],
  inputs: { n: 3, crew: 1 },
  ranges: { n: { count: 1 }, crew: { count: 0 } },
  initial: ({ n }) => [n],
  transitions: ([up], { failure, repair }, { n, crew }) => [
    ...(up > 0 ? [{ to: [up - 1], rate: failure.times(up) }] : []),
    ...(up > 0 && up < n && crew > 0 ? [{ to: [up + 1], rate: repair.times(Math.min(n - up, crew)) }] : []),
  ],
  rewards: { working: ([up]) => up },
});

/** Two queues in a row, each of limited room, until both are empty. */
export const tandemQueue = defineFamily({
  name: "tandem-queue",
  version: 1,
  description:
    "Time until two queues in a row are empty, from one customer in the first; each holds at most K, and a full second one blocks",
  parameters: ["lambda", "mu1", "mu2"],
  inputs: { K: 10 },
  ranges: { K: { count: 1 } },
  initial: () => [1, 0],
  transitions: ([a, b], { lambda, mu1, mu2 }, { K }) =>
    a + b === 0
      ? []
      : [
          ...(a < K ? [{ to: [a + 1, b], rate: lambda }] : []),
          ...(a > 0 && b < K ? [{ to: [a - 1, b + 1], rate: mu1 }] : []),
          ...(b > 0 ? [{ to: [a, b - 1], rate: mu2 }] : []),
        ],
  rewards: { first: ([a]) => a, second: ([, b]) => b },
});
