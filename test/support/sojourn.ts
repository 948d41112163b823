/** The `sojourn` command as built, with a cache of its own. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Finished, run } from "./process.js";

export const CLI = fileURLToPath(new URL("../../kernel/lib/cli/main.js", import.meta.url));

export const temporaryFolder = (name: string): string => mkdtempSync(join(tmpdir(), `sojourn-${name}-`));

export function sojourn(
  args: readonly string[],
  options: { input?: string; cacheDirectory: string },
): Promise<Finished> {
  return run(process.execPath, [CLI, ...args], {
    ...(options.input !== undefined && { input: options.input }),
    env: { SOJOURN_CACHE_DIR: options.cacheDirectory },
  });
}
