/** Words for messages: what a value is, what a name that does not exist was meant to be. */

/** Longer texts and lists are cut. */
const TEXT_MAX = 60;
const ITEMS_MAX = 8;

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/** An object that could hold options: no list, no promise, nothing of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A value in the words of the person who wrote it: `"3"`, `[1,2]`, `a promise; write await before it`. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(clipped(value));
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (isPromise(value)) return "a promise; write await before it";
  if (Array.isArray(value))
    return `[${value.slice(0, ITEMS_MAX).map(valueText).join(",")}${value.length > ITEMS_MAX ? ",…" : ""}]`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (!isPlainObject(value) || Object.hasOwn(value, "toString")) return clipped(String(value));
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : `an object with ${names.slice(0, ITEMS_MAX).join(", ")}`;
}

/** A name as it is; anything else as `valueText` says it. */
export const nameText = (name: unknown): string =>
  typeof name === "string" && name.trim() !== "" ? clipped(name) : valueText(name);

const clipped = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);

/** `there is no option rewrd (did you mean reward?); there are reward, given, until` */
export function noSuch(kind: string, name: string, names: readonly string[], shown = nameText(name)): string {
  const near = nearest(name, names);
  const known =
    names.length === 0
      ? "there are none"
      : names.length === 1
        ? `the only one is ${names[0]}`
        : `there are ${names.join(", ")}`;
  return `there is no ${kind} ${shown}${near === undefined ? "" : ` (did you mean ${near}?)`}; ${known}`;
}

/** The name that was probably meant: the same but for capitals, the end or a letter or two; undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const same = names.find((known) => known.toLowerCase() === lower);
  if (same !== undefined) return same;
  let best: string | undefined;
  let least = name.length > 6 ? 2 : 1;
  for (const known of names) {
    const letters = distance(lower, known.toLowerCase());
    if (letters > least || (letters === least && best !== undefined)) continue;
    if (letters >= Math.min(name.length, known.length)) continue;
    best = known;
    least = letters;
  }
  if (best !== undefined || name.length < 3) return best;
  return names.find((known) => known.toLowerCase().startsWith(lower) || lower.startsWith(known.toLowerCase()));
}

/** Letters to insert, remove or change; two that changed places count once. Cost: the product of both lengths. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  const letters = (word: string): string => Array.from(word).sort().join("");
  return row[b.length] === 2 && letters(a) === letters(b) ? 1 : row[b.length];
}

/** `3 µs`, `12.3 ms`, `1.50 s`. */
export const timeText = (milliseconds: number): string =>
  milliseconds < 1
    ? `${(1000 * milliseconds).toFixed(0)} µs`
    : milliseconds < 1000
      ? `${milliseconds.toFixed(1)} ms`
      : `${(milliseconds / 1000).toFixed(2)} s`;
