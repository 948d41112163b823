/**
 * Bugs planted in the store are noticed by its tests. All of them in `npm run test:long`; here that each can still be planted, and a
 * few that the fastest tests notice.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { BUGS } from "./planted-bugs.mjs";

const LONG = process.env.SOJOURN_LONG === "1";
const SCRIPT = fileURLToPath(new URL("planted.mjs", import.meta.url));

it("each can be planted: its text stands in the sources once", () => {
  const lost = BUGS.flatMap(({ name, edits }) =>
    edits
      .filter(({ file, find }) => {
        const path = fileURLToPath(new URL(`../../engine/src/cache/${file}`, import.meta.url));
        return readFileSync(path, "utf8").split(find).length !== 2;
      })
      .map(({ file }) => `${name} (${file})`),
  );
  expect(lost).toEqual([]);
  expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
  expect(BUGS.length).toBeGreaterThanOrEqual(15);
});

it(LONG ? "all are noticed" : "one is noticed, and a copy without any passes", () => {
  // of a few, the copy without a bug runs only the fastest tests
  const args = LONG ? [] : ["--fast", "publishing replaces what is there"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
}, 7_200_000);
