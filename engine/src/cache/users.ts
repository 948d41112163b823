/**
 * Names and numbers of users and groups, as this machine knows them: by `/etc/passwd` and `/etc/group`, and what does not stand
 * there by `getent`, which asks the network's directory. Every answer is kept, so that a policy costs each question once.
 */
import { spawnSync } from "node:child_process";
import { fs } from "./file-system.js";

export interface Users {
  /** Undefined when there is no user of this name. */
  userNumber(name: string): number | undefined;
  /** Undefined when the number has no name. */
  userName(user: number): string | undefined;
  groupNumber(name: string): number | undefined;
  groupName(group: number): string | undefined;
  /** Whether the group is the user's own one or lists the user. */
  isMember(user: number, group: number): boolean;
}

export interface UsersOptions {
  readonly passwdFile?: string;
  readonly groupFile?: string;
  /** One line of a database, as `getent` prints it; undefined when there is none. */
  readonly lookUp?: (database: "passwd" | "group", key: string) => string | undefined;
}

interface Account {
  readonly name: string;
  readonly number: number;
  readonly group: number;
}

interface Group {
  readonly name: string;
  readonly number: number;
  readonly members: readonly string[];
}

const GETENT_MS = 3000;
/** What a name may be made of; it must not look like an option. */
const NAME = /^[A-Za-z0-9_.@\\][A-Za-z0-9_.@\\ -]*\$?$/;

/** Opens the two databases; reads nothing until it is asked. */
export function openUsers(options: UsersOptions = {}): Users {
  const { passwdFile = "/etc/passwd", groupFile = "/etc/group", lookUp = getent } = options;
  let accounts: readonly Account[] | undefined;
  let groups: readonly Group[] | undefined;
  const asked = new Map<string, string | undefined>();

  function ask(database: "passwd" | "group", key: string | number): string | undefined {
    const id = `${database} ${key}`;
    if (!asked.has(id)) asked.set(id, NAME.test(String(key)) ? lookUp(database, String(key)) : undefined);
    return asked.get(id);
  }

  function account(key: string | number): Account | undefined {
    accounts ??= linesOf(passwdFile).flatMap(accountOf);
    const is = ({ name, number }: Account): boolean => (typeof key === "number" ? number : name) === key;
    return accounts.find(is) ?? accountOf(ask("passwd", key) ?? "").find(is);
  }

  function group(key: string | number): Group | undefined {
    groups ??= linesOf(groupFile).flatMap(groupOf);
    const is = ({ name, number }: Group): boolean => (typeof key === "number" ? number : name) === key;
    return groups.find(is) ?? groupOf(ask("group", key) ?? "").find(is);
  }

  return {
    userNumber: (name) => account(name)?.number,
    userName: (user) => account(user)?.name,
    groupNumber: (name) => group(name)?.number,
    groupName: (number) => group(number)?.name,
    isMember(user, number) {
      const who = account(user);
      return who !== undefined && (who.group === number || group(number)?.members.includes(who.name) === true);
    },
  };
}

function linesOf(file: string): string[] {
  try {
    return fs.readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

const NUMBER = /^\d+$/;

function accountOf(line: string): Account[] {
  const [name, , number = "", group = ""] = line.trim().split(":");
  return NUMBER.test(number) && NUMBER.test(group) ? [{ name, number: Number(number), group: Number(group) }] : [];
}

function groupOf(line: string): Group[] {
  const [name, , number = "", members = ""] = line.trim().split(":");
  return NUMBER.test(number)
    ? [{ name, number: Number(number), members: members.split(",").filter((member) => member !== "") }]
    : [];
}

/** Systems without `getent` know the users of their files, and numbers. */
function getent(database: string, key: string): string | undefined {
  const { status, stdout } = spawnSync("getent", [database, key], { encoding: "utf8", timeout: GETENT_MS });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}
