/** The supervisor's side of the language service, with workers that do what a compiler should not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createLanguage, type Language, type LanguageSettings } from "./client.js";

const folder = mkdtempSync(join(tmpdir(), "sojourn-client-"));
const opened: Language[] = [];
afterEach(() => {
  for (const language of opened.splice(0)) language.forget();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers with what it was told since it was started; `%` questions make it fail in the ways of the tests. */
const WORKER = `
const { parentPort } = require("node:worker_threads");
const cells = [];
parentPort.on("message", ({ id, request }) => {
  if (request.type === "cell") cells.push(request.cell.cell);
  if (request.type === "drop") cells.splice(cells.indexOf(request.cell), 1);
  const text = request.code ?? request.cell?.code ?? "";
  if (text.includes("%spin")) for (;;);
  if (text.includes("%exit")) process.exit(3);
  if (text.includes("%throw")) throw new Error("thrown");
  if (text.includes("%heap")) { const all = []; for (;;) all.push(new Array(1e5).fill({})); }
  if (text.includes("%fail")) return parentPort.postMessage({ id, failure: "failed" });
  const answer = request.type === "check" ? { diagnostics: [...cells], known: cells } : { start: 0, end: 0, candidates: [...cells] };
  parentPort.postMessage({ id, answer });
});
parentPort.postMessage({ ready: true });
`;

function open(source = WORKER, settings: Partial<LanguageSettings> = {}) {
  const file = join(folder, `worker-${opened.length}-${performance.now()}.cjs`);
  writeFileSync(file, source);
  const complaints: string[] = [];
  const complain = (reason: string): void => void complaints.push(reason);
  const language = createLanguage({ file, types: "", idleMs: 60_000, complain, hangMs: 300, ...settings });
  opened.push(language);
  return { language, complaints };
}

const BUDGET = { warmMs: 5000, coldMs: 5000 };
const cell = (number: number, code = "1") => ({ cell: number, code, folder: "/" });
const known = async (language: Language): Promise<unknown> => (await language.complete("", 0, "/", BUDGET))?.candidates;

describe("the client of the language service", () => {
  it("starts the worker when it is first wanted and tells it what was run before", async () => {
    const { language } = open();
    language.declare(cell(1));
    language.declare(cell(2));
    expect(language.state).toBe("off");
    expect(await known(language)).toEqual([1, 2]);
    expect(language.state).toBe("running");
    language.declare(cell(3));
    expect(await language.check(cell(4), "now")).toEqual([1, 2, 3, 4]);
    language.drop(2);
    expect(await known(language)).toEqual([1, 3, 4]);
  });

  it("starts it later for a check that may wait", async () => {
    const { language } = open();
    const checked = language.check(cell(1), "soon");
    expect(language.state).toBe("off");
    expect(await checked).toContain(1);
  });

  it("lets cells that follow each other go first, and who writes before checks that wait", async () => {
    const { language } = open();
    await known(language);
    const order: string[] = [];
    const checks = [1, 2, 3].map((number) =>
      language.check(cell(number), "soon").then(() => order.push(`check ${number}`)),
    );
    await known(language).then((names) => order.push(`names ${names}`));
    await Promise.all(checks);
    expect(order).toEqual(["names 1,2,3", "check 1", "check 2", "check 3"]);
  });

  it("ends it when nobody asks, and starts it again with what is known", async () => {
    const { language } = open(WORKER, { idleMs: 100 });
    await language.check(cell(1), "now");
    await expect.poll(() => language.state).toBe("off");
    expect(await known(language)).toEqual([1]);
  });

  it("does not wait longer than it may, and gives up one that hangs", async () => {
    const { language } = open();
    await known(language);
    const start = performance.now();
    expect(await language.complete("%spin", 0, "/", { warmMs: 50, coldMs: 50 })).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(250);
    await expect.poll(() => language.state).toBe("off");
    language.declare(cell(1));
    expect(await known(language)).toEqual([1]);
  });

  it.each(["%spin", "%exit", "%throw", "%heap"])(
    "answers with nothing when a cell makes it %s, and leaves that cell out",
    async (what) => {
      const { language, complaints } = open(WORKER, { hangMs: 1500 });
      language.declare(cell(1));
      await known(language);
      expect(await language.check(cell(2, what), "now")).toBeUndefined();
      expect(await known(language)).toEqual([1]);
      expect(complaints).toEqual([]);
    },
  );

  it("goes on after a failure of one answer", async () => {
    const { language } = open();
    expect(await language.complete("%fail", 0, "/", BUDGET)).toBeUndefined();
    expect(language.state).toBe("running");
  });

  it("is given up after three failures in a row, says so once and never starts again", async () => {
    const { language, complaints } = open("throw new Error('no compiler')");
    for (let i = 0; i < 6; i++) expect(await language.complete("", 0, "/", BUDGET)).toBeUndefined();
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain("no compiler");
    expect(language.state).toBe("given up");
    expect(await language.check(cell(1), "now")).toBeUndefined();
  });

  it("forgets cells when variables are gone", async () => {
    const { language } = open();
    language.declare(cell(1));
    await known(language);
    language.forget();
    language.declare(cell(2));
    expect(await known(language)).toEqual([2]);
  });

  it("does not look at a cell that is larger than anybody writes", async () => {
    const { language } = open();
    expect(await language.check(cell(1, "x".repeat(300_000)), "now")).toBeUndefined();
    expect(language.state).toBe("off");
  });
});
