/** Lumino tokens: what other plugins may ask of this extension. */
import { Token } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";
import type { PanelState } from "./view-model/state.js";

export interface ICachePanel {
  readonly state: PanelState;
  readonly stateChanged: ISignal<ICachePanel, PanelState>;
  /** Open the side bar on the panel and give it the focus. */
  show(): void;
  /** Ask the kernel to look again; opens the connection anew when it was lost. */
  refresh(): void;
  /** Ask what clearing would remove, let the person confirm, then clear. Resolves when all is done or refused. */
  clearCaches(): Promise<void>;
}

export const ICachePanel = new Token<ICachePanel>(
  "@sojourn/labextension:ICachePanel",
  "The Sojourn cache panel: its state, and what can be asked of it.",
);
