/**
 * One folder of entries and its ledger: a user's private layer, one writer's part of a shared one, or a library. It needs no lock:
 * an entry appears whole under its final name or not at all, and every read verifies every byte, so whatever else happens
 * to a file is a miss with a reason. A fault never reaches the caller as an exception.
 *
 *     <root>/<kind>/<first two hex digits>/<key in hex>.sjn     entries
 *     <root>/<kind>/<first two hex digits>/.tmp-<random>        being written; swept after an hour
 *     <root>/quarantine/<kind>-<key>-<time>.sjn                 entries that failed a check
 *     <root>/ledger/                                            what the folder knows of itself
 */
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { within } from "../base/within.js";
import type { Catalogue } from "./catalogue.js";
import {
  decodeEntry,
  type Entry,
  type EntryContent,
  EntryFault,
  type EntryKind,
  type EntryMeta,
  type EntryOptions,
  encodeEntry,
  STORED_KINDS,
  type StoredKind,
} from "./entry.js";
import { describe, isErrno } from "./fault.js";
import { type Ledger, type ListedFile, openLedger } from "./ledger.js";
import { conflict, makeFolder, type Place, publish, sameContent } from "./publish.js";
import { type Manifest, namesIn, readManifest, readWhole, readWholeNow, ShortRead } from "./read.js";

export const TEMPORARY_GRACE_MS = 3_600_000;
/** How long a look-up waits for its own write before it counts as a miss. */
const OWN_WRITE_WAIT_MS = 1000;
const PREFIX_NAME = /^[0-9a-f]{2}$/;
const ENTRY_NAME = /^[0-9a-f]{64}\.sjn$/;
const TEMPORARY_NAME = /^\.tmp-/;

export interface StoreFault {
  readonly action: "read" | "write" | "clear";
  readonly kind: EntryKind;
  /** Stable code: one of the entry's faults, or the name or number of the system's error. */
  readonly code: string;
  readonly message: string;
}

export type FolderLookup =
  | { readonly outcome: "hit"; readonly entry: Entry; readonly loadMs: number; readonly bytes: number }
  | { readonly outcome: "miss"; readonly reason: string }
  | { readonly outcome: "refused"; readonly reason: string; readonly code: string };

export interface FoundFile {
  readonly kind: StoredKind;
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

export interface FolderOptions {
  readonly root: string;
  readonly place: Place;
  readonly clock: () => number;
  readonly writable: boolean;
  /** How what is put is signed and checked. */
  readonly entries?: EntryOptions;
  /** Whether uses are noted; default: they are. */
  readonly countsUses?: () => boolean;
  readonly onFault: (fault: StoreFault) => void;
}

export interface Folder {
  readonly root: string;
  readonly writable: boolean;
  readonly ledger: Ledger;
  get(kind: StoredKind, key: Uint8Array): Promise<FolderLookup>;
  /** The same at once, for what cannot wait; a miss where the file system cannot. */
  getNow(kind: StoredKind, key: Uint8Array): FolderLookup;
  /** What an entry says of itself, without its arrays; undefined when it is not there or not sound. */
  describe(kind: StoredKind, key: Uint8Array): Promise<Manifest | undefined>;
  /**
   * The file of an entry without its label and details, for others, and without when and how fast it was made when it is to be
   * `timeless`; undefined when there is none that is sound.
   */
  publicFile(kind: StoredKind, key: Uint8Array, timeless?: boolean): Promise<Buffer | undefined>;
  /** Sets an entry aside that is intact and makes no sense, or that nobody should trust. */
  reject(kind: StoredKind, key: Uint8Array): Promise<void>;
  /**
   * Writes behind: returns at once; `drain` waits. Calls `done` with the bytes once published, and not when the same
   * content is there already or on its way. Other content under the key stays; that is a fault, code `conflict`.
   */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Removes an entry of so many bytes; answers whether it was there. The caller notes why. */
  remove(kind: StoredKind, key: Uint8Array, bytes?: number): Promise<boolean>;
  /** Waits for pending writes. */
  settle(): Promise<void>;
  /** Entries as they lie on the disk. */
  files(kind: StoredKind): AsyncGenerator<FoundFile>;
  quarantined(kind: StoredKind): AsyncGenerator<FoundFile>;
  temporaries(kind: StoredKind): AsyncGenerator<FoundFile>;
  /** Removes what interrupted writers left an hour ago or more; answers how many there were. */
  sweep(options?: { readonly dryRun?: boolean }): Promise<number>;
  /** The catalogue; one that was never made from what lies on the disk is made so first. */
  catalogue(): Promise<Catalogue>;
  /** Makes the ledger say what is there. */
  reconcile(): Promise<{ readonly found: number; readonly missing: number }>;
  pathOf(kind: StoredKind, key: Uint8Array): string;
}

/** Names are for people, and nobody else's business. */
export const withoutLabel = (attributes: EntryContent["attributes"]): EntryContent["attributes"] =>
  "name" in attributes ? { ...attributes, name: "" } : attributes;

/** Opens a folder; touches nothing until the first use. */
export function openFolder({
  root,
  place: given,
  clock,
  writable,
  entries,
  countsUses = () => true,
  onFault,
}: FolderOptions): Folder {
  const { files, owner } = given;
  const place: Place = given.durable ? { ...given, survives: { root, folders: new Set() } } : given;
  /** Writes on their way, by path: a look-up of the same key waits for its own write. */
  const pending = new Map<string, { readonly content: EntryContent; readonly work: Promise<void> }>();
  const ledger = openLedger({
    place,
    folder: join(root, "ledger"),
    clock,
    writable,
    onFault: (action, error) => onFault({ action, kind: "ledger", ...describe(error) }),
  });

  const pathOf = (kind: StoredKind, key: Uint8Array): string => {
    const name = hex(key);
    return join(root, kind, name.slice(0, 2), `${name}.sjn`);
  };
  const report = (action: StoreFault["action"], kind: EntryKind, error: unknown): void =>
    onFault({ action, kind, ...describe(error) });

  /** Bytes as an entry; throws what is wrong with them. */
  function sound(bytes: Buffer, kind: StoredKind, key: Uint8Array, start: number): FolderLookup {
    const entry = decodeEntry(bytes, { kind, key });
    const found = { outcome: "hit", entry, loadMs: performance.now() - start, bytes: bytes.length } as const;
    const name = typeof entry.attributes.name === "string" ? entry.attributes.name : "";
    if (writable && countsUses())
      ledger.note({ event: "used", kind, key, name, bytes: bytes.length, costMs: entry.costMs });
    return found;
  }

  function getNow(kind: StoredKind, key: Uint8Array): FolderLookup {
    const start = performance.now();
    try {
      const bytes = readWholeNow(files, pathOf(kind, key), owner);
      return bytes ? sound(bytes, kind, key, start) : { outcome: "miss", reason: "not in the cache" };
    } catch (error) {
      if (isErrno(error, "ENOENT")) return { outcome: "miss", reason: "not in the cache" };
      report("read", kind, error);
      const { code, message } = describe(error);
      if (!(error instanceof EntryFault)) return { outcome: "miss", reason: `the entry cannot be read: ${message}` };
      void reject(kind, key);
      return { outcome: "refused", reason: message, code };
    }
  }

  async function get(kind: StoredKind, key: Uint8Array): Promise<FolderLookup> {
    const path = pathOf(kind, key);
    const own = pending.get(path);
    if (own && !(await within(own.work, OWN_WRITE_WAIT_MS)))
      return { outcome: "miss", reason: "its own write is not done yet" };
    const start = performance.now();
    const refuse = async (error: unknown): Promise<FolderLookup> => {
      report("read", kind, error);
      const { code, message } = describe(error);
      await reject(kind, key);
      return { outcome: "refused", reason: message, code };
    };
    let bytes: Buffer;
    try {
      bytes = await readWhole(files, path, owner);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return { outcome: "miss", reason: "not in the cache" };
      if (error instanceof EntryFault) return refuse(error);
      report("read", kind, error);
      const vanished = isErrno(error, "ESTALE") || error instanceof ShortRead;
      const why = vanished ? "the entry vanished while it was read" : "the entry cannot be read";
      return { outcome: "miss", reason: `${why}: ${describe(error).message}` };
    }
    try {
      return sound(bytes, kind, key, start);
    } catch (error) {
      return refuse(error);
    }
  }

  async function publicFile(kind: StoredKind, key: Uint8Array, timeless = false): Promise<Buffer | undefined> {
    try {
      const bytes = await readWhole(files, pathOf(kind, key), owner);
      const { details: _, signature: __, attributes, arrays, ...meta } = decodeEntry(bytes, { kind, key });
      const times = timeless ? { createdMs: 0, costMs: 0 } : {};
      return encodeEntry({ ...meta, ...times }, { attributes: withoutLabel(attributes), arrays });
    } catch (error) {
      if (!isErrno(error, "ENOENT")) report("read", kind, error);
      return undefined;
    }
  }

  async function reject(kind: StoredKind, key: Uint8Array): Promise<void> {
    if (!writable) return;
    try {
      await makeFolder(place, join(root, "quarantine"));
      await files.rename(pathOf(kind, key), join(root, "quarantine", `${kind}-${hex(key)}-${clock()}.sjn`));
      ledger.note({ event: "removed", kind, key });
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
    const work = publish({ place, path, meta, content, options: entries, setAside: () => reject(kind, key) })
      .then(
        ({ bytes, fresh }) => {
          const name = typeof content.attributes.name === "string" ? content.attributes.name : "";
          // what is there already may never have been noted, because whoever wrote it was killed before
          ledger.note({ event: fresh ? "stored" : "used", kind, key, name, bytes, costMs: meta.costMs });
          if (fresh) done?.(bytes);
        },
        (error) => report("write", kind, error),
      )
      .finally(() => pending.delete(path));
    pending.set(path, { content, work });
  }

  async function settle(): Promise<void> {
    while (pending.size > 0) await Promise.all(Array.from(pending.values(), ({ work }) => work));
  }

  async function remove(kind: StoredKind, key: Uint8Array, bytes = 0): Promise<boolean> {
    try {
      await files.unlink(pathOf(kind, key));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      report("clear", kind, error);
      return false;
    }
    ledger.note({ event: "removed", kind, key, bytes });
    return true;
  }

  /** Names in a folder; of one that cannot be read none, and a fault. */
  async function namesOrNone(folder: string, kind: StoredKind): Promise<string[]> {
    try {
      return await namesIn(files, folder);
    } catch (error) {
      report("read", kind, error);
      return [];
    }
  }

  /** The ordinary files in a folder whose names match; whatever else lies there is not ours. */
  async function* filesIn(
    folder: string,
    kind: StoredKind,
    pattern: RegExp,
    names = namesOrNone,
  ): AsyncGenerator<FoundFile> {
    for (const name of await names(folder, kind)) {
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

  async function* filesOf(kind: StoredKind, pattern: RegExp, names = namesOrNone): AsyncGenerator<FoundFile> {
    for (const prefix of await names(join(root, kind), kind))
      if (PREFIX_NAME.test(prefix)) yield* filesIn(join(root, kind, prefix), kind, pattern, names);
  }

  async function sweep({ dryRun = false } = {}): Promise<number> {
    let swept = await ledger.sweep(dryRun);
    for (const kind of STORED_KINDS)
      for await (const { path, mtimeMs } of filesOf(kind, TEMPORARY_NAME)) {
        if (clock() - mtimeMs < TEMPORARY_GRACE_MS) continue;
        try {
          if (!dryRun) await files.unlink(path);
          swept++;
        } catch (error) {
          if (!isErrno(error, "ENOENT")) report("clear", kind, error);
        }
      }
    return swept;
  }

  const manifestAt = (path: string): Promise<Manifest> => readManifest(files, path, owner);

  /** Every entry that lies here; throws the system's error when that cannot be said. */
  async function* listed(known: (kind: StoredKind, key: Uint8Array) => boolean): AsyncGenerator<ListedFile> {
    const names = (folder: string): Promise<string[]> => namesIn(files, folder);
    for (const kind of STORED_KINDS)
      for await (const { path, name, bytes } of filesOf(kind, ENTRY_NAME, names)) {
        const key = Buffer.from(name.slice(0, 64), "hex");
        if (known(kind, key)) continue;
        try {
          const { header, attributes } = await manifestAt(path);
          const label = typeof attributes.name === "string" ? attributes.name : "";
          yield { kind, key, name: label, bytes, costMs: header.costMs, createdMs: header.createdMs };
        } catch (error) {
          if (!isErrno(error, "ENOENT")) report("read", kind, error);
        }
      }
  }

  return {
    root,
    writable,
    ledger,
    get,
    getNow,
    reject,
    put,
    remove,
    settle,
    pathOf,
    publicFile,
    describe: (kind, key) => manifestAt(pathOf(kind, key)).catch(() => undefined),
    files: (kind) => filesOf(kind, ENTRY_NAME),
    temporaries: (kind) => filesOf(kind, TEMPORARY_NAME),
    sweep,
    quarantined: (kind) => filesIn(join(root, "quarantine"), kind, new RegExp(`^${kind}-`)),
    reconcile: () => ledger.reconcile(listed),
    async catalogue() {
      if (!(await ledger.listed())) await ledger.reconcile(listed);
      return ledger.catalogue();
    },
  };
}
