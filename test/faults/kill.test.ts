/** kill −9 in the middle of writing: whatever is left, an entry loads right or not at all. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openStore, type StoreFault } from "@sojourn/engine/cache";
import { expect, it } from "vitest";
import { randomOf } from "../support/simulated-files.js";
import { temporaryFolder } from "../support/sojourn.js";

const WRITER = fileURLToPath(new URL("writer.mjs", import.meta.url));
const LONG = process.env.SOJOURN_LONG === "1";
const KILLS = LONG ? 150 : 12;
const SEED = Number(process.env.SOJOURN_SEED ?? 20261121);

async function writeAndKill(directory: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
}

it("leaves no entry that loads wrongly", async () => {
  const directory = temporaryFolder("kill");
  const random = randomOf(SEED);
  let temporaries = 0;
  let entries = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await writeAndKill(directory, 3 + Math.floor(90 * random()));
    const faults: StoreFault[] = [];
    const store = openStore({ directory, onFault: (fault) => faults.push(fault) });
    const { total } = await store.list({ limit: 0 });
    let hits = 0;
    for (let i = 0; hits < total && i < total + 1000; i++) {
      const found = await store.get("graph", createHash("sha256").update(String(i)).digest());
      if (found.outcome !== "hit") continue;
      hits++;
      const values = found.entry.arrays.values as Float64Array;
      expect(found.entry.attributes.name).toBe(String(i));
      expect(values.length === 20_000 && values.every((value) => value === i)).toBe(true);
    }
    expect(hits).toBe(total);
    entries += total;
    expect(faults).toEqual([]);
    // from the top: an early kill comes before the folder of the kind
    temporaries += readdirSync(directory, { recursive: true }).filter((name) => String(name).includes(".tmp-")).length;
    await store.clear();
  }
  // the kills did land in the middle of writes, or this test would have shown nothing
  expect(temporaries).toBeGreaterThan(0);
  expect(entries).toBeGreaterThan(0);
}, 600_000);
