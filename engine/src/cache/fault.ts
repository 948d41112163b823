/** Errors of the file system told apart, and every error as a stable code with a message. */
import { constants } from "node:os";
import { SojournError } from "../base/errors.js";
import { EntryFault } from "./entry.js";

/** Names of the system errors that the store tells apart. */
export type ErrnoName =
  | "EEXIST"
  | "ENOENT"
  | "ENOTDIR"
  | "EPERM"
  | "EACCES"
  | "ENOTSUP"
  | "EXDEV"
  | "EMLINK"
  | "ENOSYS"
  | "ESTALE"
  | "ELOOP"
  | "ENOTEMPTY"
  | "EINVAL"
  | "EBADF";

/** Node 20 has no names for ESTALE and some others in `code`, so the number decides where there is one. */
export function isErrno(error: unknown, ...names: readonly ErrnoName[]): boolean {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  return names.some((name) => code === name || (errno !== undefined && errno === -constants.errno[name]));
}

export function describe(error: unknown): { code: string; message: string } {
  if (error instanceof EntryFault || error instanceof SojournError) return { code: error.code, message: error.message };
  const system = error as NodeJS.ErrnoException;
  if (typeof system?.errno === "number") return { code: system.code ?? String(system.errno), message: system.message };
  return { code: "unreadable", message: error instanceof Error ? error.message : String(error) };
}
