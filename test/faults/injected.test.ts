/**
 * One call of the file system goes wrong, whichever it is and however: nothing is misread, no exception reaches the caller, the
 * fault is told, and afterwards all is well.
 */
import { describe, expect, it } from "vitest";
import type { StoreFault } from "../../engine/src/cache/folder.js";
import { sameContent } from "../../engine/src/cache/publish.js";
import { contentOf, HOME, keyOf, kindOf, metaOf, openBoth, SHARED } from "../support/crash-workload.js";
import { type Faulty, faultyFiles, TROUBLES } from "../support/faulty-files.js";
import { SimulatedFiles } from "../support/simulated-files.js";

const NOW = 1.7e12;
/** Of the calls, one in so many; each kind of trouble begins at another one. */
const EVERY = process.env.SOJOURN_LONG === "1" ? 1 : 29;

interface Made {
  readonly disk: SimulatedFiles;
  readonly faulty: Faulty;
  readonly faults: StoreFault[];
  readonly both: ReturnType<typeof openBoth>;
}

/** A disk on which entries 0 and 1 are in both layers, and a store over it through which calls can fail. */
async function make(): Promise<Made> {
  const disk = new SimulatedFiles({ clock: () => NOW });
  const view = disk.view();
  for (const folder of ["/home", HOME, SHARED]) await view.mkdir(folder, { mode: 0o755 });
  const first = openBoth(
    view,
    () => NOW,
    () => {},
  );
  for (const i of [0, 1]) {
    first.store.put(metaOf(i), contentOf(i));
    first.shared.put(metaOf(i), contentOf(i));
  }
  await first.store.drain(60_000);
  await first.shared.settle();
  const faulty = faultyFiles(view);
  const faults: StoreFault[] = [];
  return {
    disk,
    faulty,
    faults,
    both: openBoth(
      faulty.files,
      () => NOW + 1,
      (fault) => faults.push(fault),
    ),
  };
}

/** Everything that a store does, one after another; no answer may be wrong, and nothing may throw. */
async function everything({ both: { store, shared } }: Made): Promise<void> {
  for (const i of [2, 3]) store.put(metaOf(i), contentOf(i));
  shared.put(metaOf(2), contentOf(2));
  store.count("once");
  await store.drain(60_000);
  await shared.settle();
  for (let i = 0; i < 4; i++)
    for (const layer of [store, shared]) {
      const found = await layer.get(kindOf(i), keyOf(i));
      if (found.outcome === "hit" && !sameContent(found.entry, contentOf(i))) throw new Error(`entry ${i} was misread`);
    }
  const now = store.getNow(kindOf(0), keyOf(0));
  if (now.outcome === "hit" && !sameContent(now.entry, contentOf(0))) throw new Error("entry 0 was misread at once");
  await store.describe(kindOf(0), keyOf(0));
  await store.pin(kindOf(1), keyOf(1), true);
  await store.status();
  await store.list();
  await store.resolve("0");
  await shared.writers();
  await store.reject(kindOf(3), keyOf(3));
  await store.remove(kindOf(0), keyOf(0), "asked");
  await store.folders[0].folder.ledger.fold();
  await store.vacuum({ largerThanBytes: 1e6 });
  await store.clear({ kinds: ["value"] });
  await store.transfer.verify();
}

/** What must hold once nothing fails any more. */
async function allIsWell({ disk }: Made): Promise<void> {
  const faults: StoreFault[] = [];
  const { store, shared } = openBoth(
    disk.view(),
    () => NOW + 7_200_000,
    (fault) => faults.push(fault),
  );
  for (const i of [0, 1, 2, 3]) {
    store.put(metaOf(i), contentOf(i));
    shared.put(metaOf(i), contentOf(i));
  }
  await store.drain(60_000);
  await shared.settle();
  shared.refresh();
  for (const i of [0, 1, 2, 3])
    for (const layer of [store, shared]) expect((await layer.get(kindOf(i), keyOf(i))).outcome).toBe("hit");
  await store.vacuum();
  await shared.own()?.sweep();
  expect(faults).toEqual([]);
  expect((await store.status()).kinds.map(({ entries }) => entries)).toEqual([2, 2, 0, 0]);
  expect((await store.status()).counters.once ?? 0).toBeLessThanOrEqual(1);
  expect(disk.list().filter(({ path }) => path.includes("/.tmp-"))).toEqual([]);
}

async function callsOfEverything(): Promise<number> {
  const made = await make();
  await everything(made);
  expect(made.faults).toEqual([]);
  await allIsWell(made);
  return made.faulty.calls;
}

describe("a call that goes wrong", () => {
  for (const trouble of TROUBLES)
    it(`with ${trouble} harms nothing, whichever it is`, async () => {
      const calls = await callsOfEverything();
      expect(calls).toBeGreaterThan(150);
      const wrong: string[] = [];
      for (let failing = 1 + (TROUBLES.indexOf(trouble) % EVERY); failing <= calls; failing += EVERY) {
        const made = await make();
        Object.assign(made.faulty, { failing, trouble });
        try {
          await everything(made);
          const { failed } = made.faulty;
          const told = made.faults.map(({ action, kind, code }) => `${action} ${kind} ${code}`);
          if (told.length > Math.max(1, failed.length)) wrong.push(`${failing} (${failed}): told ${told.join(", ")}`);
          await allIsWell(made);
        } catch (error) {
          wrong.push(`${failing} (${made.faulty.failed}): ${String((error as Error).stack).slice(0, 600)}`);
        }
      }
      expect(wrong).toEqual([]);
    });
});
