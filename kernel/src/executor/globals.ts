/**
 * What every cell finds without an import: the engine and its names. They are ordinary properties of the global object,
 * so a cell may declare the same name for itself.
 */

import * as engineModule from "@sojourn/engine";
import { type Engine, type EngineEvent, linspace, openEngine, progressNotes } from "@sojourn/engine";
import type { Input } from "./input.js";
import type { DefinedModels } from "./models.js";
import type { Show } from "./show.js";
import type { Widgets } from "./widgets/api.js";

export interface Surroundings {
  readonly show: Show;
  readonly input: Input;
  readonly widgets: Widgets;
  readonly models: DefinedModels;
  /** Whether what runs now belongs to a cell. */
  readonly inCell: () => boolean;
  readonly onEvent: (event: EngineEvent) => void;
  readonly interrupted: () => boolean;
}

/** Opens the engine and defines the globals. */
export function defineGlobals({
  show,
  input,
  widgets,
  models,
  inCell,
  onEvent: tell,
  interrupted,
}: Surroundings): Engine {
  const note = progressNotes((line) => void process.stdout.write(`${line}\n`));
  /** Progress is for the cell, unless the panel asked for the work; everything else is for the panel. */
  const onEvent = (event: EngineEvent): void => {
    if (event.type !== "progress") tell(event);
    else if (inCell()) note(event);
  };
  const engine = models.noting(openEngine({ onEvent, interrupted }));
  const open: typeof openEngine = (options) => openEngine({ onEvent, interrupted, ...options });
  const names = {
    engine,
    defineModel: engine.defineModel.bind(engine),
    families: engine.families,
    show,
    input,
    widgets,
    linspace,
    openEngine: open,
  };
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return engine;
}

/** What `import … from "@sojourn/engine"` gives in a cell: the same module, with its engines telling the panel. */
export function engineNamespace(): Record<string, unknown> {
  return { ...engineModule, openEngine: (globalThis as unknown as { openEngine: unknown }).openEngine };
}
