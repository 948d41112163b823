/** Unit, property, conformance, golden and tidy tests: everything that needs Node alone and runs in one process. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "engine/src/**/*.test.ts",
      "kernel/src/**/*.test.ts",
      "labextension/src/**/*.test.ts",
      "test/{caches,conformance,property,golden,tidy,faults,cli,bench}/**/*.test.ts",
    ],
    environment: "node",
    globalSetup: ["test/support/temporary.ts"],
    setupFiles: ["test/support/seed.ts"],
    testTimeout: 180_000,
  },
});
