/**
 * The table of ENTRIES: a real table of which only the rows in sight are there, between two spacers. One row has the focus's
 * place (roving tabindex); arrows, Page and Home and End move it, Enter opens it.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { EntryRow, EntrySort } from "@sojourn/kernel/panel-protocol";
import { type KeyboardEvent, memo, type UIEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type EntriesState, idOf, type RowWindow, rowAfter, rowAt, windowOf } from "../view-model/entries.js";
import { formatBytes, formatDuration } from "../view-model/numbers.js";
import { agoText, Name } from "./parts.js";

/** Before the first row was measured. */
const ROW_PX = 26;

interface Props {
  readonly trans: TranslationBundle;
  readonly state: EntriesState;
  readonly choosable: boolean;
  readonly onSight: (sight: RowWindow) => void;
  readonly onSort: (sort: EntrySort) => void;
  readonly onOpen: (row: EntryRow) => void;
  readonly onChoose: (row: EntryRow, chosen: boolean) => void;
}

export function EntryTable({ trans, state, choosable, onSight, onSort, onOpen, onChoose }: Props) {
  const { total = 0, wish } = state;
  const list = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const [rowPx, setRowPx] = useState(ROW_PX);
  const [current, setCurrent] = useState(0);
  /** The row that gets the focus once it is drawn. */
  const [wanted, setWanted] = useState<number>();
  const sight = windowOf(view.top, view.height, rowPx, total);

  useEffect(() => onSight({ start: sight.start, end: sight.end }), [onSight, sight.start, sight.end]);

  useEffect(() => {
    const node = list.current;
    if (node === null) return;
    const sizes = new ResizeObserver(() => setView(({ top }) => ({ top, height: node.clientHeight })));
    sizes.observe(node);
    return () => sizes.disconnect();
  }, []);

  // rows are as high as the theme's font makes them
  useLayoutEffect(() => {
    const height = body.current?.querySelector<HTMLElement>("tr[data-row]")?.getBoundingClientRect().height;
    if (height !== undefined && height > 0 && Math.abs(height - rowPx) > 0.5) setRowPx(height);
  });

  useLayoutEffect(() => {
    if (wanted === undefined) return;
    const row = body.current?.querySelector<HTMLElement>(`tr[data-row="${wanted}"] button`);
    if (row === null || row === undefined) return;
    row.focus({ preventScroll: true });
    setWanted(undefined);
  });

  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>) =>
    setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });

  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    if ((event.target as HTMLElement).tagName !== "BUTTON") return;
    const next = rowAfter(event.key, current, Math.floor(view.height / rowPx), total);
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    setWanted(next);
    const node = list.current;
    if (node === null) return;
    // the head sticks, and covers one row
    const head = rowPx;
    const top = next * rowPx;
    if (top < node.scrollTop) node.scrollTop = top;
    else if (top + head + rowPx > node.scrollTop + node.clientHeight)
      node.scrollTop = top + head + rowPx - node.clientHeight;
  };

  const place = Math.max(sight.start, Math.min(current, sight.end - 1));
  const rows = Array.from({ length: sight.end - sight.start }, (_, i) => sight.start + i);
  return (
    <div ref={list} className="jp-Sojourn-list" onScroll={onScroll} tabIndex={-1}>
      <table className="jp-Sojourn-table jp-Sojourn-rows" aria-rowcount={total + 1}>
        <caption>{trans.__("Entries of the layer; Enter on a name opens it")}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {choosable ? (
              <th scope="col" className="jp-Sojourn-check">
                <span className="jp-Sojourn-hidden">{trans.__("Chosen")}</span>
              </th>
            ) : null}
            <Head {...{ wish, onSort }} sort="name" label={trans.__("Name")} />
            <th scope="col" className="jp-mod-kind">
              {trans.__("Kind")}
            </th>
            <Head {...{ wish, onSort }} sort="bytes" label={trans.__("Size")} number />
            <Head {...{ wish, onSort }} sort="cost" label={trans.__("Cost")} number wide />
            <Head {...{ wish, onSort }} sort="uses" label={trans.__("Uses")} number wide />
            <Head {...{ wish, onSort }} sort="created" label={trans.__("Made")} number wide time />
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          <Spacer px={sight.start * rowPx} />
          {rows.map((at) => {
            const row = rowAt(state, at);
            return (
              <Row
                key={at}
                {...{ trans, at, choosable, onOpen, onChoose }}
                row={row}
                isChosen={row !== undefined && state.chosen.has(idOf(row))}
                isPlace={at === place}
                onPlace={setCurrent}
              />
            );
          })}
          <Spacer px={(total - sight.end) * rowPx} />
        </tbody>
      </table>
    </div>
  );
}

/** In the first column only: one that spans hidden columns would make them. */
function Spacer({ px }: { px: number }) {
  return px <= 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it has nothing that could have the focus
    <tr aria-hidden="true" className="jp-Sojourn-spacer">
      <td style={{ height: px }} />
    </tr>
  );
}

interface HeadProps {
  readonly wish: EntriesState["wish"];
  readonly sort: EntrySort;
  readonly label: string;
  readonly number?: boolean;
  readonly wide?: boolean;
  readonly time?: boolean;
  readonly onSort: (sort: EntrySort) => void;
}

function Head({ wish, sort, label, number = false, wide = false, time = false, onSort }: HeadProps) {
  const sorted = wish.sort === sort;
  const direction = sorted ? (wish.ascending ? "ascending" : "descending") : "none";
  const classes = [number && "jp-mod-number", wide && "jp-mod-wider", time && "jp-mod-time"].filter(Boolean).join(" ");
  return (
    <th scope="col" aria-sort={direction} className={classes}>
      <button type="button" className="jp-Sojourn-sort" onClick={() => onSort(sort)}>
        {label}
        <span aria-hidden="true">{sorted ? (wish.ascending ? " ▴" : " ▾") : ""}</span>
      </button>
    </th>
  );
}

interface RowProps {
  readonly trans: TranslationBundle;
  readonly at: number;
  readonly row: EntryRow | undefined;
  readonly choosable: boolean;
  readonly isChosen: boolean;
  readonly isPlace: boolean;
  readonly onPlace: (at: number) => void;
  readonly onOpen: (row: EntryRow) => void;
  readonly onChoose: (row: EntryRow, chosen: boolean) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { trans, at, row, choosable, isChosen, isPlace, onPlace, onOpen, onChoose } = props;
  if (row === undefined)
    return (
      <tr data-row={at} aria-rowindex={at + 2} aria-busy="true">
        <td>…</td>
      </tr>
    );
  const { name, kind, key, bytes, costMs, uses, createdMs, pinned, writer } = row;
  const unnamed = key.slice(0, 12);
  const label = name === "" ? unnamed : name;
  return (
    <tr data-row={at} aria-rowindex={at + 2}>
      {choosable ? (
        <td className="jp-Sojourn-check">
          <input
            type="checkbox"
            checked={isChosen}
            tabIndex={isPlace ? 0 : -1}
            aria-label={trans.__("Choose %1, %2", label.slice(0, 100), kind)}
            onChange={({ target }) => onChoose(row, target.checked)}
          />
        </td>
      ) : null}
      <th scope="row">
        <button
          type="button"
          className="jp-Sojourn-open"
          tabIndex={isPlace ? 0 : -1}
          title={writer === undefined ? label : `${label} · ${writer}`}
          onFocus={() => onPlace(at)}
          onClick={() => onOpen(row)}
        >
          {pinned ? <Pin label={trans.__("pinned")} /> : null}
          <Name empty={unnamed}>{name}</Name>
        </button>
      </th>
      <td>{kind}</td>
      <td className="jp-mod-number">{formatBytes(bytes)}</td>
      <td className="jp-mod-number jp-mod-wider">{formatDuration(costMs)}</td>
      <td className="jp-mod-number jp-mod-wider">{uses < 0.05 ? "0" : uses.toFixed(uses < 9.95 ? 1 : 0)}</td>
      <td className="jp-mod-number jp-mod-wider">{agoText(createdMs, trans)}</td>
    </tr>
  );
});

function Pin({ label }: { label: string }) {
  return (
    <svg className="jp-Sojourn-pinned" viewBox="0 0 12 12" role="img" aria-label={label}>
      <path d="M4 1h4v1l-.7.6.5 3L9.5 7v1H6.6L6 11.5 5.4 8H2.5V7l1.7-1.4.5-3L4 2z" />
    </svg>
  );
}
