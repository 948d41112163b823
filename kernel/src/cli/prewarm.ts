/** `sojourn prewarm`: builds what a specification names before anybody waits for it; started again, it goes on where it stopped. */
import { type Model, openEngine, type PrewarmSpec } from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";
import { fsPromises } from "@sojourn/engine/file-system";
import type { Command } from "commander";
import { DIRECTORY_OPTION, parseCount, table, writeJson } from "./cache-options.js";
import { fileFault } from "./file-fault.js";
import { MODEL_HELP, parseModel } from "./model-spec.js";
import { openProgress } from "./progress-line.js";

interface PrewarmOptions {
  readonly spec?: string;
  readonly questions?: string[];
  readonly gradients?: boolean;
  readonly batches?: number[];
  readonly estimate?: boolean;
  readonly cacheDir?: string;
  readonly json?: boolean;
}

const EXIT_FAILED = 3;
const EXIT_CANCELLED = 130;

export function prewarmCommand(program: Command): void {
  program
    .command("prewarm")
    .description("build state spaces and traces and compile evaluators before anybody waits for them")
    .argument("[models...]", MODEL_HELP)
    .option("--spec <file>", 'a JSON document such as {"models": [{"model": "coalescent", "inputs": {"n": [10, 20]}}]}')
    .option("--questions <names>", "what will be asked, separated by commas", (text) => text.split(","))
    .option("--gradients", "gradients will be asked too")
    .option("--batches <sizes>", "how many θ will be asked at once, separated by commas", (text) =>
      text.split(",").map(parseCount),
    )
    .option("--estimate", "only say what is there and what would have to be made")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExit codes: 0 all warm, 2 bad input, 3 some could not be made, 130 interrupted; run it again to go on.",
    )
    .action(run);
}

async function run(models: string[], options: PrewarmOptions): Promise<void> {
  const { spec, questions, gradients, batches, estimate, cacheDir, json } = options;
  const more = {
    ...(questions && { questions }),
    ...(gradients && { gradients }),
    ...(batches && { batches }),
  } as Partial<PrewarmSpec["models"][number]>;
  const engine = openEngine({ ...(cacheDir !== undefined && { cacheDirectory: cacheDir }) });
  const families = engine.families as unknown as Readonly<Record<string, Model>>;
  const named = models.map((text) => {
    const [model, inputs] = parseModel("prewarm", text, families);
    return { model: model.name, inputs, ...more };
  });
  const read = spec === undefined ? { models: [] } : await readSpec(spec);
  const whole = {
    ...read,
    models: Array.isArray(read?.models) ? [...read.models, ...named] : read?.models,
  } as PrewarmSpec;
  if (spec === undefined && named.length === 0)
    throw new InputError("usage", "Cannot prewarm nothing: name models, such as coalescent:20, or a file with --spec.");
  if (estimate) {
    const found = await engine.estimatePrewarm(whole);
    if (json) writeJson("sojourn-prewarm-estimate/1", found);
    else {
      const rows = found.items.map(({ model, inputs, layer, likeMs, reason }) => [
        model,
        inputsText(inputs),
        reason ??
          (layer
            ? `in the ${layer} layer`
            : likeMs === undefined
              ? "to be made"
              : `to be made; one like it took ${likeMs.toFixed(0)} ms`),
      ]);
      process.stdout.write(table([["model", "inputs", ""], ...rows]));
      process.stdout.write(`${found.warm} there, ${found.cold} to be made.\n`);
    }
    await engine.close();
    return;
  }
  const controller = new AbortController();
  // the first interrupt stops after the item that is being made; main.ts ends at once, so it must not be asked
  process.removeAllListeners("SIGINT");
  process.once("SIGINT", () => controller.abort());
  const bar = openProgress();
  const result = await engine.prewarm(whole, {
    signal: controller.signal,
    onProgress: ({ done, total, item, remainingMs }) =>
      bar.update(done, total, `${item.model} ${inputsText(item.inputs)}: ${item.outcome}`, remainingMs),
  });
  bar.end();
  await engine.close();
  if (json) writeJson("sojourn-prewarm/1", result);
  else {
    for (const { model, inputs, outcome, reason } of result.items)
      if (outcome === "failed") process.stdout.write(`${model} ${inputsText(inputs)}: ${reason}\n`);
    const cancelled = result.cancelled > 0 ? `, ${result.cancelled} not begun` : "";
    process.stdout.write(
      `${result.made} made, ${result.warm} there already, ${result.failed} failed${cancelled} in ${(result.milliseconds / 1000).toFixed(1)} s.\n`,
    );
  }
  process.exitCode = result.cancelled > 0 ? EXIT_CANCELLED : result.failed > 0 ? EXIT_FAILED : 0;
}

const inputsText = (inputs: Readonly<Record<string, unknown>>): string =>
  Object.entries(inputs)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ") || "–";

async function readSpec(file: string): Promise<PrewarmSpec> {
  let text: string;
  try {
    text = await fsPromises.readFile(file, "utf8");
  } catch (error) {
    throw new InputError("unreadable", `Cannot read the specification ${file}: ${fileFault(error)}.`, { cause: error });
  }
  try {
    return JSON.parse(text) as PrewarmSpec;
  } catch (error) {
    throw new InputError(
      "bad-json",
      `Cannot read the specification ${file}: it is not JSON (${(error as Error).message}).`,
    );
  }
}
