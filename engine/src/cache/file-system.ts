/**
 * The one importer of `node:fs`, and the seam that everything touching cache files goes through: a store runs over any
 * `FileSystem`, real, failing on purpose, or simulated with crashes.
 */
import * as fs from "node:fs";

export { fs };
export const fsPromises = fs.promises;

export interface FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  /** Appends to what this handle has written. */
  write(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<FileStat>;
  chmod(mode: number): Promise<void>;
  /** Waits until what was written would survive a loss of power; of a folder, its names. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of a file system that the caches need, with Node's names, flags and errors. */
export interface FileSystem {
  mkdir(path: string, options: { mode: number }): Promise<unknown>;
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<FileStat>;
  /** All bytes of an ordinary file at once, for what cannot wait; absent where there is no such call. */
  readNow?(path: string, flags: number, bytesMax: number): { readonly bytes: Buffer; readonly uid: number };
}

export const nodeFileSystem: FileSystem = {
  mkdir: fs.promises.mkdir,
  open: (path, flags, mode) => fs.promises.open(path, flags, mode) as Promise<OpenFile>,
  link: fs.promises.link,
  rename: fs.promises.rename,
  unlink: fs.promises.unlink,
  rmdir: fs.promises.rmdir,
  readdir: (path) => fs.promises.readdir(path),
  lstat: fs.promises.lstat,
  readNow(path, flags, bytesMax) {
    const handle = fs.openSync(path, flags);
    try {
      const { size, uid } = fs.fstatSync(handle);
      const bytes = Buffer.allocUnsafeSlow(Math.min(size, bytesMax));
      let read = 0;
      while (read < bytes.length) {
        const more = fs.readSync(handle, bytes, read, bytes.length - read, read);
        if (more === 0) break;
        read += more;
      }
      return { bytes: bytes.subarray(0, read), uid };
    } finally {
      fs.closeSync(handle);
    }
  },
};
