/**
 * Publishing: a file appears whole under its final name or not at all, and never replaces a sound one. Written under a
 * random name in the same folder, then linked, because `link` refuses to replace what is there.
 */
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { SojournError } from "../base/errors.js";
import { pack, unpack } from "../base/msgpack.js";
import { decodeEntry, type EntryContent, EntryFault, type EntryMeta, type EntryOptions, entryParts } from "./entry.js";
import { isErrno } from "./fault.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { readWhole } from "./read.js";

/** Other processes may take the place, or clear it, between two looks; more often than this is no coincidence. */
const ATTEMPTS = 3;
const NO_LINKS = ["EPERM", "ENOTSUP", "EXDEV", "EMLINK", "ENOSYS"] as const;

/** How files of a folder are written. */
export interface Place {
  readonly files: FileSystem;
  /** Whose files they are. */
  readonly owner: number | undefined;
  /** Modes of folders and files; set whatever the umask says where others are to read them. */
  readonly folderMode: number;
  readonly fileMode: number;
  /** Whether a file must survive a loss of power once it is published. */
  readonly durable: boolean;
  /** Whether the umask may take bits of the modes away. Of private places it always may. */
  readonly respectsUmask?: boolean;
  /** Of a durable place: the folder in which everything lies, and the folders whose names are known to survive a loss of power. */
  readonly survives?: { readonly root: string; readonly folders: Set<string> };
}

export const PRIVATE_MODES = { folderMode: 0o700, fileMode: 0o600 } as const;

export interface Publication {
  readonly place: Place;
  readonly path: string;
  readonly meta: EntryMeta;
  readonly content: EntryContent;
  readonly options?: EntryOptions | undefined;
  /** Takes an entry that is not sound out of the way. */
  readonly setAside: () => Promise<void>;
}

/** How long the file is, and whether it was written now or was there already with the same content. */
export interface Placed {
  readonly bytes: number;
  readonly fresh: boolean;
}

/** How long a write is put off, so that it does not take turns with the build that asked for it. */
const BEHIND_MS = 5;

/** Throws the system's error, or `SojournError` with the code `conflict` when an entry with other content is there, which stays. */
export async function publish({ place, path, meta, content, options, setAside }: Publication): Promise<Placed> {
  const parts = entryParts(meta, content, options);
  // whoever made it answers first
  await sleep(BEHIND_MS);
  return placing(place, path, parts, async () => {
    const there = await readThere(place, path, meta);
    if (there === "gone") return "again";
    if (there === "unsound") {
      await setAside();
      return "again";
    }
    if (sameContent(there.content, content)) return there.bytes;
    throw conflict(meta);
  });
}

/** Publishes bytes as they are; undefined when something is there already. Throws the system's error. */
export async function publishBytes(
  place: Place,
  path: string,
  parts: readonly Uint8Array[],
): Promise<number | undefined> {
  const { bytes, fresh } = await placing(place, path, parts, async () => 0);
  return fresh ? bytes : undefined;
}

async function placing(
  place: Place,
  path: string,
  parts: readonly Uint8Array[],
  /** What to do about a file that is there: try again, or leave it, with its length. */
  occupied: () => Promise<"again" | number>,
): Promise<Placed> {
  const { files } = place;
  const folder = dirname(path);
  const temporary = join(folder, `.tmp-${randomBytes(9).toString("hex")}`);
  await makeFolder(place, folder);
  let left = true;
  try {
    await writeNew(place, temporary, parts);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await link(files, temporary, path)) {
        await files.unlink(temporary).then(
          () => {
            left = false;
          },
          () => {},
        );
        if (place.durable) await syncFolder(files, folder);
        return { bytes: parts.reduce((sum, part) => sum + part.length, 0), fresh: true };
      }
      const bytes = await occupied();
      if (bytes !== "again") {
        // whoever put it there may not have come so far
        if (place.durable) await syncFolder(files, folder);
        return { bytes, fresh: false };
      }
    }
    throw new SojournError("occupied", "Cannot store an entry: what lies in its place cannot be set aside.");
  } finally {
    if (left) await files.unlink(temporary).catch(() => {});
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
export async function makeFolder(place: Place, folder: string): Promise<void> {
  const { files, folderMode, durable } = place;
  const make = async (path: string): Promise<void> => {
    try {
      await files.mkdir(path, { mode: folderMode });
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      if (durable) await keepNames(place, path);
      return;
    }
    if (!place.respectsUmask && folderMode !== PRIVATE_MODES.folderMode) await setMode(files, path, folderMode);
    if (durable) await keepNames(place, path);
  };
  try {
    await make(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT") || dirname(folder) === folder) throw error;
    await makeFolder(place, dirname(folder));
    await make(folder);
  }
}

/**
 * Makes the names of a folder and of those that it lies in, up to the place's root, survive a loss of power: also of folders that
 * were there, because whoever made them may have been killed before, or may not have come so far. Each once in a process.
 */
async function keepNames(place: Place, folder: string): Promise<void> {
  const { files, survives } = place;
  const unsure: string[] = [];
  for (let path = folder; !survives?.folders.has(path); path = dirname(path)) {
    unsure.push(path);
    if (survives === undefined || path === survives.root || dirname(path) === path) break;
  }
  // from the top, so that what is above a known one is known too
  for (const path of unsure.reverse()) {
    await syncFolder(files, dirname(path));
    survives?.folders.add(path);
  }
}

/** The umask takes bits away that readers need. */
async function setMode(files: FileSystem, folder: string, mode: number): Promise<void> {
  const handle = await files.open(folder, "r");
  try {
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

/** Makes names in a folder survive a loss of power; some file systems cannot, and say so. */
async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  let handle: OpenFile;
  try {
    handle = await files.open(folder, "r");
  } catch (error) {
    if (isErrno(error, "EACCES")) return; // one that we may write to and not read
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!isErrno(error, "EINVAL", "ENOTSUP", "EPERM", "EBADF")) throw error;
  } finally {
    await handle.close();
  }
}

async function writeNew(
  { files, fileMode, durable, respectsUmask }: Place,
  path: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  const handle = await files.open(path, "wx", fileMode);
  try {
    for (const part of parts)
      for (let written = 0; written < part.length; ) {
        const { bytesWritten } = await handle.write(part, written, part.length - written);
        if (bytesWritten === 0) throw new EntryFault("short-write", "a write ended early");
        written += bytesWritten;
      }
    if (!respectsUmask && fileMode !== PRIVATE_MODES.fileMode) await handle.chmod(fileMode);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** False when something is there already. Some file systems have no links: there a race of two writers is the last one's. */
async function link(files: FileSystem, temporary: string, final: string): Promise<boolean> {
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

async function readThere(
  { files, owner }: Place,
  path: string,
  meta: EntryMeta,
): Promise<{ readonly content: EntryContent; readonly bytes: number } | "gone" | "unsound"> {
  let bytes: Buffer;
  try {
    bytes = await readWhole(files, path, owner);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "gone";
    if (error instanceof EntryFault) return "unsound";
    throw error;
  }
  try {
    return { content: decodeEntry(bytes, meta), bytes: bytes.length };
  } catch {
    return "unsound";
  }
}
