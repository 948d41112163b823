/** Long work is done once: real processes that work, block, are stopped or are killed, and somebody who waits for them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@sojourn/engine/cache";
import { afterEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const PROGRAM = fileURLToPath(new URL("./holder.mjs", import.meta.url));
const KEY = Buffer.alloc(32, 7);
const TIMES = { beatMs: 50, lookMs: 40, deadMs: 800, waitMs: 20_000 };
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  vi.restoreAllMocks();
});

interface Holder {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
}

/** Starts a holder, and answers once it has announced its work. */
async function start(
  directory: string,
  how: string,
  milliseconds: number,
  before: readonly string[] = [],
): Promise<Holder> {
  const words = [...before, process.execPath, PROGRAM, how, String(milliseconds)];
  const child = spawn(words[0], words.slice(1), {
    env: {
      ...process.env,
      SOJOURN_CACHE_DIR: directory,
      SOJOURN_LEASE_MS: how === "build" ? "300" : "1",
      LEASE_TIMES: JSON.stringify(TIMES),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  let text = "";
  child.stdout?.on("data", (more) => {
    text += more;
  });
  const ended = once(child, "close").then(() => {
    running.delete(child);
    return text;
  });
  await expect.poll(() => text, { timeout: 20_000 }).toContain("working");
  return { child, ended };
}

const leasesIn = (directory: string): string[] => {
  try {
    return readdirSync(join(directory, "v1", "leases"));
  } catch {
    return [];
  }
};
const announced = (directory: string, count = 1) =>
  expect.poll(() => leasesIn(directory).length, { timeout: 20_000 }).toBe(count);
const waiter = (directory: string, times = {}) =>
  openStore({ directory, settings: { leaseMs: 1 }, leaseTimes: { ...TIMES, ...times } }).leases;

describe("who waits for somebody at work", () => {
  it("waits until the work is done, and for nothing else", async () => {
    const directory = temporaryFolder("lease");
    expect(await waiter(directory).wait("graph", KEY)).toBe(0);
    const { ended } = await start(directory, "work", 2500);
    await announced(directory);
    expect(await waiter(directory).wait("trace", KEY)).toBe(0);
    expect(await waiter(directory).wait("graph", Buffer.alloc(32, 8))).toBe(0);
    const waited = await waiter(directory).wait("graph", KEY);
    expect(waited).toBeGreaterThan(TIMES.deadMs);
    expect(leasesIn(directory)).toEqual([]);
    await ended;
  });

  it("takes a busy thread for what it is, and not for a dead process", async () => {
    const directory = temporaryFolder("lease-busy");
    const { ended } = await start(directory, "block", 4000);
    await announced(directory);
    expect(await waiter(directory).wait("graph", KEY)).toBeGreaterThan(2.5 * TIMES.deadMs);
    await ended;
  });

  it("gives up on a killed process, and spares others the wait", async () => {
    const directory = temporaryFolder("lease-killed");
    const { child, ended } = await start(directory, "work", 60_000);
    await announced(directory);
    child.kill("SIGKILL");
    await ended;
    const waited = await waiter(directory).wait("graph", KEY);
    expect(waited).toBeGreaterThanOrEqual(TIMES.deadMs - TIMES.lookMs);
    expect(waited).toBeLessThan(TIMES.deadMs + 3000);
    expect(leasesIn(directory)).toEqual([]);
    expect(await waiter(directory).wait("graph", KEY)).toBe(0);
  });

  it("gives up on a stopped process, which announces itself again when it goes on", async () => {
    const directory = temporaryFolder("lease-stopped");
    const { child } = await start(directory, "work", 60_000);
    await announced(directory);
    child.kill("SIGSTOP");
    expect(await waiter(directory).wait("graph", KEY)).toBeLessThan(TIMES.deadMs + 3000);
    expect(leasesIn(directory)).toEqual([]);
    child.kill("SIGCONT");
    await announced(directory);
    const waited = await waiter(directory, { waitMs: 1500 }).wait("graph", KEY);
    expect(waited).toBeGreaterThanOrEqual(1500);
  });

  it("waits no longer than it may, nor than it wants to", async () => {
    const directory = temporaryFolder("lease-bounded");
    await start(directory, "work", 60_000);
    await announced(directory);
    const bounded = await waiter(directory, { waitMs: 1000 }).wait("graph", KEY);
    expect(bounded).toBeGreaterThanOrEqual(1000);
    expect(bounded).toBeLessThan(4000);
    const from = performance.now();
    expect(await waiter(directory).wait("graph", KEY, () => performance.now() - from > 300)).toBeLessThan(3000);
    expect(leasesIn(directory)).toHaveLength(1);
  });

  it("believes no clock but its own steady one", async () => {
    const directory = temporaryFolder("lease-clock");
    const { ended } = await start(directory, "work", 3000);
    await announced(directory);
    const [lease] = leasesIn(directory).map((name) => join(directory, "v1", "leases", name));
    const day = 24 * 3600;
    let jump = 0;
    vi.spyOn(Date, "now").mockImplementation(() => {
      jump = -jump * 2 + 86_400_000;
      return 1.7e12 + jump;
    });
    const jumping = setInterval(() => {
      try {
        utimesSync(lease, jump % 2 ? 0 : 1.7e9 + 3650 * day, jump % 2 ? 0 : 1.7e9 - 3650 * day);
      } catch {
        // the work is done
      }
    }, 30);
    const waited = await waiter(directory).wait("graph", KEY);
    clearInterval(jumping);
    expect(waited).toBeGreaterThan(2 * TIMES.deadMs);
    await ended;
  });

  it("tells apart processes of one number on nodes of one name", async () => {
    const directory = temporaryFolder("lease-nodes");
    // each is process 1 of a world of its own, on a host of the same name
    const world = [["-pf"], ["-Urpf"]].find((options) => spawnSync("unshare", [...options, "true"]).status === 0);
    const before = world === undefined ? [] : ["unshare", ...world, "--kill-child"];
    const [first, second] = [
      await start(directory, "work", 60_000, before),
      await start(directory, "work", 4000, before),
    ];
    await announced(directory, 2);
    first.child.kill("SIGKILL");
    await first.ended;
    // the dead one neither ends the wait nor makes it longer
    const waited = await waiter(directory).wait("graph", KEY);
    expect(waited).toBeGreaterThan(1.5 * TIMES.deadMs);
    expect(waited).toBeLessThan(10_000);
    expect(leasesIn(directory)).toEqual([]);
    await second.ended;
  });
});

describe("two engines", () => {
  it("do not make at once what takes long", async () => {
    const directory = temporaryFolder("lease-engines");
    const first = await start(directory, "build", 200);
    await announced(directory);
    const second = await start(directory, "build", 200);
    const [one, other] = (await Promise.all([first.ended, second.ended])).map((text) =>
      JSON.parse(text.split("\n")[1]),
    );
    expect(one).toMatchObject({ graph: { outcome: "miss" } });
    expect(other).toMatchObject({
      graph: { outcome: "hit", layer: "private", reason: expect.stringMatching(/^waited \d+\.\d s for somebody/) },
      waited: 1,
    });
    expect(leasesIn(directory)).toEqual([]);
  });

  it("make what takes long themselves when whoever was at it is gone", async () => {
    const directory = temporaryFolder("lease-gone");
    const first = await start(directory, "build", 250);
    await announced(directory);
    const second = await start(directory, "build", 250);
    first.child.kill("SIGKILL");
    const { graph } = JSON.parse((await second.ended).split("\n")[1]);
    expect(graph.outcome).toBe("miss");
    expect(graph.reason).toMatch(/waited \d+\.\d s for somebody who was making it/);
  });
});
