/**
 * Errors as the system itself makes them, by a library put before the C library: a quota that is used up, a handle gone stale, a link
 * that another file system refuses. Node 20 has no names for the first two; the store knows them by number, and the command works on.
 */
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const SOURCE = fileURLToPath(new URL("failing-calls.c", import.meta.url));
const hasCompiler = process.platform === "linux" && spawnSync("gcc", ["--version"]).status === 0;

const BUILD = `
import { openEngine } from "@sojourn/engine";
const faults = [];
const engine = openEngine({ cacheDirectory: process.argv[1], cache: { memoryBytes: 0 }, onEvent: (event) => {
  if (event.type === "fault") faults.push(event.code);
} });
const ph = await engine.families.coalescent.build({ n: 5 });
const mean = await ph.mean({ rate: 1 });
await engine.close();
console.log(JSON.stringify({ mean, graph: ph.caches.graph.outcome, faults }));
`;

interface Failing {
  readonly call: string;
  readonly error: keyof typeof constants.errno;
  readonly path: string;
  readonly times?: number;
}

describe.skipIf(!hasCompiler)("a process whose calls fail, which needs gcc and Linux,", () => {
  const library = join(temporaryFolder("failing"), "failing-calls.so");

  function build(directory: string, failing?: Failing): { mean: number; graph: string; faults: string[] } {
    if (spawnSync("test", ["-e", library]).status !== 0) {
      const { status, stderr } = spawnSync("gcc", ["-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], {
        encoding: "utf8",
      });
      expect(status, stderr).toBe(0);
    }
    const env = failing && {
      LD_PRELOAD: library,
      FAILING_CALL: failing.call,
      FAILING_ERRNO: String(constants.errno[failing.error]),
      FAILING_PATH: failing.path,
      FAILING_TIMES: String(failing.times ?? -1),
    };
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", BUILD, directory], {
      encoding: "utf8",
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, ...env },
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  const unnamed = (name: "EDQUOT" | "ESTALE"): string => `Unknown system error -${constants.errno[name]}`;

  it("answers right when its quota is used up, says so, and stores when there is room again", () => {
    const directory = temporaryFolder("quota");
    const { mean, faults } = build(directory, { call: "write", error: "EDQUOT", path: "/v1/" });
    expect([mean, new Set(faults)]).toEqual([1.6, new Set([unnamed("EDQUOT")])]);
    expect(build(directory)).toEqual({ mean: 1.6, graph: "miss", faults: [] });
    expect(build(directory)).toEqual({ mean: 1.6, graph: "hit", faults: [] });
  });

  it("takes an entry whose handle went stale for a miss, and leaves it", () => {
    const directory = temporaryFolder("stale");
    expect(build(directory).graph).toBe("miss");
    const stale = build(directory, { call: "read", error: "ESTALE", path: "/v1/graph/" });
    expect(stale).toMatchObject({ mean: 1.6, graph: "miss" });
    expect(stale.faults).toContain(unnamed("ESTALE"));
    expect(build(directory)).toEqual({ mean: 1.6, graph: "hit", faults: [] });
  });

  for (const error of ["EPERM", "EXDEV", "EOPNOTSUPP"] as const)
    it(`stores without links where they are refused with ${error}`, () => {
      const directory = temporaryFolder("links");
      expect(build(directory, { call: "link", error, path: "/v1/" })).toEqual({ mean: 1.6, graph: "miss", faults: [] });
      expect(build(directory)).toEqual({ mean: 1.6, graph: "hit", faults: [] });
    });

  it("answers right when nothing can be opened", () => {
    const directory = temporaryFolder("closed");
    expect(build(directory, { call: "open", error: "EACCES", path: "/v1/" })).toMatchObject({
      mean: 1.6,
      graph: "miss",
    });
  });
});
