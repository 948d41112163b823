/** Where the private layer lives, decided by option, then environment, then the platform's custom. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `SOJOURN_CACHE_DIR`, else `$XDG_CACHE_HOME/sojourn`, else `~/.cache/sojourn`; always absolute. */
export function cacheDirectory(option: string | undefined, environment: Environment): string {
  if (option) return resolve(option);
  const own = environment.SOJOURN_CACHE_DIR;
  if (own) return resolve(own);
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "sojourn");
}
