/** The doctor from a cell: the same findings as on the command line, as text and as a table. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { openEngine } from "@sojourn/engine";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

describe("engine.cache.doctor()", () => {
  it("says what is wrong, and shows itself", async () => {
    const directory = temporaryFolder("doctor");
    const policyFile = join(directory, "none.json");
    const engine = openEngine({ cacheDirectory: directory, cache: { policyFile } });
    await engine.families.erlang.build({ k: 3 });
    const well = await engine.cache.doctor();
    expect([well.healthy, well.settings]).toEqual([true, engine.cache.origins]);
    chmodSync(directory, 0o777);
    const ill = await engine.cache.doctor();
    expect(ill.healthy).toBe(false);
    expect(String(ill)).toContain(
      `problem, private: Others may write to ${directory} (mode 0777). chmod 700 ${directory}`,
    );
    const [shown] = Object.getOwnPropertySymbols(ill).map((symbol) => (ill as never)[symbol] as () => unknown);
    expect(JSON.stringify(shown())).toContain("text/html");
    await engine.close();
  });
});
