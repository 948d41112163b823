/** Checking an entry's file byte by byte without holding it: for archives, libraries and deep verification. */
import { checkOf, startCheck } from "./checksum.js";
import {
  decodeHeader,
  decodeManifest,
  EntryFault,
  type Header,
  headerBytes,
  sectionBytes,
  sectionPrefixBytes,
} from "./entry.js";
import type { OpenFile } from "./file-system.js";

/** Manifests are names and digests; a larger one is no manifest. */
export const MANIFEST_BYTES_MAX = 16 * 2 ** 20;
const CHUNK = 2 ** 20;

/**
 * Verifies every byte of an open file. Throws `EntryFault`, and the system's error. Memory: the manifest and one chunk, whatever
 * the file says of itself.
 */
export async function verifyOpenFile(handle: OpenFile, size: number): Promise<Header> {
  if (size < headerBytes) throw new EntryFault("truncated", `the file ends after ${size} bytes`);
  const chunk = Buffer.alloc(CHUNK);
  const head = await readExactly(handle, Buffer.alloc(headerBytes), 0);
  const header = decodeHeader(head);
  if (header.fileBytes !== size)
    throw new EntryFault("truncated", `the file has ${size} bytes and should have ${header.fileBytes}`);
  if (header.manifestBytes > MANIFEST_BYTES_MAX || headerBytes + header.manifestBytes > size)
    throw new EntryFault("bounds", "the manifest is longer than it may be");
  const bytes = await readExactly(handle, Buffer.alloc(header.manifestBytes), headerBytes);
  let position = headerBytes + header.manifestBytes;
  for (const row of decodeManifest(bytes, header).sections) {
    const { name, digest } = row;
    const length = sectionBytes(row);
    if (length > size - position) throw new EntryFault("bounds", `the section ${name} lies outside the file`);
    const prefix = sectionPrefixBytes(position, length);
    if (position + prefix.length + length > size)
      throw new EntryFault("bounds", `the section ${name} lies outside the file`);
    const found = await readExactly(handle, Buffer.alloc(prefix.length), position);
    if (!found.equals(prefix)) throw new EntryFault("padding", `the bytes before the section ${name} are damaged`);
    position += prefix.length;
    const check = startCheck(checkOf(digest)!);
    for (let left = length; left > 0; ) {
      const part = await readExactly(handle, chunk.subarray(0, Math.min(CHUNK, left)), position);
      check.update(part);
      position += part.length;
      left -= part.length;
    }
    if (!check.digest().equals(digest))
      throw new EntryFault("section-checksum", `the section ${name} does not match its checksum`);
  }
  if (position !== size) throw new EntryFault("bounds", "there are bytes after the last section");
  return header;
}

async function readExactly(handle: OpenFile, bytes: Buffer, position: number): Promise<Buffer> {
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, position + read);
    if (bytesRead === 0) throw new EntryFault("truncated", `the file ends after ${position + read} bytes`);
    read += bytesRead;
  }
  return bytes;
}
