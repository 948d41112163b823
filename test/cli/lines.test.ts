/** `sojourn compute --lines`: one warm process, an answer to every line, in order, and the worst outcome as exit code. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { CLI, sojourn, temporaryFolder } from "../support/sojourn.js";

const cacheDirectory = temporaryFolder("lines");
const exponential = (rate: unknown): string =>
  JSON.stringify({
    model: { parameters: ["rate"], states: [[1], [0]], initial: [[0, 1]], edges: [[0, 1, 0, 1]] },
    theta: [rate],
    quantities: [{ quantity: "mean" }],
  });
/** In the state before absorption nothing happens at θ = 0. */
const stuck = exponential(0);
const answers = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const meanOf = (answer: Record<string, unknown>): unknown => (answer.results as { values: unknown }[])[0].values;

describe("sojourn compute --lines", () => {
  it("answers each line in order, a bad one by what is wrong with it, and skips empty lines", async () => {
    const input = [
      exponential(2),
      "",
      "{nope",
      "  \r",
      exponential("two"),
      stuck,
      "[]",
      `${exponential(4)}\r`,
      exponential(8),
    ].join("\n");
    const finished = await sojourn(["compute", "--lines"], { input, cacheDirectory });
    const all = answers(finished.stdout);
    expect(all.map(({ format }) => format)).toEqual([
      "sojourn-result/1",
      "sojourn-error/1",
      "sojourn-error/1",
      "sojourn-result/1",
      "sojourn-error/1",
      "sojourn-result/1",
      "sojourn-result/1",
    ]);
    expect([0, 3, 5, 6].map((i) => meanOf(all[i]))).toEqual([[[0.5]], [null], [[0.25]], [[0.125]]]);
    expect([1, 2, 4].map((i) => all[i].code)).toEqual(["bad-json", "bad-theta", "bad-request"]);
    expect(all[1].message).toMatch(/^Cannot read the request in line 3: it is not JSON/);
    expect(finished.stderr).toBe("");
    expect(finished.code).toBe(2);
  });

  it.each([
    ["0 when all lanes are ok", [exponential(1), exponential(2)], 0],
    ["3 when some lanes failed", [exponential(1), stuck, exponential(2)], 3],
    ["2 when some request was bad", [stuck, "{", exponential(2)], 2],
    ["0 when nothing was asked", ["", " "], 0],
  ])("exits with %s", async (_, requests, code) => {
    const finished = await sojourn(["compute", "--lines", "-"], { input: requests.join("\n"), cacheDirectory });
    expect(finished.code).toBe(code);
    expect(answers(finished.stdout).length).toBe(requests.filter((text) => text.trim()).length);
  });

  it("answers a line before the next one is there, from one process", async () => {
    const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [CLI, "compute", "--lines"], {
      env: { ...process.env, SOJOURN_CACHE_DIR: cacheDirectory },
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const incoming = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const rate of [1, 2, 4]) {
      child.stdin.write(`${exponential(rate)}\n`);
      expect(meanOf(JSON.parse((await incoming.next()).value))).toEqual([[1 / rate]]);
    }
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  it("reads requests from a file", async () => {
    const file = join(temporaryFolder("requests"), "requests.jsonl");
    writeFileSync(file, `${exponential(2)}\n${exponential(4)}\n`);
    const finished = await sojourn(["compute", "--lines", file], { cacheDirectory });
    expect(answers(finished.stdout).map(meanOf)).toEqual([[[0.5]], [[0.25]]]);
    const missing = await sojourn(["compute", "--lines", `${file}.none`], { cacheDirectory });
    expect([missing.code, missing.stdout]).toEqual([2, ""]);
    expect(missing.stderr).toContain("there is no such file or folder (ENOENT). [unreadable]");
    const folder = await sojourn(["compute", dirname(file)], { cacheDirectory });
    expect(folder.stderr).toContain("it is a folder (EISDIR). [unreadable]");
  });
});

describe("sojourn compute --out", () => {
  it("leaves a whole file, and nothing beside it", async () => {
    const folder = temporaryFolder("out");
    const out = join(folder, "results.jsonl");
    writeFileSync(out, "old");
    const input = `${exponential(2)}\n{\n`;
    const finished = await sojourn(["compute", "--lines", "--out", out], { input, cacheDirectory });
    expect([finished.code, finished.stdout]).toEqual([2, ""]);
    expect(answers(readFileSync(out, "utf8")).map(({ format }) => format)).toEqual([
      "sojourn-result/1",
      "sojourn-error/1",
    ]);
    expect(readdirSync(folder)).toEqual(["results.jsonl"]);
  });

  it("keeps the old file until the new one is whole", async () => {
    const folder = temporaryFolder("out");
    const out = join(folder, "results.jsonl");
    writeFileSync(out, "old");
    const child = spawn(process.execPath, [CLI, "compute", "--lines", "--out", out], {
      env: { ...process.env, SOJOURN_CACHE_DIR: cacheDirectory },
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.stdin.write(`${exponential(2)}\n`);
    await expect.poll(() => readdirSync(folder).length, { timeout: 20_000 }).toBe(2);
    expect(readFileSync(out, "utf8")).toBe("old");
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(readdirSync(folder)).toEqual(["results.jsonl"]);
    expect(readFileSync(out, "utf8")).toBe("old");
  });

  it("keeps the old file when the request is bad", async () => {
    const folder = temporaryFolder("out");
    const out = join(folder, "result.json");
    writeFileSync(out, "old");
    const finished = await sojourn(["compute", "-", "--out", out], { input: exponential(-2), cacheDirectory });
    expect([finished.code, finished.stdout, readFileSync(out, "utf8")]).toEqual([2, "", "old"]);
    expect(readdirSync(folder)).toEqual(["result.json"]);
  });

  it("writes where a link points to, and replaces nothing that is not a file", async () => {
    const folder = temporaryFolder("out");
    mkdirSync(join(folder, "elsewhere"));
    const [link, target] = [join(folder, "link"), join(folder, "elsewhere", "result.json")];
    writeFileSync(target, "old");
    symlinkSync(target, link);
    await sojourn(["compute", "-", "--out", link], { input: exponential(2), cacheDirectory });
    expect(meanOf(JSON.parse(readFileSync(target, "utf8")))).toEqual([[0.5]]);
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const out of [join(folder, "elsewhere"), pipe]) {
      const refused = await sojourn(["compute", "-", "--out", out], { input: exponential(2), cacheDirectory });
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("that is not a file. [unwritable]")]);
    }
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it("says so when the file cannot be made", async () => {
    const out = join(temporaryFolder("out"), "no folder", "result.json");
    const finished = await sojourn(["compute", "-", "--out", out], { input: exponential(2), cacheDirectory });
    expect(finished.code).toBe(2);
    expect(finished.stderr).toMatch(
      /^sojourn: Cannot write the result to .*: its folder does not exist \(ENOENT\)\. \[unwritable\]\n$/,
    );
  });
});

it("a missing request is a mistake on the command line", async () => {
  const finished = await sojourn(["compute"], { cacheDirectory });
  expect([finished.code, finished.stdout]).toEqual([2, ""]);
  expect(finished.stderr).toContain("[usage]");
});
