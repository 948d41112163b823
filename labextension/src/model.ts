/**
 * The panel's one object with state: holds the view-model's state, feeds it the link's events, and passes on what sections ask
 * of the kernel. Dialogs are in `actions.ts`. Knows no widget.
 */
import { showErrorMessage } from "@jupyterlab/apputils";
import type { Kernel, ServiceManager } from "@jupyterlab/services";
import type { IStateDB } from "@jupyterlab/statedb";
import type { TranslationBundle } from "@jupyterlab/translation";
import { type ISignal, Signal } from "@lumino/signaling";
import type { AskName, Asks, Permission, View } from "@sojourn/kernel/panel-protocol";
import { clearCaches, vacuumCaches } from "./actions.js";
import { KernelRefusal } from "./connection/channel.js";
import type { Follower } from "./connection/follow.js";
import { HelperKernel } from "./connection/helper.js";
import { KernelLink } from "./connection/link.js";
import type { KernelSource } from "./connection/source.js";
import type { ICachePanel, OfferedAction, SectionName } from "./tokens.js";
import { helperPrewarms } from "./view-model/prewarm.js";
import { reduce } from "./view-model/reduce.js";
import { INITIAL, isLive, type Notice, type PanelEvent, type PanelState } from "./view-model/state.js";

const DISMISSED_KEY = "@sojourn/labextension:dismissed";
/** How long a hidden panel is told how a prewarming job goes, when the helper kernel's time is over. */
const GLANCE_MS = 5000;

export interface ModelOptions {
  readonly trans: TranslationBundle;
  readonly services: ServiceManager.IManager;
  /** Keeps what a person put aside over page loads. */
  readonly database: IStateDB | null;
  /** Opens the side bar on the panel. */
  readonly show: () => void;
  readonly findOwner: (kernelId: string) => Kernel.IKernelConnection | undefined;
  /** Opens a notebook that runs already. */
  readonly openNotebook: (path: string) => void;
}

/** What one part of the panel wants of another. */
export type PanelWish =
  | { readonly type: "reveal"; readonly section: SectionName }
  | { readonly type: "entry"; readonly key: string }
  | { readonly type: "prewarm"; readonly model: string };

export class PanelModel implements ICachePanel {
  constructor(options: ModelOptions) {
    this.options = options;
    this.trans = options.trans;
    this.link = new KernelLink({ dispatch: (event) => this.dispatch(event), findOwner: options.findOwner });
    this.helper = new HelperKernel({
      services: options.services,
      name: options.trans.__("Helper kernel"),
      onChange: (source) => {
        this.follower?.setHelper(source);
        this.changed.emit(this.current);
      },
      isAtWork: () => this.isAtWork(),
    });
    // without a kernel the panel lists notebooks that have one
    options.services.sessions.runningChanged.connect(() => {
      if (!isLive(this.current)) this.changed.emit(this.current);
    });
    void options.database?.fetch(DISMISSED_KEY).then(
      (ids) => {
        if (Array.isArray(ids)) this.aside = new Set(ids.filter((id): id is string => typeof id === "string"));
      },
      () => undefined,
    );
  }

  readonly trans: TranslationBundle;
  readonly link: KernelLink;

  /** What was wished before the section that can do it was there. */
  pendingWish: PanelWish | undefined;

  /** Set once the shell is there. */
  follower: Follower | undefined;

  get state(): PanelState {
    return this.current;
  }

  get stateChanged(): ISignal<this, PanelState> {
    return this.changed;
  }

  get wished(): ISignal<this, PanelWish> {
    return this.wishes;
  }

  get pinned(): boolean {
    return this.isPinned;
  }

  get view(): View {
    return this.chosenView;
  }

  get hasHelper(): boolean {
    return this.helper.isRunning;
  }

  /** Notebooks that run with a Sojourn kernel, but for the one that the panel follows. */
  get runningNotebooks(): readonly string[] {
    const { sessions } = this.options.services;
    return [...sessions.running()]
      .filter(({ kernel, type }) => kernel?.name === "sojourn" && type === "notebook")
      .map(({ path }) => path)
      .filter((path) => path !== this.followed?.path);
  }

  get canStartHelper(): boolean {
    return this.helper.isAvailable && !this.helper.isRunning && this.offers("helper");
  }

  /** Whether results carry badges. */
  showsBadges = true;
  showsStatusItem = true;

  /** Suggestions that the person has put aside. */
  get dismissed(): ReadonlySet<string> {
    return this.aside;
  }

  setDismissed(ids: ReadonlySet<string>): void {
    this.aside = ids;
    void this.options.database?.save(DISMISSED_KEY, [...ids]).catch(() => undefined);
  }

  follow(source: KernelSource | null, pinned: boolean): void {
    this.isPinned = pinned;
    this.followed = source;
    this.link.follow(source);
    this.changed.emit(this.current);
  }

  setPinned(pinned: boolean): void {
    this.follower?.setPinned(pinned);
  }

  setView(view: View): void {
    if (view === this.chosenView) return;
    this.chosenView = view;
    this.link.setView(view);
    this.dispatch({ type: "view", view });
    this.changed.emit(this.current);
  }

  /** Seen or not; a helper kernel that nobody looks at is stopped after a while. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    this.link.setVisible(visible);
    if (visible) this.helper.touch();
  }

  get isVisible(): boolean {
    return this.visible;
  }

  /** Settings took actions away, or gave them back. */
  setHidden(actions: ReadonlySet<OfferedAction>): void {
    this.hidden = actions;
    this.changed.emit(this.current);
  }

  offers(action: OfferedAction): boolean {
    return !this.hidden.has(action);
  }

  /** Of an action that is offered: whether the kernel allows it. */
  permission(action: Exclude<OfferedAction, "helper">): Permission {
    const { state } = this;
    return isLive(state) ? state.can[action] : { allowed: false, reason: this.trans.__("There is no kernel to ask.") };
  }

  /** Rejects with a sentence. */
  ask<N extends AskName>(name: N, of: Asks[N][0]): Promise<Asks[N][1]> {
    const { channel } = this.link;
    if (channel === undefined || !isLive(this.current))
      return Promise.reject(
        new KernelRefusal(
          "no-kernel",
          this.trans.__("Cannot ask the kernel: there is none, or the connection to it is broken."),
        ),
      );
    this.helper.touch();
    return channel.ask(name, of);
  }

  show(section?: SectionName): void {
    this.options.show();
    if (section !== undefined) this.wishes.emit({ type: "reveal", section });
  }

  openEntry(key: string): void {
    this.show("entries");
    this.wishes.emit({ type: "entry", key });
  }

  prewarmModel(model: string): void {
    this.wishes.emit({ type: "reveal", section: "prewarm" });
    this.wishes.emit({ type: "prewarm", model });
  }

  openNotebook(path: string): void {
    this.options.openNotebook(path);
  }

  refresh(): void {
    this.link.refresh();
  }

  async startHelper(): Promise<void> {
    try {
      await this.helper.start();
    } catch (error) {
      this.tell({ tone: "error", text: this.trans.__("Cannot start a helper kernel: %1", String(error)) });
    }
  }

  stopHelper(): Promise<void> {
    return this.helper.stop();
  }

  clearCaches(): Promise<void> {
    return clearCaches(this);
  }

  vacuum(): Promise<void> {
    return vacuumCaches(this);
  }

  /** Resolves with true when the kernel can be asked, with false when that will not happen by itself. */
  untilLive(): Promise<boolean> {
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

  /**
   * In the panel's line for outcomes; without a kernel there is none, and a dialog says it: JupyterLab's notifications come over the
   * network, which may be what is missing.
   */
  tell(notice: Notice | undefined): void {
    if (isLive(this.current)) this.dispatch({ type: "notice", notice });
    else if (notice !== undefined) void showErrorMessage(this.trans.__("Sojourn caches"), notice.text);
  }

  /**
   * Whether the helper kernel may be prewarming. What a hidden panel knows is old, so it looks again for a moment: once in ten
   * minutes, and only as long as a job runs.
   */
  private isAtWork(): boolean {
    if (!helperPrewarms(this.current)) return false;
    if (!this.visible) {
      this.link.setVisible(true);
      window.setTimeout(() => this.link.setVisible(this.visible), GLANCE_MS);
    }
    return true;
  }

  private dispatch(event: PanelEvent): void {
    const next = reduce(this.current, event);
    if (next === this.current) return;
    this.current = next;
    if (event.type === "message" && event.message.type === "jobs" && helperPrewarms(next)) this.helper.touch();
    this.changed.emit(next);
  }

  private readonly options: ModelOptions;
  private readonly helper: HelperKernel;
  private readonly changed = new Signal<this, PanelState>(this);
  private readonly wishes = new Signal<this, PanelWish>(this);
  private current: PanelState = INITIAL;
  private chosenView: View = "session";
  private followed: KernelSource | null = null;
  private isPinned = false;
  private aside: ReadonlySet<string> = new Set();
  private visible = false;
  private hidden: ReadonlySet<OfferedAction> = new Set();
}
