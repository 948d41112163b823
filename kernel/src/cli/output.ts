/** Where results go: standard output, or a file that appears whole or not at all. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { basename, dirname, join } from "node:path";
import { InputError } from "@sojourn/engine/errors";
import { fs, fsPromises } from "@sojourn/engine/file-system";
import { fileFault } from "./file-fault.js";

export interface Output {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>;
  /** Puts the file in its place. */
  finish(): Promise<void>;
}

/** Throws `InputError` when the file cannot be made, before anything was computed for it. */
export function openOutput(file: string | undefined): Promise<Output> {
  return file === undefined ? Promise.resolve(standardOutput) : openFile(file);
}

const standardOutput: Output = {
  async write(text) {
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  },
  async finish() {},
};

/** A temporary file beside the wanted one, renamed at the end; it is removed when the process ends before that. */
async function openFile(file: string): Promise<Output> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new InputError("unwritable", `Cannot write the result to ${file}: ${why}.`, { cause });
  };
  const failed = (error: unknown): never => refuse(fileFault(error, "its folder does not exist"), error);

  // A link keeps pointing to where it does, and a device or pipe is not replaced by a file.
  const target = await fsPromises.realpath(file).catch(() => file);
  const there = await fsPromises.stat(target).catch(() => undefined);
  if (there && !there.isFile()) refuse("there is something that is not a file");
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  const handle = await fsPromises.open(temporary, "wx").catch(failed);
  const remove = (): void => fs.rmSync(temporary, { force: true });
  process.once("exit", remove);
  return {
    write: (text) => handle.writeFile(text).catch(failed),
    async finish() {
      try {
        await handle.sync();
        await handle.close();
        await fsPromises.rename(temporary, target);
      } catch (error) {
        failed(error);
      }
      process.off("exit", remove);
    },
  };
}
