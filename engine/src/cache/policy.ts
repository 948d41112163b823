/**
 * The policy: whose work may be used. A JSON document outside the caches, one of this user and one of the site, which add up:
 *
 *     {
 *       "users":  ["anna", 1003, { "user": "ben", "values": true }],
 *       "groups": ["lab"],
 *       "keys":   { "releases of the lab": "<64 hexadecimal digits>" },
 *       "site":   true
 *     }
 *
 * A document that others could have written, or that makes no sense, trusts nobody; it is said why.
 */
import { isPlainObject, noSuch, valueText } from "../base/words.js";
import { isErrno } from "./fault.js";
import { fs } from "./file-system.js";
import { openToOthers, writableByOthers } from "./permissions.js";

export const SITE_POLICY = "/etc/sojourn/policy.json";
const BYTES_MAX = 2 ** 20;
const PUBLIC_KEY = /^[0-9a-f]{64}$/;

/** A user or a group, by number or by name. */
export interface Trusted {
  readonly who: string | number;
  /** Whether results of their own functions are used too. */
  readonly values: boolean;
}

export interface Policy {
  readonly users: readonly Trusted[];
  readonly groups: readonly Trusted[];
  /** Names of public keys by the keys, in hexadecimal. */
  readonly keys: ReadonlyMap<string, string>;
}

export interface PolicyFile {
  readonly path: string;
  readonly there: boolean;
  /** A sentence: why it is not used. */
  readonly problem?: string;
}

export interface PolicyState {
  readonly policy: Policy;
  readonly files: readonly PolicyFile[];
}

export interface PolicyPlaces {
  /** Empty: none. */
  readonly policyFile: string;
  readonly sitePolicyFile: string;
  readonly own: number | undefined;
  /** Folders above this one are the system's business. */
  readonly home?: string | undefined;
}

export const NOBODY: Policy = { users: [], groups: [], keys: new Map() };

/** What both documents say together. Never throws. */
export function readPolicy({ policyFile, sitePolicyFile, own, home }: PolicyPlaces): PolicyState {
  const mine = readOne(policyFile, own, home);
  const useSite = mine.problem === undefined && mine.site;
  const site = useSite && sitePolicyFile !== policyFile ? readOne(sitePolicyFile, own, home) : undefined;
  const files = [mine, ...(site ? [site] : [])]
    .filter(({ path }) => path !== "")
    .map(({ path, there, problem }) => ({ path, there, ...(problem !== undefined && { problem }) }));
  const policy = {
    users: [...mine.policy.users, ...(site?.policy.users ?? [])],
    groups: [...mine.policy.groups, ...(site?.policy.groups ?? [])],
    keys: new Map([...(site?.policy.keys ?? []), ...mine.policy.keys]),
  };
  return { policy, files };
}

interface OneFile extends PolicyFile {
  readonly policy: Policy;
  /** Whether the site's policy counts beside it. */
  readonly site: boolean;
}

function readOne(path: string, own: number | undefined, home: string | undefined): OneFile {
  const nothing = { path, there: false, policy: NOBODY, site: true };
  if (path === "") return nothing;
  let text: string;
  try {
    const handle = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const stat = fs.fstatSync(handle);
      if (!stat.isFile()) throw new Error("it is not an ordinary file");
      if (stat.size > BYTES_MAX) throw new Error(`it has ${stat.size} bytes, more than ${BYTES_MAX}`);
      const why = writableByOthers(stat, own);
      if (own !== undefined && why !== undefined) throw new Error(`it ${why}, so others could change it`);
      const above = openToOthers(path, own, home);
      if (above !== undefined) throw new Error(`${above}, so others could put another in its place`);
      text = fs.readFileSync(handle, "utf8");
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return nothing;
    return { ...nothing, there: true, problem: sentence(path, (error as Error).message) };
  }
  try {
    return { ...nothing, there: true, ...parsePolicy(text) };
  } catch (error) {
    return { ...nothing, there: true, problem: sentence(path, (error as Error).message) };
  }
}

const sentence = (path: string, what: string): string => `Cannot use the policy ${path}: ${what}.`;

const SECTIONS = ["users", "groups", "keys", "site"] as const;

/** Throws an error whose message is the end of a sentence. */
export function parsePolicy(text: string): { readonly policy: Policy; readonly site: boolean } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON (${(error as Error).message})`);
  }
  if (!isPlainObject(document)) throw new Error("it is not an object");
  const unknown = Object.keys(document).find((name) => !(SECTIONS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(noSuch("section", unknown, SECTIONS));
  const { users, groups, keys = {}, site = true } = document;
  if (typeof site !== "boolean") throw new Error(`site must be true or false and is ${valueText(site)}`);
  if (!isPlainObject(keys)) throw new Error("keys must be an object of public keys by their names");
  const byKey = new Map<string, string>();
  for (const [name, key] of Object.entries(keys)) {
    if (typeof key !== "string" || !PUBLIC_KEY.test(key.toLowerCase()))
      throw new Error(`the key ${valueText(name)} must be 64 hexadecimal digits and is ${valueText(key)}`);
    byKey.set(key.toLowerCase(), name);
  }
  return {
    policy: { users: listOf(users, "user"), groups: listOf(groups, "group"), keys: byKey },
    site,
  };
}

function listOf(list: unknown, what: "user" | "group"): Trusted[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new Error(`${what}s must be a list and is ${valueText(list)}`);
  return list.map((item: unknown): Trusted => {
    const { [what]: who = item, values = false, ...rest } = isPlainObject(item) ? item : {};
    const named = typeof who === "string" && who !== "";
    const whole = Number.isSafeInteger(who) && (who as number) >= 0;
    if (!(named || whole)) throw new Error(`a ${what} must be a name or a number and is ${valueText(item)}`);
    if (typeof values !== "boolean") throw new Error(`values of ${String(who)} must be true or false`);
    const extra = Object.keys(rest)[0];
    if (extra !== undefined) throw new Error(noSuch("property", extra, [what, "values"]));
    // a number as text is a number, as `chown` takes it
    return { who: named && /^\d+$/.test(who) ? Number(who) : (who as string | number), values };
  });
}
