/**
 * Whose entries may be used. A policy file outside the caches lists writers and keys; without one, only what this user wrote
 * and what is in the policy's keys is used. Refusals are answers, not errors: they are shown and counted.
 */
import type { EntrySignature, StoredKind } from "./entry.js";

export interface Origin {
  readonly kind: StoredKind;
  /** Number of the user who owns the file; undefined where users have no numbers. */
  readonly user: number | undefined;
  readonly signature?: EntrySignature | undefined;
}

export interface Trust {
  /** Why an entry of this origin may not be used; undefined when it may. Without a signature: before the file is read. */
  refusal(origin: Origin): string | undefined;
}

/** Trusts one user and nobody else. */
export const trustOwn = (own: number | undefined): Trust => ({
  refusal: ({ user }) =>
    user === own ? undefined : `user ${user} wrote it, whom the policy does not list, and it is not signed`,
});
