import { beforeEach, describe, expect, it } from "vitest";
import type { FromExecutor } from "../link/messages.js";
import { BATCH_CHARACTERS_MAX, createStreamBatch, type StreamBatch } from "./stream-batch.js";

describe("stream batches", () => {
  let sent: FromExecutor[];
  let timers: (() => void)[];
  let batch: StreamBatch;

  beforeEach(() => {
    sent = [];
    timers = [];
    batch = createStreamBatch(
      (message) => sent.push(message),
      (callback) => timers.push(callback),
    );
  });

  it("joins what follows each other until the timer", () => {
    batch.add(1, "stdout", "a");
    batch.add(1, "stdout", "b");
    expect([sent.length, timers.length]).toEqual([0, 1]);
    timers[0]!();
    expect(sent).toEqual([{ type: "stream", cell: 1, name: "stdout", text: "ab" }]);
    batch.add(1, "stdout", "c");
    expect(timers.length).toBe(2);
  });

  it("keeps the order of streams and of cells", () => {
    batch.add(1, "stdout", "a");
    batch.add(1, "stderr", "b");
    batch.add(2, "stderr", "c");
    batch.flush();
    expect(sent.map((one) => one.type === "stream" && [one.cell, one.name, one.text])).toEqual([
      [1, "stdout", "a"],
      [1, "stderr", "b"],
      [2, "stderr", "c"],
    ]);
  });

  it("goes out at once when enough has gathered, and never empty", () => {
    batch.add(1, "stdout", "x".repeat(BATCH_CHARACTERS_MAX));
    expect(sent.length).toBe(1);
    timers[0]?.();
    batch.flush();
    expect(sent.length).toBe(1);
  });
});
