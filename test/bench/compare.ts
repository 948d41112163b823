/**
 * One question put to several contenders in rounds, A B C A B C …, and what came of it: seconds per theta of every round,
 * ratios round by round, and whether all gave the same numbers. Without the same numbers there is no ratio.
 */
import { join } from "node:path";
import { type Clock, type Contender, type ContenderSpec, type Context, type Facts, start } from "./contender.js";
import { largestDifference, median, type PairedRatio, pairedRatio } from "./statistics.js";

export interface Comparing {
  readonly contenders: readonly ContenderSpec[];
  /** Thetas of a full batch; slow contenders get fewer. */
  readonly total: number;
  readonly rounds: number;
  /** How long a contender may take in one round. */
  readonly roundSeconds: number;
  /** Also times thetas that come alone. */
  readonly single: boolean;
  /** Largest relative difference of exact answers, and what it is relative to: see `largestDifference`. */
  readonly tolerance: number;
  readonly rowLength: number;
  readonly folder: string;
  readonly clock: Clock;
}

export interface Measured {
  readonly id: string;
  readonly ours: boolean;
  readonly facts: Facts;
  /** Thetas per pass. */
  readonly count: number;
  /** Seconds per theta, one number per round. */
  readonly batch: readonly number[];
  /** Seconds of one theta alone, median of each round; empty where it was not asked for. */
  readonly single: readonly number[];
  /** Seconds per theta by phase, in the round in which they were least together. */
  readonly phases: Readonly<Record<string, number>>;
  /** Largest relative difference from our answers. */
  readonly difference: number;
  readonly agrees: boolean;
  readonly approximate: boolean;
}

export interface Ratio extends PairedRatio {
  /** How many times as long `of` takes as `over`. */
  readonly of: string;
  readonly over: string;
  readonly measure: "batch" | "single";
}

export interface Comparison {
  readonly measured: readonly Measured[];
  readonly ratios: readonly Ratio[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/** A contender on its way through the rounds. */
interface Running {
  readonly contender: Contender;
  readonly count: number;
  readonly rounds: number;
  readonly batch: number[];
  readonly single: number[];
  phases: Readonly<Record<string, number>>;
}

/** One theta alone is asked for this often in a round, or as long as a round may take. */
const SINGLES = 400;

export async function compare(context: Context, asked: Comparing): Promise<Comparison> {
  const skipped: { id: string; reason: string }[] = [];
  const running: Running[] = [];
  const attempt = async (id: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (context.stopping()) throw error;
      const reason = (error as Error).message;
      skipped.push({ id, reason });
      context.say(`skipped: ${id}: ${reason}`);
      return false;
    }
  };
  for (const spec of asked.contenders)
    await attempt(spec.id, async () => {
      running.push(await calibrate(await start(context, spec, asked.clock), asked));
    });
  try {
    for (let round = 0; round < asked.rounds; round++)
      for (const one of [...running]) {
        if (round >= one.rounds) continue;
        if (!(await attempt(one.contender.spec.id, () => measure(one, asked)))) running.splice(running.indexOf(one), 1);
      }
    return await conclude(running, skipped, asked);
  } finally {
    await Promise.all(running.map(({ contender }) => contender.close()));
  }
}

/** For how much of a round a contender works before the first, so that compilers are done with what is asked again and again. */
const WARM = 2 / 3;

/** Warms a contender up and decides how many thetas it gets per pass. */
async function calibrate(contender: Contender, { total, rounds, roundSeconds }: Comparing): Promise<Running> {
  await contender.ask("batch 1 0");
  let count = 1;
  let perTheta = (await contender.ask("batch 1 0")).seconds;
  while (count < total && perTheta * count < roundSeconds / 4) {
    count = Math.min(total, count * 8);
    perTheta = (await contender.ask(`batch ${count} ${Math.min(0.1, roundSeconds / 4)}`)).seconds / count;
  }
  count = Math.max(1, Math.min(total, Math.floor(roundSeconds / perTheta)));
  if (perTheta * count < WARM * roundSeconds) await contender.ask(`batch ${count} ${WARM * roundSeconds}`);
  return { contender, count, rounds: perTheta > 5 * roundSeconds ? 1 : rounds, batch: [], single: [], phases: {} };
}

async function measure(one: Running, { single, roundSeconds }: Comparing): Promise<void> {
  const { contender, count, batch } = one;
  const seconds = Math.min(0.2, roundSeconds / 4);
  const perTheta = (await contender.ask(`batch ${count} ${seconds}`)).seconds / count;
  batch.push(perTheta);
  if (!single) return;
  const { seconds: alone } = await contender.ask("single 1");
  const often = Math.max(1, Math.min(SINGLES, Math.floor(roundSeconds / 2 / alone)));
  one.single.push((await contender.ask(`single ${often}`)).seconds);
  const pass = await contender.ask(`phases ${count} ${seconds}`);
  const phases = Object.fromEntries(Object.entries(pass).map(([name, value]) => [name, value / count]));
  const sum = (of: Readonly<Record<string, number>>): number =>
    Object.values(of).reduce((all, value) => all + value, 0);
  if (batch.length === 1 || sum(phases) < sum(one.phases)) one.phases = phases;
}

async function conclude(
  running: readonly Running[],
  skipped: Comparison["skipped"],
  asked: Comparing,
): Promise<Comparison> {
  const answers = await Promise.all(
    running.map(({ contender }) =>
      contender.results(join(asked.folder, `${contender.spec.id.replace(":", "-")}.results`)),
    ),
  );
  const first = running.findIndex(({ contender }) => contender.spec.ours);
  const measured = running.map((one, i): Measured => {
    const { spec, facts } = one.contender;
    let difference = Infinity;
    if (first >= 0) {
      const rows = Math.min(one.count, running[first].count);
      const [mine, theirs] = inCommon(answers[first], answers[i], asked.total, rows);
      difference = largestDifference(theirs, mine, asked.rowLength);
    }
    const { count, batch, single, phases } = one;
    const approximate = spec.approximate === true;
    const agrees = difference <= asked.tolerance;
    return { id: spec.id, ours: spec.ours, facts, count, batch, single, phases, difference, agrees, approximate };
  });
  return { measured, ratios: ratiosOf(measured), skipped };
}

/** The first `rows` answers of both, the first number of each where one of them answers with more than the other. */
function inCommon(a: Float64Array, b: Float64Array, total: number, rows: number): [Float64Array, Float64Array] {
  const [wide, narrow] = [a.length / total, b.length / total];
  if (wide === narrow) return [a.subarray(0, rows * wide), b.subarray(0, rows * wide)];
  const firsts = (of: Float64Array, width: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => of[i * width]);
  return [firsts(a, wide), firsts(b, narrow)];
}

/** Of every other contender over every one of ours, where the answers are the same. */
export function ratiosOf(measured: readonly Measured[]): Ratio[] {
  const sound = measured.filter(({ agrees, approximate }) => agrees || approximate);
  return sound
    .filter(({ ours }) => ours)
    .flatMap((over) =>
      sound
        .filter((of) => of !== over)
        .flatMap((of) =>
          (["batch", "single"] as const)
            .filter((measure) => of[measure].length > 0 && over[measure].length > 0)
            .map((measure) => ({
              of: of.id,
              over: over.id,
              measure,
              ...pairedRatio(of[measure], over[measure]),
            })),
        ),
    );
}

export const medianOf = (measured: Measured, measure: "batch" | "single" = "batch"): number =>
  median(measured[measure]);
