/**
 * Publishing: an entry appears whole under its final name or not at all, and never replaces a sound one. Written
 * under a random name in the same folder, then linked, because `link` refuses to replace what is there.
 */
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SojournError } from "../base/errors.js";
import { pack, unpack } from "../base/msgpack.js";
import { decodeEntry, type EntryContent, EntryFault, type EntryMeta, encodeEntry } from "./entry.js";
import { isErrno } from "./fault.js";
import type { FileSystem } from "./file-system.js";
import { readWhole } from "./read.js";

/** Other processes may take the place, or clear it, between two looks; more often than this is no coincidence. */
const ATTEMPTS = 3;
const NO_LINKS = ["EPERM", "ENOTSUP", "EXDEV", "EMLINK", "ENOSYS"] as const;

export interface Publication {
  readonly files: FileSystem;
  readonly path: string;
  readonly meta: EntryMeta;
  readonly content: EntryContent;
  /** Takes an entry that is not sound out of the way. */
  readonly setAside: () => Promise<void>;
}

/**
 * The bytes written, or undefined when an entry with the same content is there already. Throws the system's error,
 * or `SojournError` with the code `conflict` when an entry with other content is there, which stays.
 */
export async function publish({ files, path, meta, content, setAside }: Publication): Promise<number | undefined> {
  const bytes = encodeEntry(meta, content);
  const folder = dirname(path);
  const temporary = join(folder, `.tmp-${randomBytes(9).toString("hex")}`);
  await makeFolder(files, folder);
  try {
    await writeNew(files, temporary, bytes);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await place(files, temporary, path)) return bytes.length;
      const there = await readThere(files, path, meta);
      if (there === "gone") continue;
      if (there === "unsound") {
        await setAside();
        continue;
      }
      if (sameContent(there, content)) return undefined;
      throw conflict(meta);
    }
    throw new SojournError("occupied", `Cannot store the ${meta.kind}: what lies in its place cannot be set aside.`);
  } finally {
    await files.unlink(temporary).catch(() => {});
  }
}

export const conflict = ({ kind }: EntryMeta): SojournError =>
  new SojournError(
    "conflict",
    `Cannot store the ${kind}: the cache has another one under its key, which stays, so one of the two was not made by the key's inputs alone.`,
  );

/** Whether two values are the same; `name` is a label, which models with one rule and different names share a key in. */
export function sameContent(a: EntryContent, b: EntryContent): boolean {
  const names = Object.keys(a.arrays);
  const attributes = ({ attributes }: EntryContent): unknown => unpack(pack({ ...attributes, name: "" }));
  return (
    names.length === Object.keys(b.arrays).length &&
    isDeepStrictEqual(attributes(a), attributes(b)) &&
    names.every((name) => {
      const [one, other] = [a.arrays[name], b.arrays[name]];
      return other?.constructor === one.constructor && Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
    })
  );
}

const bytesOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** Not Node's own recursion: where the system lets nobody make a folder and says ENOENT, that never ends. */
export async function makeFolder(files: FileSystem, folder: string): Promise<void> {
  const make = (path: string): Promise<unknown> =>
    files.mkdir(path, { mode: 0o700 }).catch((error) => {
      if (!isErrno(error, "EEXIST")) throw error;
    });
  try {
    await make(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT") || dirname(folder) === folder) throw error;
    await makeFolder(files, dirname(folder));
    await make(folder);
  }
}

async function writeNew(files: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const handle = await files.open(path, "wx", 0o600);
  try {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
      if (bytesWritten === 0) throw new EntryFault("short-write", "a write ended early");
      written += bytesWritten;
    }
  } finally {
    await handle.close();
  }
}

/** False when something is there already. Some file systems have no links: there a race of two writers is the last one's. */
async function place(files: FileSystem, temporary: string, final: string): Promise<boolean> {
  try {
    await files.link(temporary, final);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    if (!isErrno(error, ...NO_LINKS)) throw error;
  }
  if (await exists(files, final)) return false;
  await files.rename(temporary, final);
  return true;
}

async function exists(files: FileSystem, path: string): Promise<boolean> {
  try {
    await files.lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

async function readThere(files: FileSystem, path: string, meta: EntryMeta): Promise<EntryContent | "gone" | "unsound"> {
  let bytes: Buffer;
  try {
    bytes = await readWhole(files, path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "gone";
    if (error instanceof EntryFault) return "unsound";
    throw error;
  }
  try {
    return decodeEntry(bytes, meta);
  } catch {
    return "unsound";
  }
}
