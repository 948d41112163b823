/** From the line of a cell to the function that it names. */
import { InputError } from "@sojourn/engine/errors";
import { isMagicName, type MagicName, nearestMagic } from "../../source/magics.js";
import type { Magic, MagicCall, MagicResult } from "./magic.js";
import { npm } from "./npm.js";
import { cd, env, info, load, magics, reset, types } from "./surroundings.js";
import { time, timeit } from "./timing.js";
import { memory, who } from "./variables.js";

const ACTIONS: Readonly<Record<MagicName, Magic>> = {
  cd,
  env,
  info,
  load,
  magics,
  memory,
  npm,
  reset,
  time,
  timeit,
  types,
  who,
};

export async function runMagic(call: MagicCall): Promise<MagicResult> {
  const { name } = call.line;
  if (!isMagicName(name)) {
    const near = nearestMagic(name);
    const advice = near === undefined ? "%magics lists them" : `did you mean %${near}?`;
    throw new InputError(
      "unknown-magic",
      `Cannot run %${name}: there is no such magic; ${advice}${near === undefined ? "." : ""}`,
    );
  }
  return (await ACTIONS[name](call)) ?? {};
}
