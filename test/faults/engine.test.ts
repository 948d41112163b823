/**
 * A cell does not fail because a disk does: an engine builds and answers right whichever call of the file system goes wrong, once or
 * for good, and also where nothing can be read or written at all.
 */
import { afterEach, describe, expect, it } from "vitest";
import { nodeFileSystem } from "../../engine/src/cache/file-system.js";
import { openEngine } from "../../engine/src/engine.js";
import { type Faulty, faultyFiles, TROUBLES, type Trouble } from "../support/faulty-files.js";
import { temporaryFolder } from "../support/sojourn.js";

const LONG = process.env.SOJOURN_LONG === "1";
const real = { ...nodeFileSystem };

/** All that engines of this process do goes through what is answered. */
function intercept(): Faulty {
  const faulty = faultyFiles(real, (_, path) => path.includes("sojourn-engine-"));
  Object.assign(nodeFileSystem, faulty.files);
  return faulty;
}

afterEach(() => {
  Object.assign(nodeFileSystem, real);
});

/** Two builds, the second of which may find the first: the mean time of coalescence of five is 2 (1 − 1/5). */
async function means(cacheDirectory: string): Promise<{ means: number[]; faults: number }> {
  let faults = 0;
  const found: number[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const engine = openEngine({
      cacheDirectory,
      cache: { memoryBytes: 0 },
      onEvent: (event) => {
        if (event.type === "fault") faults++;
      },
    });
    const ph = await engine.families.coalescent.build({ n: 5 });
    found.push(await ph.mean({ rate: 1 }));
    await engine.close();
  }
  return { means: found, faults };
}

async function callsOfTwo(): Promise<number> {
  const faulty = intercept();
  expect(await means(temporaryFolder("engine"))).toEqual({ means: [1.6, 1.6], faults: 0 });
  return faulty.calls;
}

describe("an engine answers right", () => {
  for (const trouble of TROUBLES)
    it(`when a call goes wrong with ${trouble}`, async () => {
      const calls = await callsOfTwo();
      expect(calls).toBeGreaterThan(50);
      const every = LONG ? 1 : Math.ceil(calls / 6);
      for (let failing = 1 + (TROUBLES.indexOf(trouble) % every); failing <= calls; failing += every) {
        const faulty = intercept();
        Object.assign(faulty, { failing, trouble });
        const { means: found, faults } = await means(temporaryFolder("engine"));
        expect(found, `call ${failing}: ${faulty.failed}`).toEqual([1.6, 1.6]);
        expect(faults, `call ${failing}: ${faulty.failed}`).toBeLessThanOrEqual(Math.max(1, faulty.failed.length));
      }
    });

  for (const trouble of ["EIO", "ENOSPC", "EROFS", "ESTALE"] as const satisfies readonly Trouble[])
    it(`where every call goes wrong with ${trouble}, from the first or a later one`, async () => {
      for (const failing of [1, 20, 60]) {
        const faulty = intercept();
        Object.assign(faulty, { failing, trouble, lasting: true });
        expect((await means(temporaryFolder("engine"))).means).toEqual([1.6, 1.6]);
        expect(faulty.failed.length).toBeGreaterThan(0);
      }
    });
});
