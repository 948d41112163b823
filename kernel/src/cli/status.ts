/** `sojourn status`: entries and bytes by kind and layer, what was saved, for people, for programs and for Prometheus. */
import { kindStatistics, LAYERS, openStore, type StoreStatus, suggest } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { bytesText, DIRECTORY_OPTION, readable, storeAt, table, writeJson } from "./cache-options.js";
import { prometheusText } from "./prometheus.js";

interface StatusOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
  readonly prometheus?: boolean;
}

export function statusCommand(program: Command): void {
  program
    .command("status")
    .description("show what the caches hold, what they saved, and what would make them serve better")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .option("--prometheus", "print metrics in Prometheus' text format")
    .action(async ({ cacheDir, json, prometheus }: StatusOptions) => {
      const store = openStore(storeAt(cacheDir));
      const status = await readable(store.directory, "read", () => store.status());
      const suggestions = suggest(status, store.settings);
      if (prometheus) process.stdout.write(prometheusText(status));
      else if (json)
        writeJson("sojourn-status/1", { ...status, statistics: kindStatistics(status.counters), suggestions });
      else {
        process.stdout.write(text(status));
        for (const { evidence, action } of suggestions) process.stdout.write(`\n${sentence(evidence)} ${action}\n`);
      }
    });
}

const sentence = (evidence: string): string => `${evidence[0].toUpperCase()}${evidence.slice(1)}.`;

function text(status: StoreStatus): string {
  // memory belongs to one process, and this one has just begun
  const layers = status.layers.filter(({ layer }) => layer !== LAYERS[0]);
  const statistics = kindStatistics(status.counters);
  const rows = layers.flatMap(({ layer, kinds }) =>
    kinds.map(({ kind, entries, bytes }) => {
      const { hits, misses, savedMs } = statistics.find((one) => one.kind === kind) ?? {
        hits: 0,
        misses: 0,
        savedMs: 0,
      };
      const own = layer === "private";
      const rate = own && hits + misses > 0 ? `${Math.round((100 * hits) / (hits + misses))} %` : "–";
      return [kind, layer, String(entries), bytesText(bytes), rate, own ? secondsText(savedMs) : "–"];
    }),
  );
  const lines = [table([["kind", "layer", "entries", "size", "hit rate", "saved"], ...rows])];
  for (const { directory, capBytes, kinds } of layers) {
    const total = kinds.reduce((sum, { bytes }) => sum + bytes, 0);
    const cap = Number.isFinite(capBytes) ? ` of ${bytesText(capBytes)}` : "";
    lines.push(`${bytesText(total)}${cap} in ${directory}\n`);
  }
  const { quarantined } = status;
  if (quarantined > 0)
    lines.push(
      `${quarantined} damaged ${quarantined === 1 ? "file" : "files"} set aside in its folder v1/quarantine; sojourn clear removes them\n`,
    );
  return lines.join("");
}

function secondsText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return Math.abs(seconds) < 100 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(0)} min`;
}
