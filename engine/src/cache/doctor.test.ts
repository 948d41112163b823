/** The doctor on folders that are well and on others: every finding that is a problem is provoked, and nothing else is said. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf, hex } from "../base/digest.js";
import { type DoctorReport, examine } from "./doctor.js";
import { newKeyFile } from "./key-files.js";
import { machineFindings } from "./machine.js";
import type { CacheOptions } from "./settings.js";
import { initShared } from "./shared-access.js";
import { openStore } from "./store.js";
import type { Store } from "./store-types.js";
import { volumeOf } from "./volume.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-doctor-"));
const isRoot = process.getuid?.() === 0;
const key = digestOf("k");

async function filled(settings: CacheOptions = {}, directory = folder()): Promise<Store> {
  const policyFile = join(directory, "no-policy.json");
  const store = openStore({ settings: { directory, policyFile, ...settings }, environment: {}, config: "" });
  const meta = { kind: "trace" as const, key, producer: "", components: {}, createdMs: 1, costMs: 1 };
  store.put(meta, { attributes: { name: "" }, arrays: { a: Int32Array.of(1) } });
  expect(await store.drain(10_000)).toBe(true);
  return store;
}
const look = (store: Store): Promise<DoctorReport> => examine(store, { environment: {}, sitePolicyFile: "" });
const bad = ({ findings }: DoctorReport): string[] =>
  findings.filter(({ level }) => level === "problem").map(({ subject, text }) => `${subject}: ${text}`);
const said = ({ findings }: DoctorReport, level: string): string =>
  findings.flatMap((one) => (one.level === level ? [`${one.subject}: ${one.text}`] : [])).join("\n");

/** A disk of 4 MB and 60 files. */
const mountSmall = (at: string): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m,nr_inodes=60", "tmpfs", at]).status === 0;

function canMount(): boolean {
  const at = folder();
  const can = isRoot && process.platform === "linux" && mountSmall(at);
  if (can) spawnSync("umount", [at]);
  return can;
}

describe("the doctor", () => {
  it("finds nothing wrong where nothing is, and leaves everything as it was", async () => {
    const store = await filled();
    const before = readdirSync(store.directory, { recursive: true });
    const report = await look(store);
    expect(bad(report)).toEqual([]);
    expect(report.healthy).toBe(true);
    expect(said(report, "ok")).toMatch(/private: It is on \w+, .* free\.\nprivate: Its ledger knows 1 entry\./);
    expect(report.settings).toBe(store.origins);
    expect(readdirSync(store.directory, { recursive: true })).toEqual(before);
    const fresh = await look(openStore({ directory: join(folder(), "a", "b"), environment: {}, config: "" }));
    expect(said(fresh, "ok")).toContain("/a/b will be made when it is needed.");
    expect(bad(fresh)).toEqual([]);
  });

  it("says that a folder cannot be written to, and every problem has an action", async () => {
    const report = await look(openStore({ directory: "/proc/sojourn", environment: {}, config: "" }));
    expect(bad(report)[0]).toMatch(/^private: \/proc cannot be written to: E/);
    expect(report.healthy).toBe(false);
    for (const { level, action } of report.findings) if (level === "problem") expect(action).toMatch(/\w/);
  });

  it("says who could change results", async () => {
    const top = folder();
    const directory = join(top, "cache");
    const store = await filled({}, directory);
    chmodSync(directory, 0o770);
    expect(bad(await look(store))).toEqual([`private: Others may write to ${directory} (mode 0770).`]);
    chmodSync(directory, 0o700);
    chmodSync(join(directory, "v1"), 0o755);
    expect(bad(await look(store))).toEqual([]);
    expect(said(await look(store), "note")).toBe(`private: Others may look into ${directory}/v1 (mode 0755).`);
    chmodSync(top, 0o777);
    expect(bad(await look(store))).toEqual([
      `private: ${top} can be written by everybody (mode 0777), so that others could put another folder in place of ${directory}.`,
    ]);
    chmodSync(top, 0o1777);
    expect(bad(await look(store))).toEqual([]);
  });

  it("finds damaged and unfinished files, and a damaged ledger", async () => {
    const store = await filled();
    const root = join(store.directory, "v1");
    mkdirSync(join(root, "quarantine"));
    writeFileSync(join(root, "quarantine", `trace-${hex(key)}-1.sjn`), "");
    const unfinished = join(root, "trace", hex(key).slice(0, 2), ".tmp-abc");
    writeFileSync(unfinished, "");
    utimesSync(unfinished, 1, 1);
    const report = await look(store);
    expect(said(report, "note")).toMatch(
      /1 damaged file was set aside in .*\nprivate: 1 unfinished files lie around\./,
    );
    expect(bad(report)).toEqual([]);
    for (const name of readdirSync(join(root, "ledger"))) writeFileSync(join(root, "ledger", name), "nonsense");
    expect(bad(await look(store))[0]).toMatch(/^private: Its ledger is damaged: /);
  });

  it("reads the policy and the signing key as they will be read", async () => {
    const directory = folder();
    const policyFile = join(directory, "policy.json");
    const write = (policy: unknown): void => writeFileSync(policyFile, JSON.stringify(policy), { mode: 0o600 });
    write({ users: ["root", 17], keys: { lab: "0".repeat(64) } });
    const { path } = await newKeyFile(join(directory, "keys"), "mine");
    const store = await filled({ policyFile, signingKey: path }, join(directory, "cache"));
    const report = await look(store);
    expect(bad(report)).toEqual([]);
    expect(said(report, "ok")).toContain(
      `policy: ${policyFile} lists 2 users, 0 groups, 1 key.\nkeys: What you publish is`,
    );
    write({ users: ["no-such-user-here"], groups: ["no-such-group-here"] });
    chmodSync(path, 0o640);
    expect(bad(await look(store))).toEqual([
      "policy: The policy lists the user no-such-user-here, whom this system does not know.",
      "policy: The policy lists the group no-such-group-here, which this system does not know.",
      `keys: Cannot use the signing key ${path}: others may read or write it (mode 0640); chmod 600 closes it.`,
    ]);
    writeFileSync(policyFile, "{");
    expect(bad(await look(store))[0]).toMatch(/^policy: Cannot use the policy .*: it is not JSON/);
  });

  it("looks at the shared directory, and at who publishes there", async () => {
    const top = folder();
    const sharedDirectory = join(top, "shared");
    const settings = { sharedDirectory, publish: true };
    expect(bad(await look(await filled(settings)))[0]).toBe(`shared: There is no folder ${sharedDirectory}.`);
    await initShared(sharedDirectory);
    const store = await filled(settings);
    expect(bad(await look(store))).toEqual([]);
    expect(said(await look(store), "ok")).toContain(`shared: ${sharedDirectory} is shared by everybody.`);
    const root = join(sharedDirectory, "v1");
    const [own] = readdirSync(root).filter((name) => name.startsWith("u"));
    chmodSync(join(root, own), 0o700);
    expect(bad(await look(store))).toEqual(["shared: Others cannot read what you publish (mode 0700)."]);
    chmodSync(join(root, own), 0o755);
    chmodSync(root, 0o777);
    expect(bad(await look(store))[0]).toContain(`shared: ${root} has no sticky bit (mode 0777)`);
    chmodSync(root, 0o1777);
    chmodSync(sharedDirectory, 0o777);
    expect(bad(await look(store))[0]).toContain(`shared: ${sharedDirectory} can be written by everybody`);
    // init mends it
    expect((await initShared(sharedDirectory)).done).toHaveLength(1);
    expect(bad(await look(store))).toEqual([]);
  });

  it.runIf(isRoot)("says of whom nothing is used", async () => {
    const sharedDirectory = folder();
    await initShared(sharedDirectory);
    await filled({ sharedDirectory, publish: true });
    const root = join(sharedDirectory, "v1");
    for (const name of [
      "u0",
      ...readdirSync(join(root, "u0"), { recursive: true, encoding: "utf8" }).map((one) => `u0/${one}`),
    ])
      chownSync(join(root, name), 4711, 4711);
    const directory = folder();
    const policyFile = join(directory, "policy.json");
    const store = openStore({ settings: { directory, sharedDirectory, policyFile }, environment: {}, config: "" });
    expect(said(await look(store), "note")).toContain(
      "shared: Of user 4711 only what a listed key has signed is used: user 4711 wrote it, whom the policy does not list",
    );
    writeFileSync(policyFile, JSON.stringify({ users: [4711] }), { mode: 0o600 });
    chownSync(root, 4712, 4712);
    const trusting = openStore({ settings: { directory, sharedDirectory, policyFile }, environment: {}, config: "" });
    expect(said(await look(trusting), "ok")).toContain("shared: Of user 4711 are used: graph, trace.");
    expect(said(await look(trusting), "note")).toContain(`shared: User 4712 owns ${root}, and could move`);
  });

  it.runIf(isRoot)("says whose configuration holds, when it is another's", async () => {
    const directory = folder();
    const config = join(directory, "sojourn.config.json");
    writeFileSync(config, JSON.stringify({ cache: { capBytes: "1GB" } }));
    const store = openStore({ directory, environment: {}, config });
    expect(said(await look(store), "ok")).toContain(`settings: Settings come from ${config}.`);
    chownSync(config, 4711, 4711);
    expect(said(await look(store), "note")).toContain(
      `settings: Settings come from ${config}, which belongs to user 4711.`,
    );
  });

  it("finds a folder of somebody else's", async () => {
    const directory = folder();
    const store = await filled({}, directory);
    if (isRoot) chownSync(directory, 4711, 4711);
    const report = await examine(isRoot ? store : openStore({ directory: "/usr", environment: {}, config: "" }));
    expect(bad(report).join("\n")).toMatch(/private: \S+ belongs to user \d+\./);
  });

  it.runIf(canMount())("says that a disk is full of bytes, or of files", async () => {
    const mount = folder();
    expect(mountSmall(mount)).toBe(true);
    try {
      expect(await volumeOf(mount)).toMatchObject({ type: "tmpfs", volatile: true, networked: false });
      const report = await look(await filled({}, join(mount, "cache")));
      expect(bad(report)).toEqual([
        expect.stringMatching(/^private: Its disk has 4\.\d MB left\.$/),
        expect.stringMatching(/^private: Its disk has room for \d\d more files\.$/),
      ]);
      expect(said(report, "note")).toBe("private: It is in the machine's memory, and empty after the next start.");
    } finally {
      spawnSync("umount", [mount]);
      rmSync(mount, { recursive: true });
    }
  });
});

describe("the machine", () => {
  it("is told by its version of Node and by what its WebAssembly takes", () => {
    expect(machineFindings().map(({ level }) => level)).toEqual(["ok"]);
    expect(machineFindings()[0].text).toMatch(/WebAssembly with SIMD, (relaxed SIMD, )?threads\.$/);
    expect(machineFindings("20.10.0")[0]).toMatchObject({ level: "problem", action: "Install Node 20.11 or later." });
    expect(machineFindings("18.19.1")[0].level).toBe("problem");
    expect(machineFindings("22.0.0")[0].level).toBe("ok");
    const bare = machineFindings("20.11.0", { validate: () => false });
    expect(bare.map(({ text }) => text).join(" ")).toMatch(/nothing that helps\. WebAssembly lacks SIMD and threads/);
  });
});
