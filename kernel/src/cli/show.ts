/** `sojourn show rabbits:2 --stage graph,trace,program`: prints every stage of a model of the library. */
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

const STAGES = ["graph", "trace", "program", "wasm"] as const;
type Stage = (typeof STAGES)[number];

const PROGRAMS: Readonly<Record<string, (graph: Graph) => Program>> = {
  moments: ({ kind }) => momentsProgram(kind, 2),
  covariance: ({ kind }) => covarianceProgram(kind, [undefined, undefined], true),
  sojourn: () => sojournProgram(),
  gradient: ({ kind }) => adjointProgram(momentsProgram(kind, 1)),
  "hessian-vector": ({ kind }) => tangentProgram(adjointProgram(momentsProgram(kind, 1)), 1),
};

export function showCommand(program: Command): void {
  program
    .command("show")
    .description("print the stages of a model of the library, such as rabbits:2 or two-island:a=3,b=1")
    .usage("[options] <model>")
    .argument("[model]", "family, and after a colon its inputs in order or by name")
    .option("--stage <stages>", `which of ${STAGES.join(", ")}, separated by commas`, STAGES.join(","))
    .option("--quantity <name>", `whose program: ${Object.keys(PROGRAMS).join(", ")}`, "moments")
    .action(async (model: string | undefined, { stage, quantity }: { stage: string; quantity: string }) => {
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
      const engine = openEngine();
      const [family, inputs] = parseModel(model, engine.families as unknown as Readonly<Record<string, Model>>);
      const handle = await family.build(inputs);
      const print: Record<Stage, () => string> = {
        graph: () => printGraph(handle.graph),
        trace: () => printTrace(handle.trace, handle.graph),
        program: () => printProgram(PROGRAMS[quantity](handle.graph)),
        wasm: () => printCompiled(compiled(handle, PROGRAMS[quantity](handle.graph))),
      };
      process.stdout.write(stages.map((name) => print[name]()).join("\n"));
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

/** `rabbits:2`, `two-island:3,1`, `two-island:a=3,b=1` */
function parseModel(text: string, families: Readonly<Record<string, Model>>): [Model, Record<string, number>] {
  const colon = text.indexOf(":");
  const [name, given] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  if (!Object.hasOwn(families, name))
    throw new InputError(
      "unknown-family",
      `Cannot show ${text}: there is no family ${name}; there are ${Object.keys(families).join(", ")}.`,
    );
  const family = families[name];
  const known = Object.keys(family.inputs);
  const inputs: Record<string, number> = {};
  for (const [i, part] of given.split(",").filter(Boolean).entries()) {
    const [left, right] = part.includes("=")
      ? [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]
      : [known[i], part];
    const value = Number(right);
    if (left === undefined || right.trim() === "" || !Number.isFinite(value))
      throw new InputError(
        "bad-input",
        `Cannot show ${text}: ${part} is not an input; the inputs of ${name} are ${known.join(", ") || "none"}.`,
      );
    inputs[left] = value;
  }
  return [family, inputs];
}
