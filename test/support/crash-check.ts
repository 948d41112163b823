/** What must hold of the disk after a crash, by the history of what was promised: see `crash-workload.ts`. */
import { hex } from "../../engine/src/base/digest.js";
import { rowKey } from "../../engine/src/cache/catalogue.js";
import { type Entry, type EntryContent, STORED_KINDS } from "../../engine/src/cache/entry.js";
import { type Folder, openFolder, type StoreFault } from "../../engine/src/cache/folder.js";
import { ELSEWHERE } from "../../engine/src/cache/ledger-file.js";
import { sameContent } from "../../engine/src/cache/publish.js";
import {
  contentOf,
  type History,
  KEYS,
  keyOf,
  kindOf,
  type Layer,
  metaOf,
  openBoth,
  SHARED,
} from "./crash-workload.js";
import { randomOf, type SimulatedFiles } from "./simulated-files.js";

const HOURS_2 = 7_200_000;
const own = process.getuid?.();

export interface Image {
  readonly history: History;
  /** The last step that happened. */
  readonly step: number;
  /** Undefined: processes were killed; else which loss of power. */
  readonly power: number | undefined;
}

const MORE = ["go on", "put again", "upkeep", "nothing", "upkeep", "nothing"] as const;

class Broken extends Error {}

/** Checks an image; throws what does not hold, with how to make it again. */
export async function checkImage({ history, step, power }: Image): Promise<void> {
  const { files, seed } = history;
  let later = 1;
  const clock = (): number => history.clock() + later;
  const disk = files.after(step, { clock }, power === undefined ? undefined : randomOf(seed, step, power));
  try {
    await checkDisk(history, step, power, disk, clock, (ms) => {
      later += ms;
    });
  } catch (error) {
    const where = `seed ${seed}, step ${step} of ${history.steps}, ${power === undefined ? "killed" : `loss of power ${power}`}`;
    const why = error instanceof Broken ? error.message : `an exception reached the caller: ${(error as Error).stack}`;
    throw new Error(`${where}: ${why}`);
  }
}

async function checkDisk(
  history: History,
  step: number,
  power: number | undefined,
  disk: SimulatedFiles,
  clock: () => number,
  wait: (ms: number) => void,
): Promise<void> {
  const must = (holds: boolean, what: () => string): void => {
    if (!holds) throw new Broken(what());
  };
  const view = disk.view();
  const faults: StoreFault[] = [];
  const onFault = (fault: StoreFault): number => faults.push(fault);
  const { store, shared } = openBoth(view, clock, onFault);
  const isRight = (entry: Pick<Entry, "attributes" | "arrays">, i: number): boolean =>
    sameContent(entry as EntryContent, contentOf(i)) && entry.attributes.i === i;
  const faultText = (): string =>
    faults.map(({ action, kind, code, message }) => `${action} ${kind} ${code}: ${message}`).join("; ");

  // the shared folder by itself, whatever its ledger says
  const names = await view.readdir(`${SHARED}/v1`).catch(() => []);
  const writers = names
    .filter((name) => /^u\d/.test(name))
    .map((name) => openShareFolder(`${SHARED}/v1/${name}`, view, clock, onFault));
  const inPrivate: boolean[] = [];
  const inShared: boolean[] = [];
  for (let i = 0; i < KEYS; i++) {
    for (const writer of writers) {
      const found = await writer.get(kindOf(i), keyOf(i));
      if (found.outcome === "hit") must(isRight(found.entry, i), () => `the shared entry ${i} was misread`);
      must(found.outcome !== "refused", () => `the shared entry ${i} is damaged: ${faultText()}`);
      inShared[i] ||= found.outcome === "hit";
    }
    must(
      inShared[i] || !isPromised(history, "shared", i, step),
      () => `the shared entry ${i} was reported and is lost`,
    );
  }
  must(faults.length === 0, () => `faults of the shared folder: ${faultText()}`);
  for (let i = 0; i < KEYS; i++) {
    const found = await store.get(kindOf(i), keyOf(i));
    if (found.outcome === "hit") must(isRight(found.entry, i), () => `the private entry ${i} was misread`);
    const now = store.getNow(kindOf(i), keyOf(i));
    must((now.outcome === "hit") === (found.outcome === "hit"), () => `the entry ${i} is answered otherwise at once`);
    inPrivate[i] = found.outcome === "hit";
    if (power !== undefined) continue;
    must(found.outcome !== "refused", () => `the private entry ${i} is damaged after a kill: ${faultText()}`);
    const lost = !inPrivate[i] && !history.evicts && isPromised(history, "private", i, step);
    must(!lost, () => `the private entry ${i} was reported and is lost after a kill`);
  }
  if (power === undefined) must(faults.length === 0, () => `faults after a kill: ${faultText()}`);

  await checkCounters(history, step, "private", store.folders[0].folder, power !== undefined, must);
  for (const writer of writers) await checkCounters(history, step, "shared", writer, false, must);

  // what comes after reading costs more than it, so each image is asked one thing more, or none
  const more = MORE[(step + (power ?? 0)) % MORE.length];
  if (more === "nothing") return;
  if (more === "put again") {
    // nobody lists the disk, and somebody makes it all again: then all is found again
    for (let i = 0; i < KEYS; i++) shared.put(metaOf(i), contentOf(i));
    await shared.settle();
    shared.refresh();
    for (let i = 0; i < KEYS; i++) {
      const answer = await shared.get(kindOf(i), keyOf(i));
      must(answer.outcome === "hit", () => `the entry ${i} was put again and is not found: ${faultText()}`);
    }
    return;
  }

  await store.status();
  for (const writer of [...writers, store.folders[0].folder]) {
    await writer.reconcile();
    await checkCatalogue(writer, must);
  }
  const found: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    const answer = await shared.get(kindOf(i), keyOf(i));
    if (answer.outcome === "hit") {
      must(isRight(answer.entry, i), () => `the entry ${i} was misread through the shared layer`);
      found.push(i);
    }
    must(
      answer.outcome === "hit" || !inShared[i],
      () => `the shared layer does not find the entry ${i} after reconciling`,
    );
  }

  wait(HOURS_2);
  await store.vacuum();
  for (const writer of writers) await writer.sweep();
  await checkCounters(history, step, "private", store.folders[0].folder, power !== undefined, must);
  for (const writer of writers) await checkCounters(history, step, "shared", writer, false, must);
  const left = disk.list().filter(({ path }) => path.includes("/.tmp-"));
  must(left.length === 0, () => `temporaries are left after upkeep: ${left.map(({ path }) => path).join(", ")}`);

  if (more !== "go on") return;
  const again = (step >> 2) % KEYS;
  store.put(metaOf(again), contentOf(again));
  shared.put(metaOf(again), contentOf(again));
  await store.drain(60_000);
  await shared.settle();
  const one = await store.get(kindOf(again), keyOf(again));
  must(
    one.outcome === "hit" && isRight(one.entry, again),
    () => `the entry ${again} cannot be written again: ${faultText()}`,
  );
  shared.refresh();
  const other = await shared.get(kindOf(again), keyOf(again));
  must(other.outcome === "hit", () => `the shared entry ${again} cannot be written again: ${faultText()}`);
}

type Must = (holds: boolean, what: () => string) => void;

function openShareFolder(
  root: string,
  files: Parameters<typeof openFolder>[0]["place"]["files"],
  clock: () => number,
  onFault: (fault: StoreFault) => void,
): Folder {
  const place = { files, owner: own, durable: true, folderMode: 0o755, fileMode: 0o644 };
  return openFolder({ root, place, clock, writable: true, onFault });
}

/** Whether an entry was reported to be there, and nobody has begun to remove it since or before in parallel. */
function isPromised({ kept }: History, layer: Layer, i: number, step: number): boolean {
  let there = false;
  for (const one of kept) {
    if (one.layer !== layer || one.i !== i || one.step > step) continue;
    if (one.what === "going") return false;
    there = true;
  }
  return there;
}

async function checkCounters(
  { counters }: History,
  step: number,
  layer: Layer,
  { ledger }: Folder,
  mayLose: boolean,
  must: Must,
): Promise<void> {
  const { counters: found } = await ledger.summary();
  for (const one of counters) {
    if (one.layer !== layer) continue;
    const times = found[one.name] ?? 0;
    must(times <= 1, () => `the ledger (${layer}) counts ${one.name} ${times} times`);
    const lost = times === 0 && one.writtenAt <= step && !mayLose;
    must(!lost, () => `the ledger (${layer}) has lost ${one.name}, which was written`);
  }
}

/** The ledger says what lies on the disk. */
async function checkCatalogue(folder: Folder, must: Must): Promise<void> {
  const onDisk: string[] = [];
  for (const kind of STORED_KINDS)
    for await (const { name, bytes } of folder.files(kind)) onDisk.push(`${kind} ${name.slice(0, 64)} ${bytes}`);
  const { columns, totals } = await folder.catalogue();
  const known: string[] = [];
  for (let row = 0; row < columns.count; row++)
    if ((columns.events[row] & ELSEWHERE) === 0)
      known.push(`${STORED_KINDS[columns.kinds[row]]} ${rowKey(columns, row)} ${columns.bytes[row]}`);
  must(
    onDisk.sort().join() === known.sort().join(),
    () => `the ledger says ${known.join()} and there is ${onDisk.join()}`,
  );
  const entries = STORED_KINDS.reduce((sum, kind) => sum + totals[kind].entries, 0);
  must(entries === onDisk.length, () => `the ledger counts ${entries} entries of ${onDisk.length}`);
}

export const keyText = (i: number): string => hex(keyOf(i));
