/**
 * The quickstart notebook as a newcomer meets it: all cells run without a fault, the panel counts a miss and then a
 * hit, charts are drawn. Leaves pictures of it in both themes and in a narrow window to be looked at.
 */
import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, type Lab, test } from "../support/lab.ts";

const REPOSITORY = resolve(import.meta.dirname, "..", "..", "..");
const README_PICTURE = join(REPOSITORY, "docs", "images", "quickstart-and-panel.png");

const picture = (lab: Lab, name: string) =>
  lab.page.screenshot({ path: resolve(import.meta.dirname, "..", "screenshots", `${name}.png`) });

test("the quickstart notebook runs, and the panel counts its miss and its hit", async ({ lab, server }) => {
  copyFileSync(join(REPOSITORY, "notebooks", "quickstart.ipynb"), join(server.root, "quickstart.ipynb"));
  await lab.open("quickstart.ipynb");
  await lab.showPanel();
  await lab.widenPanel(400);
  await expect(lab.headline).toHaveText("Ready");
  await lab.menu("Edit", "Clear Outputs of All Cells");
  const notebook = lab.page.locator(".jp-Notebook:visible");

  await lab.runFirstCell("defineModel({");
  await expect.poll(() => lab.row("graph")).toMatchObject({ "Hit rate": "0 of 1", Misses: "1" });

  await lab.runAll();
  await expect(notebook.getByText("Cannot evaluate", { exact: false }).last()).toBeVisible({ timeout: 30_000 });
  await expect(lab.headline).toHaveText("Ready");
  await expect.poll(async () => Number((await lab.row("graph")).Hits)).toBeGreaterThanOrEqual(1);
  await expect(lab.panel).toContainText(/(graph|trace) of coalescent: hit/);
  await expect(notebook.locator('[data-mime-type="application/vnd.jupyter.stderr"]')).toHaveCount(0);
  await expect(notebook.locator('[data-mime-type="application/vnd.jupyter.error"]')).toHaveCount(0);

  const chart = notebook.getByRole("figure").first();
  await chart.scrollIntoViewIfNeeded();
  await expect(chart.locator("svg.main-svg").first()).toBeVisible();
  await chart.evaluate((node) => node.closest(".jp-Cell")?.scrollIntoView({ block: "end" }));
  await lab.page.mouse.move(900, 20);
  await picture(lab, "light");
  if (process.env.SOJOURN_SCREENSHOTS === "1") await lab.page.screenshot({ path: README_PICTURE });

  await lab.setTheme("JupyterLab Dark");
  await expect
    .poll(() =>
      chart
        .locator(".xtick text")
        .first()
        .evaluate((node) => getComputedStyle(node).fill),
    )
    .toMatch(/rgb\(2\d\d, 2\d\d, 2\d\d\)/);
  await picture(lab, "dark");

  await lab.page.setViewportSize({ width: 760, height: 700 });
  await lab.widenPanel(250);
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  expect(box?.height).toBeGreaterThan(300);
  await expect
    .poll(async () => (await chart.locator("svg.main-svg").first().boundingBox())?.width)
    .toBe(Math.floor(box?.width ?? 0));
  await picture(lab, "narrow");
});
