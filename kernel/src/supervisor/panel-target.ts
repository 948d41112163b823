/**
 * The side panel's comm target, see `panel-protocol.ts`. It lives in the supervisor and looks at the cache directory
 * itself, so the panel works while a cell spins. Overviews are pushed at most once a second, and only to a panel that
 * says it is visible, and only when something changed since it last heard.
 */
import type { EngineEvent } from "@sojourn/engine";
import type { ClearResult, Store } from "@sojourn/engine/cache";
import {
  CACHE_KINDS,
  type CacheKind,
  type ClearPlan,
  type KernelToPanel,
  type Overview,
  PANEL_PROTOCOL_VERSION,
} from "../panel-protocol.js";
import type { CommPeer, CommTarget } from "./comm-router.js";
import { countEvent, emptyCounters } from "./panel-counters.js";

const PUSH_MS = 1000;

interface Panel {
  readonly send: (message: KernelToPanel) => void;
  greeted: boolean;
  visible: boolean;
  /** Change that this panel has heard of. */
  heard: number;
  pushedAt: number;
  timer: NodeJS.Timeout | undefined;
}

export interface PanelTarget {
  readonly target: CommTarget;
  onEvent(event: EngineEvent): void;
}

export function createPanelTarget(openStore: () => Store, version: string): PanelTarget {
  const panels = new Set<Panel>();
  let store: Store | undefined;
  let counters = emptyCounters();
  let change = 1;
  let sequence = 0;
  const cache = (): Store => (store ??= openStore());

  async function overview(): Promise<Overview> {
    const status = await cache().status();
    const { session, savedMs, last } = counters;
    const kinds = CACHE_KINDS.map((kind) => {
      const { entries = 0, bytes = 0 } = status.kinds.find((one) => one.kind === kind) ?? {};
      return { kind, session: session[kind], entries, bytes };
    });
    return { kinds, savedMs, directory: status.directory, capBytes: status.capBytes, ...(last && { last }) };
  }

  /** Pushes now, or as soon as a second has passed since the last push. */
  function push(panel: Panel): void {
    if (!panel.greeted || !panel.visible || panel.heard === change || panel.timer) return;
    const wait = Math.max(0, panel.pushedAt + PUSH_MS - Date.now());
    panel.timer = setTimeout(() => {
      if (!panel.visible) {
        panel.timer = undefined; // hidden meanwhile: it hears when it is shown again
        return;
      }
      panel.pushedAt = Date.now();
      panel.heard = change;
      guard(panel, undefined, async () => {
        panel.send({ type: "overview", sequence: ++sequence, overview: await overview() });
      }).finally(() => {
        panel.timer = undefined;
        if (panels.has(panel)) push(panel);
      });
    }, wait);
    panel.timer.unref();
  }

  function changed(): void {
    change++;
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
      case "refresh":
        panel.heard = 0;
        push(panel);
        return;
      case "plan-clear": {
        const { request, kinds } = clearOf(message);
        const plan = planOf(await cache().clear({ kinds, dryRun: true }));
        panel.send({ type: "clear-plan", request, plan });
        return;
      }
      case "clear": {
        const { request, kinds } = clearOf(message);
        const removed = planOf(await cache().clear({ kinds }));
        panel.send({ type: "cleared", request, removed });
        changed();
        return;
      }
      default:
        throw new PanelFault(
          "unknown-message",
          `Cannot answer the panel: ${JSON.stringify(message.type)} is no message.`,
        );
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
    panel.heard = 0;
    const can = { clear: { allowed: true } } as const;
    panel.send({ type: "hello", version: PANEL_PROTOCOL_VERSION, implementationVersion: version, can });
    push(panel);
  }

  function open(peer: CommPeer, data: unknown) {
    const panel: Panel = {
      send: (message) => peer.send(message),
      greeted: false,
      visible: false,
      heard: 0,
      pushedAt: 0,
      timer: undefined,
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
  };
}

class PanelFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whatever goes wrong is told to the panel; the kernel lives on. */
async function guard(panel: Panel, request: number | undefined, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { code = "failed", message } = error as { code?: string; message: string };
    panel.send({ type: "error", code, message, ...(request !== undefined && { request }) });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the panel's protocol says of clearing; the store says more. */
const planOf = ({ kinds, entries, bytes }: ClearResult): ClearPlan => ({ kinds, entries, bytes });

function clearOf(message: Record<string, unknown>): { request: number; kinds: CacheKind[] } {
  const { request, kinds } = message;
  const known = (kind: unknown): kind is CacheKind => (CACHE_KINDS as readonly unknown[]).includes(kind);
  if (typeof request !== "number" || !Array.isArray(kinds) || !kinds.every(known)) {
    throw new PanelFault("malformed", "Cannot clear: the message needs a number `request` and known `kinds`.");
  }
  return { request, kinds };
}
