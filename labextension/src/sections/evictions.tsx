/** EVICTIONS: what had to go, when and why, newest first. */
import { useState } from "react";
import type { SectionProps } from "../section-widget.js";
import { formatBytes } from "../view-model/numbers.js";
import { Action, agoText, Fault, Name, NoKernel, useAnswer, useLive } from "./parts.js";

const FIRST = 50;

export function EvictionsSection({ model, trans, shown }: SectionProps) {
  const live = useLive(model);
  const { answer, error } = useAnswer(model, "evictions", {}, shown && live !== undefined, live?.sequence);
  const [most, setMost] = useState(FIRST);
  if (live === undefined)
    return (
      <div className="jp-Sojourn-body">
        <NoKernel trans={trans} />
      </div>
    );
  const evictions = answer?.evictions ?? [];
  return (
    <div className="jp-Sojourn-body">
      <Fault text={error} />
      {answer !== undefined && evictions.length === 0 ? (
        <p className="jp-Sojourn-next">{trans.__("Nothing had to go so far: the caches are below their caps.")}</p>
      ) : null}
      {evictions.length === 0 ? null : (
        <table className="jp-Sojourn-table jp-Sojourn-wrap">
          <caption>{trans.__("Entries that went, newest first")}</caption>
          <thead>
            <tr>
              <th scope="col">{trans.__("When")}</th>
              <th scope="col">{trans.__("Entry")}</th>
              <th scope="col" className="jp-mod-number">
                {trans.__("Size")}
              </th>
              <th scope="col">{trans.__("Cause")}</th>
            </tr>
          </thead>
          <tbody>
            {evictions.slice(0, most).map(({ time, kind, key, name, bytes, cause }) => (
              <tr key={`${time} ${kind} ${key}`}>
                <td title={new Date(time).toLocaleString()}>{agoText(time, trans)}</td>
                <td title={key}>
                  {kind} <Name empty={key.slice(0, 12)}>{name}</Name>
                </td>
                <td className="jp-mod-number">{formatBytes(bytes)}</td>
                <td>{cause}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {evictions.length > most ? (
        <Action onClick={() => setMost(most * 4)}>{trans.__("Show more of %1", evictions.length)}</Action>
      ) : null}
    </div>
  );
}
