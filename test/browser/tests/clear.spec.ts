/** Clearing takes two steps: numbers first, then a dialog on which nothing happens by accident. */
import { readdirSync } from "node:fs";
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
