/** Entries between machines from the command line: libraries, publishing, fetching, verifying. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newSigningKey } from "@sojourn/engine/cache";
import { beforeAll, describe, expect, it } from "vitest";
import { run as execute } from "../support/process.js";
import { CLI, temporaryFolder } from "../support/sojourn.js";

const key = newSigningKey();
const work = temporaryFolder("transfer");
const keyFile = join(work, "key.pem");
const policyFile = join(work, "policy.json");
writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
writeFileSync(policyFile, JSON.stringify({ keys: { us: key.publicKey } }), { mode: 0o600 });

const sojourn = (directory: string, words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  execute(process.execPath, [CLI, ...words], {
    env: { SOJOURN_CACHE_DIR: directory, SOJOURN_POLICY: policyFile, ...more },
  });
const json = async (directory: string, words: readonly string[], more: NodeJS.ProcessEnv = {}) => {
  const { code, stdout, stderr } = await sojourn(directory, [...words, "--json"], more);
  // progress may be there
  expect([code, stderr.includes("sojourn:")]).toEqual([0, false]);
  return JSON.parse(stdout);
};

const filled = temporaryFolder("transfer-filled");
beforeAll(async () => {
  expect((await sojourn(filled, ["prewarm", "coalescent:7", "erlang:4"])).code).toBe(0);
});

describe("a library", () => {
  it("goes out signed and comes in elsewhere, where builds hit", async () => {
    const file = join(work, "ours.tar");
    const out = await sojourn(filled, ["export", file, "--as", "ours", "--release", "2", "--key", keyFile]);
    expect(out.stdout).toMatch(/^Exported 4 entries, [\d.]+ kB, to .*ours\.tar, signed\.\n$/);
    const elsewhere = temporaryFolder("transfer-elsewhere");
    const plan = await json(elsewhere, ["import", file, "--dry-run"]);
    expect(plan).toMatchObject({ name: "ours", version: "2", signedBy: "us", entries: 4, dryRun: true });
    expect((await sojourn(elsewhere, ["import", file])).stdout).toMatch(
      /^Took in ours 2: 4 entries, .*, signed by us\.\n$/,
    );
    expect(await json(elsewhere, ["prewarm", "coalescent:7", "--questions", "pdf"])).toMatchObject({
      made: 0,
      warm: 1,
    });
    expect((await sojourn(elsewhere, ["status"])).stdout).toMatch(/graph +library +2 /);
  });

  it("is listed, and found no more once it was removed", async () => {
    const file = join(work, "gone.tar");
    await sojourn(filled, ["export", file, "--as", "gone"]);
    const elsewhere = temporaryFolder("transfer-removed");
    expect((await sojourn(elsewhere, ["libraries"])).stdout).toContain("No library is imported");
    await sojourn(elsewhere, ["import", file, "--unsigned"]);
    expect((await json(elsewhere, ["libraries"])).libraries).toMatchObject([
      { name: "gone", version: "1", entries: 4 },
    ]);
    expect((await sojourn(elsewhere, ["libraries", "remove", "gone"])).stderr).toContain("[not-confirmed]");
    expect((await sojourn(elsewhere, ["libraries", "remove", "gone", "--yes"])).stdout).toMatch(
      /^Removed the library gone, 4 entries, [\d.]+ kB\.\n$/,
    );
    expect((await sojourn(elsewhere, ["libraries", "remove", "gone", "--yes"])).stderr).toContain("[unknown-library]");
    expect((await sojourn(elsewhere, ["explain", "coalescent:7"])).stdout).toContain("not in the cache");
  });

  it("has the same bytes on any machine when it is timeless", async () => {
    const bytes = [];
    for (const name of ["one", "other"]) {
      const directory = temporaryFolder(`timeless-${name}`);
      await sojourn(directory, ["prewarm", "coalescent:7", "two-island:a=3,b=2"]);
      const file = join(work, `${name}.tar`);
      expect((await sojourn(directory, ["export", file, "--timeless"])).code).toBe(0);
      bytes.push(readFileSync(file));
    }
    expect(bytes[1].equals(bytes[0])).toBe(true);
  });

  it.each([
    [["export"], "usage", "without a target"],
    [["export", "x.tar", "--name", "zzz"], "nothing-to-export", "no entry of the private layer matches"],
    [["export", "/nowhere-at-all/x.tar"], "unwritable", "ENOENT"],
    [["export", "x.tar", "--key", "/nowhere-at-all/key"], "unreadable", "there is no such file"],
    [["import"], "usage", "without a source"],
    [["import", "/nowhere-at-all.tar"], "unreadable", "ENOENT"],
    [["sync", "/nowhere-at-all"], "unreadable", "neither a cache nor a library"],
    [["publish"], "no-shared-layer", "no shared layer is set up"],
  ])("%j is refused", async (words, code, sentence) => {
    const { code: exit, stdout, stderr } = await sojourn(filled, words);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.endsWith(`[${code}]\n`)).toBe(true);
  });
});

describe("the shared layer", () => {
  it("gets what is published, once, without names", async () => {
    const nowhere = { SOJOURN_SHARED_DIR: join(temporaryFolder("transfer-shared"), "lab") };
    const refused = await sojourn(filled, ["publish"], nowhere);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toMatch(/4 entries were not written \(.*there is no folder .*\[unwritable\]\n$/);
    const shared = { SOJOURN_SHARED_DIR: temporaryFolder("transfer-shared") };
    expect(await json(filled, ["publish", "--dry-run"], shared)).toMatchObject({ entries: 4, dryRun: true });
    expect(await json(filled, ["publish"], shared)).toMatchObject({ entries: 4 });
    expect(await json(filled, ["publish"], shared)).toMatchObject({ entries: 0 });
    const files = readdirSync(shared.SOJOURN_SHARED_DIR, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".sjn") && !name.includes("ledger"));
    expect(files).toHaveLength(4);
    for (const name of files)
      expect(readFileSync(join(shared.SOJOURN_SHARED_DIR, name)).toString("latin1")).not.toMatch(
        /coalescent|inputs\.n.{0,3}7/,
      );
    const elsewhere = temporaryFolder("transfer-reader");
    expect(await json(elsewhere, ["prewarm", "coalescent:7", "--questions", "pdf"], shared)).toMatchObject({ warm: 1 });
  });
});

describe("sojourn sync and verify", () => {
  it("fetch what is missing, and find what is damaged", async () => {
    const directory = temporaryFolder("transfer-synced");
    const { entries } = await json(directory, ["sync", filled, "--dry-run"]);
    expect(entries).toBeGreaterThanOrEqual(4);
    expect((await sojourn(directory, ["sync", filled])).stdout).toMatch(new RegExp(`^Fetched ${entries} entries`));
    expect(await json(directory, ["verify"])).toMatchObject({ checked: entries, damaged: [] });
    const [victim] = readdirSync(join(directory, "v1", "graph"), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".sjn"));
    const path = join(directory, "v1", "graph", victim);
    const bytes = readFileSync(path);
    bytes[40] ^= 1;
    writeFileSync(path, bytes);
    const { code, stdout } = await sojourn(directory, ["verify"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^graph [0-9a-f]{16}: .*\nChecked \d entries, .*; 1 damaged, set aside\.\n$/);
    expect((await sojourn(directory, ["status"])).stdout).toContain("1 damaged file set aside");
  });
});
