/** `sojourn compute`: a request document in, a result document out; with `--lines` as many as come. */
import { type Engine, openEngine, progressNotes, type ResultDocument } from "@sojourn/engine";
import { InputError, SojournError } from "@sojourn/engine/errors";
import { fs, fsPromises } from "@sojourn/engine/file-system";
import type { Command } from "commander";
import { DIRECTORY_OPTION } from "./cache-options.js";
import { fileFault } from "./file-fault.js";
import { readLines } from "./lines.js";
import { openOutput } from "./output.js";

/** From good to bad; a process with several requests ends with the worst. */
const OUTCOMES = ["ok", "lanes", "input", "failed"] as const;
type Outcome = (typeof OUTCOMES)[number];
const EXIT_CODES: Readonly<Record<Outcome, number>> = { ok: 0, lanes: 3, input: 2, failed: 1 };

interface ComputeOptions {
  readonly lines?: boolean;
  readonly out?: string;
  readonly cacheDir?: string;
}

export function computeCommand(program: Command): void {
  program
    .command("compute")
    .description("answer a request document (JSON) with a result document")
    .usage("[options] <request>")
    .argument("[request]", "file of the request, or - for standard input; with --lines standard input is the default")
    .option("--lines", "one request a line, answered by one result a line, in order, as they come")
    .option("--out <file>", "write the results to this file, whole or not at all")
    .option(...DIRECTORY_OPTION)
    .action(async (request: string | undefined, { lines, out, cacheDir }: ComputeOptions) => {
      if (request === undefined && !lines)
        throw new InputError("usage", "Cannot compute without a request: name its file, or - for standard input.");
      const note = progressNotes((line) => process.stderr.write(`${line}\n`));
      const engine = openEngine({
        ...(cacheDir !== undefined && { cacheDirectory: cacheDir }),
        onEvent: (event) => event.type === "progress" && process.stderr.isTTY && note(event),
      });
      const outcome = lines
        ? await answerLines(engine, request ?? "-", out)
        : await answerOne(engine, request ?? "-", out);
      await engine.close();
      process.exitCode = EXIT_CODES[outcome];
    });
}

async function answerOne(engine: Engine, request: string, out: string | undefined): Promise<Outcome> {
  const text = await read(request);
  const output = await openOutput(out);
  const result = await engine.compute(parse(text, `from ${request === "-" ? "standard input" : request}`));
  await output.write(`${JSON.stringify(result)}\n`);
  await output.finish();
  return outcomeOf(result);
}

/** A request that cannot be answered is answered by what is wrong with it, and the next one is read. */
async function answerLines(engine: Engine, request: string, out: string | undefined): Promise<Outcome> {
  const output = await openOutput(out);
  let worst: Outcome = "ok";
  const note = (outcome: Outcome): void => {
    if (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(worst)) worst = outcome;
  };
  for await (const { text, number } of lines(request)) {
    if (text.trim() === "") continue;
    let answer: ResultDocument | ErrorDocument;
    try {
      answer = await engine.compute(parse(text, `in line ${number}`));
      note(outcomeOf(answer));
    } catch (error) {
      answer = errorDocument(error);
      note(error instanceof SojournError ? "input" : "failed");
    }
    await output.write(`${JSON.stringify(answer)}\n`);
  }
  await output.finish();
  return worst;
}

interface ErrorDocument {
  readonly format: "sojourn-error/1";
  readonly code: string;
  readonly message: string;
}

function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof SojournError) return { format: "sojourn-error/1", code: error.code, message: error.message };
  process.stderr.write(`sojourn: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return { format: "sojourn-error/1", code: "internal", message: `Cannot answer the request: ${String(error)}.` };
}

const outcomeOf = (result: ResultDocument): Outcome =>
  result.results.every(({ status }) => status.every((s) => s === "ok")) ? "ok" : "lanes";

function unreadable(request: string, error: unknown): never {
  throw new InputError("unreadable", `Cannot read the request ${request}: ${fileFault(error)}.`, { cause: error });
}

async function read(request: string): Promise<string> {
  if (request !== "-") return fsPromises.readFile(request, "utf8").catch((error) => unreadable(request, error));
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

async function* lines(request: string): AsyncGenerator<{ text: string; number: number }> {
  try {
    yield* readLines(request === "-" ? process.stdin : fs.createReadStream(request));
  } catch (error) {
    if (error instanceof SojournError) throw error;
    unreadable(request, error);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("bad-json", `Cannot read the request ${where}: it is not JSON (${(error as Error).message}).`);
  }
}
