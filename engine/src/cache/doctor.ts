/**
 * Looks whether the caches can do their work and who could interfere: settings, folders, the ledger, whom the policy trusts, the machine.
 * Each finding that is a problem says what to do. Changes nothing, but for a file that it makes and removes to see whether it can.
 */
import { randomBytes } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { STORED_KINDS } from "./entry.js";
import { bytesText } from "./evict.js";
import { describe } from "./fault.js";
import { fs, fsPromises, nodeFileSystem } from "./file-system.js";
import type { Finding } from "./finding.js";
import { openFolder, type StoreFault } from "./folder.js";
import { sumOfKinds } from "./ledger-file.js";
import { machineFindings } from "./machine.js";
import { modeText, openToOthers } from "./permissions.js";
import { readPolicy, SITE_POLICY, type Trusted } from "./policy.js";
import { PRIVATE_MODES } from "./publish.js";
import { ownUser } from "./read.js";
import type { Environment, Setting } from "./settings.js";
import { accessOf, commonFaults, statFolder } from "./shared-access.js";
import { readSigner } from "./signing.js";
import type { Store } from "./store-types.js";
import { openUsers, type Users } from "./users.js";
import { existing, volumeOf } from "./volume.js";

export interface DoctorReport {
  readonly healthy: boolean;
  readonly settings: readonly Setting[];
  readonly findings: readonly Finding[];
}

export interface DoctorOptions {
  readonly environment?: Environment;
  readonly sitePolicyFile?: string;
  readonly users?: Users;
}

/** Less than this is not enough to work with. */
const FREE_BYTES_MIN = 100e6;
const FREE_FILES_MIN = 1000;

type Say = (level: Finding["level"], text: string, action?: string) => void;

/** Examines everything. Never throws for what it finds. */
export async function examine(store: Store, options: DoctorOptions = {}): Promise<DoctorReport> {
  const { environment = process.env, sitePolicyFile = SITE_POLICY, users = openUsers() } = options;
  const findings: Finding[] = [];
  const about =
    (subject: string): Say =>
    (level, text, action) => {
      findings.push({ level, subject, text, ...(action !== undefined && { action }) });
    };
  const guarded = async (subject: string, work: (say: Say) => Promise<void> | void): Promise<void> => {
    try {
      await work(about(subject));
    } catch (error) {
      about(subject)("problem", `It cannot be examined: ${describe(error).message}.`);
    }
  };
  const { settings } = store;
  await guarded("settings", (say) => examineOrigins(store.origins, users, say));
  for (const { layer, folder } of store.folders) {
    const directory = layer === "scratch" ? settings.scratchDirectory : settings.directory;
    await guarded(layer, (say) => examineOwn(directory, folder.root, settings.capBytes, environment, say));
  }
  if (settings.sharedDirectory !== "") await guarded("shared", (say) => examineShared(store, say));
  await guarded("policy", (say) => examinePolicy(store, sitePolicyFile, environment, users, say));
  if (settings.signingKey !== "") await guarded("keys", (say) => examineKey(settings.signingKey, say));
  for (const finding of machineFindings()) findings.push(finding);
  return { healthy: findings.every(({ level }) => level !== "problem"), settings: store.origins, findings };
}

/** Whose configuration holds here: anybody's in a folder above, so it is said when it is another's. */
async function examineOrigins(origins: readonly Setting[], users: Users, say: Say): Promise<void> {
  const own = ownUser();
  for (const file of new Set(origins.map(({ from }) => from).filter(isAbsolute))) {
    const { uid } = await fsPromises.stat(file);
    if (own !== undefined && uid !== own && uid !== 0) {
      const whose = users.userName(uid) ?? `user ${uid}`;
      say("note", `Settings come from ${file}, which belongs to ${whose}.`, "SOJOURN_CONFIG names another file.");
    } else say("ok", `Settings come from ${file}.`);
  }
}

/** A folder that is this user's own. */
async function examineOwn(
  directory: string,
  root: string,
  capBytes: number,
  environment: Environment,
  say: Say,
): Promise<void> {
  const own = ownUser();
  const there = fs.existsSync(directory);
  const where = there ? directory : existing(directory);
  const problem = await cannotWrite(where);
  if (problem !== undefined)
    say("problem", `${where} cannot be written to: ${problem}.`, "Mend its permissions, or choose another directory.");
  else say("ok", there ? `${directory} can be written to.` : `${directory} will be made when it is needed.`);
  await examineVolume(where, capBytes, say);
  for (const path of [directory, root]) {
    const stat = await fsPromises.lstat(path).catch(() => undefined);
    if (stat === undefined) continue;
    if (own !== undefined && stat.uid !== own)
      say("problem", `${path} belongs to user ${stat.uid}.`, "Choose a directory of your own.");
    else if ((stat.mode & 0o022) !== 0)
      say("problem", `Others may write to ${path} (mode ${modeText(stat.mode)}).`, `chmod 700 ${path}`);
    else if (path === root && (stat.mode & 0o077) !== 0)
      say("note", `Others may look into ${path} (mode ${modeText(stat.mode)}).`, `chmod 700 ${path} closes it.`);
  }
  const open = there ? openToOthers(root, own, environment.HOME) : undefined;
  if (open !== undefined && !open.startsWith(`${directory} `))
    say(
      "problem",
      `${open}, so that others could put another folder in place of ${directory}.`,
      "Close it to them, or choose a directory elsewhere.",
    );
  if (there) await examineContent(root, own, say);
}

/** Why a file cannot be made there; undefined when it can. */
async function cannotWrite(folder: string): Promise<string | undefined> {
  const path = join(folder, `.doctor-${randomBytes(9).toString("hex")}`);
  try {
    await fsPromises.writeFile(path, "", { flag: "wx", mode: 0o600 });
    await fsPromises.unlink(path);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function examineVolume(folder: string, capBytes: number, say: Say): Promise<void> {
  const volume = await volumeOf(folder);
  if (volume === undefined) return say("note", `What disk ${folder} is on cannot be told.`);
  const { type, networked, volatile, freeBytes, freeFiles } = volume;
  const files = freeFiles === undefined ? "" : ` and ${freeFiles} files`;
  say("ok", `It is on ${type}${networked ? ", over a network" : ""}, with ${bytesText(freeBytes)}${files} free.`);
  if (volatile) say("note", "It is in the machine's memory, and empty after the next start.");
  if (freeBytes < FREE_BYTES_MIN)
    say(
      "problem",
      `Its disk has ${bytesText(freeBytes)} left.`,
      "Make room, lower the cap, or choose another directory.",
    );
  else if (freeBytes < capBytes)
    say("note", `Its disk has ${bytesText(freeBytes)} left, less than the cap of ${bytesText(capBytes)}.`);
  if (freeFiles !== undefined && freeFiles < FREE_FILES_MIN)
    say("problem", `Its disk has room for ${freeFiles} more files.`, "Remove files, or choose another directory.");
}

/** What an entry folder holds besides entries, and whether it knows what it holds. */
async function examineContent(root: string, own: number | undefined, say: Say): Promise<void> {
  const faults: StoreFault[] = [];
  const place = { files: nodeFileSystem, owner: own, durable: false, ...PRIVATE_MODES };
  const options = { root, place, clock: Date.now, onFault: (fault: StoreFault) => faults.push(fault) };
  const folder = openFolder({ ...options, writable: false });
  let [quarantined, temporaries] = [0, 0];
  for (const kind of STORED_KINDS) {
    for await (const _ of folder.quarantined(kind)) quarantined++;
    for await (const { mtimeMs } of folder.temporaries(kind)) if (Date.now() - mtimeMs > 3_600_000) temporaries++;
  }
  if (quarantined > 0)
    say(
      "note",
      `${quarantined} damaged ${quarantined === 1 ? "file was" : "files were"} set aside in ${join(root, "quarantine")}.`,
      "If there are more every day, have the disk looked at; sojourn clear removes them.",
    );
  if (temporaries > 0) say("note", `${temporaries} unfinished files lie around.`, "sojourn vacuum removes them.");
  const { totals } = await folder.ledger.catalogue();
  const [fault] = faults;
  if (fault)
    say("problem", `Its ledger is damaged: ${fault.message}.`, "sojourn vacuum makes a new one of what is there.");
  else {
    const { entries } = sumOfKinds(totals);
    say("ok", `Its ledger knows ${entries} ${entries === 1 ? "entry" : "entries"}.`);
  }
}

async function examineShared(store: Store, say: Say): Promise<void> {
  const { sharedDirectory: directory, publish, sharedCapBytes } = store.settings;
  const own = ownUser();
  if (!fs.existsSync(directory))
    return say(
      "problem",
      `There is no folder ${directory}.`,
      `Have it mounted, or make it with sojourn shared init ${directory}.`,
    );
  const stat = await statFolder(nodeFileSystem, directory);
  const { group } = accessOf(stat);
  const root = join(directory, "v1");
  say("ok", `${directory} is shared by ${group === undefined ? "everybody" : `the group ${group}`}.`);
  await examineVolume(directory, sharedCapBytes, say);
  if (!fs.existsSync(root)) {
    if (publish) say("note", `Nobody has published to ${directory} yet.`);
  } else {
    for (const fault of await commonFaults(nodeFileSystem, directory))
      say("problem", `${fault}.`, `Its owner runs sojourn shared init ${directory}.`);
    if (publish && !(await mayWrite(root)))
      say("problem", `You may not publish to ${directory}.`, "Ask its owner to let you in, or turn publish off.");
  }
  const { uid } = fs.existsSync(root) ? await fsPromises.lstat(root) : stat;
  if (own !== undefined && uid !== own && uid !== 0)
    say("note", `User ${uid} owns ${root}, and could move what is in it away, though forge nothing.`);
  const above = openToOthers(root, own);
  if (above !== undefined)
    say(
      above.includes(" belongs to user ") ? "note" : "problem",
      `${above}, so that somebody could move what is in the shared directory away.`,
      "Entries stay their writers' all the same: nobody can forge one.",
    );
  const { writers } = await store.status();
  for (const { name, own: mine, uses, refusal, folder } of writers) {
    if (mine) {
      const { mode } = await fsPromises.lstat(join(root, folder));
      const needed = group === undefined ? 0o055 : 0o050;
      if ((mode & needed) !== needed)
        say(
          "problem",
          `Others cannot read what you publish (mode ${modeText(mode)}).`,
          `umask 027, and chmod g+rX ${join(root, folder)}`,
        );
    } else if (refusal !== undefined)
      say(
        "note",
        `Of ${name} only what a listed key has signed is used: ${refusal}.`,
        "If you trust them, list them in the policy.",
      );
    else say("ok", `Of ${name} are used: ${uses.join(", ")}.`);
  }
}

const mayWrite = (folder: string): Promise<boolean> =>
  fsPromises.access(folder, fs.constants.W_OK).then(
    () => true,
    () => false,
  );

function examinePolicy(store: Store, sitePolicyFile: string, environment: Environment, users: Users, say: Say): void {
  const { policyFile } = store.settings;
  const { policy, files } = readPolicy({ policyFile, sitePolicyFile, own: ownUser(), home: environment.HOME });
  for (const { problem } of files)
    if (problem !== undefined) say("problem", problem, "Until it is mended, nobody is trusted by it.");
  const unknown = (list: readonly Trusted[], find: (name: string) => number | undefined): string[] =>
    list.flatMap(({ who }) => (typeof who === "string" && find(who) === undefined ? [who] : []));
  for (const name of unknown(policy.users, users.userNumber))
    say(
      "problem",
      `The policy lists the user ${name}, whom this system does not know.`,
      "Mend the name, or write the number.",
    );
  for (const name of unknown(policy.groups, users.groupNumber))
    say(
      "problem",
      `The policy lists the group ${name}, which this system does not know.`,
      "Mend the name, or write the number.",
    );
  const read = files.filter(({ there, problem }) => there && problem === undefined).map(({ path }) => path);
  if (read.length === 0) {
    say("ok", `There is no policy in ${policyFile}: only what you made yourself is used.`);
    return;
  }
  const counts = [
    [policy.users.length, "user"],
    [policy.groups.length, "group"],
    [policy.keys.size, "key"],
  ].map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
  say("ok", `${read.join(" and ")} ${read.length === 1 ? "lists" : "list"} ${counts.join(", ")}.`);
}

function examineKey(file: string, say: Say): void {
  try {
    const { publicKey } = readSigner(file, ownUser());
    say("ok", `What you publish is signed by the key ${Buffer.from(publicKey).toString("hex")}.`);
  } catch (error) {
    say("problem", (error as Error).message, "Until it is mended, nothing is published.");
  }
}
