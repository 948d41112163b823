/**
 * A plotly figure as a static SVG: scatter (lines, markers, areas), bar, histogram and heatmap traces on one pair of axes,
 * which is what most notebooks draw. A trace of another kind is named in the picture instead of drawn.
 */
import { type Axis, type AxisLayout, createAxis } from "./axis.js";
import { colourOf, element, escapeXml, round } from "./svg.js";
import type { Picture } from "./vega.js";

interface Trace {
  readonly type?: string;
  readonly name?: string;
  readonly mode?: string;
  readonly x?: ArrayLike<unknown>;
  readonly y?: ArrayLike<unknown>;
  readonly z?: ArrayLike<ArrayLike<number>>;
  readonly fill?: string;
  readonly orientation?: string;
  readonly nbinsx?: number;
  readonly visible?: unknown;
  readonly line?: { readonly color?: unknown; readonly dash?: string; readonly width?: number };
  readonly marker?: { readonly color?: unknown; readonly size?: unknown };
}

interface Layout {
  readonly title?: unknown;
  readonly width?: number;
  readonly height?: number;
  readonly xaxis?: AxisLayout;
  readonly yaxis?: AxisLayout;
  readonly showlegend?: boolean;
}

export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}

/** A trace with what is drawn of it. */
interface Drawn {
  readonly trace: Trace;
  readonly kind: "scatter" | "bar" | "heatmap";
  readonly colour: string;
  readonly x: readonly unknown[];
  readonly y: readonly unknown[];
}

/** More points than this are thinned to what pixels can tell apart. */
const POINTS_MAX = 2000;

type Draw = (drawn: Drawn, x: Axis, y: Axis) => string;

const DRAWN: Readonly<Record<string, Drawn["kind"]>> = {
  scatter: "scatter",
  scattergl: "scatter",
  bar: "bar",
  histogram: "bar",
  heatmap: "heatmap",
};

/** Accepts `{ data, layout }`; whatever is missing is empty. */
export function figureOf(value: unknown): Figure {
  const { data, layout } = (value ?? {}) as Partial<Figure>;
  return { data: Array.isArray(data) ? data : [], layout: typeof layout === "object" && layout !== null ? layout : {} };
}

export function drawPlotly({ data, layout }: Figure): Picture {
  const [width, height] = [layout.width ?? 640, layout.height ?? 400];
  const seen = data.filter(({ visible }) => visible !== false && visible !== "legendonly");
  const drawn = seen.flatMap((trace, at) => prepare(trace, at));
  const others = seen.filter(({ type = "scatter" }) => !(type in DRAWN)).map(({ type }) => type!);
  const named = drawn.filter(({ trace }) => trace.name !== undefined);
  const legend = (layout.showlegend ?? drawn.length > 1) ? named : [];
  const title = plain(layout.title);
  const box = {
    left: 64,
    right: width - 16,
    top: title === "" ? 20 : 44,
    bottom: height - 52 - 18 * Math.ceil(legend.length / 4),
  };
  // Pictures that lie in one page share names; this one says what it clips.
  const clipId = `sojourn-${Object.values(box).map(round).join("-")}`;
  const bars = drawn.some(({ kind }) => kind === "bar");
  const sideways = drawn.some(({ kind, trace }) => kind === "bar" && trace.orientation === "h");
  const x = createAxis(
    drawn.flatMap((one) => one.x),
    layout.xaxis ?? {},
    [box.left, box.right],
    bars && sideways,
  );
  const filled = drawn.some(({ trace }) => trace.fill?.startsWith("tozero"));
  const y = createAxis(
    drawn.flatMap((one) => one.y),
    layout.yaxis ?? {},
    [box.bottom, box.top],
    filled || (bars && !sideways),
  );
  const parts = [
    element("rect", { width, height, fill: "#fff" }),
    axes(x, y, box, plain(layout.xaxis?.title), plain(layout.yaxis?.title)),
    element("g", { "clip-path": `url(#${clipId})` }, drawn.map((one) => draw(one, drawn, x, y)).join("")),
    ...(title === "" ? [] : [label(title, width / 2, 26, "middle", 16)]),
    ...legend.map(({ trace, colour }, at) =>
      legendEntry(
        plain(trace.name),
        colour,
        box.left + (at % 4) * ((width - 80) / 4),
        height - 10 - 18 * Math.floor((legend.length - 1 - at) / 4),
      ),
    ),
    ...(others.length === 0 ? [] : [label(note(others), box.right, box.top - 5, "end", 11)]),
  ];
  const clip = element(
    "clipPath",
    { id: clipId },
    element("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }),
  );
  const text = describe(title, seen);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" style="max-width:100%;height:auto" role="img" aria-label="${escapeXml(text)}" font-family="system-ui, sans-serif"><defs>${clip}</defs>${parts.join("")}</svg>`;
  return { svg, text };
}

/** plotly's titles are strings or objects, with a little HTML in them. */
function plain(value: unknown): string {
  const text = typeof value === "object" && value !== null ? (value as { text?: unknown }).text : value;
  return text === undefined || text === null
    ? ""
    : String(text)
        .replace(/<br\s*\/?>/gi, " ")
        .replace(/<[^>]*>/g, "");
}

function prepare(trace: Trace, at: number): Drawn[] {
  const kind = DRAWN[trace.type ?? "scatter"];
  if (kind === undefined) return [];
  const own = kind === "scatter" ? (trace.line?.color ?? trace.marker?.color) : trace.marker?.color;
  const colour = typeof own === "string" ? own : colourOf(at);
  const list = (values: ArrayLike<unknown> | undefined): unknown[] => Array.from(values ?? []);
  if (kind === "heatmap") {
    const rows = list(trace.z).length;
    const columns = Math.max(0, ...list(trace.z).map((row) => (row as ArrayLike<number>).length));
    const or = (values: unknown[], count: number) =>
      values.length > 0 ? values : Array.from({ length: count }, (_none, i) => i);
    return [{ trace, kind, colour, x: or(list(trace.x), columns), y: or(list(trace.y), rows) }];
  }
  if (trace.type === "histogram") return [{ trace, kind, colour, ...bins(trace) }];
  const [x, y] = [list(trace.x), list(trace.y)];
  const count = Math.max(x.length, y.length);
  const index = (values: unknown[]): unknown[] =>
    values.length > 0 ? values : Array.from({ length: count }, (_none, i) => i);
  return [{ trace, kind, colour, x: index(x), y: index(y) }];
}

/** Equal bins, as many as Sturges would make. */
function bins({ x = [], nbinsx }: Trace): { x: number[]; y: number[] } {
  const values = Array.from(x, Number).filter(Number.isFinite);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const count = Math.max(1, nbinsx ?? Math.ceil(Math.log2(values.length + 1)) + 1);
  const size = (high - low) / count || 1;
  const counts = new Array<number>(values.length === 0 ? 0 : count).fill(0);
  for (const value of values) counts[Math.min(count - 1, Math.floor((value - low) / size))]!++;
  return { x: counts.map((_none, at) => low + (at + 0.5) * size), y: counts };
}

function draw(one: Drawn, all: readonly Drawn[], x: Axis, y: Axis): string {
  const how: Readonly<Record<Drawn["kind"], Draw>> = {
    scatter,
    bar: (bar, ...both) => bars(bar, all, ...both),
    heatmap,
  };
  return how[one.kind](one, x, y);
}

const scatter: Draw = ({ trace, colour, x, y }, xAxis, yAxis) => {
  const mode = trace.mode ?? (x.length > 20 ? "lines" : "lines+markers");
  const every = x.map((value, at) => [xAxis.place(value), yAxis.place(y[at])] as const);
  const many = every.length > POINTS_MAX;
  const points = many ? thinnedLine(every) : every;
  const shown = (point: readonly [number, number]): boolean => point.every(Number.isFinite);
  let path = "";
  for (const [at, point] of points.entries()) {
    if (!shown(point)) continue;
    path += `${at > 0 && shown(points[at - 1]!) ? "L" : "M"}${round(point[0])} ${round(point[1])}`;
  }
  const parts: string[] = [];
  const ends = points.filter(shown);
  if (trace.fill?.startsWith("tozero") && ends.length > 1) {
    const area = `${path.replaceAll("M", "L").replace("L", "M")}L${round(ends.at(-1)![0])} ${round(yAxis.foot)}L${round(ends[0]![0])} ${round(yAxis.foot)}Z`;
    parts.push(element("path", { d: area, fill: colour, "fill-opacity": "0.3" }));
  }
  const dash = { dash: "8 4", dot: "2 3", dashdot: "8 3 2 3" }[trace.line?.dash ?? ""];
  if (mode.includes("lines")) {
    const width = trace.line?.width ?? 2;
    parts.push(
      element("path", { d: path, fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash }),
    );
  }
  if (mode.includes("markers")) {
    const sizes = trace.marker?.size;
    const marked = many ? thinnedMarkers(every) : every;
    for (const [at, [cx, cy]] of marked.entries()) {
      if (!Number.isFinite(cx) || !Number.isFinite(cy)) continue;
      const size = typeof sizes === "number" ? sizes : Number((sizes as ArrayLike<number> | undefined)?.[at] ?? 6);
      parts.push(element("circle", { cx, cy, r: size / 2, fill: colour }));
    }
  }
  return parts.join("");
};

type Point = readonly [number, number];

/** Of each run of points in one column of pixels the first, the lowest, the highest and the last: what an eye would see. */
function thinnedLine(points: readonly Point[]): Point[] {
  const result: Point[] = [];
  for (let at = 0; at < points.length; ) {
    let end = at;
    let [low, high] = [at, at];
    const column = Math.round(points[at]![0]);
    // A gap (NaN) equals nothing and stays a run of its own.
    while (end < points.length && Math.round(points[end]![0]) === column && Number.isFinite(points[end]![1])) {
      if (points[end]![1] < points[low]![1]) low = end;
      if (points[end]![1] > points[high]![1]) high = end;
      end++;
    }
    const last = Math.max(at, end - 1);
    for (const kept of [...new Set([at, low, high, last])].toSorted((a, b) => a - b)) result.push(points[kept]!);
    at = last + 1;
  }
  return result;
}

/** One of the points that share a pixel. */
function thinnedMarkers(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [`${Math.round(point[0])} ${Math.round(point[1])}`, point])).values()];
}

function bars(one: Drawn, all: readonly Drawn[], xAxis: Axis, yAxis: Axis): string {
  const group = all.filter(({ kind }) => kind === "bar");
  const sideways = one.trace.orientation === "h";
  const [along, up] = sideways ? [yAxis, xAxis] : [xAxis, yAxis];
  const [keys, values] = sideways ? [one.y, one.x] : [one.x, one.y];
  const gap = one.trace.type === "histogram" ? 0.98 : 0.8;
  const breadth = (along.step * gap) / group.length;
  const offset = (group.indexOf(one) - group.length / 2) * breadth;
  return keys
    .map((key, at) => {
      const [start, end] = [along.place(key) + offset, up.place(values[at])];
      if (!Number.isFinite(start) || !Number.isFinite(end)) return "";
      const [low, length] = [Math.min(end, up.foot), Math.abs(end - up.foot)];
      const rect = sideways
        ? { x: low, y: start, width: length, height: breadth }
        : { x: start, y: low, width: breadth, height: length };
      return element("rect", { ...rect, fill: one.colour });
    })
    .join("");
}

const heatmap: Draw = ({ trace, x, y }, xAxis, yAxis) => {
  const rows = Array.from(trace.z ?? []);
  const all = rows.flatMap((row) => Array.from(row, Number)).filter(Number.isFinite);
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const span = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - low || 1;
  const cell = (row: number, column: number, value: number): string => {
    const [cx, cy] = [xAxis.place(x[column]), yAxis.place(y[row])];
    if (![cx, cy, value].every(Number.isFinite)) return "";
    const rect = { x: cx - xAxis.step / 2, y: cy - yAxis.step / 2, width: xAxis.step + 0.5, height: yAxis.step + 0.5 };
    return element("rect", { ...rect, fill: shade((value - low) / span) });
  };
  return rows.map((row, r) => Array.from(row, (value, c) => cell(r, c, Number(value))).join("")).join("");
};

/** From nearly white to dark blue. */
function shade(share: number): string {
  const mixed = [
    [244, 8],
    [248, 48],
    [251, 107],
  ].map(([light = 0, dark = 0]) => Math.round(light + (dark - light) * share));
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function axes(x: Axis, y: Axis, box: Box, xTitle: string, yTitle: string): string {
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
    element("line", { x1, y1, x2, y2, stroke });
  return [
    ...x.ticks.map(({ at }) => line(at, box.top, at, box.bottom, "#eee")),
    ...y.ticks.map(({ at }) => line(box.left, at, box.right, at, "#eee")),
    ...x.ticks.map((tick) => label(tick.label, tick.at, box.bottom + 16, "middle", 11)),
    ...y.ticks.map((tick) => label(tick.label, box.left - 6, tick.at + 4, "end", 11)),
    line(box.left, box.bottom, box.right, box.bottom, "#444"),
    line(box.left, box.top, box.left, box.bottom, "#444"),
    ...(xTitle === "" ? [] : [label(xTitle, (box.left + box.right) / 2, box.bottom + 34, "middle", 12)]),
    ...(yTitle === "" ? [] : [turned(yTitle, 16, (box.top + box.bottom) / 2)]),
  ].join("");
}

function label(text: string, x: number, y: number, anchor: string, size: number): string {
  return element("text", { x, y, "text-anchor": anchor, "font-size": size, fill: "#222" }, escapeXml(text));
}

function turned(text: string, x: number, y: number): string {
  const transform = `rotate(-90 ${round(x)} ${round(y)})`;
  return element("text", { x, y, transform, "text-anchor": "middle", "font-size": 12, fill: "#222" }, escapeXml(text));
}

function legendEntry(name: string, colour: string, x: number, y: number): string {
  return element("rect", { x, y: y - 9, width: 12, height: 10, fill: colour }) + label(name, x + 16, y, "start", 11);
}

const note = (types: readonly string[]): string => `not drawn here, only by plotly: ${[...new Set(types)].join(", ")}`;

function describe(title: string, traces: readonly Trace[]): string {
  const parts = traces.map(({ type = "scatter", name, x, y, z }) => {
    const points = Math.max(x?.length ?? 0, y?.length ?? 0, z?.length ?? 0);
    return `${type}${name === undefined ? "" : ` "${plain(name)}"`} (${points})`;
  });
  return `plotly figure${title === "" ? "" : `: ${title}`}; ${parts.length === 0 ? "no traces" : parts.join(", ")}`;
}
