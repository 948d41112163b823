/**
 * Small sweeps in WebAssembly: many steps in one call, for each direction by itself with the value beside it. Everything is written into
 * memory for the call: a small system is little, and a call is many steps.
 */
import type { SmallRun, SmallSweeps } from "../../reference/system.js";
import { COLUMN_WORDS, EDGE, ENTRY, POSITION, WORDS } from "./small-kernels.js";
import { padded, type WorkMemory } from "./work-memory.js";

export function openSmallSweeps(memory: WorkMemory): SmallSweeps {
  return { run: (run) => runAll(memory, run) };
}

/** As many steps of all vectors as the run asks for, or fewer where the value becomes too small; undefined where there is no room. */
function runAll(memory: WorkMemory, run: SmallRun): number | undefined {
  const directions = Math.max(1, run.tangents.length);
  let taken = run.steps;
  for (let d = 0; d < directions; d++) {
    // the value is the same for every direction, and so is where it ends
    const now = runOne(memory, { ...run, steps: taken }, d);
    if (now === undefined) return undefined;
    taken = now;
  }
  return taken;
}

function runOne(memory: WorkMemory, run: SmallRun, d: number): number | undefined {
  const { gathering, matrix, matrixTangents, value, tangents, columns, steps, to, from } = run;
  const { starts, sources } = gathering;
  const size = value.length;
  const edges = sources.length;
  const change = matrixTangents[d];
  const tangent = tangents[d];
  const entries = columns.reduce(
    (sum, column) => sum + column.value.places.length + (column.tangents[d]?.places.length ?? 0),
    0,
  );
  const words = padded(Math.ceil((WORDS + size + edges + COLUMN_WORDS * columns.length) / 2));
  const fixed = words + 4 * size + POSITION * size + padded(EDGE * edges) + ENTRY * entries;
  const kernels = memory.room(fixed + 2 * steps * (1 + columns.length));
  if (kernels === undefined) return undefined;
  const { f64, i32, end } = memory;
  // words, then doubles; addresses count bytes
  const counts = 2 * end + WORDS;
  const offsets = counts + size;
  const records = offsets + edges;
  const now = end + words;
  const next = now + 2 * size;
  const positions = next + 2 * size;
  const weights = positions + POSITION * size;
  let list = weights + padded(EDGE * edges);
  const sums = list + ENTRY * entries;
  const address = (double: number): number => 8 * double;
  i32.set(
    [
      ...[steps, size, address(now), address(next), address(positions), 4 * counts, 4 * offsets, address(weights)],
      ...[address(sums), columns.length, 4 * records],
    ],
    2 * end,
  );
  for (let j = 0; j < size; j++) {
    i32[counts + j] = starts[j + 1] - starts[j];
    f64[now + 2 * j] = value[j];
    f64[now + 2 * j + 1] = tangent === undefined ? 0 : tangent[j];
    const at = positions + POSITION * j;
    f64[at] = matrix.stays[j];
    f64[at + 1] = matrix.stayRests[j];
    f64[at + 2] = f64[at + 4] = 0;
    f64[at + 3] = change === undefined ? 0 : change.stays[j];
    f64[at + 5] = change === undefined ? 0 : change.stayRests[j];
  }
  for (let e = 0; e < edges; e++) {
    i32[offsets + e] = 16 * sources[e];
    const at = weights + EDGE * e;
    f64[at] = matrix.moves[e];
    f64[at + 1] = 0;
    f64[at + 2] = change === undefined ? 0 : change.moves[e];
  }
  columns.forEach(({ value: of, tangents: changes }, c) => {
    const at = records + COLUMN_WORDS * c;
    [of, changes[d]].forEach((some, part) => {
      i32[at + part] = some === undefined ? 0 : some.places.length;
      i32[at + 2 + part] = address(list);
      some?.places.forEach((place, i) => {
        i32[2 * list] = 16 * place;
        f64[list + 1] = some.values[i];
        list += ENTRY;
      });
    });
    i32[at + 4] = address(sums + 2 * steps * (1 + c));
  });
  kernels.sweep(address(end));
  const taken = i32[2 * end];
  const last = i32[2 * end + 2] / 8;
  for (let j = 0; j < size; j++) {
    if (d === tangents.length - 1 || tangents.length === 0) value[j] = f64[last + 2 * j];
    if (tangent !== undefined) tangent[j] = f64[last + 2 * j + 1];
  }
  for (let k = 0; k < taken; k++) {
    if (d === 0) to.survival[from + k] = f64[sums + 2 * k] * run.scale;
    for (let c = 0; c < columns.length; c++) {
      const at = sums + 2 * (steps * (1 + c) + k);
      if (d === 0) to.columns[c][0][from + k] = run.scale * f64[at];
      if (tangent !== undefined) to.columns[c][1 + d][from + k] = run.scale * f64[at + 1];
    }
  }
  return taken;
}
