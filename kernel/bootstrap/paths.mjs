/**
 * Where things are. Everything that a start writes lies in `.sojourn`, next to node_modules and the build outputs;
 * nothing outside the checkout is changed, except what npm and pip keep in their own caches.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this file belongs to. */
export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {string} root the folder that holds package.json */
export function pathsOf(root) {
  const state = join(root, ".sojourn");
  const venv = join(state, "venv");
  const jupyter = join(state, "jupyter");
  return {
    root,
    state,
    stamps: join(state, "stamps"),
    logs: join(state, "logs"),
    lock: join(state, "lock"),
    venv,
    python: join(venv, "bin", "python"),
    /** What builds the wheel; beside the environment, so that the environment is what a user's site would have. */
    tools: join(state, "build-tools"),
    wheel: join(state, "wheel"),
    jupyter,
    runtime: join(jupyter, "runtime"),
    /** Requirement files, Python helpers and pyproject.toml come with this code, also when `root` is elsewhere. */
    bootstrap: join(root, "kernel", "bootstrap"),
    kernel: join(root, "kernel"),
  };
}
