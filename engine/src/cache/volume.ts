/** What the system says of the disk below a folder: its kind, and how much is free. */
import { dirname } from "node:path";
import { fs, fsPromises } from "./file-system.js";

/** Kinds of file systems by the number that `statfs` answers on Linux. */
const KINDS: Readonly<Record<number, string>> = {
  [0xef53]: "ext4",
  [0x58465342]: "xfs",
  [0x9123683e]: "btrfs",
  [0x2fc12fc1]: "zfs",
  [0x01021994]: "tmpfs",
  [0x858458f6]: "ramfs",
  [0x794c7630]: "overlay",
  [0x65735546]: "fuse",
  [0x6969]: "nfs",
  [0xff534d42]: "cifs",
  [0xfe534d42]: "smb",
  [0x01021997]: "9p",
  [0x0bd00bd0]: "lustre",
  [0x47504653]: "gpfs",
  [0x19830326]: "beegfs",
  [0x00c36400]: "ceph",
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
