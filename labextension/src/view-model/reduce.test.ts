/** The panel's states: what leads where, and what changes nothing. */
import { ACTIONS, type Capabilities, type KernelToPanel, type Overview } from "@sojourn/kernel/panel-protocol";
import { describe, expect, test } from "vitest";
import { explain } from "./explain.js";
import { reduce } from "./reduce.js";
import { INITIAL, isLive, type PanelEvent, type PanelState, type Target } from "./state.js";

const target: Target = { name: "model.ipynb", kind: "notebook", kernelName: "Sojourn" };
const hello: KernelToPanel = {
  type: "hello",
  version: 2,
  implementationVersion: "0.1.0",
  can: Object.fromEntries(ACTIONS.map((action) => [action, { allowed: true }])) as unknown as Capabilities,
};
const overview: Overview = { view: "session", kinds: [], savedMs: 0, directory: "/caches", capBytes: 1 };

const run = (events: readonly PanelEvent[], from: PanelState = INITIAL): PanelState => events.reduce(reduce, from);
const message = (m: KernelToPanel): PanelEvent => ({ type: "message", message: m });
const push = (sequence: number, o = overview): PanelEvent => message({ type: "overview", sequence, overview: o });
const ready = run([{ type: "target", target }, { type: "opening" }, message(hello)]);

const everyState: readonly PanelState[] = [
  INITIAL,
  run([{ type: "no-kernel", target }]),
  run([{ type: "target", target }]),
  run([
    { type: "target", target },
    { type: "foreign", language: "python" },
  ]),
  run([{ type: "target", target }, { type: "elsewhere" }]),
  run([{ type: "target", target }, message({ type: "unsupported", version: 2, message: "too new" })]),
  ready,
  run([{ type: "kernel", status: "busy" }], ready),
  run([{ type: "kernel", status: "restarting" }], ready),
  run([{ type: "kernel", status: "dead" }], ready),
];

describe("connecting", () => {
  test("a hello makes the panel ready, with what the kernel can do", () => {
    expect(ready).toMatchObject({ tag: "ready", target, kernelVersion: "0.1.0", can: { clear: { allowed: true } } });
  });

  test("another version of the protocol is not talked to, whoever notices", () => {
    const connecting = run([{ type: "target", target }]);
    expect(run([message({ ...hello, version: 1 })], connecting)).toMatchObject({
      tag: "unsupported",
      kernelVersion: 1,
    });
    expect(run([message({ type: "unsupported", version: 3, message: "no" })], connecting)).toMatchObject({
      tag: "unsupported",
      message: "no",
    });
  });

  test("no answer is reported while waiting, and not any more after a hello", () => {
    expect(run([{ type: "target", target }, { type: "no-answer" }])).toMatchObject({ tag: "lost", cause: "no-answer" });
    expect(run([{ type: "no-answer" }], ready)).toBe(ready);
  });
});

describe("live", () => {
  test("busy and idle alternate and keep the numbers", () => {
    const busy = run([push(0), { type: "kernel", status: "busy" }], ready);
    expect(busy).toMatchObject({ tag: "busy", overview });
    expect(run([{ type: "kernel", status: "idle" }], busy)).toMatchObject({ tag: "ready", overview });
  });

  test("numbers arrive while a cell runs", () => {
    const busy = run([{ type: "kernel", status: "busy" }, push(0)], ready);
    expect(busy).toMatchObject({ tag: "busy", overview });
  });

  test("a push that was overtaken is dropped", () => {
    const newer = { ...overview, savedMs: 5 };
    expect(run([push(4, newer), push(3)], ready)).toMatchObject({ overview: newer, sequence: 4 });
  });

  test("another view empties the numbers until the kernel has those of that view", () => {
    const asked = run([push(0), { type: "view", view: "mine" }], ready);
    expect(asked).not.toHaveProperty("overview.kinds");
    const mine = { ...overview, view: "mine" as const };
    expect(run([push(1, mine), { type: "view", view: "mine" }], asked)).toMatchObject({ overview: mine });
  });

  test("jobs and models are kept as they were pushed last", () => {
    const jobs = run([message({ type: "jobs", jobs: [], models: 3 })], ready);
    expect(jobs).toMatchObject({ jobs: [], models: 3 });
    expect(run([{ type: "kernel", status: "busy" }], jobs)).toMatchObject({ tag: "busy", models: 3 });
  });

  test("an error that answers nobody is shown, one that answers a request is not", () => {
    const error = { type: "error", code: "io", message: "Cannot read the cache" } as const;
    expect(run([message(error)], ready)).toMatchObject({ notice: { tone: "error", text: "Cannot read the cache" } });
    expect(run([message({ ...error, request: 1 })], ready)).toBe(ready);
  });

  test("a renamed notebook keeps everything else", () => {
    expect(run([{ type: "renamed", target: { ...target } }], ready)).toBe(ready);
    const renamed = { ...target, name: "other.ipynb" };
    expect(run([push(0), { type: "renamed", target: renamed }], ready)).toMatchObject({
      tag: "ready",
      target: renamed,
      overview,
    });
  });
});

describe("losing the kernel", () => {
  test("a restart forgets the numbers and comes back by a new hello", () => {
    const restarting = run([push(0), { type: "kernel", status: "restarting" }], ready);
    expect(restarting).toEqual({ tag: "restarting", target, automatic: false });
    expect(run([{ type: "disconnected" }], restarting)).toBe(restarting);
    expect(run([{ type: "opening" }], restarting)).toBe(restarting);
    expect(run([{ type: "no-answer" }], restarting)).toMatchObject({ tag: "lost", cause: "no-answer" });
    const back = run([{ type: "disconnected" }, { type: "opening" }, message(hello), push(0)], restarting);
    expect(back).toMatchObject({ tag: "ready", overview, sequence: 0 });
  });

  test("a kernel that the server starts again is told apart from a restart that was asked for", () => {
    expect(
      run(
        [
          { type: "kernel", status: "restarting" },
          { type: "kernel", status: "autorestarting" },
        ],
        ready,
      ),
    ).toEqual({
      tag: "restarting",
      target,
      automatic: true,
    });
  });

  test("a broken connection is lost, and death is the stronger cause", () => {
    const lost = run([{ type: "disconnected" }], ready);
    expect(lost).toMatchObject({ tag: "lost", cause: "disconnected" });
    expect(run([{ type: "kernel", status: "dead" }], lost)).toMatchObject({ tag: "lost", cause: "dead" });
    expect(run([{ type: "kernel", status: "dead" }, { type: "disconnected" }], ready)).toMatchObject({ cause: "dead" });
  });

  test("a dead kernel that is taken away stays dead, another notebook without a kernel does not", () => {
    const lost = run([{ type: "kernel", status: "dead" }], ready);
    expect(run([{ type: "no-kernel", target }], lost)).toEqual(lost);
    const broken = run([{ type: "disconnected" }], ready);
    expect(run([{ type: "no-kernel", target }], broken)).toMatchObject({ tag: "lost", cause: "dead" });
    expect(run([{ type: "no-kernel", target }], ready)).toEqual({ tag: "none", target });
    expect(
      run(
        [
          { type: "target", target },
          { type: "no-kernel", target },
        ],
        lost,
      ),
    ).toEqual({ tag: "none", target });
  });

  test("a comm that the kernel closes is lost", () => {
    expect(run([{ type: "closed" }], ready)).toMatchObject({ tag: "lost", cause: "closed" });
  });

  test("a late message does not revive a lost kernel", () => {
    const lost = run([{ type: "kernel", status: "dead" }], ready);
    expect(run([push(9), message(hello)], lost)).toBe(lost);
  });
});

describe("foreign and none", () => {
  const foreign = run([
    { type: "target", target },
    { type: "foreign", language: "python" },
  ]);

  test("a foreign kernel stays foreign whatever its status", () => {
    for (const status of ["busy", "idle", "restarting", "autorestarting", "dead"] as const) {
      expect(run([{ type: "kernel", status }], foreign)).toBe(foreign);
    }
  });

  test("no state but a new target leaves none", () => {
    expect(run([{ type: "kernel", status: "busy" }, { type: "disconnected" }, push(0), message(hello)])).toBe(INITIAL);
    expect(run([{ type: "target", target }]).tag).toBe("connecting");
    expect(run([{ type: "target" }], ready)).toEqual(INITIAL);
  });
});

describe("words", () => {
  /** Replaces placeholders as JupyterLab's bundle does. */
  const trans = {
    __: (text: string, ...args: unknown[]) => text.replace(/%(\d)/g, (_, i) => String(args[Number(i) - 1])),
  };

  test("every state has a headline and a cause, and a next step unless all is well or under way", () => {
    const restful = new Set(["connecting", "ready", "busy", "restarting"]);
    expect(new Set(everyState.map((state) => state.tag)).size).toBe(9);
    for (const state of everyState) {
      const words = explain(state, trans);
      expect(words.headline, state.tag).not.toBe("");
      expect(words.cause, state.tag).toMatch(/\S.*\.$|too new/);
      expect(words.next === "", state.tag).toBe(restful.has(state.tag));
      expect(`${words.cause}${words.next}`, state.tag).not.toMatch(/%\d|undefined/);
    }
  });

  test("the foreign kernel and the notebook are named", () => {
    const foreign = run([
      { type: "target", target: { ...target, kernelName: "Python 3" } },
      { type: "foreign", language: "python" },
    ]);
    expect(explain(foreign, trans).cause).toContain("model.ipynb runs Python 3");
  });

  test("only live states are live", () => {
    expect(everyState.filter(isLive).map((state) => state.tag)).toEqual(["ready", "busy"]);
  });
});
