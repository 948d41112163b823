/** What a job is on the disk, and how long it will take. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { forecastOf, newJob, readJob, remainingMs } from "./job.js";

const owner = { connection: "c", host: "h", pid: 3 };
const wish = { source: "family", model: "m", inputs: {}, questions: [], gradients: false, batches: [1] } as const;

it("comes back from the disk as it was, and nothing else does", () => {
  const job = newJob("0123456789ab", wish, owner, [{ inputs: { n: 1 }, likeMs: 2 }], 5);
  expect(readJob(JSON.parse(JSON.stringify(job)))).toEqual(job);
  for (const damage of [
    { id: "../../x" },
    { owner: 3 },
    { state: "moon" },
    { items: [{ inputs: 3 }] },
    { items: Array(1001).fill({ inputs: {} }) },
    { wish: { ...wish, batches: [0.5] } },
    { createdMs: "now" },
  ])
    expect(readJob({ ...job, ...damage }), JSON.stringify(damage).slice(0, 60)).toBeUndefined();
  fc.assert(fc.property(fc.jsonValue(), (value) => readJob(value) === undefined));
});

it("expects the rest to cost what the made ones did, in proportion to what alike ones cost", () => {
  expect(remainingMs([{ inputs: {} }])).toBeUndefined();
  const made = { inputs: {}, outcome: "made", milliseconds: 30, likeMs: 10 } as const;
  expect(remainingMs([made, { inputs: {}, likeMs: 20 }, { inputs: {} }])).toBe(60 + 30);
  expect(remainingMs([made, { inputs: {}, outcome: "warm", milliseconds: 1 }])).toBe(0);
});

it("forecasts from what the caches know", () => {
  const items = [
    { inputs: {}, layer: "memory" },
    { inputs: {}, likeMs: 7 },
    { inputs: {} },
    { inputs: {}, reason: "bad" },
  ];
  expect(forecastOf(items)).toEqual({
    ...{ total: 4, warm: 1, cold: 2, failing: 1, reasons: ["bad"], estimatedMs: 7, unknown: 1 },
  });
});
