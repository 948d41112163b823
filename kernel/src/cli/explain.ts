/** `sojourn key` and `sojourn explain`: what the caches know a model by, and why a build would hit or miss. */
import { type Explanation, type Model, openEngine } from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";
import type { Command } from "commander";
import { DIRECTORY_OPTION, table, writeJson } from "./cache-options.js";
import { MODEL_HELP, parseModel } from "./model-spec.js";

interface ModelOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
}

async function withModel<T>(
  verb: string,
  text: string | undefined,
  cacheDir: string | undefined,
  work: (model: Model, inputs: Record<string, number>) => T | Promise<T>,
): Promise<T> {
  if (text === undefined)
    throw new InputError(
      "usage",
      `Cannot ${verb} a model without its name: write for example sojourn ${verb} rabbits:2.`,
    );
  const engine = openEngine({ ...(cacheDir !== undefined && { cacheDirectory: cacheDir }) });
  try {
    const [model, inputs] = parseModel(verb, text, engine.families as unknown as Readonly<Record<string, Model>>);
    return await work(model, inputs);
  } finally {
    await engine.close();
  }
}

export function explainCommands(program: Command): void {
  program
    .command("key")
    .description("print what the caches know a model of the library by")
    .argument("[model]", MODEL_HELP)
    .option("--json", "print one JSON document")
    .action(async (text: string | undefined, { json }: ModelOptions) => {
      const key = await withModel("key", text, undefined, (model, inputs) => model.key(inputs));
      if (json) writeJson("sojourn-key/1", { model: text, key });
      else process.stdout.write(`${key}\n`);
    });
  program
    .command("explain")
    .description(
      "say whether a model of the library is in the caches and, when not, what differs from the most alike entry",
    )
    .argument("[model]", MODEL_HELP)
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .action(async (text: string | undefined, { cacheDir, json }: ModelOptions) => {
      const found: Explanation = await withModel("explain", text, cacheDir, (model, inputs) => model.explain(inputs));
      if (json) return writeJson("sojourn-explain/1", found);
      process.stdout.write(`${found.text}\n`);
      const rows = found.differences.map(({ component, was = "–", is = "–" }) => [component, was, is]);
      if (rows.length > 0) process.stdout.write(table([["component", "there", "asked"], ...rows]));
    });
}
