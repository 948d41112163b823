/**
 * What the supervisor says to whoever prewarms, and hears: the process that makes families, or the executor, which has the
 * models of the notebook. Plain JSON. One item is made at a time; what the queue does lies with the supervisor.
 */

/** Inputs may be lists in a forecast, and stand for themselves in an item that is made. */
export interface WarmSpec {
  readonly model: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly questions: readonly string[];
  readonly gradients: boolean;
  readonly batches: readonly number[];
}

export interface WarmerModel {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** One combination of inputs, and what the caches know of it. */
export interface ForecastItem {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The layer that has its state space. */
  readonly layer?: string;
  /** What the most alike entry cost, ms. */
  readonly likeMs?: number;
  /** Why it cannot be made. */
  readonly reason?: string;
}

export interface MadeItem {
  readonly outcome: "made" | "warm" | "failed" | "cancelled";
  readonly reason?: string;
  readonly milliseconds: number;
}

export type ToWarmer =
  | { readonly type: "models"; readonly id: number }
  | { readonly type: "forecast"; readonly id: number; readonly spec: WarmSpec }
  | { readonly type: "make"; readonly id: number; readonly spec: WarmSpec }
  /** Gives up the item that is being made; it comes back as cancelled. */
  | { readonly type: "stop" };

export type FromWarmer =
  | { readonly type: "models"; readonly id: number; readonly models: readonly WarmerModel[] }
  | { readonly type: "forecast"; readonly id: number; readonly items: readonly ForecastItem[] }
  | { readonly type: "made"; readonly id: number; readonly item: MadeItem }
  | { readonly type: "failed"; readonly id: number; readonly code: string; readonly message: string };
