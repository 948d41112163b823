/** The programs that the tests are: run with their output shown, Playwright with what it needs. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { installPackages } from "../../kernel/bootstrap/packages.mjs";

/** Runs a program with its output shown, and kept where a report must be read from it. */
export function show(context, command, args, { env = process.env, cwd = context.root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on("data", (chunk) => {
        output += chunk;
        to.write(chunk);
      });
    }
    context.began(child);
    const done = (code) => {
      context.ended(child);
      resolve({ code, output });
    };
    child.on("error", (error) => done(error.code));
    child.on("close", (code, signal) => done(code ?? signal));
  });
}

/** Playwright on the project's environment: the browser tests, or with other arguments the panel's benchmark. */
export async function playwright(context, chromium, args, more = {}) {
  const folder = join(context.root, "test", "browser");
  await installPackages(context, folder, "browser", "the packages of the browser tests");
  const env = { ...process.env, CHROMIUM: chromium, SOJOURN_VENV: context.paths.venv, ...more };
  const script = join(folder, "node_modules", "@playwright", "test", "cli.js");
  return show(context, process.execPath, [script, "test", ...args], { env, cwd: folder });
}
