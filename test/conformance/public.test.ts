/** Every reference value that this version covers, through the engine and through the command. */
import { openEngine } from "@sojourn/engine";
import { describe, expect, it } from "vitest";
import { sojourn, temporaryFolder } from "../support/sojourn.js";
import { type Case, readOracles } from "./cases.js";

interface Answer {
  readonly results: readonly {
    values: readonly (readonly (number | readonly number[])[])[];
    status: readonly string[];
  }[];
}

const { cases, pending } = readOracles();
const cacheDirectory = temporaryFolder("conformance");

const request = (one: Case) => ({
  model: one.model,
  ...(one.epochs ? { epochs: one.epochs } : { theta: one.theta }),
  quantities: one.expectations.map(({ quantity }) => quantity),
});

function check(one: Case, answer: Answer): void {
  one.expectations.forEach(({ name, values }, i) => {
    expect(answer.results[i].status, name).toEqual(["ok"]);
    const computed = answer.results[i].values[0].flat();
    expect(computed.length, name).toBe(values.length);
    values.forEach((value, k) => {
      const error = Math.abs(computed[k] - value) / Math.abs(value || 1);
      expect(error, `${name}[${k}] is ${computed[k]} and should be ${value}`).toBeLessThanOrEqual(one.tolerance);
    });
  });
}

describe("reference values", () => {
  const engine = openEngine({ cacheDirectory });
  it.each(cases.map((one) => [one.name, one] as const))("%s through the engine", async (_, one) => {
    check(one, (await engine.compute(request(one))) as unknown as Answer);
  });

  it.each(cases.map((one) => [one.name, one] as const))("%s through sojourn compute", async (_, one) => {
    const { code, stdout, stderr } = await sojourn(["compute", "-"], {
      input: JSON.stringify(request(one)),
      cacheDirectory,
    });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    check(one, JSON.parse(stdout) as Answer);
  });

  it("leave nothing pending", () => {
    expect(pending).toEqual([]);
  });
});
