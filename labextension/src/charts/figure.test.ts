/** Figures made ready: the theme gives way to the figure, privacy does not. */
import { expect, test } from "vitest";
import { readTheme, safeConfig, themedLayout, titleOf, undrawableType } from "./figure.js";

const theme = readTheme((name) => ({ "--jp-content-font-color1": " rgb(1, 2, 3)" })[name] ?? "");

test("colours come from the page, with a fallback for each", () => {
  expect(theme.text).toBe("rgb(1, 2, 3)");
  expect(theme.surface).toBe("white");
});

test("what the figure states wins over the theme, and the figure is not touched", () => {
  const layout = { height: 200, template: { layout: {} }, xaxis: { title: { text: "t" } } };
  const themed = themedLayout(layout, theme, 400);
  expect(themed).toMatchObject({ height: 200, template: { layout: {} }, width: 400 });
  expect(themed.template).not.toHaveProperty("layout.font");
  expect(themedLayout({ width: 300 }, theme, 400).width).toBe(300);
  (themed.xaxis as { title: { text: string } }).title.text = "changed";
  expect(layout.xaxis.title.text).toBe("t");
});

test("a legend goes below the plot when there is little room beside it", () => {
  const below = "template.layout.legend.orientation";
  expect(themedLayout({}, theme, 400)).toHaveProperty(below, "h");
  expect(themedLayout({}, theme, 900)).not.toHaveProperty(below);
});

test("no figure can offer to send its data away", () => {
  const wanted = { showSendToCloud: true, plotlyServerURL: "https://example.org", scrollZoom: true, responsive: true };
  expect(safeConfig(wanted)).toEqual({
    scrollZoom: true,
    responsive: false,
    displaylogo: false,
    showSendToCloud: false,
    plotlyServerURL: "",
  });
});

test("trace types outside the bundle are found, a missing type is a scatter", () => {
  expect(undrawableType({ data: [{}, { type: "bar" }] }, ["scatter", "bar"])).toBeUndefined();
  expect(undrawableType({ data: [{}, { type: "surface" }] }, ["scatter", "bar"])).toBe("surface");
});

test("the title names the chart in both spellings", () => {
  expect(titleOf({ layout: { title: "a" } })).toBe("a");
  expect(titleOf({ layout: { title: { text: "b" } } })).toBe("b");
  expect(titleOf({})).toBe("");
});
