/** Lumino tokens: what other plugins may ask of this extension. */
import { Token } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";
import type { PanelState } from "./view-model/state.js";

export interface ICachePanel {
  readonly state: PanelState;
  readonly stateChanged: ISignal<ICachePanel, PanelState>;
  /** Whether it stays with the notebook or console that it shows. */
  readonly pinned: boolean;
  readonly showsStatusItem: boolean;
  /** Whether the helper kernel runs. */
  readonly hasHelper: boolean;
  /** Open the side bar on the panel and give it the focus; with the name of a section, on that. */
  show(section?: SectionName): void;
  /** Ask the kernel to look again; opens the connection anew when it was lost. */
  refresh(): void;
  /** Ask what clearing would remove, let the person confirm, then clear. Resolves when all is done or refused. */
  clearCaches(): Promise<void>;
  /** Ask the person what should go, show what that is, let them confirm, then remove it. */
  vacuum(): Promise<void>;
  setPinned(pinned: boolean): void;
  startHelper(): Promise<void>;
  stopHelper(): Promise<void>;
  /** Show one entry by its key. */
  openEntry(key: string): void;
  /** Whether an action may be offered: by the kernel, and by the settings. */
  offers(action: OfferedAction): boolean;
}

export const SECTIONS = ["overview", "suggestions", "prewarm", "entries", "evictions", "shared"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Actions that settings can take away. */
export const OFFERED = ["clear", "vacuum", "remove", "pin", "export", "prewarm", "configure", "helper"] as const;
export type OfferedAction = (typeof OFFERED)[number];

export const ICachePanel = new Token<ICachePanel>(
  "@sojourn/labextension:ICachePanel",
  "The Sojourn cache panel: its state, and what can be asked of it.",
);
