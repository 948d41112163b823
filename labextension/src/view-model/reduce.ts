/**
 * (state, event) → state: the whole logic of the panel as one pure function. An event that means nothing in a state
 * returns that very state, so that nothing is drawn again.
 */
import { type KernelToPanel, PANEL_PROTOCOL_VERSION } from "@sojourn/kernel/panel-protocol";
import { isLive, type KernelStatus, type PanelEvent, type PanelState, type Target } from "./state.js";

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.type) {
    case "target":
      return event.target === undefined ? { tag: "none" } : { tag: "connecting", target: event.target };
    case "renamed":
      return sameTarget(state.target, event.target) ? state : { ...state, target: event.target };
    case "no-kernel":
      // A kernel that was lost and then is taken away has died.
      return state.tag === "lost" ? { ...state, cause: "dead" } : { tag: "none", target: event.target };
    case "foreign":
      return state.target === undefined ? state : { tag: "foreign", target: state.target, language: event.language };
    case "elsewhere":
      return state.target === undefined ? state : { tag: "elsewhere", target: state.target };
    case "opening":
      // A kernel that restarts is said to do so until it answers.
      return state.target === undefined || state.tag === "restarting"
        ? state
        : { tag: "connecting", target: state.target };
    case "kernel":
      return onKernelStatus(state, event.status);
    case "disconnected":
      return lose(state, "disconnected");
    case "no-answer":
      return isAwaited(state) ? { tag: "lost", target: state.target, cause: "no-answer" } : state;
    case "closed":
      return isLive(state) || isAwaited(state) ? { tag: "lost", target: state.target, cause: "closed" } : state;
    case "message":
      return onMessage(state, event.message);
    case "view":
      if (!isLive(state) || state.overview === undefined || state.overview.view === event.view) return state;
      return { ...state, overview: undefined };
    case "notice":
      return isLive(state) ? { ...state, notice: event.notice } : state;
    default:
      return event satisfies never;
  }
}

function sameTarget(a: Target | undefined, b: Target): boolean {
  return a?.name === b.name && a.kind === b.kind && a.kernelName === b.kernelName;
}

/** A hello is expected. */
function isAwaited(state: PanelState): state is Extract<PanelState, { tag: "connecting" | "restarting" }> {
  return state.tag === "connecting" || state.tag === "restarting";
}

function lose(state: PanelState, cause: "dead" | "disconnected"): PanelState {
  switch (state.tag) {
    case "connecting":
    case "ready":
    case "busy":
    case "restarting":
    case "elsewhere":
    case "unsupported":
      // While a kernel restarts its connection always drops for a moment; only its death is news.
      return state.tag === "restarting" && cause === "disconnected"
        ? state
        : { tag: "lost", target: state.target, cause };
    case "lost":
      return cause === "dead" && state.cause !== "dead" ? { ...state, cause } : state;
    case "none":
    case "foreign":
      return state;
    default:
      return state satisfies never;
  }
}

function onKernelStatus(state: PanelState, status: KernelStatus): PanelState {
  switch (status) {
    case "dead":
      return lose(state, "dead");
    case "restarting":
    case "autorestarting": {
      const automatic = status === "autorestarting";
      if (state.target === undefined || state.tag === "none" || state.tag === "foreign") return state;
      if (state.tag === "restarting" && (state.automatic || !automatic)) return state;
      return { tag: "restarting", target: state.target, automatic };
    }
    case "busy":
      return state.tag === "ready" ? { ...state, tag: "busy" } : state;
    case "idle":
      return state.tag === "busy" ? { ...state, tag: "ready" } : state;
    case "other":
      return state;
    default:
      return status satisfies never;
  }
}

function onMessage(state: PanelState, message: KernelToPanel): PanelState {
  switch (message.type) {
    case "hello": {
      if (!isAwaited(state) && !isLive(state)) return state;
      const target = state.target;
      if (message.version !== PANEL_PROTOCOL_VERSION) {
        return { tag: "unsupported", target, kernelVersion: message.version, message: "" };
      }
      const known = { target, kernelVersion: message.implementationVersion, can: message.can };
      if (isLive(state)) return { ...state, ...known };
      return { tag: "ready", ...known, sequence: -1, models: 0 };
    }
    case "unsupported":
      return state.target === undefined
        ? state
        : { tag: "unsupported", target: state.target, kernelVersion: message.version, message: message.message };
    case "overview":
      return isLive(state) && message.sequence > state.sequence
        ? { ...state, overview: message.overview, sequence: message.sequence }
        : state;
    case "error":
      // An error that answers a request is told by the one who asked.
      return isLive(state) && message.request === undefined
        ? { ...state, notice: { tone: "error", text: message.message } }
        : state;
    case "jobs":
      return isLive(state) ? { ...state, jobs: message.jobs, models: message.models } : state;
    case "answer":
      return state;
    default:
      return message satisfies never;
  }
}
