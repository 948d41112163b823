/** Models of the library as one word of a command line. */
import type { Model } from "@sojourn/engine";
import { InputError } from "@sojourn/engine/errors";

export const MODEL_HELP = "family, and after a colon its inputs in order or by name: rabbits:2, two-island:a=3,b=1";

/** `rabbits:2`, `two-island:3,1`, `two-island:a=3,b=1` */
export function parseModel(
  action: string,
  text: string,
  families: Readonly<Record<string, Model>>,
): [Model, Record<string, number>] {
  const colon = text.indexOf(":");
  const [name, given] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  if (!Object.hasOwn(families, name))
    throw new InputError(
      "unknown-family",
      `Cannot ${action} ${text}: there is no family ${name}; there are ${Object.keys(families).join(", ")}.`,
    );
  const family = families[name];
  const known = Object.keys(family.inputs);
  const inputs: Record<string, number> = {};
  for (const [i, part] of given.split(",").filter(Boolean).entries()) {
    const [left, right] = part.includes("=")
      ? [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]
      : [known[i], part];
    const value = Number(right);
    if (left === undefined || right.trim() === "" || !Number.isFinite(value))
      throw new InputError(
        "bad-input",
        `Cannot ${action} ${text}: ${part} is not an input; the inputs of ${name} are ${known.join(", ") || "none"}.`,
      );
    inputs[left] = value;
  }
  return [family, inputs];
}
