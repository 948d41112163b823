/** The sections over a kernel: ten thousand entries, prewarming, evictions, suggestions, the shared cache; and what is refused. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fillCache, HOSTILE, ownCache } from "../support/caches.ts";
import { jumpTo, sortBy } from "../support/clock.ts";
import { expect, test } from "../support/lab.ts";
import { VENV } from "../support/server.ts";

const MANY = 10_400;
/** Five times what is promised from a change to the picture. */
const PAINT_MS = 5 * 100;
const picture = (name: string) => resolve(import.meta.dirname, "..", "screenshots", `${name}.png`);

test("ten thousand entries are sorted, filtered, chosen, shown in full, pinned, exported and deleted", async ({
  lab,
  server,
}) => {
  test.setTimeout(120_000);
  const { path, directory } = ownCache(server, "many", ["1"]);
  await fillCache(directory, MANY);
  await lab.open(path);
  await lab.showPanel();
  const rows = lab.panel.locator("tr[data-row]");
  await expect(lab.panel).toContainText(`${MANY} entries`);
  expect(await rows.count()).toBeLessThan(80);
  expect(await lab.page.title()).not.toBe("owned");
  const open = (name: string) => lab.panel.getByRole("button", { name, exact: true });

  // by size, the largest first: the whole way to another first row (by age, the first would be the largest already)
  await sortBy(lab.page, "Name");
  const took = await sortBy(lab.page, "Size");
  expect(took, "ms from the click to the new first row").toBeLessThan(PAINT_MS);
  test.info().annotations.push({ type: "ms", description: `sorted and drawn in ${took.toFixed(0)} ms` });
  await expect(open(`model ${MANY - 1}`)).toBeVisible();

  // to the end and back by keys alone
  await open(`model ${MANY - 1}`).focus();
  await lab.page.keyboard.press("End");
  await expect(lab.panel.locator(`tr[data-row="${MANY - 1}"] button`)).toBeFocused();
  await lab.page.keyboard.press("Home");
  await expect(lab.panel.locator('tr[data-row="0"] button')).toBeFocused();
  expect(await rows.count()).toBeLessThan(80);

  // and over more pages than are kept: those that were let go are fetched again
  for (let page = 7; page <= 98; page += 7) await jumpTo(lab.page, page * 100);
  await jumpTo(lab.page, 0);

  const filter = lab.panel.getByRole("searchbox", { name: "Filter by name or key" });
  for (const [typed, name] of [
    ["<img", HOSTILE.markup],
    ["reversed", HOSTILE.rightToLeft],
    ["long long", `${HOSTILE.long.slice(0, 300)}…`],
  ]) {
    await filter.fill(typed!);
    await expect(lab.panel.locator(".jp-Sojourn-count")).toHaveText("1 entry");
    await expect(lab.panel.locator('tr[data-row="0"] button bdi')).toHaveText(name!.trim());
    const box = await lab.panel.locator('tr[data-row="0"]').boundingBox();
    expect(box?.height).toBeLessThan(30);
  }
  await filter.fill("model 1234");
  await expect(lab.panel.locator(".jp-Sojourn-count")).toHaveText("1 entry");
  await open("model 1234").press("Enter");
  await expect(lab.panel).toContainText("sound: every byte was checked just now");
  await expect(lab.panel.getByRole("rowheader", { name: "inputs" })).toBeVisible();
  await lab.panel.getByRole("button", { name: "Pin", exact: true }).last().click();
  await expect(lab.panel.getByRole("button", { name: "Unpin" })).toBeVisible();
  await lab.page.screenshot({ path: picture("entry") });
  await lab.page.keyboard.press("Escape");

  await expect(lab.panel.getByRole("img", { name: "pinned" })).toBeVisible();
  await lab.panel.getByRole("checkbox", { name: /^Choose model 1234/ }).check();
  const dialog = lab.page.getByRole("dialog");
  await lab.panel.getByRole("button", { name: "Export…" }).click();
  await dialog.getByRole("textbox").fill("chosen");
  await dialog.getByRole("button", { name: "Export" }).click();
  await expect(lab.panel).toContainText(/Wrote 1 entry .* to .*chosen\.tar/);
  expect(existsSync(join(server.root, "many", "chosen.tar"))).toBe(true);

  await lab.panel.getByRole("button", { name: "Delete…" }).click();
  await expect(dialog).toContainText("Delete this entry?");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await lab.page.keyboard.press("Enter");
  await expect(lab.panel.locator(".jp-Sojourn-count")).toHaveText("1 entry");
  await lab.panel.getByRole("button", { name: "Delete…" }).click();
  await dialog.getByRole("button", { name: "Delete entries" }).click();
  await expect(lab.panel).toContainText("No entry matches");
  await filter.fill("");
  await expect(lab.panel).toContainText(`${MANY - 1} entries`);

  // what would go is said before it goes
  await lab.panel.getByText("Vacuum…", { exact: true }).click();
  await dialog.getByLabel("Kind").selectOption("trace");
  await dialog.getByRole("button", { name: "Show what would go" }).click();
  await expect(lab.panel).toContainText("Nothing would go.");
  await lab.panel.getByRole("heading", { name: "Evictions" }).click();
  await expect(lab.panel.getByRole("cell", { name: "removed in the panel" })).toBeVisible();
});

const OWN = `const own = defineModel({ name: "own", parameters: ["rate"], inputs: { n: 3 }, initial: ({ n }) => [n],
  transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate }] : []) }); "defined"`;

test("a family is made while a cell spins, over a reload; a model of the notebook waits for the cell", async ({
  lab,
  server,
}) => {
  test.setTimeout(120_000);
  const { path } = ownCache(server, "warm", [OWN, "while (true) {}"]);
  await lab.open(path);
  await lab.showPanel();
  await lab.widenPanel(380);
  await lab.kernelIdle();
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText(/defined/);
  await lab.runCell(1);
  await expect(lab.headline).toHaveText("Busy (live)");
  await lab.panel.getByRole("heading", { name: "Entries" }).click();
  await lab.panel.getByRole("heading", { name: "Prewarm" }).click();
  const model = lab.panel.getByLabel("Model");
  const start = lab.panel.getByRole("button", { name: "Start", exact: true });
  const jobs = lab.panel.getByRole("list", { name: "Prewarming jobs" }).locator("> li");
  await model.selectOption("coalescent");
  await expect(start).toHaveCount(1);
  await expect(start).toBeDisabled();
  await lab.panel.getByLabel("n", { exact: true }).fill("10..12, 0.5");
  await lab.panel.getByRole("button", { name: "Estimate" }).click();
  await expect(lab.panel).toContainText(/4 combinations: 0 there already, 3 to be made\./);
  await expect(lab.panel).toContainText("1 cannot be made: Cannot build coalescent");
  await start.click();
  await expect(jobs.first()).toContainText("4 of 4: 3 made, 0 there already");
  await jobs.first().getByText("1 failed", { exact: true }).click();
  await expect(jobs.first()).toContainText("n = 0.5: Cannot build coalescent");
  await expect(lab.headline).toHaveText("Busy (live)");
  await lab.page.screenshot({ path: picture("prewarm") });

  // a long one goes on while the page is loaded anew, and can be stopped
  await model.selectOption("two-island");
  await lab.panel.getByLabel("a", { exact: true }).fill("100..150");
  await lab.panel.getByLabel("b", { exact: true }).fill("150");
  await lab.panel.getByRole("button", { name: "Estimate" }).click();
  await expect(start).toBeEnabled();
  await start.click();
  await expect(jobs).toHaveCount(2);
  await lab.page.reload();
  await expect(lab.panel).toBeVisible({ timeout: 30_000 });
  const expand = async () => {
    const title = lab.panel.getByRole("heading", { name: "Prewarm" });
    if ((await title.getAttribute("aria-expanded")) !== "true") await title.click();
  };
  await expand();
  await expect(jobs).toHaveCount(2);
  await jobs
    .first()
    .getByRole("button", { name: /^Pause/ })
    .click();
  await expect(jobs.first()).toContainText("paused");
  await jobs
    .first()
    .getByRole("button", { name: /^Go on/ })
    .click();
  await expect(jobs.first()).toContainText(/running|waits/);
  await jobs
    .first()
    .getByRole("button", { name: /^Cancel/ })
    .click();
  await expect(jobs.first()).toContainText("cancelled");

  // the notebook's own model is where its rule is
  await lab.page.getByRole("button", { name: /^Interrupt the kernel/ }).click();
  await expect(lab.headline).toHaveText("Ready");
  await model.selectOption({ label: "own" });
  await lab.panel.getByLabel("n", { exact: true }).fill("4, 5");
  await lab.panel.getByRole("button", { name: "Estimate" }).click();
  await start.click();
  await expect(jobs.first()).toContainText("2 of 2: 2 made, 0 there already");
  await jobs
    .first()
    .getByRole("button", { name: /^Run again/ })
    .click();
  await expect(jobs.first()).toContainText("2 of 2: 0 made, 2 there already");
  lab.ignoreReconnection();
});

test("what is made a bad use of is suggested against; the shared cache is shown; charts come on a click", async ({
  lab,
  server,
}) => {
  const shared = join(server.root, "common");
  mkdirSync(shared, { mode: 0o755 });
  const builds = 'for (let n = 2; n < 30; n++) await families.coalescent.build({ n }); "built"';
  const { path } = ownCache(server, "advice", [builds], { sharedDirectory: shared });
  await lab.open(path);
  await lab.showPanel();
  await lab.widenPanel(420);
  await lab.kernelIdle();
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText(/built/);
  await lab.panel.getByRole("heading", { name: "Entries" }).click();
  await lab.panel.getByRole("heading", { name: /^Suggestions/ }).click();
  await lab.panel.getByRole("button", { name: "Refresh the numbers" }).click();
  const advice = lab.panel.getByRole("listitem").filter({ hasText: "inputs.n of coalescent changed" });
  await expect(advice).toBeVisible();
  const publish = lab.panel.getByRole("button", { name: "Set publish to true for this session" });
  await publish.click();
  await expect(lab.panel).toContainText('{ "cache": { "publish": true } }');
  await advice.getByRole("button", { name: "Dismiss" }).click();
  await expect(advice).toHaveCount(0);
  await lab.panel.getByRole("heading", { name: "Shared cache" }).click();
  await expect(lab.panel).toContainText("everybody · mode 0755");
  await expect(lab.panel).toContainText(/files on \w+/);
  await lab.panel.getByRole("radio", { name: "shared" }).check();
  await expect(lab.panel.getByRole("caption")).toContainText(["Look-ups that the shared cache answered"]);
  await lab.panel.getByRole("radio", { name: "mine" }).check();
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe("0 of 28");

  expect(lab.scripts.some((script) => script.includes("@sojourn"))).toBe(true);
  await lab.panel.getByRole("heading", { name: "Shared cache" }).click();
  await lab.panel.getByRole("heading", { name: /^Suggestions/ }).click();
  await lab.panel.getByRole("button", { name: "Show charts" }).click();
  const chart = lab.panel.getByRole("img", { name: /^Hit rate, this session: 0 % of 56 look-ups/ });
  await expect(chart.locator("svg.main-svg").first()).toBeVisible();
  await expect(lab.panel.locator('.modebar-btn[data-title*="cloud" i]')).toHaveCount(0);
  await chart.scrollIntoViewIfNeeded();
  await lab.page.screenshot({ path: picture("panel-charts") });
});

test("what the kernel or an administrator refuses is not offered, and says why", async ({ lab, server }) => {
  // a kernelspec as a site would write it, and settings as an administrator would
  const spec = JSON.parse(readFileSync(join(VENV, "share", "jupyter", "kernels", "sojourn", "kernel.json"), "utf8"));
  const folder = join(server.root, "..", "data", "kernels", "restricted");
  mkdirSync(folder, { recursive: true });
  const argv = spec.argv.map((word: string) =>
    word.replace("{resource_dir}", join(VENV, "share/jupyter/kernels/sojourn")),
  );
  const env = { ...spec.env, SOJOURN_PANEL_DENY: "clear,prewarm" };
  writeFileSync(join(folder, "kernel.json"), JSON.stringify({ ...spec, argv, env, display_name: "Restricted" }));
  const settings = join(server.root, "..", "config", "lab", "user-settings", "@sojourn", "labextension");
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "plugin.jupyterlab-settings"), JSON.stringify({ offerVacuum: false, view: "mine" }));
  const { path } = ownCache(server, "refused", ["await families.coalescent.build({ n: 3 })"], {}, "restricted");
  await lab.open(path);
  await lab.showPanel();
  await expect(lab.headline).toHaveText("Ready");
  const clear = lab.panel.getByRole("button", { name: "Clear caches…" });
  await expect(clear).toBeDisabled();
  await expect(lab.panel).toContainText("Whoever runs this site has switched this off for the panel.");
  await expect(lab.panel.getByRole("button", { name: "Vacuum…" })).toHaveCount(0);
  await expect(lab.panel.getByRole("radio", { name: "mine" })).toBeChecked();
});
