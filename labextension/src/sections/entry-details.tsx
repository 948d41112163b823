/** One entry in full: components of its key, what it cost, who wrote it, whether it is sound, why look-ups beside it missed. */
import type { EntryDetails, EntryName, ListedLayer, LookupNote } from "@sojourn/kernel/panel-protocol";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { removeEntries } from "../actions.js";
import type { SectionProps } from "../section-widget.js";
import { formatBytes, formatDuration } from "../view-model/numbers.js";
import type { Live } from "../view-model/state.js";
import { exportChosen } from "./export.js";
import { Action, agoText, Fault, Name, useAnswer } from "./parts.js";

interface Props extends Pick<SectionProps, "model" | "trans" | "shown"> {
  readonly live: Live;
  readonly entry: EntryName;
  readonly layer: ListedLayer;
  readonly onClose: () => void;
  readonly onPinned: (entry: EntryName, pinned: boolean) => void;
}

export function EntryDetailsView({ model, trans, live, shown, entry, layer, onClose, onPinned }: Props) {
  const { kind, key } = entry;
  const { answer, error } = useAnswer(model, "entry", { kind, key, layer }, shown, live.sequence);
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };
  const pin = (pinned: boolean) => {
    model.ask("pin", { kind, key, pinned }).then(
      () => onPinned(entry, pinned),
      (fault: Error) => model.tell({ tone: "error", text: fault.message }),
    );
  };
  const isOwn = layer === "private" || layer === "scratch";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes, beside the button that does
    <div className="jp-Sojourn-body jp-Sojourn-details" onKeyDown={onKeyDown}>
      <div className="jp-Sojourn-actions">
        <button ref={back} type="button" className="jp-Button jp-Sojourn-button" onClick={onClose}>
          {trans.__("‹ All entries")}
        </button>
        {answer !== undefined && isOwn ? (
          <>
            {model.offers("pin") ? (
              <Action
                permission={live.can.pin}
                title={trans.__("A pinned entry is never evicted")}
                onClick={() => pin(!answer.entry.pinned)}
              >
                {answer.entry.pinned ? trans.__("Unpin") : trans.__("Pin")}
              </Action>
            ) : null}
            {model.offers("export") ? (
              <Action permission={live.can.export} onClick={() => void exportChosen(model, [entry])}>
                {trans.__("Export…")}
              </Action>
            ) : null}
            {model.offers("remove") ? (
              <Action
                permission={live.can.remove}
                onClick={() => void removeEntries(model, [{ kind, key }]).then((gone) => gone && onClose())}
              >
                {trans.__("Delete…")}
              </Action>
            ) : null}
          </>
        ) : null}
      </div>
      <Fault text={error} />
      {answer === undefined ? (
        error === undefined ? (
          <p className="jp-Sojourn-next">{trans.__("Reading the entry.")}</p>
        ) : null
      ) : (
        <Facts details={answer} trans={trans} />
      )}
    </div>
  );
}

function Facts({ details, trans }: { details: EntryDetails } & Pick<SectionProps, "trans">) {
  const { entry, path, producer, writer, signed, components, verified, history, changes } = details;
  const { kind, key, name, bytes, costMs, createdMs, lastUseMs, uses, layer } = entry;
  return (
    <>
      <h3 className="jp-Sojourn-title">
        {kind} · <Name empty={trans.__("unnamed")}>{name}</Name>
      </h3>
      <dl className="jp-Sojourn-facts">
        <dt>{trans.__("Key")}</dt>
        <dd className="jp-Sojourn-code">{key}</dd>
        <dt>{trans.__("State")}</dt>
        <dd className={verified.ok || layer === "shared" || layer === "library" ? "" : "jp-mod-error"}>
          {verified.ok ? trans.__("sound: every byte was checked just now") : verified.reason}
        </dd>
        <dt>{trans.__("Size")}</dt>
        <dd>{formatBytes(bytes)}</dd>
        <dt>{trans.__("Cost")}</dt>
        <dd title={trans.__("What making it took")}>{formatDuration(costMs)}</dd>
        <dt>{trans.__("Made")}</dt>
        <dd title={new Date(createdMs).toLocaleString()}>
          {agoText(createdMs, trans)}
          {producer === "" ? "" : ` · ${producer}`}
        </dd>
        <dt>{trans.__("Used")}</dt>
        <dd title={trans.__("Uses count half after a week")}>
          {lastUseMs === 0
            ? trans.__("never yet")
            : trans.__("%1 · %2 recent uses", agoText(lastUseMs, trans), uses.toFixed(1))}
        </dd>
        <dt>{trans.__("Writer")}</dt>
        <dd>
          <bdi>{writer}</bdi>
          {signed ? ` · ${trans.__("signed")}` : ""}
        </dd>
        <dt>{trans.__("Layer")}</dt>
        <dd className="jp-Sojourn-code" title={path}>
          {layer}
          {path === "" ? "" : ` · ${path}`}
        </dd>
      </dl>
      {components.length === 0 ? null : (
        <table className="jp-Sojourn-table jp-Sojourn-wrap">
          <caption>{trans.__("Components of the key")}</caption>
          <thead>
            <tr>
              <th scope="col">{trans.__("Component")}</th>
              <th scope="col">{trans.__("Value")}</th>
              <th scope="col">{trans.__("Digest")}</th>
            </tr>
          </thead>
          <tbody>
            {components.map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  <bdi>{one.name}</bdi>
                </th>
                <td>
                  <bdi>{one.value ?? "–"}</bdi>
                </td>
                <td className="jp-Sojourn-code">{one.digest}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h4>{trans.__("Why look-ups missed")}</h4>
      {changes.length === 0 ? null : (
        <ul className="jp-Sojourn-plain">
          {changes.map(({ component, times }) => (
            <li key={component}>
              <bdi>{component}</bdi>{" "}
              {trans._n("changed %1 time, all sessions together", "changed %1 times, all sessions together", times)}
            </li>
          ))}
        </ul>
      )}
      <History history={history} trans={trans} />
    </>
  );
}

function History({ history, trans }: { history: readonly LookupNote[] } & Pick<SectionProps, "trans">) {
  if (history.length === 0)
    return (
      <p className="jp-Sojourn-next">{trans.__("This session has not asked for it, or for others of its model.")}</p>
    );
  return (
    <ol className="jp-Sojourn-plain">
      {history.map(({ time, outcome, reason, layer, savedMs }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: look-ups have no names, and their order is theirs
        <li key={`${time} ${at}`}>
          <time dateTime={new Date(time).toISOString()}>{new Date(time).toLocaleTimeString()}</time>{" "}
          <strong>{outcome}</strong>
          {layer === undefined ? "" : ` (${layer})`}
          {outcome === "hit" && savedMs > 0.5 ? `, ${trans.__("saved %1", formatDuration(savedMs))}` : ""}
          {reason === undefined ? null : (
            <>
              {": "}
              <bdi>{reason}</bdi>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
