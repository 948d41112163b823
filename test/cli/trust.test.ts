/** The verbs about sharing: keys, shared directories and the doctor, as they are typed. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run as execute } from "../support/process.js";
import { CLI, temporaryFolder } from "../support/sojourn.js";

const QUIET = { SOJOURN_CACHE_DIR: "", SOJOURN_POLICY: "", SOJOURN_SHARED_DIR: "" };
const cli = (words: readonly string[], env: NodeJS.ProcessEnv = {}, before: readonly string[] = []) => {
  const [command, ...rest] = [...before, process.execPath, CLI, ...words];
  return execute(command, rest, { env: { ...QUIET, ...env } });
};
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

describe("sojourn keys", () => {
  it("makes a key that nobody else can read, lists it, and never replaces it", async () => {
    const home = temporaryFolder("cli-keys");
    const env = { XDG_CONFIG_HOME: home };
    expect((await cli(["keys", "list"], env)).stdout).toBe(
      `There are no keys in ${home}/sojourn/keys; sojourn keys new makes one.\n`,
    );
    const made = JSON.parse((await cli(["keys", "new", "lab", "--json"], env)).stdout);
    expect(made).toMatchObject({
      format: "sojourn-key/1",
      name: "lab",
      publicKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect([modeOf(made.path), modeOf(join(made.path, ".."))]).toEqual(["600", "700"]);
    const before = readFileSync(made.path, "utf8");
    const again = await cli(["keys", "new", "lab"], env);
    expect([again.code, again.stderr]).toEqual([
      2,
      `sojourn: Cannot make the key lab: ${made.path} is there already. [key-exists]\n`,
    ]);
    expect(readFileSync(made.path, "utf8")).toBe(before);
    const second = await cli(["keys", "new"], env);
    expect(second.stdout).toMatch(
      /Made \S+\/default\.pem; keep it to yourself\.[\s\S]*"keys": \{ "default": "[0-9a-f]{64}" \}/,
    );
    chmodSync(made.path, 0o644);
    const { keys } = JSON.parse((await cli(["keys", "list", "--json"], env)).stdout);
    expect(keys).toMatchObject([{ name: "default" }, { name: "lab", problem: expect.stringContaining("mode 0644") }]);
    expect((await cli(["keys", "new", "../x"], env)).stderr).toMatch(/\[bad-key-name\]\n$/);
  });
});

describe("sojourn shared init", () => {
  it("makes a directory that everybody can use, whatever the umask, and does nothing the second time", async () => {
    const top = temporaryFolder("cli-shared");
    const directory = join(top, "a", "b");
    const strict = ["sh", "-c", 'umask 077; exec "$@"', "sh"];
    const first = await cli(["shared", "init", directory], {}, strict);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain(`Made ${directory}/v1, mode 1777.\n`);
    expect(first.stdout).toContain(`${directory} is shared by everybody.`);
    expect(["a", "a/b", "a/b/v1", "a/b/v1/leases"].map((path) => modeOf(join(top, path)))).toEqual([
      "755",
      "755",
      "1777",
      "1777",
    ]);
    const again = JSON.parse((await cli(["shared", "init", directory, "--json"])).stdout);
    expect(again).toEqual({ format: "sojourn-shared/1", directory, done: [] });
    chmodSync(join(directory, "v1"), 0o777);
    expect(JSON.parse((await cli(["shared", "init", directory, "--json"])).stdout).done).toEqual([
      `Set the mode of ${directory}/v1, mode 1777.`,
    ]);
  });

  it("makes one for a group alone, from a new folder or an empty one", async () => {
    const gid = process.getgid?.() ?? 0;
    const directory = join(temporaryFolder("cli-group"), "lab");
    mkdirSync(directory, { mode: 0o755 });
    const made = await cli(["shared", "init", directory, "--group", String(gid)]);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    // who was let in to look before stays let in
    expect([modeOf(directory), modeOf(join(directory, "v1")), statSync(join(directory, "v1")).gid]).toEqual([
      "2755",
      "3775",
      gid,
    ]);
    const fresh = join(directory, "..", "new");
    expect((await cli(["shared", "init", fresh, "--group", String(gid)])).stdout).toContain("is shared by the group");
    expect([modeOf(fresh), modeOf(join(fresh, "v1", "leases"))]).toEqual(["2750", "3770"]);
  });

  it("changes no folder that is used for something else", async () => {
    const directory = temporaryFolder("cli-used");
    writeFileSync(join(directory, "thesis.tex"), "");
    const { code, stderr } = await cli(["shared", "init", directory]);
    expect(code).toBe(2);
    expect(stderr).toContain("it has other things in it, thesis.tex for one");
    expect(stderr).toMatch(/\[not-empty\]\n$/);
    expect(modeOf(directory)).toBe("700");
    expect((await cli(["shared", "init", join(directory, "thesis.tex")])).stderr).toMatch(/\[unwritable\]\n$/);
    expect((await cli(["shared", "init", directory, "--group", "no-such-group"])).stderr).toMatch(
      /\[unknown-group\]\n$/,
    );
  });
});

describe("sojourn doctor", () => {
  it("ends with 0 where all is well, and with 3 where there is a problem, which it says what to do about", async () => {
    const directory = temporaryFolder("cli-doctor");
    const env = { XDG_CONFIG_HOME: directory };
    const well = await cli(["doctor", "--cache-dir", directory], env);
    expect([well.code, well.stderr]).toEqual([0, ""]);
    expect(well.stdout).toMatch(/^setting +value +from\n/);
    expect(well.stdout).toMatch(new RegExp(`directory +${directory} +option\n`));
    expect(well.stdout).toMatch(/\nAll well\.\n$/);
    const missing = { ...env, SOJOURN_SHARED_DIR: join(directory, "none") };
    const bad = await cli(["doctor", "--cache-dir", directory], missing);
    expect(bad.code).toBe(3);
    expect(bad.stdout).toContain(
      `PROBLEM shared: There is no folder ${directory}/none.\n        → Have it mounted, or make it with sojourn shared init ${directory}/none.\n`,
    );
    expect(bad.stdout).toMatch(/sharedDirectory +\S+ +SOJOURN_SHARED_DIR\n/);
    expect(bad.stdout).toMatch(/\n1 problem\.\n$/);
    const json = await cli(["doctor", "--json", "--cache-dir", directory], missing);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([3, { format: "sojourn-doctor/1", healthy: false }]);
  });
});
