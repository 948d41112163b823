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
}

export const nodeFileSystem: FileSystem = fs.promises as FileSystem;
