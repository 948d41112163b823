/** The verbs about caches from the command line: what they print for people and for programs, and how they end. */
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run as execute } from "../support/process.js";
import { CLI, temporaryFolder } from "../support/sojourn.js";

const directory = temporaryFolder("cli-caches");
const cli = (words: readonly string[], cwd?: string) =>
  execute(process.execPath, [CLI, ...words], { env: { SOJOURN_CACHE_DIR: "" }, ...(cwd && { cwd }) });
const run = (...words: string[]) => cli([...words, "--cache-dir", directory]);
const json = async (...words: string[]) => {
  const { code, stdout, stderr } = await run(...words, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};
const keyOf = async (model: string): Promise<string> => (await cli(["key", model])).stdout.trim();

describe("sojourn prewarm", () => {
  it("makes what is missing, says so in a pipe, and finds it the next time", async () => {
    expect(await json("prewarm", "coalescent:12", "erlang:k=2", "--estimate")).toMatchObject({ warm: 0, cold: 2 });
    const first = await run("prewarm", "coalescent:12", "erlang:k=2", "--gradients", "--batches", "1,100");
    expect(first.stdout).toMatch(/^2 made, 0 there already, 0 failed in [\d.]+ s\.\n$/);
    expect(first.stderr).toMatch(/2\/2 erlang k=2: made\n$/);
    expect(first.code).toBe(0);
    expect((await run("prewarm", "coalescent:12", "--estimate")).stdout).toContain("1 there, 0 to be made.");
  });

  it("reads a specification and ends with 3 where something could not be made", async () => {
    const file = join(directory, "spec.json");
    writeFileSync(file, JSON.stringify({ models: [{ model: "erlang", inputs: { k: [1, 2, -3] } }] }));
    const { code, stdout } = await run("prewarm", "--spec", file);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^erlang k=-3: Cannot .*\n/);
    expect(stdout).toMatch(/2 made|1 made, 1 there already/);
  });

  it.each([
    [["prewarm"], "usage", "name models"],
    [["prewarm", "--spec", "/nowhere.json"], "unreadable", "no such file"],
    [["prewarm", "hares"], "unknown-family", "there is no family hares"],
    [["prewarm", "erlang", "--questions", "maen"], "bad-prewarm", "did you mean mean?"],
  ])("refuses %j", async (words, expected, sentence) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(new RegExp(`\\[${expected}\\]\\n$`));
  });
});

describe("entries", () => {
  it("are listed, filtered, sorted and shown by the first digits of their keys", async () => {
    const { total, entries } = await json(
      "list",
      "--filter",
      "coalescent",
      "--sort",
      "bytes",
      "--kind",
      "graph,evaluator",
    );
    expect(total).toBe(entries.length);
    expect(entries.every(({ name }: { name: string }) => name === "coalescent")).toBe(true);
    const key = await keyOf("coalescent:12");
    const shown = await json("show", key.slice(0, 10));
    expect(shown).toMatchObject({ format: "sojourn-entry/1", key, details: { "inputs.n": "12" }, signed: false });
    expect((await run("show", key)).stdout).toMatch(/inputs\.n +[0-9a-f]{16} {2}12/);
    expect((await run("list", "--filter", "zzz")).stdout).toBe(`Nothing in ${directory} matches.\n`);
  });

  it("that are pinned survive a vacuum, which does what its dry run says", async () => {
    const key = await keyOf("coalescent:12");
    expect((await run("pin", key.slice(0, 8))).stdout).toMatch(/^Pinned the graph entry .* of coalescent/);
    const plan = await json("vacuum", "--kind", "graph", "--dry-run");
    expect(plan.victims.some((victim: { key: string }) => victim.key === key)).toBe(false);
    const before = readdirSync(directory, { recursive: true }).filter((name) => String(name).includes("graph")).length;
    const done = await json("vacuum", "--kind", "graph", "--yes");
    expect(done.victims).toEqual(plan.victims);
    const after = readdirSync(directory, { recursive: true }).filter((name) => String(name).includes("graph")).length;
    expect(before - after).toBe(plan.entries);
    expect((await json("unpin", key.slice(0, 8))).key).toBe(key);
    expect((await json("remove", key)).key).toBe(key);
    const { code, stderr } = await run("show", key.slice(0, 12));
    expect([code, stderr]).toEqual([
      2,
      `sojourn: Cannot show the entry ${key.slice(0, 12)}: there is none in ${directory}. [unknown-key]\n`,
    ]);
  });

  it("are not removed where nobody can be asked", async () => {
    const { code, stderr } = await run("vacuum", "--kind", "evaluator");
    expect(code).toBe(2);
    expect(stderr).toMatch(/nobody can be asked here, so say --yes or --dry-run\. \[not-confirmed\]\n$/);
  });
});

describe("sojourn explain", () => {
  it("says what differs from the most alike entry", async () => {
    await run("prewarm", "two-island:a=3,b=1");
    const found = await json("explain", "two-island:a=3,b=2");
    expect(found.differences).toEqual([{ component: "inputs.b", was: "1", is: "2" }]);
    expect((await run("explain", "two-island:a=3,b=1")).stdout).toMatch(
      /^The graph of two-island is in the private layer, made/,
    );
  });
});

describe("sojourn status", () => {
  it("has the same numbers for programs and for Prometheus", async () => {
    const status = await json("status");
    const metrics = (await run("status", "--prometheus")).stdout;
    for (const { kind, entries, bytes } of status.kinds) {
      expect(metrics).toContain(`sojourn_cache_entries{layer="private",kind="${kind}"} ${entries}\n`);
      expect(metrics).toContain(`sojourn_cache_bytes{layer="private",kind="${kind}"} ${bytes}\n`);
    }
    for (const line of metrics.trim().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) sojourn_\w+ .+|sojourn_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/);
    expect((await run("status")).stdout).toContain(`of 2.0 GB in ${directory}`);
  });

  it("reads its settings from a configuration, and refuses one that is none", async () => {
    const folder = temporaryFolder("cli-config");
    writeFileSync(join(folder, "sojourn.config.json"), JSON.stringify({ cache: { capBytes: "7GB", directory } }));
    const here = (...words: string[]) => cli(words, folder);
    expect((await here("status")).stdout).toContain(`of 7.0 GB in ${directory}`);
    writeFileSync(join(folder, "sojourn.config.json"), "{");
    expect(await here("status")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/it is not JSON.* \[bad-config\]\n$/),
    });
  });
});

describe("sojourn completion", () => {
  it("completes verbs, options and families in a real bash", async () => {
    const script = (await cli(["completion", "bash"])).stdout;
    const complete = (...words: string[]): string[] => {
      const line = `${script}\nCOMP_WORDS=(sojourn ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _sojourn; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout.trim().split("\n");
    };
    expect(complete("pre")).toEqual(["prewarm"]);
    expect(complete("list", "--so")).toEqual(["--sort"]);
    expect(complete("explain", "coal")).toEqual(["coalescent"]);
  });

  it("knows every verb in every shell", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const script = (await cli(["completion", shell])).stdout;
      for (const verb of ["compute", "prewarm", "vacuum", "explain", "completion"]) expect(script).toContain(verb);
    }
    expect((await cli(["completion", "bash"])).stdout).toMatch(/libraries\) words='list remove .*--yes/);
    expect((await cli(["completion", "tcsh"])).code).toBe(2);
  });
});
