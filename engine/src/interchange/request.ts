/** Reads a request document: every fault becomes one sentence with the place of the first fault. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { InputError } from "../base/errors.js";
import { isPromise, noSuch, valueText } from "../base/words.js";
import { DISPLAY } from "../display/mime.js";
import type { BackendChoice } from "../evaluator/evaluator.js";
import type { ModelDocument } from "../handle/document.js";
import type { Question } from "../handle/question.js";
import type { Theta, ThetaBatch } from "../handle/theta.js";
import type { Explored } from "../model/explored.js";
import { readExplicit } from "./explicit.js";
import { explicitModelSchema, familyModelSchema, type QuantityName, quantitySchemas, requestSchema } from "./schema.js";
import { sentenceOf } from "./sentence.js";

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
  readonly backend: BackendChoice | undefined;
  readonly quantities: readonly Question[];
}

/**
 * A reader of requests; it compiles each schema once, when it first meets it. The reader throws `InputError` for
 * anything that is not a request this version can answer.
 */
export function createRequestReader(): (document: unknown) => Request {
  let ajv: Ajv2020 | undefined;
  const check: Check = (schema, value, path) => {
    ajv ??= new Ajv2020({ allErrors: false, strict: false, verbose: true });
    const validate: ValidateFunction = ajv.compile(schema);
    if (!validate(value))
      throw new InputError("bad-request", `Cannot read the request: ${sentenceOf(validate.errors, path)}.`);
  };
  return (document) => readRequest(document, check);
}

function readRequest(document: unknown, check: Check): Request {
  checkDocument("request", document, "engine.compute(JSON.parse(text))");
  check(requestSchema, document, "");
  const {
    model,
    theta,
    epochs,
    gradient = false,
    backend,
    quantities,
  } = document as {
    model: Record<string, unknown>;
    theta?: Theta | ThetaBatch;
    epochs?: EpochRequest[];
    gradient?: boolean;
    backend?: BackendChoice;
    quantities: { quantity: string }[];
  };
  quantities.forEach((one, i) => {
    const schema = Object.hasOwn(quantitySchemas, one.quantity)
      ? quantitySchemas[one.quantity as QuantityName]
      : undefined;
    if (schema === undefined) {
      const known = Object.keys(quantitySchemas);
      throw new InputError(
        "unknown-quantity",
        `Cannot answer /quantities/${i}: ${noSuch("quantity", one.quantity, known, JSON.stringify(one.quantity))}.`,
      );
    }
    check(schema, one, `/quantities/${i}`);
  });
  if (epochs !== undefined && theta !== undefined)
    throw new InputError(
      "bad-request",
      "Cannot read the request: it has theta and epochs, and each epoch has a theta of its own.",
    );
  return {
    model: readModel(model, check),
    theta,
    epochs,
    gradient,
    backend,
    quantities: quantities as unknown as Question[],
  };
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

/** Texts, promises and handles are taken for documents; what they are is said instead of what they lack. */
function checkDocument(what: string, document: unknown, parsed: string): void {
  const refuse = (why: string): never => {
    throw new InputError("bad-request", `Cannot read the ${what}: ${why}.`);
  };
  if (typeof document === "string") refuse(`it is a text; parse it first, as in ${parsed}`);
  if (typeof document !== "object" || document === null || isPromise(document))
    refuse(`it must be an object and is ${valueText(document)}`);
  if (DISPLAY in (document as object))
    refuse(`it is built already (${valueText(document)}); the document of a handle is what its toJSON() gives`);
}

/** Checks a model document on its own, and reads it. */
export function createModelReader(): (document: unknown) => ModelRequest {
  let ajv: Ajv2020 | undefined;
  return (document) => {
    checkDocument("model", document, "engine.load(JSON.parse(text))");
    ajv ??= new Ajv2020({ allErrors: false, strict: false, verbose: true });
    const compiler = ajv;
    const check: Check = (schema, value, path) => {
      const validate = compiler.compile(schema);
      if (!validate(value))
        throw new InputError("bad-request", `Cannot read the model: ${sentenceOf(validate.errors, path)}.`);
    };
    return readModel(document as Record<string, unknown>, check, "");
  };
}
