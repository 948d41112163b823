/** From the values of a plotly axis to places on paper: linear, logarithmic, dates or categories. */
import { scaleBand, scaleLinear, scaleLog, scaleUtc } from "d3-scale";

export interface AxisLayout {
  readonly type?: string;
  readonly title?: unknown;
  readonly range?: readonly unknown[];
  readonly autorange?: unknown;
  readonly rangemode?: string;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  /** Where a value lies; NaN where it has no place. */
  place(value: unknown): number;
  /** Width of a category, or of the closest two values; for bars. */
  readonly step: number;
  readonly ticks: readonly Tick[];
  /** Where a bar stands: zero, or the end of the axis. */
  readonly foot: number;
}

const TICKS = 6;
const DATE = /^\d{4}-\d{2}(?:-\d{2})?(?:[T ]|$)/;

/** `from` and `to` are coordinates; `reach` widens the values that are to be seen, as bars need zero. */
export function createAxis(
  values: readonly unknown[],
  layout: AxisLayout,
  [from, to]: readonly [number, number],
  withZero: boolean,
): Axis {
  const type = layout.type && layout.type !== "-" ? layout.type : guess(values);
  if (type === "category" || type === "multicategory") return categories(values, [from, to]);
  if (type === "date") return dates(values, layout, [from, to]);
  return numbers(values, layout, [from, to], type === "log", withZero || layout.rangemode === "tozero");
}

function guess(values: readonly unknown[]): string {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length > 0 && known.every((value) => value instanceof Date || DATE.test(String(value)))) return "date";
  return known.every((value) => Number.isFinite(Number(value)) || typeof value === "number") ? "linear" : "category";
}

function categories(values: readonly unknown[], [from, to]: readonly [number, number]): Axis {
  const names = [...new Set(values.map(String))];
  const scale = scaleBand(names, [from, to]).padding(0.1);
  const middle = (name: string): number => (scale(name) ?? Number.NaN) + scale.bandwidth() / 2;
  const every = Math.ceil(names.length / 20);
  const ticks = names.filter((_name, at) => at % every === 0).map((name) => ({ at: middle(name), label: name }));
  return { place: (value) => middle(String(value)), step: scale.step(), ticks, foot: from };
}

function dates(values: readonly unknown[], { range }: AxisLayout, [from, to]: readonly [number, number]): Axis {
  const time = (value: unknown): number => (value instanceof Date ? value : new Date(String(value))).getTime();
  const [low, high] = extent(range?.length === 2 ? range.map(time) : values.map(time));
  const scale = scaleUtc([low, high], [from, to]);
  const format = scale.tickFormat(TICKS);
  const ticks = scale.ticks(TICKS).map((date) => ({ at: scale(date), label: format(date) }));
  return { place: (value) => scale(time(value)), step: stepOf(values.map(time), scale), ticks, foot: from };
}

function numbers(
  values: readonly unknown[],
  { range, autorange }: AxisLayout,
  [from, to]: readonly [number, number],
  logarithmic: boolean,
  withZero: boolean,
): Axis {
  const all = values.map(Number).filter((value) => Number.isFinite(value) && (!logarithmic || value > 0));
  let [low, high] = extent(logarithmic ? all : withZero ? [...all, 0] : all);
  const fixed = range?.length === 2 && autorange !== true ? range.map(Number) : [];
  // plotly gives the range of a logarithmic axis as exponents.
  if (fixed.every(Number.isFinite) && fixed.length === 2)
    [low, high] = fixed.map((end) => (logarithmic ? 10 ** end : end)) as [number, number];
  else if (logarithmic) [low, high] = [low / 1.1, high * 1.1];
  else {
    const margin = (high - low || Math.abs(high) || 1) * 0.05;
    [low, high] = [withZero && low === 0 ? 0 : low - margin, withZero && high === 0 ? 0 : high + margin];
  }
  const scale = logarithmic ? scaleLog([low, high], [from, to]) : scaleLinear([low, high], [from, to]);
  const format = scale.tickFormat(TICKS);
  const ticks = scale.ticks(TICKS).map((value) => ({ at: scale(value), label: format(value) }));
  const zero = logarithmic ? from : scale(Math.min(Math.max(0, Math.min(low, high)), Math.max(low, high)));
  const place = (value: unknown): number =>
    value === null || value === undefined || (logarithmic && !(Number(value) > 0)) ? Number.NaN : scale(Number(value));
  return { place, step: stepOf(all, scale), ticks: ticks.filter(({ label }) => label !== ""), foot: zero };
}

function extent(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [1, 2];
}

/** The smallest distance on paper between two different values. */
function stepOf(values: readonly number[], scale: (value: number) => number): number {
  const places = [...new Set(values)].map(scale).toSorted((a, b) => a - b);
  let step = Number.POSITIVE_INFINITY;
  for (let at = 1; at < places.length; at++) step = Math.min(step, places[at]! - places[at - 1]!);
  return Number.isFinite(step) ? step : 40;
}
