/** A file system in which one call goes wrong: the n-th of all, or all from the n-th, with an error or with less than was asked. */
import type { FileSystem, OpenFile } from "../../engine/src/cache/file-system.js";
import { systemError } from "./simulated-files.js";

export const ERRORS = ["EIO", "ESTALE", "EACCES", "EROFS", "EMFILE", "ENOSPC", "EDQUOT", "EINTR"] as const;
/** `short`: reads and writes do one byte; `nothing`: they do none. */
export type Trouble = (typeof ERRORS)[number] | "short" | "nothing";
export const TROUBLES: readonly Trouble[] = [...ERRORS, "short", "nothing"];

export interface Faulty {
  readonly files: FileSystem;
  /** Calls so far. */
  calls: number;
  /** The call that goes wrong, from 1; 0 for none. */
  failing: number;
  trouble: Trouble;
  /** Whether those after it do too. */
  lasting: boolean;
  /** What went wrong, as `call path`. */
  readonly failed: string[];
}

export function faultyFiles(real: FileSystem, only: (call: string, path: string) => boolean = () => true): Faulty {
  /** How much of a read or write is done; throws when the call is to fail. */
  const pass = (call: string, path: string, length = 0): number => {
    if (!only(call, path)) return length;
    state.calls++;
    const wrong = state.failing > 0 && (state.lasting ? state.calls >= state.failing : state.calls === state.failing);
    if (!wrong) return length;
    const transfers = call === "read" || call === "write";
    if (state.trouble === "short" || state.trouble === "nothing") {
      if (!transfers) return length;
      state.failed.push(`${call} ${path}`);
      return state.trouble === "short" ? Math.min(1, length) : 0;
    }
    state.failed.push(`${call} ${path}`);
    throw systemError(state.trouble, call, path);
  };
  const opened = (handle: OpenFile, path: string): OpenFile => ({
    async read(buffer, offset, length, position) {
      const part = pass("read", path, length);
      return part === 0 && length > 0 ? { bytesRead: 0 } : handle.read(buffer, offset, part, position);
    },
    async write(buffer, offset, length) {
      const part = pass("write", path, length);
      return part === 0 && length > 0 ? { bytesWritten: 0 } : handle.write(buffer, offset, part);
    },
    async stat() {
      pass("fstat", path);
      return handle.stat();
    },
    async chmod(mode) {
      pass("fchmod", path);
      return handle.chmod(mode);
    },
    async sync() {
      pass("fsync", path);
      return handle.sync();
    },
    async close() {
      // the handle is gone, whatever close says
      await handle.close();
      pass("close", path);
    },
  });
  const files: FileSystem = {
    async mkdir(path, options) {
      pass("mkdir", path);
      return real.mkdir(path, options);
    },
    async open(path, flags, mode) {
      pass("open", path);
      return opened(await real.open(path, flags, mode), path);
    },
    async link(from, to) {
      pass("link", to);
      return real.link(from, to);
    },
    async rename(from, to) {
      pass("rename", to);
      return real.rename(from, to);
    },
    async unlink(path) {
      pass("unlink", path);
      return real.unlink(path);
    },
    async rmdir(path) {
      pass("rmdir", path);
      return real.rmdir(path);
    },
    async readdir(path) {
      pass("readdir", path);
      return real.readdir(path);
    },
    async lstat(path) {
      pass("lstat", path);
      return real.lstat(path);
    },
    ...(real.readNow && {
      readNow: (path: string, flags: number, bytesMax: number) => {
        const part = pass("read", path, bytesMax);
        const found = real.readNow!(path, flags, bytesMax);
        return part === bytesMax ? found : { ...found, bytes: found.bytes.subarray(0, part) };
      },
    }),
  };
  const state: Faulty = { files, calls: 0, failing: 0, trouble: "EIO", lasting: false, failed: [] };
  return state;
}
