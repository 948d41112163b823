/**
 * Tables of what holds numbers or records: typed arrays, matrices (rows of equal length), arrays of objects, objects of
 * columns. As HTML for the screen and as aligned text; long ones lose their middle and say how long they are.
 */
import { inspect } from "node:util";
import { escapeXml } from "./figures/svg.js";

export interface TableOptions {
  /** Names of the columns, or how many numbers of a flat array make a row. */
  readonly columns?: readonly string[] | number;
  /** Rows that are shown at most; default 20. */
  readonly rows?: number;
}

interface Table {
  readonly header: readonly string[];
  readonly rowCount: number;
  readonly row: (at: number) => readonly unknown[];
}

const ROWS_SHOWN = 20;
const COLUMNS_SHOWN = 20;
const CELL_CHARACTERS = 80;
const DIGITS = 6;

type Numbers = ArrayLike<unknown>;

function isList(value: unknown): value is Numbers {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value of a cell is shown as a table without being asked to be: matrices and arrays of records. */
export function isTabular(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 2) return false;
  if (value.every(isRecord))
    return value.every((row) => Object.keys(row).length > 0 && Object.values(row).every(isPlain));
  const [first] = value as unknown[];
  if (!isList(first) || first.length < 2) return false;
  return value.every(
    (row) => isList(row) && row.length === first.length && Array.from(row).every((one) => typeof one === "number"),
  );
}

const isPlain = (value: unknown): boolean =>
  value === null || !["object", "function"].includes(typeof value) || value instanceof Date;

/** Throws a sentence when the value has no rows. */
export function tableBundle(value: unknown, options: TableOptions = {}): Record<string, unknown> {
  const table = tableOf(value, options);
  const shown = Math.max(1, Math.floor(options.rows ?? ROWS_SHOWN));
  const rows = rowsShown(table.rowCount, shown);
  const columns = table.header.slice(0, COLUMNS_SHOWN);
  const more = table.header.length > columns.length;
  const texts = rows.map((at) => (at === undefined ? undefined : table.row(at).slice(0, columns.length).map(cellText)));
  const size = `${table.rowCount} ${table.rowCount === 1 ? "row" : "rows"} × ${table.header.length} ${table.header.length === 1 ? "column" : "columns"}`;
  const header = [...columns, ...(more ? ["…"] : [])];
  const body = texts.map((row, at) => ({
    index: rows[at] === undefined ? "…" : String(rows[at]),
    cells: row ?? columns.map(() => "…"),
  }));
  const isNumber = columns.map((_none, column) =>
    rows.every((at) => at === undefined || isNumeric(table.row(at)[column])),
  );
  return {
    "text/html": html(header, body, isNumber, more, size),
    "text/plain": text(header, body, isNumber, more, size),
  };
}

function tableOf(value: unknown, { columns }: TableOptions): Table {
  const names = typeof columns === "object" ? columns : undefined;
  if (isList(value) && typeof columns === "number") return reshaped(value, columns);
  if (isList(value)) {
    const rows = value as ArrayLike<unknown>;
    if (rows.length > 0 && Array.from(rows).every(isRecord)) {
      const keys = names ?? [...new Set(Array.from(rows).flatMap((row) => Object.keys(row as object)))];
      return {
        header: keys,
        rowCount: rows.length,
        row: (at) => keys.map((key) => (rows[at] as Record<string, unknown>)[key]),
      };
    }
    if (rows.length > 0 && Array.from(rows).every(isList)) {
      const width = Array.from(rows).reduce((most: number, row) => Math.max(most, (row as Numbers).length), 0);
      const header = Array.from({ length: width }, (_none, at) => names?.[at] ?? String(at));
      return {
        header,
        rowCount: rows.length,
        row: (at) => header.map((_name, column) => (rows[at] as Numbers)[column]),
      };
    }
    return { header: [names?.[0] ?? "value"], rowCount: rows.length, row: (at) => [rows[at]] };
  }
  if (isRecord(value) && Object.keys(value).length > 0 && Object.values(value).every(isList)) {
    const keys = names ?? Object.keys(value);
    const lists = keys.map((key) => (value[key] ?? []) as Numbers);
    return {
      header: keys,
      rowCount: Math.max(...lists.map(({ length }) => length)),
      row: (at) => lists.map((list) => list[at]),
    };
  }
  throw new TypeError(
    `Cannot show a table of ${inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })}: it must be an array, an array of rows or records, or an object of columns.`,
  );
}

function reshaped(value: Numbers, width: number): Table {
  if (!Number.isInteger(width) || width < 1 || value.length % width !== 0) {
    throw new TypeError(`Cannot show a table of ${width} columns: ${value.length} values do not fill its rows.`);
  }
  const header = Array.from({ length: width }, (_none, at) => String(at));
  return {
    header,
    rowCount: value.length / width,
    row: (at) => header.map((_name, column) => value[at * width + column]),
  };
}

/** Indices of the rows to show; undefined stands for those left out. */
function rowsShown(count: number, shown: number): (number | undefined)[] {
  const all = (from: number, to: number): number[] => Array.from({ length: to - from }, (_none, at) => from + at);
  if (count <= shown) return all(0, count);
  const last = Math.floor(shown / 4);
  return [...all(0, shown - last), undefined, ...all(count - last, count)];
}

const isNumeric = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "bigint" || value === undefined;

function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
  const plain =
    typeof value === "string"
      ? value
      : value instanceof Date
        ? value.toISOString()
        : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return plain.length > CELL_CHARACTERS ? `${plain.slice(0, CELL_CHARACTERS - 1)}…` : plain;
}

interface BodyRow {
  readonly index: string;
  readonly cells: readonly string[];
}

function html(
  header: readonly string[],
  body: readonly BodyRow[],
  isNumber: readonly boolean[],
  more: boolean,
  size: string,
): string {
  const style = (column: number): string => (isNumber[column] ? "text-align:right" : "text-align:left");
  const cells = (row: BodyRow): string =>
    [...row.cells, ...(more ? ["…"] : [])]
      .map((one, column) => `<td style="${style(column)}">${escapeXml(one)}</td>`)
      .join("");
  const head = header.map((name, column) => `<th style="${style(column)}">${escapeXml(name)}</th>`).join("");
  const rows = body.map((row) => `<tr><th>${row.index}</th>${cells(row)}</tr>`).join("");
  return `<table><thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table><p>${size}</p>`;
}

function text(
  header: readonly string[],
  body: readonly BodyRow[],
  isNumber: readonly boolean[],
  more: boolean,
  size: string,
): string {
  const lines = [
    { index: "", cells: header },
    ...body.map((row) => ({ ...row, cells: [...row.cells, ...(more ? ["…"] : [])] })),
  ];
  const widths = header.map((_none, column) => Math.max(...lines.map(({ cells }) => cells[column]!.length)));
  const indexWidth = Math.max(...lines.map(({ index }) => index.length));
  const line = ({ index, cells }: BodyRow): string =>
    [
      index.padStart(indexWidth),
      ...cells.map((one, column) => (isNumber[column] ? one.padStart(widths[column]!) : one.padEnd(widths[column]!))),
    ]
      .join("  ")
      .trimEnd();
  return [...lines.map(line), size].join("\n");
}
