/** Who takes part in a comparison: how each contender is started, and who is missing and why. */
import { join } from "node:path";
import { type Choice, choiceName } from "./backend.js";
import type { Bench } from "./bench.js";
import type { Comparison } from "./compare.js";
import type { ContenderSpec } from "./contender.js";
import { NOT_ASKED, type Peer } from "./environment.js";
import type { BenchModel } from "./models.js";
import type { Task } from "./ours.js";

export interface Lineup {
  readonly contenders: readonly ContenderSpec[];
  readonly skipped: Comparison["skipped"];
}

/** One question about one model, whose folder has been written. */
export interface Asking {
  readonly bench: Bench;
  readonly model: BenchModel;
  readonly task: Task;
  readonly folder: string;
}

/** Each backend of the command line; what times decide has one implementation, so there the first stands for all. */
export function ours(asking: Asking): Lineup {
  const { choices } = asking.bench;
  return oursAs(asking, asking.task === "moments" ? choices : choices.slice(0, 1));
}

export function oursAs({ bench, model, task, folder }: Asking, choices: readonly Choice[]): Lineup {
  const script = join(bench.runFolder, "ours.mjs");
  const cacheDirectory = join(bench.folder, "cache");
  const contenders = choices.map((choice) => ({
    id: choiceName(choice),
    ours: true,
    command: process.execPath,
    args: [script, JSON.stringify({ task, model, choice, folder, cacheDirectory })],
  }));
  return { contenders, skipped: [] };
}

function peer<T>(found: Peer<T>, id: string, make: (use: T) => readonly ContenderSpec[]): Lineup {
  if (found.is === "missing")
    return { contenders: [], skipped: found.reason === NOT_ASKED ? [] : [{ id, reason: found.reason }] };
  return { contenders: make(found.use), skipped: [] };
}

/** Our own arithmetic in C, at these lane widths. */
export function native({ bench, folder }: Asking, widths: readonly number[]): Lineup {
  return peer(bench.peers.native, "native", (programs) =>
    [...programs]
      .filter(([id]) => widths.some((width) => id.endsWith(`-${width}`)))
      .map(([id, command]) => ({ id, ours: false, command, args: [folder] })),
  );
}

export function klu({ bench, folder }: Asking): Lineup {
  return peer(bench.peers.klu, "klu", (command) => [{ id: "klu", ours: false, command, args: [folder] }]);
}

function python(id: string, { bench, task, folder }: Asking, found: Peer<string>, approximate: boolean): Lineup {
  const script = join(bench.context.root, "test", "bench", "peers", `${id}_peer.py`);
  return peer(found, id, (command) => [{ id, ours: false, command, args: [script, task, folder], approximate }]);
}

export const scipy = (asking: Asking): Lineup => python("scipy", asking, asking.bench.peers.scipy, false);

/** Its densities, and what is made of them, are approximations of first order. */
export const phasic = (asking: Asking): Lineup =>
  python("phasic", asking, asking.bench.peers.phasic, asking.task !== "moments");

export function together(...lineups: readonly Lineup[]): Lineup {
  return {
    contenders: lineups.flatMap(({ contenders }) => contenders),
    skipped: lineups.flatMap(({ skipped }) => skipped),
  };
}
