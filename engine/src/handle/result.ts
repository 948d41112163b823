/** Results as typed arrays with a status per lane. */
import { LaneError } from "../base/errors.js";
import type { LaneStatus } from "../evaluator/evaluator.js";

/** Values of many lanes: `values` is rows × columns, a lane that is not `ok` holds NaN. */
export class BatchResult {
  readonly quantity: string;
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly status: readonly LaneStatus[];
  /** Of each lane without values, why; undefined for a lane that has them. */
  readonly reasons: readonly (string | undefined)[];

  constructor(
    quantity: string,
    values: Float64Array,
    columns: number,
    status: readonly LaneStatus[],
    reasons: readonly (string | undefined)[],
  ) {
    this.quantity = quantity;
    this.values = values;
    this.rows = status.length;
    this.columns = columns;
    this.status = status;
    this.reasons = reasons;
  }

  /** The values of one lane, a view. Throws `LaneError` when the lane has none. */
  row(lane: number): Float64Array {
    const status = this.status[lane];
    if (status === undefined) throw new LaneError("no-lane", `Cannot read lane ${lane}: there are ${this.rows}.`);
    if (status !== "ok") throw laneError(this.quantity, { status, reason: this.reasons[lane] }, ` in lane ${lane}`);
    return this.values.subarray(lane * this.columns, (lane + 1) * this.columns);
  }

  toString(): string {
    const shown = Math.min(this.rows, 10);
    const lines = [`${this.quantity}: ${this.rows} × ${this.columns}`];
    for (let lane = 0; lane < shown; lane++) {
      const row = this.values.subarray(lane * this.columns, (lane + 1) * this.columns);
      const text = Array.from(row.subarray(0, 8), (value) => value.toPrecision(6).padStart(12)).join(" ");
      lines.push(
        `${String(lane).padStart(5)} ${this.status[lane] === "ok" ? text : this.status[lane]}${this.columns > 8 ? " …" : ""}`,
      );
    }
    if (shown < this.rows) lines.push(`      … ${this.rows - shown} more`);
    return lines.join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Why a lane has no values; what the evaluator does not say is said of the status. */
export interface LaneReason {
  readonly status: Exclude<LaneStatus, "ok">;
  readonly reason?: string | undefined;
}

const MEANING: Readonly<Record<LaneReason["status"], string>> = {
  singular: "a state that is reached cannot reach absorption, because rates are 0",
  overflow: "its numbers leave the range of double precision",
  horizon: "the time is too long for rates so fast and states so many, by every method",
  invalid: "its probabilities are negative or sum to more than 1",
  impossible: "what is given has probability 0",
};

/** What is impossible differs between quantities. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  logLikelihood: "an observation, or what it is known to be later than, has probability 0",
  hazard: "the hazard divides by the survival, or by what is given, and that is 0 in double precision",
};

/** One sentence without its end, of every lane that has no values. */
export function reasonOf(quantity: string, { status, reason }: LaneReason): string {
  return reason ?? (status === "impossible" ? IMPOSSIBLE[quantity] : undefined) ?? MEANING[status];
}

/** `what` is a quantity, perhaps of a model. */
export function laneError(what: string, lane: LaneReason, where = ""): LaneError {
  return new LaneError(lane.status, `Cannot evaluate ${what}${where}: ${reasonOf(what.split(" ")[0], lane)}.`);
}
