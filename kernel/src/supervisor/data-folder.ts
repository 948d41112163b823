/** Where the kernel keeps what belongs to a person and not to a notebook, as each platform has its custom. Pure. */
import { isAbsolute, join, resolve } from "node:path";

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** `SOJOURN_DATA_DIR`, else the platform's folder for data of programs; always absolute. */
export function dataFolder({ environment, platform, home }: Surroundings): string {
  const { SOJOURN_DATA_DIR: own, XDG_DATA_HOME: xdg, APPDATA: roaming } = environment;
  if (own) return resolve(own);
  if (platform === "darwin") return join(home, "Library", "Application Support", "sojourn");
  if (platform === "win32") return join(roaming ?? join(home, "AppData", "Roaming"), "sojourn");
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, ".local", "share"), "sojourn");
}
