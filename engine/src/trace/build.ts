/** From a pattern to its elimination trace: components, order inside each, fill, levels. */
import { InputError, InterruptedError } from "../base/errors.js";
import { GrowableInts } from "../base/growable.js";
import { type Components, components } from "./components.js";
import { LocalPatterns } from "./local-pattern.js";
import { createOrderer } from "./order.js";
import { appendRows, type FactorRows, symbolicSpace } from "./symbolic.js";
import type { EliminationTrace, Pattern } from "./trace.js";

const POLL_EVERY = 256;

/**
 * Cost: O(V + E) for acyclic patterns; otherwise the symbolic elimination of each component. Throws `InterruptedError`,
 * and `InputError` when the fill needs more than `maxBytes`.
 */
export function buildTrace(pattern: Pattern, interrupted: () => boolean, maxBytes = Infinity): EliminationTrace {
  const { vertexCount: V } = pattern;
  const parts = components(pattern);
  const count = parts.start.length - 1;
  const transient = parts.members.length;
  const order = parts.members;
  const rows: FactorRows = {
    lowerStart: new Int32Array(transient + 1),
    lower: new GrowableInts(),
    upperStart: new Int32Array(transient + 1),
    upper: new GrowableInts(),
  };
  let largest = 0;
  for (let c = 0; c < count; c++) largest = Math.max(largest, parts.start[c + 1] - parts.start[c]);
  const patterns = new LocalPatterns(pattern, parts, largest);
  const orderOf = createOrderer(largest);
  const space = symbolicSpace(largest);
  const local = new Int32Array(largest);
  const members = new Int32Array(largest);

  for (let c = 0; c < count; c++) {
    const first = parts.start[c];
    const size = parts.start[c + 1] - first;
    if (size === 1) {
      rows.lowerStart[first + 1] = rows.lower.length;
      rows.upperStart[first + 1] = rows.upper.length;
      continue;
    }
    const own = members.subarray(0, size);
    own.set(order.subarray(first, first + size));
    own.sort();
    const inside = patterns.of(c, own);
    const steps = local.subarray(0, size);
    let done = 0;
    const check = (entries: number): void => {
      if (entries * ENTRY_BYTES > maxBytes) refuse(size, done, entries, maxBytes);
    };
    orderOf(inside, steps, (step, edges) => {
      done = step;
      if (step % POLL_EVERY === 0 && interrupted()) throw new InterruptedError(`eliminating vertex ${step} of ${size}`);
      check(rows.lower.length + rows.upper.length + edges);
    });
    appendRows(inside, steps, first, rows, space, check);
    for (let i = 0; i < size; i++) order[first + i] = own[steps[i]];
  }
  const rank = new Int32Array(V).fill(-1);
  for (let p = 0; p < transient; p++) rank[order[p]] = p;
  return {
    vertexCount: V,
    order,
    rank,
    componentStart: parts.start,
    componentLevel: levels(pattern, parts),
    lowerStart: rows.lowerStart,
    lower: rows.lower.take(),
    upperStart: rows.upperStart,
    upper: rows.upper.take(),
  };
}

/** Bytes that an entry takes at its height: in the lists of the order, which grow, or in the rows, which grow too. */
export const ENTRY_BYTES = 28;

function refuse(size: number, step: number, entries: number, maxBytes: number): never {
  throw new InputError(
    "too-much-memory",
    `Cannot eliminate ${size} states that all lead to each other: at state ${step} there are ${entries} entries, more than ${(maxBytes / 2 ** 30).toFixed(1)} GiB hold; choose smaller inputs, or build with a larger maxBytes.`,
  );
}

/** A component's level is one more than the highest level it leads to. */
function levels(pattern: Pattern, parts: Components): Int32Array {
  const { rowStart, targets } = pattern;
  const { start, members, of } = parts;
  const level = new Int32Array(start.length - 1);
  for (let c = 0; c < level.length; c++) {
    let above = 0;
    for (let i = start[c]; i < start[c + 1]; i++) {
      const v = members[i];
      for (let e = rowStart[v]; e < rowStart[v + 1]; e++) {
        const d = of[targets[e]];
        if (d >= 0 && d !== c && level[d] >= above) above = level[d] + 1;
      }
    }
    level[c] = above;
  }
  return level;
}
