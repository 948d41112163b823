/** The panel's comm: when the panel is told to read again, and which plans may be carried out. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { KernelToPanel, PrewarmJob } from "../../panel-protocol.js";
import { ACTIONS, type Capabilities, PANEL_PROTOCOL_VERSION } from "../../panel-protocol.js";
import type { PrewarmQueue } from "../prewarm/queue.js";
import type { DeskClient } from "./desk.js";
import { createPanelTarget } from "./target.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A panel over a desk that answers anything at once, and jobs as told. */
async function bench() {
  const jobs: Pick<PrewarmJob, "made" | "state">[] = [];
  let plans = 0;
  const heard: KernelToPanel[] = [];
  const desk: Partial<DeskClient> = {
    overview: async ({ view }) => ({ view, kinds: [], directory: "", capBytes: 1 }),
    plan: async () => ({ plan: String(++plans), entries: 1, bytes: 1, leftovers: 0, byKind: [], causes: [] }),
    carryOut: async ({ plan }) => ({ plan, entries: 1, bytes: 1, leftovers: 0, byKind: [], causes: [] }),
  };
  const queue: Partial<PrewarmQueue> = { jobs: () => jobs as PrewarmJob[], refresh: async () => undefined };
  const allowed = Object.fromEntries(ACTIONS.map((action) => [action, { allowed: true }])) as Capabilities;
  const panel = createPanelTarget({
    desk: desk as DeskClient,
    queue: queue as PrewarmQueue,
    version: "1",
    can: () => allowed,
    configure: () => undefined,
  });
  const comm = panel.target({ send: (message: KernelToPanel) => heard.push(message) } as never, {
    ...{ type: "hello", version: PANEL_PROTOCOL_VERSION, visible: true, view: "mine" },
  }) as { message: (value: unknown) => void };
  /** What is heard in the next second and a half, by type. */
  const next = async (): Promise<string[]> => {
    heard.splice(0);
    await vi.advanceTimersByTimeAsync(1500);
    return heard.map(({ type }) => type);
  };
  await next();
  return { panel, jobs, next, heard, comm };
}

it("has the caches read again when jobs made something or a model was defined, and not at every change of a job", async () => {
  const { panel, jobs, next } = await bench();
  jobs.push({ made: 0, state: "running" });
  panel.onJobs();
  expect(await next()).toEqual(["jobs"]);
  jobs[0] = { made: 1, state: "running" };
  panel.onJobs();
  expect(await next()).toEqual(["jobs", "overview"]);
  jobs[0] = { made: 1, state: "paused" };
  panel.onJobs();
  expect(await next()).toEqual(["jobs"]);
  panel.onJobs(1);
  expect(await next()).toEqual(["jobs", "overview"]);
});

it("keeps the newest plans, and carries no other out", async () => {
  const { heard, comm } = await bench();
  let request = 0;
  const ask = async (name: string, of: unknown): Promise<KernelToPanel | undefined> => {
    comm.message({ type: "ask", request: ++request, ask: name, of });
    await vi.advanceTimersByTimeAsync(0);
    return heard.find((message) => "request" in message && message.request === request);
  };
  for (let plan = 1; plan <= 21; plan++) await ask("plan", { what: "clear", kinds: ["graph"] });
  expect(await ask("carryOut", { plan: "1" })).toMatchObject({ type: "error", code: "no-plan" });
  expect(await ask("carryOut", { plan: "2" })).toMatchObject({ type: "answer", answer: { entries: 1 } });
  expect(await ask("carryOut", { plan: "2" })).toMatchObject({ type: "error", code: "no-plan" });
});

it("shows another view at once, also while numbers move, and moving numbers once a second", async () => {
  const { panel, heard, comm } = await bench();
  const overviews = (): string[] => heard.flatMap((one) => (one.type === "overview" ? [one.overview.view] : []));
  heard.splice(0);
  for (let now = 0; now < 3000; now += 50) {
    panel.onEvent({ type: "stored", kind: "graph", bytes: 1, time: 0 });
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(overviews().length).toBeLessThanOrEqual(4);
  panel.onEvent({ type: "stored", kind: "graph", bytes: 1, time: 0 });
  heard.splice(0);
  comm.message({ type: "view", view: "session" });
  await vi.advanceTimersByTimeAsync(10);
  expect(overviews()).toEqual(["session"]);
});
