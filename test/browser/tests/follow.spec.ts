/** Whom the panel talks to: two notebooks with two kernels, a pin, a helper kernel, a network that is cut and comes back. */
import { ownCache } from "../support/caches.ts";
import { openGate } from "../support/gate.ts";
import { expect, Lab, test } from "../support/lab.ts";
import { writeNotebook } from "../support/server.ts";

const build = (n: number) => `await families.coalescent.build({ n: ${n} }); "built"`;

test("each of two notebooks has its own numbers, and a pin stays with one of them", async ({ lab, server }) => {
  writeNotebook(server, "one.ipynb", "sojourn", [build(81)]);
  writeNotebook(server, "two.ipynb", "sojourn", [build(82), build(83)]);
  await lab.open("one.ipynb");
  await lab.openFile("two.ipynb");
  await lab.showPanel();
  await expect(lab.panel).toContainText("two.ipynb · Sojourn 0.1.0");
  await lab.runCell(0);
  await lab.runCell(1);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toMatch(/ of 2$/);
  await lab.page.getByRole("tab", { name: "one.ipynb" }).click();
  await expect(lab.panel).toContainText("one.ipynb · Sojourn 0.1.0");
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("none yet");
  await lab.panel.getByRole("button", { name: "Pin", exact: true }).click();
  await lab.page.getByRole("tab", { name: "two.ipynb" }).click();
  await expect(lab.panel.getByRole("button", { name: "Pinned" })).toHaveAttribute("aria-pressed", "true");
  await expect(lab.panel).toContainText("one.ipynb");
  await lab.panel.getByRole("button", { name: "Pinned" }).click();
  await expect(lab.panel).toContainText("two.ipynb");
});

test("without a notebook a helper kernel serves, and is stopped by a click and by the page's end", async ({
  lab,
  server,
}) => {
  const kernels = async () => ((await (await fetch(`${server.url}/api/kernels`)).json()) as unknown[]).length;
  await lab.open();
  await lab.showPanel();
  const start = lab.panel.getByRole("button", { name: "Start a helper kernel" });
  await start.click();
  await expect(lab.headline).toHaveText("Ready");
  await expect(lab.panel).toContainText("Helper kernel · Sojourn 0.1.0");
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("none yet");
  expect(await kernels()).toBe(1);
  await lab.panel.getByRole("button", { name: "Stop" }).click();
  await expect(lab.headline).toHaveText("No notebook");
  await expect.poll(kernels).toBe(0);

  await start.click();
  await expect(lab.headline).toHaveText("Ready");
  await lab.page.goto("about:blank");
  await expect.poll(kernels).toBe(0);
  lab.ignoreReconnection();
});

test("a network that is cut loses the kernel, and one that comes back finds it with its numbers", async ({
  page,
  server,
}) => {
  test.setTimeout(120_000);
  const gate = await openGate(server.url);
  try {
    const lab = new Lab(page, { ...server, url: gate.url });
    const { path } = ownCache(server, "cut", [build(84)]);
    await lab.open(path);
    await lab.showPanel();
    await expect(lab.headline).toHaveText("Ready");
    await lab.runCell(0);
    await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
    await lab.panel.getByText("Clear caches…", { exact: true }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Clear Sojourn caches?");
    gate.shut();
    await dialog.getByRole("button", { name: "Clear Sojourn caches" }).click();
    await expect(lab.headline).toHaveText("Lost");
    await expect(lab.panel).toContainText("The connection to the kernel is broken");
    // whoever has confirmed hears what came of it
    await expect(dialog.filter({ hasText: "Cannot ask the kernel" })).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    gate.open();
    await expect(lab.headline).toHaveText("Ready", { timeout: 60_000 });
    await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");
    // while the network was away, the browser itself reported what it could not reach; nothing of it is ours
    expect(lab.problems.filter((problem) => problem.includes("@sojourn"))).toEqual([]);
  } finally {
    await page.close();
    await gate.close();
  }
});
