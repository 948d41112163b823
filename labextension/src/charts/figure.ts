/**
 * Figures as they arrive in outputs, made ready for plotly: a layout that takes its colours from the page's theme where
 * the figure states none, and a configuration that never offers to send data anywhere. Pure.
 */

/** `application/vnd.plotly.v1+json`. */
export interface Figure {
  readonly data?: readonly { readonly type?: string }[];
  readonly layout?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Colours and font of the page. */
export interface ChartTheme {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly surface: string;
  readonly fontFamily: string;
  readonly series: readonly string[];
}

const DEFAULT_HEIGHT_PX = 340;
const NARROW_PX = 520;

/** Reads a CSS custom property, e.g. of the chart's own element. */
export function readTheme(property: (name: string) => string): ChartTheme {
  const read = (name: string, otherwise: string) => property(name).trim() || otherwise;
  return {
    text: read("--jp-content-font-color1", "black"),
    faint: read("--jp-content-font-color2", "gray"),
    grid: read("--jp-border-color2", "lightgray"),
    surface: read("--jp-layout-color1", "white"),
    fontFamily: read("--jp-ui-font-family", "sans-serif"),
    series: [
      read("--jp-brand-color1", "steelblue"),
      read("--jp-warn-color1", "darkorange"),
      read("--jp-success-color1", "seagreen"),
      read("--jp-error-color1", "firebrick"),
      read("--jp-info-color1", "teal"),
    ],
  };
}

/**
 * The figure's layout over the theme's defaults, which go into a template so that anything stated wins. It is as wide as
 * the cell, in CSS pixels, unless it states a width itself.
 */
export function themedLayout(
  layout: Figure["layout"],
  theme: ChartTheme,
  cellWidthPx: number,
): Record<string, unknown> {
  const own = structuredClone(layout ?? {}) as Record<string, unknown>;
  const axis = {
    automargin: true,
    // Margins leave labels their place; measuring which of them leaves the plot takes a fifth of a drawing's time.
    ticklabeloverflow: "allow",
    gridcolor: theme.grid,
    linecolor: theme.grid,
    zerolinecolor: theme.grid,
    tickcolor: theme.grid,
    title: { standoff: 8 },
  };
  const template = {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: theme.text, family: theme.fontFamily, size: 12 },
      colorway: theme.series,
      margin: { l: 48, r: 16, t: 40, b: 40 },
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.grid, font: { color: theme.text } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.faint, activecolor: theme.text },
      xaxis: axis,
      yaxis: axis,
      // Beside the plot a legend takes its width, below it only some of its height.
      ...(cellWidthPx < NARROW_PX && { legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom" } }),
    },
  };
  return { template, width: cellWidthPx, height: DEFAULT_HEIGHT_PX, ...own, autosize: false };
}

/**
 * The figure's configuration; what concerns privacy cannot be overridden, nor the size, which plotly would change a second
 * time for a window that does.
 */
export function safeConfig(config: Figure["config"]): Record<string, unknown> {
  const fixed = { responsive: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: "" };
  return { ...structuredClone(config ?? {}), ...fixed };
}

/** The first trace type of the figure that is not among `drawable`. */
export function undrawableType(figure: Figure, drawable: readonly string[]): string | undefined {
  return figure.data?.map((trace) => trace.type ?? "scatter").find((type) => !drawable.includes(type));
}

/** A name for those who do not see the chart. */
export function titleOf(figure: Figure): string {
  const title = figure.layout?.title;
  if (typeof title === "string") return title;
  const text = (title as { readonly text?: unknown } | undefined)?.text;
  return typeof text === "string" ? text : "";
}
