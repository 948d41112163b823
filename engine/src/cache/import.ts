/**
 * Taking libraries in, from an archive, a folder or a web server: whole or not at all. Nothing is believed: names, sizes, order and
 * digests of everything are checked while it is read, entries are verified byte by byte, and only then anything is put
 * where look-ups find it. Memory: the list of entries and a chunk, whatever the library says of itself.
 */
import { createHash, randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import { pipeline, Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { InputError } from "../base/errors.js";
import { describe } from "./fault.js";
import { fs, fsPromises, nodeFileSystem } from "./file-system.js";
import {
  entryPath,
  LIBRARY_MANIFEST,
  LIBRARY_MANIFEST_BYTES_MAX,
  LIBRARY_SIGNATURE,
  type LibraryEntry,
  type LibraryManifest,
  readLibraryManifest,
  readSignature,
  refuseLibrary,
} from "./library.js";
import { verifyOpenFile } from "./verify-file.js";

/** Whose libraries are taken. */
export interface LibraryTrust {
  /** The name under which a key is known; undefined when it is not. */
  knownKey(publicKey: Uint8Array): string | undefined;
}

export interface ImportOptions {
  /** Where libraries are kept; each gets a folder of its own in it. */
  readonly into: string;
  readonly trust: LibraryTrust;
  /** Take it although nobody known has signed it. */
  readonly unsigned?: boolean;
  /** Check everything, and keep nothing. */
  readonly dryRun?: boolean;
  /** Entries that are there already and need not come again. */
  readonly has?: (entry: LibraryEntry) => Promise<boolean>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Imported {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Who signed it; undefined when nobody known has. */
  readonly signedBy?: string;
  readonly entries: number;
  readonly bytes: number;
  /** Entries that were there already. */
  readonly skipped: number;
  /** The folder of the library; empty of a dry run. */
  readonly folder: string;
}

/** A library as a stream of files, its list of entries first. */
interface Source {
  manifest(): Promise<Buffer>;
  signature(): Promise<Buffer | undefined>;
  /** Calls `take` with each wanted entry's bytes, in any order, once each. */
  entries(
    manifest: LibraryManifest,
    wanted: ReadonlySet<string>,
    take: (entry: LibraryEntry, bytes: AsyncIterable<Buffer>) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

const SIGNATURE_BYTES_MAX = 1000;
const CHUNK = 2 ** 18;
/** Of a tar file, between two members. */
const HEADERS_BYTES_MAX = 2 ** 20;

/** Takes in `file` (a tar file, also gzipped), a folder, or an https: address of one. Throws `InputError`; then nothing has changed. */
export async function importLibrary(from: string, options: ImportOptions): Promise<Imported> {
  const source = await openSource(from, options.signal);
  const temporary = join(options.into, `.tmp-${randomBytes(9).toString("hex")}`);
  try {
    return await take(source, temporary, options);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("bad-library", `Cannot use the library ${from}: ${describe(error).message}.`, {
      cause: error,
    });
  } finally {
    await source.close();
    await fsPromises.rm(temporary, { recursive: true, force: true });
  }
}

async function take(source: Source, temporary: string, options: ImportOptions): Promise<Imported> {
  const { into, trust, unsigned = false, dryRun = false, has, onProgress } = options;
  const text = await source.manifest();
  const manifest = readLibraryManifest(text);
  const signature = await source.signature();
  const signedBy = signature && signerName(readSignature(signature, text), trust, unsigned);
  if (signature === undefined && !unsigned)
    refuseLibrary("nobody has signed it; take it as it is only if you know where it comes from, with --unsigned");
  const wanted = new Set<string>();
  // compiled programs are taken from known hands only; they are made again in no time
  const usable = manifest.entries.filter(({ kind }) => kind !== "evaluator" || signedBy !== undefined);
  for (const entry of usable) if (!(await has?.(entry))) wanted.add(entryPath(entry));
  await fsPromises.mkdir(temporary, { recursive: true, mode: 0o700 });
  let [bytes, done] = [0, 0];
  await source.entries(manifest, wanted, async (entry, content) => {
    const path = join(temporary, "v1", entry.kind, entry.key.slice(0, 2), `${entry.key}.sjn`);
    await writeChecked(path, entry, content);
    await verifyEntry(path, entry);
    bytes += entry.bytes;
    if (dryRun) await fsPromises.unlink(path);
    done++;
    onProgress?.(done, wanted.size);
  });
  if (done < wanted.size) refuseLibrary(`it lists ${wanted.size} entries and holds ${done}`);
  const { name, version, description } = manifest;
  const folder = join(into, `${name}-${version}`);
  if (signedBy === undefined && (await isThere(join(folder, LIBRARY_SIGNATURE))))
    refuseLibrary(`a signed ${name} ${version} is there, which an unsigned one must not replace`);
  const facts = {
    name,
    version,
    description,
    ...(signedBy !== undefined && { signedBy }),
    entries: done,
    bytes,
    skipped: manifest.entries.length - wanted.size,
  };
  if (dryRun) return { ...facts, folder: "" };
  await fsPromises.writeFile(join(temporary, LIBRARY_MANIFEST), text, { mode: 0o600 });
  if (signature) await fsPromises.writeFile(join(temporary, LIBRARY_SIGNATURE), signature, { mode: 0o600 });
  await keepSkipped(manifest, wanted, folder, temporary);
  // the old one goes aside and not away, until the new one is there
  const aside = `${temporary}-old`;
  const replaced = await fsPromises.rename(folder, aside).then(
    () => true,
    () => false,
  );
  try {
    await fsPromises.rename(temporary, folder);
  } catch (error) {
    if (replaced) await fsPromises.rename(aside, folder).catch(() => {});
    throw error;
  }
  if (replaced) await fsPromises.rm(aside, { recursive: true, force: true });
  return { ...facts, folder };
}

export const isThere = (path: string): Promise<boolean> =>
  fsPromises.stat(path).then(
    () => true,
    () => false,
  );

/** Entries that need not come again because the library that is replaced has them: they go on being part of it. */
async function keepSkipped(
  manifest: LibraryManifest,
  wanted: ReadonlySet<string>,
  folder: string,
  temporary: string,
): Promise<void> {
  for (const entry of manifest.entries) {
    if (wanted.has(entryPath(entry))) continue;
    const place = join("v1", entry.kind, entry.key.slice(0, 2));
    const file = join(folder, place, `${entry.key}.sjn`);
    if (!(await isThere(file))) continue;
    await fsPromises.mkdir(join(temporary, place), { recursive: true, mode: 0o700 });
    const target = join(temporary, place, `${entry.key}.sjn`);
    await fsPromises.link(file, target).catch(() => fsPromises.copyFile(file, target));
  }
}

function signerName(publicKey: Buffer, trust: LibraryTrust, unsigned: boolean): string | undefined {
  const name = trust.knownKey(publicKey);
  if (name !== undefined || unsigned) return name;
  return refuseLibrary(
    `the key ${publicKey.toString("hex")} has signed it, which the policy does not list; add it there if you know whose it is`,
  );
}

/** Writes what comes, no more than was announced, and compares digests. */
async function writeChecked(path: string, entry: LibraryEntry, content: AsyncIterable<Buffer>): Promise<void> {
  await fsPromises.mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  const handle = await fsPromises.open(path, "wx", 0o600);
  try {
    const hash = createHash("sha256");
    let written = 0;
    for await (const chunk of content) {
      written += chunk.length;
      if (written > entry.bytes) refuseLibrary(`the entry ${entry.key} is longer than it says`);
      hash.update(chunk);
      for (let from = 0; from < chunk.length; ) from += (await handle.write(chunk, from)).bytesWritten;
    }
    if (written !== entry.bytes)
      refuseLibrary(`the entry ${entry.key} has ${written} bytes and should have ${entry.bytes}`);
    if (hash.digest("hex") !== entry.sha256) refuseLibrary(`the entry ${entry.key} does not match its digest`);
  } finally {
    await handle.close();
  }
}

async function verifyEntry(path: string, entry: LibraryEntry): Promise<void> {
  const handle = await nodeFileSystem.open(path, "r");
  try {
    const { kind, key } = await verifyOpenFile(handle, entry.bytes);
    if (kind !== entry.kind || key.toString("hex") !== entry.key)
      refuseLibrary(`the entry ${entry.key} answers another key`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    refuseLibrary(`the entry ${entry.key} is no entry: ${describe(error).message}`);
  } finally {
    await handle.close();
  }
}

async function openSource(from: string, signal: AbortSignal | undefined): Promise<Source> {
  if (/^https?:\/\//i.test(from)) return webSource(from, signal);
  let isFolder: boolean;
  try {
    isFolder = (await fsPromises.stat(from)).isDirectory();
  } catch (error) {
    throw new InputError("unreadable", `Cannot read the library ${from}: ${describe(error).message}.`, {
      cause: error,
    });
  }
  return isFolder ? folderSource(from) : archiveSource(from);
}

/** A tar file, read once from front to back. */
async function archiveSource(file: string): Promise<Source> {
  const raw = fs.createReadStream(file);
  const gzipped = await startsGzipped(file);
  const members = extract();
  let [waiting, passed] = [true, 0];
  // extended headers are collected before anybody sees them, however long they are
  const guard = new Transform({
    transform(chunk: Buffer, _, done) {
      if (waiting) passed += chunk.length;
      if (passed <= HEADERS_BYTES_MAX) done(null, chunk);
      else done(new Error("it has headers that do not end"));
    },
  });
  const unzip = gzipped ? [createGunzip()] : [];
  pipeline([raw, ...unzip, guard, members], () => {});
  const iterator = members[Symbol.asyncIterator]();
  type Member = Awaited<ReturnType<typeof iterator.next>>["value"];
  let ahead: Member | undefined;

  async function next(): Promise<Member | undefined> {
    if (ahead) {
      const member = ahead;
      ahead = undefined;
      return member;
    }
    [waiting, passed] = [true, 0];
    const { done, value } = await iterator.next();
    waiting = false;
    if (done) return undefined;
    const { name, type, size } = value.header;
    if (type !== "file") refuseLibrary(`${JSON.stringify(name)} in it is a ${type} and not a file`);
    if (!Number.isSafeInteger(size) || (size as number) < 0) refuseLibrary(`${JSON.stringify(name)} in it has no size`);
    return value;
  }

  /** All of a small member. */
  async function small(member: Member, most: number): Promise<Buffer> {
    if ((member.header.size as number) > most)
      refuseLibrary(`${member.header.name} in it has ${member.header.size} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of member) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  return {
    async manifest() {
      const first = await next();
      if (first?.header.name !== LIBRARY_MANIFEST)
        return refuseLibrary(`${basename(file)} does not begin with ${LIBRARY_MANIFEST}`);
      return small(first, LIBRARY_MANIFEST_BYTES_MAX);
    },
    async signature() {
      const second = await next();
      if (second?.header.name === LIBRARY_SIGNATURE) return small(second, SIGNATURE_BYTES_MAX);
      ahead = second;
      return undefined;
    },
    async entries(manifest, wanted, takeOne) {
      // members come in the order of the list and none is left out, so neither a second one of a name nor another path fits
      for (const entry of manifest.entries) {
        const member = await next();
        const path = entryPath(entry);
        if (member === undefined) return;
        if (member.header.name !== path)
          refuseLibrary(`${JSON.stringify(member.header.name)} stands where ${path} should`);
        if (member.header.size !== entry.bytes)
          refuseLibrary(`${path} has ${member.header.size} bytes and should have ${entry.bytes}`);
        if (wanted.has(path)) await takeOne(entry, member as AsyncIterable<Buffer>);
        else for await (const _ of member);
      }
      if (await next()) refuseLibrary("there is more in it than it lists");
    },
    async close() {
      raw.destroy();
      members.destroy();
    },
  };
}

async function startsGzipped(file: string): Promise<boolean> {
  const handle = await fsPromises.open(file, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function folderSource(folder: string): Source {
  const small = async (name: string, most: number): Promise<Buffer> => {
    const { size } = await fsPromises.stat(join(folder, name));
    if (size > most) refuseLibrary(`${name} in it has ${size} bytes`);
    return fsPromises.readFile(join(folder, name));
  };
  return {
    manifest: () => small(LIBRARY_MANIFEST, LIBRARY_MANIFEST_BYTES_MAX),
    async signature() {
      try {
        return await small(LIBRARY_SIGNATURE, SIGNATURE_BYTES_MAX);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async entries(manifest, wanted, takeOne) {
      for (const entry of manifest.entries)
        if (wanted.has(entryPath(entry))) await takeOne(entry, chunksOf(join(folder, entryPath(entry))));
    },
    async close() {},
  };
}

/** A file piece by piece; a link in a folder may lead anywhere, and is not followed. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const handle = await fsPromises.open(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** The same folder on a web server that only has to serve files. */
function webSource(address: string, signal: AbortSignal | undefined): Source {
  const base = address.endsWith("/") ? address : `${address}/`;
  const { protocol, hostname } = new URL(base);
  if (protocol !== "https:" && !LOOPBACK.includes(hostname))
    throw new InputError("insecure", `Cannot read the library ${address}: only https: addresses are read.`);
  const get = async (path: string, most: number): Promise<Response> => {
    const response = await fetch(new URL(path, base), { redirect: "error", ...(signal && { signal }) });
    const length = Number(response.headers.get("content-length") ?? 0);
    if (length > most) refuseLibrary(`${path} has ${length} bytes`);
    return response;
  };
  const small = async (response: Response, path: string, most: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    let total = 0;
    for await (const chunk of bodyOf(response)) {
      total += chunk.length;
      if (total > most) refuseLibrary(`${path} is longer than ${most} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  const sound = (response: Response, path: string): Response => {
    if (!response.ok) refuseLibrary(`${new URL(path, base)} answers ${response.status}`);
    return response;
  };
  return {
    async manifest() {
      const response = await get(LIBRARY_MANIFEST, LIBRARY_MANIFEST_BYTES_MAX);
      return small(sound(response, LIBRARY_MANIFEST), LIBRARY_MANIFEST, LIBRARY_MANIFEST_BYTES_MAX);
    },
    async signature() {
      const response = await get(LIBRARY_SIGNATURE, SIGNATURE_BYTES_MAX);
      if (response.status === 404) return undefined;
      return small(sound(response, LIBRARY_SIGNATURE), LIBRARY_SIGNATURE, SIGNATURE_BYTES_MAX);
    },
    async entries(manifest, wanted, takeOne) {
      for (const entry of manifest.entries) {
        const path = entryPath(entry);
        if (wanted.has(path)) await takeOne(entry, bodyOf(sound(await get(path, entry.bytes), path)));
      }
    },
    async close() {},
  };
}

async function* bodyOf(response: Response): AsyncGenerator<Buffer> {
  if (response.body === null) return;
  for await (const chunk of Readable.fromWeb(response.body as never)) yield Buffer.from(chunk as Uint8Array);
}
