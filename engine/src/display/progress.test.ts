/** Progress is told by long builds alone, now and then. */
import { expect, it } from "vitest";
import { progressNotes } from "./progress.js";

it("tells nothing of short builds and a line every two seconds of long ones", () => {
  const lines: string[] = [];
  const note = progressNotes((line) => lines.push(line));
  const at = (model: string, time: number, explored: number) =>
    note({ model, time, explored, found: 2 * explored, edges: 3 * explored });
  at("short", 0, 10);
  at("short", 900, 20);
  at("long", 1000, 1000);
  at("long", 2900, 2000);
  expect(lines).toEqual([]);
  at("long", 3000, 12_345);
  at("long", 4000, 20_000);
  at("long", 5000, 30_000);
  expect(lines).toEqual([
    "exploring long: 12,345 of 24,690 states found so far, 37,035 edges",
    "exploring long: 30,000 of 60,000 states found so far, 90,000 edges",
  ]);
  at("long", 9000, 10);
  expect(lines.length).toBe(2);
});
