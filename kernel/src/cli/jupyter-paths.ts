/**
 * Where Jupyter looks for kernels, by the rules of jupyter_core ("Common Directories and File Locations"), so that installing one
 * needs no Python. Pure: the environment comes in.
 */
import { delimiter, dirname, join } from "node:path";

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** The prefix that holds this command, where it was installed into one. */
  readonly ownPrefix?: string;
}

const isSet = (value: string | undefined): boolean =>
  value !== undefined && !["", "no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());

/** `JUPYTER_DATA_DIR`, else the person's folder for Jupyter's data. */
export function userFolder({ environment, platform, home }: Surroundings): string {
  const { JUPYTER_DATA_DIR: own, XDG_DATA_HOME: xdg, APPDATA: roaming } = environment;
  if (own) return own;
  if (platform === "darwin")
    return isSet(environment.JUPYTER_PLATFORM_DIRS)
      ? join(home, "Library", "Application Support", "Jupyter")
      : join(home, "Library", "Jupyter");
  if (platform === "win32") return join(roaming ?? join(home, "AppData", "Roaming"), "jupyter");
  return join(xdg || join(home, ".local", "share"), "jupyter");
}

export const prefixFolder = (prefix: string): string => join(prefix, "share", "jupyter");

/** The Python environment that is active here: `VIRTUAL_ENV`, `CONDA_PREFIX`, or the one that holds this command. */
export function activePrefix({ environment, ownPrefix }: Surroundings): string | undefined {
  return environment.VIRTUAL_ENV || environment.CONDA_PREFIX || ownPrefix;
}

/** Folders in which Jupyter looks for `kernels/`, first found first. */
export function searchPath(surroundings: Surroundings): string[] {
  const { environment, platform } = surroundings;
  const given = environment.JUPYTER_PATH?.split(delimiter).filter((one) => one !== "") ?? [];
  const active = activePrefix(surroundings);
  const inside = active === undefined ? [] : [prefixFolder(active)];
  const user = isSet(environment.JUPYTER_NO_USER) ? [] : [userFolder(surroundings)];
  const prefer = environment.JUPYTER_PREFER_ENV_PATH;
  const insideFirst = prefer === undefined ? active !== undefined : isSet(prefer);
  const system = platform === "win32" ? [] : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const order = insideFirst ? [...inside, ...user] : [...user, ...inside];
  return [...new Set([...given, ...order, ...system])];
}

/** The prefix around a folder `…/share/jupyter/kernels/<name>`, where this command lies when it was installed. */
export function prefixAround(folder: string): string | undefined {
  const kernels = dirname(folder);
  const jupyter = dirname(kernels);
  const names = [kernels, jupyter, dirname(jupyter)].map((path) => path.split(/[\\/]/).at(-1));
  return names.join("/") === "kernels/jupyter/share" ? dirname(dirname(jupyter)) : undefined;
}
