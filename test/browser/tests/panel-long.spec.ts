/**
 * What takes long, in the long run only: a server that culls idle kernels, and the panel in the oldest JupyterLab it is for and in
 * Notebook 7. Those are no part of the project's environment, and are installed for this into ones of their own
 * (`SOJOURN_LAB42_VENV` and `SOJOURN_NOTEBOOK_VENV` name some that are there).
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { Lab } from "../support/lab.ts";
import { startLab, VENV, writeNotebook } from "../support/server.ts";

const STATE = resolve(import.meta.dirname, "..", "..", "..", ".sojourn");
const QUIET = ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"];
const BUILD = 'await families.coalescent.build({ n: 8 }); "built"';

/** An environment with that application, and with the kernel and the extension that are tested. */
function prepare(folder: string, application: string, requirement: string): string {
  const python = join(VENV, "bin", "python");
  if (!existsSync(join(folder, "bin", application))) {
    execFileSync(python, ["-m", "venv", "--without-pip", folder], { stdio: "inherit" });
    const pip = ["-m", "pip", "--no-input", "--python", join(folder, "bin", "python"), "install", "-q"];
    execFileSync(python, [...pip, requirement], { stdio: "inherit" });
  }
  for (const part of ["labextensions/@sojourn/labextension", "kernels/sojourn"]) {
    const target = join(folder, "share", "jupyter", part);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(join(target, ".."), { recursive: true });
    cpSync(join(VENV, "share", "jupyter", part), target, { recursive: true });
  }
  return folder;
}

if (process.env.SOJOURN_LONG) {
  test("a server that culls idle kernels culls one under a panel that is open and hidden", async ({ page }) => {
    test.setTimeout(120_000);
    const cull = ["cull_idle_timeout=6", "cull_interval=1", "cull_connected=True"];
    const server = await startLab(cull.map((option) => `--MappingKernelManager.${option}`));
    try {
      const lab = new Lab(page, server);
      writeNotebook(server, "idle.ipynb", "sojourn", [BUILD]);
      await lab.open("idle.ipynb");
      await lab.showPanel();
      await expect(lab.headline).toHaveText("Ready");
      await lab.runCell(0);
      await expect(lab.output(0)).toHaveText(/built/);
      await lab.hidePanel();
      const sent = lab.comms("sent").length;
      const kernels = async () => ((await (await fetch(`${server.url}/api/kernels`)).json()) as unknown[]).length;
      expect(await kernels()).toBe(1);
      await expect.poll(kernels, { timeout: 40_000 }).toBe(0);
      expect(lab.comms("sent").length, "comm messages of a hidden panel").toBe(sent);
    } finally {
      await page.close();
      await server.dispose();
    }
  });

  test("the panel works in JupyterLab 4.2, and says nothing to the console", async ({ page }) => {
    test.setTimeout(400_000);
    const folder = process.env.SOJOURN_LAB42_VENV ?? join(STATE, "lab42");
    const venv = prepare(folder, "jupyter-lab", "jupyterlab==4.2.*");
    const server = await startLab([], { module: "jupyterlab", venv, options: QUIET });
    try {
      const lab = new Lab(page, server);
      writeNotebook(server, "old.ipynb", "sojourn", [
        BUILD,
        "await (await families.coalescent.build({ n: 8 })).mean({ rate: 1 })",
      ]);
      await lab.open("old.ipynb");
      await lab.showPanel();
      await expect(lab.headline).toHaveText("Ready");
      await lab.runCell(0);
      await expect(lab.output(0)).toHaveText(/built/);
      await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
      await lab.runCell(1);
      await expect(lab.output(1).getByRole("button", { name: /^Sojourn caches: / })).toBeVisible();
      await lab.panel.getByRole("button", { name: "coalescent" }).first().click();
      await expect(lab.panel).toContainText("sound: every byte was checked just now");
      expect(lab.problems.filter((problem) => !problem.includes("Language pack"))).toEqual([]);
    } finally {
      await page.close();
      await server.dispose();
    }
  });

  test("the panel works in Notebook 7", async ({ page }) => {
    test.setTimeout(400_000);
    const folder = process.env.SOJOURN_NOTEBOOK_VENV ?? join(STATE, "notebook7");
    const venv = prepare(folder, "jupyter-notebook", "notebook==7.6.*");
    const server = await startLab([], { module: "notebook", venv, options: [] });
    try {
      const lab = new Lab(page, server);
      writeNotebook(server, "seven.ipynb", "sojourn", [BUILD]);
      await page.goto(`${server.url}/notebooks/seven.ipynb`);
      await expect(page.getByText("Sojourn", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
      await lab.menu("View", "Sojourn Caches");
      await expect(lab.headline).toHaveText("Ready");
      await page.locator(".jp-Notebook .jp-CodeCell").first().getByRole("textbox").click();
      await page.keyboard.press("Control+Enter");
      await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
      expect(lab.problems.filter((problem) => problem.includes("sojourn"))).toEqual([]);
    } finally {
      await page.close();
      await server.dispose();
    }
  });
}
