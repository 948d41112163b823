/** Results of the caches' verbs in words: what a person reads, and data that stays data. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DISPLAY } from "../display/mime.js";
import { openEngine } from "../engine.js";

const engine = openEngine({ cacheDirectory: mkdtempSync(join(tmpdir(), "sojourn-shown-")), environment: {} });
const spec = { models: [{ model: "coalescent", inputs: { n: [5, -1] }, batches: [1] }] };

describe("results of the caches' verbs", () => {
  it("say in a sentence and a table what there is, at once after it was made", async () => {
    expect(String(await engine.estimatePrewarm(spec))).toContain("0 warm, 1 to be made; nothing is known");
    const warmed = await engine.prewarm(spec);
    expect(String(warmed)).toMatch(/^2 items in .*: 1 made, 1 failed\.\nmodel .*\ncoalescent {2}n = 5 .*made/);
    const page = await engine.cache.list({ kinds: ["graph", "trace"] });
    expect(String(page)).toMatch(/^2 entries\.\nkind .*\n(graph|trace) +[0-9a-f]{16}/);
    const key = page.entries[0].key;
    expect(String(await engine.cache.show(key.slice(0, 8)))).toContain(key);
    await engine.cache.pin(key);
    expect(String(await engine.cache.clear({ kinds: ["graph", "trace"], dryRun: true }))).toMatch(
      /^would go: 1 entry, .* 1 pinned entry stays\.$/,
    );
    expect(String(await engine.cache.vacuum({ kinds: ["value"], dryRun: true }))).toBe("Would remove 0 entries, 0 B.");
  });

  it("are data to whoever copies, compares or writes them", async () => {
    const page = await engine.cache.list();
    expect(Object.keys(page)).toEqual(["total", "entries"]);
    expect(Object.keys(JSON.parse(JSON.stringify(page)))).toEqual(["total", "entries"]);
    expect(page[DISPLAY]()["text/html"]).toContain("<thead>");
  });
});
