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

test("a Python notebook is named, sent nothing, and logs nothing", async ({ lab, server }) => {
  writeNotebook(server, "python.ipynb", "python3", ["print(6 * 7)"]);
  await lab.open("python.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Not a Sojourn kernel");
  await expect(lab.panel).toContainText("python.ipynb runs Python 3 (ipykernel)");
  await lab.runAll();
  await expect(lab.output(0)).toHaveText("42");
  await expect(lab.headline).toHaveText("Not a Sojourn kernel");
  expect(lab.traffic.some((t) => t.type === "execute_request" && t.direction === "sent")).toBe(true);
  expect(lab.comms()).toEqual([]);
  expect(server.log()).not.toMatch(/\bcomms?\b|comm_/i);
});
