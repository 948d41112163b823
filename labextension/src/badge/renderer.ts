/**
 * Draws a result with its badge: the result as whatever renderer it would have had without one, and a button that says how the
 * caches served it and opens the entry. A badge that makes no sense is left out.
 */
import { type IRenderMimeRegistry, MimeModel } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { PanelLayout, Widget } from "@lumino/widgets";
import { BADGE_MIME_TYPE, type LookupBadge } from "@sojourn/kernel/panel-protocol";
import { keyOf, readBadge, toneOf } from "../view-model/badge.js";
import { formatDuration } from "../view-model/numbers.js";

/** Before everything that a result may carry beside it, and after widgets (0), which are no results of look-ups. */
const RANK = 1;

export interface BadgeOptions {
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
  readonly isShown: () => boolean;
  readonly onOpen: (key: string) => void;
}

export function badgeRendererFactory(options: BadgeOptions): IRenderMime.IRendererFactory {
  return {
    // texts are set as texts; what is beside them is drawn by its own renderer, trusted or not
    safe: true,
    mimeTypes: [BADGE_MIME_TYPE],
    defaultRank: RANK,
    createRenderer: (given) => new BadgedResult(options, given),
  };
}

class BadgedResult extends Widget implements IRenderMime.IRenderer {
  constructor(options: BadgeOptions, given: IRenderMime.IRendererOptions) {
    super();
    this.options = options;
    this.rendermime = options.rendermime.clone({
      ...(given.resolver && { resolver: given.resolver }),
      ...(given.linkHandler && { linkHandler: given.linkHandler }),
      ...(given.latexTypesetter && { latexTypesetter: given.latexTypesetter }),
      sanitizer: given.sanitizer,
    });
    this.layout = new PanelLayout();
    this.addClass("jp-Sojourn-badged");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { [BADGE_MIME_TYPE]: value, ...data } = model.data;
    const badge = readBadge(value);
    const type = this.rendermime.preferredMimeType(data, model.trusted ? "any" : "ensure");
    if (type !== undefined && (this.inner === undefined || this.innerType !== type)) {
      this.inner?.dispose();
      this.inner = this.rendermime.createRenderer(type);
      this.innerType = type;
      this.inner.node.dataset.mimeType = type;
      (this.layout as PanelLayout).addWidget(this.inner);
    }
    this.node.querySelector(".jp-Sojourn-badge")?.remove();
    if (badge !== undefined && this.options.isShown()) this.node.prepend(this.button(badge));
    if (type === undefined || this.inner === undefined) return;
    await this.inner.renderModel(new MimeModel({ data, metadata: model.metadata, trusted: model.trusted }));
  }

  private button(badge: LookupBadge): HTMLElement {
    const { trans, onOpen } = this.options;
    const key = keyOf(badge);
    const button = document.createElement("button");
    button.type = "button";
    button.className = `jp-Sojourn-badge jp-mod-${toneOf(badge)}`;
    button.textContent = badgeText(badge, trans);
    button.title = badge.lookups
      .map(({ kind, model, outcome, layer, reason }) => {
        const what = model === "" ? kind : trans.__("%1 of %2", kind, model);
        return `${what}: ${outcome}${layer ? ` (${layer})` : ""}${reason ? `, ${reason}` : ""}`;
      })
      .join("\n");
    button.setAttribute("aria-label", trans.__("Sojourn caches: %1. Opens the entry.", button.textContent));
    if (key === undefined) button.disabled = true;
    else button.addEventListener("click", () => onOpen(key));
    return button;
  }

  private readonly options: BadgeOptions;
  private readonly rendermime: IRenderMimeRegistry;
  private inner: IRenderMime.IRenderer | undefined;
  private innerType = "";
}

/** `2 hits · saved 1.2 s`, `1 hit, 1 miss · made in 340 ms`. */
function badgeText(
  { hits, misses, bypasses, refusals, savedMs, madeMs }: LookupBadge,
  trans: TranslationBundle,
): string {
  const made = misses + refusals;
  const counts = [
    ...(hits > 0 ? [trans._n("%1 hit", "%1 hits", hits)] : []),
    ...(made > 0 ? [trans._n("%1 miss", "%1 misses", made)] : []),
    ...(bypasses > 0 ? [trans.__("%1 not cached", bypasses)] : []),
  ].join(", ");
  if (made > 0) return trans.__("%1 · made in %2", counts, formatDuration(madeMs));
  return savedMs >= 1 ? trans.__("%1 · saved %2", counts, formatDuration(savedMs)) : counts;
}
