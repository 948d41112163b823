/** Reads a request document: every fault becomes one sentence with the place of the first fault. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { InputError } from "../base/errors.js";
import type { ModelDocument } from "../handle/document.js";
import type { Question } from "../handle/question.js";
import type { Theta, ThetaBatch } from "../handle/theta.js";
import type { Explored } from "../model/explored.js";
import { readExplicit } from "./explicit.js";
import { explicitModelSchema, familyModelSchema, type QuantityName, quantitySchemas, requestSchema } from "./schema.js";

export type ModelRequest =
  | { readonly family: string; readonly inputs: Readonly<Record<string, unknown>> }
  | { readonly explored: Explored };

export interface EpochRequest {
  /** A time, or the name of a parameter whose value in that epoch's θ it is. */
  readonly start: number | string;
  readonly theta?: Theta | ThetaBatch;
}

export interface Request {
  readonly model: ModelRequest;
  readonly theta: Theta | ThetaBatch | undefined;
  readonly epochs: readonly EpochRequest[] | undefined;
  readonly gradient: boolean;
  readonly quantities: readonly Question[];
}

/**
 * A reader of requests; it compiles each schema once, when it first meets it. The reader throws `InputError` for
 * anything that is not a request this version can answer.
 */
export function createRequestReader(): (document: unknown) => Request {
  let ajv: Ajv2020 | undefined;
  const check: Check = (schema, value, path) => {
    ajv ??= new Ajv2020({ allErrors: false, strict: false });
    const validate: ValidateFunction = ajv.compile(schema);
    if (!validate(value))
      throw new InputError("bad-request", `Cannot read the request: ${sentence(validate.errors?.[0], path)}.`);
  };
  return (document) => readRequest(document, check);
}

function readRequest(document: unknown, check: Check): Request {
  check(requestSchema, document, "");
  const {
    model,
    theta,
    epochs,
    gradient = false,
    quantities,
  } = document as {
    model: Record<string, unknown>;
    theta?: Theta | ThetaBatch;
    epochs?: EpochRequest[];
    gradient?: boolean;
    quantities: { quantity: string }[];
  };
  quantities.forEach((one, i) => {
    const schema = Object.hasOwn(quantitySchemas, one.quantity)
      ? quantitySchemas[one.quantity as QuantityName]
      : undefined;
    if (schema === undefined) {
      const known = Object.keys(quantitySchemas).join(", ");
      throw new InputError(
        "unknown-quantity",
        `Cannot answer /quantities/${i}: there is no quantity ${JSON.stringify(one.quantity)}; there are ${known}.`,
      );
    }
    check(schema, one, `/quantities/${i}`);
  });
  if (epochs !== undefined && theta !== undefined)
    throw new InputError(
      "bad-request",
      "Cannot read the request: it has theta and epochs, and each epoch has a theta of its own.",
    );
  return { model: readModel(model, check), theta, epochs, gradient, quantities: quantities as unknown as Question[] };
}

type Check = (schema: object, value: unknown, path: string) => void;

function readModel(model: Record<string, unknown>, check: Check, path = "/model"): ModelRequest {
  if ("family" in model) {
    check(familyModelSchema, model, path);
    return { family: model.family as string, inputs: (model.inputs ?? {}) as Record<string, unknown> };
  }
  check(explicitModelSchema, model, path);
  const what = path === "" ? "the model: " : `the request: ${path}`;
  return { explored: readExplicit(model as unknown as ModelDocument, what) };
}

/** Checks a model document on its own, and reads it. */
export function createModelReader(): (document: unknown) => ModelRequest {
  let ajv: Ajv2020 | undefined;
  return (document) => {
    if (typeof document !== "object" || document === null)
      throw new InputError("bad-request", "Cannot read the model: it must be an object.");
    ajv ??= new Ajv2020({ allErrors: false, strict: false });
    const compiler = ajv;
    const check: Check = (schema, value, path) => {
      const validate = compiler.compile(schema);
      if (!validate(value))
        throw new InputError("bad-request", `Cannot read the model: ${sentence(validate.errors?.[0], path)}.`);
    };
    return readModel(document as Record<string, unknown>, check, "");
  };
}

function sentence(error: ErrorObject | undefined, path: string): string {
  if (error?.keyword === "required")
    return `${path}${error.instancePath}` === ""
      ? `the document has no ${error.params.missingProperty}`
      : `${path}${error.instancePath} has no ${error.params.missingProperty}`;
  if (error?.keyword === "minItems")
    return `${path}${error.instancePath} must have at least ${error.params.limit} ${error.params.limit === 1 ? "element" : "elements"}`;
  const place = `${path}${error?.instancePath ?? ""}` || "the document";
  const extra = error?.params as
    | { additionalProperty?: string; allowedValue?: unknown; allowedValues?: unknown[] }
    | undefined;
  if (extra?.additionalProperty !== undefined)
    return `${place} has ${JSON.stringify(extra.additionalProperty)}, which has no meaning there`;
  if (extra && "allowedValue" in extra) return `${place} must be ${JSON.stringify(extra.allowedValue)}`;
  if (extra?.allowedValues) return `${place} must be one of ${extra.allowedValues.join(", ")}`;
  return `${place} ${error?.message ?? "is not valid"}`;
}
