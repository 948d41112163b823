/** ENTRIES: every entry of a layer, sorted, filtered, chosen; drawn in a window over pages that the kernel answers. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { CACHE_KINDS, type EntryName, type EntrySort, LISTED_LAYERS } from "@sojourn/kernel/panel-protocol";
import { type KeyboardEvent, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { removeEntries } from "../actions.js";
import type { PanelModel } from "../model.js";
import type { SectionProps } from "../section-widget.js";
import { NO_ENTRIES, neededOffsets, PAGE_ROWS, reduceEntries, sortedBy } from "../view-model/entries.js";
import type { Live } from "../view-model/state.js";
import { EntryDetailsView } from "./entry-details.js";
import { EntryTable } from "./entry-table.js";
import { exportChosen } from "./export.js";
import { Action, Fault, NoKernel, useLive, useWish } from "./parts.js";

/** A filter is asked for once typing pauses. */
const TYPING_MS = 200;

export function EntriesSection({ model, trans, shown }: SectionProps) {
  const live = useLive(model);
  return live === undefined ? (
    <div className="jp-Sojourn-body">
      <NoKernel trans={trans} />
    </div>
  ) : (
    <Entries model={model} trans={trans} shown={shown} live={live} />
  );
}

type Props = Pick<SectionProps, "model" | "trans" | "shown"> & { readonly live: Live };

function Entries({ model, trans, shown, live }: Props) {
  const [state, dispatch] = useReducer(reduceEntries, NO_ENTRIES);
  const [sight, setSight] = useState({ start: 0, end: 30 });
  const [open, setOpen] = useState<EntryName>();
  const [missing, setMissing] = useState("");
  const { wish, generation, total, chosen, error } = state;
  const asked = useRef(new Set<string>());

  // a push says that something changed: what is in sight is asked again
  useEffect(() => {
    if (live.sequence >= 0) dispatch({ type: "changed" });
  }, [live.sequence]);

  useEffect(() => {
    if (!shown || open !== undefined) return;
    // a page that came may be let go, and is asked for again then
    for (const page of state.pages.keys())
      if (!state.stale.has(page)) asked.current.delete(`${generation} ${page * PAGE_ROWS}`);
    for (const offset of neededOffsets(state, sight)) {
      const id = `${generation} ${offset}`;
      if (asked.current.has(id)) continue;
      asked.current.add(id);
      model.ask("entries", { ...wish, offset, limit: PAGE_ROWS }).then(
        (page) => dispatch({ type: "page", generation, page, first: offset }),
        (fault: Error) => dispatch({ type: "failed", generation, message: fault.message }),
      );
    }
    if (asked.current.size > 1000) asked.current = new Set();
  }, [model, shown, open, state, sight, wish, generation]);

  useWish(model, "entry", (one) => {
    if (one.type !== "entry") return;
    setMissing("");
    model.ask("find", { key: one.key }).then(
      (row) => (row === null ? setMissing(one.key) : setOpen(row)),
      (fault: Error) => model.tell({ tone: "error", text: fault.message }),
    );
  });

  const onPinned = useCallback((entry: EntryName, pinned: boolean) => dispatch({ type: "pinned", entry, pinned }), []);
  if (open !== undefined)
    return (
      <EntryDetailsView
        {...{ model, trans, live, shown }}
        entry={open}
        layer={wish.layer}
        onClose={() => setOpen(undefined)}
        onPinned={onPinned}
      />
    );
  const isOwn = wish.layer === "private" || wish.layer === "scratch";
  return (
    <div className="jp-Sojourn-entries">
      <Filters {...{ model, trans }} wish={wish} onWish={(some) => dispatch({ type: "wish", wish: some })} />
      {missing === "" ? null : (
        <p className="jp-Sojourn-notice jp-Sojourn-pad" role="status">
          {trans.__("The entry %1 is not there any more.", missing.slice(0, 12))}
        </p>
      )}
      <Fault text={error} />
      <Chosen
        {...{ model, trans, live }}
        chosen={[...chosen.values()]}
        onNone={() => dispatch({ type: "choose-none" })}
      />
      {total === 0 ? (
        <p className="jp-Sojourn-next jp-Sojourn-pad">
          {wish.filter === "" && wish.kinds.length === 0
            ? wish.layer === "private"
              ? trans.__("There is no entry yet. Build a model in a cell, or prewarm one.")
              : trans.__("This layer has no entries, or is not set up.")
            : trans.__("No entry matches. Remove the filter to see all.")}
        </p>
      ) : (
        <EntryTable
          {...{ trans, state }}
          choosable={isOwn}
          onSight={setSight}
          onSort={(sort: EntrySort) => dispatch({ type: "wish", wish: sortedBy(wish, sort) })}
          onOpen={setOpen}
          onChoose={(entry, yes) => dispatch({ type: "choose", entry, chosen: yes })}
        />
      )}
      <p className="jp-Sojourn-count jp-Sojourn-next" role="status">
        {total === undefined ? "" : trans._n("%1 entry", "%1 entries", total)}
      </p>
    </div>
  );
}

interface FilterProps {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  readonly wish: (typeof NO_ENTRIES)["wish"];
  readonly onWish: (wish: Partial<(typeof NO_ENTRIES)["wish"]>) => void;
}

function Filters({ trans, wish, onWish }: FilterProps) {
  const [text, setText] = useState(wish.filter);
  const tell = useRef(onWish);
  tell.current = onWish;
  useEffect(() => {
    if (text === wish.filter) return;
    const timer = window.setTimeout(() => tell.current({ filter: text }), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text, wish.filter]);
  const clear = (event: KeyboardEvent) => {
    if (event.key === "Escape") setText("");
  };
  return (
    <div className="jp-Sojourn-filters">
      <input
        type="search"
        className="jp-Sojourn-input"
        value={text}
        placeholder={trans.__("Filter by name or key")}
        aria-label={trans.__("Filter by name or key")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={clear}
      />
      <select
        className="jp-Sojourn-select"
        aria-label={trans.__("Kind")}
        value={wish.kinds[0] ?? ""}
        onChange={({ target }) => onWish({ kinds: CACHE_KINDS.filter((kind) => kind === target.value) })}
      >
        <option value="">{trans.__("all kinds")}</option>
        {CACHE_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      <select
        className="jp-Sojourn-select"
        aria-label={trans.__("Layer")}
        value={wish.layer}
        onChange={({ target }) => onWish({ layer: LISTED_LAYERS.find((layer) => layer === target.value) ?? "private" })}
      >
        {LISTED_LAYERS.map((layer) => (
          <option key={layer} value={layer}>
            {layer}
          </option>
        ))}
      </select>
    </div>
  );
}

interface ChosenProps {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  readonly live: Live;
  readonly chosen: readonly EntryName[];
  readonly onNone: () => void;
}

/** What can be done with several entries at once. */
function Chosen({ model, trans, live, chosen, onNone }: ChosenProps) {
  if (chosen.length === 0) return null;
  return (
    <div className="jp-Sojourn-actions jp-Sojourn-pad">
      <span role="status">{trans._n("%1 chosen", "%1 chosen", chosen.length)}</span>
      {model.offers("remove") ? (
        <Action
          permission={live.can.remove}
          onClick={() => {
            void removeEntries(model, chosen).then((removed) => removed && onNone());
          }}
        >
          {trans.__("Delete…")}
        </Action>
      ) : null}
      {model.offers("export") ? (
        <Action permission={live.can.export} onClick={() => void exportChosen(model, chosen)}>
          {trans.__("Export…")}
        </Action>
      ) : null}
      <Action onClick={onNone}>{trans.__("Choose none")}</Action>
    </div>
  );
}
