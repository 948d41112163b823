/**
 * Does what it is told: says which models there are, what prewarming a grid of inputs would find, and makes one item. Whatever
 * goes wrong is an answer.
 */
import type { Engine, PrewarmModel } from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";
import type { FromWarmer, ToWarmer, WarmerModel, WarmSpec } from "../link/warmer-messages.js";

/** A model that can be built and explained, as prewarming needs it. */
export type WarmableModel = Exclude<PrewarmModel["model"], string> & { readonly description?: string };

export interface WarmerParts {
  readonly engine: Pick<Engine, "prewarm" | "estimatePrewarm" | "cache">;
  readonly names: () => readonly string[];
  readonly find: (name: string) => WarmableModel | undefined;
  readonly send: (message: FromWarmer) => void;
}

export interface Warmer {
  receive(message: ToWarmer): void;
  /** What was being made was terminated: it comes back as cancelled. */
  abandon(): void;
}

export function createWarmer({ engine, names, find, send }: WarmerParts): Warmer {
  let making: { readonly id: number; readonly controller: AbortController } | undefined;

  function modelOf(name: string): WarmableModel {
    const found = find(name);
    if (found) return found;
    throw new InputError("no-model", `Cannot prewarm ${name}: there is no such model; run the cell that defines it.`);
  }

  const specOf = ({ model, inputs, questions, gradients, batches }: WarmSpec) => ({
    models: [{ model: modelOf(model), inputs, gradients, batches, questions } as PrewarmModel],
  });

  async function answer(message: Exclude<ToWarmer, { type: "stop" }>): Promise<FromWarmer> {
    const { id } = message;
    switch (message.type) {
      case "models": {
        const models = names().flatMap((name) => {
          const model = find(name);
          if (model === undefined) return [];
          return [describeModel(name, model)];
        });
        return { type: "models", id, models };
      }
      case "forecast": {
        const { items } = await engine.estimatePrewarm(specOf(message.spec));
        return { type: "forecast", id, items: items.map(({ model: _, inputs, ...rest }) => ({ inputs, ...rest })) };
      }
      case "make": {
        const controller = new AbortController();
        const mine = { id, controller };
        making = mine;
        try {
          const { items } = await engine.prewarm(specOf(message.spec), { signal: controller.signal });
          const [{ outcome, reason, milliseconds }] = items;
          // asking waits for what is being written: whoever hears that it was made finds it; made it is in any case
          if (outcome === "made") await engine.cache.list({ kinds: [], limit: 0 }).catch(() => undefined);
          return { type: "made", id, item: { outcome, milliseconds, ...(reason !== undefined && { reason }) } };
        } finally {
          if (making === mine) making = undefined;
        }
      }
      default:
        return message satisfies never;
    }
  }

  return {
    abandon() {
      if (making) send({ type: "made", id: making.id, item: { outcome: "cancelled", milliseconds: 0 } });
      making = undefined;
    },
    receive(message) {
      if (message.type === "stop") {
        making?.controller.abort();
        return;
      }
      const { id } = message;
      answer(message).then(send, (error: { code?: string; message: string }) => {
        send({ type: "failed", id, code: error.code ?? "failed", message: error.message });
      });
    },
  };
}

/** A model as a list of them shows it. */
export const describeModel = (name: string, { description = "", inputs }: WarmableModel): WarmerModel => ({
  ...{ name, description },
  inputs: plain(inputs),
});

/** Inputs as JSON has them; what it has not is left out. */
function plain(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(inputs)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
