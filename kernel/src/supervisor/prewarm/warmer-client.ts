/** Questions to a warmer and its answers, matched by number. A warmer that goes away answers everything with that. */
import type {
  ForecastItem,
  FromWarmer,
  MadeItem,
  ToWarmer,
  WarmerModel,
  WarmSpec,
} from "../../link/warmer-messages.js";

export interface WarmerClient {
  models(): Promise<readonly WarmerModel[]>;
  forecast(spec: WarmSpec): Promise<readonly ForecastItem[]>;
  make(spec: WarmSpec): Promise<MadeItem>;
  /** Gives up what is being made. */
  stop(): void;
  receive(message: FromWarmer): void;
  /** Nothing asked so far will be answered any more. */
  gone(why: string, code?: string): void;
  /** Questions that wait. */
  readonly waiting: number;
}

/** An answer that says that something could not be done. */
export class WarmerFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (message: FromWarmer) => void;
  readonly reject: (error: WarmerFault) => void;
}

export function createWarmerClient(send: (message: ToWarmer) => void): WarmerClient {
  const waiting = new Map<number, Waiting>();
  let count = 0;

  function ask<T extends FromWarmer["type"]>(
    build: (id: number) => ToWarmer,
  ): Promise<Extract<FromWarmer, { type: T }>> {
    const id = ++count;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      send(build(id));
    });
  }

  return {
    models: async () => (await ask<"models">((id) => ({ type: "models", id }))).models,
    forecast: async (spec) => (await ask<"forecast">((id) => ({ type: "forecast", id, spec }))).items,
    make: async (spec) => (await ask<"made">((id) => ({ type: "make", id, spec }))).item,
    stop: () => send({ type: "stop" }),
    receive(message) {
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === "failed") one?.reject(new WarmerFault(message.code, message.message));
      else one?.resolve(message);
    },
    gone(why, code = "gone") {
      const all = [...waiting.values()];
      waiting.clear();
      for (const { reject } of all) reject(new WarmerFault(code, why));
    },
    get waiting() {
      return waiting.size;
    },
  };
}
