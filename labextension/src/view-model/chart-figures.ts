/** The charts of the panel as figures for plotly; the theme comes later. Pure. */
import { CACHE_KINDS, type ChartData } from "@sojourn/kernel/panel-protocol";
import type { Translate } from "./explain.js";

export interface PanelFigure {
  readonly id: "rate" | "sizes" | "saved" | "evictions";
  readonly title: string;
  /** The same in words, for those who do not see it. */
  readonly text: string;
  readonly data: readonly { readonly type: string; readonly [name: string]: unknown }[];
  readonly layout: Readonly<Record<string, unknown>>;
}

const HEIGHT_PX = 170;
const DAY_MS = 86_400_000;

/** Figures of what there is something of. */
export function figuresOf(data: ChartData, trans: Translate): PanelFigure[] {
  const { lookups, sizes, evictions } = data;
  const figures: PanelFigure[] = [];
  const layout = (y: string, more: object = {}) => ({
    height: HEIGHT_PX,
    margin: { l: 52, r: 8, t: 8, b: 32 },
    showlegend: false,
    yaxis: { title: { text: y }, rangemode: "tozero", automargin: true },
    ...more,
  });
  const last = lookups.at(-1);
  if (last !== undefined) {
    const x = lookups.map(({ time }) => new Date(time).toISOString());
    const rates = lookups.map(({ hits, misses }) => (hits + misses === 0 ? 0 : (100 * hits) / (hits + misses)));
    figures.push({
      id: "rate",
      title: trans.__("Hit rate, this session"),
      text: trans.__("%1 % of %2 look-ups were hits.", Math.round(rates.at(-1) ?? 0), last.hits + last.misses),
      data: [
        {
          type: "scatter",
          mode: "lines",
          line: { shape: "hv" },
          x,
          y: rates,
          hovertemplate: "%{y:.0f} %<extra></extra>",
        },
      ],
      layout: layout("%", { yaxis: { title: { text: "%" }, range: [0, 105], automargin: true } }),
    });
    figures.push({
      id: "saved",
      title: trans.__("Time saved, this session"),
      text: trans.__("%1 s were saved.", (last.savedMs / 1000).toFixed(1)),
      data: [
        {
          ...{ type: "scatter", mode: "lines", line: { shape: "hv" }, x },
          y: lookups.map(({ savedMs }) => savedMs / 1000),
          hovertemplate: "%{y:.2f} s<extra></extra>",
        },
      ],
      layout: layout("s"),
    });
  }
  const layers = [...new Set(sizes.filter(({ bytes }) => bytes > 0).map(({ layer }) => layer))];
  if (layers.length > 0) {
    const of = (layer: string, kind: string) =>
      sizes.filter((one) => one.layer === layer && one.kind === kind).reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
    figures.push({
      id: "sizes",
      title: trans.__("Size by kind"),
      text: CACHE_KINDS.map(
        (kind) => `${kind}: ${layers.reduce((sum, layer) => sum + of(layer, kind), 0).toFixed(2)} MB`,
      ).join(", "),
      data: layers.map((layer) => ({
        ...{ type: "bar", name: layer, x: [...CACHE_KINDS] },
        y: CACHE_KINDS.map((kind) => of(layer, kind)),
        hovertemplate: `%{x}, ${layer}: %{y:.2f} MB<extra></extra>`,
      })),
      layout: layout("MB", { barmode: "stack", showlegend: layers.length > 1 }),
    });
  }
  if (evictions.length > 0) {
    const days = new Map<string, number>();
    for (const { time } of evictions) {
      const day = new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
    figures.push({
      id: "evictions",
      title: trans.__("Evictions by day"),
      text: sorted.map(([day, count]) => `${day}: ${count}`).join(", "),
      data: [
        {
          ...{ type: "bar", x: sorted.map(([day]) => day), y: sorted.map(([, count]) => count) },
          hovertemplate: "%{x}: %{y}<extra></extra>",
        },
      ],
      layout: layout("", { xaxis: { type: "category" } }),
    });
  }
  return figures;
}
