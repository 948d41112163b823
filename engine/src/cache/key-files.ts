/** Signing keys of one's own: `<folder>/<name>.pem`, mode 600, the private half of an ed25519 key that the setting `signingKey` names. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { InputError } from "../base/errors.js";
import { isErrno } from "./fault.js";
import { fs, fsPromises } from "./file-system.js";
import { ownUser } from "./read.js";
import type { Environment } from "./settings.js";
import { newSigningKey, readSigner } from "./signing.js";

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const SUFFIX = ".pem";

export interface KeyFile {
  readonly name: string;
  readonly path: string;
  /** In hexadecimal: what a policy lists; absent when the file cannot be used. */
  readonly publicKey?: string;
  /** Why it cannot be used, a sentence. */
  readonly problem?: string;
}

/** Where keys are kept. */
export function keysFolder(environment: Environment): string {
  const xdg = environment.XDG_CONFIG_HOME;
  const config = xdg && isAbsolute(xdg) ? xdg : join(environment.HOME || homedir(), ".config");
  return join(config, "sojourn", "keys");
}

/** Makes a key; one that is there stays. Throws `InputError`: `bad-key-name`, `key-exists`, `unwritable`. */
export async function newKeyFile(folder: string, name: string): Promise<KeyFile> {
  const refuse = (code: string, why: string): never => {
    throw new InputError(code, `Cannot make the key ${name}: ${why}.`);
  };
  if (!NAME.test(name)) refuse("bad-key-name", "a name is letters, digits, dots and dashes");
  const path = join(folder, name + SUFFIX);
  const { privateKey, publicKey } = newSigningKey();
  try {
    await fsPromises.mkdir(folder, { recursive: true, mode: 0o700 });
    await fsPromises.writeFile(path, privateKey, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (isErrno(error, "EEXIST")) refuse("key-exists", `${path} is there already`);
    refuse("unwritable", (error as Error).message);
  }
  return { name, path, publicKey };
}

/** Keys in the folder, by name. */
export function listKeyFiles(folder: string): KeyFile[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((file): KeyFile => {
      const [name, path] = [file.slice(0, -SUFFIX.length), join(folder, file)];
      try {
        return { name, path, publicKey: Buffer.from(readSigner(path, ownUser()).publicKey).toString("hex") };
      } catch (error) {
        return { name, path, problem: (error as Error).message };
      }
    });
}
