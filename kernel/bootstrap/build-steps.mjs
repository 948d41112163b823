/**
 * From sources to what the wheel carries: TypeScript, the kernel's bundles, the JupyterLab extension. A step runs when
 * the contents of its inputs changed or its output is gone.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { failures } from "./failure.mjs";
import { npmCommand } from "./packages.mjs";
import { run, tail } from "./process.mjs";
import { digest, filesBelow, readStamp, removeStamp, writeStamp } from "./stamps.mjs";

const CONFIGURATION = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json"];
const perPackage = (...names) =>
  ["engine", "kernel", "labextension"].flatMap((name) => names.map((file) => join(name, file)));

const STEPS = [
  {
    name: "types",
    what: "compile engine, kernel and extension",
    inputs: [...CONFIGURATION, ...perPackage("package.json", "tsconfig.json", "src")],
    outputs: ["engine/dist/index.js", "kernel/lib", "labextension/lib"],
    command: (root, again) => [
      process.execPath,
      join(root, "node_modules", "typescript", "bin", "tsc"),
      "-b",
      ...(again ? ["--force"] : []),
    ],
  },
  {
    name: "bundle",
    what: "bundle the kernel",
    inputs: [
      ...CONFIGURATION,
      ...perPackage("package.json"),
      "engine/src",
      "kernel/src",
      "kernel/kernelspec",
      "kernel/bundle.mjs",
      "kernel/notices.mjs",
      "kernel/type-files.mjs",
    ],
    outputs: ["kernel/dist/kernelspec/kernel.json", "kernel/dist/cli.mjs"],
    command: (root) => [process.execPath, join(root, "kernel", "bundle.mjs")],
  },
  {
    name: "extension",
    what: "build the JupyterLab extension",
    inputs: [
      ...["package.json", "package-lock.json", "kernel/src/panel-protocol.ts", "labextension/package.json"],
      ...["labextension/src", "labextension/style", "labextension/schema", "labextension/webpack.config.cjs"],
    ],
    outputs: ["labextension/dist/labextension/package.json"],
    command: () => {
      const { command, prefix } = npmCommand();
      return [command, ...prefix, "run", "--silent", "build:ext", "--workspace", "labextension"];
    },
  },
];

/** Tests beside the code do not change what is built. */
const built = (file) => !/\.test\.tsx?$/.test(file);

function stateOf(context, step) {
  const wanted = digest(context.root, filesBelow(context.root, step.inputs, built));
  const complete = step.outputs.every((file) => existsSync(join(context.root, file)));
  return { wanted, complete, ready: complete && readStamp(context.paths, `build-${step.name}`)?.digest === wanted };
}

export function buildReady(context) {
  return STEPS.every((step) => stateOf(context, step).ready);
}

export async function build(context) {
  for (const step of STEPS) {
    const { wanted, complete, ready } = stateOf(context, step);
    if (ready) continue;
    const started = performance.now();
    removeStamp(context.paths, `build-${step.name}`);
    const [command, ...args] = step.command(context.root, !complete);
    const { code, output, log } = await run(context, { name: `build-${step.name}`, command, args });
    if (code !== 0) {
      const full = /\b(ENOSPC|EDQUOT)\b/.exec(output)?.[1];
      if (full !== undefined) throw failures.full(step.what, full);
      context.write(tail(output, 40));
      throw failures.step(step.what, code, log);
    }
    writeStamp(context.paths, `build-${step.name}`, { digest: wanted });
    context.say(`${step.what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}
