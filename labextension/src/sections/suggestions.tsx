/** SUGGESTIONS: what would make the caches serve better, each with its evidence, something to do about it, and a way to put it aside. */
import type { PanelSuggestion } from "@sojourn/kernel/panel-protocol";
import { useEffect, useState } from "react";
import type { PanelModel } from "../model.js";
import type { SectionProps } from "../section-widget.js";
import { Action, Fault, NoKernel, useAnswer, useLive } from "./parts.js";

export function SuggestionsSection({ model, trans, shown, setCount }: SectionProps) {
  const live = useLive(model);
  const visible = live !== undefined && model.isVisible;
  // asked once for the number beside the title; then only while the section is open
  const { answer, error } = useAnswer(model, "suggestions", {}, visible, shown ? live?.sequence : 0);
  const [dismissed, setDismissed] = useDismissed(model);
  const [showAll, setShowAll] = useState(false);
  const all = answer?.suggestions ?? [];
  const aside = all.filter(({ id }) => dismissed.has(id));
  const open = showAll ? all : all.filter(({ id }) => !dismissed.has(id));
  const count = live === undefined ? 0 : all.length - aside.length;
  useEffect(() => setCount(count), [setCount, count]);
  if (live === undefined)
    return (
      <div className="jp-Sojourn-body">
        <NoKernel trans={trans} />
      </div>
    );
  return (
    <div className="jp-Sojourn-body">
      <Fault text={error} />
      {answer !== undefined && open.length === 0 ? (
        <p className="jp-Sojourn-next">
          {trans.__("Nothing to suggest: the caches serve well, or have not been asked enough to tell.")}
        </p>
      ) : null}
      <ul className="jp-Sojourn-cards">
        {open.map((one) => (
          <Suggestion
            key={one.id}
            {...{ model, trans, live }}
            suggestion={one}
            isAside={dismissed.has(one.id)}
            onAside={(yes) => setDismissed(one.id, yes)}
          />
        ))}
      </ul>
      {aside.length === 0 ? null : (
        <Action onClick={() => setShowAll(!showAll)}>
          {showAll
            ? trans.__("Hide what was dismissed")
            : trans._n("Show %1 dismissed", "Show %1 dismissed", aside.length)}
        </Action>
      )}
    </div>
  );
}

interface Props extends Pick<SectionProps, "model" | "trans"> {
  readonly live: NonNullable<ReturnType<typeof useLive>>;
  readonly suggestion: PanelSuggestion;
  readonly isAside: boolean;
  readonly onAside: (aside: boolean) => void;
}

function Suggestion({ model, trans, live, suggestion, isAside, onAside }: Props) {
  const { evidence, action, setting, prewarm } = suggestion;
  const [kept, setKept] = useState("");
  const apply = () => {
    if (setting === undefined) return;
    const { name, value } = setting;
    model.ask("configure", { name, value }).then(
      ({ keep }) => setKept(keep),
      (fault: Error) => model.tell({ tone: "error", text: fault.message }),
    );
  };
  return (
    <li>
      <p>
        <strong>{`${evidence.slice(0, 1).toUpperCase()}${evidence.slice(1)}.`}</strong>
      </p>
      <p>{action}</p>
      {kept === "" ? null : (
        <p className="jp-Sojourn-next" role="status">
          {trans.__("Done for this session. To keep it, put this into sojourn.config.json:")}
          <code className="jp-Sojourn-code">{kept}</code>
        </p>
      )}
      <div className="jp-Sojourn-actions">
        {setting !== undefined && kept === "" && model.offers("configure") ? (
          <Action permission={live.can.configure} onClick={apply}>
            {trans.__("Set %1 to %2 for this session", setting.name, setting.text)}
          </Action>
        ) : null}
        {prewarm !== undefined && model.offers("prewarm") ? (
          <Action onClick={() => model.prewarmModel(prewarm)}>{trans.__("Prewarm it…")}</Action>
        ) : null}
        <Action onClick={() => onAside(!isAside)}>{isAside ? trans.__("Show again") : trans.__("Dismiss")}</Action>
      </div>
    </li>
  );
}

/** What a person has put aside, over page loads. */
function useDismissed(model: PanelModel): [ReadonlySet<string>, (id: string, dismissed: boolean) => void] {
  const [ids, setIds] = useState<ReadonlySet<string>>(model.dismissed);
  return [
    ids,
    (id, dismissed) => {
      const next = new Set(ids);
      if (dismissed) next.add(id);
      else next.delete(id);
      setIds(next);
      model.setDismissed(next);
    },
  ];
}
