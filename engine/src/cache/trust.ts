/**
 * Whose entries may be used. A policy outside the caches lists writers and keys; without one, only what this user wrote is used.
 * Refusals are answers, not errors: they are shown and counted.
 *
 * | kind           | used when this user wrote it, or                                              |
 * |----------------|-------------------------------------------------------------------------------|
 * | graph, trace   | a listed user or group did, or a listed key signed it: both are checked again |
 * | evaluator      | a listed key signed it, because it is run                                     |
 * | value          | a listed key signed it, or the policy says `values` of who wrote it           |
 */
import type { EntrySignature, StoredKind } from "./entry.js";
import {
  type Policy,
  type PolicyFile,
  type PolicyPlaces,
  type PolicyState,
  readPolicy,
  type Trusted,
} from "./policy.js";
import { isSigned } from "./signing.js";
import { openUsers, type Users } from "./users.js";

export interface Origin {
  readonly kind: StoredKind;
  /** Number of the user who owns the file; undefined where users have no numbers. */
  readonly user: number | undefined;
  readonly signature?: EntrySignature | undefined;
}

export interface Refusal {
  /** Stable: `not-trusted` or `bad-signature`. */
  readonly code: "not-trusted" | "bad-signature";
  /** A part of a sentence. */
  readonly reason: string;
}

export interface Trust {
  /** Why an entry of this origin may not be used; undefined when it may. Without a signature: before the file is read. */
  refusal(origin: Origin): string | undefined;
  /** The same with a code. */
  judge(origin: Origin): Refusal | undefined;
  /** The name under which a public key of 32 bytes is listed; undefined when it is not. */
  knownKey(publicKey: Uint8Array): string | undefined;
  /** Whether any key is listed: if not, no signature makes a difference. */
  listsKeys(): boolean;
  /** The documents that say so, each with why it is not used, if it is not. */
  files(): readonly PolicyFile[];
  /** A user as people know them: `anna (1003)`. */
  userText(user: number | undefined): string;
}

/** A policy that changed counts after so long. */
const REREAD_MS = 5000;

export interface TrustOptions extends PolicyPlaces {
  readonly users?: Users;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

/** Trust by the policy. Reads nothing until it is asked. */
export function openTrust({ users = openUsers(), now = () => performance.now(), ...places }: TrustOptions): Trust {
  const { own } = places;
  let state: PolicyState | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  function current(): PolicyState {
    if (state === undefined || now() - readAt >= REREAD_MS) {
      state = readPolicy(places);
      readAt = now();
    }
    return state;
  }

  const numberOf = (who: string | number, find: (name: string) => number | undefined): number | undefined =>
    typeof who === "number" ? who : find(who);
  const listed = (user: number, { users: one, groups }: Policy, asked: (trusted: Trusted) => boolean): boolean =>
    one.some((trusted) => asked(trusted) && numberOf(trusted.who, users.userNumber) === user) ||
    groups.some((trusted) => {
      const group = asked(trusted) ? numberOf(trusted.who, users.groupNumber) : undefined;
      return group !== undefined && users.isMember(user, group);
    });

  function userText(user: number | undefined): string {
    if (user === undefined) return "somebody";
    const name = users.userName(user);
    return name === undefined ? `user ${user}` : `${name} (user ${user})`;
  }

  function judge({ kind, user, signature }: Origin): Refusal | undefined {
    if (user === own) return undefined;
    if (signature && !isSigned(signature))
      return { code: "bad-signature", reason: `${userText(user)} wrote it, and its signature is not that of its key` };
    const { policy, files } = current();
    if (signature && policy.keys.has(hexOf(signature.publicKey))) return undefined;
    const known = user !== undefined && listed(user, policy, () => true);
    if (known && (kind === "graph" || kind === "trace")) return undefined;
    if (known && kind === "value" && listed(user, policy, ({ values }) => values)) return undefined;
    const problem = files.find((file) => file.problem !== undefined)?.problem;
    const who = known
      ? kind === "value"
        ? `${userText(user)} wrote it, of whom the policy does not say "values": true`
        : `${userText(user)} wrote it, and evaluators of others are used only when signed by a key of the policy`
      : `${userText(user)} wrote it, whom the policy does not list`;
    const key = signature
      ? `, and the key ${hexOf(signature.publicKey).slice(0, 16)}… that signed it is not listed`
      : ", and it is not signed";
    return { code: "not-trusted", reason: `${who}${key}${problem === undefined ? "" : `; ${lower(problem)}`}` };
  }

  return {
    refusal: (origin) => judge(origin)?.reason,
    judge,
    knownKey: (publicKey) => current().policy.keys.get(hexOf(publicKey)),
    listsKeys: () => current().policy.keys.size > 0,
    files: () => current().files,
    userText,
  };
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A sentence as a part of another one. */
const lower = (sentence: string): string => sentence[0].toLowerCase() + sentence.slice(1).replace(/\.$/, "");
