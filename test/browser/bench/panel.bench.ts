/**
 * The panel's figures, measured by the browser of the tests on a real JupyterLab with real kernels. Each test adds its figures to the
 * file that `SOJOURN_BENCH_FIGURES` names, one line of JSON for each; names and goals stand in test/bench/panel.
 */
import { appendFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fillCache, ownCache } from "../support/caches.ts";
import {
  answerTimes,
  filterBy,
  firstNumbers,
  jumpTo,
  scrollFrames,
  sortBy,
  takeNotes,
  updateTimes,
  watchDrawing,
  watchFrames,
} from "../support/clock.ts";
import { expect, type Lab, test } from "../support/lab.ts";

const ENTRIES = 10_000;
const quick = process.env.SOJOURN_BENCH_QUICK === "1";
const ROUNDS = quick ? 4 : 25;
const FRAMES = quick ? 60 : 400;
/** Each has another first row than the one before: the newest has no name, and the largest is the costliest too. */
const SORTED = ["Size", "Name", "Size", "Made"];

function report(line: object): void {
  const file = process.env.SOJOURN_BENCH_FIGURES;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** As many values as there are rounds, with a line of progress for each. */
async function figure(id: string, once: (round: number) => Promise<number>): Promise<void> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round++) values.push(await once(round));
  done(id, values);
}

function done(id: string, values: readonly number[]): void {
  report({ id, values });
  const all = [...values].sort((a, b) => a - b);
  console.log(`  ${id}: ${all[all.length >> 1]?.toFixed(1)}, worst of ${all.length} ${all.at(-1)?.toFixed(1)}`);
}

test("load", async ({ lab, server, browser }) => {
  const { path } = ownCache(server, "load", ["1"]);
  const activations: number[] = [];
  const shown: number[] = [];
  await lab.open();
  await sizes(lab);
  report({ versions: { jupyterlab: await labVersion(lab), chromium: browser.version() } });
  for (let round = 0; round < ROUNDS; round++) {
    await lab.open(path);
    await lab.kernelIdle();
    const [activation] = await lab.page.evaluate(() =>
      performance.getEntriesByName("@sojourn/labextension:activate").map(({ duration }) => duration),
    );
    activations.push(activation ?? Number.NaN);
    const { ms } = await firstNumbers(lab.page);
    await lab.showPanel();
    shown.push(await ms);
  }
  done("activation", activations);
  done("shown", shown);
});

/** Of the extension's files that are loaded before the panel is shown. */
async function sizes(lab: Lab): Promise<void> {
  const urls = await lab.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .flatMap(({ name }) => (name.includes("@sojourn/labextension/static") ? [name] : [])),
  );
  const files = await Promise.all(urls.map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())));
  expect(files.length).toBeGreaterThan(0);
  const sum = (bytes: readonly number[]) => bytes.reduce((a, b) => a + b, 0);
  const plain = files.map(({ length }) => length);
  const zipped = files.map((file) => gzipSync(file).length);
  done("chunk", [Math.max(...plain)]);
  done("chunk-gzip", [Math.max(...zipped)]);
  done("all-files", [sum(plain)]);
  done("all-files-gzip", [sum(zipped)]);
}

async function labVersion(lab: Lab): Promise<string> {
  const config = await lab.page.locator("#jupyter-config-data").textContent();
  return String(JSON.parse(config ?? "{}").appVersion);
}

test("hidden", async ({ lab, server }) => {
  const seconds = quick ? 3 : 10;
  const cell = (from: number) =>
    `for (let n = ${from}; n < ${from + seconds}; n++) {
  console.log("building", n, (await families.coalescent.build({ n })).toString().length);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
"done ${from}"`;
  const { path } = ownCache(server, "hidden", [cell(100), cell(200), cell(300)]);
  await lab.open(path);
  await lab.kernelIdle();
  const run = async (index: number, from: number) => {
    const before = lab.comms().length;
    const frames = lab.traffic.length;
    await lab.runCell(index);
    await expect(lab.output(index).last()).toHaveText(new RegExp(`done ${from}`), { timeout: 60_000 });
    await lab.page.waitForTimeout(1500);
    const messages = lab.comms().slice(before);
    const bytes = messages.reduce((sum, message) => sum + message.bytes, 0);
    return { messages: messages.length, bytes, frames: lab.traffic.length - frames };
  };
  const never = await run(0, 100);
  await lab.showPanel();
  await expect.poll(async () => (await lab.row("graph"))["Hit rate"]).toBe(`0 of ${seconds}`);
  const seen = await run(1, 200);
  // what cannot be seen when it is there would be silent too
  expect(seen.messages, "messages of a panel that is shown").toBeGreaterThan(0);
  await lab.hidePanel();
  await lab.page.waitForTimeout(1500);
  const hidden = await run(2, 300);
  done("hidden-messages", [never.messages, hidden.messages]);
  done("hidden-bytes", [never.bytes, hidden.bytes]);
  done("seen-messages", [seen.messages]);
  done("seen-bytes", [seen.bytes]);
  done("cell-messages", [hidden.frames]);
});

test("entries", async ({ lab, server }) => {
  const changes = `const grow = (k: number) => defineModel({ name: "update " + k, parameters: ["rate"], inputs: { n: 2 },
  initial: ({ n }) => [n], transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate }] : []) });
for (let k = 0; k < ${ROUNDS}; k++) {
  await grow(k).build({ n: 5 + k });
  await new Promise((resolve) => setTimeout(resolve, 1500));
}
"done"`;
  const { path, directory } = ownCache(server, "entries", [changes, "while (true) {}"]);
  console.log(`  writing ${ENTRIES} entries`);
  await fillCache(directory, ENTRIES);
  const { page } = lab;
  await watchFrames(page);
  await lab.open(path);
  await lab.kernelIdle();
  await lab.showPanel();
  await lab.widenPanel(420);
  await expect(lab.panel).toContainText(`${ENTRIES} entries`);

  const stop = await watchDrawing(page);
  await takeNotes(page);
  await lab.runCell(0);
  await expect(lab.output(0)).toHaveText(/done/, { timeout: 120_000 });
  await page.waitForTimeout(1500);
  const drawn = await stop();
  const notes = await takeNotes(page);
  const updates = updateTimes(notes, drawn);
  done("update-overview", updates.overview);
  done("update-list", updates.list);
  done("update-answer", answerTimes(notes));
  expect(updates.list.length, "updates that were seen in the list").toBeGreaterThanOrEqual(quick ? 1 : 20);

  await figure("sort", (round) => sortBy(page, SORTED[round % SORTED.length]!));
  await figure("filter", (round) => filterBy(page, `model ${41 + 37 * round}`));
  await filterBy(page, "model");
  await figure("jump", (round) => jumpTo(page, ((1 + round) * 3617) % (ENTRIES - 100)));
  await jumpTo(page, 0);
  done("scroll", await scrollFrames(page, 60, FRAMES));
  await jumpTo(page, 0);

  await lab.runCell(1);
  await expect(lab.headline).toHaveText("Busy (live)");
  // the overview that says so has been followed by the list
  await page.waitForTimeout(2000);
  await takeNotes(page);
  await figure("spin-sort", (round) => sortBy(page, SORTED[(round + 1) % SORTED.length]!));
  const answers = answerTimes(await takeNotes(page));
  expect(answers.length).toBeGreaterThanOrEqual(ROUNDS);
  done("spin-answer", answers);
  await expect(lab.headline).toHaveText("Busy (live)");
  await page.getByRole("button", { name: /^Interrupt the kernel/ }).click();
  await expect(lab.headline).toHaveText("Ready");
});
