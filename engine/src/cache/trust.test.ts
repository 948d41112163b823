/** Whose entries count: by kind, by writer, by key, and how a refusal is said. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeHeader, type EntrySignature, encodeEntry, STORED_KINDS } from "./entry.js";
import { newSigningKey, signerFrom } from "./signing.js";
import { openTrust, type Trust } from "./trust.js";
import { openUsers } from "./users.js";

const [listed, stranger] = [newSigningKey(), newSigningKey()];
const place = mkdtempSync(join(tmpdir(), "sojourn-trust-"));
writeFileSync(
  join(place, "passwd"),
  "anna:x:1001:50::/:/bin/sh\nben:x:1002:60::/:/bin/sh\ncleo:x:1003:70::/:/bin/sh\n",
);
writeFileSync(join(place, "group"), "lab:x:50:ben\n");
const users = openUsers({
  passwdFile: join(place, "passwd"),
  groupFile: join(place, "group"),
  lookUp: () => undefined,
});

let files = 0;
const OWN = process.getuid?.() ?? 0;
function trustOf(policy: unknown, now?: () => number): Trust & { readonly file: string } {
  const file = join(place, `policy-${files++}.json`);
  writeFileSync(file, typeof policy === "string" ? policy : JSON.stringify(policy), { mode: 0o600 });
  return { ...openTrust({ own: OWN, policyFile: file, sitePolicyFile: "", users, ...(now && { now }) }), file };
}

function signature(pem: string): EntrySignature {
  const meta = {
    kind: "trace",
    key: Buffer.alloc(32, 1),
    producer: "",
    components: {},
    createdMs: 0,
    costMs: 0,
  } as const;
  const bytes = encodeEntry(meta, { attributes: {}, arrays: {} }, { signer: signerFrom(pem) });
  return decodeHeader(bytes).signature as EntrySignature;
}
const used = (trust: Trust, user: number, by?: EntrySignature): string[] =>
  STORED_KINDS.filter((kind) => trust.refusal({ kind, user, signature: by }) === undefined);

describe("trust", () => {
  it("is in oneself alone when no policy says more", () => {
    const trust = openTrust({ own: OWN, policyFile: join(place, "none"), sitePolicyFile: "", users });
    expect(used(trust, OWN)).toEqual([...STORED_KINDS]);
    expect(used(trust, 1001)).toEqual([]);
    expect(trust.judge({ kind: "graph", user: 1001 })).toEqual({
      code: "not-trusted",
      reason: "anna (user 1001) wrote it, whom the policy does not list, and it is not signed",
    });
    expect(used(trust, 1001, signature(listed.privateKey))).toEqual([]);
  });

  it("in listed users and groups is in their graphs and traces, and in values only when it is said", () => {
    const trust = trustOf({ users: ["anna"], groups: [{ group: "lab", values: true }] });
    expect(used(trust, 1002)).toEqual(["graph", "trace", "value"]);
    expect(used(trust, 1001)).toEqual(["graph", "trace", "value"]);
    expect(used(trust, 1003)).toEqual([]);
    const strict = trustOf({ users: ["anna", 1003] });
    expect([used(strict, 1001), used(strict, 1003), used(strict, 1002)]).toEqual([
      ["graph", "trace"],
      ["graph", "trace"],
      [],
    ]);
    expect(strict.refusal({ kind: "value", user: 1003 })).toBe(
      'cleo (user 1003) wrote it, of whom the policy does not say "values": true, and it is not signed',
    );
    expect(strict.refusal({ kind: "evaluator", user: 1003 })).toBe(
      "cleo (user 1003) wrote it, and evaluators of others are used only when signed by a key of the policy, and it is not signed",
    );
  });

  it("in a key is in everything that it signed, whoever wrote it", () => {
    const trust = trustOf({ keys: { lab: listed.publicKey } });
    expect(used(trust, 1003, signature(listed.privateKey))).toEqual([...STORED_KINDS]);
    expect(used(trust, 1003, signature(stranger.privateKey))).toEqual([]);
    expect(trust.refusal({ kind: "graph", user: 1003, signature: signature(stranger.privateKey) })).toBe(
      `cleo (user 1003) wrote it, whom the policy does not list, and the key ${stranger.publicKey.slice(0, 16)}… that signed it is not listed`,
    );
    expect([trust.listsKeys(), trustOf({}).listsKeys()]).toEqual([true, false]);
    expect(trust.knownKey(Buffer.from(listed.publicKey, "hex"))).toBe("lab");
    expect(trust.knownKey(Buffer.from(stranger.publicKey, "hex"))).toBeUndefined();
  });

  it("is not in a signature that is not that of its key, even of a listed user", () => {
    const trust = trustOf({ users: [1003], keys: { lab: listed.publicKey } });
    const forged = { ...signature(stranger.privateKey), publicKey: Buffer.from(listed.publicKey, "hex") };
    expect(used(trust, 1003, forged)).toEqual([]);
    expect(trust.judge({ kind: "graph", user: 1003, signature: forged })?.code).toBe("bad-signature");
  });

  it("ends where the policy makes no sense, and says so", () => {
    const trust = trustOf("{");
    expect(used(trust, 1001)).toEqual([]);
    expect(trust.refusal({ kind: "graph", user: 1001 })).toMatch(
      /not signed; cannot use the policy .*: it is not JSON .*\)$/,
    );
  });

  it("follows a policy that changes", () => {
    let time = 0;
    const trust = trustOf({}, () => time);
    expect(used(trust, 1001)).toEqual([]);
    writeFileSync(trust.file, JSON.stringify({ users: [1001] }));
    expect(used(trust, 1001)).toEqual([]);
    time = 6000;
    expect(used(trust, 1001)).toEqual(["graph", "trace"]);
  });
});
