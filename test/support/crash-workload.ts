/**
 * Several processes at work on one private and one shared folder of a simulated disk, in an order that a seed chooses, with notes of what
 * each was promised and when: the history that an image of the disk after a crash must agree with.
 */
import { digestOf } from "../../engine/src/base/digest.js";
import type { EntryContent, EntryMeta, StoredKind } from "../../engine/src/cache/entry.js";
import type { FileSystem } from "../../engine/src/cache/file-system.js";
import type { StoreFault } from "../../engine/src/cache/folder.js";
import { openShared, type SharedLayer } from "../../engine/src/cache/shared.js";
import { openStore } from "../../engine/src/cache/store.js";
import type { Store } from "../../engine/src/cache/store-types.js";
import type { Trust } from "../../engine/src/cache/trust.js";
import { type Random, randomOf, SimulatedFiles, Turns } from "./simulated-files.js";

export const HOME = "/home/ann";
export const SHARED = "/shared";
export const KEYS = 8;
const START = 1.7e12;
const KINDS: readonly StoredKind[] = ["graph", "trace", "evaluator", "value"];

/** Everybody is trusted. */
const TRUST = {
  refusal: () => undefined,
  judge: () => undefined,
  knownKey: () => undefined,
  listsKeys: () => false,
  files: () => [],
  userText: (user: number | undefined) => `user ${user}`,
} as Trust;

export const kindOf = (i: number): StoredKind => KINDS[i % 2];
const NUMBERS = Array.from({ length: KEYS }, (_, i) => i);
const ALL_KEYS = NUMBERS.map((i) => digestOf(["crash", i]));
const ALL_CONTENTS = NUMBERS.map(
  (i): EntryContent => ({
    attributes: { name: `model ${i % 3}`, i },
    arrays: { values: Float64Array.from({ length: 20 + 90 * i }, (_, j) => i + j / 1024), marks: Uint8Array.of(i) },
  }),
);
export const keyOf = (i: number): Buffer => ALL_KEYS[i];
/** The one content that is ever published under key i. */
export const contentOf = (i: number): EntryContent => ALL_CONTENTS[i];
export const metaOf = (i: number): EntryMeta & { kind: StoredKind } => ({
  kind: kindOf(i),
  key: keyOf(i),
  producer: "crash",
  components: { inputs: String(i) },
  createdMs: START,
  costMs: 1 + i,
});

/** A store and a shared layer over some file system, that trust everybody and read no settings of this machine. */
export function openBoth(
  files: FileSystem,
  clock: () => number,
  onFault: (fault: StoreFault) => void,
  capBytes = 1e9,
): { readonly store: Store; readonly shared: SharedLayer } {
  const store = openStore({
    directory: HOME,
    settings: { capBytes, graceMs: 0 },
    environment: { HOME: "/nowhere" },
    config: "",
    fileSystem: files,
    clock,
    trust: TRUST,
    onFault,
  });
  const own = process.getuid?.();
  const shared = openShared({ directory: SHARED, files, clock, own, trust: TRUST, onFault });
  return { store, shared };
}

/** What was promised, by the number of the step after which it was. */
export interface History {
  readonly seed: number;
  readonly files: SimulatedFiles;
  /** The step before the first, and the last. */
  readonly first: number;
  readonly steps: number;
  readonly clock: () => number;
  /** Steps at which entries were reported to be there, and at which their removal began. */
  readonly kept: readonly Promised[];
  /** Counters that were counted once, and, if they were, the step at which they were written. */
  readonly counters: readonly { readonly layer: Layer; readonly name: string; readonly writtenAt: number }[];
  /** Of the processes that lived. */
  readonly faults: readonly StoreFault[];
  /** Whether entries may have been evicted at any time. */
  readonly evicts: boolean;
}

export type Layer = "private" | "shared";

interface Promised {
  readonly layer: Layer;
  readonly i: number;
  readonly step: number;
  readonly what: "there" | "going";
}

interface Actor {
  readonly who: number;
  readonly store: Store;
  readonly shared: SharedLayer;
  readonly random: Random;
  actions: number;
}

/** Runs a workload to its end; one of its processes may die on the way. */
export async function runWorkload(seed: number, { writers = 3, actions = 7 } = {}): Promise<History> {
  const random = randomOf(seed);
  let files: SimulatedFiles | undefined;
  const clock = (): number => START + (files?.step ?? 0);
  const disk = new SimulatedFiles({ clock });
  files = disk;
  const setup = disk.view();
  for (const folder of ["/home", HOME, SHARED]) await setup.mkdir(folder, { mode: 0o755 });
  disk.settle();
  const first = disk.step;

  const kept: Promised[] = [];
  const counters: { layer: Layer; name: string; writtenAt: number }[] = [];
  const faults: StoreFault[] = [];
  const evicts = random() < 0.3;
  const turns = new Turns(random);
  const note = (layer: Layer, i: number, what: Promised["what"]): number =>
    kept.push({ layer, i, step: disk.step, what });

  const dies = random() < 0.25 ? Math.floor(random() * writers) : -1;
  const diesAt = 30 + random() * 150;
  const turn = (who: number): Promise<void> => {
    if (who === dies && disk.step >= diesAt) turns.kill(who);
    return turns.take(who);
  };

  const actors = Array.from({ length: writers }, (_, who): Actor => {
    const view = disk.view({
      turn: () => turn(who),
      part: (length) => (random() < 0.05 && length > 1 ? 1 + Math.floor(random() * (length - 1)) : length),
    });
    const both = openBoth(view, clock, (fault) => void (who !== dies && faults.push(fault)), evicts ? 6000 : 1e9);
    return { who, ...both, random: randomOf(seed, who), actions };
  });

  /** Counts something under a name of its own, so that counting it twice would show. */
  async function countOnce(
    layer: Layer,
    ledger: { count(name: string): void; flush(): Promise<void> },
    name: string,
  ): Promise<void> {
    const one = { layer, name, writtenAt: Infinity };
    counters.push(one);
    ledger.count(name);
    const before = faults.length;
    await ledger.flush();
    if (faults.length === before) one.writtenAt = disk.step;
  }

  async function act({ who, store, shared, random: chance }: Actor, turn: number): Promise<void> {
    const i = Math.floor(chance() * KEYS);
    const [kind, key] = [kindOf(i), keyOf(i)];
    const home = store.folders[0].folder;
    switch (Math.floor(chance() * 14)) {
      case 0:
      case 1:
      case 2:
        store.put(metaOf(i), contentOf(i), () => note("private", i, "there"));
        return;
      case 3:
      case 4:
      case 5:
        shared.put(metaOf(i), contentOf(i), () => note("shared", i, "there"));
        if (chance() < 0.5) return;
        await shared.settle();
        // whoever waits for the write has a promise too, also when somebody else's was there before
        note("shared", i, "there");
        return;
      case 6:
        await store.get(kind, key);
        return;
      case 7:
        await shared.get(kind, key);
        return;
      case 8:
        note("private", i, "going");
        await store.remove(kind, key, "asked");
        return;
      case 9:
        for (let j = 0; j < KEYS; j++) note("private", j, "going");
        if (chance() < 0.5) await store.clear();
        else await store.vacuum({ largerThanBytes: 3000 });
        return;
      case 10:
        note("private", i, "going");
        await store.reject(kind, key);
        return;
      case 11:
        await countOnce("private", home.ledger, `${who}.${turn}`);
        if (chance() < 0.5) await home.ledger.fold();
        return;
      case 12: {
        const own = shared.own();
        if (own === undefined) return;
        await countOnce("shared", own.ledger, `${who}.${turn}`);
        if (chance() < 0.7) await own.ledger.fold();
        else if (chance() < 0.5) await own.reconcile();
        return;
      }
      default:
        if (chance() < 0.5) await home.reconcile();
        else await store.drain(60_000);
    }
  }

  const work = actors.map(async (actor) => {
    for (let turn = 0; turn < actor.actions; turn++) await act(actor, turn);
    await actor.store.drain(60_000);
    await actor.shared.settle();
  });
  await Promise.all(work.filter((_, who) => who !== dies));
  turns.kill(dies);
  return { seed, files: disk, first, steps: disk.step, clock, kept, counters, faults, evicts };
}
