/**
 * The shared layer: one folder per writer, which belongs to that user, so that the file system proves who wrote an entry, quotas
 * count, and nobody can change what another one wrote. Modes stand in `shared-access.ts`.
 *
 *     <directory>/v1/                  everybody, or the group, may add a folder, and nobody remove another's
 *     <directory>/v1/u<number>[-<n>]/  one writer's entries and ledger
 *     <directory>/v1/leases/           long work under way, see `lease.ts`
 *
 * Looking up costs no call per writer: ledgers are read again at most every half minute, and say who has what. Whose entries
 * count is up to `trust.ts`; what is refused is answered with its reason and counted.
 */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { hex } from "../base/digest.js";
import { within } from "../base/within.js";
import type { Catalogue } from "./catalogue.js";
import { findRow } from "./catalogue.js";
import { type EntryContent, type EntryMeta, type Signer, STORED_KINDS, type StoredKind } from "./entry.js";
import { describe } from "./fault.js";
import type { FileSystem } from "./file-system.js";
import { type Folder, type FolderLookup, openFolder, type StoreFault } from "./folder.js";
import type { Summary } from "./ledger.js";
import { ELSEWHERE } from "./ledger-file.js";
import { makeFolder, type Place } from "./publish.js";
import { namesIn } from "./read.js";
import { openCommon, type SharedAccess, writerPlace } from "./shared-access.js";
import type { Trust } from "./trust.js";

const WRITER_NAME = /^u(\d+)(-\d+)?$/;
/** Ledgers of others are read again at most so often. */
const REREAD_MS = 30_000;
/** A directory that does not answer holds up a look-up no longer than this, and is left alone for a while. */
const PATIENCE_MS = 3000;
/** Names that others may sit on before chance chooses one. */
const PLAIN_NAMES = 4;
const ATTEMPTS = 8;
/** A number that no policy lists. */
const NO_USER = -1;

export interface SharedOptions {
  readonly directory: string;
  readonly files: FileSystem;
  readonly clock: () => number;
  readonly own: number | undefined;
  readonly trust: Trust;
  /** Signs what is published; asked once, and when it throws nothing is published. */
  readonly signer?: (() => Signer | undefined) | undefined;
  /** Told of what should be counted. */
  readonly count?: (counter: string) => void;
  readonly onFault: (fault: StoreFault) => void;
}

export interface WriterStatus {
  readonly folder: string;
  readonly user: number;
  /** As people know the user. */
  readonly name: string;
  readonly own: boolean;
  readonly summary: Summary;
  /** What is used of them when it is not signed. */
  readonly uses: readonly StoredKind[];
  /** Why their graphs and traces are not used unless they are signed; undefined when they are. */
  readonly refusal?: string;
}

export type SharedLookup = FolderLookup & { readonly writer?: number };

export interface SharedLayer {
  readonly directory: string;
  get(kind: StoredKind, key: Uint8Array): Promise<SharedLookup>;
  /** Publishes into this user's folder; whether to is the store's to say. */
  put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void;
  /** Never to be used again by this process, because it made no sense. */
  avoid(kind: StoredKind, key: Uint8Array, writer: number | undefined): void;
  /** Nothing of this writer, nor what the key signed, is used again by this process. */
  distrust(writer: number, reason: string, publicKey?: Uint8Array): void;
  /** The next look-up reads again who has what. */
  refresh(): void;
  writers(): Promise<readonly WriterStatus[]>;
  /** What each writer has, as of at most half a minute ago. */
  catalogues(): Promise<readonly { readonly writer: string; readonly catalogue: Catalogue }[]>;
  /** This user's folder; undefined until something was published. */
  own(): Folder | undefined;
  /** The same, also where an earlier process made it; undefined where there is none, or it cannot be opened. */
  existing(): Promise<Folder | undefined>;
  settle(): Promise<void>;
}

interface Writer {
  readonly name: string;
  readonly user: number;
  readonly folder: Folder;
  catalogue: Catalogue | undefined;
}

export function openShared(options: SharedOptions): SharedLayer {
  const { directory, files, clock, own: me, trust, signer, count, onFault } = options;
  const root = join(directory, "v1");
  const ownName = `u${me ?? 0}`;
  const writers = new Map<string, Writer>();
  const avoided = new Set<string>();
  const distrusted = new Map<number, string>();
  const distrustedKeys = new Set<string>();
  let mine: Folder | undefined;
  let claiming: Promise<Folder> | undefined;
  let working: Promise<unknown> = Promise.resolve();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const idOf = (kind: StoredKind, key: Uint8Array, user: number | undefined): string => `${kind} ${hex(key)} ${user}`;

  /** Reads who is there and what they have. */
  async function reread(): Promise<void> {
    const names = await namesIn(files, root);
    for (const name of writers.keys()) if (!names.includes(name)) writers.delete(name);
    for (const name of names) {
      if (!WRITER_NAME.test(name)) continue;
      const stat = await files.lstat(join(root, name)).catch(() => undefined);
      // whoever owns the folder is the writer, whatever its name says
      if (!stat?.isDirectory()) writers.delete(name);
      else if (writers.get(name)?.user !== stat.uid) writers.set(name, openWriter(name, stat.uid));
    }
    for (const writer of writers.values()) {
      try {
        writer.catalogue = await writer.folder.ledger.catalogue();
      } catch (error) {
        writer.catalogue = undefined;
        onFault({ action: "read", kind: "ledger", ...describe(error) });
      }
    }
  }

  function openWriter(name: string, user: number): Writer {
    // nothing is written here: whoever this user is writes through `mine`
    const place: Place = { files, owner: user, durable: true, folderMode: 0o755, fileMode: 0o644 };
    const folder = openFolder({ root: join(root, name), place, clock, writable: false, onFault });
    return { name, user, folder, catalogue: undefined };
  }

  /** Never throws: a directory that cannot be read is a fault, and has nothing. */
  async function fresh(): Promise<void> {
    if (performance.now() - readAt < REREAD_MS) return;
    reading ??= reread()
      .catch((error) => onFault({ action: "read", kind: "ledger", ...describe(error) }))
      .finally(() => {
        readAt = performance.now();
        reading = undefined;
      });
    if (await within(reading, PATIENCE_MS)) return;
    readAt = performance.now();
    const message = `the shared directory ${directory} does not answer`;
    onFault({ action: "read", kind: "ledger", code: "no-answer", message });
  }

  /** By the policy; of a writer who was found wrong only what another listed key has signed. */
  function judge(
    origin: Parameters<Trust["judge"]>[0],
  ): { readonly code: string; readonly reason: string } | undefined {
    const { user, signature } = origin;
    if (user === me) return undefined;
    if (signature && distrustedKeys.has(Buffer.from(signature.publicKey).toString("hex")))
      return { code: "distrusted", reason: "its key has signed something wrong" };
    const reason = user === undefined ? undefined : distrusted.get(user);
    if (reason === undefined) return trust.judge(origin);
    return trust.judge({ ...origin, user: NO_USER }) && { code: "distrusted", reason };
  }

  async function get(kind: StoredKind, key: Uint8Array): Promise<SharedLookup> {
    await fresh();
    let refused: SharedLookup | undefined;
    let missed = "not in the cache";
    const refuse = (reason: string, code: string): void => {
      refused ??= { outcome: "refused", reason, code };
      count?.(`refused.${code}`);
    };
    const order = [...writers.values()].sort((a, b) => Number(b.user === me) - Number(a.user === me));
    for (const { user, folder, catalogue } of order) {
      if (catalogue === undefined || avoided.has(idOf(kind, key, user))) continue;
      const row = findRow(catalogue.columns, kind, key);
      if (row < 0 || catalogue.columns.events[row] & ELSEWHERE) continue;
      const before = judge({ kind, user });
      if (before && !trust.listsKeys()) {
        refuse(before.reason, before.code);
        continue;
      }
      const found = await folder.get(kind, key);
      if (found.outcome === "miss") {
        missed = found.reason;
        continue;
      }
      if (found.outcome === "refused") {
        avoided.add(idOf(kind, key, user));
        refuse(`${trust.userText(user)} has it, and ${found.reason}`, found.code);
        continue;
      }
      const why = judge({ kind, user, signature: found.entry.signature });
      if (why === undefined) {
        mine?.ledger.note({ event: "used", kind, key });
        return { ...found, writer: user };
      }
      refuse(why.reason, why.code);
    }
    return refused ?? { outcome: "miss", reason: missed };
  }

  /** This user's folder, where there is one. */
  async function existing(): Promise<Folder | undefined> {
    if (mine) return mine;
    for (const name of await namesIn(files, root)) {
      const found =
        name === ownName || name.startsWith(`${ownName}-`) ? await use(name).catch(() => undefined) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** Opens a folder, unless it is no folder or another's. */
  async function use(name: string): Promise<Folder | undefined> {
    const stat = await files.lstat(join(root, name));
    if (!stat.isDirectory() || (me !== undefined && stat.uid !== me)) return undefined;
    const place = writerPlace(files, me, await openCommon(files, directory, me));
    mine = openFolder({
      root: join(root, name),
      place,
      clock,
      writable: true,
      entries: { signer: signer?.() },
      onFault,
    });
    return mine;
  }

  /** This user's folder: one that is there, else the first name that nobody else sits on. */
  async function claim(): Promise<Folder> {
    signer?.();
    const access: SharedAccess = await openCommon(files, directory, me);
    const found = await existing();
    if (found) return found;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const suffix = attempt === 0 ? "" : `-${attempt < PLAIN_NAMES ? attempt : randomInt(2 ** 32)}`;
      await makeFolder(writerPlace(files, me, access), join(root, ownName + suffix));
      const made = await use(ownName + suffix);
      if (made) return made;
    }
    throw new Error("others sit on all names of this user's folder");
  }

  function put(meta: EntryMeta & { kind: StoredKind }, content: EntryContent, done?: (bytes: number) => void): void {
    if (mine) {
      mine.put(meta, content, done);
      return;
    }
    claiming ??= claim();
    const work = claiming.then(
      (folder) => folder.put(meta, content, done),
      (error) => {
        claiming = undefined;
        onFault({ action: "write", kind: meta.kind, ...describe(error) });
      },
    );
    working = Promise.all([working, work]);
  }

  return {
    directory,
    get,
    put,
    avoid: (kind, key, writer) => avoided.add(idOf(kind, key, writer)),
    distrust(writer, reason, publicKey) {
      distrusted.set(writer, reason);
      if (publicKey) distrustedKeys.add(Buffer.from(publicKey).toString("hex"));
    },
    refresh: () => {
      readAt = Number.NEGATIVE_INFINITY;
    },
    async writers() {
      readAt = Number.NEGATIVE_INFINITY;
      await fresh();
      const all: WriterStatus[] = [];
      for (const { name, user, folder } of writers.values()) {
        const refusal = judge({ kind: "trace", user })?.reason;
        const uses = STORED_KINDS.filter((kind) => judge({ kind, user }) === undefined);
        const summary = await folder.ledger.summary().catch(() => undefined);
        if (summary === undefined) continue;
        const who = { folder: name, user, name: trust.userText(user), own: user === me };
        all.push({ ...who, summary, uses, ...(refusal !== undefined && { refusal }) });
      }
      return all;
    },
    async catalogues() {
      await fresh();
      return [...writers.values()].flatMap(({ user, catalogue }) =>
        catalogue ? [{ writer: trust.userText(user), catalogue }] : [],
      );
    },
    own: () => mine,
    existing: () => existing().catch(() => undefined),
    async settle() {
      await working;
      await mine?.settle();
      await mine?.ledger.flush();
    },
  };
}
