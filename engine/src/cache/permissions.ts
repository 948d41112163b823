/** Who, other than this user and root, could change a file or a folder, or put another in its place: by owner and mode, no lock asked. */
import { dirname, resolve } from "node:path";
import { fs } from "./file-system.js";

const GROUP_OR_OTHERS = 0o022;
const STICKY = 0o1000;

export const modeText = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

interface Status {
  readonly uid: number;
  readonly mode: number;
}

/** Why others could write this one thing itself; undefined when they cannot. */
export function writableByOthers({ uid, mode }: Status, own: number | undefined): string | undefined {
  if (own !== undefined && uid !== own && uid !== 0) return `belongs to user ${uid}`;
  if ((mode & GROUP_OR_OTHERS) !== 0)
    return `can be written by ${(mode & 0o002) !== 0 ? "everybody" : "its group"} (mode ${modeText(mode)})`;
  return undefined;
}

/**
 * The first folder above `path` through which others could put something else in its place, as a sentence's end such as `/data can
 * be written by its group (mode 0775)`; undefined when there is none. A folder with the sticky bit is as good as one that they
 * cannot write to, because what is below belongs to this user. Ends at `top`, if that is met. Where `path` is a link, the folders
 * above what it leads to count too.
 */
export function openToOthers(path: string, own: number | undefined, top?: string): string | undefined {
  if (own === undefined) return undefined;
  const chains = new Set([dirname(resolve(path)), dirname(realPath(path))]);
  for (const start of chains)
    for (let folder = start; ; folder = dirname(folder)) {
      const status = statusOf(folder);
      if (status) {
        const why = writableByOthers({ ...status, mode: status.mode & STICKY ? 0 : status.mode }, own);
        if (why !== undefined) return `${folder} ${why}`;
      }
      if (folder === top || dirname(folder) === folder) break;
    }
  return undefined;
}

function statusOf(path: string): Status | undefined {
  try {
    return fs.statSync(path);
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return resolve(path);
  }
}
