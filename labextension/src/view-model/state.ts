/**
 * What the panel knows, as one tagged union: exactly one of these holds at any time, and each can say its cause and the
 * next step (see `explain.ts`). Events are everything that can change it. Plain data; nothing here knows JupyterLab.
 */
import type { Capabilities, KernelToPanel, Overview, PrewarmJob, View } from "@sojourn/kernel/panel-protocol";

/** The notebook, console or helper kernel that the panel follows. */
export interface Target {
  readonly name: string;
  readonly kind: "notebook" | "console" | "helper";
  /** Display name of its kernel, e.g. "Python 3 (ipykernel)"; empty while unknown. */
  readonly kernelName: string;
}

/** One line about the outcome of something that the person asked for. */
export interface Notice {
  readonly tone: "info" | "error";
  readonly text: string;
}

/** What is known of a kernel that has said hello. */
export interface Live {
  readonly target: Target;
  readonly kernelVersion: string;
  readonly can: Capabilities;
  /** Absent between the kernel's hello and its first push. */
  readonly overview?: Overview;
  /** `sequence` of that push; an older one is dropped. */
  readonly sequence: number;
  /** Newest first; absent before the first push. */
  readonly jobs?: readonly PrewarmJob[];
  /** Changes when the notebook defines a model. */
  readonly models: number;
  readonly notice?: Notice;
}

export type LostCause = "dead" | "disconnected" | "no-answer" | "closed";

export type PanelState =
  | { readonly tag: "none"; readonly target?: Target }
  | { readonly tag: "connecting"; readonly target: Target }
  | { readonly tag: "foreign"; readonly target: Target; readonly language: string }
  | { readonly tag: "elsewhere"; readonly target: Target }
  | { readonly tag: "unsupported"; readonly target: Target; readonly kernelVersion: number; readonly message: string }
  | ({ readonly tag: "ready" } & Live)
  | ({ readonly tag: "busy" } & Live)
  | { readonly tag: "restarting"; readonly target: Target; readonly automatic: boolean }
  | { readonly tag: "lost"; readonly target: Target; readonly cause: LostCause };

/** JupyterLab's kernel statuses that mean something to the panel; all others are reported as "other". */
export type KernelStatus = "idle" | "busy" | "restarting" | "autorestarting" | "dead" | "other";

export type PanelEvent =
  /** Another notebook or console, or another kernel in it; without a target there is none. */
  | { readonly type: "target"; readonly target?: Target }
  | { readonly type: "renamed"; readonly target: Target }
  /** The target exists, its kernel does not. */
  | { readonly type: "no-kernel"; readonly target: Target }
  | { readonly type: "foreign"; readonly language: string }
  /** Another view of this page handles this kernel's comms and cannot be used from here. */
  | { readonly type: "elsewhere" }
  /** A comm is being opened. */
  | { readonly type: "opening" }
  | { readonly type: "kernel"; readonly status: KernelStatus }
  | { readonly type: "disconnected" }
  | { readonly type: "no-answer" }
  /** The kernel closed the comm or does not know its target. */
  | { readonly type: "closed" }
  | { readonly type: "message"; readonly message: KernelToPanel }
  /** The person asked for another view: what is shown is of the old one until the kernel pushes. */
  | { readonly type: "view"; readonly view: View }
  | { readonly type: "notice"; readonly notice?: Notice };

export const INITIAL: PanelState = { tag: "none" };

/** The kernel said hello and can be asked things. */
export function isLive(state: PanelState): state is Extract<PanelState, { tag: "ready" | "busy" }> {
  return state.tag === "ready" || state.tag === "busy";
}
