/** OVERVIEW: what the caches did for this session and what they hold; in any other state, its cause and the next step. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { UseSignal } from "@jupyterlab/ui-components";
import type { KindOverview, LastLookup, Overview } from "@sojourn/kernel/panel-protocol";
import type { PanelModel } from "../model.js";
import { explain } from "../view-model/explain.js";
import { diskFraction, formatBytes, formatDuration, hitRate, sumOf } from "../view-model/numbers.js";
import { isLive, type Live, type PanelState } from "../view-model/state.js";

interface Props {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
}

export function OverviewSection({ model, trans }: Props) {
  return (
    <UseSignal signal={model.stateChanged}>
      {() =>
        isLive(model.state) ? (
          <Known live={model.state} model={model} trans={trans} />
        ) : (
          <Unknown state={model.state} trans={trans} />
        )
      }
    </UseSignal>
  );
}

function Unknown({ state, trans }: { state: PanelState; trans: TranslationBundle }) {
  const words = explain(state, trans);
  return (
    <div className="jp-Sojourn-explanation">
      <p>{words.cause}</p>
      {words.next === "" ? null : <p className="jp-Sojourn-next">{words.next}</p>}
    </div>
  );
}

function Known({ live, model, trans }: Props & { live: Live }) {
  const { overview, notice, can } = live;
  return (
    <div className="jp-Sojourn-overview">
      {overview === undefined ? (
        <p className="jp-Sojourn-next">{trans.__("Waiting for the first numbers from the kernel.")}</p>
      ) : (
        <Numbers overview={overview} trans={trans} />
      )}
      {model.offersClear ? (
        <div className="jp-Sojourn-actions">
          <button
            type="button"
            className="jp-Button jp-Sojourn-button"
            disabled={!can.clear.allowed}
            title={can.clear.allowed ? trans.__("Shows what would be deleted and asks first") : can.clear.reason}
            onClick={() => void model.clearCaches()}
          >
            {trans.__("Clear caches…")}
          </button>
          {can.clear.allowed ? null : <span className="jp-Sojourn-next">{can.clear.reason}</span>}
        </div>
      ) : null}
      <p className={notice?.tone === "error" ? "jp-Sojourn-notice jp-mod-error" : "jp-Sojourn-notice"} role="status">
        {notice?.text}
      </p>
    </div>
  );
}

function Numbers({ overview, trans }: { overview: Overview; trans: TranslationBundle }) {
  const bytes = sumOf(overview.kinds, (kind) => kind.bytes);
  return (
    <>
      <table className="jp-Sojourn-table">
        <caption>{trans.__("Look-ups in this session, and what is on disk")}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__("Kind")}</th>
            <th scope="col">{trans.__("Hit rate")}</th>
            <th scope="col" className="jp-mod-number jp-mod-wide">
              {trans.__("Hits")}
            </th>
            <th scope="col" className="jp-mod-number jp-mod-wide">
              {trans.__("Misses")}
            </th>
            <th scope="col" className="jp-mod-number">
              {trans.__("Entries")}
            </th>
            <th scope="col" className="jp-mod-number">
              {trans.__("Size")}
            </th>
          </tr>
        </thead>
        <tbody>
          {overview.kinds.map((kind) => (
            <Row key={kind.kind} kind={kind} trans={trans} />
          ))}
        </tbody>
      </table>
      <Oddities overview={overview} trans={trans} />
      <dl className="jp-Sojourn-facts">
        <dt>{trans.__("Saved")}</dt>
        <dd title={trans.__("Time that the hits would have taken to compute, minus the time it took to load them")}>
          {savedText(overview.savedMs, trans)}
        </dd>
        <dt>{trans.__("Disk")}</dt>
        <dd title={overview.directory}>
          {trans.__("%1 of %2", formatBytes(bytes), formatBytes(overview.capBytes))}
          <Bar fraction={diskFraction(overview)} warn={diskFraction(overview) > 1} />
        </dd>
        <dt>{trans.__("Last")}</dt>
        <dd>{overview.last === undefined ? trans.__("no look-up yet") : lastText(overview.last, trans)}</dd>
      </dl>
    </>
  );
}

function Row({ kind, trans }: { kind: KindOverview; trans: TranslationBundle }) {
  const rate = hitRate(kind.session);
  return (
    <tr>
      <th scope="row">{kind.kind}</th>
      <td className="jp-Sojourn-rate">
        {rate.total === 0 ? trans.__("none yet") : trans.__("%1 of %2", rate.hits, rate.total)}
        <Bar fraction={rate.fraction} />
      </td>
      <td className="jp-mod-number jp-mod-wide">{rate.hits}</td>
      <td className="jp-mod-number jp-mod-wide">{rate.misses}</td>
      <td className="jp-mod-number">{kind.entries}</td>
      <td className="jp-mod-number">{formatBytes(kind.bytes)}</td>
    </tr>
  );
}

/** Look-ups that did not go the usual way; says nothing when there were none. */
function Oddities({ overview, trans }: { overview: Overview; trans: TranslationBundle }) {
  const bypasses = sumOf(overview.kinds, (kind) => kind.session.bypasses);
  const refusals = sumOf(overview.kinds, (kind) => kind.session.refusals);
  if (bypasses === 0 && refusals === 0) return null;
  return (
    <p className="jp-Sojourn-next">
      {bypasses === 0 ? null : trans._n("%1 look-up was bypassed. ", "%1 look-ups were bypassed. ", bypasses)}
      {refusals === 0
        ? null
        : trans._n("%1 entry was refused and computed again.", "%1 entries were refused and computed again.", refusals)}
    </p>
  );
}

/** Decoration only: the number stands beside it. */
function Bar({ fraction, warn = false }: { fraction: number; warn?: boolean }) {
  const width = 100 * Math.min(Math.max(fraction, 0), 1);
  return (
    <svg
      className={warn ? "jp-Sojourn-bar jp-mod-warn" : "jp-Sojourn-bar"}
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="jp-Sojourn-bar-track" width="100" height="10" />
      <rect className="jp-Sojourn-bar-value" width={width} height="10" />
    </svg>
  );
}

function savedText(savedMs: number, trans: TranslationBundle): string {
  if (savedMs >= 0.5) return trans.__("about %1 this session", formatDuration(savedMs));
  if (savedMs <= -0.5) return trans.__("none: loading cost %1 more than computing", formatDuration(-savedMs));
  return trans.__("nothing yet this session");
}

function lastText(last: LastLookup, trans: TranslationBundle): string {
  const what = last.model === "" ? last.kind : trans.__("%1 of %2", last.kind, last.model);
  const outcome = last.reason === undefined ? last.outcome : `${last.outcome} (${last.reason})`;
  return trans.__("%1: %2, at %3", what, outcome, new Date(last.time).toLocaleTimeString());
}
