/** Completion and tooltip in JupyterLab, by the kernel's language service: types across cells, documentation, while a cell runs too. */
import { expect, test } from "../support/lab.ts";
import { writeNotebook } from "../support/server.ts";

test("Tab completes and Shift+Tab explains, also while a cell runs", async ({ lab, server }) => {
  const first =
    "interface Point { easting: number; northing: number }\nconst here: Point = { easting: 1, northing: 2 };";
  writeNotebook(server, "typing.ipynb", "sojourn", [first, "", "for (;;);"]);
  await lab.open("typing.ipynb");
  await lab.kernelIdle();
  await lab.runCell(0);
  const completer = lab.page.locator(".jp-Completer");
  const items = completer.locator(".jp-Completer-item");
  const editor = lab.cell(1).getByRole("textbox");

  // A member that only the type of an earlier cell knows.
  await editor.click();
  await lab.page.keyboard.type("here.nor");
  // JupyterLab waits a second for an answer, and the language service starts with the first question.
  await expect(async () => {
    await lab.page.keyboard.press("Tab");
    await expect(editor).toHaveText(/here\.northing/, { timeout: 2000 });
  }).toPass({ timeout: 20_000 });
  await lab.page.keyboard.press("Control+a");
  await lab.page.keyboard.type("here.");
  await lab.page.keyboard.press("Tab");
  await expect(items.filter({ hasText: "easting" })).toBeVisible();
  await lab.page.keyboard.press("Escape");

  await lab.page.keyboard.press("Control+a");
  await lab.page.keyboard.type("linspace(");
  const tooltip = lab.page.locator(".jp-Tooltip");
  await expect(async () => {
    await lab.page.keyboard.press("Shift+Tab");
    await expect(tooltip).toContainText("Float64Array", { timeout: 3000 });
  }).toPass({ timeout: 20_000 });
  await lab.page.keyboard.press("Escape");

  await lab.runCell(2);
  await expect(lab.cell(2)).toContainText("[*]");
  await editor.click();
  await lab.page.keyboard.press("Control+a");
  await lab.page.keyboard.type("here.");
  await lab.page.keyboard.press("Tab");
  await expect(items.filter({ hasText: "northing" })).toBeVisible();
  await lab.page.keyboard.press("Escape");
  await lab.page.getByRole("button", { name: /^Interrupt the kernel/ }).click();
  await lab.kernelIdle();
});
