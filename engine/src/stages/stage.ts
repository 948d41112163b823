/**
 * One stage behind its caches: memory first, then the layers of the store, else it is made, kept and written behind. Whatever is
 * wrong with a cache makes a miss or a bypass with a reason, never a fault of the build.
 */
import { hex } from "../base/digest.js";
import type { Wire } from "../base/wire.js";
import { type CacheKey, type Lookup, type StoredKind, sameContent } from "../cache/index.js";
import type { StageReport } from "../handle/report.js";
import { NotIdentifiable } from "../model/identity.js";
import { differences, differenceText } from "./explain.js";
import { keepFound, keepMade } from "./keep.js";
import { countChanges, reporter } from "./report.js";
import type { StageServices } from "./services.js";

export interface Stage<T> {
  readonly kind: StoredKind;
  readonly model: string;
  readonly cache: boolean | "rebuild";
  /** Throws `NotIdentifiable` when what the stage depends on cannot be told apart safely. */
  readonly key: () => CacheKey;
  readonly make: () => T | Promise<T>;
  /** Whether making may take seconds without a break, so that no timer fires meanwhile. */
  readonly long?: boolean;
  /** Whether the caller has lost interest: then nobody's work is waited for. */
  readonly interrupted?: () => boolean;
  readonly toWire: (value: T) => Wire;
  /** Throws when the wire does not hold a sound value; what is `known` to be sound need not be looked at again. */
  readonly fromWire: (wire: Wire, known: boolean) => T;
}

/** Answers the value and how it was come by. Throws what making it throws. */
export async function runStage<T>(services: StageServices, stage: Stage<T>): Promise<[T, StageReport]> {
  const start = performance.now();
  const { kind, model } = stage;
  const report = reporter(services, kind, model, start);

  if (stage.cache === false) return [await stage.make(), report("bypass", { reason: "switched off for this build" })];
  let key: CacheKey;
  try {
    key = stage.key();
  } catch (error) {
    const reason =
      error instanceof NotIdentifiable ? error.message : `the key could not be made: ${(error as Error).message}`;
    return [await stage.make(), report("bypass", { reason })];
  }
  // builds at once of one process make it once: who comes later finds it in memory, or at least on its way to the disk
  const id = `${kind} ${hex(key.bytes)}`;
  for (let other = services.running.get(id); other !== undefined; other = services.running.get(id)) await other;
  const work = lookUpOrMake(services, stage, key, report);
  const ended = work.then(
    () => {},
    () => {},
  );
  services.running.set(id, ended);
  try {
    return await work;
  } finally {
    if (services.running.get(id) === ended) services.running.delete(id);
  }
}

async function lookUpOrMake<T>(
  services: StageServices,
  stage: Stage<T>,
  key: CacheKey,
  report: ReturnType<typeof reporter>,
): Promise<[T, StageReport]> {
  const { store, recent } = services;
  const { kind, model } = stage;
  const name = hex(key.bytes);
  const before = recent.get(`${kind} ${model}`);
  recent.set(`${kind} ${model}`, key);

  let outcome: "miss" | "refused" = "miss";
  let reason = "rebuilt on demand";
  let again: Made<T> | undefined;
  if (stage.cache !== "rebuild") {
    const inMemory = (why?: string): [T, StageReport] | undefined => {
      const kept = store.memory.get(kind, name);
      const more = { key: name, layer: "memory", ...(why && { reason: why }) };
      return kept && [kept.value as T, report("hit", { ...more, costMs: kept.costMs })];
    };
    const kept = inMemory();
    if (kept) return kept;
    const read = async (): Promise<Lookup> => {
      const began = performance.now();
      const answer = await store.get(kind, key.bytes);
      services.profiler.note("cache read", model, `${kind}: ${answer.outcome}`, began);
      return answer;
    };
    let found = await read();
    let waited: string | undefined;
    if (found.outcome !== "hit" && isRebuildable(kind)) {
      const ms = await store.leases.wait(kind, key.bytes, stage.interrupted);
      if (ms > 0) {
        waited = `waited ${(ms / 1000).toFixed(1)} s for somebody who was making it`;
        store.count(`waited.${kind}`);
        const ready = inMemory(waited);
        if (ready) return ready;
        found = await read();
      }
    }
    if (found.outcome === "hit") {
      const { entry, layer } = found;
      const taken = await take(services, stage, key, found);
      if ("value" in taken) {
        const { value } = taken;
        keepFound(services, { kind, model, key, value }, found);
        const why = taken.reason ?? waited;
        return [value, report("hit", { key: name, layer, costMs: entry.costMs, ...(why && { reason: why }) })];
      }
      outcome = "refused";
      ({ reason, again } = taken);
    } else {
      ({ outcome, reason } = found);
      if (waited) reason += `, ${waited}`;
    }
    if (outcome === "miss" && before) {
      const changes = differences(before, key);
      const why = differenceText(changes);
      if (why) reason += `: ${why}`;
      countChanges(services, kind, model, changes);
    }
  }

  const end = isRebuildable(kind) ? store.leases.hold(kind, key.bytes, stage.long === true) : () => {};
  let published: Promise<unknown> | undefined;
  try {
    const { value, costMs } = again ?? (await madeBy(services, stage));
    const changed = keyChanged(stage.key, key);
    if (changed) return [value, report("bypass", { reason: changed })];
    const { minCostMs: leastMs, leaseMs } = store.settings;
    const writes = keepMade(services, { kind, model, key, value, wire: stage.toWire(value), costMs, leastMs });
    // who waits for it must find it when the lease goes
    if (writes && costMs >= leaseMs) published = store.drain(PUBLISHED_MS);
    return [value, report(outcome, { reason, key: name })];
  } finally {
    if (published) void published.then(end, end);
    else end();
  }
}

/** How long the end of a lease waits for what was made to be written. */
const PUBLISHED_MS = 5000;

/** Graphs and traces take long and come out the same each time: they are waited for, and made again by chance. */
const isRebuildable = (kind: StoredKind): boolean => kind === "graph" || kind === "trace";

interface Made<T> {
  readonly value: T;
  readonly costMs: number;
}

async function madeBy<T>({ profiler }: StageServices, { make, kind, model }: Stage<T>): Promise<Made<T>> {
  const start = performance.now();
  const value = await make();
  if (kind === "graph" || kind === "trace") profiler.note(kind, model, "made", start);
  return { value, costMs: performance.now() - start };
}

type Taken<T> =
  | { readonly value: T; readonly reason?: string }
  /** `again`: what was made instead. */
  | { readonly again: Made<T> | undefined; readonly reason: string };

/** What an entry holds, unless it makes no sense, or differs from what is made again by chance; then that is what counts. */
async function take<T>(
  services: StageServices,
  stage: Stage<T>,
  key: CacheKey,
  { entry, sample, layer }: Extract<Lookup, { outcome: "hit" }>,
): Promise<Taken<T>> {
  const { store, producer } = services;
  const { kind } = stage;
  let value: T;
  try {
    // what lies in the user's own folders was made, or looked at before it was copied there, by this same code
    const known = (layer === "private" || layer === "scratch") && entry.producer === producer;
    value = stage.fromWire(entry, known);
  } catch (error) {
    await store.reject(kind, key.bytes);
    return { again: undefined, reason: `the entry made no sense: ${(error as Error).message}` };
  }
  if (!sample || !isRebuildable(kind)) return { value };
  const again = await madeBy(services, stage);
  if (!sameContent(stage.toWire(again.value), entry)) return { again, reason: await store.distrust(kind, key.bytes) };
  store.count(`sampled.${kind}`);
  return { value: again.value, reason: "made again by chance, and it came out the same" };
}

/** A rule that changes what it captures while it runs has no value that could be kept. */
function keyChanged(make: () => CacheKey, before: CacheKey): string | undefined {
  try {
    return make().bytes.equals(before.bytes) ? undefined : "what the rule captures changed while it ran";
  } catch (error) {
    return (error as Error).message;
  }
}
