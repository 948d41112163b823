/** Kernelspecs of this kernel on disk: where its files lie, what is installed, copying and removing. */
import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "@sojourn/engine/errors";
import { fs } from "@sojourn/engine/file-system";
import { fileFault } from "./file-fault.js";
import {
  activePrefix,
  prefixAround,
  prefixFolder,
  type Surroundings,
  searchPath,
  userFolder,
} from "./jupyter-paths.js";

export interface InstalledKernel {
  readonly name: string;
  readonly displayName: string;
  /** Empty where the files do not say. */
  readonly version: string;
  readonly folder: string;
  /** The files that this command belongs to: a wheel's, say. */
  readonly own: boolean;
}

/** What every folder of this kernel holds. */
const PROGRAM = "supervisor.cjs";
/** What a folder without it could not do. */
const NEEDED = [PROGRAM, "executor.cjs", "controller.cjs", "zeromq.node", "start.sh", "kernel.json"];

export function surroundings(): Surroundings {
  const ownPrefix = prefixAround(dirname(fileURLToPath(import.meta.url)));
  const { env: environment, platform } = process;
  return { environment, platform, home: homedir(), ...(ownPrefix !== undefined && { ownPrefix }) };
}

/** The folder with the kernel's files that came with this command. Throws `InputError` where it was not built. */
export function ownFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [here, join(here, "kernelspec"), resolve(here, "..", "..", "dist", "kernelspec")];
  const found = places.find((place) => fs.existsSync(join(place, PROGRAM)));
  if (found === undefined)
    throw new InputError("no-kernel", `Cannot find the kernel's files: none of ${places.join(", ")} holds them.`);
  return found;
}

export function read(folder: string): InstalledKernel | undefined {
  if (!fs.existsSync(join(folder, PROGRAM))) return undefined;
  try {
    const { display_name: displayName, metadata } = JSON.parse(fs.readFileSync(join(folder, "kernel.json"), "utf8"));
    const own = fs.realpathSync(folder) === fs.realpathSync(ownFolder());
    return { name: basename(folder), displayName, version: metadata?.version ?? "", folder, own };
  } catch {
    return undefined;
  }
}

/** Every kernelspec of this kernel that Jupyter would find, first found first. */
export function installed(): InstalledKernel[] {
  return searchPath(surroundings()).flatMap((place) => {
    const kernels = join(place, "kernels");
    const names = fs.existsSync(kernels) ? fs.readdirSync(kernels).sort() : [];
    return names.flatMap((name) => read(join(kernels, name)) ?? []);
  });
}

export interface Place {
  readonly user?: boolean;
  readonly prefix?: string;
  readonly sysPrefix?: boolean;
}

/** The folder that holds `kernels/` there. Throws `InputError`. */
export function placeOf({ user, prefix, sysPrefix }: Place): string {
  const all = surroundings();
  if ([user, prefix !== undefined, sysPrefix].filter(Boolean).length > 1)
    throw new InputError("two-places", "Cannot take two places: say one of --user, --prefix and --sys-prefix.");
  if (prefix !== undefined) return prefixFolder(resolve(prefix));
  if (!sysPrefix) return userFolder(all);
  const active = activePrefix(all) ?? prefixOfPython();
  if (active === undefined)
    throw new InputError(
      "no-environment",
      "Cannot find the environment for --sys-prefix: neither VIRTUAL_ENV nor CONDA_PREFIX is set and there is no python3; say --prefix and its folder.",
    );
  return prefixFolder(active);
}

function prefixOfPython(): string | undefined {
  const { status, stdout } = spawnSync("python3", ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

export function checkName(action: string, name: string): void {
  if (!/^[a-z0-9._-]+$/i.test(name) || /^\.+$/.test(name))
    throw new InputError(
      "bad-name",
      `Cannot ${action} the kernel ${JSON.stringify(name)}: a name has letters, digits, dots, dashes and underscores only.`,
    );
}

export interface Wanted {
  readonly name: string;
  readonly displayName?: string;
  /** The Node that is to run it; else the launcher finds one each time. */
  readonly node?: string;
}

/** Copies the kernel's files; what was there before is replaced whole. Throws `InputError`. */
export function install(place: string, { name, displayName, node }: Wanted): InstalledKernel {
  checkName("install", name);
  const from = ownFolder();
  const missing = NEEDED.filter((file) => !fs.existsSync(join(from, file)));
  if (missing.length > 0)
    throw new InputError(
      "no-kernel",
      `Cannot install the kernel: ${from} lacks ${missing.join(", ")}; build it again.`,
    );
  const folder = join(place, "kernels", name);
  if (fs.existsSync(folder) && fs.realpathSync(folder) === fs.realpathSync(from))
    throw new InputError(
      "own-folder",
      `Cannot install the kernel over itself: ${folder} is what this command belongs to, and Jupyter finds it there.`,
    );
  if (fs.existsSync(folder) && !fs.existsSync(join(folder, PROGRAM)))
    throw new InputError("not-ours", `Cannot install the kernel into ${folder}: another kernel is there; say --name.`);
  const temporary = `${folder}.${process.pid}`;
  try {
    fs.mkdirSync(dirname(folder), { recursive: true });
    fs.cpSync(from, temporary, { recursive: true });
    const file = join(temporary, "kernel.json");
    const spec = JSON.parse(fs.readFileSync(file, "utf8"));
    if (displayName !== undefined) spec.display_name = displayName;
    if (node !== undefined) spec.env = { ...spec.env, SOJOURN_NODE: resolve(node) };
    fs.writeFileSync(file, `${JSON.stringify(spec, null, 2)}\n`);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(temporary, folder);
  } catch (error) {
    try {
      fs.rmSync(temporary, { recursive: true, force: true });
    } catch {
      // What could not be made cannot be removed; the first error is the one that counts.
    }
    throw new InputError("unwritable", `Cannot install the kernel into ${folder}: ${fileFault(error)}.`, {
      cause: error,
    });
  }
  return read(folder)!;
}

/** Removes a kernelspec of ours, and never another's. Throws `InputError`. */
export function uninstall(place: string, name: string): InstalledKernel {
  checkName("uninstall", name);
  const folder = join(place, "kernels", name);
  const there = read(folder);
  if (there === undefined) {
    const other = installed().find((one) => one.name === name && !one.own);
    const where = other ? `; there is one in ${other.folder}` : "";
    const why = fs.existsSync(folder) ? "what is there is another kernel" : `it is not there${where}`;
    throw new InputError("not-installed", `Cannot uninstall the kernel from ${folder}: ${why}.`);
  }
  if (there.own)
    throw new InputError(
      "own-folder",
      `Cannot uninstall the kernel from ${folder}: this command belongs to it; uninstall the package that brought it (pip uninstall sojourn).`,
    );
  try {
    fs.rmSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError("unwritable", `Cannot uninstall the kernel from ${folder}: ${fileFault(error)}.`, {
      cause: error,
    });
  }
  return there;
}

/** The Node with which the launcher would start that kernel, by its own rules. */
export function nodeOf(folder: string): string | undefined {
  const { env } = JSON.parse(fs.readFileSync(join(folder, "kernel.json"), "utf8")) as { env?: Record<string, string> };
  const named = env?.SOJOURN_NODE ?? process.env.SOJOURN_NODE;
  if (named) return named;
  const places = [folder, ...(process.env.PATH ?? "").split(delimiter)];
  return places.map((place) => join(place, "node")).find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
