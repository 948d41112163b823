/**
 * What a person could do so that the caches serve better, from counters alone: each suggestion has its evidence in numbers and
 * an action. Pure.
 */
import { bytesText } from "./evict.js";
import type { CacheSettings } from "./settings.js";
import { countersUnder, kindStatistics } from "./statistics.js";
import type { StoreStatus } from "./store-types.js";

export interface Suggestion {
  /** Stable. */
  readonly code:
    | "changing-component"
    | "low-hit-rate"
    | "slow-compilations"
    | "many-evictions"
    | "memory-too-small"
    | "bypasses"
    | "not-trusted"
    | "refused"
    | "not-shared";
  /** What it is about: a kind, or a model. */
  readonly subject: string;
  readonly evidence: string;
  readonly action: string;
  /** Of look-ups of one kind, where the subject does not say it. */
  readonly kind?: string;
  /** A setting that would do it. */
  readonly setting?: { readonly name: keyof CacheSettings; readonly value: number | boolean };
}

/** Fewer look-ups than this say nothing. */
const LOOKUPS_MIN = 10;
const HIT_RATE_MIN = 0.5;
const EVICTED_SHARE_MAX = 0.5;
const CHANGES_MIN = 5;
const GENEROUS = 2;

/** Suggestions, the most useful first. `memoryEvictions` are those of this process. */
export function suggest(status: StoreStatus, settings: CacheSettings, memoryEvictions = 0): Suggestion[] {
  const { counters } = status;
  const found: Suggestion[] = [];
  for (const { kind, hits, misses, bypasses, evicted } of kindStatistics(counters)) {
    const lookups = hits + misses;
    const changed = countersUnder(counters, `changed.${kind}.`)[0];
    if (lookups >= LOOKUPS_MIN && hits / lookups < HIT_RATE_MIN) {
      const rate = `${Math.round((100 * hits) / lookups)} % of ${lookups} look-ups of ${kind} entries were hits`;
      if (changed && changed[1] >= CHANGES_MIN) found.push(changing(kind, changed, rate, settings));
      else
        found.push({
          code: "low-hit-rate",
          subject: kind,
          evidence: rate,
          action: "Prewarm the models that you are going to use, or share a cache with those who use the same ones.",
        });
    }
    const entries = status.kinds.find((one) => one.kind === kind)?.entries ?? 0;
    if (evicted > EVICTED_SHARE_MAX * entries && evicted >= LOOKUPS_MIN) {
      const cap = Math.ceil((settings.capBytes * GENEROUS) / 1e8) * 1e8;
      found.push({
        code: "many-evictions",
        subject: kind,
        evidence: `${evicted} ${kind} entries had to go, and ${entries} are there`,
        action: `Raise the cap of the private layer from ${bytesText(settings.capBytes)} to ${bytesText(cap)}.`,
        setting: { name: "capBytes", value: cap },
      });
    }
    if (bypasses >= LOOKUPS_MIN && bypasses > lookups)
      found.push({
        code: "bypasses",
        subject: kind,
        evidence: `${bypasses} builds did not ask the cache, ${lookups} did`,
        action:
          "Look at the reasons with explain: a rule that uses chance, clocks or state that changes is never cached.",
      });
  }
  for (const [model, times] of countersUnder(counters, "slow.evaluator."))
    found.push({
      code: "slow-compilations",
      subject: model,
      evidence: `evaluators of ${model} took more than a second to compile, ${times} ${times === 1 ? "time" : "times"}`,
      action: `Prewarm ${model}, or keep its evaluators: they load in a fraction of that.`,
    });
  if (memoryEvictions > 0 && status.layers[0].kinds.reduce((sum, { entries }) => sum + entries, 0) < memoryEvictions) {
    const cap = settings.memoryBytes * GENEROUS;
    found.push({
      code: "memory-too-small",
      subject: "memory",
      evidence: `${memoryEvictions} values had to leave the memory layer of this process`,
      action: `Raise the memory layer from ${bytesText(settings.memoryBytes)} to ${bytesText(cap)}.`,
      setting: { name: "memoryBytes", value: cap },
    });
  }
  const untrusted = status.writers.filter(({ own, refusal }) => !own && refusal !== undefined);
  const theirs = untrusted.reduce(
    (sum, { summary }) => sum + Object.values(summary.totals).reduce((all, { entries }) => all + entries, 0),
    0,
  );
  if (theirs > 0)
    found.push({
      code: "not-trusted",
      subject: "shared",
      evidence: `${theirs} entries of ${untrusted.length} other ${untrusted.length === 1 ? "user" : "users"} are not used`,
      action: "If you trust them, list them in the policy file.",
    });
  if (settings.sharedDirectory !== "" && !settings.publish && status.kinds.some(({ entries }) => entries > LOOKUPS_MIN))
    found.push({
      code: "not-shared",
      subject: "shared",
      evidence: "a shared layer is set up, and nothing that you make goes there",
      action: "Turn publishing on, if others should find what you have made.",
      setting: { name: "publish", value: true },
    });
  return found;
}

function changing(
  kind: string,
  [name, times]: [string, number],
  rate: string,
  { shapes }: Pick<CacheSettings, "shapes">,
): Suggestion {
  const dot = name.indexOf(".");
  const [model, component] = [name.slice(0, dot), name.slice(dot + 1)];
  const shape = kind === "evaluator";
  return {
    code: "changing-component",
    kind,
    subject: model,
    evidence: `${rate}; ${component} of ${model} changed ${times} times`,
    action: shape
      ? `Evaluate ${model} in batches of one size, or prewarm the shapes that you use${shapes.length > 1 ? ", or compile one for all batches (shapes: [4])" : ""}.`
      : component.startsWith("inputs.")
        ? `Make ${component.slice(7)} a parameter, if it is a rate and not a size, or prewarm the values that you use.`
        : `Keep ${component.replace(/^captures\./, "")} out of the rule: pass it as a parameter, so that one graph serves all its values.`,
  };
}
