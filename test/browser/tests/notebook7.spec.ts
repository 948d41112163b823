/**
 * Notebook 7, in the long run only: it is no part of the project's environment, and is installed for this into one of its own
 * (`SOJOURN_NOTEBOOK_VENV` names one that is there).
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { startLab, writeNotebook } from "../support/server.ts";

const PROJECT = resolve(import.meta.dirname, "..", process.env.SOJOURN_VENV ?? "../../.sojourn/venv");
const OWN =
  process.env.SOJOURN_NOTEBOOK_VENV ?? resolve(import.meta.dirname, "..", "..", "..", ".sojourn", "notebook7");

/** The packages of Notebook 7, and of the project the wheel. */
function install(): void {
  if (existsSync(join(OWN, "bin", "jupyter-notebook"))) return;
  const python = join(PROJECT, "bin", "python");
  execFileSync(python, ["-m", "venv", "--without-pip", OWN], { stdio: "inherit" });
  const wheels = join(PROJECT, "..", "wheel");
  const pip = [python, ["-m", "pip", "--no-input", "--python", join(OWN, "bin", "python"), "install", "-q"]] as const;
  execFileSync(pip[0], [...pip[1], "notebook==7.6.*", "jupyterlab_widgets==3.*"], { stdio: "inherit" });
  execFileSync(pip[0], [...pip[1], "--no-index", "--no-deps", "--find-links", wheels, "sojourn"], { stdio: "inherit" });
}

if (process.env.SOJOURN_LONG) {
  test("Notebook 7 runs cells, moves widgets, and interrupts", async ({ page }) => {
    test.setTimeout(300_000);
    install();
    const server = await startLab([], { module: "notebook", venv: OWN, options: [] });
    try {
      const cells = ["widgets.interact(({ n }) => n * 2, { n: [0, 10, 1] });", "for (;;);", "'goes on'"];
      writeNotebook(server, "seven.ipynb", "sojourn", cells);
      await page.goto(`${server.url}/notebooks/seven.ipynb`);
      const cell = (at: number) => page.locator(".jp-Notebook .jp-CodeCell").nth(at);
      const run = async (at: number) => {
        await cell(at).getByRole("textbox").first().click();
        await page.keyboard.press("Control+Enter");
      };
      await expect(page.getByText("Sojourn", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
      await run(0);
      await expect(cell(0).locator(".noUi-handle")).toBeVisible({ timeout: 30_000 });
      await expect(cell(0).locator("pre").getByText("10", { exact: true })).toBeVisible();
      await cell(0).locator(".noUi-handle").press("End");
      await expect(cell(0).locator("pre").getByText("20", { exact: true })).toBeVisible();
      await run(1);
      await expect(cell(1)).toContainText("[*]");
      await page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
      await page.getByRole("menuitem", { name: /^Interrupt Kernel/ }).click();
      await expect(cell(1)).toContainText("Interrupted");
      await run(2);
      await expect(cell(2)).toContainText("'goes on'");
    } finally {
      await page.close();
      await server.dispose();
    }
  });
}
