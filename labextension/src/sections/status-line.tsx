/** One line under the toolbar: which notebook or console, which kernel, and how it is. Its changes are announced politely. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { UseSignal } from "@jupyterlab/ui-components";
import type { PanelModel } from "../model.js";
import { type Explanation, explain } from "../view-model/explain.js";
import { isLive } from "../view-model/state.js";

interface Props {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
}

export function StatusLine({ model, trans }: Props) {
  return <UseSignal signal={model.stateChanged}>{() => <Line model={model} trans={trans} />}</UseSignal>;
}

function Line({ model, trans }: Props) {
  const { state, pinned } = model;
  const words = explain(state, trans);
  const { target } = state;
  const kernel = isLive(state) ? trans.__("Sojourn %1", state.kernelVersion) : target?.kernelName;
  return (
    <div className="jp-Sojourn-line" data-state={state.tag}>
      <Dot tone={words.tone} />
      <div className="jp-Sojourn-who">
        {target === undefined ? null : (
          <div className="jp-Sojourn-target" title={target.name}>
            <strong>
              <bdi>{target.name}</bdi>
            </strong>
            {kernel ? ` · ${kernel}` : null}
            {target.kind === "console" ? ` · ${trans.__("console")}` : null}
          </div>
        )}
        <div className="jp-Sojourn-headline" role="status" title={words.cause}>
          {words.headline}
        </div>
      </div>
      {target === undefined ? null : target.kind === "helper" ? (
        <button
          type="button"
          className="jp-Button jp-Sojourn-button"
          title={trans.__("Stops the kernel that was started for the panel alone")}
          onClick={() => void model.stopHelper()}
        >
          {trans.__("Stop")}
        </button>
      ) : (
        <button
          type="button"
          className="jp-Button jp-Sojourn-button jp-Sojourn-pin"
          aria-pressed={pinned}
          title={
            pinned
              ? trans.__("Follow the active notebook again")
              : trans.__("Stay with this one, whatever notebook is active")
          }
          onClick={() => model.setPinned(!pinned)}
        >
          {pinned ? trans.__("Pinned") : trans.__("Pin")}
        </button>
      )}
    </div>
  );
}

/** Tells the states apart by shape as well as by colour. */
function Dot({ tone }: { tone: Explanation["tone"] }) {
  return (
    <svg className={`jp-Sojourn-dot jp-mod-${tone}`} viewBox="0 0 12 12" aria-hidden="true">
      {tone === "warning" ? (
        <path d="M6 1 11.5 11H.5zM5.4 4.5v3.2h1.2V4.5zm0 4.1v1.2h1.2V8.6z" fillRule="evenodd" />
      ) : (
        <circle cx="6" cy="6" r={tone === "live" || tone === "busy" ? 4.5 : 3.75} />
      )}
    </svg>
  );
}
