/** The panel's benchmark: the browser of the tests, on other files, without traces, which would cost what is measured. */
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

export default defineConfig(tests, {
  testDir: "bench",
  testMatch: "*.bench.ts",
  outputDir: "test-results/bench",
  timeout: 600_000,
  reporter: "list",
  use: { trace: "off" },
});
