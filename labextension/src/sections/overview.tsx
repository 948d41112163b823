/** OVERVIEW: what the caches did for this session and what they hold; in any other state, its cause and the next step. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { KindOverview, LookupNote, Overview, View } from "@sojourn/kernel/panel-protocol";
import { VIEWS } from "@sojourn/kernel/panel-protocol";
import { lazy, Suspense, useState } from "react";
import { Boundary } from "../boundary.js";
import type { PanelModel } from "../model.js";
import type { SectionProps } from "../section-widget.js";
import { explain } from "../view-model/explain.js";
import { diskFraction, formatBytes, formatDuration, hitRate, sumOf } from "../view-model/numbers.js";
import type { Live } from "../view-model/state.js";
import { Action, Bar, useLive } from "./parts.js";

/** Loads plotly, so only on a click. Anew each time, because React keeps a chunk that did not load as that for good. */
const loadCharts = () => lazy(async () => ({ default: (await import("../charts/panel-charts.js")).PanelCharts }));

const NOTEBOOKS_SHOWN = 4;

export function OverviewSection({ model, trans, shown }: SectionProps) {
  const live = useLive(model);
  return live === undefined ? (
    <Unknown model={model} trans={trans} />
  ) : (
    <Known live={live} model={model} trans={trans} shown={shown} />
  );
}

function Unknown({ model, trans }: Pick<SectionProps, "model" | "trans">) {
  const { state } = model;
  const words = explain(state, trans);
  const idle = state.tag === "none" || state.tag === "foreign" || state.tag === "lost";
  const open = idle ? model.runningNotebooks : [];
  return (
    <div className="jp-Sojourn-explanation">
      <p>{words.cause}</p>
      {words.next === "" ? null : <p className="jp-Sojourn-next">{words.next}</p>}
      <div className="jp-Sojourn-actions">
        {state.tag === "lost" ? <Action onClick={() => model.refresh()}>{trans.__("Try again")}</Action> : null}
        {idle && model.canStartHelper ? (
          <Action
            onClick={() => void model.startHelper()}
            title={trans.__("A kernel for the panel alone; it stops with the page, or after ten idle minutes")}
          >
            {trans.__("Start a helper kernel")}
          </Action>
        ) : null}
      </div>
      {open.length === 0 ? null : (
        <>
          <p className="jp-Sojourn-next">{trans.__("These notebooks have a Sojourn kernel running:")}</p>
          <ul className="jp-Sojourn-links">
            {open.slice(0, NOTEBOOKS_SHOWN).map((path) => (
              <li key={path}>
                <Action onClick={() => model.openNotebook(path)} label={trans.__("Open %1", path)}>
                  <bdi>{path}</bdi>
                </Action>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Known({ live, model, trans, shown }: Pick<SectionProps, "model" | "trans" | "shown"> & { live: Live }) {
  const { overview, notice } = live;
  const [Charts, setCharts] = useState<ReturnType<typeof loadCharts>>();
  return (
    <div className="jp-Sojourn-overview">
      <Views model={model} trans={trans} />
      {overview === undefined ? (
        <p className="jp-Sojourn-next">{trans.__("Waiting for the first numbers from the kernel.")}</p>
      ) : overview.view === "shared" && overview.directory === "" ? (
        <p className="jp-Sojourn-next">
          {trans.__("No shared cache is set up. SOJOURN_SHARED_DIR, or the setting sharedDirectory, names one.")}
        </p>
      ) : (
        <Numbers overview={overview} trans={trans} />
      )}
      <div className="jp-Sojourn-actions">
        {model.offers("vacuum") ? (
          <Action
            permission={live.can.vacuum}
            title={trans.__("Shows what old or large entries would go, and asks first")}
            onClick={() => void model.vacuum()}
          >
            {trans.__("Vacuum…")}
          </Action>
        ) : null}
        {model.offers("clear") ? (
          <Action
            permission={live.can.clear}
            title={trans.__("Shows what would be deleted and asks first")}
            onClick={() => void model.clearCaches()}
          >
            {trans.__("Clear caches…")}
          </Action>
        ) : null}
        <button
          type="button"
          className="jp-Button jp-Sojourn-button"
          aria-expanded={Charts !== undefined}
          onClick={() => setCharts(Charts === undefined ? loadCharts() : undefined)}
        >
          {Charts ? trans.__("Hide charts") : trans.__("Show charts")}
        </button>
      </div>
      <Reasons live={live} model={model} />
      <p className={notice?.tone === "error" ? "jp-Sojourn-notice jp-mod-error" : "jp-Sojourn-notice"} role="status">
        {notice?.text}
      </p>
      {Charts ? (
        <Boundary trans={trans} onRetry={() => setCharts(loadCharts())}>
          <Suspense fallback={<p className="jp-Sojourn-next">{trans.__("Loading the charts.")}</p>}>
            <Charts model={model} trans={trans} shown={shown} revision={live.sequence} />
          </Suspense>
        </Boundary>
      ) : null}
    </div>
  );
}

/** Why something that is offered cannot be done, once each. */
function Reasons({ live, model }: { live: Live; model: PanelModel }) {
  const refused = (["vacuum", "clear"] as const).flatMap((action) => {
    const permission = live.can[action];
    return model.offers(action) && !permission.allowed ? [permission.reason] : [];
  });
  return [...new Set(refused)].map((reason) => (
    <p key={reason} className="jp-Sojourn-next">
      {reason}
    </p>
  ));
}

function Views({ model, trans }: { model: PanelModel; trans: TranslationBundle }) {
  const words: Readonly<Record<View, string>> = {
    session: trans.__("this session"),
    mine: trans.__("mine"),
    shared: trans.__("shared"),
  };
  return (
    <fieldset className="jp-Sojourn-views">
      <legend>{trans.__("View")}</legend>
      {VIEWS.map((view) => (
        <label key={view}>
          <input
            type="radio"
            name="jp-Sojourn-view"
            checked={model.view === view}
            onChange={() => model.setView(view)}
          />
          {words[view]}
        </label>
      ))}
    </fieldset>
  );
}

function Numbers({ overview, trans }: { overview: Overview; trans: TranslationBundle }) {
  const bytes = sumOf(overview.kinds, (kind) => kind.bytes);
  return (
    <>
      <table className="jp-Sojourn-table">
        <caption>{captionOf(overview.view, trans)}</caption>
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
        {overview.savedMs === undefined ? null : (
          <>
            <dt>{trans.__("Saved")}</dt>
            <dd title={trans.__("Time that the hits would have taken to compute, minus the time it took to load them")}>
              {savedText(overview.savedMs, overview.view, trans)}
            </dd>
          </>
        )}
        <dt>{trans.__("Disk")}</dt>
        <dd title={overview.directory}>
          {trans.__("%1 of %2", formatBytes(bytes), formatBytes(overview.capBytes))}
          <Bar fraction={diskFraction(overview)} warn={diskFraction(overview) > 1} />
          {overview.freeBytes === undefined ? null : (
            <span className="jp-Sojourn-next">{trans.__("%1 free on this disk", formatBytes(overview.freeBytes))}</span>
          )}
        </dd>
        <dt>{trans.__("Last")}</dt>
        <dd>{overview.last === undefined ? trans.__("no look-up yet") : lastText(overview.last, trans)}</dd>
      </dl>
    </>
  );
}

function Row({ kind, trans }: { kind: KindOverview; trans: TranslationBundle }) {
  const rate = hitRate(kind.lookups);
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
  const bypasses = sumOf(overview.kinds, (kind) => kind.lookups.bypasses);
  const refusals = sumOf(overview.kinds, (kind) => kind.lookups.refusals);
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

function captionOf(view: View, trans: TranslationBundle): string {
  switch (view) {
    case "session":
      return trans.__("Look-ups in this session, and what is on disk");
    case "mine":
      return trans.__("Look-ups in all your sessions, and what is on disk");
    case "shared":
      return trans.__("Look-ups that the shared cache answered, and what it holds");
    default:
      return view satisfies never;
  }
}

function savedText(savedMs: number, view: View, trans: TranslationBundle): string {
  const session = view === "session";
  if (savedMs >= 0.5) {
    const time = formatDuration(savedMs);
    return session ? trans.__("about %1 this session", time) : trans.__("about %1 in all sessions", time);
  }
  if (savedMs <= -0.5) return trans.__("none: loading cost %1 more than computing", formatDuration(-savedMs));
  return session ? trans.__("nothing yet this session") : trans.__("nothing yet");
}

function lastText(last: LookupNote, trans: TranslationBundle): string {
  const what = last.model === "" ? last.kind : trans.__("%1 of %2", last.kind, last.model);
  const outcome = last.reason === undefined ? last.outcome : `${last.outcome} (${last.reason})`;
  return trans.__("%1: %2, at %3", what, outcome, new Date(last.time).toLocaleTimeString());
}
