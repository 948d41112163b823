/** An item of the status bar: how the look-ups of the followed session went, as of when the panel was seen last. Opens the panel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import { sojournIcon } from "./icon.js";
import type { ICachePanel } from "./tokens.js";
import { explain } from "./view-model/explain.js";
import { hitRate } from "./view-model/numbers.js";
import { isLive } from "./view-model/state.js";

export class StatusItem extends ReactWidget {
  constructor(panel: ICachePanel, trans: TranslationBundle) {
    super();
    this.panel = panel;
    this.trans = trans;
    this.addClass("jp-Sojourn-statusitem");
    panel.stateChanged.connect(() => this.update());
  }

  protected override render() {
    const { panel, trans } = this;
    const { state } = panel;
    const overview = isLive(state) && state.overview?.view === "session" ? state.overview : undefined;
    const rates = overview?.kinds.map(({ lookups }) => hitRate(lookups)) ?? [];
    const hits = rates.reduce((sum, rate) => sum + rate.hits, 0);
    const total = rates.reduce((sum, rate) => sum + rate.total, 0);
    const text = total > 0 ? trans.__("%1 of %2 hits", hits, total) : trans.__("Sojourn");
    const words = explain(state, trans);
    return (
      <button
        type="button"
        className="jp-Sojourn-statusbutton"
        title={trans.__("Sojourn caches: %1. Click to open the panel.", words.headline)}
        onClick={() => panel.show()}
      >
        <sojournIcon.react tag="span" stylesheet="statusBar" />
        {text}
      </button>
    );
  }

  private readonly panel: ICachePanel;
  private readonly trans: TranslationBundle;
}

/** A Sojourn kernel is followed, whatever its state. */
export const isFollowed = ({ state }: ICachePanel): boolean => state.tag !== "none" && state.tag !== "foreign";
