/**
 * Libraries: entries to hand on, as one archive or as a folder that a web server can serve. Both hold the same files:
 *
 *     library.json                      name, version, and of each entry kind, key, bytes and SHA-256, sorted
 *     library.sig                       of a signed one: ed25519 public key and signature of library.json, in hexadecimal
 *     entries/<kind>/<key in hex>.sjn   the entries' files as they are
 *
 * An archive is a tar file with these in this order and nothing else, without dates, owners or names of users, so that the same
 * entries give the same bytes. Everything is checked before anything is used: a reader takes a library whole or not at all.
 */
import { createHash, verify } from "node:crypto";
import { InputError } from "../base/errors.js";
import { isPlainObject } from "../base/words.js";
import { type Signer, STORED_KINDS, type StoredKind } from "./entry.js";
import { ENTRY_BYTES_MAX } from "./read.js";
import { publicKeyObject } from "./signing.js";

export const LIBRARY_FORMAT = "sojourn-library/1";
export const LIBRARY_MANIFEST = "library.json";
export const LIBRARY_SIGNATURE = "library.sig";
/** 200,000 entries; whatever is longer is refused before it is read. */
export const LIBRARY_MANIFEST_BYTES_MAX = 48 * 2 ** 20;
const ENTRIES_MAX = 200_000;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

export interface LibraryEntry {
  readonly kind: StoredKind;
  /** 64 hexadecimal digits. */
  readonly key: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
}

export interface LibraryManifest {
  readonly format: typeof LIBRARY_FORMAT;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly entries: readonly LibraryEntry[];
}

export const entryPath = ({ kind, key }: Pick<LibraryEntry, "kind" | "key">): string => `entries/${kind}/${key}.sjn`;

export const refuseLibrary = (what: string): never => {
  throw new InputError("bad-library", `Cannot use the library: ${what}.`);
};

/** A manifest as its file: the same bytes for the same entries, in whatever order they are given. */
export function manifestText(manifest: Omit<LibraryManifest, "format">): string {
  const { name, version, description, entries } = manifest;
  for (const [what, text] of [
    ["name", name],
    ["version", version],
  ])
    if (!NAME.test(text))
      throw new InputError(
        "bad-library",
        `Cannot make a library: its ${what} ${JSON.stringify(text)} must be letters, digits, dots and dashes.`,
      );
  const sorted = [...entries]
    .map(({ kind, key, bytes, sha256 }) => ({ kind, key, bytes, sha256 }))
    .sort((a, b) => (entryPath(a) < entryPath(b) ? -1 : 1));
  return `${JSON.stringify({ format: LIBRARY_FORMAT, name, version, description, entries: sorted }, null, 1)}\n`;
}

/** Reads a manifest that may say anything. Throws `InputError` with code `bad-library`. */
export function readLibraryManifest(bytes: Buffer): LibraryManifest {
  if (bytes.length > LIBRARY_MANIFEST_BYTES_MAX) refuseLibrary(`its list of entries has ${bytes.length} bytes`);
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    refuseLibrary(`its list of entries is not JSON (${(error as Error).message})`);
  }
  if (!isPlainObject(document)) return refuseLibrary("its list of entries is not an object");
  const { format, name, version, description, entries } = document;
  if (format !== LIBRARY_FORMAT) refuseLibrary(`its format is ${String(format)} and not ${LIBRARY_FORMAT}`);
  if (typeof name !== "string" || !NAME.test(name)) refuseLibrary("its name is none");
  if (typeof version !== "string" || !NAME.test(version)) refuseLibrary("its version is none");
  if (typeof description !== "string" || description.length > 10_000) refuseLibrary("its description is no text");
  if (!Array.isArray(entries)) return refuseLibrary("it lists no entries");
  if (entries.length > ENTRIES_MAX) refuseLibrary(`it has ${entries.length} entries, more than ${ENTRIES_MAX}`);
  let before = "";
  const read = entries.map((entry: unknown, i): LibraryEntry => {
    const { kind, key, bytes: size, sha256 } = (isPlainObject(entry) ? entry : {}) as Partial<LibraryEntry>;
    if (!STORED_KINDS.includes(kind as StoredKind)) refuseLibrary(`entry ${i} is of a kind that does not exist`);
    if (typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) refuseLibrary(`entry ${i} has no key`);
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) refuseLibrary(`entry ${i} has no digest`);
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > ENTRY_BYTES_MAX)
      refuseLibrary(`entry ${i} says that it has ${String(size)} bytes`);
    const one = { kind, key, bytes: size, sha256 } as LibraryEntry;
    const path = entryPath(one);
    if (path <= before) refuseLibrary(`entry ${i} is listed twice or out of order`);
    before = path;
    return one;
  });
  return { format: LIBRARY_FORMAT, name, version, description, entries: read } as LibraryManifest;
}

export function signatureText(manifest: Uint8Array, signer: Signer): string {
  return `${Buffer.from(signer.publicKey).toString("hex")}\n${Buffer.from(signer.sign(manifest)).toString("hex")}\n`;
}

/** The public key that signed these bytes. Throws `InputError` when the signature is none, or another one's. */
export function readSignature(bytes: Buffer, manifest: Uint8Array): Buffer {
  const found = /^([0-9a-f]{64})\n([0-9a-f]{128})\n$/.exec(bytes.subarray(0, 1000).toString("latin1"));
  if (!found || bytes.length > 1000) return refuseLibrary("its signature makes no sense");
  const key = Buffer.from(found[1], "hex");
  let right = false;
  try {
    right = verify(null, manifest, publicKeyObject(key), Buffer.from(found[2], "hex"));
  } catch {
    // a key that is none verifies nothing
  }
  if (!right) refuseLibrary("its signature is not that of its list of entries");
  return key;
}

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
