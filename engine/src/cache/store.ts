/**
 * The private layer: immutable entries in a folder that belongs to one user. The store knows bytes and keys, no
 * stage. It needs no lock: an entry appears whole under its final name or not at all, and every read verifies
 * every byte, so whatever else happens to a file is a miss with a reason. A fault never reaches the caller as an
 * exception.
 *
 *     <directory>/v1/<kind>/<first two hex digits>/<key in hex>.sjn     entries
 *     <directory>/v1/<kind>/<first two hex digits>/.tmp-<random>        being written; swept after an hour
 *     <directory>/v1/quarantine/<kind>-<key>-<time>.sjn                 entries that failed a check
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { unpack } from "../base/msgpack.js";
import { cacheDirectory, type Environment } from "./directory.js";
import {
  decodeEntry,
  decodeHeader,
  type Entry,
  type EntryContent,
  EntryFault,
  type EntryKind,
  type EntryMeta,
  encodeEntry,
  type Header,
  headerBytes,
} from "./entry.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";

/** Kinds that this version writes; the others have their codes reserved in the format. */
export const STORED_KINDS = ["graph", "trace"] as const satisfies readonly EntryKind[];
export type StoredKind = (typeof STORED_KINDS)[number];

const DEFAULT_CAP_BYTES = 2_000_000_000;
const TEMPORARY_GRACE_MS = 3_600_000;
/** Node limits a single read; larger files are not ours. */
const ENTRY_BYTES_MAX = 2 ** 30;
const ENOENT = -2;
const EEXIST = -17;
const ESTALE = -116;

export interface StoreOptions {
  /** Default: `SOJOURN_CACHE_DIR`, else `$XDG_CACHE_HOME/sojourn`, else `~/.cache/sojourn`. */
  readonly directory?: string;
  readonly environment?: Environment;
  readonly fileSystem?: FileSystem;
  readonly clock?: () => number;
  /** Told of every fault that turned into a miss or a write that did not happen. */
  readonly onFault?: (fault: StoreFault) => void;
}

export interface StoreFault {
  readonly action: "read" | "write" | "clear";
  readonly kind: EntryKind;
  /** Stable code: one of the entry's faults, or the name or number of the system's error. */
  readonly code: string;
  readonly message: string;
}

export type Lookup =
  | { readonly outcome: "hit"; readonly entry: Entry; readonly loadMs: number; readonly bytes: number }
  | { readonly outcome: "miss"; readonly reason: string }
  | { readonly outcome: "refused"; readonly reason: string; readonly code: string };

export interface KindStatus {
  readonly kind: StoredKind;
  readonly entries: number;
  readonly bytes: number;
}

export interface StoreStatus {
  readonly directory: string;
  readonly layer: "private";
  readonly capBytes: number;
  readonly kinds: readonly KindStatus[];
  readonly quarantined: number;
}

export interface ListedEntry {
  readonly kind: StoredKind;
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly createdMs: number;
  readonly costMs: number;
  readonly producer: string;
}

export interface ClearResult {
  readonly kinds: readonly StoredKind[];
  readonly entries: number;
  readonly bytes: number;
}

export interface Store {
  readonly directory: string;
  /** Soft cap of the layer in bytes; shown, and enforced by eviction once that exists. */
  readonly capBytes: number;
  /** Looks an entry up; never throws for a fault of the file system or of the file. */
  get(kind: StoredKind, key: Uint8Array): Promise<Lookup>;
  /** Says that an entry's content, though intact, made no sense to its stage: it is set aside. */
  reject(kind: StoredKind, key: Uint8Array): Promise<void>;
  /** Writes behind: returns at once; `drain` waits. Calls `done` with the bytes once published. */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Waits for pending writes, at most `deadlineMs`; answers whether all are done. */
  drain(deadlineMs: number): Promise<boolean>;
  status(): Promise<StoreStatus>;
  list(options?: {
    kinds?: readonly StoredKind[];
    offset?: number;
    limit?: number;
  }): Promise<{ total: number; entries: ListedEntry[] }>;
  /** Removes all entries of the kinds; with `dryRun` only says what would go. Also sweeps old temporaries. */
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean }): Promise<ClearResult>;
}

/** Opens the private layer; touches nothing until the first use. */
export function openStore(options: StoreOptions = {}): Store {
  const directory = cacheDirectory(options.directory, options.environment ?? process.env);
  const files = options.fileSystem ?? nodeFileSystem;
  const clock = options.clock ?? Date.now;
  const root = join(directory, "v1");
  /** Writes on their way, by path: a look-up of the same key waits for its own write. */
  const pending = new Map<string, Promise<void>>();

  const folderOf = (kind: EntryKind, name: string): string => join(root, kind, name.slice(0, 2));
  const pathOf = (kind: EntryKind, key: Uint8Array): string => join(folderOf(kind, hex(key)), `${hex(key)}.sjn`);
  const report = (action: StoreFault["action"], kind: EntryKind, error: unknown): void => {
    const fault = describe(error);
    options.onFault?.({ action, kind, ...fault });
  };

  async function get(kind: StoredKind, key: Uint8Array): Promise<Lookup> {
    await pending.get(pathOf(kind, key));
    const start = performance.now();
    try {
      const bytes = await readWhole(files, pathOf(kind, key));
      const entry = decodeEntry(bytes, { kind, key });
      return { outcome: "hit", entry, loadMs: performance.now() - start, bytes: bytes.length };
    } catch (error) {
      if (isErrno(error, ENOENT)) return { outcome: "miss", reason: "not in the cache" };
      if (isErrno(error, ESTALE)) return { outcome: "miss", reason: "the entry vanished while it was read" };
      report("read", kind, error);
      const { code, message } = describe(error);
      if (error instanceof EntryFault) await reject(kind, key);
      return { outcome: "refused", reason: message, code };
    }
  }

  async function reject(kind: StoredKind, key: Uint8Array): Promise<void> {
    try {
      await files.mkdir(join(root, "quarantine"), { recursive: true, mode: 0o700 });
      await files.rename(pathOf(kind, key), join(root, "quarantine", `${kind}-${hex(key)}-${clock()}.sjn`));
    } catch (error) {
      if (!isErrno(error, ENOENT)) report("read", kind, error);
    }
  }

  function put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void {
    const work = publish(meta, content).then(
      (bytes) => done?.(bytes),
      (error) => report("write", meta.kind, error),
    );
    const path = pathOf(meta.kind, meta.key);
    pending.set(path, work);
    void work.finally(() => pending.get(path) === work && pending.delete(path));
  }

  async function publish(meta: EntryMeta, content: EntryContent): Promise<number> {
    const bytes = encodeEntry(meta, content);
    const name = hex(meta.key);
    const folder = folderOf(meta.kind, name);
    const final = join(folder, `${name}.sjn`);
    const temporary = join(folder, `.tmp-${randomBytes(9).toString("hex")}`);
    await files.mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const handle = await files.open(temporary, "wx", 0o600);
      try {
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
          if (bytesWritten === 0) throw new EntryFault("short-write", "a write ended early");
          written += bytesWritten;
        }
      } finally {
        await handle.close();
      }
      await linkOrRename(temporary, final);
    } finally {
      await files.unlink(temporary).catch(() => {});
    }
    return bytes.length;
  }

  /** `link` refuses to replace what is there, which is what we want; some file systems have none. */
  async function linkOrRename(temporary: string, final: string): Promise<void> {
    try {
      await files.link(temporary, final);
    } catch (error) {
      if (isErrno(error, EEXIST)) return;
      await files.rename(temporary, final);
    }
  }

  async function drain(deadlineMs: number): Promise<boolean> {
    if (pending.size === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), deadlineMs);
    });
    const all = (async () => {
      while (pending.size > 0) await Promise.all(pending.values());
      return true;
    })();
    const result = await Promise.race([all, late]);
    clearTimeout(timer);
    return result;
  }

  async function* filesOf(
    kind: StoredKind,
  ): AsyncGenerator<{ path: string; name: string; bytes: number; mtimeMs: number }> {
    for (const prefix of await namesIn(files, join(root, kind))) {
      for (const name of await namesIn(files, join(root, kind, prefix))) {
        const path = join(root, kind, prefix, name);
        try {
          const { size, mtimeMs } = await files.lstat(path);
          yield { path, name, bytes: size, mtimeMs };
        } catch (error) {
          if (!isErrno(error, ENOENT)) report("read", kind, error);
        }
      }
    }
  }

  async function status(): Promise<StoreStatus> {
    const kinds: KindStatus[] = [];
    for (const kind of STORED_KINDS) {
      let entries = 0;
      let bytes = 0;
      for await (const file of filesOf(kind)) {
        if (!file.name.endsWith(".sjn")) continue;
        entries++;
        bytes += file.bytes;
      }
      kinds.push({ kind, entries, bytes });
    }
    const quarantined = (await namesIn(files, join(root, "quarantine"))).length;
    return { directory, layer: "private", capBytes: DEFAULT_CAP_BYTES, kinds, quarantined };
  }

  async function list({ kinds = STORED_KINDS, offset = 0, limit = 100 }: Parameters<Store["list"]>[0] = {}) {
    const found: { kind: StoredKind; path: string; name: string; bytes: number; mtimeMs: number }[] = [];
    for (const kind of kinds)
      for await (const file of filesOf(kind)) if (file.name.endsWith(".sjn")) found.push({ kind, ...file });
    found.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.name < b.name ? -1 : 1));
    const entries: ListedEntry[] = [];
    for (const file of found.slice(offset, offset + limit)) {
      try {
        const { header, producer, attributes } = await readManifest(files, file.path);
        const name = typeof attributes.name === "string" ? attributes.name : "";
        const { createdMs, costMs } = header;
        entries.push({ kind: file.kind, key: hex(header.key), name, bytes: file.bytes, createdMs, costMs, producer });
      } catch (error) {
        if (!isErrno(error, ENOENT)) report("read", file.kind, error);
      }
    }
    return { total: found.length, entries };
  }

  async function clear({
    kinds = STORED_KINDS,
    dryRun = false,
  }: Parameters<Store["clear"]>[0] = {}): Promise<ClearResult> {
    let entries = 0;
    let bytes = 0;
    for (const kind of kinds) {
      for await (const file of filesOf(kind)) {
        const isEntry = file.name.endsWith(".sjn");
        if (!isEntry && clock() - file.mtimeMs < TEMPORARY_GRACE_MS) continue;
        if (!dryRun) {
          try {
            await files.unlink(file.path);
          } catch (error) {
            if (!isErrno(error, ENOENT)) report("clear", kind, error);
            continue;
          }
        }
        if (!isEntry) continue;
        entries++;
        bytes += file.bytes;
      }
    }
    return { kinds: [...kinds], entries, bytes };
  }

  return { directory, capBytes: DEFAULT_CAP_BYTES, get, reject, put, drain, status, list, clear };
}

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  try {
    return (await files.readdir(folder)).sort();
  } catch (error) {
    if (isErrno(error, ENOENT)) return [];
    throw error;
  }
}

/** Opens first and asks afterwards, so that what is checked is what is read. */
async function readWhole(files: FileSystem, path: string): Promise<Buffer> {
  const handle = await files.open(path, "r");
  try {
    const { size, uid, isFile } = await statOf(handle);
    if (!isFile) throw new EntryFault("not-a-file", "the entry is not an ordinary file");
    if (process.getuid && uid !== process.getuid()) throw new EntryFault("owner", "the entry belongs to another user");
    if (size > ENTRY_BYTES_MAX) throw new EntryFault("size", `the file has ${size} bytes`);
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let read = 0; read < size; ) {
      const { bytesRead } = await handle.read(bytes, read, size - read, read);
      if (bytesRead === 0) throw new EntryFault("short-read", `the file ended after ${read} of ${size} bytes`);
      read += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

async function statOf(handle: Awaited<ReturnType<FileSystem["open"]>>) {
  const stat = await handle.stat();
  return { size: stat.size, uid: stat.uid, isFile: stat.isFile() };
}

async function readManifest(files: FileSystem, path: string) {
  const handle = await files.open(path, "r");
  try {
    const head = Buffer.alloc(headerBytes);
    const { bytesRead } = await handle.read(head, 0, headerBytes, 0);
    const header: Header = decodeHeader(head.subarray(0, bytesRead));
    const manifest = Buffer.alloc(Math.min(header.manifestBytes, ENTRY_BYTES_MAX));
    await handle.read(manifest, 0, manifest.length, headerBytes);
    const { producer, attributes } = unpack(manifest) as { producer: string; attributes: Record<string, unknown> };
    return { header, producer, attributes };
  } finally {
    await handle.close();
  }
}

/** Node 20 has no names for ESTALE and EDQUOT, so system errors are compared by number. */
const isErrno = (error: unknown, errno: number): boolean => (error as NodeJS.ErrnoException | null)?.errno === errno;

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof EntryFault) return { code: error.code, message: error.message };
  const system = error as NodeJS.ErrnoException;
  if (typeof system?.errno === "number") return { code: system.code ?? String(system.errno), message: system.message };
  return { code: "unreadable", message: error instanceof Error ? error.message : String(error) };
}
