/**
 * What code that the kernel evaluates among the person's may call: a hidden property of the global object (`HATCH`). Its
 * functions are the bundle's, so they work whatever a cell calls its variables.
 */
import { HATCH } from "./state.js";

const NAMES_MAX = 2000;
const DEPTH_MAX = 10;

export interface Hatch {
  /** Takes a value over from the inspector's world. */
  receive(value: unknown): void;
  /** Values that the next statement binds to imported names. */
  imported: Record<string, unknown>;
  /** Called in the middle of a cell, right before the controller terminates it. */
  beforeTermination(): void;
  now(): number;
  /** Names of properties along the prototypes, for completion; has no side effect. */
  namesOf(value: unknown): string[];
  boxed(value: unknown): unknown;
}

export function createHatch(receive: (value: unknown) => void): Hatch {
  const hatch: Hatch = {
    receive,
    imported: {},
    beforeTermination: () => undefined,
    now: () => performance.now(),
    namesOf,
    boxed: (value) => Object(value),
  };
  Object.defineProperty(globalThis, HATCH, { value: hatch });
  return hatch;
}

function namesOf(value: unknown): string[] {
  const names = new Set<string>();
  let at = Object(value);
  for (let depth = 0; at !== null && depth < DEPTH_MAX; depth++) {
    const isLong = (Array.isArray(at) || ArrayBuffer.isView(at)) && (at as ArrayLike<unknown>).length > NAMES_MAX;
    if (!isLong) for (const name of Object.getOwnPropertyNames(at)) names.add(name);
    if (names.size > NAMES_MAX) break;
    at = Object.getPrototypeOf(at);
  }
  return [...names].slice(0, NAMES_MAX);
}
