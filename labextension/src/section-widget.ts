/**
 * One section of the accordion: a Lumino widget whose React body comes with the chunk of sections, once the panel is shown for
 * the first time. Says whether it is in sight, so that a collapsed section asks nothing.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { createElement, type FunctionComponent, type ReactElement } from "react";
import { Boundary } from "./boundary.js";
import type { PanelModel } from "./model.js";

export interface SectionProps {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  /** In sight: may ask the kernel. */
  readonly shown: boolean;
  /** Puts a number beside the section's title; 0 removes it. */
  readonly setCount: (count: number) => void;
}

export class SectionWidget extends ReactWidget {
  constructor(model: PanelModel, label: string) {
    super();
    this.model = model;
    this.label = label;
    this.title.label = label;
    this.addClass("jp-Sojourn-section");
  }

  setBody(body: FunctionComponent<SectionProps>): void {
    this.body = body;
    this.update();
  }

  protected override render(): ReactElement | null {
    if (this.body === undefined) return null;
    const { model } = this;
    const { trans } = model;
    const body = createElement(this.body, { model, trans, shown: this.isVisible, setCount: this.setCount });
    return createElement(Boundary, { trans }, body);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }

  private readonly setCount = (count: number): void => {
    const label = count === 0 ? this.label : `${this.label} (${count})`;
    if (label !== this.title.label) this.title.label = label;
  };

  private readonly model: PanelModel;
  private readonly label: string;
  private body: FunctionComponent<SectionProps> | undefined;
}
