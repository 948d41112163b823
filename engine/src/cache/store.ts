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
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { cacheDirectory, type Environment } from "./directory.js";
import { decodeEntry, type Entry, type EntryContent, EntryFault, type EntryKind, type EntryMeta } from "./entry.js";
import { describe, isErrno } from "./fault.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import { conflict, makeFolder, publish, sameContent } from "./publish.js";
import { namesIn, readManifest, readWhole, ShortRead } from "./read.js";

/** Kinds that this version writes; the others have their codes reserved in the format. */
export const STORED_KINDS = ["graph", "trace"] as const satisfies readonly EntryKind[];
export type StoredKind = (typeof STORED_KINDS)[number];

const DEFAULT_CAP_BYTES = 2_000_000_000;
const TEMPORARY_GRACE_MS = 3_600_000;
/** How long a look-up waits for its own write before it counts as a miss. */
const OWN_WRITE_WAIT_MS = 1000;
const PREFIX_NAME = /^[0-9a-f]{2}$/;
const ENTRY_NAME = /^[0-9a-f]{64}\.sjn$/;
const TEMPORARY_NAME = /^\.tmp-/;

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
  /** Files of these kinds that were set aside and went too; not part of `entries` and `bytes`. */
  readonly quarantined: number;
}

export interface Store {
  readonly directory: string;
  /** Soft cap of the layer in bytes; shown, and enforced by eviction once that exists. */
  readonly capBytes: number;
  /** Looks an entry up; never throws for a fault of the file system or of the file. */
  get(kind: StoredKind, key: Uint8Array): Promise<Lookup>;
  /** Says that an entry's content, though intact, made no sense to its stage: it is set aside. */
  reject(kind: StoredKind, key: Uint8Array): Promise<void>;
  /**
   * Writes behind: returns at once; `drain` waits. Calls `done` with the bytes once published, and not when the same
   * content is there already or on its way. Other content under the key stays; that is a fault, code `conflict`.
   */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Waits for pending writes, at most `deadlineMs`; answers whether all are done. */
  drain(deadlineMs: number): Promise<boolean>;
  status(): Promise<StoreStatus>;
  list(options?: {
    kinds?: readonly StoredKind[];
    offset?: number;
    limit?: number;
  }): Promise<{ total: number; entries: ListedEntry[] }>;
  /**
   * Removes all entries of the kinds and what was set aside of them; with `dryRun` only says what would go. Also
   * sweeps old temporaries.
   */
  clear(options?: { kinds?: readonly StoredKind[]; dryRun?: boolean }): Promise<ClearResult>;
}

/** Opens the private layer; touches nothing until the first use. */
export function openStore(options: StoreOptions = {}): Store {
  const directory = cacheDirectory(options.directory, options.environment ?? process.env);
  const files = options.fileSystem ?? nodeFileSystem;
  const clock = options.clock ?? Date.now;
  const root = join(directory, "v1");
  /** Writes on their way, by path: a look-up of the same key waits for its own write. */
  const pending = new Map<string, { readonly content: EntryContent; readonly work: Promise<void> }>();

  const folderOf = (kind: EntryKind, name: string): string => join(root, kind, name.slice(0, 2));
  const pathOf = (kind: EntryKind, key: Uint8Array): string => join(folderOf(kind, hex(key)), `${hex(key)}.sjn`);
  const report = (action: StoreFault["action"], kind: EntryKind, error: unknown): void => {
    const fault = describe(error);
    options.onFault?.({ action, kind, ...fault });
  };

  async function get(kind: StoredKind, key: Uint8Array): Promise<Lookup> {
    const path = pathOf(kind, key);
    const own = pending.get(path);
    if (own && !(await within(own.work, OWN_WRITE_WAIT_MS)))
      return { outcome: "miss", reason: "its own write is not done yet" };
    const start = performance.now();
    const refuse = async (error: unknown): Promise<Lookup> => {
      report("read", kind, error);
      const { code, message } = describe(error);
      await reject(kind, key);
      return { outcome: "refused", reason: message, code };
    };
    let bytes: Buffer;
    try {
      bytes = await readWhole(files, path);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return { outcome: "miss", reason: "not in the cache" };
      if (error instanceof EntryFault) return refuse(error);
      report("read", kind, error);
      const vanished = isErrno(error, "ESTALE") || error instanceof ShortRead;
      const why = vanished ? "the entry vanished while it was read" : "the entry cannot be read";
      return { outcome: "miss", reason: `${why}: ${describe(error).message}` };
    }
    try {
      const entry = decodeEntry(bytes, { kind, key });
      return { outcome: "hit", entry, loadMs: performance.now() - start, bytes: bytes.length };
    } catch (error) {
      return refuse(error);
    }
  }

  async function reject(kind: EntryKind, key: Uint8Array): Promise<void> {
    try {
      await makeFolder(files, join(root, "quarantine"));
      await files.rename(pathOf(kind, key), join(root, "quarantine", `${kind}-${hex(key)}-${clock()}.sjn`));
    } catch (error) {
      if (!isErrno(error, "ENOENT")) report("read", kind, error);
    }
  }

  function put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void {
    const { kind, key } = meta;
    const path = pathOf(kind, key);
    const before = pending.get(path);
    if (before) {
      // two builds at once, or a write that hangs: a second one would only hang beside it
      if (!sameContent(before.content, content)) report("write", kind, conflict(meta));
      return;
    }
    const work = publish({ files, path, meta, content, setAside: () => reject(kind, key) })
      .then(
        (bytes) => {
          if (bytes !== undefined) done?.(bytes);
        },
        (error) => report("write", kind, error),
      )
      .finally(() => pending.delete(path));
    pending.set(path, { content, work });
  }

  async function drain(deadlineMs: number): Promise<boolean> {
    if (pending.size === 0) return true;
    const all = async (): Promise<void> => {
      while (pending.size > 0) await Promise.all(Array.from(pending.values(), ({ work }) => work));
    };
    return within(all(), deadlineMs);
  }

  /** The ordinary files in a folder whose names match; whatever else lies there is not ours. */
  async function* filesIn(folder: string, kind: StoredKind, pattern: RegExp): AsyncGenerator<FoundFile> {
    for (const name of await namesIn(files, folder)) {
      if (!pattern.test(name)) continue;
      const path = join(folder, name);
      try {
        const stat = await files.lstat(path);
        if (stat.isFile()) yield { kind, path, name, bytes: stat.size, mtimeMs: stat.mtimeMs };
      } catch (error) {
        if (!isErrno(error, "ENOENT")) report("read", kind, error);
      }
    }
  }

  async function* filesOf(kind: StoredKind, pattern: RegExp): AsyncGenerator<FoundFile> {
    for (const prefix of await namesIn(files, join(root, kind)))
      if (PREFIX_NAME.test(prefix)) yield* filesIn(join(root, kind, prefix), kind, pattern);
  }

  const setAsideOf = (kind: StoredKind): AsyncGenerator<FoundFile> =>
    filesIn(join(root, "quarantine"), kind, new RegExp(`^${kind}-`));

  async function status(): Promise<StoreStatus> {
    const kinds: KindStatus[] = [];
    let quarantined = 0;
    for (const kind of STORED_KINDS) {
      let entries = 0;
      let bytes = 0;
      for await (const file of filesOf(kind, ENTRY_NAME)) {
        entries++;
        bytes += file.bytes;
      }
      kinds.push({ kind, entries, bytes });
      for await (const _ of setAsideOf(kind)) quarantined++;
    }
    return { directory, layer: "private", capBytes: DEFAULT_CAP_BYTES, kinds, quarantined };
  }

  async function list({ kinds = STORED_KINDS, offset = 0, limit = 100 }: Parameters<Store["list"]>[0] = {}) {
    const found: FoundFile[] = [];
    for (const kind of kinds) for await (const file of filesOf(kind, ENTRY_NAME)) found.push(file);
    found.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.name < b.name ? -1 : 1));
    const entries: ListedEntry[] = [];
    for (const file of found.slice(offset, offset + limit)) {
      try {
        const { header, producer, attributes } = await readManifest(files, file.path);
        const name = typeof attributes.name === "string" ? attributes.name : "";
        const { createdMs, costMs } = header;
        entries.push({ kind: file.kind, key: hex(header.key), name, bytes: file.bytes, createdMs, costMs, producer });
      } catch (error) {
        if (!isErrno(error, "ENOENT")) report("read", file.kind, error);
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
    let quarantined = 0;
    const removed = async ({ path, kind }: FoundFile): Promise<boolean> => {
      if (dryRun) return true;
      try {
        await files.unlink(path);
        return true;
      } catch (error) {
        if (!isErrno(error, "ENOENT")) report("clear", kind, error);
        return false;
      }
    };
    for (const kind of kinds) {
      for await (const file of filesOf(kind, ENTRY_NAME)) {
        if (!(await removed(file))) continue;
        entries++;
        bytes += file.bytes;
      }
      for await (const file of setAsideOf(kind)) if (await removed(file)) quarantined++;
      for await (const file of filesOf(kind, TEMPORARY_NAME))
        if (clock() - file.mtimeMs >= TEMPORARY_GRACE_MS) await removed(file);
    }
    return { kinds: [...kinds], entries, bytes, quarantined };
  }

  return { directory, capBytes: DEFAULT_CAP_BYTES, get, reject, put, drain, status, list, clear };
}

interface FoundFile {
  readonly kind: StoredKind;
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Whether the work ends in time; it goes on either way. */
async function within(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
