/** Settings: which of four places wins, what is refused and how it is said. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findConfig, KNOBS, parseAmount, readSettings } from "./settings.js";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "sojourn-settings-"));

function configFile(content: unknown): string {
  const file = join(newFolder(), "sojourn.config.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("a setting", () => {
  it("comes from the option, else the configuration, else the environment, else the preset", () => {
    const config = configFile({ cache: { capBytes: "3GB", memoryBytes: 5 } });
    const environment = { SOJOURN_CACHE_CAP: "4GB", SOJOURN_MEMORY_CAP: "6", SOJOURN_EVICTION: "lru", HOME: "/h" };
    const { values, origins } = readSettings({ memoryBytes: 7 }, environment, config);
    expect(values).toMatchObject({ memoryBytes: 7, capBytes: 3e9, eviction: "lru", graceMs: 600_000 });
    const from = (name: string) => origins.find((one) => one.name === name)?.from;
    expect(["memoryBytes", "capBytes", "eviction", "graceMs"].map(from)).toEqual([
      "option",
      config,
      "SOJOURN_EVICTION",
      "preset balanced",
    ]);
    expect(origins.map(({ name }) => name)).toEqual(Object.keys(KNOBS));
  });

  it("depends on the preset where nothing else says it", () => {
    const at = (preset: "fast-compile" | "balanced" | "max-performance") => readSettings({ preset }, {}, "none").values;
    expect(() => at("balanced")).toThrow(/Cannot read the configuration none/);
    const values = (preset: "fast-compile" | "balanced" | "max-performance") =>
      readSettings({ preset }, { SOJOURN_CONFIG: configFile({}) }).values;
    const [fast, usual, most] = (["fast-compile", "balanced", "max-performance"] as const).map(values);
    expect(usual.capBytes).toBe(2e9);
    expect(fast.minCompileMs > usual.minCompileMs && usual.minCompileMs > most.minCompileMs).toBe(true);
    expect(fast.memoryBytes < usual.memoryBytes && usual.memoryBytes < most.memoryBytes).toBe(true);
  });

  it("that is a path is absolute, from the folder of the configuration that says it", () => {
    const config = configFile({ cache: { directory: "mine", libraries: ["a", "/b"] } });
    const { values } = readSettings({}, {}, config);
    const folder = join(config, "..");
    expect([values.directory, ...values.libraries]).toEqual([join(folder, "mine"), join(folder, "a"), "/b"]);
    expect(readSettings({ directory: "x" }, {}, config).values.directory).toBe(join(process.cwd(), "x"));
  });

  it("is found in this folder, in one above, by its variable, or among the user's", () => {
    const top = newFolder();
    const below = join(top, "a", "b");
    mkdirSync(below, { recursive: true });
    expect(findConfig({ XDG_CONFIG_HOME: top }, below)).toBeUndefined();
    mkdirSync(join(top, "sojourn"));
    writeFileSync(join(top, "sojourn", "sojourn.config.json"), "{}");
    expect(findConfig({ XDG_CONFIG_HOME: top }, below)).toBe(join(top, "sojourn", "sojourn.config.json"));
    writeFileSync(join(top, "a", "sojourn.config.json"), "{}");
    expect(findConfig({ XDG_CONFIG_HOME: top }, below)).toBe(join(top, "a", "sojourn.config.json"));
    expect(findConfig({ SOJOURN_CONFIG: "/named.json" }, below)).toBe("/named.json");
  });

  it.each([
    [
      "an option that is none",
      () => readSettings({ capByte: 1 } as object, {}, undefined),
      "bad-option",
      "did you mean capBytes?",
    ],
    [
      "an option of another type",
      () => readSettings({ publish: "yes" } as object, {}, undefined),
      "bad-option",
      "publish must be true or false",
    ],
    [
      "a variable that cannot be read",
      () => readSettings({}, { SOJOURN_CACHE_CAP: "many" }, undefined),
      "bad-environment",
      "SOJOURN_CACHE_CAP: capBytes must be a number of bytes",
    ],
    [
      "a cap of a kind that is none",
      () => readSettings({}, { SOJOURN_KIND_CAPS: "graf=1GB" }, undefined),
      "bad-environment",
      "kinds being graph, trace",
    ],
    ["a configuration that is no JSON", () => readSettings({}, {}, configFile("{")), "bad-config", "it is not JSON"],
    ["a configuration that is a list", () => readSettings({}, {}, configFile([])), "bad-config", "it is not an object"],
    [
      "a section that is none",
      () => readSettings({}, {}, configFile({ cash: {} })),
      "bad-config",
      "there is no section cash; the only one is cache",
    ],
    [
      "a setting in it that is none",
      () => readSettings({}, {}, configFile({ cache: { sise: 1 } })),
      "bad-config",
      "there is no setting sise",
    ],
    [
      "a setting in it of another type",
      () => readSettings({}, {}, configFile({ cache: { eviction: "mru" } })),
      "bad-config",
      "one of value, lru, lfu",
    ],
  ])("is refused when it is %s", (_, read, code, words) => {
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
  });

  it("of shapes is a list of what there is", () => {
    expect(readSettings({}, { SOJOURN_SHAPES: "8,4" }, undefined).values.shapes).toEqual([8, 4]);
    expect(readSettings({ preset: "fast-compile" }, {}, undefined).values.shapes).toEqual([4]);
    for (const bad of ["3", "", "4,x"])
      expect(() => readSettings({ shapes: bad.split(",").map(Number) as never }, {}, undefined)).toThrow(
        "shapes must be a list of shapes such as 2,4",
      );
  });

  it("of kinds is read from a variable", () => {
    const { values } = readSettings({}, { SOJOURN_KIND_CAPS: "graph=1GB, evaluator=20MB" }, undefined);
    expect(values.kindCaps).toEqual({ graph: 1e9, evaluator: 2e7 });
  });
});

describe("an amount", () => {
  it.each([
    ["2GB", 2e9],
    ["1.5 MiB", 1.5 * 2 ** 20],
    ["1e6", 1e6],
    ["100", 100],
    ["7k", 7e3],
    ["GB", undefined],
    ["1 parsec", undefined],
    ["", undefined],
    ["-1", undefined],
  ])("%j is %s", (text, amount) => expect(parseAmount(text)).toBe(amount));
});
