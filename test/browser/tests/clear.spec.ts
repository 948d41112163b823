/** Clearing takes two steps: numbers first, then a dialog on which nothing happens by accident. */
import { readdirSync } from "node:fs";
import { ownCache } from "../support/caches.ts";
import { expect, test } from "../support/lab.ts";
import { writeNotebook } from "../support/server.ts";

test("cancel keeps every entry, confirming empties the caches", async ({ lab, server }) => {
  writeNotebook(server, "clear.ipynb", "sojourn", ['await families.coalescent.build({ n: 50 }); "built"']);
  await lab.open("clear.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText(/built/);
  await expect.poll(async () => Number((await lab.row("trace")).Entries)).toBeGreaterThan(0);
  const entries = Number((await lab.row("graph")).Entries) + Number((await lab.row("trace")).Entries);
  const stored = () => readdirSync(server.cacheDirectory, { recursive: true }).sort();
  const before = stored();

  const clear = lab.panel.getByText("Clear caches…", { exact: true });
  const dialog = lab.page.getByRole("dialog");
  await clear.click();
  await expect(dialog).toContainText("Clear Sojourn caches?");
  await expect(dialog).toContainText(new RegExp(`^.*${entries} entr(y|ies) \\([\\d.]+ k?B\\) will be deleted`));
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  // Enter on what has the focus is the accident that must do no harm.
  await lab.page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect.poll(async () => Number((await lab.row("trace")).Entries)).toBeGreaterThan(0);
  expect(stored()).toEqual(before);

  await lab.menu("Kernel", "Clear Sojourn Caches…");
  await dialog.getByRole("button", { name: "Clear Sojourn caches" }).click();
  await expect(lab.panel).toContainText(new RegExp(`Deleted ${entries} entr(y|ies)`));
  for (const kind of ["graph", "trace"] as const) {
    await expect.poll(() => lab.row(kind)).toMatchObject({ Entries: "0", Size: "0 B" });
  }
  await clear.click();
  await expect(lab.panel).toContainText("There is nothing to clear.");
  await expect(dialog).toBeHidden();
});

test("a vacuum deletes what it has shown, and nothing else", async ({ lab, server }) => {
  const large = 'await families["isolation-with-migration"].build({ n1: 5, n2: 5 }); "built"';
  const { path } = ownCache(server, "vacuum", ['await families.coalescent.build({ n: 4 }); "built"', large]);
  await lab.open(path);
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  for (const at of [0, 1]) {
    await lab.runCell(at);
    await expect(lab.output(at)).toHaveText(/built/);
  }
  await expect.poll(async () => (await lab.row("graph")).Entries).toBe("2");
  const dialog = lab.page.getByRole("dialog");
  await lab.menu("Kernel", "Vacuum Sojourn Caches…");
  await expect(dialog).toContainText("What should go?");
  await dialog.getByLabel("Larger than").selectOption("1000000");
  await dialog.getByLabel("Kind").selectOption("graph");
  await dialog.getByRole("button", { name: "Show what would go" }).click();
  await expect(dialog).toContainText("1 entry (");
  await dialog.getByRole("button", { name: "Delete what the vacuum found" }).click();
  await expect(lab.panel).toContainText("Deleted 1 entry (");
  await expect.poll(async () => (await lab.row("graph")).Entries).toBe("1");
  expect((await lab.row("trace")).Entries).toBe("2");
});
