/** Reading entry files: opened first and asked afterwards, so that what is checked is what is read. */
import { decodeHeader, decodeManifest, EntryFault, type Header, headerBytes } from "./entry.js";
import { isErrno } from "./fault.js";
import { type FileSystem, fs, type OpenFile } from "./file-system.js";

/** Node limits a single read; larger files are not ours. */
export const ENTRY_BYTES_MAX = 2 ** 30;

/** Without O_NONBLOCK, opening a pipe would wait for its writer for ever; a link is nothing that a store has made. */
const READ_ONLY = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOFOLLOW ?? 0);

/** The file ended before its size was read: somebody changes it just now. */
export class ShortRead extends Error {
  override readonly name = "ShortRead";
}

/** The user of this process; undefined where users have no numbers. */
export const ownUser = (): number | undefined => process.getuid?.();

/**
 * All bytes of a file that belongs to `owner`. Throws `EntryFault` when it is there and is nothing that the store can have
 * written, and the system's error or `ShortRead` when it cannot be read.
 */
export async function readWhole(files: FileSystem, path: string, owner: number | undefined): Promise<Buffer> {
  return reading(files, path, async (handle) => {
    const size = await sizeOf(handle, owner);
    const bytes = Buffer.allocUnsafeSlow(size);
    await fill(handle, bytes, 0);
    return bytes;
  });
}

/** A small file of anybody's, with its owner. Throws as `readWhole` does. */
export async function readSmall(
  files: FileSystem,
  path: string,
  bytesMax: number,
): Promise<{ readonly bytes: Buffer; readonly uid: number }> {
  return reading(files, path, async (handle) => {
    const { uid } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(await sizeOf(handle, undefined), bytesMax));
    await fill(handle, bytes, 0);
    return { bytes, uid };
  });
}

/** `readWhole` at once; undefined where the file system has no such call. */
export function readWholeNow(files: FileSystem, path: string, owner: number | undefined): Buffer | undefined {
  const found = files.readNow?.(path, READ_ONLY, ENTRY_BYTES_MAX);
  if (found && owner !== undefined && found.uid !== owner)
    throw new EntryFault("owner", "the entry belongs to another user");
  return found?.bytes;
}

async function reading<T>(files: FileSystem, path: string, work: (handle: OpenFile) => Promise<T>): Promise<T> {
  let handle: OpenFile;
  try {
    handle = await files.open(path, READ_ONLY);
  } catch (error) {
    if (isErrno(error, "ELOOP")) throw new EntryFault("not-a-file", "the entry is a symbolic link");
    throw error;
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

async function sizeOf(handle: OpenFile, owner: number | undefined): Promise<number> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new EntryFault("not-a-file", "the entry is not an ordinary file");
  if (owner !== undefined && stat.uid !== owner) throw new EntryFault("owner", "the entry belongs to another user");
  if (stat.size > ENTRY_BYTES_MAX) throw new EntryFault("size", `the file has ${stat.size} bytes`);
  return stat.size;
}

async function fill(handle: OpenFile, bytes: Buffer, position: number): Promise<void> {
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, position + read);
    if (bytesRead === 0) throw new ShortRead(`the file ended after ${position + read} bytes`);
    read += bytesRead;
  }
}

export interface Manifest {
  readonly header: Header;
  readonly producer: string;
  readonly components: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Header and manifest alone, verified; the sections are not read. Throws as `readWhole` does. */
export async function readManifest(files: FileSystem, path: string, owner: number | undefined): Promise<Manifest> {
  return reading(files, path, async (handle) => {
    const size = await sizeOf(handle, owner);
    if (size < headerBytes) throw new EntryFault("truncated", `the file ends after ${size} bytes`);
    const head = Buffer.alloc(headerBytes);
    await fill(handle, head, 0);
    const header = decodeHeader(head);
    if (header.fileBytes !== size || headerBytes + header.manifestBytes > size)
      throw new EntryFault("truncated", `the file has ${size} bytes and should have ${header.fileBytes}`);
    const bytes = Buffer.alloc(header.manifestBytes);
    await fill(handle, bytes, headerBytes);
    const { producer, components, details = {}, attributes } = decodeManifest(bytes, header);
    return { header, producer, components, details, attributes };
  });
}

/** Names in a folder, sorted; none when there is no such folder. */
export async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  try {
    return (await files.readdir(folder)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
