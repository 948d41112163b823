/** Moving entries between layers, machines and people: libraries out and in, publishing, synchronising, verifying. */
import { join } from "node:path";
import { InputError } from "../base/errors.js";
import { rowKey } from "./catalogue.js";
import { type Signer, STORED_KINDS, type StoredKind } from "./entry.js";
import { type Exported, type ExportedEntry, exportArchive, exportFolder } from "./export.js";
import { describe, isErrno } from "./fault.js";
import type { FileSystem } from "./file-system.js";
import { type Folder, openFolder, type StoreFault, withoutLabel } from "./folder.js";
import { type Imported, importLibrary, isThere, type LibraryTrust } from "./import.js";
import { ELSEWHERE } from "./ledger-file.js";
import type { LibraryLayer, LibraryStatus } from "./libraries.js";
import { LIBRARY_MANIFEST } from "./library.js";
import { PRIVATE_MODES } from "./publish.js";
import { ownUser } from "./read.js";
import type { CacheSettings } from "./settings.js";
import type { SharedLayer } from "./shared.js";
import type { Trust } from "./trust.js";
import { verifyOpenFile } from "./verify-file.js";

export interface TransferQuery {
  readonly kinds?: readonly StoredKind[];
  /** Only of models whose names contain this. */
  readonly name?: string;
  /** Only these keys, in hexadecimal. */
  readonly keys?: readonly string[];
}

export interface ExportQuery extends TransferQuery {
  readonly library: string;
  readonly version?: string;
  readonly description?: string;
  /** Write a folder that a web server can serve, instead of an archive. */
  readonly asFolder?: boolean;
  readonly signer?: Signer;
  /** Leave out when and how fast entries were made, so that another machine makes the same bytes. */
  readonly timeless?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ImportQuery {
  readonly unsigned?: boolean;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Published {
  readonly entries: number;
  readonly bytes: number;
  readonly dryRun: boolean;
}

export interface Verified {
  readonly checked: number;
  readonly bytes: number;
  /** Damaged entries, which were set aside. */
  readonly damaged: readonly { readonly kind: StoredKind; readonly key: string; readonly reason: string }[];
}

export interface Transfer {
  /** Writes a library of this user's entries. Default: graphs and traces. Throws `InputError`. */
  exportLibrary(target: string, query: ExportQuery): Promise<Exported>;
  /** Takes a library in, whole or not at all; it is looked through from then on. Throws `InputError`. */
  importLibrary(from: string, query?: ImportQuery): Promise<Imported>;
  /** The libraries that are looked through. */
  libraries(): Promise<readonly LibraryStatus[]>;
  /** Removes an imported library; entries that were copied out of it stay. Throws `InputError` with code `unknown-library`. */
  removeLibrary(name: string): Promise<LibraryStatus>;
  /** Copies entries of the private layer to this user's part of the shared one. Throws `InputError` when there is none. */
  publish(query?: TransferQuery & { readonly dryRun?: boolean }): Promise<Published>;
  /**
   * Fetches what is missing here from another folder: a cache, a library, or an https: address of one. Only entries that this user
   * or somebody trusted wrote are taken. Throws `InputError`.
   */
  sync(from: string, query?: ImportQuery): Promise<Published>;
  /** Reads and checks every byte of this user's entries, or of those with these keys; sets aside what is damaged. */
  verify(query?: {
    readonly kinds?: readonly StoredKind[];
    readonly keys?: readonly string[];
    readonly signal?: AbortSignal;
    readonly onProgress?: (checked: number) => void;
  }): Promise<Verified>;
}

export interface TransferOptions {
  readonly own: readonly { readonly folder: Folder }[];
  readonly home: Folder;
  readonly shared: SharedLayer | undefined;
  readonly libraries: LibraryLayer;
  /** Where imported libraries go. */
  readonly imported: string;
  readonly files: FileSystem;
  readonly settings: () => CacheSettings;
  readonly trust: Trust & LibraryTrust;
  readonly clock: () => number;
  readonly onFault: (fault: StoreFault) => void;
  /** Writes that failed so far. */
  readonly writeFaults: { readonly count: number; readonly last: StoreFault | undefined };
}

/** The detail of a copy that says who made it: nobody publishes, or signs, what another one made. */
export const ORIGIN = "origin";
export const originText = (writer: number | undefined): string =>
  writer === undefined ? "from a library" : `from user ${writer}`;

/** Entries that are written at once. */
const AT_ONCE = 16;
const SHARED_KINDS: readonly StoredKind[] = ["graph", "trace"];

export function openTransfer(options: TransferOptions): Transfer {
  const { own, home, shared, libraries, imported, files, settings, trust, clock, onFault, writeFaults } = options;

  /** Entries of a folder that a query names. */
  async function chosen(
    folder: Folder,
    { kinds = SHARED_KINDS, name, keys }: TransferQuery,
  ): Promise<(ExportedEntry & { bytes: number })[]> {
    const { columns, attributes } = await folder.catalogue();
    const found: (ExportedEntry & { bytes: number })[] = [];
    const asked = keys && new Set(keys);
    for (let row = 0; row < columns.count; row++) {
      const kind = STORED_KINDS[columns.kinds[row]];
      if (columns.events[row] & ELSEWHERE || !kinds.includes(kind)) continue;
      if (name !== undefined && !attributes.names[columns.names[row]].includes(name)) continue;
      const key = rowKey(columns, row);
      if (asked === undefined || asked.has(key)) found.push({ kind, key, bytes: columns.bytes[row] });
    }
    return found;
  }

  async function exportOwn(target: string, query: ExportQuery): Promise<Exported> {
    const { library: name, version = "1", description = "", asFolder = false, signer, timeless, onProgress } = query;
    const entries = await chosen(home, query);
    if (entries.length === 0)
      throw new InputError("nothing-to-export", `Cannot export to ${target}: no entry of the private layer matches.`);
    const more = { ...(timeless && { timeless }), ...(signer && { signer }), ...(onProgress && { onProgress }) };
    const all = { folders: own.map(({ folder }) => folder), entries, name, version, description, ...more };
    return asFolder ? exportFolder(target, all) : exportArchive(target, all);
  }

  async function importOne(from: string, query: ImportQuery = {}): Promise<Imported> {
    const done = await importLibrary(from, { into: imported, trust, ...query });
    libraries.refresh();
    return done;
  }

  async function publish({
    dryRun = false,
    ...query
  }: TransferQuery & { readonly dryRun?: boolean } = {}): Promise<Published> {
    if (!shared)
      throw new InputError(
        "no-shared-layer",
        "Cannot publish: no shared layer is set up; say sharedDirectory or SOJOURN_SHARED_DIR.",
      );
    const entries = await chosen(home, query);
    let [count, bytes, begun] = [0, 0, 0];
    const before = writeFaults.count;
    for (const { kind, key, bytes: size } of entries) {
      if (dryRun) {
        const about = await home.describe(kind, Buffer.from(key, "hex"));
        if (about === undefined || about.details[ORIGIN] !== undefined) continue;
        count++;
        bytes += size;
        continue;
      }
      const found = await home.get(kind, Buffer.from(key, "hex"));
      if (found.outcome !== "hit" || found.entry.details?.[ORIGIN] !== undefined) continue;
      const { signature: _, details, attributes, arrays, ...meta } = found.entry;
      const named = settings().shareNames;
      shared.put(
        { ...meta, kind, ...(named && details && { details }) },
        { attributes: named ? attributes : withoutLabel(attributes), arrays },
        (written) => {
          count++;
          bytes += written;
        },
      );
      // not all of them in memory at once
      if (++begun % AT_ONCE === 0) await shared.settle();
    }
    await shared.settle();
    refuseFaults("publish", shared.directory, before);
    return { entries: count, bytes, dryRun };
  }

  /** What went wrong behind is said here: nobody else would. */
  function refuseFaults(action: string, directory: string, before: number): void {
    const failed = writeFaults.count - before;
    if (failed === 0) return;
    throw new InputError(
      "unwritable",
      `Cannot ${action} to ${directory}: ${failed} ${failed === 1 ? "entry was" : "entries were"} not written (${writeFaults.last?.message}).`,
    );
  }

  async function sync(from: string, query: ImportQuery = {}): Promise<Published> {
    const { dryRun = false, signal, onProgress } = query;
    if (/^https?:\/\//i.test(from) || (await isThere(join(from, LIBRARY_MANIFEST)))) {
      const { entries, bytes } = await importLibrary(from, {
        into: imported,
        trust,
        ...query,
        has: async ({ kind, key }) => (await libraries.get(kind, Buffer.from(key, "hex"))).outcome === "hit",
      });
      libraries.refresh();
      return { entries, bytes, dryRun };
    }
    let user: number;
    try {
      user = (await files.lstat(join(from, "v1"))).uid;
    } catch (error) {
      const why = isErrno(error, "ENOENT") ? "it is neither a cache nor a library" : describe(error).message;
      throw new InputError("unreadable", `Cannot synchronise from ${from}: ${why}.`, { cause: error });
    }
    const place = { files, owner: user, durable: false, ...PRIVATE_MODES };
    const other = openFolder({ root: join(from, "v1"), place, clock, writable: false, onFault });
    await other.reconcile();
    const theirs = await chosen(other, { kinds: STORED_KINDS });
    const here = new Set((await chosen(home, { kinds: STORED_KINDS })).map(({ kind, key }) => `${kind} ${key}`));
    const missing = theirs.filter(({ kind, key }) => !here.has(`${kind} ${key}`));
    let [count, bytes, done, refused] = [0, 0, 0, 0];
    let reason = "";
    const faultsBefore = writeFaults.count;
    for (const { kind, key, bytes: size } of missing) {
      if (signal?.aborted) break;
      const found = await other.get(kind, Buffer.from(key, "hex"));
      onProgress?.(++done, missing.length);
      if (found.outcome !== "hit") continue;
      const { signature, attributes, arrays, ...meta } = found.entry;
      const why = trust.refusal({ kind, user, signature });
      if (why !== undefined) {
        onFault({ action: "read", kind, code: "not-trusted", message: why });
        refused++;
        reason = why;
        continue;
      }
      count++;
      bytes += size;
      if (dryRun) continue;
      const mine = user === ownUser();
      home.put(
        { ...meta, kind, ...(!mine && { details: { ...meta.details, [ORIGIN]: originText(user) } }) },
        { attributes, arrays },
      );
      if (count % AT_ONCE === 0) await home.settle();
    }
    await home.settle();
    await home.ledger.flush();
    if (count === 0 && refused > 0)
      throw new InputError(
        "not-trusted",
        `Cannot synchronise from ${from}: ${refused} ${refused === 1 ? "entry is" : "entries are"} not used (${reason}).`,
      );
    refuseFaults("write what was fetched", settings().directory, faultsBefore);
    return { entries: count, bytes, dryRun };
  }

  /** The files of these keys, or all. */
  async function* filesOf(
    folder: Folder,
    kind: StoredKind,
    keys: readonly string[] | undefined,
  ): AsyncGenerator<{ readonly path: string; readonly key: string; readonly bytes: number }> {
    if (keys === undefined) {
      for await (const { path, name, bytes } of folder.files(kind)) yield { path, key: name.slice(0, 64), bytes };
      return;
    }
    for (const key of keys) {
      const path = folder.pathOf(kind, Buffer.from(key, "hex"));
      const stat = await files.lstat(path).catch(() => undefined);
      if (stat?.isFile()) yield { path, key, bytes: stat.size };
    }
  }

  async function verify({
    kinds = STORED_KINDS,
    keys,
    signal,
    onProgress,
  }: Parameters<Transfer["verify"]>[0] = {}): Promise<Verified> {
    const damaged: { kind: StoredKind; key: string; reason: string }[] = [];
    let [checked, bytes] = [0, 0];
    for (const { folder } of own)
      for (const kind of kinds)
        for await (const { path, key, bytes: size } of filesOf(folder, kind, keys)) {
          if (signal?.aborted) return { checked, bytes, damaged };
          const reason = await faultOf(path, size, kind, key);
          if (reason === "gone") continue;
          checked++;
          bytes += size;
          onProgress?.(checked);
          if (reason === undefined) continue;
          damaged.push({ kind, key, reason });
          await folder.reject(kind, Buffer.from(key, "hex"));
        }
    for (const { folder } of own) await folder.ledger.flush();
    return { checked, bytes, damaged };
  }

  /** What is wrong with a file; undefined when nothing is. */
  async function faultOf(path: string, size: number, kind: StoredKind, key: string): Promise<string | undefined> {
    try {
      const handle = await files.open(path, "r");
      try {
        const header = await verifyOpenFile(handle, size);
        return header.kind === kind && header.key.toString("hex") === key ? undefined : "the entry answers another key";
      } finally {
        await handle.close();
      }
    } catch (error) {
      return isErrno(error, "ENOENT") ? "gone" : describe(error).message;
    }
  }

  return {
    exportLibrary: exportOwn,
    importLibrary: importOne,
    libraries: () => libraries.status(),
    removeLibrary: (name) => libraries.remove(name),
    publish,
    sync,
    verify,
  };
}
