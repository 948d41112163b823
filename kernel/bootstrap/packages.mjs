/**
 * The Node packages, exactly as the lock file says. npm itself notes what it has put into node_modules, as the last
 * thing it does; where that note agrees with the lock file nothing is installed, whoever ran npm.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failures } from "./failure.mjs";
import { run, tail } from "./process.mjs";
import { digest, readStamp, removeStamp, writeStamp } from "./stamps.mjs";

const NETWORK =
  /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|[A-Z_]*CERT[A-Z_]*|E40[137])\b/;
const FULL = /\b(ENOSPC|EDQUOT)\b/;
const READ_ONLY = /\b(EROFS|EACCES|EPERM)\b/;

/** npm, run by the Node that runs us where npm says where it lies. */
export function npmCommand(env = process.env) {
  const script = env.npm_execpath;
  return script !== undefined && /npm-cli\.c?js$/.test(script)
    ? { command: process.execPath, prefix: [script] }
    : { command: "npm", prefix: [] };
}

function noteOf(directory) {
  return join(directory, "node_modules", ".package-lock.json");
}

/** Whether npm's note lists every package of the lock file, those for other systems excepted, and all are there. */
function agrees(directory) {
  let lock, note;
  try {
    lock = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8")).packages;
    note = JSON.parse(readFileSync(noteOf(directory), "utf8")).packages;
  } catch {
    return false;
  }
  for (const [path, wanted] of Object.entries(lock)) {
    if (!path.startsWith("node_modules/")) continue;
    const have = note[path];
    if (have === undefined && wanted.optional === true) continue;
    if (have === undefined || have.version !== wanted.version || have.integrity !== wanted.integrity) return false;
    if (!existsSync(join(directory, path))) return false;
  }
  return true;
}

export function packagesDigest(directory) {
  return digest(directory, [join(directory, "package-lock.json")], process.platform, process.arch);
}

export function packagesReady(context, directory, name) {
  const wanted = packagesDigest(directory);
  if (readStamp(context.paths, name)?.digest === wanted && existsSync(noteOf(directory))) return true;
  if (!agrees(directory)) return false;
  writeStamp(context.paths, name, { digest: wanted });
  return true;
}

/** npm says first what is wrong, then much else. */
function head(output) {
  const errors = output.split("\n").filter((line) => line.startsWith("npm error"));
  return errors.length > 0 ? errors.slice(0, 12).join("\n") : tail(output);
}

/** Turns npm's output into one of our sentences. */
export function explainNpm(context, output, what, code, log) {
  const match = (pattern) => pattern.exec(output)?.[1];
  const full = match(FULL);
  if (full !== undefined) return failures.full(`install ${what}`, full);
  const reason = match(NETWORK);
  if (reason !== undefined) return failures.network(what, "the npm registry", reason, "npm");
  const refused = match(READ_ONLY);
  if (refused !== undefined) return failures.readOnly(context.root, refused);
  context.write(head(output));
  return failures.step(`install ${what}`, code, log);
}

/**
 * Installs what one lock file says.
 * @param {string} directory the folder with package.json and package-lock.json
 * @param {string} name of stamp and log
 * @param {string} what for messages, e.g. "the Node packages"
 */
export async function installPackages(context, directory, name, what, env = process.env) {
  if (packagesReady(context, directory, name)) return;
  const started = performance.now();
  context.say(`installing ${what} by lock file (npm ci)`);
  removeStamp(context.paths, name);
  rmSync(noteOf(directory), { force: true });
  const { command, prefix } = npmCommand(env);
  const args = [
    ...prefix,
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--prefer-offline",
    "--loglevel=warn",
    "--no-audit",
    "--no-fund",
  ];
  const { code, output, log } = await run(context, { name: `npm-ci-${name}`, command, args, cwd: directory, env });
  // npm only warns when it cannot write a file of a package, and ends as if all were well.
  if (code !== 0 || output.includes("TAR_ENTRY_ERROR")) {
    rmSync(noteOf(directory), { force: true });
    throw explainNpm(context, output, what, code, log);
  }
  writeStamp(context.paths, name, { digest: packagesDigest(directory) });
  context.say(`installed ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
