/**
 * Words for every state: a symbol, a headline, its cause and the next step. No state is left without, so the panel is
 * never blank. Texts pass through `trans`, the part of JupyterLab's translation bundle that is needed here.
 */
import type { LostCause, PanelState } from "./state.js";

/** Translates an English text; `%1`, `%2` … are replaced by the arguments. */
export interface Translate {
  __(text: string, ...args: unknown[]): string;
}

export interface Explanation {
  /** Picks the colour and shape of the dot. */
  readonly tone: "live" | "busy" | "waiting" | "off" | "warning";
  /** One or two words, e.g. "Ready". */
  readonly headline: string;
  /** Why it is so. */
  readonly cause: string;
  /** What the person can do; empty when nothing is needed. */
  readonly next: string;
}

export function explain(state: PanelState, trans: Translate): Explanation {
  switch (state.tag) {
    case "none":
      return state.target === undefined
        ? {
            tone: "off",
            headline: trans.__("No notebook"),
            cause: trans.__("This panel shows the caches of the active notebook or console, and none is open."),
            next: trans.__("Open a notebook with the Sojourn kernel, or start a helper kernel for the panel alone."),
          }
        : {
            tone: "off",
            headline: trans.__("No kernel"),
            cause: trans.__("%1 has no kernel running.", state.target.name),
            next: trans.__("Choose the Sojourn kernel for it (Kernel menu, Change Kernel)."),
          };
    case "connecting":
      return {
        tone: "waiting",
        headline: trans.__("Connecting"),
        cause: trans.__("Waiting for the kernel of %1 to answer.", state.target.name),
        next: "",
      };
    case "foreign":
      return {
        tone: "off",
        headline: trans.__("Not a Sojourn kernel"),
        cause: trans.__(
          "%1 runs %2, which has no Sojourn caches. Nothing is sent to it.",
          state.target.name,
          state.target.kernelName || state.language,
        ),
        next: trans.__("Switch to a notebook with the Sojourn kernel."),
      };
    case "elsewhere":
      return {
        tone: "warning",
        headline: trans.__("Connected elsewhere"),
        cause: trans.__(
          "Another view in this window was the first to connect to this kernel, and only the first can carry the panel's messages.",
        ),
        next: trans.__("Close the other view, or open the notebook again."),
      };
    case "unsupported":
      return {
        tone: "warning",
        headline: trans.__("Different version"),
        cause:
          state.message ||
          trans.__(
            "The kernel speaks version %1 of the panel's protocol, which this panel does not know.",
            state.kernelVersion,
          ),
        next: trans.__(
          "Install kernel and panel from the same Sojourn release, then restart the kernel and reload the page.",
        ),
      };
    case "ready":
      return { tone: "live", headline: trans.__("Ready"), cause: trans.__("The kernel is idle."), next: "" };
    case "busy":
      return {
        tone: "busy",
        headline: trans.__("Busy (live)"),
        cause: trans.__("A cell is running; the numbers keep up with it."),
        next: "",
      };
    case "restarting":
      return {
        tone: "waiting",
        headline: trans.__("Restarting"),
        cause: state.automatic
          ? trans.__("The kernel died and is being started again; its variables are gone, its caches are kept.")
          : trans.__("The kernel is being restarted; its caches are kept."),
        next: "",
      };
    case "lost":
      return { tone: "warning", headline: trans.__("Lost"), ...lostBecause(state.cause, trans) };
    default:
      return state satisfies never;
  }
}

function lostBecause(cause: LostCause, trans: Translate): { cause: string; next: string } {
  switch (cause) {
    case "dead":
      return {
        cause: trans.__("The kernel has died or was shut down; its caches are kept."),
        next: trans.__("Restart it (Kernel menu, Restart Kernel)."),
      };
    case "disconnected":
      return {
        cause: trans.__("The connection to the kernel is broken; JupyterLab keeps trying to get it back."),
        next: trans.__("Check that the server is running, then use Kernel menu, Reconnect to Kernel."),
      };
    case "no-answer":
      return {
        cause: trans.__("The kernel did not answer the panel in time."),
        next: trans.__("Refresh the panel; if that does not help, restart the kernel."),
      };
    case "closed":
      return {
        cause: trans.__("The kernel closed its connection to the panel."),
        next: trans.__("Refresh the panel; if that does not help, restart the kernel."),
      };
    default:
      return cause satisfies never;
  }
}
