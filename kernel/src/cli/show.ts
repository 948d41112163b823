/** `sojourn show rabbits:2 --stage graph,trace,program`: prints every stage of a model, or an entry of the cache by its key. */
import {
  adjointProgram,
  compileProgram,
  covarianceProgram,
  type Graph,
  type Model,
  momentsProgram,
  openEngine,
  type PhaseType,
  type Program,
  printCompiled,
  printGraph,
  printProgram,
  printTrace,
  sojournProgram,
  tangentProgram,
} from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";
import type { Command } from "commander";
import { DIRECTORY_OPTION } from "./cache-options.js";
import { showEntry } from "./entry.js";
import { MODEL_HELP, parseModel } from "./model-spec.js";

const STAGES = ["graph", "trace", "program", "wasm"] as const;
type Stage = (typeof STAGES)[number];

const PROGRAMS: Readonly<Record<string, (graph: Graph) => Program>> = {
  moments: ({ kind }) => momentsProgram(kind, 2),
  covariance: ({ kind }) => covarianceProgram(kind, [undefined, undefined], true),
  sojourn: () => sojournProgram(),
  gradient: ({ kind }) => adjointProgram(momentsProgram(kind, 1)),
  "hessian-vector": ({ kind }) => tangentProgram(adjointProgram(momentsProgram(kind, 1)), 1),
};

interface ShowOptions {
  readonly stage: string;
  readonly quantity: string;
  readonly cacheDir?: string;
  readonly json?: boolean;
}

export function showCommand(program: Command): void {
  program
    .command("show")
    .description("print the stages of a model of the library, such as rabbits:2, or an entry of the cache by its key")
    .usage("[options] <model or key>")
    .argument("[model]", `${MODEL_HELP}; or the first digits of a key, four at least`)
    .option("--stage <stages>", `which of ${STAGES.join(", ")}, separated by commas`, STAGES.join(","))
    .option("--quantity <name>", `whose program: ${Object.keys(PROGRAMS).join(", ")}`, "moments")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document; stages as the texts that are printed otherwise")
    .action(async (model: string | undefined, { stage, quantity, cacheDir, json }: ShowOptions) => {
      if (model !== undefined && /^[0-9a-f]{4,64}$/.test(model)) return showEntry(model, cacheDir, json === true);
      if (model === undefined)
        throw new InputError(
          "usage",
          "Cannot show a model without its name: write for example sojourn show rabbits:2.",
        );
      const stages = stage.split(",").map(stageOf);
      if (!Object.hasOwn(PROGRAMS, quantity))
        throw new InputError(
          "unknown-quantity",
          `Cannot show the program of ${quantity}: there are ${Object.keys(PROGRAMS).join(", ")}.`,
        );
      const engine = openEngine({ ...(cacheDir !== undefined && { cacheDirectory: cacheDir }) });
      const [family, inputs] = parseModel("show", model, engine.families as unknown as Readonly<Record<string, Model>>);
      const handle = await family.build(inputs);
      const print: Record<Stage, () => string> = {
        graph: () => printGraph(handle.graph),
        trace: () => printTrace(handle.trace, handle.graph),
        program: () => printProgram(PROGRAMS[quantity](handle.graph)),
        wasm: () => printCompiled(compiled(handle, PROGRAMS[quantity](handle.graph))),
      };
      if (json) {
        const texts = Object.fromEntries(stages.map((name) => [name, print[name]()]));
        process.stdout.write(
          `${JSON.stringify({ format: "sojourn-show/1", model: family.name, inputs, stages: texts }, null, 2)}\n`,
        );
      } else process.stdout.write(stages.map((name) => print[name]()).join("\n"));
      await engine.close();
    });
}

/** As the backend would for a batch on any machine: four lanes, nothing fused. */
function compiled({ graph, trace }: PhaseType, program: Program): ReturnType<typeof compileProgram> {
  const { quick = program } = program.outputs === "values" ? program : {};
  const precise = quick.precise === true || quick.outputs !== "values";
  return compileProgram(graph, trace, quick, { lanes: 4, precise, fused: false });
}

function stageOf(name: string): Stage {
  const stage = STAGES.find((known) => known === name.trim());
  if (stage === undefined)
    throw new InputError(
      "unknown-stage",
      `Cannot show the stage ${JSON.stringify(name)}: there are ${STAGES.join(", ")}.`,
    );
  return stage;
}
