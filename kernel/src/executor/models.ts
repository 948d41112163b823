/** The models that cells have defined, by name, so that the panel can prewarm them. Holds none that the notebook has let go. */
import type { Engine } from "@sojourn/engine";
import type { WarmerModel } from "../link/warmer-messages.js";
import { describeModel, type WarmableModel } from "../prewarm/warmer.js";

export interface DefinedModels {
  /** The same engine, whose definitions are noted. */
  noting(engine: Engine): Engine;
  names(): readonly string[];
  find(name: string): WarmableModel | undefined;
}

/** `onDefined` hears of each. */
export function createDefinedModels(onDefined: (model: WarmerModel) => void): DefinedModels {
  const known = new Map<string, WeakRef<WarmableModel>>();
  const find = (name: string): WarmableModel | undefined => known.get(name)?.deref();
  return {
    noting: (engine) =>
      Object.freeze({
        ...engine,
        defineModel: ((spec) => {
          const model = engine.defineModel(spec);
          known.set(model.name, new WeakRef(model as unknown as WarmableModel));
          onDefined(describeModel(model.name, model as unknown as WarmableModel));
          return model;
        }) as Engine["defineModel"],
      }),
    names: () => [...known.keys()].filter((name) => find(name) !== undefined),
    find,
  };
}
