/**
 * Who may do what in a shared directory. Its own mode decides: one that belongs to a Unix group (setgid, closed to others'
 * writing) is for that group, and any other is for everybody. In both nobody can remove or replace what another one wrote.
 *
 * |                    | for everybody | for one group                                    |
 * |--------------------|---------------|--------------------------------------------------|
 * | `v1`, `v1/leases`  | 1777          | 3775, or 3770 where the directory is not for others |
 * | a writer's folders | 755           | 2755 or 2750, less what the umask takes away     |
 * | a writer's files   | 644           | 644 or 640, less what the umask takes away       |
 */
import { dirname, join, resolve } from "node:path";
import { InputError, SojournError } from "../base/errors.js";
import { isErrno } from "./fault.js";
import { type FileStat, type FileSystem, fsPromises, nodeFileSystem } from "./file-system.js";
import { modeText } from "./permissions.js";
import { makeFolder, type Place } from "./publish.js";
import { ownUser } from "./read.js";
import { openUsers, type Users } from "./users.js";

const SETGID = 0o2000;
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o002;
const READABLE_BY_OTHERS = 0o005;

export interface SharedAccess {
  /** Number of the group that it is for; undefined: everybody. */
  readonly group: number | undefined;
  /** Mode of the folders to which everybody, or the group, adds. */
  readonly commonMode: number;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** What a shared directory's own mode and group say. */
export function accessOf({ mode, gid }: Pick<FileStat, "mode" | "gid">): SharedAccess {
  if ((mode & SETGID) === 0 || (mode & WRITABLE_BY_OTHERS) !== 0)
    return { group: undefined, commonMode: 0o1777, folderMode: 0o755, fileMode: 0o644 };
  return (mode & READABLE_BY_OTHERS) === READABLE_BY_OTHERS
    ? { group: gid, commonMode: 0o3775, folderMode: 0o2755, fileMode: 0o644 }
    : { group: gid, commonMode: 0o3770, folderMode: 0o2750, fileMode: 0o640 };
}

/** How a writer's files are written there. */
export const writerPlace = (files: FileSystem, owner: number | undefined, access: SharedAccess): Place => ({
  files,
  owner,
  durable: true,
  folderMode: access.folderMode,
  fileMode: access.fileMode,
  ...(access.group !== undefined && { respectsUmask: true }),
});

/** A folder as it is, also where its name is a link to it. */
export const statFolder = (files: FileSystem, folder: string): Promise<FileStat> => files.lstat(`${folder}/.`);

/**
 * Makes what all writers have in common, unless it is there. Throws `SojournError` with code `no-shared-directory` when the
 * directory itself is not: who shares must say where, and a disk that is not mounted must not be written beneath.
 */
export async function openCommon(files: FileSystem, directory: string, own: number | undefined): Promise<SharedAccess> {
  let access: SharedAccess;
  try {
    access = accessOf(await statFolder(files, directory));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new SojournError(
      "no-shared-directory",
      `Cannot publish to the shared layer: there is no folder ${directory}; sojourn shared init makes one.`,
    );
  }
  const { commonMode: folderMode, fileMode } = access;
  const common: Place = { files, owner: own, durable: true, folderMode, fileMode };
  for (const folder of ["v1", join("v1", "leases")]) await makeFolder(common, join(directory, folder));
  return access;
}

export interface SharedInit {
  readonly directory: string;
  readonly group?: { readonly number: number; readonly name: string };
  /** What was done, in sentences. */
  readonly done: readonly string[];
}

/**
 * Makes a shared directory for everybody, or for one group by name or number; one that is there gets the modes that it needs. Throws
 * `InputError`: `unknown-group`, `not-empty`, `unwritable`.
 */
export async function initShared(
  path: string,
  group?: string,
  { users = openUsers() }: { readonly users?: Users } = {},
): Promise<SharedInit> {
  const directory = resolve(path);
  const asked = group === undefined ? undefined : groupNumber(group, users);
  const done: string[] = [];
  let number: number | undefined;
  try {
    number = await makeShared(directory, asked, done);
  } catch (error) {
    if (error instanceof SojournError) throw error;
    throw new InputError("unwritable", `Cannot make the shared directory ${directory}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const named = number === undefined ? undefined : { number, name: users.groupName(number) ?? String(number) };
  return { directory, ...(named && { group: named }), done };
}

function groupNumber(group: string, users: Users): number {
  const number = /^\d+$/.test(group) ? Number(group) : users.groupNumber(group);
  if (number !== undefined) return number;
  throw new InputError("unknown-group", `Cannot share with the group ${group}: there is no group of this name.`);
}

/** Answers the group that it is for. */
async function makeShared(directory: string, group: number | undefined, done: string[]): Promise<number | undefined> {
  const made = await fsPromises.mkdir(directory, { recursive: true, mode: 0o755 });
  if (made !== undefined) done.push(`Made ${directory}.`);
  // whatever the umask is, the way to it must be open
  for (let parent = directory; made !== undefined && parent !== dirname(made); parent = dirname(parent))
    await fsPromises.chmod(parent, 0o755);
  const found = await statFolder(nodeFileSystem, directory);
  const mode = found.mode & 0o7777;
  const isGroups = (mode & SETGID) !== 0 && (group === undefined || found.gid === group);
  // only `v1` below is written to; of a folder that is written to for other reasons nobody may take `v1` away
  const sticky = (mode & 0o022) !== 0 ? STICKY : 0;
  const wanted =
    isGroups && (mode & WRITABLE_BY_OTHERS) === 0
      ? mode | 0o050 | sticky
      : group !== undefined
        ? SETGID | 0o750 | (made === undefined ? mode & READABLE_BY_OTHERS : 0)
        : mode | 0o755 | sticky;
  const given = group !== undefined && found.gid !== group;
  if (made === undefined && (wanted !== mode || given)) {
    const other = (await fsPromises.readdir(directory)).find((name) => name !== "v1");
    if (other !== undefined)
      throw new InputError(
        "not-empty",
        `Cannot make the shared directory ${directory}: it has other things in it, ${other} for one, and its mode or group would have to change; name a new folder.`,
      );
  }
  if (given) {
    await fsPromises.chown(directory, -1, group);
    done.push(`Gave ${directory} to the group ${group}.`);
  }
  if (wanted !== mode || given) {
    await fsPromises.chmod(directory, wanted);
    done.push(`Set the mode of ${directory} to ${modeText(wanted)}.`);
  }
  const access = accessOf(await statFolder(nodeFileSystem, directory));
  for (const folder of [join(directory, "v1"), join(directory, "v1", "leases")]) {
    const made = await fsPromises.mkdir(folder).then(
      () => true,
      (error) => {
        if (isErrno(error, "EEXIST")) return false;
        throw error;
      },
    );
    if (group !== undefined && made) await fsPromises.chown(folder, -1, group);
    const { mode: now } = await fsPromises.lstat(folder);
    if (!made && (now & 0o7777) === access.commonMode) continue;
    await fsPromises.chmod(folder, access.commonMode);
    done.push(`${made ? "Made" : "Set the mode of"} ${folder}, mode ${modeText(access.commonMode)}.`);
  }
  return access.group;
}

/** Why the common folders are not as they should be, each as the end of a sentence; empty when they are. */
export async function commonFaults(files: FileSystem, directory: string): Promise<string[]> {
  const faults: string[] = [];
  const { group } = accessOf(await statFolder(files, directory));
  const root = join(directory, "v1");
  const { mode, uid } = await files.lstat(root);
  if ((mode & 0o022) !== 0 && (mode & STICKY) === 0)
    faults.push(`${root} has no sticky bit (mode ${modeText(mode)}), so that everybody could remove what others wrote`);
  if (group === undefined && (mode & 0o002) === 0 && uid !== ownUser())
    faults.push(`${root} is closed to new writers (mode ${modeText(mode)})`);
  if (group !== undefined && (mode & 0o002) !== 0)
    faults.push(`${root} is open to everybody (mode ${modeText(mode)}), and its directory to one group alone`);
  return faults;
}
