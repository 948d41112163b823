/**
 * The side panel's comm target, see `panel-protocol.ts`. It lives in the supervisor, and asks the desk's thread for what lies on
 * the disk, so the panel works while a cell spins. Overviews and jobs are pushed at most once a second, and only to a panel
 * that says it is visible, and only when something changed since it last heard.
 */
import type { EngineEvent } from "@sojourn/engine";
import {
  type Action,
  type AskMessage,
  type AskName,
  type Asks,
  type Capabilities,
  type KernelToPanel,
  type Overview,
  PANEL_PROTOCOL_VERSION,
  type SettingValue,
  VIEWS,
  type View,
} from "../../panel-protocol.js";
import type { CommPeer, CommTarget } from "../comm-router.js";
import type { PrewarmQueue } from "../prewarm/queue.js";
import { countEvent, emptyCounters, historyOf } from "./counters.js";
import type { DeskClient } from "./desk.js";
import { PanelFault } from "./fault.js";
import { keepNewest, NO_PLAN, PLANS_MAX } from "./plans.js";
import { isRecord, readAsk } from "./read-ask.js";

const PUSH_MS = 1000;

interface Panel {
  readonly send: (message: KernelToPanel) => void;
  greeted: boolean;
  visible: boolean;
  view: View;
  /** Change that this panel has heard of. */
  heard: number;
  heardJobs: number;
  pushedAt: number;
  /** Of the push that waits for its second. */
  timer: NodeJS.Timeout | undefined;
  /** A push is under way. */
  telling: boolean;
}

export interface PanelParts {
  readonly desk: DeskClient;
  readonly queue: PrewarmQueue;
  readonly version: string;
  readonly can: () => Capabilities;
  /** Settings that the executor's engine is to have too. */
  readonly configure: (name: string, value: SettingValue) => void;
}

export interface PanelTarget {
  readonly target: CommTarget;
  onEvent(event: EngineEvent): void;
  /** Jobs changed, or the notebook's models did: then `models` is another number. */
  onJobs(models?: number): void;
}

/** What each question needs to be allowed; the others only look. */
const NEEDS: Readonly<Partial<Record<AskName, Action>>> = {
  pin: "pin",
  export: "export",
  configure: "configure",
  prewarm: "prewarm",
  job: "prewarm",
};

export function createPanelTarget({ desk, queue, version, can, configure }: PanelParts): PanelTarget {
  const panels = new Set<Panel>();
  let counters = emptyCounters();
  let change = 1;
  let jobsChange = 1;
  let models = 0;
  /** Items that all jobs together have made. */
  let made = 0;
  let sequence = 0;
  /** Plans by their number, with the action that each needs. */
  const planned = new Map<string, Action>();

  async function overview(view: View): Promise<Overview> {
    const stored = await desk.overview({ view });
    const { session, savedMs, last } = counters;
    const more = last && { last };
    if (view !== "session") return { ...stored, ...more };
    const kinds = stored.kinds.map((one) => ({ ...one, lookups: session[one.kind] }));
    return { ...stored, kinds, savedMs, ...more };
  }

  /** Pushes now, or as soon as a second has passed since the last push. */
  function push(panel: Panel): void {
    const news = panel.heard !== change || panel.heardJobs !== jobsChange;
    if (!panel.greeted || !panel.visible || !news || panel.timer || panel.telling) return;
    const wait = Math.max(0, panel.pushedAt + PUSH_MS - Date.now());
    panel.timer = setTimeout(() => {
      panel.timer = undefined;
      if (!panel.visible) return; // hidden meanwhile: it hears when it is shown again
      panel.pushedAt = Date.now();
      panel.telling = true;
      void guard(panel, undefined, () => tell(panel)).finally(() => {
        panel.telling = false;
        if (panels.has(panel)) push(panel);
      });
    }, wait);
    panel.timer.unref();
  }

  /** Pushes what a person has asked for, without waiting for the second. */
  function pushNow(panel: Panel): void {
    clearTimeout(panel.timer);
    panel.timer = undefined;
    panel.pushedAt = 0;
    push(panel);
  }

  async function tell(panel: Panel): Promise<void> {
    if (panel.heardJobs !== jobsChange) {
      panel.heardJobs = jobsChange;
      panel.send({ type: "jobs", jobs: queue.jobs(), models });
    }
    if (panel.heard === change) return;
    panel.heard = change;
    const { view } = panel;
    const found = await overview(view);
    // another view was asked for meanwhile, and comes next
    if (panel.visible && panel.view === view) panel.send({ type: "overview", sequence: ++sequence, overview: found });
  }

  function changed(): void {
    change++;
    for (const panel of panels) push(panel);
  }

  function jobsChanged(): void {
    jobsChange++;
    for (const panel of panels) push(panel);
  }

  async function onMessage(panel: Panel, message: Record<string, unknown>): Promise<void> {
    switch (message.type) {
      case "hello":
        hello(panel, message);
        return;
      case "visible":
        panel.visible = message.visible === true;
        push(panel);
        return;
      case "view":
        panel.view = viewOf(message.view);
        panel.heard = 0;
        pushNow(panel);
        return;
      case "refresh":
        await queue.refresh();
        panel.heard = 0;
        panel.heardJobs = 0;
        pushNow(panel);
        return;
      case "ask": {
        const asked = readAsk(message);
        panel.send({ type: "answer", request: asked.request, answer: await answer(asked) });
        return;
      }
      default:
        throw new PanelFault(
          "unknown-message",
          `Cannot answer the panel: ${JSON.stringify(message.type)} is no message.`,
        );
    }
  }

  function allow(action: Action | undefined): void {
    const permission = action === undefined ? undefined : can()[action];
    if (permission?.allowed === false) throw new PanelFault("not-allowed", `Cannot do that: ${permission.reason}`);
  }

  async function answer(asked: AskMessage): Promise<Asks[AskName][1]> {
    allow(NEEDS[asked.ask]);
    switch (asked.ask) {
      case "entry": {
        const found = await desk.entry(asked.of);
        return { ...found, history: historyOf(counters, found.entry) };
      }
      case "plan": {
        allow(asked.of.what);
        const plan = await desk.plan(asked.of);
        planned.set(plan.plan, asked.of.what);
        keepNewest(planned, PLANS_MAX);
        return plan;
      }
      case "carryOut": {
        const action = planned.get(asked.of.plan);
        if (action === undefined) throw new PanelFault("no-plan", NO_PLAN);
        allow(action);
        planned.delete(asked.of.plan);
        const gone = await desk.carryOut(asked.of);
        changed();
        return gone;
      }
      case "configure": {
        const kept = await desk.configure(asked.of);
        configure(asked.of.name, asked.of.value);
        changed();
        return kept;
      }
      case "pin": {
        const pinned = await desk.pin(asked.of);
        changed();
        return pinned;
      }
      case "charts":
        return { ...(await desk.charts(undefined as never)), lookups: counters.buckets };
      case "models":
        return { models: await queue.models() };
      case "forecast":
        return queue.forecast(asked.of);
      case "prewarm":
        return { job: await queue.start(asked.of) };
      case "job":
        await queue.act(asked.of.job, asked.of.verb);
        return {};
      case "entries":
        return desk.entries(asked.of);
      case "find":
        return desk.find(asked.of);
      case "export":
        return desk.export(asked.of);
      case "evictions":
        return desk.evictions(undefined as never);
      case "suggestions":
        return desk.suggestions(undefined as never);
      case "shared":
        return desk.shared(undefined as never);
      default:
        return asked satisfies never;
    }
  }

  function hello(panel: Panel, message: Record<string, unknown>): void {
    if (message.version !== PANEL_PROTOCOL_VERSION) {
      const text = `This kernel speaks version ${PANEL_PROTOCOL_VERSION} of the panel's protocol and the panel ${JSON.stringify(message.version)}; install the same version of both.`;
      panel.send({ type: "unsupported", version: PANEL_PROTOCOL_VERSION, message: text });
      return;
    }
    panel.greeted = true;
    panel.visible = message.visible === true;
    panel.view = viewOf(message.view);
    panel.heard = 0;
    // jobs are pushed once the disk was looked at
    panel.heardJobs = jobsChange;
    panel.send({ type: "hello", version: PANEL_PROTOCOL_VERSION, implementationVersion: version, can: can() });
    push(panel);
    void guard(panel, undefined, () => queue.refresh());
  }

  function open(peer: CommPeer, data: unknown) {
    const panel: Panel = {
      send: (message) => peer.send(message),
      greeted: false,
      visible: false,
      view: "session",
      heard: 0,
      heardJobs: 0,
      pushedAt: 0,
      timer: undefined,
      telling: false,
    };
    panels.add(panel);
    const receive = (value: unknown): void => {
      const request = isRecord(value) && typeof value.request === "number" ? value.request : undefined;
      void guard(panel, request, async () => {
        if (!isRecord(value))
          throw new PanelFault("malformed", "Cannot answer the panel: its message is not an object.");
        await onMessage(panel, value);
      });
    };
    if (isRecord(data) && "type" in data) receive(data);
    return {
      message: receive,
      closed: () => {
        clearTimeout(panel.timer);
        panels.delete(panel);
      },
    };
  }

  return {
    target: open,
    onEvent(event) {
      counters = countEvent(counters, event);
      changed();
    },
    onJobs(count) {
      const madeBefore = made;
      made = queue.jobs().reduce((sum, job) => sum + job.made, 0);
      const defined = count !== undefined && count !== models;
      models = count ?? models;
      jobsChanged();
      // what was made is in the caches too; whatever else became of a job is not, and reading them again is dear
      if (made > madeBefore || defined) changed();
    },
  };
}

const viewOf = (value: unknown): View => VIEWS.find((view) => view === value) ?? "session";

/** Whatever goes wrong is told to the panel; the kernel lives on. */
async function guard(panel: Panel, request: number | undefined, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { code = "failed", message } = error as { code?: string; message: string };
    panel.send({ type: "error", code, message, ...(request !== undefined && { request }) });
  }
}
