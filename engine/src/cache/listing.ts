/** A page of a catalogue, filtered and sorted, without sorting what is on no page. */
import { type Catalogue, rowKey, rowOf } from "./catalogue.js";
import { STORED_KINDS } from "./entry.js";
import { ELSEWHERE } from "./ledger-file.js";
import type { LayerName, ListPage, ListQuery } from "./store-types.js";

/** A catalogue with where it is from. */
export interface ListedPart {
  readonly catalogue: Catalogue;
  readonly layer: LayerName;
  readonly writer?: string;
}

/** A page over several catalogues. Cost: as `listPage` of each, and a sort of what their first pages hold. */
export function listParts(parts: readonly ListedPart[], query: ListQuery = {}, now: number): ListPage {
  const { offset = 0, limit = 100, sort = "created", ascending = false } = query;
  const pages = parts.map(({ catalogue, layer, writer }) => {
    const whole = parts.length > 1;
    const page = listPage(catalogue, whole ? { ...query, offset: 0, limit: offset + limit } : query, now);
    const more = { layer, ...(writer !== undefined && { writer }) };
    return { total: page.total, entries: page.entries.map((entry) => ({ ...entry, ...more })) };
  });
  const total = pages.reduce((sum, page) => sum + page.total, 0);
  if (pages.length === 1) return { total, entries: pages[0].entries };
  const field = ({ created: "createdMs", used: "lastUseMs", cost: "costMs" } as const)[sort as "created"] ?? sort;
  const sign = ascending ? 1 : -1;
  const entries = pages.flatMap((page) => page.entries);
  entries.sort((a, b) => sign * (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0) || (a.key < b.key ? -1 : 1));
  return { total, entries: entries.slice(offset, offset + limit) };
}

/** Cost: O(n), and O(m log m) in the rows up to the page's end. */
export function listPage(part: Catalogue, query: ListQuery = {}, now: number): ListPage {
  const { kinds = STORED_KINDS, offset = 0, limit = 100, filter = "", sort = "created", ascending = false } = query;
  const { columns, attributes } = part;
  const { count, times, lastUses, uses, bytes, costs, names } = columns;
  const codes = Uint8Array.from(STORED_KINDS, (kind) => (kinds.includes(kind) ? 1 : 0));
  const needle = filter.toLowerCase();
  const named = Uint8Array.from(attributes.names, (name) => (name.toLowerCase().includes(needle) ? 1 : 0));
  const isKey = /^[0-9a-f]+$/.test(needle);
  const rows = new Int32Array(count);
  let total = 0;
  for (let row = 0; row < count; row++) {
    if (columns.events[row] & ELSEWHERE || !codes[columns.kinds[row]]) continue;
    if (needle !== "" && !named[names[row]] && !(isKey && rowKey(columns, row).includes(needle))) continue;
    rows[total++] = row;
  }
  const by = { created: times, used: lastUses, uses, bytes, cost: costs, name: undefined }[sort];
  const rank = by === undefined ? rankOf(attributes.names) : undefined;
  const sign = ascending ? 1 : -1;
  // what comes first is smallest; equal ones stand in the order of their keys
  const values = new Float64Array(total);
  for (let i = 0; i < total; i++) values[i] = sign * (by ? by[rows[i]] : (rank as Float64Array)[names[rows[i]]]);
  const end = Math.min(total, offset + limit);
  const last = end > 0 && end < total ? nthSmallest(values.slice(), end - 1) : Number.POSITIVE_INFINITY;
  const candidates: number[] = [];
  for (let i = 0; i < total; i++) if (values[i] <= last) candidates.push(i);
  candidates.sort((a, b) => values[a] - values[b] || a - b);
  const entries = candidates
    .slice(offset, end)
    .map((i) => ({ ...rowOf(part, rows[i], now), layer: "private" as const }));
  return { total, entries };
}

/** The n-th smallest of values, which are put into another order. Cost: O(values) on average. */
export function nthSmallest(values: Float64Array, n: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = medianOf(values[low], values[(low + high) >>> 1], values[high]);
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const swap = values[i];
        values[i] = values[j];
        values[j] = swap;
        i++;
        j--;
      }
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n];
}

const medianOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Places of texts in alphabetical order. */
function rankOf(names: readonly string[]): Float64Array {
  const rank = new Float64Array(names.length);
  names
    .map((name, i) => [name, i] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .forEach(([, i], place) => {
      rank[i] = place;
    });
  return rank;
}
