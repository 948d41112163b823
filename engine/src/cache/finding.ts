/** What an examination of the caches says: one finding at a time, with what to do about it. */

/** `note`: worth knowing, and nothing has to be done. */
export const LEVELS = ["ok", "note", "problem"] as const;

export interface Finding {
  readonly level: (typeof LEVELS)[number];
  /** What it is about: `private`, `scratch`, `shared`, `policy`, `keys` or `machine`. */
  readonly subject: string;
  /** A sentence. */
  readonly text: string;
  /** What to do, a sentence. */
  readonly action?: string;
}
