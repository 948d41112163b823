/**
 * The side panel's Lumino shell: a toolbar, one line that says who we talk to, and an accordion with one widget per
 * section. Tells the link when it is seen and when not; everything else happens in the model.
 */
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget, refreshIcon, SidePanel, Toolbar, ToolbarButton } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { type PanelLayout, Widget } from "@lumino/widgets";
import { sojournIcon } from "./icon.js";
import type { PanelModel } from "./model.js";
import { OverviewSection } from "./sections/overview.js";
import { StatusLine } from "./sections/status-line.js";

export const PANEL_ID = "sojourn-panel";

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
    const refresh = new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__("Refresh the numbers"),
      onClick: () => model.refresh(),
    });
    this.toolbar.node.setAttribute("aria-label", trans.__("Sojourn caches toolbar"));
    this.toolbar.addItem("heading", new Widget({ node: heading }));
    this.toolbar.addItem("spacer", Toolbar.createSpacerItem());
    this.toolbar.addItem("refresh", refresh);

    const statusLine = ReactWidget.create(StatusLine({ model, trans }));
    statusLine.addClass("jp-Sojourn-status");
    (this.layout as PanelLayout).insertWidget(1, statusLine);

    const overview = ReactWidget.create(OverviewSection({ model, trans }));
    overview.addClass("jp-Sojourn-section");
    overview.title.label = trans.__("Overview");
    this.addWidget(overview);

    const update = () => {
      refresh.enabled = model.state.tag !== "none" && model.state.tag !== "foreign";
    };
    model.stateChanged.connect(update);
    update();
    document.addEventListener("visibilitychange", this.updateVisible);
  }

  override dispose(): void {
    document.removeEventListener("visibilitychange", this.updateVisible);
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.updateVisible();
  }

  protected override onBeforeDetach(message: Message): void {
    super.onBeforeDetach(message);
    this.model.link.setVisible(false);
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

  private readonly updateVisible = () => {
    this.model.link.setVisible(this.isVisible && document.visibilityState === "visible");
  };

  private readonly model: PanelModel;
}
