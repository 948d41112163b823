/** Asking before something goes: never where nobody can answer. */
import { createInterface } from "node:readline/promises";
import { InputError } from "@sojourn/engine/errors";

/** Whether a person says yes. Throws `InputError` with code `not-confirmed` where there is none to ask. */
export async function confirmed(what: string, json: boolean): Promise<boolean> {
  if (json || !process.stdin.isTTY)
    throw new InputError(
      "not-confirmed",
      `Cannot remove ${what}: nobody can be asked here, so say --yes or --dry-run.`,
    );
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test(await lines.question(`Remove ${what}? [y/N] `));
  } finally {
    lines.close();
  }
}
