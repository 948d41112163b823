/** `sojourn kernel`: puts the kernel where Jupyter finds it, takes it away, and says where it is. */
import { spawnSync } from "node:child_process";
import { InputError } from "@sojourn/engine/errors";
import type { Command } from "commander";
import { table, writeJson } from "./cache-options.js";
import { type InstalledKernel, install, installed, nodeOf, type Place, placeOf, uninstall } from "./kernelspecs.js";

interface PlaceOptions extends Place {
  readonly name: string;
  readonly json?: boolean;
}

interface InstallOptions extends PlaceOptions {
  readonly displayName?: string;
  readonly node?: string;
}

const NAME = "sojourn";

const shown = ({ name, displayName, version, folder }: InstalledKernel) => ({ name, displayName, version, folder });

export function kernelCommand(program: Command): void {
  const kernel = program
    .command("kernel")
    .description("install the kernel for Jupyter, uninstall it, or list where it is");
  const verb = (name: string, description: string): Command =>
    kernel
      .command(name)
      .description(description)
      .option("--user", "in the person's own folder for Jupyter (the default)")
      .option("--prefix <path>", "in share/jupyter of this folder, such as /usr/local or an environment")
      .option("--sys-prefix", "in the Python environment that is active")
      .option("--name <name>", "the name by which Jupyter calls it", NAME)
      .option("--json", "print one JSON document");
  verb("install", "copy the kernel to where Jupyter finds it")
    .option("--display-name <text>", "the name that people see")
    .option("--node <path>", "the Node that is to run it; else the launcher looks for one each time it starts")
    .action(({ name, displayName, node, json, ...place }: InstallOptions) => {
      if (node !== undefined && !/[\\/]/.test(node))
        throw new InputError("bad-node", `Cannot install the kernel for ${node}: say the path of that program.`);
      if (node !== undefined && spawnSync(node, ["--version"]).status !== 0)
        throw new InputError("no-node", `Cannot install the kernel: ${node} cannot be started as Node.`);
      const done = install(placeOf(place), {
        name,
        ...(displayName !== undefined && { displayName }),
        ...(node !== undefined && { node }),
      });
      if (json) return writeJson("sojourn-kernel-install/1", shown(done));
      process.stdout.write(`Installed the kernel ${done.name} (${done.displayName}) in ${done.folder}.\n`);
      if (nodeOf(done.folder) === undefined)
        process.stdout.write(
          "There is no node on PATH here: where Jupyter runs there must be one, or SOJOURN_NODE name one.\n",
        );
    });
  verb("uninstall", "remove an installed kernel").action(({ name, json, ...place }: PlaceOptions) => {
    const gone = uninstall(placeOf(place), name);
    if (json) return writeJson("sojourn-kernel-uninstall/1", shown(gone));
    process.stdout.write(`Removed the kernel ${gone.name} from ${gone.folder}.\n`);
  });
  kernel
    .command("list", { isDefault: true })
    .description("list the kernels of this kind that Jupyter finds, first found first")
    .option("--json", "print one JSON document")
    .action(({ json }: { json?: boolean }) => {
      const found = installed();
      if (json) return writeJson("sojourn-kernels/1", { kernels: found.map(shown) });
      if (found.length === 0) {
        process.stdout.write("Jupyter finds none; sojourn kernel install puts one where it looks.\n");
        return;
      }
      const rows = found.map(({ name, displayName, version, folder }) => [name, displayName, version || "–", folder]);
      process.stdout.write(table([["name", "shown as", "version", "folder"], ...rows]));
    });
}
