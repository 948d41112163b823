/**
 * The ready-made widgets: models of `@jupyter-widgets/controls` 2.0 and `output` 1.0, which every front end for Jupyter widgets
 * has. Only what differs from the front end's own defaults is sent.
 */
import { InputError } from "@sojourn/engine/errors";
import type { ChoiceOptions, ControlOptions, NumberOptions, RangeOptions, SliderOptions, TextOptions } from "./api.js";
import { BaseWidget, type Kind, type SingleValue, type ValueCodec } from "./model.js";
import type { Registry } from "./registry.js";

const CONTROLS = { module: "@jupyter-widgets/controls", version: "2.0.0" };

export const control = (name: string, view = name): Kind => ({
  ...CONTROLS,
  model: `${name}Model`,
  view: `${view}View`,
});

/** A widget that keeps a value of one type under `value`. */
function plain(what: string, type: "number" | "string" | "boolean"): ValueCodec {
  return {
    name: "value",
    read: (stored) => stored,
    write(value) {
      if (typeof value !== type || (type === "number" && !Number.isFinite(value)))
        throw new InputError("bad-value", `Cannot set ${what} to ${String(value)}: it takes a ${type}.`);
      return value;
    },
  };
}

export const common = ({ label = "", disabled = false }: ControlOptions): Record<string, unknown> => ({
  description: label,
  disabled,
});

export function laidOut<W extends BaseWidget>(widget: W, { layout }: ControlOptions): W {
  return layout ? widget.layout(layout) : widget;
}

function bounds(what: string, { min, max, step }: { min: number; max: number; step?: number }): void {
  const numbers = [min, max, ...(step === undefined ? [] : [step])];
  if (!numbers.every(Number.isFinite) || !(min < max))
    throw new InputError("bad-range", `Cannot make ${what}: min must be < max, and they are ${min} and ${max}.`);
  if (step !== undefined && !(step > 0))
    throw new InputError("bad-range", `Cannot make ${what}: its step must be > 0 and is ${step}.`);
}

/** About a hundredth of the way, as a round number: a value of few digits is then a place of the slider. */
function niceStep(way: number): number {
  const exact = way / 100;
  const power = 10 ** Math.floor(Math.log10(exact));
  const digit = [5, 2, 1].find((one) => one * power <= exact * (1 + 1e-9)) ?? 1;
  // Divided where that is exact: 2 / 100 is 0.02, and 2 * 0.01 need not be.
  return power < 1 ? digit / Math.round(1 / power) : digit * power;
}

/** As many decimals as the places of a slider have; undefined where they would be too many to read. */
function decimals(...numbers: readonly number[]): number | undefined {
  const whole = (x: number): boolean => Math.abs(x - Math.round(x)) < 1e-9 * Math.max(1, Math.abs(x));
  return [0, 1, 2, 3, 4, 5, 6].find((count) => numbers.every((x) => whole(x * 10 ** count)));
}

/** How a value is written beside its slider, for d3-format: as it is, and by three digits where places are no round numbers. */
function readout(min: number, step: number): string {
  const count = decimals(min, step);
  return count === undefined ? ".3g" : count === 0 ? "d" : `.${count}f`;
}

const look = ({ continuous = true, orientation = "horizontal" }: RangeOptions | SliderOptions) => ({
  continuous_update: continuous,
  orientation,
});

export function slider(registry: Registry, options: SliderOptions): SingleValue {
  const { min, max, log = false } = options;
  bounds("a slider", options);
  if (log && !(min > 0))
    throw new InputError("bad-range", `Cannot make a slider: with log its min must be > 0 and is ${min}.`);
  const { value = min } = options;
  if (!(value >= min && value <= max))
    throw new InputError("bad-value", `Cannot make a slider: its value ${value} must lie between ${min} and ${max}.`);
  const number = plain("a slider", "number");
  const codec: ValueCodec = {
    ...number,
    write(given) {
      const checked = number.write(given) as number;
      if (checked >= min && checked <= max) return checked;
      throw new InputError("bad-value", `Cannot set a slider to ${checked}: it goes from ${min} to ${max}.`);
    },
  };
  const [from, to] = log ? [Math.log10(min), Math.log10(max)] : [min, max];
  const step = options.step ?? niceStep(to - from);
  const readout_format = log ? ".3g" : readout(min, step);
  const state = { ...common(options), ...look(options), min: from, max: to, step, value, readout_format };
  const widget = registry.single(
    control(log ? "FloatLogSlider" : "FloatSlider"),
    { ...state, ...(log && { base: 10 }) },
    codec,
  );
  return laidOut(widget, options);
}

export function range(registry: Registry, options: RangeOptions): SingleValue {
  const { min, max, step = niceStep(max - min), value = [min, max] } = options;
  bounds("a range", options);
  const codec: ValueCodec = {
    name: "value",
    read: (stored) => stored,
    write(given) {
      const [a, b] = given as readonly [number, number];
      if (!(a <= b && a >= min && b <= max))
        throw new InputError(
          "bad-value",
          `Cannot set a range to ${a} and ${b}: it takes two numbers in order between ${min} and ${max}.`,
        );
      return [a, b];
    },
  };
  const readout_format = readout(min, step);
  const state = { ...common(options), ...look(options), min, max, step, value: codec.write(value), readout_format };
  return laidOut(registry.single(control("FloatRangeSlider"), state, codec), options);
}

export function choice<T>(
  registry: Registry,
  name: "Dropdown" | "ToggleButtons",
  options: ChoiceOptions<T>,
): SingleValue {
  const given = options.options;
  const pairs: readonly (readonly [string, unknown])[] = Array.isArray(given)
    ? given.map((one) => [String(one), one] as const)
    : Object.entries(given);
  if (pairs.length === 0) throw new InputError("no-options", "Cannot make a choice: it has no options.");
  const codec: ValueCodec = {
    name: "index",
    read: (stored) => pairs[Number(stored)]?.[1],
    write(value) {
      const at = pairs.findIndex(([, one]) => Object.is(one, value));
      if (at < 0) {
        const labels = pairs.map(([label]) => label).join(", ");
        throw new InputError("bad-value", `Cannot choose ${String(value)}: the options are ${labels}.`);
      }
      return at;
    },
  };
  const index = options.value === undefined ? 0 : codec.write(options.value);
  const state = { ...common(options), _options_labels: pairs.map(([label]) => label), index };
  return laidOut(registry.single(control(name), state, codec), options);
}

export function text(registry: Registry, options: TextOptions = {}): SingleValue {
  const { value = "", placeholder = "", area = false, continuous = false } = options;
  const state = { ...common(options), value, placeholder, continuous_update: continuous };
  return laidOut(registry.single(control(area ? "Textarea" : "Text"), state, plain("a text", "string")), options);
}

export function number(registry: Registry, options: NumberOptions = {}): SingleValue {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, step = null } = options;
  const { value = Number.isFinite(min) ? min : Number.isFinite(max) ? max : 0 } = options;
  if (!(min <= max)) throw new InputError("bad-range", `Cannot make a number: min is ${min} and max is ${max}.`);
  const bounded = Number.isFinite(min) || Number.isFinite(max);
  // JSON has no infinity; the largest number is as good as none.
  const limits = { min: Math.max(min, -Number.MAX_VALUE), max: Math.min(max, Number.MAX_VALUE) };
  const state = { ...common(options), value, step, ...(bounded && limits) };
  const kind = control(bounded ? "BoundedFloatText" : "FloatText", "FloatText");
  return laidOut(registry.single(kind, state, plain("a number", "number")), options);
}

export function checkbox(registry: Registry, options: ControlOptions & { readonly value?: boolean } = {}): SingleValue {
  const state = { ...common(options), value: options.value ?? false, indent: false };
  return laidOut(registry.single(control("Checkbox"), state, plain("a checkbox", "boolean")), options);
}

export function html(registry: Registry, value = "", options: ControlOptions = {}): SingleValue {
  const { label = "" } = options;
  const widget = registry.single(control("HTML"), { description: label, value }, plain("a text", "string"));
  return laidOut(widget, options);
}

export function progress(
  registry: Registry,
  options: ControlOptions & { readonly value?: number; readonly max?: number } = {},
): SingleValue {
  const { label = "", value = 0, max = 1 } = options;
  bounds("a progress bar", { min: 0, max });
  const kind = control("FloatProgress", "Progress");
  return laidOut(registry.single(kind, { description: label, value, max }, plain("a bar", "number")), options);
}

export function box(
  registry: Registry,
  name: "HBox" | "VBox",
  children: readonly unknown[],
  options: ControlOptions = {},
): BaseWidget {
  return laidOut(registry.make(control(name), { children: children.map((one) => childOf(registry, one)) }), options);
}

/** Texts become labels; anything else that is no widget is refused. */
export function childOf(registry: Registry, child: unknown): BaseWidget {
  if (typeof child === "string") return registry.make(control("Label"), { value: child });
  if (child instanceof BaseWidget) return child;
  throw new InputError("no-widget", `Cannot put ${String(child)} into a box: only widgets and texts can be.`);
}
