/**
 * The side panel's Lumino shell: a toolbar, one line that says who we talk to, and an accordion with one widget per
 * section. Tells the link when it is seen and when not; everything else happens in the model.
 */
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget, refreshIcon, SidePanel, Toolbar } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { type AccordionPanel, type PanelLayout, Widget } from "@lumino/widgets";
import { sojournIcon } from "./icon.js";
import { LoadFault } from "./load-fault.js";
import type { PanelModel, PanelWish } from "./model.js";
import { SectionWidget } from "./section-widget.js";
import { SECTIONS, type SectionName } from "./tokens.js";

export const PANEL_ID = "sojourn-panel";
/** Open when the panel is shown for the first time; the others are a click away. */
const OPEN: readonly SectionName[] = ["overview", "entries"];
/** How the room is divided among the sections that are open; each has its smallest height from the style sheet. */
const SHARES: Readonly<Record<SectionName, number>> = {
  overview: 5,
  suggestions: 3,
  prewarm: 4,
  entries: 5,
  evictions: 3,
  shared: 3,
};

export interface CachePanelOptions {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  readonly translator: ITranslator;
}

export class CachePanel extends SidePanel {
  constructor({ model, trans, translator }: CachePanelOptions) {
    super({ translator });
    this.model = model;
    this.id = PANEL_ID;
    this.addClass("jp-Sojourn");
    this.title.icon = sojournIcon;
    this.title.caption = trans.__("Sojourn caches");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Sojourn caches"));
    // The shell names its content "side panel content"; a region within a region needs no name of its own.
    this.content.node.setAttribute("role", "presentation");
    this.content.node.removeAttribute("aria-label");

    const heading = document.createElement("h2");
    heading.className = "jp-Sojourn-heading";
    heading.textContent = trans.__("Caches");
    // a button of our own: JupyterLab's carries an attribute that its role does not allow
    const refresh = document.createElement("button");
    refresh.type = "button";
    refresh.className = "jp-Button jp-mod-minimal jp-Sojourn-refresh";
    refresh.title = trans.__("Refresh the numbers");
    refresh.setAttribute("aria-label", refresh.title);
    refreshIcon.element({ container: refresh, elementSize: "normal" });
    refresh.addEventListener("click", () => model.refresh());
    this.toolbar.node.setAttribute("aria-label", trans.__("Sojourn caches toolbar"));
    this.toolbar.addItem("heading", new Widget({ node: heading }));
    this.toolbar.addItem("spacer", Toolbar.createSpacerItem());
    this.toolbar.addItem("refresh", new Widget({ node: refresh }));

    const titles: Readonly<Record<SectionName, string>> = {
      overview: trans.__("Overview"),
      suggestions: trans.__("Suggestions"),
      prewarm: trans.__("Prewarm"),
      entries: trans.__("Entries"),
      evictions: trans.__("Evictions"),
      shared: trans.__("Shared cache"),
    };
    this.sections = new Map(SECTIONS.map((name) => [name, new SectionWidget(model, titles[name])]));
    for (const section of this.sections.values()) this.addWidget(section);
    // sections without a control of their own are scrolled by keys all the same
    for (const name of ["evictions", "shared"] as const) this.sections.get(name)?.node.setAttribute("tabindex", "0");
    SECTIONS.forEach((name, at) => {
      if (!OPEN.includes(name)) this.accordion.collapse(at);
    });
    this.accordion.expansionToggled.connect(this.divide, this);
    this.divide();

    const update = () => {
      refresh.disabled = model.state.tag === "none" || model.state.tag === "foreign";
    };
    model.stateChanged.connect(update);
    model.wished.connect(this.onWish, this);
    update();
    document.addEventListener("visibilitychange", this.updateVisible);
  }

  override dispose(): void {
    document.removeEventListener("visibilitychange", this.updateVisible);
    this.model.wished.disconnect(this.onWish, this);
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.updateVisible();
  }

  protected override onBeforeDetach(message: Message): void {
    super.onBeforeDetach(message);
    this.model.setVisible(false);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.updateVisible();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.updateVisible();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // The title of the first section: unlike the buttons of the toolbar it is always there and never disabled.
    this.node.querySelector<HTMLElement>(".jp-AccordionPanel-title")?.focus();
  }

  private get accordion(): AccordionPanel {
    return this.content as AccordionPanel;
  }

  /** Whatever was open before: a section that opens gets a fair part of the room. */
  private divide(): void {
    const shares = SECTIONS.map((name) => (this.sections.get(name)?.isHidden === false ? SHARES[name] : 0));
    if (shares.some((share) => share > 0)) this.accordion.setRelativeSizes(shares);
  }

  private onWish(_: PanelModel, wish: PanelWish): void {
    if (wish.type === "reveal") this.accordion.expand(SECTIONS.indexOf(wish.section));
    // sections may not be there yet: they find it when they come
    if (wish.type !== "reveal") this.model.pendingWish = wish;
  }

  private readonly updateVisible = () => {
    const visible = this.isVisible && document.visibilityState === "visible";
    if (visible) void this.load();
    this.model.setVisible(visible);
  };

  /** The bodies of the sections, a chunk of their own: who never opens the panel never loads them. */
  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    const bodies = await import("./sections/bodies.js").catch(() => undefined);
    if (this.isDisposed) return;
    const { model } = this;
    if (bodies === undefined) {
      this.loading = false;
      this.fault ??= new LoadFault({ trans: model.trans, onRetry: () => void this.load() });
      (this.layout as PanelLayout).insertWidget(1, this.fault);
      return;
    }
    const { BODIES, StatusLine } = bodies;
    const hadFocus = this.fault?.node.contains(document.activeElement);
    this.fault?.dispose();
    if (hadFocus) this.activate();
    const statusLine = ReactWidget.create(StatusLine({ model, trans: model.trans }));
    statusLine.addClass("jp-Sojourn-status");
    (this.layout as PanelLayout).insertWidget(1, statusLine);
    for (const [name, section] of this.sections) section.setBody(BODIES[name]);
  }

  private readonly model: PanelModel;
  private readonly sections: ReadonlyMap<SectionName, SectionWidget>;
  private loading = false;
  private fault: LoadFault | undefined;
}
