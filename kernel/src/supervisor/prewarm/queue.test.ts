/** The queue of prewarming, over warmers that answer as told: what goes on, what waits, what is taken over. */
import { expect, it } from "vitest";
import type { FromWarmer, MadeItem, ToWarmer } from "../../link/warmer-messages.js";
import type { PrewarmJob, PrewarmWish } from "../../panel-protocol.js";
import type { Job, JobOwner } from "./job.js";
import type { JobFiles } from "./job-files.js";
import { createPrewarmQueue, type PrewarmQueue } from "./queue.js";
import { createWarmerClient, type WarmerClient } from "./warmer-client.js";

const me: JobOwner = { connection: "kernel-1.json", host: "here", pid: 1 };
const wish: PrewarmWish = {
  source: "family",
  model: "m",
  inputs: { n: [1, 2, 3] },
  questions: ["mean"],
  gradients: false,
  batches: [1],
};

interface Bench {
  readonly queue: PrewarmQueue;
  readonly disk: Map<string, Job>;
  /** Inputs that are being made just now. */
  readonly making: () => unknown[];
  answer(item: Partial<MadeItem>, lane?: "family" | "notebook"): Promise<void>;
  fail(code: string, lane?: "family" | "notebook"): Promise<void>;
  readonly job: () => PrewarmJob | undefined;
  cell: boolean;
  alive: boolean;
  now: number;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function bench(stored: readonly Job[] = []): Bench {
  const disk = new Map(stored.map((job) => [job.id, job]));
  const files: JobFiles = {
    readAll: async () => [...disk.values()],
    write: async (job) => void disk.set(job.id, job),
    remove: async (id) => void disk.delete(id),
  };
  const open: { id: number; lane: string; inputs: unknown }[] = [];
  const lane = (name: string): WarmerClient => {
    const client: WarmerClient = createWarmerClient((message: ToWarmer) => {
      if (message.type === "forecast") {
        const items = (message.spec.inputs.n as number[]).map((n) => ({ inputs: { n } }));
        queueMicrotask(() => client.receive({ type: "forecast", id: message.id, items }));
      }
      if (message.type === "models")
        queueMicrotask(() => client.receive({ type: "models", id: message.id, models: [] }));
      if (message.type === "make") open.push({ id: message.id, lane: name, inputs: message.spec.inputs });
      if (message.type === "stop")
        for (const one of open.splice(0).filter((one) => one.lane === name))
          queueMicrotask(() => client.receive(made(one.id, { outcome: "cancelled" })));
    });
    return client;
  };
  const made = (id: number, item: Partial<MadeItem>): FromWarmer => ({
    type: "made",
    id,
    item: { outcome: "made", milliseconds: 10, ...item },
  });
  const warmers = { family: lane("family"), notebook: lane("notebook") };
  const settle = async (message: (id: number) => FromWarmer, name: "family" | "notebook"): Promise<void> => {
    const at = open.findIndex((one) => one.lane === name);
    const [one] = open.splice(at, 1);
    warmers[name].receive(message(one!.id));
    await settled();
  };
  const self = { cell: false, alive: true, now: 1000 };
  const queue = createPrewarmQueue({
    files,
    warmers,
    owner: me,
    notebookModels: () => [],
    cellRuns: () => self.cell,
    isAlive: () => self.alive,
    onChange: () => undefined,
    clock: () => self.now,
  });
  return Object.assign(self, {
    queue,
    disk,
    making: () => open.map(({ inputs }) => inputs),
    answer: (item: Partial<MadeItem>, name: "family" | "notebook" = "family") => settle((id) => made(id, item), name),
    fail: (code: string, name: "family" | "notebook" = "family") =>
      settle((id) => ({ type: "failed", id, code, message: "no" }), name),
    job: () => queue.jobs()[0],
  });
}

it("makes one item after the other and says what was warm, made and failed", async () => {
  const b = bench();
  await b.queue.start(wish);
  expect(b.making()).toEqual([{ n: 1 }]);
  expect(b.job()).toMatchObject({ state: "running", total: 3, current: "n = 1" });
  await b.answer({ outcome: "warm" });
  await b.answer({ outcome: "failed", reason: "too many states" });
  await b.answer({ outcome: "made" });
  expect(b.job()).toMatchObject({
    ...{ state: "done", made: 1, warm: 1, failed: 1, elapsedMs: 30 },
    failures: [{ inputs: "n = 2", reason: "too many states" }],
  });
  // again only what failed
  await b.queue.act(b.job()!.id, "rerun");
  expect(b.making()).toEqual([{ n: 2 }]);
});

it("pauses in the middle of an item and makes that item when it goes on", async () => {
  const b = bench();
  const id = await b.queue.start(wish);
  await b.answer({});
  await b.queue.act(id, "pause");
  await settled();
  expect(b.job()).toMatchObject({ state: "paused", made: 1 });
  expect(b.making()).toEqual([]);
  await b.queue.act(id, "resume");
  expect(b.making()).toEqual([{ n: 2 }]);
  await b.queue.act(id, "cancel");
  await settled();
  expect(b.job()).toMatchObject({ state: "cancelled", made: 1 });
  await b.queue.act(id, "forget");
  expect(b.queue.jobs()).toEqual([]);
});

it("lets a cell go first, and goes on when it is done", async () => {
  const b = bench();
  await b.queue.start({ ...wish, source: "notebook" });
  b.cell = true;
  b.queue.look();
  await settled();
  expect(b.job()).toMatchObject({ state: "waiting", reason: "a cell is running" });
  b.cell = false;
  b.queue.look();
  expect(b.making()).toEqual([{ n: 1 }]);
  // the same cancelling without a cell is somebody's interrupt
  await b.answer({ outcome: "cancelled" }, "notebook");
  expect(b.job()).toMatchObject({ state: "paused", reason: "the kernel was interrupted" });
});

it("waits for a model that is not defined any more", async () => {
  const b = bench();
  await b.queue.start({ ...wish, source: "notebook" });
  await b.fail("no-model", "notebook");
  expect(b.job()).toMatchObject({ state: "waiting", reason: "the notebook has to define the model again" });
  b.queue.look();
  expect(b.making()).toEqual([{ n: 1 }]);
});

it("goes on with the job behind one that waits for its model", async () => {
  const b = bench();
  await b.queue.start({ ...wish, source: "notebook", model: "lost" });
  b.now++;
  await b.queue.start({ ...wish, source: "notebook", inputs: { n: [7] } });
  await b.fail("no-model", "notebook");
  expect(b.making()).toEqual([{ n: 7 }]);
  // defined again meanwhile: the older one goes first once the lane is free
  b.queue.look();
  await b.answer({}, "notebook");
  expect(b.making()).toEqual([{ n: 1 }]);
  await b.fail("no-model", "notebook");
  expect(b.making()).toEqual([]);
  expect(b.queue.jobs().map(({ state }) => state)).toEqual(["done", "waiting"]);
});

it("knows that an item gave way to a cell that is over when the item comes back", async () => {
  const b = bench();
  await b.queue.start({ ...wish, source: "notebook" });
  b.cell = true;
  b.queue.look();
  b.cell = false;
  await settled();
  expect(b.job()).toMatchObject({ state: "running" });
  expect(b.making()).toEqual([{ n: 1 }]);
  // the next item did not give way
  await b.answer({ outcome: "cancelled" }, "notebook");
  expect(b.job()).toMatchObject({ state: "paused", reason: "the kernel was interrupted" });
});

it("takes the death of the process for the fault of the item that it was making", async () => {
  const b = bench();
  await b.queue.start(wish);
  await b.fail("gone");
  expect(b.job()).toMatchObject({ state: "running", failed: 1 });
  expect(b.making()).toEqual([{ n: 2 }]);
});

it("goes on after a restart, and takes over what nobody is at", async () => {
  const first = bench();
  await first.queue.start(wish);
  await first.answer({});
  await first.queue.flush();
  const [job] = first.disk.values();
  const second = bench([job!]);
  await second.queue.refresh();
  expect(second.making()).toEqual([{ n: 2 }]);

  const theirs = { ...job!, owner: { ...me, connection: "kernel-2.json", pid: 2 } };
  const other = bench([theirs]);
  await other.queue.refresh();
  expect(other.job()).toMatchObject({ state: "running", elsewhere: true });
  await expect(other.queue.act(theirs.id, "cancel")).rejects.toThrow("another kernel");
  other.alive = false;
  await other.queue.refresh();
  expect(other.job()).toMatchObject({ state: "interrupted", elsewhere: false });
  await other.queue.act(theirs.id, "resume");
  expect(other.making()).toEqual([{ n: 2 }]);
});

it("works on families and on models of the notebook side by side, each in the order of asking", async () => {
  const b = bench();
  await b.queue.start(wish);
  b.now++;
  await b.queue.start({ ...wish, model: "later" });
  await b.queue.start({ ...wish, source: "notebook" });
  expect(b.making()).toEqual([{ n: 1 }, { n: 1 }]);
  expect(
    b.queue
      .jobs()
      .map(({ state }) => state)
      .sort(),
  ).toEqual(["queued", "running", "running"]);
});

it("refuses more combinations than are sensible", async () => {
  const b = bench();
  const many = { ...wish, inputs: { n: Array.from({ length: 1001 }, (_, n) => n) } };
  await expect(b.queue.start(many)).rejects.toThrow("at most 1000");
});
