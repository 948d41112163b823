/** SHARED CACHE: where the layer of many users is, for whom, how much is free, who of its writers counts, and what was refused. */
import type { SharedState } from "@sojourn/kernel/panel-protocol";
import type { SectionProps } from "../section-widget.js";
import { formatBytes } from "../view-model/numbers.js";
import { Fault, NoKernel, useAnswer, useLive } from "./parts.js";

export function SharedSection({ model, trans, shown }: SectionProps) {
  const live = useLive(model);
  const { answer, error } = useAnswer(model, "shared", {}, shown && live !== undefined, live?.sequence);
  if (live === undefined)
    return (
      <div className="jp-Sojourn-body">
        <NoKernel trans={trans} />
      </div>
    );
  return (
    <div className="jp-Sojourn-body">
      <Fault text={error} />
      {answer === undefined ? (
        error === undefined ? (
          <p className="jp-Sojourn-next">{trans.__("Looking at the shared cache.")}</p>
        ) : null
      ) : (
        <Shared state={answer} trans={trans} />
      )}
    </div>
  );
}

type Props = Pick<SectionProps, "trans"> & { readonly state: SharedState };

function Shared({ state, trans }: Props) {
  const { directory, problem, mode, group, volume, publish, shareNames, capBytes } = state;
  return (
    <>
      {directory === "" ? (
        <p>
          {trans.__(
            "No shared cache is set up. SOJOURN_SHARED_DIR, or the setting sharedDirectory, names a folder that many users share; sojourn shared init makes one.",
          )}
        </p>
      ) : (
        <dl className="jp-Sojourn-facts">
          <dt>{trans.__("Folder")}</dt>
          <dd className="jp-Sojourn-code">{directory}</dd>
          <dt>{trans.__("For")}</dt>
          <dd>
            {problem ??
              `${group === undefined ? trans.__("everybody") : trans.__("the group %1", group)} · ${trans.__("mode %1", mode ?? "")}`}
          </dd>
          {volume === undefined ? null : (
            <>
              <dt>{trans.__("Free")}</dt>
              <dd>
                {volume.freeFiles === undefined
                  ? trans.__("%1 on %2", formatBytes(volume.freeBytes), volume.type)
                  : trans.__("%1 and %2 files on %3", formatBytes(volume.freeBytes), volume.freeFiles, volume.type)}
              </dd>
            </>
          )}
          <dt>{trans.__("Publishing")}</dt>
          <dd>
            {publish
              ? shareNames
                ? trans.__("on, with names and values; at most %1", formatBytes(capBytes))
                : trans.__("on, without names and values; at most %1", formatBytes(capBytes))
              : trans.__("off: what you make stays yours (SOJOURN_PUBLISH=true turns it on)")}
          </dd>
        </dl>
      )}
      <Writers state={state} trans={trans} />
      <Trust state={state} trans={trans} />
      <Findings state={state} />
    </>
  );
}

function Writers({ state: { writers }, trans }: Props) {
  if (writers.length === 0) return null;
  return (
    <table className="jp-Sojourn-table jp-Sojourn-wrap">
      <caption>{trans.__("Who writes there")}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__("Writer")}</th>
          <th scope="col" className="jp-mod-number">
            {trans.__("Entries")}
          </th>
          <th scope="col" className="jp-mod-number">
            {trans.__("Size")}
          </th>
          <th scope="col">{trans.__("Used")}</th>
        </tr>
      </thead>
      <tbody>
        {writers.map(({ name, own, entries, bytes, uses, refusal }) => (
          <tr key={name}>
            <th scope="row">
              <bdi>{name}</bdi>
              {own ? ` (${trans.__("you")})` : ""}
            </th>
            <td className="jp-mod-number">{entries}</td>
            <td className="jp-mod-number">{formatBytes(bytes)}</td>
            <td>
              {uses.length === 0 ? trans.__("nothing") : uses.join(", ")}
              {refusal === undefined ? "" : `: ${refusal}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Trust({ state: { policy, libraries, refusals }, trans }: Props) {
  return (
    <dl className="jp-Sojourn-facts">
      <dt>{trans.__("Policy")}</dt>
      <dd>
        <ul className="jp-Sojourn-plain">
          {policy.map(({ path, there, problem }) => (
            <li key={path}>
              <span className="jp-Sojourn-code">{path}</span>{" "}
              {problem ?? (there ? trans.__("is used") : trans.__("is not there: nobody else is trusted by it"))}
            </li>
          ))}
        </ul>
      </dd>
      <dt>{trans.__("Libraries")}</dt>
      <dd>
        {libraries.length === 0 ? (
          trans.__("none")
        ) : (
          <ul className="jp-Sojourn-plain">
            {libraries.map(({ name, version, entries, bytes }) => (
              <li key={`${name} ${version}`}>
                <bdi>{name}</bdi> {version}: {trans._n("%1 entry", "%1 entries", entries)}, {formatBytes(bytes)}
              </li>
            ))}
          </ul>
        )}
      </dd>
      <dt>{trans.__("Refused")}</dt>
      <dd>
        {refusals.length === 0
          ? trans.__("nothing so far")
          : refusals.map(({ code, times }) => `${code}: ${times}`).join(", ")}
      </dd>
    </dl>
  );
}

function Findings({ state: { findings } }: Pick<Props, "state">) {
  return (
    <ul className="jp-Sojourn-plain">
      {findings
        .filter(({ level }) => level !== "ok")
        .map(({ level, text, action }) => (
          <li key={text} className={level === "problem" ? "jp-mod-error" : ""}>
            {text} {action}
          </li>
        ))}
    </ul>
  );
}
