/** The panel beside a running Sojourn kernel: counts, busy, interrupt, silence while hidden, and which notebook it follows. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownCache } from "../support/caches.ts";
import { expect, test } from "../support/lab.ts";
import { writeNotebook } from "../support/server.ts";

test("the panel counts a miss and then a hit", async ({ lab, server }) => {
  const build = "const ph = await families.coalescent.build({ n: 11 });\nawait ph.mean({ rate: 1 })";
  await lab.open(ownCache(server, "counts", [build, build]).path);
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await expect(lab.panel).toContainText("counts.ipynb · Sojourn 0.1.0");
  await expect.poll(() => lab.row("graph")).toMatchObject({ "Hit rate": "none yet", Entries: "0", Size: "0 B" });

  await lab.runCell(0);
  // The mean height of a coalescent of n lineages is 2 (1 - 1/n).
  await expect(lab.output(0)).toHaveText(/1\.818181818181818\d*$/);
  for (const kind of ["graph", "trace"] as const) {
    const missed = { "Hit rate": "0 of 1", Hits: "0", Misses: "1", Entries: "1" };
    await expect.poll(() => lab.row(kind)).toMatchObject(missed);
  }
  await expect(lab.panel).toContainText(/of coalescent: miss/);

  await lab.runCell(1);
  await expect(lab.output(1)).toHaveText(/1\.818181818181818\d*$/);
  for (const kind of ["graph", "trace"] as const) {
    await expect
      .poll(() => lab.row(kind))
      .toMatchObject({ "Hit rate": "1 of 2", Hits: "1", Misses: "1", Entries: "1" });
  }
  await expect(lab.panel).toContainText(/of coalescent: hit/);
});

test("a loop without end is busy and live, stops by JupyterLab's own button, and leaves variables alone", async ({
  lab,
  server,
}) => {
  writeNotebook(server, "loop.ipynb", "sojourn", ["let kept = 41;", "while (true) {}", "kept + 1"]);
  await lab.open("loop.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await lab.runCell(1);
  await expect(lab.headline).toHaveText("Busy (live)");

  // The kernel answers the panel although the cell never yields.
  const before = lab.comms("received").length;
  await lab.panel.getByRole("button", { name: "Refresh the numbers" }).click();
  await expect.poll(() => lab.comms("received").length).toBeGreaterThan(before);
  await expect(lab.headline).toHaveText("Busy (live)");

  await lab.page.getByRole("button", { name: /^Interrupt the kernel/ }).click();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(2);
  await expect(lab.output(2)).toHaveText("42");
});

test("numbers rise while the cell that moves them runs", async ({ lab, server }) => {
  const cell = [
    "for (let n = 30; n < 34; n++) {",
    "  await families.coalescent.build({ n });",
    "  await new Promise((resolve) => setTimeout(resolve, 900));",
    "}",
    '"done"',
  ].join("\n");
  writeNotebook(server, "rising.ipynb", "sojourn", [cell]);
  await lab.open("rising.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toMatch(/^0 of [123]$/);
  await expect(lab.headline).toHaveText("Busy (live)");
  await expect(lab.output(0)).toHaveText(/done/);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 4");
});

test("a hidden panel neither sends nor receives, and catches up when it is shown", async ({ lab, server }) => {
  const build = (n: number) => `await families.coalescent.build({ n: ${n} }); "built ${n}"`;
  writeNotebook(server, "hidden.ipynb", "sojourn", [build(40), build(41)]);
  await lab.open("hidden.ipynb");
  await lab.kernelIdle();
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText(/built 40/);
  expect(lab.comms(), "a panel that was never shown opens no comm").toEqual([]);

  await lab.showPanel();
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
  await lab.hidePanel();
  const quiet = lab.comms().length;
  await lab.runCell(1);
  await expect(lab.output(1)).toHaveText(/built 41/);
  // Longer than the second within which a change is pushed to a panel that is seen.
  await lab.page.waitForTimeout(1_500);
  expect(lab.comms().slice(quiet)).toEqual([]);

  await lab.showPanel();
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 2");
  expect(lab.comms().filter((t) => t.type === "comm_open")).toHaveLength(1);
});

test("the panel follows notebooks and keeps the last one beside a text file", async ({ lab, server }) => {
  writeNotebook(server, "ours.ipynb", "sojourn", ["1"]);
  writeNotebook(server, "theirs.ipynb", "python3", ["1"]);
  writeFileSync(join(server.root, "notes.txt"), "nothing here");
  await lab.open("ours.ipynb");
  for (const file of ["notes.txt", "theirs.ipynb"]) await lab.openFile(file);
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Not a Sojourn kernel");
  await lab.page.getByRole("tab", { name: "ours.ipynb" }).click();
  await expect(lab.headline).toHaveText("Ready");
  await lab.page.getByRole("tab", { name: "notes.txt" }).click();
  await expect(lab.headline).toHaveText("Ready");
  await expect(lab.panel).toContainText("ours.ipynb");
  await lab.page.getByRole("tab", { name: "theirs.ipynb" }).click();
  await expect(lab.panel).toContainText("theirs.ipynb runs Python 3");
});

test("a console on the notebook's kernel shows the same numbers", async ({ lab, server }) => {
  writeNotebook(server, "shared.ipynb", "sojourn", ['await families.coalescent.build({ n: 70 }); "built"']);
  await lab.open("shared.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
  await lab.menu("File", "New Console for Notebook");
  await expect(lab.panel).toContainText("shared.ipynb · Sojourn 0.1.0 · console");
  await expect(lab.headline).toHaveText("Ready");
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
});
