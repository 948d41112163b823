/** Why a key is new: which of its components differ from those of another key, in words where values are known. */
import { hex } from "../base/digest.js";
import type { CacheKey, DescribedEntry, Store } from "../cache/index.js";
import { summaryTable } from "../display/drawing.js";
import { DISPLAY, type Displayable } from "../display/mime.js";

type Keyed = Pick<CacheKey, "components" | "details">;

export interface Difference {
  /** `inputs.n`, `transitions`, `captures.rate`. */
  readonly component: string;
  /** In words, where known; undefined where there was none. */
  readonly was?: string;
  readonly is?: string;
}

/** Components that differ; what a function captures is named by itself where values are known. */
export function differences(before: Keyed, after: Keyed): Difference[] {
  const found: Difference[] = [];
  const [old, now] = [before.details ?? {}, after.details ?? {}];
  for (const component of namesOf(before.components, after.components)) {
    if (before.components[component] === after.components[component]) continue;
    found.push({
      component,
      ...(old[component] !== undefined && { was: old[component] }),
      ...(now[component] !== undefined && { is: now[component] }),
    });
  }
  for (const component of namesOf(old, now))
    if (component.startsWith("captures.") && old[component] !== now[component])
      found.push({
        component,
        ...(old[component] !== undefined && { was: old[component] }),
        ...(now[component] !== undefined && { is: now[component] }),
      });
  return found;
}

const namesOf = (...records: Readonly<Record<string, unknown>>[]): string[] => [
  ...new Set(records.flatMap((record) => Object.keys(record))),
];

const WORDS: Readonly<Record<string, string>> = {
  transitions: "the transition rule changed",
  initial: "the initial distribution changed",
  rewards: "the rewards changed",
  parameters: "the parameters changed",
  versions: "it was made by another version",
  pattern: "the pattern of the graph changed",
};

/** "inputs.n was 10, is 12; the transition rule changed"; empty when nothing differs. */
export function differenceText(found: readonly Difference[]): string {
  const values = found.filter(({ was, is }) => was !== undefined || is !== undefined);
  // a rule whose captured value changed did not change itself, as far as anybody can see
  const captured = values.some(({ component }) => component.startsWith("captures."));
  const others = found.filter(({ was, is, component }) => {
    if (was !== undefined || is !== undefined) return false;
    return !(captured && (component === "transitions" || component === "initial" || component === "rewards"));
  });
  return [
    ...values.map(({ component, was, is }) => {
      const name = component.replace(/^captures\./, "");
      if (was === undefined) return `${name} is new: ${is}`;
      return is === undefined ? `${name} was ${was} and is gone` : `${name} was ${was}, is ${is}`;
    }),
    ...others.map(({ component }) => WORDS[component] ?? `${component} changed`),
  ].join("; ");
}

/** Why an entry would be found or not. */
export interface Explanation extends Displayable {
  readonly kind: string;
  readonly model: string;
  /** 64 hexadecimal digits; undefined when the model has no key. */
  readonly key?: string;
  /** The layer that has it; undefined when none does. */
  readonly layer?: string;
  /** The most alike entry of the same model, and what differs from it. */
  readonly nearest?: Pick<DescribedEntry, "key" | "createdMs" | "costMs" | "bytes">;
  readonly differences: readonly Difference[];
  /** One sentence. */
  readonly text: string;
  toString(): string;
}

/** Entries of the same model that are looked at; the newest. */
const ALIKE_MAX = 50;

/** Looks for a key in memory and in this user's layers, and for what is most alike. Cost: reads at most 50 headers. */
export async function explainKey(store: Store, key: CacheKey, model: string): Promise<Explanation> {
  const { kind } = key;
  if (kind === "ledger") throw new TypeError("a ledger has no key to explain");
  const name = hex(key.bytes);
  const there = await store.describe(kind, key.bytes);
  const layer = store.memory.get(kind, name) ? "memory" : there?.layer;
  if (layer !== undefined) {
    const made = there ? `, made ${agoText(Date.now() - there.createdMs)} in ${there.costMs.toFixed(1)} ms` : "";
    const text = `The ${kind} of ${model} is in the ${layer === "memory" ? "memory" : `${layer} layer`}${made}.`;
    return explanation({ kind, model, key: name, layer, differences: [], text });
  }
  // others may have it: shared or in a library, or refused
  const found = await store.get(kind, key.bytes);
  if (found.outcome === "hit") {
    const text = `The ${kind} of ${model} is in ${found.layer === "library" ? "a library" : `the ${found.layer} layer`}.`;
    return explanation({ kind, model, key: name, layer: found.layer, differences: [], text });
  }
  if (found.outcome === "refused") {
    const text = `The ${kind} of ${model} is there and would not be used: ${found.reason}.`;
    return explanation({ kind, model, key: name, differences: [], text });
  }
  const { entries } = await store.list({ kinds: [kind], filter: model, limit: ALIKE_MAX });
  let nearest: DescribedEntry | undefined;
  let fewest: Difference[] = [];
  for (const entry of entries) {
    if (entry.name !== model) continue;
    const other = await store.describe(kind, Buffer.from(entry.key, "hex"));
    if (other === undefined) continue;
    const found = differences(other, key);
    if (nearest === undefined || found.length < fewest.length) [nearest, fewest] = [other, found];
  }
  if (nearest === undefined) {
    const text = `The ${kind} of ${model} is not in the cache, and no other ${kind} of this model is.`;
    return explanation({ kind, model, key: name, differences: [], text });
  }
  const { key: other, createdMs, costMs, bytes } = nearest;
  const text = `The ${kind} of ${model} is not in the cache; compared with the one made ${agoText(Date.now() - createdMs)}: ${differenceText(fewest) || "nothing that is known differs"}.`;
  return explanation({
    kind,
    model,
    key: name,
    nearest: { key: other, createdMs, costMs, bytes },
    differences: fewest,
    text,
  });
}

/** That a model has no key, and why. */
export const unkeyed = (model: string, reason: string): Explanation =>
  explanation({
    kind: "graph",
    model,
    differences: [],
    text: `The graph of ${model} is never cached: ${reason}.`,
  });

function explanation(facts: Omit<Explanation, "toString" | typeof DISPLAY>): Explanation {
  const rows: [string, string][] = [
    [facts.kind, facts.text],
    ...(facts.key ? [["key", facts.key] as [string, string]] : []),
    ...facts.differences.map(({ component, was = "–", is = "–" }): [string, string] => [component, `${was} → ${is}`]),
  ];
  return Object.freeze({
    ...facts,
    toString: () => facts.text,
    [DISPLAY]: () => ({ "text/plain": facts.text, "text/html": summaryTable(rows) }),
    [Symbol.for("nodejs.util.inspect.custom")]: () => facts.text,
  });
}

export function agoText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 129_600 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} days ago`;
}
