/**
 * The panel's one object with state: holds the view-model's state, feeds it the link's events, and carries out what the
 * person asks for. Knows no widget but the dialog that confirms.
 */
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { type ISignal, Signal } from "@lumino/signaling";
import { CACHE_KINDS } from "@sojourn/kernel/panel-protocol";
import { KernelLink } from "./connection/link.js";
import type { ICachePanel } from "./tokens.js";
import { formatBytes } from "./view-model/numbers.js";
import { reduce } from "./view-model/reduce.js";
import { INITIAL, isLive, type Notice, type PanelEvent, type PanelState } from "./view-model/state.js";

export interface ModelOptions {
  readonly trans: TranslationBundle;
  readonly show: () => void;
  readonly findOwner: (kernelId: string) => Kernel.IKernelConnection | undefined;
}

export class PanelModel implements ICachePanel {
  constructor(options: ModelOptions) {
    this.options = options;
    this.link = new KernelLink({ dispatch: (event) => this.dispatch(event), findOwner: options.findOwner });
  }

  readonly link: KernelLink;

  get state(): PanelState {
    return this.current;
  }

  get stateChanged(): ISignal<this, PanelState> {
    return this.changed;
  }

  /** False when an administrator or the person has switched clearing off. */
  get offersClear(): boolean {
    return this.clearOffered;
  }

  set offersClear(offered: boolean) {
    if (offered === this.clearOffered) return;
    this.clearOffered = offered;
    this.changed.emit(this.current);
  }

  show(): void {
    this.options.show();
  }

  refresh(): void {
    this.link.refresh();
  }

  async clearCaches(): Promise<void> {
    const { trans } = this.options;
    this.show();
    if (!(await this.untilLive())) return;
    const { channel } = this.link;
    const { state } = this;
    if (channel === undefined || !isLive(state) || !state.can.clear.allowed || !this.clearOffered) return;
    this.tell(undefined);
    try {
      const plan = await channel.planClear(CACHE_KINDS);
      if (plan.entries === 0) {
        this.tell({ tone: "info", text: trans.__("There is nothing to clear.") });
        return;
      }
      const size = formatBytes(plan.bytes);
      const answer = await showDialog({
        title: trans.__("Clear Sojourn caches?"),
        body: trans._n(
          "%1 entry (%2) will be deleted from disk, for all notebooks. Results stay right: what is missing is computed again.",
          "%1 entries (%2) will be deleted from disk, for all notebooks. Results stay right: what is missing is computed again.",
          plan.entries,
          size,
        ),
        buttons: [
          Dialog.cancelButton({ label: trans.__("Cancel") }),
          Dialog.warnButton({ label: trans.__("Clear"), ariaLabel: trans.__("Clear Sojourn caches") }),
        ],
        defaultButton: 0,
      });
      if (!answer.button.accept) return;
      const removed = await channel.clear(CACHE_KINDS);
      const text = trans._n(
        "Cleared %1 entry (%2).",
        "Cleared %1 entries (%2).",
        removed.entries,
        formatBytes(removed.bytes),
      );
      this.tell({ tone: "info", text });
    } catch (error) {
      this.tell({ tone: "error", text: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Resolves with true when the kernel can be asked, with false when that will not happen by itself. */
  private untilLive(): Promise<boolean> {
    if (this.current.tag !== "connecting") return Promise.resolve(isLive(this.current));
    return new Promise((resolve) => {
      const check = () => {
        if (this.current.tag === "connecting") return;
        this.changed.disconnect(check);
        resolve(isLive(this.current));
      };
      this.changed.connect(check);
    });
  }

  private tell(notice: Notice | undefined): void {
    this.dispatch({ type: "notice", notice });
  }

  private dispatch(event: PanelEvent): void {
    const next = reduce(this.current, event);
    if (next === this.current) return;
    this.current = next;
    this.changed.emit(next);
  }

  private readonly options: ModelOptions;
  private readonly changed = new Signal<this, PanelState>(this);
  private current: PanelState = INITIAL;
  private clearOffered = true;
}
