/**
 * A renderer for `application/vnd.plotly.v1+json` outputs, for environments in which none is installed. It loads plotly
 * on the first chart, follows the page's theme and the width of the cell, and shows the picture that came along when
 * the partial bundle cannot draw the figure.
 */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ISignal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { type Figure, readTheme, safeConfig, themedLayout, titleOf, undrawableType } from "./figure.js";
import type { Plotly } from "./plotly.js";

export const PLOTLY_MIME_TYPE = "application/vnd.plotly.v1+json";

/** Before `image/svg+xml` (80), after `text/html` (50), which a figure only carries when it means to be shown so. */
const RANK = 60;

export interface RendererOptions {
  readonly trans: TranslationBundle;
  readonly themeChanged?: ISignal<unknown, unknown>;
}

export function plotlyRendererFactory(options: RendererOptions): IRenderMime.IRendererFactory {
  return {
    // Plotly sanitises the labels of a figure and runs nothing from it, so untrusted notebooks show their charts too.
    safe: true,
    mimeTypes: [PLOTLY_MIME_TYPE],
    defaultRank: RANK,
    createRenderer: () => new ChartRenderer(options),
  };
}

class ChartRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(options: RendererOptions) {
    super();
    this.options = options;
    this.addClass("jp-Sojourn-chart");
    this.node.setAttribute("role", "figure");
    this.observer = new ResizeObserver(() => {
      this.width = this.node.clientWidth;
      if (this.model !== undefined) void this.draw();
    });
    this.observer.observe(this.node);
    options.themeChanged?.connect(this.onThemeChanged, this);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    this.outdated = true;
    await this.draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.observer.disconnect();
    this.options.themeChanged?.disconnect(this.onThemeChanged, this);
    this.drawnWith?.purge(this.node);
    super.dispose();
  }

  private get figure(): Figure {
    return (this.model?.data[PLOTLY_MIME_TYPE] ?? {}) as Figure;
  }

  /**
   * Draws in the page's next frame, of the figures that came until then the last. Meanwhile the page hears what else has
   * arrived, such as the end of an answer after which a slider sends its next value.
   */
  private draw(): Promise<void> {
    this.next ??= this.drawing.then(nextFrame).then(() => {
      this.next = undefined;
      const drawn = this.drawNow();
      // a figure that cannot be drawn does not keep the next one from it
      this.drawing = drawn.catch(() => undefined);
      return drawn;
    });
    return this.next;
  }

  /** Only when something or the width has changed; a node without width (not attached, hidden) is drawn when it gets one. */
  private async drawNow(): Promise<void> {
    const { width } = this;
    if (this.isDisposed || width === 0 || (width === this.drawnWidth && !this.outdated)) return;
    this.outdated = false;
    const { plotly, DRAWABLE_TYPES } = await import("./plotly.js");
    if (this.isDisposed) return;
    const { figure } = this;
    this.node.setAttribute("aria-label", titleOf(figure) || this.options.trans.__("Chart"));
    const foreignType = undrawableType(figure, DRAWABLE_TYPES);
    if (foreignType !== undefined) {
      this.showPicture(foreignType);
      return;
    }
    const style = getComputedStyle(this.node);
    const theme = readTheme((name) => style.getPropertyValue(name));
    const traces = structuredClone(figure.data ?? []);
    await plotly.react(this.node, traces, themedLayout(figure.layout, theme, width), safeConfig(figure.config));
    this.drawnWith = plotly;
    this.drawnWidth = width;
  }

  /** JupyterLab hides the whole page for one frame after a change of theme, so the one after that is the first to draw in. */
  private onThemeChanged(): void {
    this.outdated = true;
    if (this.drawnWith === undefined) return;
    requestAnimationFrame(() => requestAnimationFrame(() => void this.draw()));
  }

  /** Says why there is no interactive chart, above the picture that the kernel sent along, if it did. */
  private showPicture(type: string): void {
    const { trans } = this.options;
    const reason = document.createElement("p");
    reason.textContent = trans.__(
      "Charts of type %1 need a full plotly renderer, for example the Python package plotly in JupyterLab's environment.",
      type,
    );
    const svg = this.model?.data["image/svg+xml"];
    if (typeof svg !== "string") {
      this.node.replaceChildren(reason);
      return;
    }
    const picture = document.createElement("img");
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    picture.alt = titleOf(this.figure) || trans.__("Chart");
    this.node.replaceChildren(reason, picture);
  }

  private readonly options: RendererOptions;
  private readonly observer: ResizeObserver;
  private model: IRenderMime.IMimeModel | undefined;
  /** The drawing that is made, which does not fail. */
  private drawing: Promise<void> = Promise.resolve();
  /** The drawing that waits for its frame. */
  private next: Promise<void> | undefined;
  /** Of the node, as of the last change; asking the node would lay the whole page out for each drawing. */
  private width = 0;
  private drawnWith: Plotly | undefined;
  private drawnWidth = 0;
  /** Something has changed since the last drawing, e.g. the theme while the notebook was hidden. */
  private outdated = true;
}

const nextFrame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()));
