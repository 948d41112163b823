/**
 * What supervisor and executor say to each other. A cell is named by a number that the supervisor gives out and never
 * reuses; everything that a cell causes carries it, also output that comes long after the cell ended.
 */
import type { EngineEvent } from "@sojourn/engine";
import type { FromWarmer, ToWarmer, WarmerModel } from "./warmer-messages.js";

export interface MimeBundle {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** An error as Jupyter wants it: name, value and the lines to show. */
export interface ErrorReport {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type StreamName = "stdout" | "stderr";

export interface ExecuteOrder {
  readonly type: "execute";
  readonly cell: number;
  readonly code: string;
  /** The number that the user sees, in `cell-5.ts`. */
  readonly executionCount: number;
  readonly silent: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
  /** What `%info` can say of the supervisor's side. */
  readonly about: Readonly<Record<string, string>>;
}

/** What a person answered to `input()`, or why nobody can be asked. */
export type InputAnswer = { readonly value: string } | { readonly refused: string };

/** How long the code that asked waits: on the spot, or as a promise. */
export interface InputRequest {
  readonly type: "input";
  readonly cell: number;
  readonly request: number;
  readonly prompt: string;
  readonly password: boolean;
  readonly blocking: boolean;
}

/** A part of an `execute_reply` that asks the front end for something, as `%load` does. */
export type Payload = Readonly<Record<string, unknown>>;

/** A fresh executor is wanted after the cell: `%reset`, `%memory 4096`. */
export interface RestartWish {
  readonly heapMegabytes?: number;
}

/** State of a widget's model by name; bytes stand where they belong and are frames only at Jupyter's side. */
export type ModelState = Readonly<Record<string, unknown>>;

/** What a front end did to a widget. */
export type WidgetNews =
  /** `turn` numbers what front ends changed; whoever answers says which of it was known. */
  | { readonly word: "changed"; readonly state: ModelState; readonly turn: number }
  | { readonly word: "custom"; readonly content: unknown; readonly buffers: readonly Uint8Array[] }
  /** A front end closed it. */
  | { readonly word: "closed" };

/** What a cell does to a widget. */
export type WidgetWord =
  | { readonly word: "open"; readonly state: ModelState }
  | { readonly word: "change"; readonly state: ModelState; readonly turn: number }
  | { readonly word: "custom"; readonly content: unknown; readonly buffers: readonly Uint8Array[] }
  | { readonly word: "close" };

export type ToExecutor =
  | ExecuteOrder
  | { readonly type: "widget"; readonly model: string; readonly news: WidgetNews }
  | { readonly type: "interrupt" }
  | { readonly type: "input-reply"; readonly request: number; readonly blocking: boolean; readonly answer: InputAnswer }
  | { readonly type: "ask"; readonly question: number; readonly ask: Question }
  /** Prewarming of a model that the notebook has defined. */
  | { readonly type: "warm"; readonly message: ToWarmer }
  /** A setting of the caches, from the panel. */
  | { readonly type: "configure"; readonly name: string; readonly value: number | boolean | readonly number[] }
  | { readonly type: "close" };

export type Question =
  | { readonly type: "complete"; readonly code: string; readonly cursor: number }
  | { readonly type: "inspect"; readonly code: string; readonly cursor: number };

export interface Completion {
  readonly matches: readonly string[];
  readonly start: number;
  readonly end: number;
}

export type DisplayKind = "display_data" | "execute_result" | "update_display_data";

export type UserExpression = ({ readonly status: "ok" } & MimeBundle) | ({ readonly status: "error" } & ErrorReport);

export type CellOutcome =
  | {
      readonly status: "ok";
      readonly userExpressions: Readonly<Record<string, UserExpression>>;
      readonly payload: readonly Payload[];
      readonly restart?: RestartWish;
    }
  | { readonly status: "error"; readonly error: ErrorReport };

export type FromExecutor =
  /** The size to which the heap may grow comes along, for what is said when it is full. */
  | { readonly type: "ready"; readonly heapMegabytes: number }
  /** `opens`: it follows something else than text of the same stream. */
  | {
      readonly type: "stream";
      readonly cell: number;
      readonly name: StreamName;
      readonly text: string;
      readonly opens?: boolean;
    }
  | {
      readonly type: "display";
      readonly cell: number;
      readonly kind: DisplayKind;
      readonly bundle: MimeBundle;
      readonly displayId?: string;
    }
  | { readonly type: "widget"; readonly cell: number; readonly model: string; readonly word: WidgetWord }
  /** The news of a widget has arrived, so that the next may come; `settled` once whoever listens is done with it. */
  | { readonly type: "widget-heard"; readonly settled: boolean }
  | InputRequest
  | { readonly type: "clear"; readonly cell: number; readonly wait: boolean }
  /** Where the process works now comes along, because `%cd` and cells may change it. */
  | { readonly type: "done"; readonly cell: number; readonly outcome: CellOutcome; readonly folder?: string }
  | { readonly type: "event"; readonly event: EngineEvent }
  | { readonly type: "warmed"; readonly message: FromWarmer }
  /** A cell has defined a model; the latest of a name counts. */
  | { readonly type: "model"; readonly model: WarmerModel }
  | { readonly type: "answer"; readonly question: number; readonly answer: Completion | string | null }
  | { readonly type: "closed" };
