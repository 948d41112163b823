/** The library layer: folders of imported libraries, read only, whose entries are found by a list and not by trying to open them. */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.js";
import { type Catalogue, findRow } from "./catalogue.js";
import type { StoredKind } from "./entry.js";
import { describe } from "./fault.js";
import { type FileSystem, fsPromises } from "./file-system.js";
import { type Folder, type FolderLookup, openFolder, type StoreFault } from "./folder.js";
import type { Summary } from "./ledger.js";
import { LIBRARY_MANIFEST, readLibraryManifest } from "./library.js";
import { PRIVATE_MODES } from "./publish.js";
import { namesIn } from "./read.js";
import type { Trust } from "./trust.js";

export interface LibraryStatus {
  readonly folder: string;
  /** Of its list; the folder's own name when it has none. */
  readonly name: string;
  readonly version: string;
  readonly summary: Summary;
}

export interface LibraryLayer {
  get(kind: StoredKind, key: Uint8Array): Promise<FolderLookup>;
  /** The same at once, in the libraries that have been looked at; the first look-up of a graph or trace looks at them. */
  getNow(kind: StoredKind, key: Uint8Array): FolderLookup;
  status(): Promise<readonly LibraryStatus[]>;
  catalogues(): Promise<readonly { readonly path: string; readonly catalogue: Catalogue }[]>;
  /** Looks again which libraries there are. */
  refresh(): void;
  /** Removes an imported library; entries that were copied out of it stay. Throws `InputError` where there is none of this name. */
  remove(name: string): Promise<LibraryStatus>;
}

export interface LibraryOptions {
  readonly files: FileSystem;
  /** Where imported libraries are, each in a folder of its own. */
  readonly imported: string;
  /** Further folders. */
  readonly folders: readonly string[];
  readonly own: number | undefined;
  readonly trust: Trust;
  readonly clock: () => number;
  readonly onFault: (fault: StoreFault) => void;
}

interface Opened {
  readonly path: string;
  readonly user: number;
  readonly folder: Folder;
  catalogue: Catalogue;
}

export function openLibraries(options: LibraryOptions): LibraryLayer {
  const { files, imported, folders, own, trust, clock, onFault } = options;
  let opening: Promise<readonly Opened[]> | undefined;
  let open: readonly Opened[] = [];

  async function namesOrNone(): Promise<string[]> {
    try {
      return await namesIn(files, imported);
    } catch (error) {
      opening = undefined; // the next look-up tries again
      onFault({ action: "read", kind: "ledger", ...describe(error) });
      return [];
    }
  }

  async function openAll(): Promise<readonly Opened[]> {
    const names = (await namesOrNone()).filter((name) => !name.startsWith("."));
    const taken: string[] = [];
    for (const name of names)
      if (await files.lstat(join(imported, name, LIBRARY_MANIFEST)).catch(() => undefined))
        taken.push(join(imported, name));
    const opened: Opened[] = [];
    for (const path of [...taken, ...folders]) {
      const stat = await files.lstat(path).catch(() => undefined);
      if (!stat?.isDirectory()) continue;
      const place = { files, owner: stat.uid, durable: false, ...PRIVATE_MODES };
      const mine = own === undefined || stat.uid === own;
      const folder = openFolder({ root: join(path, "v1"), place, clock, writable: mine, onFault });
      if (!(await folder.ledger.listed())) await folder.reconcile();
      opened.push({ path, user: stat.uid, folder, catalogue: await folder.ledger.catalogue() });
    }
    return opened;
  }

  const all = (): Promise<readonly Opened[]> => {
    opening ??= openAll().then((opened) => {
      open = opened;
      return opened;
    });
    return opening;
  };

  async function status(): Promise<readonly LibraryStatus[]> {
    const found: LibraryStatus[] = [];
    for (const { path, folder } of await all()) {
      const text = await fsPromises.readFile(join(path, LIBRARY_MANIFEST)).catch(() => undefined);
      const named = (() => {
        try {
          return text && readLibraryManifest(text);
        } catch {
          return undefined;
        }
      })();
      const { name = path, version = "" } = named || {};
      found.push({ folder: path, name, version, summary: await folder.ledger.summary() });
    }
    return found;
  }

  function refresh(): void {
    open = [];
    opening = undefined;
  }

  return {
    async get(kind, key) {
      let refused: FolderLookup | undefined;
      for (const { user, folder, catalogue } of await all()) {
        if (findRow(catalogue.columns, kind, key) < 0) continue;
        const found = await folder.get(kind, key);
        if (found.outcome === "hit") {
          const why = trust.refusal({ kind, user, signature: found.entry.signature });
          if (why === undefined) return found;
          refused ??= { outcome: "refused", reason: why, code: "not-trusted" };
        } else if (found.outcome === "refused") refused ??= found;
      }
      return refused ?? { outcome: "miss", reason: "not in the cache" };
    },
    getNow(kind, key) {
      for (const { user, folder, catalogue } of open) {
        if (findRow(catalogue.columns, kind, key) < 0) continue;
        const found = folder.getNow(kind, key);
        if (found.outcome === "hit" && trust.refusal({ kind, user, signature: found.entry.signature }) === undefined)
          return found;
      }
      return { outcome: "miss", reason: "not in the cache" };
    },
    status,
    catalogues: all,
    refresh,
    async remove(name) {
      const found = (await status()).find((one) => one.name === name || basename(one.folder) === name);
      const refuse = (why: string): never => {
        throw new InputError("unknown-library", `Cannot remove the library ${name}: ${why}.`);
      };
      if (!found) return refuse("no library of this name is imported");
      if (dirname(found.folder) !== imported)
        return refuse(`it lies in ${found.folder}, which the setting libraries names; take it off that list`);
      // away at once for everybody who looks, whatever becomes of the rest
      const aside = join(imported, `.removed-${randomBytes(9).toString("hex")}`);
      await files.rename(found.folder, aside);
      refresh();
      await fsPromises.rm(aside, { recursive: true, force: true });
      return found;
    },
  };
}
