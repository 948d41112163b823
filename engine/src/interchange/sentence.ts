/** What a document breaks of its schema, in one sentence that names the place: of all that a validator says, what is nearest. */
import type { ErrorObject } from "ajv/dist/2020.js";
import { nearest, valueText } from "../base/words.js";

const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  number: "a number",
  integer: "a whole number",
  string: "a text",
  boolean: "true or false",
  null: "null",
};

/** A sentence without its end. The validator must be `verbose`, so that errors carry what they are about. */
export function sentenceOf(errors: readonly ErrorObject[] | null | undefined, path: string): string {
  const error = nearestError(errors ?? []);
  if (error === undefined) return `${path || "the document"} is not valid`;
  const place = `${path}${error.instancePath}` || "the document";
  const { params, data, parentSchema } = error as ErrorObject<string, Record<string, unknown>>;
  const known = Object.keys(parentSchema?.properties ?? {});
  const meant = (name: string): string => {
    const near = nearest(name, known);
    return near === undefined ? "" : ` (did you mean ${near}?)`;
  };
  switch (error.keyword) {
    case "required": {
      const strange = Object.keys(data as object).find((name) => !known.includes(name) && meant(name) !== "");
      const hint =
        strange === undefined ? "" : `, and ${JSON.stringify(strange)} has no meaning there${meant(strange)}`;
      return `${place} has no ${params.missingProperty}${hint}`;
    }
    case "additionalProperties": {
      const name = String(params.additionalProperty);
      return `${place} has ${JSON.stringify(name)}, which has no meaning there${meant(name)}`;
    }
    case "minItems":
      return `${place} must have at least ${params.limit} ${params.limit === 1 ? "element" : "elements"}`;
    case "const":
      return `${place} must be ${JSON.stringify(params.allowedValue)}`;
    case "enum":
      return `${place} must be one of ${(params.allowedValues as unknown[]).join(", ")} and is ${valueText(data)}`;
    case "type":
      return `${place} must be ${typesAt(errors!, error)} and is ${valueText(data)}`;
    case "minimum":
    case "maximum":
      return `${place} must be ${error.keyword === "minimum" ? "≥" : "≤"} ${params.limit} and is ${valueText(data)}`;
    default:
      return `${place} ${error.message ?? "is not valid"}`;
  }
}

/** The error that is deepest in the document; where a choice of forms failed, one that is more than another form's type. */
function nearestError(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject): number => error.instancePath.split("/").length;
  const single = errors.filter(({ keyword }) => keyword !== "anyOf");
  const deepest = Math.max(...single.map(depth));
  const there = single.filter((error) => depth(error) === deepest);
  return there.find(({ keyword }) => keyword !== "type") ?? there[0];
}

/** `a list, an object or a number`, of all forms that the value could have. */
function typesAt(errors: readonly ErrorObject[], { instancePath }: ErrorObject): string {
  const types = errors
    .filter((error) => error.keyword === "type" && error.instancePath === instancePath)
    .map(({ params }) => TYPES[params.type as string] ?? String(params.type));
  const all = [...new Set(types)];
  return all.length === 1 ? all[0] : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}
