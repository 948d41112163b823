/** Line charts twice from one description: a plotly figure for the screen, a static SVG for exports. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { escapeText, type MimeBundle } from "./mime.js";

export interface LineSeries {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly LineSeries[];
  /** A sentence under the title, such as an atom that a density cannot show. */
  readonly note?: string;
}

/** Okabe and Ito's colours, distinguishable with every common colour vision. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;
const colour = (i: number): string => COLOURS[i % COLOURS.length];

export function lineChartBundle(chart: LineChart): MimeBundle {
  return {
    "application/vnd.plotly.v1+json": plotlyFigure(chart),
    "image/svg+xml": svg(chart),
    "text/plain": `${chart.title}: ${chart.series.map(({ name, x }) => `${name} at ${x.length} points`).join(", ")}${chart.note ? ` (${chart.note})` : ""}`,
  };
}

function plotlyFigure(chart: LineChart): unknown {
  const subtitle = chart.note ? { subtitle: { text: escapeText(chart.note) } } : {};
  return {
    data: chart.series.map(({ name, x, y }, i) => ({
      type: "scatter",
      mode: "lines",
      name: escapeText(name),
      x: Array.from(x),
      y: Array.from(y),
      line: { color: colour(i), width: 2 },
    })),
    layout: {
      title: { text: escapeText(chart.title), ...subtitle },
      xaxis: { title: { text: escapeText(chart.xLabel) } },
      yaxis: { title: { text: escapeText(chart.yLabel) }, rangemode: "tozero" },
      margin: { l: 56, r: 16, t: chart.note ? 72 : 48, b: 48 },
      height: 360,
      showlegend: chart.series.length > 1,
    },
    config: { responsive: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: "" },
  };
}

function svg(chart: LineChart): string {
  const [width, height] = [640, 360];
  const inner = { left: 56, right: width - 16, top: chart.note ? 56 : 40, bottom: height - 48 };
  const all = (pick: (series: LineSeries) => ArrayLike<number>): number[] =>
    chart.series.flatMap((series) => Array.from(pick(series)).filter(Number.isFinite));
  const xs = all((series) => series.x);
  const ys = all((series) => series.y);
  const span = (values: readonly number[], low: number): [number, number] => {
    const high = values.reduce((a, b) => Math.max(a, b), low);
    return high > low ? [low, high] : [low, low + 1];
  };
  const x = scaleLinear(
    span(
      xs,
      xs.reduce((a, b) => Math.min(a, b), xs[0] ?? 0),
    ),
    [inner.left, inner.right],
  );
  const y = scaleLinear(span(ys, 0), [inner.bottom, inner.top]).nice(5);
  const draw = line<number>()
    .defined((_, i, points) => Number.isFinite(points[i]))
    .x((_, i) => i)
    .y((value) => value);

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(chart.title)}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${inner.left}" y="24" font-size="15">${escapeText(chart.title)}</text>`,
  ];
  if (chart.note) parts.push(`<text x="${inner.left}" y="42" fill="#555">${escapeText(chart.note)}</text>`);
  const xFormat = x.tickFormat(6);
  for (const tick of x.ticks(6)) {
    const at = x(tick).toFixed(1);
    parts.push(`<line x1="${at}" x2="${at}" y1="${inner.top}" y2="${inner.bottom}" stroke="#e5e5e5"/>`);
    parts.push(`<text x="${at}" y="${inner.bottom + 16}" text-anchor="middle" fill="#333">${xFormat(tick)}</text>`);
  }
  const yFormat = y.tickFormat(5);
  for (const tick of y.ticks(5)) {
    const at = y(tick).toFixed(1);
    parts.push(`<line x1="${inner.left}" x2="${inner.right}" y1="${at}" y2="${at}" stroke="#e5e5e5"/>`);
    parts.push(`<text x="${inner.left - 6}" y="${at}" dy="4" text-anchor="end" fill="#333">${yFormat(tick)}</text>`);
  }
  chart.series.forEach((series, i) => {
    const points = Array.from(series.y, Number);
    const path = draw.x((_, k) => x(series.x[k])).y((value) => y(value))(points) ?? "";
    parts.push(`<path d="${path}" fill="none" stroke="${colour(i)}" stroke-width="2"/>`);
    if (chart.series.length > 1)
      parts.push(
        `<text x="${inner.right - 8}" y="${inner.top + 16 + 16 * i}" text-anchor="end" fill="${colour(i)}">${escapeText(series.name)}</text>`,
      );
  });
  parts.push(
    `<text x="${(inner.left + inner.right) / 2}" y="${height - 10}" text-anchor="middle">${escapeText(chart.xLabel)}</text>`,
    `<text transform="translate(14 ${(inner.top + inner.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(chart.yLabel)}</text>`,
    "</svg>",
  );
  return parts.join("");
}
