/**
 * The one importer of `node:fs`. Everything that touches a file goes through this module, so that a later
 * simulated file system has a single seam to sit in.
 */
import * as fs from "node:fs";

export { fs };
export const fsPromises = fs.promises;

/** The part of the file system that the store needs. */
export interface FileSystem {
  mkdir(path: string, options: { mode: number }): Promise<unknown>;
  open(path: string, flags: string | number, mode?: number): Promise<fs.promises.FileHandle>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<{ size: number; mtimeMs: number; isFile(): boolean }>;
}

export const nodeFileSystem: FileSystem = fs.promises as FileSystem;
