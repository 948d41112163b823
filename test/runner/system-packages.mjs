/**
 * What the tests need from the system and cannot carry: a browser, and a C compiler. Looked for always; installed only when asked, as
 * root, on Debian and Ubuntu, and said aloud.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const BROWSERS = ["/usr/bin/chromium", "chromium-browser", "google-chrome"];

/** @returns {string | undefined} a Chromium that runs */
export function findChromium(env = process.env) {
  const candidates = env.CHROMIUM ? [env.CHROMIUM] : BROWSERS;
  for (const name of candidates) {
    if (spawnSync(name, ["--version"], { timeout: 30000 }).status !== 0) continue;
    if (name.includes("/")) return name;
    return spawnSync("sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).stdout.trim();
  }
  return undefined;
}

function debianFamily() {
  try {
    return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false; // not a Linux that says what it is
  }
}

/** Installs one package of the system, or returns why not. */
function installPackage(context, name) {
  if (process.getuid?.() !== 0) return `installing the system package ${name} needs root`;
  if (!debianFamily()) return `the system package ${name} can be installed by itself on Debian and Ubuntu alone`;
  context.say(`installing the system package ${name} (apt-get install --no-install-recommends ${name})`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) =>
    spawnSync("apt-get", ["-q", "-y", ...args], { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  const install = () => apt("install", "--no-install-recommends", name);
  if (install() || (apt("update") && install())) return undefined;
  return `apt-get could not install ${name}`;
}

/** @returns {{ path: string } | { reason: string }} */
export function needChromium(context, install) {
  const found = findChromium();
  if (found !== undefined) return { path: found };
  const reason = install
    ? installPackage(context, "chromium")
    : "there is no Chromium; CHROMIUM names one, npm test -- --install installs it";
  const path = reason === undefined ? findChromium() : undefined;
  return path === undefined ? { reason: reason ?? "the installed Chromium does not run" } : { path };
}

/** Whether there is a C compiler with the headers of the C library. */
const compiles = () =>
  spawnSync("gcc", ["-x", "c", "-", "-o", "/dev/null"], {
    input: "#include <stdio.h>\nint main(void) { return 0; }\n",
    timeout: 30000,
  }).status === 0;

/** Sees to a C compiler, for the library that makes calls of a process fail; says why there is none, if so. */
export function needCompiler(context, install) {
  if (process.platform !== "linux" || compiles() || !install) return;
  for (const name of ["gcc", "libc6-dev"]) {
    const reason = installPackage(context, name);
    if (reason !== undefined) context.say(reason);
  }
}
