/**
 * Three Unix users with three umasks on one shared directory: what one has made the others find, when they trust whoever made
 * it, and nobody can change, remove or forge what another has made. It takes root to be three users; where that is not to be
 * had these tests are left out, except in continuous integration, where they fail.
 */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newKeyFile } from "@sojourn/engine/cache";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { run } from "../support/process.js";
import { CLI, temporaryFolder } from "../support/sojourn.js";

/** One file that other users can read: they may have no way into the checkout. */
const programs = temporaryFolder("users-program");
const PROGRAM = join(programs, "user.mjs");
const require =
  'import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url);';
buildSync({
  entryPoints: [fileURLToPath(new URL("./user.mjs", import.meta.url))],
  outfile: PROGRAM,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  banner: { js: require },
  logLevel: "error",
});
chmodSync(programs, 0o755);
chmodSync(PROGRAM, 0o644);
const canBeOthers = process.getuid?.() === 0;

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly umask: string;
}
/** A user whom every Unix knows by name, so that a policy can list its group. */
const DAEMON: User = { name: "daemon", uid: 1, gid: 1, umask: "022" };
const BEN: User = { name: "ben", uid: 61002, gid: 61002, umask: "027" };
const MALLORY: User = { name: "mallory", uid: 61003, gid: 61003, umask: "077" };
const UMASKS = ["022", "027", "077"];

interface Stage {
  readonly outcome: string;
  readonly layer?: string;
  readonly reason?: string;
}
interface Answer {
  readonly builds: readonly {
    readonly key: string;
    readonly mean: number;
    readonly graph: Stage;
    readonly trace: Stage;
  }[];
  readonly writers: readonly {
    readonly folder: string;
    readonly user: number;
    readonly own: boolean;
    readonly uses: readonly string[];
    readonly refusal?: string;
    readonly graphs: number;
  }[];
  readonly policy: readonly { readonly path: string; readonly problem?: string }[];
  readonly counters: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly code: string; readonly message: string }[];
  readonly files: readonly string[];
}

interface Session {
  readonly shared: string;
  readonly policy?: unknown;
  readonly signingKey?: string;
  readonly publish?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A home of one's own, with a policy in it. */
function homeOf({ uid, gid, name }: User, policy: unknown): string {
  const home = temporaryFolder(`home-${name}`);
  chownSync(home, uid, gid);
  for (const folder of [".config", ".config/sojourn"]) {
    mkdirSync(join(home, folder), { mode: 0o755 });
    chownSync(join(home, folder), uid, gid);
  }
  if (policy !== undefined) {
    const file = join(home, ".config/sojourn/policy.json");
    writeFileSync(file, JSON.stringify(policy), { mode: 0o644 });
    chownSync(file, uid, gid);
  }
  return home;
}

function as(
  user: User,
  task: object,
  { shared, policy, signingKey, publish = true, settings }: Session,
): Promise<Answer> {
  const home = homeOf(user, policy);
  let key: string | undefined;
  if (signingKey !== undefined) {
    key = join(home, "key.pem");
    copyFileSync(signingKey, key);
    chownSync(key, user.uid, user.gid);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, user.umask, JSON.stringify(task)], {
      uid: user.uid,
      gid: user.gid,
      cwd: "/",
      env: {
        PATH: process.env.PATH,
        HOME: home,
        SOJOURN_SHARED_DIR: shared,
        SOJOURN_PUBLISH: String(publish),
        ...(key !== undefined && { SOJOURN_SIGNING_KEY: key }),
        ...settings,
      },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(out) as Answer);
      else reject(new Error(`${user.name} ended with ${code}: ${err}`));
    });
  });
}

const build = (user: User, n: number | readonly number[], session: Session): Promise<Answer> =>
  as(user, { build: [n].flat() }, session);
const files = async (
  user: User,
  calls: readonly (readonly unknown[])[],
  session: Session,
): Promise<readonly string[]> => (await as(user, { files: calls }, session)).files;

async function newShared(...more: string[]): Promise<string> {
  const top = temporaryFolder("shared");
  chmodSync(top, 0o755);
  const shared = join(top, "shared");
  const made = await run(process.execPath, [CLI, "shared", "init", shared, ...more]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  return shared;
}
const entryOf = (shared: string, folder: string, key: string, kind = "graph"): string =>
  join(shared, "v1", folder, kind, key.slice(0, 2), `${key}.sjn`);
/** Σ 2 / k(k − 1) over k = 2 … n, the mean of the coalescent's height. */
const mean = (n: number): number => 2 * (1 - 1 / n);
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

it.runIf(process.env.CI !== undefined)("can be several users here", () => {
  expect(canBeOthers, "these tests need root, to be three users").toBe(true);
});

describe.runIf(canBeOthers)("users of one shared directory", () => {
  it.each(UMASKS)("find with their first build what one with the umask %s has made", async (umask) => {
    const shared = await newShared();
    const first = await build({ ...DAEMON, umask }, 20, { shared });
    expect(first.builds[0].graph.outcome).toBe("miss");
    expect(first.faults).toEqual([]);
    const entry = entryOf(shared, "u1", first.builds[0].key);
    expect([modeOf(entry), modeOf(join(entry, "../..")), modeOf(join(shared, "v1"))]).toEqual(["644", "755", "1777"]);
    for (const [user, policy] of [
      [BEN, { users: ["daemon"] }],
      [MALLORY, { groups: ["daemon"] }],
      [BEN, { users: [1] }],
      [MALLORY, { groups: [1] }],
    ] as const) {
      const { builds, writers, faults } = await build(user, 20, { shared, policy, publish: false });
      expect(builds[0]).toMatchObject({ graph: { outcome: "hit", layer: "shared" }, trace: { layer: "shared" } });
      expect(builds[0].mean).toBeCloseTo(mean(20), 12);
      expect(writers).toMatchObject([{ folder: "u1", user: 1, own: false, uses: ["graph", "trace"] }]);
      expect(faults).toEqual([]);
    }
  });

  it("do not use what others have made without a policy, and are told so", async () => {
    const shared = await newShared();
    await build(DAEMON, 12, { shared });
    for (const policy of [undefined, { users: [4711], groups: ["games"] }]) {
      const { builds, writers, counters } = await build(BEN, 12, { shared, policy, publish: false });
      const reason = "daemon (user 1) wrote it, whom the policy does not list, and it is not signed";
      expect(builds[0].graph).toMatchObject({ outcome: "refused", reason });
      expect(builds[0].trace).toMatchObject({ outcome: "refused", reason });
      expect(builds[0].mean).toBeCloseTo(mean(12), 12);
      expect(writers).toMatchObject([{ user: 1, uses: [], refusal: reason, graphs: 1 }]);
      expect(counters).toMatchObject({ "refused.not-trusted": 2, "lookups.graph.none.refused": 1 });
    }
  });

  it("are told of a policy that others could have written, and trust nobody then", async () => {
    const shared = await newShared();
    await build(DAEMON, 12, { shared });
    const policyFile = join(temporaryFolder("open"), "policy.json");
    chmodSync(join(policyFile, ".."), 0o755);
    writeFileSync(policyFile, JSON.stringify({ users: [1] }));
    chownSync(policyFile, MALLORY.uid, MALLORY.gid);
    const { builds, policy } = await build(BEN, 12, { shared, settings: { SOJOURN_POLICY: policyFile } });
    expect(policy[0].problem).toBe(
      `Cannot use the policy ${policyFile}: it belongs to user ${MALLORY.uid}, so others could change it.`,
    );
    expect(builds[0].graph).toMatchObject({
      outcome: "refused",
      reason: expect.stringContaining("belongs to user 61003"),
    });
  });

  it("use what a listed key has signed, whoever wrote it, and nothing that another has", async () => {
    const shared = await newShared();
    const folder = temporaryFolder("keys");
    const [key, other] = [await newKeyFile(folder, "lab"), await newKeyFile(folder, "other")];
    await build(DAEMON, 15, { shared, signingKey: key.path });
    const listed = await build(BEN, 15, { shared, policy: { keys: { lab: key.publicKey } }, publish: false });
    expect(listed.builds[0].graph).toMatchObject({ outcome: "hit", layer: "shared" });
    expect(listed.writers).toMatchObject([{ user: 1, uses: [] }]);
    const { builds } = await build(BEN, 15, { shared, policy: { keys: { lab: other.publicKey } }, publish: false });
    expect(builds[0].graph).toMatchObject({
      outcome: "refused",
      reason: `daemon (user 1) wrote it, whom the policy does not list, and the key ${key.publicKey?.slice(0, 16)}… that signed it is not listed`,
    });
  });

  it("publish nothing where the key that should sign it cannot be used", async () => {
    const shared = await newShared();
    const { faults } = await build(BEN, 8, { shared, settings: { SOJOURN_SIGNING_KEY: "/nowhere.pem" } });
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(["bad-key-file"]));
    expect((await build(DAEMON, 8, { shared, policy: { users: [BEN.uid] } })).builds[0].graph.outcome).toBe("miss");
  });

  it("cannot change, remove or replace what another has made", async () => {
    const shared = await newShared();
    const { builds } = await build(DAEMON, 20, { shared });
    const entry = entryOf(shared, "u1", builds[0].key);
    const folder = join(entry, "..");
    const root = join(shared, "v1");
    const session = { shared };
    const denied = /^(EACCES|EPERM)$/;
    const [digest, ...answers] = await files(
      MALLORY,
      [
        ["readFile", entry],
        ["writeFile", entry, "nonsense"],
        ["truncate", entry, 10],
        ["unlink", entry],
        ["rename", entry, `${entry}.old`],
        ["chmod", entry, 0o666],
        ["chown", entry, MALLORY.uid, MALLORY.gid],
        ["writeFile", join(folder, `${"0".repeat(64)}.sjn`), "nonsense"],
        ["symlink", "/etc/passwd", join(folder, "link")],
        ["rm", join(root, "u1", "ledger"), { recursive: true }],
        ["rename", join(root, "u1"), join(root, "u9")],
        ["rm", join(root, "u1"), { recursive: true }],
        ["rmdir", join(root, "leases")],
        ["rename", root, `${root}-old`],
        ["chmod", root, 0o777],
      ],
      session,
    );
    expect(answers.filter((answer) => !denied.test(answer))).toEqual([]);
    expect(await files(BEN, [["readFile", entry]], session)).toEqual([digest]);
    const after = await build(BEN, 20, { shared, policy: { users: [1] } });
    expect(after.builds[0].graph).toMatchObject({ outcome: "hit", layer: "shared" });
  });

  it("are not answered by what somebody whom they trust has planted under a key, nor by a link", async () => {
    const shared = await newShared();
    const own = await build(MALLORY, [5, 30, 31, 32], { shared });
    const [small, ...others] = own.builds.map(({ key }) => entryOf(shared, `u${MALLORY.uid}`, key));
    const passed = await files(
      MALLORY,
      [
        ["unlink", others[0]],
        ["copyFile", small, others[0]],
        ["unlink", others[1]],
        ["symlink", small, others[1]],
        ["truncate", others[2], 300],
      ],
      { shared },
    );
    expect(new Set(passed)).toEqual(new Set(["done"]));
    const { builds, counters } = await build(BEN, [30, 31, 32], { shared, policy: { users: [MALLORY.uid] } });
    const reasons = [
      "the entry answers another key",
      "the entry is a symbolic link",
      "the file has 300 bytes and should",
    ];
    builds.forEach(({ graph, mean: found }, i) => {
      expect(graph).toMatchObject({ outcome: "refused", reason: expect.stringContaining(reasons[i]) });
      expect(graph.reason).toMatch(/^user 61003 has it, and /);
      expect(found).toBeCloseTo(mean(30 + i), 12);
    });
    expect(counters).toMatchObject({ "refused.key": 1, "refused.not-a-file": 1, "refused.truncated": 1 });
  });

  it("know who wrote an entry by its owner, whatever its folder says", async () => {
    const shared = await newShared();
    await build(DAEMON, 10, { shared });
    const { builds } = await build(MALLORY, 33, { shared });
    const root = join(shared, "v1");
    const mine = join(root, `u${MALLORY.uid}`);
    const honest = entryOf(shared, "u1", (await build(DAEMON, 10, { shared })).builds[0].key);
    const key = builds[0].key;
    const planted = entryOf(shared, `u${MALLORY.uid}`, key);
    const [renamed, linked] = await files(
      MALLORY,
      [
        ["rename", mine, join(root, "u1-7")],
        ["link", honest, planted.replace(`u${MALLORY.uid}`, "u1-7").replace(key, "0".repeat(64))],
      ],
      { shared },
    );
    expect(renamed).toBe("done");
    // where the system lets anybody link what is not theirs, the file is still its owner's
    expect(["EPERM", "done"]).toContain(linked);
    const { builds: found, writers } = await build(BEN, [33, 10], { shared, policy: { users: [1] } });
    expect(found[0].graph).toMatchObject({
      outcome: "refused",
      reason: "user 61003 wrote it, whom the policy does not list, and it is not signed",
    });
    expect(found[1].graph).toMatchObject({ outcome: "hit", layer: "shared" });
    expect(writers.find(({ folder }) => folder === "u1-7")).toMatchObject({ user: MALLORY.uid, uses: [] });
  });

  it("find out by chance who has published something wrong, and use nothing more of theirs", async () => {
    const shared = await newShared();
    await build(MALLORY, 21, { shared });
    await as(MALLORY, { poison: 20 }, { shared, settings: { SOJOURN_PUBLISH: "false" } });
    const policy = { users: [MALLORY.uid] };
    const every = (SOJOURN_SAMPLE_EVERY: string) => ({
      shared,
      policy,
      publish: false,
      settings: { SOJOURN_SAMPLE_EVERY },
    });
    // whoever is trusted and lies is believed, as long as nobody looks
    const believed = await build(BEN, 20, every("0"));
    expect(believed.builds[0].graph).toMatchObject({ outcome: "hit", layer: "shared" });
    expect(believed.builds[0].mean).toBeCloseTo(mean(20) / 2, 12);

    const { builds, writers, counters, faults } = await build(BEN, [21, 20, 21, 20], every("1"));
    const reason = "user 61003 has another graph under this key than comes out when it is made again";
    expect(builds.map(({ graph }) => [graph.outcome, graph.layer, graph.reason])).toEqual([
      ["hit", "shared", "made again by chance, and it came out the same"],
      ["refused", undefined, reason],
      ["refused", undefined, reason],
      ["hit", "memory", undefined],
    ]);
    for (const [i, n] of [21, 20, 21, 20].entries()) expect(builds[i].mean).toBeCloseTo(mean(n), 12);
    expect(writers).toMatchObject([{ user: MALLORY.uid, uses: [], refusal: reason }]);
    expect(counters).toMatchObject({ "refused.recomputed-differs": 1, "refused.distrusted": 2, "sampled.graph": 1 });
    expect(faults).toMatchObject([
      { code: "recomputed-differs", message: `${reason}; nothing else of theirs is used` },
    ]);
  });

  it("get a folder of their own though others sit on its names", async () => {
    const shared = await newShared();
    const root = join(shared, "v1");
    const squat = await files(
      MALLORY,
      [
        ["mkdir", join(root, `u${BEN.uid}`)],
        ["writeFile", join(root, `u${BEN.uid}-1`), ""],
        ["symlink", "/tmp", join(root, `u${BEN.uid}-2`)],
        ["symlink", "/nowhere", join(root, `u${BEN.uid}-3`)],
      ],
      { shared },
    );
    expect(squat).toEqual(["done", "done", "done", "done"]);
    const { faults } = await build(BEN, 9, { shared });
    // of the squatter's folder no more than that it cannot be looked into
    expect(faults.filter(({ message }) => !message.includes(`/u${BEN.uid}/ledger`))).toEqual([]);
    const again = await build(BEN, 11, { shared });
    const own = again.writers.filter(({ user }) => user === BEN.uid);
    expect(own).toMatchObject([{ own: true, folder: expect.stringMatching(/^u61002-\d+$/) }]);
    const { builds, writers } = await build(DAEMON, [9, 11], { shared, policy: { users: [BEN.uid] }, publish: false });
    for (const { graph } of builds) expect(graph).toMatchObject({ outcome: "hit", layer: "shared" });
    expect(writers.filter(({ user }) => user === BEN.uid)).toMatchObject([{ graphs: 2 }]);
  });

  it("are told when the shared directory is not there, and nothing is made in its place", async () => {
    const missing = join(temporaryFolder("missing"), "mount");
    chmodSync(join(missing, ".."), 0o777);
    const { builds, faults } = await build(BEN, 9, { shared: missing });
    expect(builds[0].graph.outcome).toBe("miss");
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(["no-shared-directory"]));
    expect(await files(BEN, [["stat", missing]], { shared: missing })).toEqual(["ENOENT"]);
  });

  it("of one group share with the group, and respect their umask", async () => {
    const shared = await newShared("--group", "daemon");
    expect([modeOf(shared), modeOf(join(shared, "v1"))]).toEqual(["2750", "3770"]);
    const member = { ...BEN, gid: 1 };
    const { builds, faults } = await build({ ...member, umask: "027" }, [20, 21], { shared });
    expect(faults).toEqual([]);
    const entry = entryOf(shared, `u${BEN.uid}`, builds[0].key);
    expect([modeOf(entry), modeOf(join(entry, "..")), statSync(entry).gid]).toEqual(["640", "2750", 1]);
    const policy = { users: [BEN.uid] };
    expect((await build(DAEMON, 20, { shared, policy })).builds[0].graph).toMatchObject({
      outcome: "hit",
      layer: "shared",
    });
    // somebody of another group sees nothing, and is told why
    const outside = await build(MALLORY, 20, { shared, policy });
    expect(outside.builds[0].graph.outcome).toBe("miss");
    expect(outside.faults[0]).toMatchObject({ code: "EACCES" });
    // what a member keeps to themselves by their umask the others cannot read
    const kept = await build({ ...member, umask: "077" }, 25, { shared });
    expect(modeOf(entryOf(shared, `u${BEN.uid}`, kept.builds[0].key))).toBe("600");
    const closed = await build(DAEMON, [20, 25], { shared, policy, publish: false });
    expect(closed.builds.map(({ graph }) => graph.outcome)).toEqual(["hit", "miss"]);
    expect(closed.faults.map(({ code }) => code)).toContain("EACCES");
    // members cannot remove each other's
    expect(
      await files(
        { ...MALLORY, gid: 1 },
        [
          ["unlink", entry],
          ["rename", join(shared, "v1"), join(shared, "v2")],
        ],
        { shared },
      ),
    ).toEqual(["EACCES", "EACCES"]);
  });
});
