/**
 * How a cell's functions hear of what happens to widgets. A call belongs to the cell that put the listener there, as a turn of its own:
 * its outputs go to that cell, and interrupting it ends the call and leaves the listener. Calls of one listener never
 * overlap: of changes that come meanwhile the latest is heard, of messages each.
 */
import { type Cell, type Cells, createCell } from "../cells.js";

export interface ListenerParts {
  readonly cells: Cells;
  /** How often idle code was interrupted so far; see `Cell.turn`. */
  readonly interrupts: () => number;
  /** A listener failed. */
  readonly failed: (error: unknown, cell: Cell) => void;
}

/** Calls a listener; resolves when the call that is under way has ended. */
export type Call<A extends unknown[]> = (...values: A) => Promise<void>;

/** Of calls that wait about the same topic only the latest is made; those without a topic are all made. */
export function createCall<A extends unknown[]>(
  { cells, interrupts, failed }: ListenerParts,
  listener: (...values: A) => unknown,
  topicOf: (...values: A) => unknown,
): Call<A> {
  const { context } = cells;
  const owner = cells.current;
  let waiting: { readonly topic: unknown; readonly values: A }[] = [];
  let busy: { readonly turn: Cell; readonly done: Promise<void> } | undefined;

  async function turnOf(turn: Cell, values: A): Promise<void> {
    try {
      await cells.within({ ...context, cell: turn }, async () => {
        await listener(...values);
      });
      await Promise.all(turn.pending);
    } catch (error) {
      failed(error, turn);
    }
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const turn: Cell = {
        ...createCell(owner?.number ?? 0, owner?.executionCount ?? 0, owner?.silent ?? false),
        turn: interrupts(),
      };
      let ended = (): void => undefined;
      const done = new Promise<void>((resolve) => {
        ended = resolve;
      });
      busy = { turn, done };
      await turnOf(turn, next.values);
      busy = undefined;
      ended();
    }
  }

  return async (...values) => {
    const topic = topicOf(...values);
    if (topic !== undefined) waiting = waiting.filter((one) => one.topic !== topic);
    waiting.push({ topic, values });
    // A call that was interrupted may never come back to say that it ended.
    if (busy && busy.turn.turn === interrupts()) await busy.done;
    else await work();
  };
}
