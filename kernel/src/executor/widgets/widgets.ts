/** `widgets` in a cell: the functions of `api.ts` put together. */
import { InputError } from "@sojourn/engine/errors";
import type { Cell } from "../cells.js";
import type { BundleOf } from "../display.js";
import type { Show } from "../show.js";
import type { AnyOptions, ButtonOptions, ControlOptions, ModelOptions, WidgetModel, Widgets } from "./api.js";
import {
  box,
  checkbox,
  childOf,
  choice,
  common,
  control,
  html,
  laidOut,
  number,
  progress,
  range,
  slider,
  text,
} from "./controls.js";
import { interact } from "./interact.js";
import { OutputWidget } from "./output.js";
import { createRegistry, type Registry, type RegistryParts } from "./registry.js";

/** Any version of anywidget's front end will do: what it asks of a model has been the same from its beginning. */
const ANY = { module: "anywidget", version: "*", model: "AnyModel", view: "AnyView" };

export interface WidgetsParts extends RegistryParts {
  readonly show: Show;
  readonly bundleOf: BundleOf;
  readonly awaitFor: (cell: Cell, made: Promise<void>) => void;
}

export interface WidgetsOfCells {
  readonly widgets: Widgets;
  readonly onNews: Registry["onNews"];
}

export function createWidgets(parts: WidgetsParts): WidgetsOfCells {
  const { cells, show, bundleOf, awaitFor } = parts;
  const registry = createRegistry(parts);
  const button = (label: string, options: ButtonOptions = {}) => {
    const { style = "", tooltip = null } = options;
    const state = { ...common({ ...options, label }), button_style: style, tooltip };
    return laidOut(registry.make(control("Button"), state), options);
  };
  const tabs = (children: Readonly<Record<string, WidgetModel>>, options: ControlOptions = {}) => {
    const state = {
      children: Object.values(children).map((one) => childOf(registry, one)),
      titles: Object.keys(children),
    };
    return laidOut(registry.make(control("Tab"), { ...state, selected_index: 0 }), options);
  };
  const any = ({ esm, css, state = {}, layout }: AnyOptions<Readonly<Record<string, unknown>>>) => {
    if (typeof esm !== "string" || esm === "")
      throw new InputError(
        "no-module",
        "Cannot make a widget: `esm` must be the text of an ES module, or its address.",
      );
    const own = { ...state, _esm: esm, _css: css ?? "", _anywidget_id: "sojourn.widgets.any" };
    return laidOut(registry.make(ANY, own), layout ? { layout } : {});
  };
  const model = ({ module, version, model, view, state = {}, layout }: ModelOptions) =>
    laidOut(
      registry.make({ module, version, model, ...(view !== undefined && { view }) }, state),
      layout ? { layout } : {},
    );
  const widgets = {
    slider: (options: never) => slider(registry, options),
    range: (options: never) => range(registry, options),
    dropdown: (options: never) => choice(registry, "Dropdown", options),
    choice: (options: never) => choice(registry, "ToggleButtons", options),
    text: (options: never) => text(registry, options),
    number: (options: never) => number(registry, options),
    checkbox: (options: never) => checkbox(registry, options),
    button,
    html: (value: string | undefined, options: never) => html(registry, value, options),
    progress: (options: never) => progress(registry, options),
    hbox: (children: readonly unknown[], options: never) => box(registry, "HBox", children, options),
    vbox: (children: readonly unknown[], options: never) => box(registry, "VBox", children, options),
    tabs,
    output: (options: ControlOptions = {}) =>
      laidOut(
        registry.add((id, surroundings) => new OutputWidget(id, surroundings, { cells, bundleOf, awaitFor })),
        options,
      ),
    any,
    model,
    interact: (action: never, controls: never) => interact({ registry, cells, show, awaitFor }, action, controls),
    closeAll: () => registry.closeAll(),
  };
  // The classes say less than the interfaces do, because one class stands behind several of them.
  return { widgets: Object.freeze(widgets) as unknown as Widgets, onNews: registry.onNews };
}
