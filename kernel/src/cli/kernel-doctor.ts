/** What `sojourn doctor` says of the kernel: whether Jupyter finds it, a Node runs it, and its addon loads there. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Finding } from "@sojourn/engine/cache";
import { type InstalledKernel, installed, nodeOf } from "./kernelspecs.js";

const NODE_MIN = [20, 11];
const PATIENCE_MS = 20_000;

const run = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { encoding: "utf8", timeout: PATIENCE_MS });

export function examineKernel(): Finding[] {
  const all = installed();
  const [first] = all;
  if (first === undefined) {
    return [
      {
        level: "note",
        subject: "kernel",
        text: "Jupyter finds no kernel of Sojourn.",
        action: "Install it with sojourn kernel install.",
      },
    ];
  }
  const hidden = all.filter((one, at) => all.findIndex(({ name }) => name === one.name) < at);
  return [
    { level: "ok", subject: "kernel", text: `Jupyter finds ${first.name} in ${first.folder}.` },
    ...hidden.map(
      ({ name, folder }): Finding => ({
        level: "note",
        subject: "kernel",
        text: `Another ${name} in ${folder} is hidden by that one.`,
        action: `Remove one of them; sojourn kernel list has both.`,
      }),
    ),
    ...nodeAndAddon(first),
    ...jupyter(first),
  ];
}

function nodeAndAddon({ folder }: InstalledKernel): Finding[] {
  const subject = "kernel";
  const node = nodeOf(folder);
  if (node === undefined) {
    const action =
      "Put node on the PATH of the Jupyter server, or name it with SOJOURN_NODE or sojourn kernel install --node.";
    return [{ level: "problem", subject, text: "There is no node to run it.", action }];
  }
  const code = "process.stdout.write(process.versions.node); require(process.argv[1])";
  const { status, stdout, stderr, error } = run(node, ["-e", code, join(folder, "zeromq.node")]);
  const version = stdout?.split(".").slice(0, 2).map(Number) ?? [];
  if (version.length < 2)
    return [
      {
        level: "problem",
        subject,
        text: `${node}, which is to run it, cannot be started: ${error?.message ?? stderr.trim().split("\n").at(-1)}.`,
        action: "Name another one with SOJOURN_NODE, or install again with sojourn kernel install --node.",
      },
    ];
  const [major = 0, minor = 0] = version;
  if (major < NODE_MIN[0]! || (major === NODE_MIN[0] && minor < NODE_MIN[1]!))
    return [
      {
        level: "problem",
        subject,
        text: `${node} is Node ${stdout} and ${NODE_MIN.join(".")} is needed.`,
        action: "Name a newer one with SOJOURN_NODE, or install again with sojourn kernel install --node.",
      },
    ];
  if (status === 0) return [{ level: "ok", subject, text: `Node ${stdout} (${node}) runs it, and its addon loads.` }];
  const reason = /Error: (.*)/.exec(stderr)?.[1] ?? `Node ended with ${status}`;
  return [
    {
      level: "problem",
      subject,
      text: `Its addon ${join(folder, "zeromq.node")} does not load: ${reason}.`,
      action: "Install the kernel that was built for this system.",
    },
  ];
}

/** Whether the Jupyter on PATH agrees; another environment's may look elsewhere, so this is never a problem. */
function jupyter({ name, folder }: InstalledKernel): Finding[] {
  const subject = "kernel";
  const { status, stdout } = run("jupyter", ["kernelspec", "list", "--json"]);
  if (status !== 0)
    return [
      { level: "note", subject, text: "There is no jupyter command on PATH that could be asked whether it finds it." },
    ];
  const kernelspecs = specsIn(stdout);
  if (kernelspecs === undefined)
    return [{ level: "note", subject, text: "The jupyter command on PATH does not answer with a list of kernels." }];
  const found = kernelspecs[name]?.resource_dir;
  if (found === folder) return [{ level: "ok", subject, text: "The jupyter on PATH finds it there." }];
  const text = found ? `The jupyter on PATH finds another one, in ${found}.` : "The jupyter on PATH does not find it.";
  return [{ level: "note", subject, text, action: "Install it for that one too, with --user or its --prefix." }];
}

function specsIn(text: string): Record<string, { resource_dir?: string }> | undefined {
  try {
    return (JSON.parse(text) as { kernelspecs?: Record<string, { resource_dir?: string }> }).kernelspecs ?? {};
  } catch {
    return undefined;
  }
}
