/** `sojourn models`: the model library. */
import { openEngine } from "@sojourn/engine";
import type { Command } from "commander";
import { table } from "./cache-options.js";

export function modelsCommand(program: Command): void {
  program
    .command("models")
    .description("list the families of the model library with their inputs and parameters")
    .option("--json", "print one JSON document")
    .action(({ json }: { json?: boolean }) => {
      const families = Object.values(openEngine().families);
      if (json) {
        const models = families.map(({ name, description, inputs, parameters }) => ({
          name,
          description,
          inputs,
          parameters,
        }));
        process.stdout.write(`${JSON.stringify({ format: "sojourn-models/1", models }, null, 2)}\n`);
        return;
      }
      const rows = families.map(({ name, inputs, parameters, description }) => [
        name,
        Object.entries(inputs)
          .map(([input, value]) => `${input}=${value}`)
          .join(" ") || "–",
        parameters.join(" ") || "–",
        description,
      ]);
      process.stdout.write(table([["family", "inputs", "parameters", ""], ...rows]));
    });
}
