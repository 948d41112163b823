/**
 * Caches of their own for tests that need them full, small or shared: a folder with a notebook in it whose `sojourn.config.json`
 * names other cache folders, and entries that the engine's own store has written.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type LabServer, writeNotebook } from "./server.ts";

const CACHE = resolve(import.meta.dirname, "..", "..", "..", "engine", "dist", "cache", "index.js");

/** Names as nobody should give them to a model. */
export const HOSTILE = {
  markup: '<img src=x onerror="document.title=`owned`"><script>document.title="owned"</script>',
  rightToLeft: "\u202Eمدل \u2067reversed",
  long: "long ".repeat(2000),
} as const;

export interface OwnCache {
  /** Of the notebook, as JupyterLab opens it. */
  readonly path: string;
  readonly directory: string;
}

/** A notebook whose kernel has caches of its own; `settings` are those of the caches. */
export function ownCache(
  server: LabServer,
  folder: string,
  cells: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
  kernel: Parameters<typeof writeNotebook>[2] = "sojourn",
): OwnCache {
  const { directory } = configure(join(server.root, folder), settings);
  writeNotebook(server, `${folder}/${folder}.ipynb`, kernel, cells);
  return { path: `${folder}/${folder}.ipynb`, directory };
}

/** Gives the kernels that are started in a folder, from now on until the file is removed, caches of their own. */
export function configure(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): { directory: string; file: string } {
  const directory = join(folder, "cache");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(folder, "sojourn.config.json");
  writeFileSync(file, JSON.stringify({ cache: { directory, ...settings } }));
  return { directory, file };
}

/** Writes so many small entries, with hostile names among them; the larger the number in a name, the larger the entry. */
export async function fillCache(directory: string, count: number): Promise<void> {
  const { makeKey, openStore } = await import(CACHE);
  const store = openStore({ directory, config: "", environment: { HOME: directory } });
  const hostile = Object.values(HOSTILE);
  for (let i = 0; i < count; i++) {
    const name = hostile[i] ?? `model ${i}`;
    const key = makeKey("graph", { inputs: i }, { inputs: String(i) });
    const { bytes, components, details } = key;
    const meta = {
      kind: "graph",
      key: bytes,
      producer: "a test",
      components,
      details,
      createdMs: Date.now() - i * 1000,
    };
    const arrays = { numbers: new Float64Array(1 + (i >> 3)) };
    store.put({ ...meta, costMs: i }, { attributes: { name }, arrays });
    if (i % 200 === 199) await store.drain(60_000);
  }
  await store.drain(60_000);
}
