/** `%time` and `%timeit`: how long code takes. */
import { InputError } from "@sojourn/engine/errors";
import { CellFailure } from "../evaluate.js";
import { HATCH } from "../state.js";
import { argumentAsCode, type Magic, type MagicCall } from "./magic.js";

const RUNS = 7;
/** Loops are chosen so that one run takes about this long. */
const RUN_MS = 100;
const LOOPS_MAX = 1e8;

/** The code to be timed, and whether it is that below the line. */
function subject(call: MagicCall): { text: string; below: boolean } {
  if (call.line.argument !== "") return { text: argumentAsCode(call), below: false };
  if (call.below) return { text: call.below.text, below: true };
  const name = `%${call.line.name}`;
  throw new InputError(
    "magic-argument",
    `Cannot run ${name}: nothing is there to be timed; write an expression after it or code below it.`,
  );
}

export const time: Magic = async (call) => {
  const { text, below } = subject(call);
  const cpu = process.cpuUsage();
  const started = performance.now();
  let value = await call.evaluate(text);
  // A promise is what is asked for; its making is not what takes the time.
  const waits = value.value instanceof Promise;
  if (waits) value = { ...value, value: await value.value, ms: performance.now() - started };
  const { user, system } = process.cpuUsage(cpu);
  call.print(`${duration(value.ms)} (CPU ${duration((user + system) / 1000)})\n`);
  return { value, tookBelow: below };
};

export const timeit: Magic = async (call) => {
  const { text, below } = subject(call);
  // Once as a plain cell: errors get their places, and whether it answers with a promise is seen.
  const first = await call.evaluate(text);
  const awaited = first.value instanceof Promise || /\bawait\b/.test(text);
  if (awaited) await first.value;
  const run = await compile(call, text, first.shown, awaited);
  let loops = 1;
  for (;;) {
    const { ms } = await run(loops);
    if (ms >= RUN_MS / 10 || loops >= LOOPS_MAX) {
      loops = Math.max(1, Math.min(LOOPS_MAX, roundDown((loops * RUN_MS) / Math.max(ms, 1e-3))));
      break;
    }
    loops *= 10;
  }
  const each: number[] = [];
  for (let at = 0; at < RUNS; at++) each.push((await run(loops)).ms / loops);
  const mean = each.reduce((sum, one) => sum + one, 0) / RUNS;
  const deviation = Math.sqrt(each.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (RUNS - 1));
  const loopsText = `${loops.toLocaleString("en")} ${loops === 1 ? "loop" : "loops"}`;
  call.print(
    `${duration(mean)} ± ${duration(deviation)} per loop (mean and standard deviation of ${RUNS} runs of ${loopsText})\n`,
  );
  return { tookBelow: below };
};

interface Timed {
  readonly ms: number;
  /** The last value, so that the compiler cannot leave the work out. */
  readonly kept: unknown;
}

type Run = (loops: number) => Timed | Promise<Timed>;

/** A function that runs the code so many times and says how long that took. */
async function compile(call: MagicCall, text: string, isValue: boolean, awaited: boolean): Promise<Run> {
  const body = text.trim().replace(/;$/, "");
  const looped = async (once: string): Promise<Run> => {
    const source = `(${awaited ? "async " : ""}(loops) => { let kept; const started = ${HATCH}.now();
for (let at = 0; at < loops; at++) { ${once} }
return { ms: ${HATCH}.now() - started, kept }; })`;
    return (await call.evaluator.expression(source)) as Run;
  };
  if (!isValue) return looped(`${body}\n;`);
  try {
    return await looped(`kept = ${awaited ? "await " : ""}(${body}\n);`);
  } catch (error) {
    // it stands after statements
    if (!(error instanceof CellFailure)) throw error;
    return looped(`${body}\n;`);
  }
}

/** 1, 2 or 5 times a power of ten. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = value / power;
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

export function duration(ms: number): string {
  const [value, unit] =
    ms >= 1000 ? [ms / 1000, "s"] : ms >= 1 ? [ms, "ms"] : ms >= 1e-3 ? [ms * 1e3, "µs"] : [ms * 1e6, "ns"];
  return `${value.toPrecision(3)} ${unit}`;
}
