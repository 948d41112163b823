/** Libraries: what goes out comes in, hostile ones are refused whole and in little memory, and others are fetched from. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openEngine } from "@sojourn/engine";
import { newSigningKey, openStore, signerFrom } from "@sojourn/engine/cache";
import fc from "fast-check";
import { pack } from "tar-stream";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const filled = temporaryFolder("library-source");
const key = newSigningKey();
const signer = signerFrom(key.privateKey);

beforeAll(async () => {
  const engine = openEngine({ cacheDirectory: filled, cache: { minCompileMs: 0 } });
  for (const n of [4, 5, 6]) await (await engine.families.coalescent.build({ n })).mean(1);
  await engine.close();
});

/** A policy that lists the key, in a configuration of its own. */
function policyFile(): string {
  const file = join(temporaryFolder("policy"), "policy.json");
  writeFileSync(file, JSON.stringify({ keys: { tester: key.publicKey } }), { mode: 0o600 });
  return file;
}

const storeAt = (directory: string, more = {}) =>
  openStore({ directory, config: "", settings: { policyFile: policyFile(), ...more } });

async function exported(options = {}): Promise<string> {
  const file = join(temporaryFolder("export"), "ours.tar");
  await storeAt(filled).transfer.exportLibrary(file, { library: "ours", ...options });
  return file;
}

describe("a library", () => {
  it("has the same bytes whenever it is made of the same entries", async () => {
    const [one, other] = [await exported({ signer }), await exported({ signer })];
    expect(readFileSync(other).equals(readFileSync(one))).toBe(true);
  });

  it("holds no name of a model, no value of an input and no path", async () => {
    const text = readFileSync(await exported({ kinds: ["graph", "trace", "evaluator"] })).toString("latin1");
    expect(text).not.toContain("coalescent");
    expect(text).not.toContain("inputs.n\u00a1");
    expect(text).not.toContain(filled);
  });

  for (const [what, make] of [
    ["an archive", (file: string) => file],
    [
      "a gzipped archive",
      (file: string) => {
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
        return `${file}.gz`;
      },
    ],
  ] as const)
    it(`comes back from ${what}, and is found by builds`, async () => {
      const from = make(await exported({ signer, kinds: ["graph", "trace", "evaluator"] }));
      const directory = temporaryFolder("import");
      const policy = policyFile();
      const store = openStore({ directory, config: "", settings: { policyFile: policy } });
      const dry = await store.transfer.importLibrary(from, { dryRun: true });
      expect(existsSync(join(directory, "libraries", "ours-1"))).toBe(false);
      const done = await store.transfer.importLibrary(from);
      expect(done).toMatchObject({ name: "ours", version: "1", signedBy: "tester", entries: dry.entries, skipped: 0 });
      const engine = openEngine({ cacheDirectory: directory, cache: { policyFile: policy } });
      const ph = await engine.families.coalescent.build({ n: 5 });
      expect(ph.caches).toMatchObject({ graph: { layer: "library" }, trace: { layer: "library" } });
      expect(ph.name).toBe("coalescent");
      expect(await ph.mean(1)).toBeCloseTo(1.6, 14);
      await engine.close();
      const again = openEngine({ cacheDirectory: directory });
      expect((await again.families.coalescent.build({ n: 5 })).caches.graph.layer).toBe("private");
      expect((await again.cache.status()).layers.map(({ layer }) => layer)).toContain("library");
      await again.close();
    });

  it("that nobody known has signed is taken only when that is said, and without compiled programs", async () => {
    const stranger = signerFrom(newSigningKey().privateKey);
    const all = { kinds: ["graph", "trace", "evaluator"] as const };
    for (const file of [await exported(all), await exported({ ...all, signer: stranger })]) {
      const store = storeAt(temporaryFolder("unsigned"));
      await expect(store.transfer.importLibrary(file)).rejects.toMatchObject({
        code: "bad-library",
        message: expect.stringMatching(/nobody has signed it|which the policy does not list/),
      });
      const done = await store.transfer.importLibrary(file, { unsigned: true });
      expect(done.signedBy).toBeUndefined();
      expect(done.skipped).toBeGreaterThan(0);
      expect(existsSync(join(done.folder, "v1", "evaluator"))).toBe(false);
    }
  });

  it("is fetched from a folder and from a web server, and then only what is missing", async () => {
    const folder = join(temporaryFolder("served"), "ours");
    await storeAt(filled).transfer.exportLibrary(folder, { library: "ours", asFolder: true, signer });
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const path = join(folder, request.url ?? "");
      if (!existsSync(path)) response.writeHead(404).end();
      else response.end(readFileSync(path));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const directory = temporaryFolder("fetched");
      const first = await storeAt(directory).transfer.sync(address);
      expect(first.entries).toBe(6);
      asked.length = 0;
      expect((await storeAt(directory).transfer.sync(address)).entries).toBe(0);
      expect(asked).toEqual(["/library.json", "/library.sig"]);
      expect((await storeAt(temporaryFolder("copied")).transfer.sync(folder)).entries).toBe(6);
      await expect(storeAt(directory).transfer.sync("http://example.org/")).rejects.toMatchObject({ code: "insecure" });
      await expect(storeAt(directory).transfer.sync(join(folder, "none"))).rejects.toMatchObject({
        code: "unreadable",
      });
    } finally {
      server.close();
    }
  });

  it("may also be another cache, whose entries are verified one by one", async () => {
    const copy = temporaryFolder("other-cache");
    spawnSync("cp", ["-r", join(filled, "v1"), copy]);
    const victim = readdirSync(join(copy, "v1", "graph"), { recursive: true })
      .map(String)
      .find((name) => name.endsWith(".sjn"));
    const path = join(copy, "v1", "graph", victim ?? "");
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const directory = temporaryFolder("synced");
    const store = storeAt(directory);
    const plan = await store.transfer.sync(copy, { dryRun: true });
    const done = await store.transfer.sync(copy);
    expect([done.entries, done.bytes]).toEqual([plan.entries, plan.bytes]);
    expect((await store.status()).kinds[0].entries).toBe(2);
    expect((await store.transfer.sync(copy)).entries).toBe(0);
  });
});

describe("verifying", () => {
  it("finds the one damaged entry and sets it aside", async () => {
    const directory = temporaryFolder("verify");
    spawnSync("cp", ["-r", join(filled, "v1"), directory]);
    const store = storeAt(directory);
    const sound = await store.transfer.verify();
    expect(sound.damaged).toEqual([]);
    const victim = readdirSync(join(directory, "v1", "trace"), { recursive: true })
      .map(String)
      .find((name) => name.endsWith(".sjn"));
    const path = join(directory, "v1", "trace", victim ?? "");
    const bytes = readFileSync(path);
    bytes[300] ^= 4;
    writeFileSync(path, bytes);
    const found = await store.transfer.verify();
    expect(found.checked).toBe(sound.checked);
    expect(found.damaged).toMatchObject([{ kind: "trace", key: victim?.slice(3, 67) }]);
    expect((await store.transfer.verify()).checked).toBe(sound.checked - 1);
    expect((await store.status()).quarantined).toBe(1);
  });
});

type Member = { name: string; content: Buffer; type?: "file" | "symlink" | "link" | "directory"; linkname?: string };

/** A tar file of these members, whatever they are. */
async function tar(members: readonly Member[]): Promise<string> {
  const archive = pack();
  for (const { name, content, type = "file", linkname } of members)
    archive.entry({ name, type, ...(linkname !== undefined && { linkname }) }, type === "file" ? content : "");
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const file = join(temporaryFolder("hostile"), "library.tar");
  writeFileSync(file, Buffer.concat(chunks));
  return file;
}

/** The members of a sound library, to be spoilt. */
async function sound(): Promise<Member[]> {
  const folder = join(temporaryFolder("sound"), "ours");
  await storeAt(filled).transfer.exportLibrary(folder, { library: "ours", asFolder: true });
  const { entries } = JSON.parse(readFileSync(join(folder, "library.json"), "utf8"));
  const paths = [
    "library.json",
    ...entries.map((entry: { kind: string; key: string }) => `entries/${entry.kind}/${entry.key}.sjn`),
  ];
  return paths.map((name) => ({ name, content: readFileSync(join(folder, name)) }));
}

const manifest = (members: Member[], change: (document: { entries: Record<string, unknown>[] }) => void): Member[] => {
  const document = JSON.parse(members[0].content.toString());
  change(document);
  return [{ name: "library.json", content: Buffer.from(JSON.stringify(document)) }, ...members.slice(1)];
};

const HOSTILE: readonly [what: string, spoil: (members: Member[]) => Member[], words: string][] = [
  ["begins with something else", (all) => all.slice(1), "does not begin with library.json"],
  ["escapes by its path", (all) => [all[0], { ...all[1], name: "../../evil.sjn" }, ...all.slice(2)], "stands where"],
  ["has an absolute path", (all) => [all[0], { ...all[1], name: "/tmp/evil.sjn" }, ...all.slice(2)], "stands where"],
  [
    "has a symbolic link",
    (all) => [all[0], { ...all[1], type: "symlink", linkname: "/etc/passwd" }, ...all.slice(2)],
    "is a symlink",
  ],
  [
    "has a hard link",
    (all) => [all[0], { ...all[1], type: "link", linkname: "/etc/passwd" }, ...all.slice(2)],
    "is a link",
  ],
  [
    "has a folder",
    (all) => [all[0], { name: "entries", content: Buffer.alloc(0), type: "directory" }, ...all.slice(1)],
    "is a directory",
  ],
  [
    "holds more than it lists",
    (all) => [...all, { name: "more.txt", content: Buffer.from("x") }],
    "more in it than it lists",
  ],
  ["holds an entry twice", (all) => [all[0], all[1], ...all.slice(1)], "stands where"],
  ["lacks an entry", (all) => all.slice(0, -1), "lists 6 entries and holds 5"],
  [
    "has a changed entry",
    (all) => [all[0], { ...all[1], content: flipped(all[1].content, 400) }, ...all.slice(2)],
    "does not match its digest",
  ],
  [
    "has a longer entry",
    (all) => [all[0], { ...all[1], content: Buffer.concat([all[1].content, Buffer.from("x")]) }, ...all.slice(2)],
    "bytes and should have",
  ],
  ["is no JSON", (all) => [{ name: "library.json", content: Buffer.from("{") }, ...all.slice(1)], "not JSON"],
  ["is a list", (all) => [{ name: "library.json", content: Buffer.from("[]") }, ...all.slice(1)], "not an object"],
  ["is of another format", (all) => manifest(all, (d) => Object.assign(d, { format: "x" })), "its format is x"],
  ["has a path for a name", (all) => manifest(all, (d) => Object.assign(d, { name: "../up" })), "its name is none"],
  [
    "has an entry of no kind",
    (all) => manifest(all, (d) => Object.assign(d.entries[0], { kind: "ledger" })),
    "kind that does not exist",
  ],
  [
    "has a key that is none",
    (all) => manifest(all, (d) => Object.assign(d.entries[0], { key: "../../x" })),
    "has no key",
  ],
  [
    "declares a huge entry",
    (all) => manifest(all, (d) => Object.assign(d.entries[0], { bytes: 2 ** 40 })),
    "says that it has",
  ],
  [
    "declares a negative size",
    (all) => manifest(all, (d) => Object.assign(d.entries[0], { bytes: -1 })),
    "says that it has",
  ],
  ["lists a key twice", (all) => manifest(all, (d) => d.entries.push(d.entries[0])), "listed twice or out of order"],
  ["answers another key", (all) => manifest(swapped(all), (d) => exchange(d.entries)), "answers another key"],
];

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
};
/** The contents of the first two entries under each other's names, with sizes and digests to match. */
const swapped = (all: Member[]): Member[] => [
  all[0],
  { name: all[1].name, content: all[2].content },
  { name: all[2].name, content: all[1].content },
  ...all.slice(3),
];
const exchange = (entries: Record<string, unknown>[]): void => {
  const [a, b] = [{ ...entries[0] }, { ...entries[1] }];
  Object.assign(entries[0], { bytes: b.bytes, sha256: b.sha256 });
  Object.assign(entries[1], { bytes: a.bytes, sha256: a.sha256 });
};

describe("a hostile library is refused whole when it", () => {
  it.each(HOSTILE)("%s", async (_, spoil, words) => {
    const directory = temporaryFolder("target");
    const store = storeAt(directory);
    const file = await tar(spoil(await sound()));
    await expect(store.transfer.importLibrary(file, { unsigned: true })).rejects.toMatchObject({
      code: "bad-library",
      message: expect.stringContaining(words),
    });
    const left = existsSync(join(directory, "libraries")) ? readdirSync(join(directory, "libraries")) : [];
    expect(left).toEqual([]);
  });

  it("has a signature that is not that of its list", async () => {
    const file = await exported({ signer });
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.from('"description"'));
    bytes[at + 1] = "D".charCodeAt(0);
    writeFileSync(file, bytes);
    await expect(storeAt(temporaryFolder("forged")).transfer.importLibrary(file)).rejects.toMatchObject({
      code: "bad-library",
    });
  });

  it("is a folder with links instead of files", async () => {
    const folder = join(temporaryFolder("links"), "ours");
    await storeAt(filled).transfer.exportLibrary(folder, { library: "ours", asFolder: true });
    const { entries } = JSON.parse(readFileSync(join(folder, "library.json"), "utf8"));
    const path = join(folder, "entries", entries[0].kind, `${entries[0].key}.sjn`);
    const elsewhere = join(temporaryFolder("elsewhere"), "entry");
    writeFileSync(elsewhere, readFileSync(path));
    spawnSync("rm", [path]);
    symlinkSync(elsewhere, path);
    await expect(
      storeAt(temporaryFolder("target")).transfer.importLibrary(folder, { unsigned: true }),
    ).rejects.toMatchObject({
      code: "bad-library",
    });
  });

  it("is any sound one with any one byte changed", async () => {
    const file = await exported({ signer });
    const whole = readFileSync(file);
    const target = temporaryFolder("flips");
    const broken = join(temporaryFolder("flipped"), "library.tar");
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(whole);
        bytes[at] ^= mask;
        writeFileSync(broken, bytes);
        const outcome = await storeAt(target)
          .transfer.importLibrary(broken)
          .then(
            () => "taken",
            (error) => error.code,
          );
        // what tar itself does not read, padding and the end, may be anything
        if (outcome === "taken") expect(isPadding(whole, at)).toBe(true);
        else expect(outcome).toBe("bad-library");
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether a byte of a tar file is filling, or of its end. */
function isPadding(bytes: Buffer, at: number): boolean {
  for (let position = 0; position + 512 <= bytes.length; ) {
    const size = Number.parseInt(bytes.toString("latin1", position + 124, position + 136), 8);
    if (!Number.isFinite(size)) return at >= position;
    const end = position + 512 + size;
    // the checksum's digits end before its field does
    if (at < position + 512) return at >= position + 154 && at < position + 156;
    if (at < end) return false;
    const next = position + 512 + Math.ceil(size / 512) * 512;
    if (at < next) return true;
    position = next;
  }
  return true;
}

describe("a bomb", () => {
  const MEMORY_MAX = 64 * 2 ** 20;
  /** How much more memory a process has had at most while it refused this file than before. */
  function refusedIn(file: string): { outcome: string; grown: number } {
    const script = `
      import { openStore } from ${JSON.stringify(join(process.cwd(), "engine/dist/cache/index.js"))};
      import { readFileSync } from "node:fs";
      const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
      const store = openStore({ directory: ${JSON.stringify(temporaryFolder("bomb"))}, config: "" });
      await store.transfer.importLibrary("/nowhere").catch(() => {});
      const before = peak();
      const outcome = await store.transfer.importLibrary(process.argv[1], { unsigned: true }).then(() => "taken", (error) => error.code + " " + error.message);
      console.log(JSON.stringify({ outcome, grown: peak() - before }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, file], {
      encoding: "utf8",
    });
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  it("of zeros, packed, is refused in 64 MB", async () => {
    const file = join(temporaryFolder("zeros"), "library.tar.gz");
    writeFileSync(file, gzipSync(Buffer.alloc(400 * 2 ** 20)));
    const { outcome, grown } = refusedIn(file);
    expect(outcome).toContain("bad-library");
    expect(grown).toBeLessThan(MEMORY_MAX);
  });

  it("of an extended header that does not end, is refused in 64 MB", async () => {
    const archive = pack();
    archive.entry({ name: "library.json", pax: { comment: "x".repeat(200 * 2 ** 20) } }, "{}");
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    const file = join(temporaryFolder("pax"), "library.tar");
    writeFileSync(file, Buffer.concat(chunks));
    const { outcome, grown } = refusedIn(file);
    expect(outcome).toContain("headers that do not end");
    expect(grown).toBeLessThan(MEMORY_MAX);
  });

  it("of an entry whose sections claim to be huge, is refused in 64 MB", async () => {
    const members = await sound();
    const huge = Buffer.alloc(120 * 2 ** 20, members[1].content);
    const { createHash } = await import("node:crypto");
    const file = await tar(
      manifest([members[0], { ...members[1], content: huge }, ...members.slice(2)], (document) =>
        Object.assign(document.entries[0], {
          bytes: huge.length,
          sha256: createHash("sha256").update(huge).digest("hex"),
        }),
      ),
    );
    const { outcome, grown } = refusedIn(file);
    expect(outcome).toContain("is no entry");
    expect(grown).toBeLessThan(MEMORY_MAX);
  });
});

it("keeps what was there when a newer library of the same name is refused", async () => {
  const directory = temporaryFolder("kept");
  const store = storeAt(directory);
  const done = await store.transfer.importLibrary(await exported({ signer }));
  const bad = await tar(manifest(await sound(), (document) => document.entries.pop()));
  await expect(store.transfer.importLibrary(bad, { unsigned: true })).rejects.toMatchObject({ code: "bad-library" });
  expect(existsSync(join(done.folder, "library.json"))).toBe(true);
  mkdirSync(join(directory, "libraries", "stray"));
  expect((await store.status()).libraries).toHaveLength(1);
});
