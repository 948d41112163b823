/**
 * Leases: notes that long work is under way, so that another process or node waits for its result instead of doing the same work.
 * They are hints. Nothing is wrong when one is lost, stale, doubled or forged by somebody trusted: whoever waits waits for a bounded
 * time, and then does the work.
 *
 *     <layer>/v1/leases/<kind>-<key in hex>-<random>    a few bytes that change while the work goes on
 *
 * Who works beats from a thread of its own, so that a busy main thread looks alive and a stopped or killed process does not. Who
 * waits compares what it reads with what it read before, by its own steady clock: no clock, process number or name of another
 * machine is believed.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { hex } from "../base/digest.js";
import { within } from "../base/within.js";
import type { StoredKind } from "./entry.js";
import type { FileSystem } from "./file-system.js";
import { namesIn, readSmall } from "./read.js";
import type { CacheSettings } from "./settings.js";
import type { Trust } from "./trust.js";

/** Times of leases, ms. */
export interface LeaseTimes {
  /** Between two beats. */
  readonly beatMs: number;
  /** Between two looks of who waits. */
  readonly lookMs: number;
  /** Without a beat for so long, as who waits has looked, the work counts as given up. */
  readonly deadMs: number;
  /** Nobody waits longer. */
  readonly waitMs: number;
}

export const LEASE_TIMES: LeaseTimes = { beatMs: 500, lookMs: 200, deadMs: 3000, waitMs: 600_000 };
/** A thread is started only for what has taken this long, or is expected to. */
const START_MS = 250;
/** A folder that does not answer is as good as empty. */
const PATIENCE_MS = 1000;
const IDLE_MS = 10_000;
const LEASE_BYTES_MAX = 200;

/** A folder of leases. */
export interface LeasePlace {
  readonly folder: string;
  readonly fileMode: number;
  /** Whether files have this mode whatever the umask says. */
  readonly exact: boolean;
  /** Whether the folder is this user's own, and may be made. */
  readonly make: boolean;
  /** Whether work is announced here, and not only looked for. */
  readonly announce: boolean;
  /** Whether the lease of another user counts. */
  readonly heeds: (kind: StoredKind, user: number) => boolean;
}

export interface LeaseOptions {
  readonly files: FileSystem;
  readonly places: readonly LeasePlace[];
  readonly own: number | undefined;
  /** Work that has taken this long is announced, ms; 0: none is. */
  readonly leaseMs: () => number;
  readonly times?: LeaseTimes | undefined;
}

export interface Leases {
  /**
   * Waits while somebody is at work on this entry. Answers how long, ms; 0 when nobody was. Never throws. Ends early when `stop`
   * answers true.
   */
  wait(kind: StoredKind, key: Uint8Array, stop?: () => boolean): Promise<number>;
  /**
   * Announces work once it has taken long; calling the answer ends that. `long`: it may block the
   * thread for long from now on, so that no timer of this thread would fire.
   */
  hold(kind: StoredKind, key: Uint8Array, long: boolean): () => void;
}

/** Where leases lie: in the private layer, and in the shared one for those who publish there. */
export function leasePlaces(
  { directory, sharedDirectory, publish }: Pick<CacheSettings, "directory" | "sharedDirectory" | "publish">,
  trust: Trust,
): LeasePlace[] {
  const [mine, common] = [directory, sharedDirectory].map((layer) => join(layer, "v1", "leases"));
  const places = [{ folder: mine, fileMode: 0o600, exact: false, make: true, announce: true, heeds: () => false }];
  if (sharedDirectory === "") return places;
  // of somebody whose results are not used nobody waits for one
  const heeds = (kind: StoredKind, user: number): boolean => trust.refusal({ kind, user }) === undefined;
  return [...places, { folder: common, fileMode: 0o644, exact: true, make: false, announce: publish, heeds }];
}

export function openLeases({ files, places, own, leaseMs, times = LEASE_TIMES }: LeaseOptions): Leases {
  let worker: Worker | undefined;
  let holds = 0;
  let active = 0;
  let idle: NodeJS.Timeout | undefined;
  const nameOf = (kind: StoredKind, key: Uint8Array): string => `${kind}-${hex(key)}`;

  /** What is under way, by path, as far as it counts. */
  async function look(kind: StoredKind, name: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const { folder, heeds } of places)
      for (const file of await namesIn(files, folder).catch(() => [])) {
        if (!file.startsWith(`${name}-`)) continue;
        const path = join(folder, file);
        // a file that cannot be read, or that somebody else made, is nobody's lease
        const read = await readSmall(files, path, LEASE_BYTES_MAX).catch(() => undefined);
        if (read && (read.uid === own || heeds(kind, read.uid))) found.set(path, read.bytes.toString("latin1"));
      }
    return found;
  }

  async function wait(kind: StoredKind, key: Uint8Array, stop: () => boolean = () => false): Promise<number> {
    if (leaseMs() <= 0) return 0;
    const start = performance.now();
    const name = nameOf(kind, key);
    const patient = async (): Promise<ReadonlyMap<string, string>> => {
      let seen: ReadonlyMap<string, string> = new Map();
      const looking = look(kind, name).then((found) => {
        seen = found;
      });
      await within(looking, PATIENCE_MS);
      return seen;
    };
    /** What was read of each, and for how long it has stayed so. */
    const known = new Map<string, { text: string; silentMs: number }>();
    const dead = new Set<string>();
    for (let looked = start; ; ) {
      const now = performance.now();
      // a gap between two looks is this process's own, and says nothing of others
      const since = Math.min(now - looked, 2 * times.lookMs);
      looked = now;
      const seen = await patient();
      let alive = false;
      for (const [path, text] of seen) {
        const before = known.get(path);
        const silentMs = before?.text === text ? before.silentMs + since : 0;
        known.set(path, { text, silentMs });
        if (silentMs < times.deadMs) alive = true;
        else dead.add(path);
      }
      if (!alive || stop() || now - start >= times.waitMs) break;
      await new Promise((resolve) => setTimeout(resolve, times.lookMs));
    }
    // only the owner can, and it spares others the wait
    for (const path of dead) await files.unlink(path).catch(() => {});
    return known.size === 0 ? 0 : performance.now() - start;
  }

  /** The thread that beats; undefined where none can be started. */
  function thread(): Worker | undefined {
    if (worker) return worker;
    try {
      worker = new Worker(SOURCE, {
        eval: true,
        workerData: { beatMs: times.beatMs },
        execArgv: [],
        env: {},
        stdin: false,
      });
    } catch {
      return undefined;
    }
    worker.on("error", () => {});
    worker.unref();
    return worker;
  }

  /** Nobody works: the thread goes after a while. */
  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (active > 0) return;
      void worker?.terminate();
      worker = undefined;
    }, IDLE_MS);
    idle.unref();
  }

  function hold(kind: StoredKind, key: Uint8Array, long: boolean): () => void {
    const afterMs = leaseMs();
    const announced = places.filter(({ announce }) => announce);
    if (afterMs <= 0 || announced.length === 0) return () => {};
    const id = ++holds;
    active++;
    let ended = false;
    const start = performance.now();
    const begin = (): void => {
      const name = `${nameOf(kind, key)}-${randomBytes(9).toString("hex")}`;
      const paths = announced.map(({ heeds: _, ...place }) => ({ ...place, path: join(place.folder, name) }));
      thread()?.postMessage({ id, paths, afterMs: Math.max(0, afterMs - (performance.now() - start)) });
    };
    let timer: NodeJS.Timeout | undefined;
    if (long) begin();
    else {
      timer = setTimeout(begin, Math.min(START_MS, afterMs));
      timer.unref();
    }
    return () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      worker?.postMessage({ id });
      if (--active === 0 && worker) rest();
    };
  }

  return { wait, hold };
}

/**
 * The program of the thread: source text, because a thread must not depend on where files of a bundle lie. A message with paths begins,
 * one without ends. What an interrupted process left is swept after a day, by the clock of the folder's own files.
 */
const SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const fs = require("node:fs");
const { dirname, join } = require("node:path");
const held = new Map();
const attempt = (work) => { try { return work(); } catch {} };
const SWEPT_MS = 86400000;
function beat(one) {
  one.beats++;
  for (const place of one.paths) attempt(() => {
    // never a file that others may have put there, and never what a link leads to
    if (place.handle === undefined || fs.fstatSync(place.handle).nlink === 0) {
      if (place.handle !== undefined) fs.closeSync(place.handle);
      place.handle = undefined;
      place.handle = fs.openSync(place.path, "wx", place.fileMode);
      if (place.exact) fs.fchmodSync(place.handle, place.fileMode);
    }
    fs.writeSync(place.handle, String(one.beats), 0);
    fs.fsyncSync(place.handle);
  });
}
function sweep({ folder, path }) {
  const now = fs.lstatSync(path).mtimeMs;
  for (const name of fs.readdirSync(folder)) attempt(() => {
    if (now - fs.lstatSync(join(folder, name)).mtimeMs > SWEPT_MS) fs.unlinkSync(join(folder, name));
  });
}
parentPort.on("message", ({ id, paths, afterMs }) => {
  const one = held.get(id);
  if (paths) {
    const fresh = { paths, beats: 0 };
    held.set(id, fresh);
    fresh.timer = setTimeout(() => {
      for (const { folder, make } of paths)
        if (make) for (const path of [dirname(dirname(folder)), dirname(folder), folder])
          attempt(() => fs.mkdirSync(path, { mode: 0o700 }));
      beat(fresh);
      for (const place of paths) attempt(() => sweep(place));
      fresh.timer = setInterval(beat, workerData.beatMs, fresh);
    }, afterMs);
  } else if (one) {
    clearTimeout(one.timer);
    held.delete(id);
    for (const { path, handle } of one.paths)
      if (handle !== undefined) {
        attempt(() => fs.closeSync(handle));
        attempt(() => fs.unlinkSync(path));
      }
  }
});
`;
