/**
 * The messages between the side panel and the kernel: types and a version, no imports, so that both sides
 * can share this one file.
 *
 * The panel opens one comm on `PANEL_TARGET`. The kernel answers `hello`, and from then on pushes an
 * `overview` whenever something changed, at most once a second, and only while the panel says that it is
 * visible. Clearing takes two steps: `plan-clear` is answered by what would go, `clear` does it.
 */

/** Comm target; the number is the version of this protocol and changes with every incompatible change. */
export const PANEL_TARGET = "sojourn.panel.v1";
export const PANEL_PROTOCOL_VERSION = 1;

/** `kernel_info_reply.implementation` of the kernel that answers on `PANEL_TARGET`. */
export const IMPLEMENTATION = "sojourn";

export const CACHE_KINDS = ["graph", "trace", "evaluator", "value"] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];

/** Look-ups of one kind in this kernel session. A look-up ends in exactly one of the four. */
export interface SessionCounters {
  readonly hits: number;
  readonly misses: number;
  /** Not looked up, because something cannot be keyed safely or the user asked for it. */
  readonly bypasses: number;
  /** An entry was there but was refused (damaged, wrong version, wrong key); counted as a miss for the user. */
  readonly refusals: number;
}

export interface KindOverview {
  readonly kind: CacheKind;
  readonly session: SessionCounters;
  /** Entries and bytes on the private layer, all sessions together. */
  readonly entries: number;
  readonly bytes: number;
}

/** The last look-up, so that a person sees that something happened. */
export interface LastLookup {
  readonly kind: CacheKind;
  readonly outcome: "hit" | "miss" | "bypass" | "refused";
  /** Name of the model that asked, e.g. "coalescent"; empty when unnamed. */
  readonly model: string;
  /** Why it was a miss or a bypass, one phrase; absent on a hit. */
  readonly reason?: string;
  /** Milliseconds since 1970 by the kernel's clock. */
  readonly time: number;
}

export interface Overview {
  readonly kinds: readonly KindOverview[];
  /** Measured cost of what the hits replaced minus what loading took, summed over the session; may be negative. */
  readonly savedMs: number;
  /** The private layer's directory. */
  readonly directory: string;
  /** Soft cap of the private layer. */
  readonly capBytes: number;
  readonly last?: LastLookup;
}

/** What the panel may offer; a `false` comes with the reason that the panel shows. */
export interface Capabilities {
  readonly clear: { readonly allowed: true } | { readonly allowed: false; readonly reason: string };
}

export interface ClearPlan {
  readonly kinds: readonly CacheKind[];
  readonly entries: number;
  readonly bytes: number;
}

export type PanelToKernel =
  | { readonly type: "hello"; readonly version: number; readonly visible: boolean }
  | { readonly type: "visible"; readonly visible: boolean }
  | { readonly type: "refresh" }
  | { readonly type: "plan-clear"; readonly request: number; readonly kinds: readonly CacheKind[] }
  | { readonly type: "clear"; readonly request: number; readonly kinds: readonly CacheKind[] };

export type KernelToPanel =
  | {
      readonly type: "hello";
      readonly version: number;
      readonly implementationVersion: string;
      readonly can: Capabilities;
    }
  | { readonly type: "unsupported"; readonly version: number; readonly message: string }
  | { readonly type: "overview"; readonly sequence: number; readonly overview: Overview }
  | { readonly type: "clear-plan"; readonly request: number; readonly plan: ClearPlan }
  | { readonly type: "cleared"; readonly request: number; readonly removed: ClearPlan }
  | { readonly type: "error"; readonly request?: number; readonly code: string; readonly message: string };
