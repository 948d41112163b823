/** Under a limit on addresses (`ulimit -v`), which clusters set, WebAssembly has no memory: answers come from the reference. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const SCRIPT = `
import { openEngine } from "@sojourn/engine";
const engine = openEngine({ cacheDirectory: process.argv[1], threads: 2 });
const thetas = Float64Array.from({ length: 40 }, (_, i) => i + 1);
const auto = await engine.families.coalescent.build({ n: 5 });
const { backend } = await auto.evaluate({ quantity: "mean" }, thetas);
const named = await engine.families.coalescent.build({ n: 5 }, { backend: "wasm" });
const refused = await named.mean(1).catch((error) => error);
const density = { quantity: "pdf", times: [0.4] };
const swept = await (await engine.families.rabbits.build({ N: 24 })).evaluate(density, [1, 2, 4]);
const sweeping = await engine.families.rabbits.build({ N: 24 }, { backend: "wasm" });
const unswept = await sweeping.pdf([1, 2, 4], [0.4]).catch((error) => error);
console.log(
  JSON.stringify({
    backend, mean: await auto.mean(2), code: refused.code, message: refused.message,
    swept: [swept.backend, swept.values.values[0]], unswept: [unswept.code, unswept.message],
  }),
);
await engine.close();
`;

function run(limit: string, flags: readonly string[] = []): Record<string, unknown> {
  const node = [process.execPath, ...flags, "--input-type=module", "-e", '"$SCRIPT"', temporaryFolder("addresses")];
  const { stdout, stderr } = spawnSync("bash", ["-c", `ulimit -v ${limit}; exec ${node.join(" ")}`], {
    encoding: "utf8",
    env: { ...process.env, SCRIPT },
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("with few addresses", () => {
  it("a model is evaluated by the reference, and by wasm when that is insisted on only with a reason", () => {
    const { backend, mean, code, message } = run("6000000");
    expect([backend, mean, code]).toEqual(["reference", 0.8, "too-much-memory"]);
    expect(message).toMatch(/^Cannot evaluate coalescent by wasm: no memory can be had/u);
  });

  it("and so are quantities over time, to the same number", () => {
    const [limited, free] = [run("6000000"), run("unlimited")] as Record<string, [string, unknown]>[];
    expect([limited.swept[0], limited.unswept[0]]).toEqual(["reference", "too-much-memory"]);
    expect(limited.unswept[1]).toMatch(/^Cannot evaluate rabbits by wasm: no memory can be had/u);
    expect([free.swept[0], free.unswept[0]]).toEqual(["wasm", null]);
    expect(limited.swept[1]).toBeCloseTo(Number(free.swept[1]), 12);
  });

  it("a model is evaluated by wasm without them being reserved", () => {
    const { backend, mean, code } = run("6000000", ["--disable-wasm-trap-handler"]);
    expect([backend, mean, code]).toEqual(["wasm", 0.8, undefined]);
  });

  it("and without a limit too", () => {
    expect(run("unlimited").backend).toBe("wasm");
  });
});
