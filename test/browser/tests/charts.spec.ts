/** Plotly outputs where no plotly extension is installed: drawn by ours, loaded on demand, or shown as their picture. */
import { expect, type Lab, test } from "../support/lab.ts";
import { type Cell, writeNotebook } from "../support/server.ts";

const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><circle cx="10" cy="10" r="8"/></svg>';

/** A cell that was run before and saved with its figure. */
function saved(figure: object): Cell {
  const data = { "application/vnd.plotly.v1+json": figure, "image/svg+xml": PICTURE, "text/plain": "a figure" };
  return { source: "1", outputs: [{ output_type: "display_data", metadata: {}, data }] };
}

const density = {
  data: [{ x: [0, 1, 2, 3], y: [0, 0.4, 0.25, 0.1], name: "density" }],
  layout: { title: { text: "Density of the height" }, xaxis: { title: { text: "t" } } },
  config: { showSendToCloud: true, plotlyServerURL: "https://example.org" },
};

/** plotly's own chunk is by far the largest script of the extension. */
const plotlyRequested = async (lab: Lab) => {
  const sizes = await lab.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter((entry) => entry.name.includes("@sojourn/labextension"))
      .map((entry) => (entry as PerformanceResourceTiming).decodedBodySize),
  );
  return sizes.some((size) => size > 500_000);
};

test("a saved figure is drawn without running anything, in the page's colours and the cell's width", async ({
  lab,
  server,
}) => {
  writeNotebook(server, "figure.ipynb", "python3", [saved(density)]);
  writeNotebook(server, "plain.ipynb", "python3", ["1"]);
  await lab.open("plain.ipynb");
  expect(await plotlyRequested(lab)).toBe(false);

  await lab.page.setViewportSize({ width: 700, height: 800 });
  await lab.open("figure.ipynb");
  const chart = lab.page.getByRole("figure", { name: "Density of the height" });
  const drawing = chart.locator("svg.main-svg").first();
  await expect(drawing).toBeVisible();
  expect(await plotlyRequested(lab)).toBe(true);
  const width = async () => (await drawing.boundingBox())?.width ?? 0;
  const host = (await chart.boundingBox())?.width ?? 0;
  expect(host).toBeLessThan(400);
  await expect.poll(width).toBe(Math.floor(host));

  // It follows the cell when there is more room, and the theme when that changes.
  await lab.page.setViewportSize({ width: 1200, height: 800 });
  await expect.poll(width).toBeGreaterThan(host + 200);
  expect((await drawing.boundingBox())?.height).toBeGreaterThan(300);
  const title = chart.locator(".gtitle");
  const light = await title.evaluate((node) => getComputedStyle(node).fill);
  await lab.setTheme("JupyterLab Dark");
  await expect.poll(() => title.evaluate((node) => getComputedStyle(node).fill)).not.toBe(light);
  expect(light).toMatch(/rgba?\(0, 0, 0/);

  await chart.hover();
  await expect(chart.locator(".modebar-btn").first()).toBeVisible();
  await expect(chart.locator('.modebar-btn[data-title*="Edit"], .modebar-btn[data-title*="cloud" i]')).toHaveCount(0);
});

test("a figure that the partial bundle cannot draw is shown as the picture beside it", async ({ lab, server }) => {
  const surface = { data: [{ type: "surface", z: [[1, 2]] }], layout: { title: { text: "Likelihood surface" } } };
  writeNotebook(server, "surface.ipynb", "python3", [saved(surface)]);
  await lab.open("surface.ipynb");
  const chart = lab.page.getByRole("figure", { name: "Likelihood surface" });
  await expect(chart).toContainText("Charts of type surface need a full plotly renderer");
  const picture = chart.getByRole("img", { name: "Likelihood surface" });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((node) => (node as HTMLImageElement).naturalWidth)).toBe(60);
});
