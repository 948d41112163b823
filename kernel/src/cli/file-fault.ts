/** What the file system answered, in words where its code has some that a user can act on. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "it may not be opened by this user",
  EPERM: "it may not be opened by this user",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
};

/** The end of a sentence about a file, `missing` where it is not there; the code stands behind it, to be looked up. */
export function fileFault(error: unknown, missing?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  if (code === "ENOENT" && missing !== undefined) return `${missing} (${code})`;
  return Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${code})` : `the file system answers ${code}`;
}
