/** A status in Prometheus' text format: one line a number, with its help and type before the first of a name. */
import { kindStatistics, type StoreStatus } from "@sojourn/engine/cache";

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly (readonly [Readonly<Record<string, string>>, number])[];
}

export function prometheusText(status: StoreStatus): string {
  const statistics = kindStatistics(status.counters);
  const perKind = (value: (one: (typeof statistics)[number]) => number): Metric["samples"] =>
    statistics.map((one) => [{ kind: one.kind }, value(one)]);
  const perLayer = (value: "entries" | "bytes"): Metric["samples"] =>
    status.layers
      .filter(({ layer }) => layer !== "memory")
      .flatMap(({ layer, kinds }) => kinds.map((one) => [{ layer, kind: one.kind }, one[value]] as const));
  const metrics: Metric[] = [
    { name: "sojourn_cache_entries", help: "Entries on the disk.", type: "gauge", samples: perLayer("entries") },
    { name: "sojourn_cache_bytes", help: "Bytes on the disk.", type: "gauge", samples: perLayer("bytes") },
    {
      name: "sojourn_cache_cap_bytes",
      help: "Soft caps of the layers.",
      type: "gauge",
      samples: status.layers
        .filter(({ layer, capBytes }) => layer !== "memory" && Number.isFinite(capBytes))
        .map(({ layer, capBytes }) => [{ layer }, capBytes]),
    },
    {
      name: "sojourn_cache_hits_total",
      help: "Look-ups that found an entry, by the layer that had it.",
      type: "counter",
      samples: statistics.flatMap(({ kind, byLayer }) =>
        Object.entries(byLayer).map(([layer, hits]) => [{ kind, layer }, hits] as const),
      ),
    },
    {
      name: "sojourn_cache_misses_total",
      help: "Look-ups that found nothing.",
      type: "counter",
      samples: perKind(({ misses }) => misses),
    },
    {
      name: "sojourn_cache_bypasses_total",
      help: "Builds that did not ask.",
      type: "counter",
      samples: perKind(({ bypasses }) => bypasses),
    },
    {
      name: "sojourn_cache_refused_total",
      help: "Entries that were there and not used.",
      type: "counter",
      samples: perKind(({ refused }) => refused),
    },
    {
      name: "sojourn_cache_evicted_total",
      help: "Entries that had to go.",
      type: "counter",
      samples: perKind(({ evicted }) => evicted),
    },
    {
      name: "sojourn_cache_saved_seconds",
      help: "What making cost of what hits found, minus what loading took.",
      type: "gauge",
      samples: perKind(({ savedMs }) => savedMs / 1000),
    },
    {
      name: "sojourn_cache_quarantined",
      help: "Damaged files that were set aside.",
      type: "gauge",
      samples: [[{}, status.quarantined]],
    },
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
        "",
      ].join("\n"),
    )
    .join("");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, "_")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
