/**
 * What every cell finds without an import, for the language service. `executor/globals.ts` puts the values there; a test
 * holds the two together.
 */

/**
 * The engine of this notebook: builds models, keeps their state spaces and traces in its caches.
 *
 * `engine.load`, `engine.fromMatrices` and `engine.fromPhasic` build what is written elsewhere, `engine.cache` looks into the caches,
 * `engine.cached` keeps results of functions of yours.
 */
declare const engine: import("@sojourn/engine").Engine;

/**
 * Defines a model by its transition rule; `build` explores it, eliminates it and gives the distribution.
 *
 * ```ts
 * const coalescent = defineModel({
 *   name: "coalescent",
 *   parameters: ["rate"],
 *   inputs: { n: 10 },
 *   initial: ({ n }) => [n],
 *   transitions: ([k], { rate }) => (k > 1 ? [{ to: [k - 1], rate: rate.times((k * (k - 1)) / 2) }] : []),
 *   rewards: { branchLength: ([k]) => k },
 * });
 * const ph = await coalescent.build({ n: 10 });
 * ```
 */
declare const defineModel: import("@sojourn/engine").Engine["defineModel"];

/** The model library by name: `await families.coalescent.build({ n: 10 })`. */
declare const families: import("@sojourn/engine").Engine["families"];

/**
 * Shows a value below the cell; with an id it can be updated later.
 *
 * `show.html`, `.svg`, `.png`, `.markdown`, `.latex`, `.plotly`, `.vega`, `.table` and others show text and data as what they are.
 */
declare const show: import("/^sojourn/kernel/executor/show.js").Show;

/** Asks the person at the front end for a line and waits for it; `input.password` does not show what is typed. */
declare const input: import("/^sojourn/kernel/executor/input.js").Input;

/**
 * Controls that live in the notebook and talk to it, and any anywidget of yours.
 *
 * ```ts
 * const rate = widgets.slider({ min: 0.5, max: 8, value: 1 });
 * rate.on("change", async (value) => console.log(value));
 * ```
 */
declare const widgets: import("/^sojourn/kernel/executor/widgets/api.js").Widgets;

/** So many equally spaced numbers from start to end, both included. */
declare const linspace: typeof import("@sojourn/engine").linspace;

/** Opens another engine, with caches and settings of its own; `engine` is the one of the notebook. */
declare const openEngine: typeof import("@sojourn/engine").openEngine;
