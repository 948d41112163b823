/**
 * Browser tests on the system's Chromium (`CHROMIUM` names another one) and on the JupyterLab of `SOJOURN_VENV`. One
 * worker: every test talks to the same server. The JSON report is for the runner that counts.
 */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/artifacts",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: process.env.SOJOURN_BROWSER_REPORT ?? "test-results/report.json" }]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        // Chromium refuses to run as root with its sandbox.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-domain-reliability",
        "--disable-features=OptimizationHints,MediaRouter,Translate",
      ],
    },
  },
});
