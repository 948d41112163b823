/** What the system says of the disk below a folder: its kind, and how much is free. */
import { dirname } from "node:path";
import { fs, fsPromises } from "./file-system.js";

/** Kinds of file systems by the number that `statfs` answers on Linux. */
const KINDS: Readonly<Record<number, string>> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  801189825: "zfs",
  16914836: "tmpfs",
  2240043254: "ramfs",
  2035054128: "overlay",
  1702057286: "fuse",
  26985: "nfs",
  4283649346: "cifs",
  4266872130: "smb",
  16914839: "9p",
  198183888: "lustre",
  1196443219: "gpfs",
  428016422: "beegfs",
  12805120: "ceph",
};
const NETWORKED = ["nfs", "cifs", "smb", "9p", "lustre", "gpfs", "beegfs", "ceph"];

export interface Volume {
  /** A name such as `ext4`, or the number in hexadecimal. */
  readonly type: string;
  readonly networked: boolean;
  /** Whether what is there is gone after the machine has been switched off. */
  readonly volatile: boolean;
  /** What this user may still write. */
  readonly freeBytes: number;
  /** Files that may still be made; undefined where there is no such limit. */
  readonly freeFiles: number | undefined;
}

/** Undefined where the system has no answer. */
export async function volumeOf(folder: string): Promise<Volume | undefined> {
  try {
    const { type: number, bavail, bsize, files, ffree } = await fsPromises.statfs(existing(folder));
    const code = number >>> 0;
    const type = KINDS[code] ?? `0x${code.toString(16)}`;
    return {
      type,
      networked: NETWORKED.includes(type),
      volatile: type === "tmpfs" || type === "ramfs",
      freeBytes: bavail * bsize,
      freeFiles: files > 0 ? ffree : undefined,
    };
  } catch {
    return undefined;
  }
}

/** The folder, or the first one above it that is there. */
export function existing(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (fs.existsSync(at) || dirname(at) === at) return at;
}
