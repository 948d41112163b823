/** How often a bar is shown, and what it says. */
import { expect, it } from "vitest";
import { DISPLAY } from "./display.js";
import { createProgressBar } from "./progress-bar.js";

it("is shown at the start, ten times a second, and at the end", () => {
  let time = 0;
  const shown: string[] = [];
  const put = (value: { [DISPLAY](): Record<string, unknown> }): void =>
    void shown.push(String(value[DISPLAY]()["text/plain"]));
  const bar = createProgressBar(
    1000,
    "fit",
    (first) => {
      put(first);
      return put;
    },
    () => time,
  );
  for (let i = 0; i < 1000; i++) {
    time += 1;
    bar.add();
  }
  expect(shown).toHaveLength(11);
  expect(shown[5]).toBe("fit [###############...............] 50 %  500 of 1000, 0.5 s, 0.5 s left");
  expect(shown.at(-1)).toBe(`fit [${"#".repeat(30)}] 100 %  1000 of 1000, 1.0 s`);
});
