/** `sojourn compute`: a request document in, a result document out. */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { openEngine, type ResultDocument } from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";
import { fsPromises } from "@sojourn/engine/file-system";
import type { Command } from "commander";
import { DIRECTORY_OPTION } from "./cache-options.js";

const EXIT_LANES = 3;

interface ComputeOptions {
  readonly out?: string;
  readonly cacheDir?: string;
}

export function computeCommand(program: Command): void {
  program
    .command("compute")
    .description("answer a request document (JSON) with a result document")
    .argument("<request>", "file of the request, or - for standard input")
    .option("--out <file>", "write the result to this file, whole or not at all")
    .option(...DIRECTORY_OPTION)
    .action(async (request: string, { out, cacheDir }: ComputeOptions) => {
      const document = parse(await read(request), request);
      const engine = openEngine({ ...(cacheDir !== undefined && { cacheDirectory: cacheDir }) });
      const result = await engine.compute(document);
      await write(`${JSON.stringify(result)}\n`, out);
      await engine.close();
      if (!complete(result)) process.exitCode = EXIT_LANES;
    });
}

const complete = (result: ResultDocument): boolean =>
  result.results.every(({ status }) => status.every((s) => s === "ok"));

async function read(request: string): Promise<string> {
  if (request !== "-") {
    try {
      return await fsPromises.readFile(request, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new InputError("unreadable", `Cannot read the request ${request}: the file system answers ${code}.`, {
        cause: error,
      });
    }
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = name === "-" ? "standard input" : name;
    throw new InputError(
      "bad-json",
      `Cannot read the request from ${where}: it is not JSON (${(error as Error).message}).`,
    );
  }
}

/** To a file by way of a temporary one beside it, so that a reader never sees half a result. */
async function write(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  const temporary = join(dirname(out), `.${basename(out)}.${randomBytes(6).toString("hex")}`);
  try {
    await fsPromises.writeFile(temporary, text, { flag: "wx" });
    await fsPromises.rename(temporary, out);
  } catch (error) {
    await fsPromises.rm(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError("unwritable", `Cannot write the result to ${out}: the file system answers ${code}.`, {
      cause: error,
    });
  }
}
