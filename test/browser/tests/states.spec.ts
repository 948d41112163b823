/** What the panel says when there is nothing, or nothing of ours, to talk to. */

import { expect, test } from "../support/lab.ts";
import { writeNotebook } from "../support/server.ts";

test("without a notebook the panel says so and what to do", async ({ lab }) => {
  await lab.open();
  await lab.showPanel();
  await expect(lab.headline).toHaveText("No notebook");
  await expect(lab.panel).toContainText("none is open");
  await expect(lab.panel).toContainText("Open a notebook with the Sojourn kernel");
  await expect(lab.panel.getByRole("button", { name: "Clear caches…" })).toHaveCount(0);
  expect(lab.scripts.some((path) => path.includes("@sojourn"))).toBe(true);
});

test("the panel is reached by menu, which gives it the focus, and by palette", async ({ lab }) => {
  await lab.open();
  await lab.menu("View", "Sojourn Caches");
  await expect(lab.panel).toBeVisible();
  await expect(lab.panel.locator(":focus")).toHaveText("Overview");
  await lab.hidePanel();

  await lab.page.keyboard.press("Control+Shift+C");
  await expect(lab.page.getByRole("textbox", { name: "SEARCH" })).toBeVisible();
  await lab.page.keyboard.type("Sojourn Caches");
  await lab.page.keyboard.press("Enter");
  await expect(lab.panel).toBeVisible();

  // What needs a kernel is there, and greyed out without one.
  await lab.page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
  const clear = lab.page.getByRole("menuitem", { name: /^Clear Sojourn Caches…/ });
  await expect(clear).toBeVisible();
  await expect(clear).toHaveAttribute("aria-disabled", "true");
});

test("a Python notebook is named, sent nothing, and logs nothing", async ({ lab, server }) => {
  const before = server.log().length; // the server is shared: what other tests made it say is not of this notebook
  writeNotebook(server, "python.ipynb", "python3", ["print(6 * 7)"]);
  await lab.open("python.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Not a Sojourn kernel");
  await expect(lab.panel).toContainText("python.ipynb runs Python 3 (ipykernel)");
  await lab.kernelIdle();
  await lab.runAll();
  await expect(lab.output(0)).toHaveText("42");
  await expect(lab.headline).toHaveText("Not a Sojourn kernel");
  expect(lab.traffic.some((t) => t.type === "execute_request" && t.direction === "sent")).toBe(true);
  expect(lab.comms()).toEqual([]);
  // of comms it says at most what the front end of widgets tried, which a Python without ipywidgets refuses
  expect(server.log().slice(before)).not.toMatch(/sojourn\.panel/i);
});

test("a notebook without its kernel says so, and notebooks that run are listed as they come", async ({
  lab,
  server,
}) => {
  for (const name of ["rests", "runs"]) writeNotebook(server, `${name}.ipynb`, "sojourn", ["6 * 7"]);
  await lab.open("rests.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.menu("Kernel", "Shut Down Kernel");
  await expect(lab.headline).toHaveText("Lost");
  await expect(lab.panel).toContainText("The kernel has died or was shut down");
  await expect(lab.panel.getByRole("button", { name: "Open rests.ipynb" })).toHaveCount(0);
  await lab.page.request.post(`${server.url}/api/sessions`, {
    data: { path: "runs.ipynb", name: "runs.ipynb", type: "notebook", kernel: { name: "sojourn" } },
  });
  const open = lab.panel.getByRole("button", { name: "Open runs.ipynb" });
  await expect(open).toBeVisible({ timeout: 30_000 });
  await open.click();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText("42");
});

test("sections whose code did not load say so, and come on a click", async ({ lab }) => {
  await lab.open();
  const code = /@sojourn\/labextension\/static\/.*\.js/;
  await lab.page.route(code, (route) => route.abort());
  await lab.showPanel();
  const alert = lab.panel.getByRole("alert");
  await expect(alert).toContainText("Cannot show the caches: a part of the panel did not load.");
  await lab.page.unroute(code);
  await lab.panel.getByRole("button", { name: "Try again" }).click();
  await expect(lab.headline).toHaveText("No notebook");
  await expect(alert).toHaveCount(0);
  await expect(lab.panel.locator(":focus")).toHaveText("Overview");
  // the browser says itself what did not load
  expect(lab.problems.splice(0).filter((problem) => !/Failed to load resource|ChunkLoadError/.test(problem))).toEqual(
    [],
  );
});
