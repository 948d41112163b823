/** Making libraries: entries of a folder, checked as they are read, as an archive or as a folder to be served. */
import { once } from "node:events";
import { join } from "node:path";
import { pack } from "tar-stream";
import { InputError } from "../base/errors.js";
import { type Signer, type StoredKind, signEntry } from "./entry.js";
import { describe } from "./fault.js";
import { fs, fsPromises } from "./file-system.js";
import type { Folder } from "./folder.js";
import {
  entryPath,
  LIBRARY_MANIFEST,
  LIBRARY_SIGNATURE,
  type LibraryEntry,
  manifestText,
  sha256Of,
  signatureText,
} from "./library.js";

export interface ExportedEntry {
  readonly kind: StoredKind;
  readonly key: string;
}

export interface ExportOptions {
  /** Folders that are looked through for each entry, from the top. */
  readonly folders: readonly Folder[];
  readonly entries: readonly ExportedEntry[];
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly signer?: Signer | undefined;
  /** Leaves out when and how fast entries were made, so that another machine makes the same bytes. */
  readonly timeless?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Exported {
  readonly entries: number;
  readonly bytes: number;
  /** Entries that were damaged or gone, which the library lacks. */
  readonly missing: readonly ExportedEntry[];
}

/** Receives files in the order in which an archive holds them. */
interface Sink {
  write(path: string, bytes: Buffer): Promise<void>;
  end(): Promise<void>;
}

/**
 * Writes a tar file. The same entries, name, version and key give the same bytes. Throws `InputError` when it cannot be written.
 * Cost: every entry is read twice, one at a time.
 */
export async function exportArchive(file: string, options: ExportOptions): Promise<Exported> {
  const archive = pack();
  const temporary = `${file}.part`;
  const out = fs.createWriteStream(temporary, { flags: "w", mode: 0o644 });
  let fault: unknown;
  out.on("error", (error) => {
    fault = error;
    archive.destroy(error);
  });
  archive.on("error", (error) => {
    fault ??= error;
  });
  archive.pipe(out);
  const sink: Sink = {
    async write(path, bytes) {
      if (fault) throw fault;
      const header = {
        name: path,
        size: bytes.length,
        mode: 0o644,
        mtime: new Date(0),
        uid: 0,
        gid: 0,
        type: "file" as const,
      };
      archive.entry(header, bytes);
      // no more in memory than what the disk has not taken yet
      if (out.writableNeedDrain) await Promise.race([once(out, "drain"), once(out, "close")]);
    },
    async end() {
      archive.finalize();
      if (!fault) await Promise.race([once(out, "finish"), once(out, "close")]);
      if (fault) throw fault;
      await fsPromises.rename(temporary, file);
    },
  };
  return writing(file, options, sink, () => fsPromises.rm(temporary, { force: true }));
}

/** Writes the same files into a folder, which must be empty or not there. Throws `InputError`. */
export async function exportFolder(folder: string, options: ExportOptions): Promise<Exported> {
  const there = await fsPromises.readdir(folder).catch(() => []);
  if (there.length > 0) throw new InputError("unwritable", `Cannot export to the folder ${folder}: it is not empty.`);
  const sink: Sink = {
    async write(path, bytes) {
      const target = join(folder, path);
      await fsPromises.mkdir(join(target, ".."), { recursive: true });
      await fsPromises.writeFile(target, bytes, { flag: "wx" });
    },
    async end() {},
  };
  return writing(folder, options, sink, async () => {});
}

async function writing(
  target: string,
  options: ExportOptions,
  sink: Sink,
  undo: () => Promise<unknown>,
): Promise<Exported> {
  const { entries, name, version, description = "", signer, onProgress } = options;
  try {
    const listed: LibraryEntry[] = [];
    const missing: ExportedEntry[] = [];
    let bytes = 0;
    // digests stand before the entries, so that a reader knows what to expect: each entry is read twice
    for (const entry of entries) {
      const file = await readEntry(options, entry);
      if (file === undefined) missing.push(entry);
      else listed.push({ ...entry, bytes: file.length, sha256: sha256Of(file) });
    }
    const text = Buffer.from(manifestText({ name, version, description, entries: listed }));
    await sink.write(LIBRARY_MANIFEST, text);
    if (signer) await sink.write(LIBRARY_SIGNATURE, Buffer.from(signatureText(text, signer)));
    const sorted = [...listed].sort((a, b) => (entryPath(a) < entryPath(b) ? -1 : 1));
    let done = 0;
    for (const entry of sorted) {
      const file = await readEntry(options, entry);
      if (file === undefined || sha256Of(file) !== entry.sha256)
        throw new InputError(
          "changed",
          `Cannot export to ${target}: the entry ${entry.key} changed meanwhile; try again.`,
        );
      await sink.write(entryPath(entry), file);
      bytes += file.length;
      onProgress?.(++done, sorted.length);
    }
    await sink.end();
    return { entries: sorted.length, bytes, missing };
  } catch (error) {
    await undo();
    if (error instanceof InputError) throw error;
    throw new InputError("unwritable", `Cannot export to ${target}: ${describe(error).message}.`, { cause: error });
  }
}

/** The file of an entry as a library has it: without what is private, and signed when there is a key. */
async function readEntry(
  { folders, signer, timeless }: ExportOptions,
  { kind, key }: ExportedEntry,
): Promise<Buffer | undefined> {
  for (const folder of folders) {
    const found = await folder.publicFile(kind, Buffer.from(key, "hex"), timeless);
    if (found) return signer ? signEntry(found, signer) : found;
  }
  return undefined;
}
