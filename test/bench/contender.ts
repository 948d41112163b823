/** A process that answers questions and says how long it took: ours or a peer's, all in the same words (peers/peer.h). */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What the harness needs of an invocation (kernel/bootstrap/context.mjs). */
export interface Context {
  readonly root: string;
  say(text: string): void;
  began(child: ChildProcess): void;
  ended(child: ChildProcess): void;
  stopping(): boolean;
}

/** What batches are timed by: see peers/peer.h. */
export type Clock = "wall" | "cpu";

export interface ContenderSpec {
  /** `klu`, `native-4`, `wasm:2`. */
  readonly id: string;
  readonly ours: boolean;
  readonly command: string;
  readonly args: readonly string[];
  /** Its answers are approximations: their error is stated, and not a reason to refuse a ratio. */
  readonly approximate?: boolean;
}

export interface Facts {
  readonly version?: string;
  readonly settings?: string;
  readonly lanes?: number;
  readonly vertices?: number;
  readonly edges?: number;
  readonly factorMultiplyAdds?: number;
  readonly prepareSeconds?: number;
}

export interface Contender {
  readonly spec: ContenderSpec;
  readonly facts: Facts;
  /** One request, one answer. Rejects with what the process last said when it ends instead. */
  ask(request: string): Promise<Readonly<Record<string, number>>>;
  /** Its numbers, as of the last pass. */
  results(file: string): Promise<Float64Array>;
  close(): Promise<void>;
}

/** One thread, whatever libraries think of the machine. */
const SINGLE = Object.fromEntries(
  ["OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB"].map((name) => [`${name}_NUM_THREADS`, "1"]),
);
/** Longest that any single answer may take. */
const PATIENCE_MS = 30 * 60_000;

export async function start(context: Context, spec: ContenderSpec, clock: Clock): Promise<Contender> {
  const child = spawn(spec.command, spec.args, {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...SINGLE, JAX_PLATFORMS: "cpu", BENCH_CLOCK: clock },
  });
  context.began(child);
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-2000);
  });
  // a process that ended cannot be written to; its end is what is reported
  child.stdin.on("error", () => {});
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  const lines: string[] = [];
  let ended: Error | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (waiting) waiting.resolve(line);
    else lines.push(line);
    waiting = undefined;
  });
  const over = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      ended ??= new Error(why);
      context.ended(child);
      waiting?.reject(ended);
      waiting = undefined;
      resolve();
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(said.trim().split("\n").at(-1) || `it ended with ${code ?? signal}`));
  });
  const next = (): Promise<string> => {
    if (lines.length > 0) return Promise.resolve(lines.shift()!);
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`it gave no answer in ${PATIENCE_MS / 60_000} minutes`));
        child.kill("SIGKILL");
      }, PATIENCE_MS);
      waiting = {
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  };
  const ask = async (request: string): Promise<Readonly<Record<string, number>>> => {
    child.stdin.write(`${request}\n`);
    return JSON.parse(await next());
  };
  const facts: Facts = JSON.parse(await next());
  return {
    spec,
    facts,
    ask,
    async results(file) {
      await ask(`write ${file}`);
      const bytes = readFileSync(file);
      return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    },
    async close() {
      child.stdin.end();
      await over;
    },
  };
}
