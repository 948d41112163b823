/**
 * The only module that names plotly. It is imported dynamically, so that the partial bundle is a chunk of its own and
 * nobody who looks at no chart loads it.
 */
import bundle from "plotly.js/dist/plotly-basic.min.js";

/** The part of plotly's interface that is used here. */
export interface Plotly {
  readonly version: string;
  react(node: HTMLElement, traces: readonly object[], layout: object, config: object): Promise<unknown>;
  purge(node: HTMLElement): void;
}

export const plotly = bundle as Plotly;

/** Trace types that this bundle can draw. A trace without a type is a scatter. */
export const DRAWABLE_TYPES: readonly string[] = ["scatter", "bar", "pie"];
