/** Still pictures of figures: what is drawn where, and what is said of the rest. */
import { describe, expect, it } from "vitest";
import { drawPlotly, figureOf } from "./plotly.js";
import { drawVega, isVegaLite } from "./vega.js";
import * as library from "./vega-library.js";

const draw = (data: object[], layout: object = {}) => drawPlotly(figureOf({ data, layout }));
const all = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].map(([, ...found]) => found.map(Number));

describe("plotly figures", () => {
  it("have their points in order and to scale, with gaps where there is nothing", () => {
    const { svg } = draw([{ x: [0, 1, 2, 3], y: [0, 10, null, 20], mode: "lines" }]);
    const [, path = ""] = /<path d="([^"]*)" fill="none"/.exec(svg) ?? [];
    expect(path.replace(/[\d. -]+/g, " ").trim()).toBe("M L M");
    const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = [], [x3 = 0, y3 = 0] = []] = all(path, /[ML]([\d.]+) ([\d.]+)/g);
    expect((x3 - x0) / (x1 - x0)).toBeCloseTo(3, 2);
    expect((y3 - y0) / (y1 - y0)).toBeCloseTo(2, 2);
    expect(y1).toBeLessThan(y0);
  });

  it("have bars whose lengths are their values, from zero", () => {
    const { svg } = draw([{ type: "bar", x: ["a", "b"], y: [2, -1] }]);
    const bars = all(svg, /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="#0072b2"/g);
    expect(bars).toHaveLength(2);
    const [[, y0 = 0, , h0 = 0] = [], [, y1 = 0, , h1 = 0] = []] = bars;
    expect(h0 / h1).toBeCloseTo(2, 2);
    expect(y0 + h0).toBeCloseTo(y1, 1);
  });

  it("count histograms, and shade heatmaps", () => {
    const { svg } = draw([{ type: "histogram", x: [0, 0.1, 0.2, 1], nbinsx: 2 }]);
    const heights = all(svg, /height="([\d.]+)" fill="#0072b2"/g).flat();
    expect(heights[0]! / heights[1]!).toBeCloseTo(3, 2);
    expect(draw([{ type: "heatmap", z: [[0, 1]] }]).svg.match(/#f4f8fb|#08306b/g)).toHaveLength(2);
  });

  it("are small however many points there are", () => {
    const x = Float64Array.from({ length: 200_000 }, (_none, i) => i);
    const y = x.map((i) => Math.sin(i / 5000) + (i === 77_777 ? 5 : 0));
    const { svg } = draw([{ x, y, mode: "lines" }]);
    expect(svg.length).toBeLessThan(100_000);
    const heights = all(svg, /[ML][\d.]+ ([\d.]+)/g).flat();
    expect(Math.min(...heights)).toBeLessThan(40); // the one that stands out is seen
  });

  it("say what they cannot draw, and hold no markup of the user's", () => {
    const { svg, text } = draw([{ type: "surface", z: [[1]] }], { title: { text: "<script>1</script>a & b" } });
    expect(svg).toContain("not drawn here, only by plotly: surface");
    expect(svg).not.toMatch(/<script|a & b/);
    expect(text).toBe("plotly figure: 1a & b; surface (1)");
    expect(figureOf(null)).toEqual({ data: [], layout: {} });
    expect(draw([]).text).toBe("plotly figure; no traces");
  });

  it("keep logarithmic axes to positive numbers and dates in time", () => {
    const { svg } = draw([{ x: ["2024-01-01", "2024-01-02"], y: [0, 100], mode: "markers" }], {
      yaxis: { type: "log" },
    });
    expect(svg.match(/<circle/g)).toHaveLength(1);
    expect(svg).not.toContain("NaN");
  });
});

describe("Vega", () => {
  const bars = {
    data: { values: [{ a: "p", b: 2 }] },
    mark: "bar",
    encoding: { x: { field: "a" }, y: { field: "b", type: "quantitative" } },
  };

  it("draws both kinds of specification without a screen", async () => {
    expect(isVegaLite(bars)).toBe(true);
    const lite = await drawVega(() => library, bars, true);
    expect(lite.svg).toMatch(/^<svg[\s\S]*mark-rect[\s\S]*<\/svg>$/);
    expect(lite.text).toBe("Vega-Lite figure: mark bar");
    const full = {
      $schema: "https://vega.github.io/schema/vega/v5.json",
      width: 10,
      height: 10,
      marks: [{ type: "rect", encode: { enter: { width: { value: 5 }, height: { value: 5 } } } }],
    };
    expect(isVegaLite(full)).toBe(false);
    expect((await drawVega(() => library, full, false)).svg).toContain("mark-rect");
  });

  it("fetches nothing, and says so in the picture", async () => {
    const { svg, text } = await drawVega(
      () => library,
      { ...bars, data: { url: "https://nowhere.invalid/d.json" } },
      true,
    );
    expect(text).toContain("not drawn here, because its data are at https://nowhere.invalid/d.json");
    expect(svg).toContain("not drawn here");
  });

  it("refuses nonsense in a sentence", async () => {
    await expect(drawVega(() => library, { mark: 5 }, true)).rejects.toThrow(/^Cannot draw a figure of Vega-Lite: /);
  });
});
