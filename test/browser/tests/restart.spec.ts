/** Kernels that go away: on request, by accident, for good, and together with the server. */
import { expect, Lab, test } from "../support/lab.ts";
import { startLab, writeNotebook } from "../support/server.ts";

const BUILD = 'await families.coalescent.build({ n: 60 }); "built"';
/** The kernel's process is the parent of the one that runs cells. */
const DIE = 'process.kill(process.ppid, "SIGKILL")';

test("after a restart the panel connects again and its session starts at zero", async ({ lab, server }) => {
  writeNotebook(server, "restart.ipynb", "sojourn", [BUILD]);
  await lab.open("restart.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  await lab.runCell(0);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 1");

  await lab.menu("Kernel", "Restart Kernel…");
  await lab.page.getByRole("dialog").getByRole("button", { name: "Confirm Kernel Restart" }).click();
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("none yet");
  await expect(lab.headline).toHaveText("Ready");
  // The entry that the kernel before it has left is found by this one.
  await lab.runCell(0);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("1 of 1");
  lab.ignoreReconnection();
});

test("restart and run all starts from nothing and runs every cell", async ({ lab, server }) => {
  const cells = ["globalThis.runs = (globalThis.runs ?? 0) + 1", "'run ' + runs"];
  writeNotebook(server, "again.ipynb", "sojourn", cells);
  await lab.open("again.ipynb");
  await lab.kernelIdle();
  for (const _twice of [1, 2]) await lab.runCell(0);
  await expect(lab.output(0)).toHaveText("2");
  await lab.menu("Kernel", "Restart Kernel and Run All Cells…");
  await lab.page.getByRole("dialog").getByRole("button", { name: "Confirm Kernel Restart" }).click();
  await expect(lab.output(1)).toHaveText("'run 1'");
  await expect(lab.output(0)).toHaveText("1");
  lab.ignoreReconnection();
});

test("a kernel that dies is said to restart, and found again", async ({ lab, server }) => {
  writeNotebook(server, "accident.ipynb", "sojourn", [DIE, BUILD]);
  await lab.open("accident.ipynb");
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  const headlines = await lab.recordHeadlines();
  await lab.runCell(0);
  await lab.page.getByRole("dialog").getByRole("button", { name: "Ok" }).click();
  await expect(lab.headline).toHaveText("Ready");
  expect(await headlines()).toContain("Restarting");
  await lab.runCell(1);
  await expect(lab.output(1)).toHaveText(/built/);
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toMatch(/ of 1$/);
  lab.ignoreReconnection();
});

test("a kernel that stays dead is lost, and so is one whose server is gone", async ({ page }) => {
  const server = await startLab(["--AsyncIOLoopKernelRestarter.restart_limit=0"]);
  try {
    const lab = new Lab(page, server);
    writeNotebook(server, "dead.ipynb", "sojourn", [DIE]);
    writeNotebook(server, "alive.ipynb", "sojourn", ["1"]);
    await lab.open("dead.ipynb");
    await lab.showPanel();
    await expect(lab.headline).toHaveText("Ready");
    await lab.runCell(0);
    await expect(lab.headline).toHaveText("Lost");
    await expect(lab.panel).toContainText("The kernel has died");
    await expect(lab.panel).toContainText("Restart it");

    await lab.open("alive.ipynb");
    await lab.showPanel();
    await expect(lab.headline).toHaveText("Ready");
    lab.ignoreReconnection();
    expect(lab.problems).toEqual([]);
    await server.stop();
    await expect(lab.headline).toHaveText("Lost");
    await expect(lab.panel).toContainText("The connection to the kernel is broken");
    // From here on the browser itself reports every request that finds no server.
  } finally {
    await page.close();
    await server.dispose();
  }
});
