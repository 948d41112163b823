/**
 * Crashes after every operation of several processes on a simulated disk, killed or without power: what is left is read right, what was
 * promised is there, and everything goes on. A sample here; all in `npm run test:long`.
 */
import { expect, it } from "vitest";
import { checkImage } from "../support/crash-check.js";
import { runWorkload } from "../support/crash-workload.js";
import { randomOf } from "../support/simulated-files.js";

const LONG = process.env.SOJOURN_LONG === "1";
const KILLS = Number(process.env.SOJOURN_CRASH_KILLS ?? (LONG ? 10_000 : 150));
const LOSSES_PER_KILL = 5;
/** Of the steps of a workload, how many are looked at. */
const STEPS = Number(process.env.SOJOURN_CRASH_STEPS ?? (LONG ? Infinity : 12));
const SEED = Number(process.env.SOJOURN_SEED ?? 20261121);

it(
  "after a crash nothing is misread, and nothing that was promised is lost",
  async () => {
    const random = randomOf(SEED);
    let [kills, losses] = [0, 0];
    for (let workload = 0; kills < KILLS; workload++) {
      const history = await runWorkload(SEED + workload);
      // how long a process waits for a disk goes by the true clock, which a machine under load can outrun
      expect(history.faults.filter(({ code }) => code !== "no-answer")).toEqual([]);
      const chance = STEPS / (history.steps - history.first + 1);
      for (let step = history.first; step <= history.steps && kills < KILLS; step++) {
        if (random() >= chance) continue;
        await checkImage({ history, step, power: undefined });
        kills++;
        if (LONG && kills % 1000 === 0) process.stdout.write(`${kills} kills, ${losses} losses of power\n`);
        for (let power = 0; power < LOSSES_PER_KILL; power++, losses++) await checkImage({ history, step, power });
      }
    }
    expect(losses).toBe(LOSSES_PER_KILL * kills);
  },
  LONG ? 3_600_000 : 120_000,
);
