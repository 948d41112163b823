/**
 * The shared layer: one folder per writer, which belongs to that user, so that the file system proves who wrote an entry, quotas
 * count, and nobody can change what another one wrote.
 *
 *     <directory>/v1/                  mode 1777: everybody may add a folder, nobody may remove another's
 *     <directory>/v1/u<number>[-<n>]/  one writer's entries and ledger, mode 755
 *
 * Looking up costs no call per writer: ledgers are read again at most every half minute, and say who has what.
 */
import { join } from "node:path";
import type { Catalogue } from "./catalogue.js";
import { findRow } from "./catalogue.js";
import type { EntryContent, EntryMeta, Signer, StoredKind } from "./entry.js";
import { isErrno } from "./fault.js";
import type { FileSystem } from "./file-system.js";
import { type Folder, type FolderLookup, openFolder, type StoreFault } from "./folder.js";
import type { Summary } from "./ledger.js";
import { ELSEWHERE } from "./ledger-file.js";
import { makeFolder, type Place } from "./publish.js";
import { namesIn } from "./read.js";
import type { Trust } from "./trust.js";

const WRITER_NAME = /^u(\d+)(-\d+)?$/;
/** Ledgers of others are read again at most so often. */
const REREAD_MS = 30_000;
const WRITER_NAMES_MAX = 8;
export const SHARED_MODES = { folderMode: 0o755, fileMode: 0o644 } as const;
/** Everybody may add, and only owners may remove. */
const ROOT_MODE = 0o1777;

export interface SharedOptions {
  readonly directory: string;
  readonly files: FileSystem;
  readonly clock: () => number;
  readonly own: number | undefined;
  readonly trust: Trust;
  readonly publish: boolean;
  readonly signer?: Signer | undefined;
  readonly onFault: (fault: StoreFault) => void;
}

export interface WriterStatus {
  readonly folder: string;
  readonly user: number;
  readonly own: boolean;
  readonly summary: Summary;
  /** Why their graphs and traces are not used unless they are signed; undefined when they are. */
  readonly refusal?: string;
}

export type SharedLookup = FolderLookup & { readonly writer?: number };

export interface SharedLayer {
  readonly directory: string;
  get(kind: StoredKind, key: Uint8Array): Promise<SharedLookup>;
  /** Publishes into this user's folder, when publishing is on. */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Never to be used again by this process, because it made no sense. */
  avoid(kind: StoredKind, key: Uint8Array, writer: number | undefined): void;
  writers(): Promise<readonly WriterStatus[]>;
  /** This user's folder; undefined until something was published. */
  own(): Folder | undefined;
  settle(): Promise<void>;
}

interface Writer {
  readonly name: string;
  readonly user: number;
  readonly folder: Folder;
  catalogue: Catalogue | undefined;
}

export function openShared(options: SharedOptions): SharedLayer {
  const { directory, files, clock, own: me, trust, publish, signer, onFault } = options;
  const root = join(directory, "v1");
  const writers = new Map<string, Writer>();
  const avoided = new Set<string>();
  let mine: Folder | undefined;
  let claiming: Promise<Folder | undefined> | undefined;
  let working: Promise<unknown> = Promise.resolve();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const placeOf = (owner: number | undefined): Place => ({ files, owner, durable: true, ...SHARED_MODES });
  const idOf = (kind: StoredKind, key: Uint8Array, user: number | undefined): string =>
    `${kind} ${Buffer.from(key).toString("hex")} ${user}`;

  /** Reads who is there and what they have. */
  async function reread(): Promise<void> {
    for (const name of await namesIn(files, root)) {
      if (!WRITER_NAME.test(name) || writers.has(name)) continue;
      const stat = await files.lstat(join(root, name)).catch(() => undefined);
      // whoever owns the folder is the writer, whatever its name says
      if (!stat?.isDirectory()) continue;
      const folder = openFolder({ root: join(root, name), place: placeOf(stat.uid), clock, writable: false, onFault });
      writers.set(name, { name, user: stat.uid, folder, catalogue: undefined });
    }
    for (const writer of writers.values()) {
      try {
        writer.catalogue = await writer.folder.ledger.catalogue();
      } catch (error) {
        writer.catalogue = undefined;
        onFault({ action: "read", kind: "ledger", code: "unreadable", message: (error as Error).message });
      }
    }
    readAt = performance.now();
  }

  async function fresh(): Promise<void> {
    if (performance.now() - readAt < REREAD_MS) return;
    reading ??= reread().finally(() => {
      reading = undefined;
    });
    await reading;
  }

  async function get(kind: StoredKind, key: Uint8Array): Promise<SharedLookup> {
    await fresh().catch(() => {});
    let refused: SharedLookup | undefined;
    const refuse = (reason: string, code: string): void => {
      refused ??= { outcome: "refused", reason, code };
      mine?.ledger.count(`refused.${code}`);
    };
    const order = [...writers.values()].sort((a, b) => Number(b.user === me) - Number(a.user === me));
    for (const { user, folder, catalogue } of order) {
      if (catalogue === undefined || avoided.has(idOf(kind, key, user))) continue;
      const row = findRow(catalogue.columns, kind, key);
      if (row < 0 || catalogue.columns.events[row] & ELSEWHERE) continue;
      const found = await folder.get(kind, key);
      if (found.outcome === "miss") continue;
      if (found.outcome === "refused") {
        avoided.add(idOf(kind, key, user));
        refuse(found.reason, found.code);
        continue;
      }
      const why = trust.refusal({ kind, user, signature: found.entry.signature });
      if (why === undefined) {
        mine?.ledger.note({ event: "used", kind, key });
        return { ...found, writer: user };
      }
      refuse(why, "not-trusted");
    }
    return refused ?? { outcome: "miss", reason: "not in the cache" };
  }

  /** This user's folder: the first name that nobody else sits on. */
  async function claim(): Promise<Folder | undefined> {
    await makeFolder({ ...placeOf(me), folderMode: ROOT_MODE }, root);
    for (let attempt = 0; attempt < WRITER_NAMES_MAX; attempt++) {
      const name = `u${me ?? 0}${attempt === 0 ? "" : `-${attempt}`}`;
      await makeFolder(placeOf(me), join(root, name));
      const stat = await files.lstat(join(root, name));
      if (!stat.isDirectory() || (me !== undefined && stat.uid !== me)) continue;
      mine = openFolder({ root: join(root, name), place: placeOf(me), clock, writable: true, signer, onFault });
      return mine;
    }
    throw new Error("others sit on all names of this user's folder");
  }

  function put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void {
    if (!publish) return;
    if (mine) {
      mine.put(meta, content, done);
      return;
    }
    claiming ??= claim();
    const work = claiming.then(
      (folder) => folder?.put(meta, content, done),
      (error) => {
        claiming = undefined;
        const code = isErrno(error, "EPERM") ? "EPERM" : ((error as NodeJS.ErrnoException).code ?? "unwritable");
        onFault({ action: "write", kind: meta.kind, code, message: (error as Error).message });
      },
    );
    working = Promise.all([working, work]);
  }

  return {
    directory,
    get,
    put,
    avoid: (kind, key, writer) => avoided.add(idOf(kind, key, writer)),
    async writers() {
      readAt = Number.NEGATIVE_INFINITY;
      await fresh();
      const all: WriterStatus[] = [];
      for (const { name, user, folder } of writers.values()) {
        const refusal = trust.refusal({ kind: "trace", user });
        const summary = await folder.ledger.summary();
        all.push({ folder: name, user, own: user === me, summary, ...(refusal !== undefined && { refusal }) });
      }
      return all;
    },
    own: () => mine,
    async settle() {
      await working;
      await mine?.settle();
      await mine?.ledger.flush();
    },
  };
}
