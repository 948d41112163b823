/** What every backend says of a batch in the same words: arrays that do not fit, and which lane a fault is of. */
import { InputError } from "../base/errors.js";
import type { Graph } from "../graph/graph.js";

/** Throws `InputError` when arrays do not have `dimension` and `width` numbers a lane. */
export function checkShapes(
  dimension: number,
  width: number,
  thetas: Float64Array,
  out: Float64Array,
  status: Uint8Array,
): void {
  if (thetas.length !== status.length * dimension || out.length !== status.length * width)
    throw new InputError(
      "bad-shape",
      `Cannot evaluate ${status.length} lanes: thetas must have ${status.length * dimension} numbers and out ${status.length * width}, they have ${thetas.length} and ${out.length}.`,
    );
}

/** An error of a batch that is made of these lanes of another one, told of the other one. */
export function inLanes(error: unknown, { name }: Pick<Graph, "name">, lanes: readonly number[]): unknown {
  if (!(error instanceof InputError)) return error;
  const before = `Cannot evaluate ${name}`;
  const [, lane = "0", rest] = /^(?: in lane (\d+))?(:.*)$/su.exec(error.message.slice(before.length)) ?? [];
  if (!error.message.startsWith(before) || rest === undefined) return error;
  return new InputError(error.code, `${before} in lane ${lanes[Number(lane)]}${rest}`, { cause: error });
}
