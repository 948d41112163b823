/**
 * What may be done from the panel: what the site does not forbid, and the cache folder lets be done. A kernel that says no to
 * the panel also refuses, whoever asks.
 *
 *     SOJOURN_PANEL_DENY=clear,vacuum,remove     actions that a site keeps from its users; `all` for every one
 */
import { dirname } from "node:path";
import { fs } from "@sojourn/engine/file-system";
import { ACTIONS, type Action, type Capabilities, type Permission } from "../../panel-protocol.js";

/** Actions that write into the private layer. */
const WRITING: readonly Action[] = ["clear", "vacuum", "remove", "pin", "prewarm"];

export interface CapabilityParts {
  /** `SOJOURN_PANEL_DENY`. */
  readonly denied: string | undefined;
  /** The private layer's folder. */
  readonly directory: string;
  /** Where a selection would be exported to. */
  readonly folder: string;
  readonly isWritable: (path: string) => boolean;
}

export function capabilities({ denied = "", directory, folder, isWritable }: CapabilityParts): Capabilities {
  const names = denied.split(",").map((name) => name.trim());
  const writable = isWritable(directory);
  const permission = (action: Action): Permission => {
    if (names.includes(action) || names.includes("all"))
      return { allowed: false, reason: "Whoever runs this site has switched this off for the panel." };
    if (WRITING.includes(action) && !writable)
      return { allowed: false, reason: `The cache folder ${directory} cannot be written to.` };
    if (action === "export" && !isWritable(folder))
      return { allowed: false, reason: `The notebook's folder ${folder} cannot be written to.` };
    return { allowed: true };
  };
  return Object.fromEntries(ACTIONS.map((action) => [action, permission(action)])) as unknown as Capabilities;
}

/** Whether files can be made there, or in the first folder above it that is there. */
export function isWritable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    try {
      fs.accessSync(at, fs.constants.W_OK);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(at) === at) return false;
    }
  }
}
