/** Reading entry files: opened first and asked afterwards, so that what is checked is what is read. */
import { unpack } from "../base/msgpack.js";
import { decodeHeader, EntryFault, type Header, headerBytes } from "./entry.js";
import { isErrno } from "./fault.js";
import { type FileSystem, fs } from "./file-system.js";

/** Node limits a single read; larger files are not ours. */
export const ENTRY_BYTES_MAX = 2 ** 30;

/** Without O_NONBLOCK, opening a pipe would wait for its writer for ever; Windows has no such flag. */
const READ_ONLY = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** The file ended before its size was read: somebody changes it just now. */
export class ShortRead extends Error {
  override readonly name = "ShortRead";
}

/**
 * All bytes of a file. Throws `EntryFault` when it is there and is nothing that the store can have written, and the
 * system's error or `ShortRead` when it cannot be read.
 */
export async function readWhole(files: FileSystem, path: string): Promise<Buffer> {
  const handle = await files.open(path, READ_ONLY);
  try {
    const stat = await handle.stat();
    const { size, uid } = stat;
    if (!stat.isFile()) throw new EntryFault("not-a-file", "the entry is not an ordinary file");
    if (process.getuid && uid !== process.getuid()) throw new EntryFault("owner", "the entry belongs to another user");
    if (size > ENTRY_BYTES_MAX) throw new EntryFault("size", `the file has ${size} bytes`);
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let read = 0; read < size; ) {
      const { bytesRead } = await handle.read(bytes, read, size - read, read);
      if (bytesRead === 0) throw new ShortRead(`the file ended after ${read} of ${size} bytes`);
      read += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Header and manifest alone, for listings; the manifest's digest is not checked. */
export async function readManifest(
  files: FileSystem,
  path: string,
): Promise<{ header: Header; producer: string; attributes: Record<string, unknown> }> {
  const handle = await files.open(path, READ_ONLY);
  try {
    const head = Buffer.alloc(headerBytes);
    const { bytesRead } = await handle.read(head, 0, headerBytes, 0);
    const header = decodeHeader(head.subarray(0, bytesRead));
    const manifest = Buffer.alloc(Math.min(header.manifestBytes, ENTRY_BYTES_MAX));
    await handle.read(manifest, 0, manifest.length, headerBytes);
    const { producer, attributes } = unpack(manifest) as { producer: string; attributes: Record<string, unknown> };
    return { header, producer, attributes };
  } finally {
    await handle.close();
  }
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
