/**
 * The tree of errors. Every message is one sentence with the action, the thing and the state; every error has a
 * stable `code` that programs may test. Anything else that is thrown is a mistake of ours.
 */

export class SojournError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** What the user gave cannot be used: a model, a θ, a request. Exit code 2 on the command line. */
export class InputError extends SojournError {}

/** A lane had no result, and the caller asked for a plain number that cannot carry a status. */
export class LaneError extends SojournError {}

/** The user interrupted; what was computed so far is dropped, caches stay valid. */
export class InterruptedError extends SojournError {
  constructor(what: string) {
    super("interrupted", `Interrupted while ${what}.`);
  }
}

/** The engine was used after `close()`. */
export class ClosedError extends SojournError {
  constructor(what: string) {
    super("closed", `Cannot ${what}: the engine is closed.`);
  }
}

/** Our own mistakes, never the user's. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${what}.`);
}
