/** Reads a request document: every fault becomes one sentence with the place of the first fault. */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { InputError } from "../base/errors.js";
import type { Theta, ThetaBatch } from "../handle/theta.js";
import type { Explored } from "../model/explored.js";
import { explicitModelSchema, familyModelSchema, type QuantityName, quantitySchemas, requestSchema } from "./schema.js";

export type QuantityRequest =
  | { readonly quantity: "moments"; readonly order?: number; readonly reward?: string }
  | { readonly quantity: "mean" | "variance"; readonly reward?: string }
  | { readonly quantity: "covariance"; readonly rewards: readonly [string, string] }
  | { readonly quantity: "pdf" | "cdf" | "survival"; readonly times: readonly number[] };

export type ModelRequest =
  | { readonly family: string; readonly inputs: Readonly<Record<string, unknown>> }
  | { readonly explored: Explored };

export interface Request {
  readonly model: ModelRequest;
  readonly theta: Theta | ThetaBatch | undefined;
  readonly quantities: readonly QuantityRequest[];
}

/**
 * A reader of requests; it compiles each schema once, when it first meets it. The reader throws `InputError` for
 * anything that is not a request this version can answer.
 */
export function createRequestReader(): (document: unknown) => Request {
  let ajv: Ajv | undefined;
  const check: Check = (schema, value, path) => {
    ajv ??= new Ajv({ allErrors: false, strict: false });
    const validate: ValidateFunction = ajv.compile(schema);
    if (!validate(value))
      throw new InputError("bad-request", `Cannot read the request: ${sentence(validate.errors?.[0], path)}.`);
  };
  return (document) => readRequest(document, check);
}

/** Fields of the format that a later version will answer. */
const LATER = { gradient: (value: unknown) => value !== false, epochs: () => true } as const;

function readRequest(document: unknown, check: Check): Request {
  for (const [field, asks] of Object.entries(LATER)) {
    const value = (document as Record<string, unknown> | null)?.[field];
    if (value !== undefined && asks(value))
      throw new InputError(
        "not-answered",
        `Cannot answer /${field}: it is part of the format and not answered by this version.`,
      );
  }
  check(requestSchema, document, "");
  const { model, theta, quantities } = document as {
    model: Record<string, unknown>;
    theta?: Theta | ThetaBatch;
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
  return { model: readModel(model, check), theta, quantities: quantities as QuantityRequest[] };
}

type Check = (schema: object, value: unknown, path: string) => void;

function readModel(model: Record<string, unknown>, check: Check): ModelRequest {
  if ("family" in model) {
    check(familyModelSchema, model, "/model");
    return { family: model.family as string, inputs: (model.inputs ?? {}) as Record<string, unknown> };
  }
  check(explicitModelSchema, model, "/model");
  return { explored: readExplicit(model as unknown as ExplicitModel) };
}

interface ExplicitModel {
  readonly name?: string;
  readonly parameters?: readonly string[];
  readonly states: readonly (readonly number[])[];
  readonly initial: readonly (readonly [number, number])[];
  readonly edges: readonly (readonly number[])[];
  readonly rewards?: Readonly<Record<string, readonly number[]>>;
}

/** What a schema cannot say: lengths that depend on each other, vertices that exist. Labels may repeat: a vertex is its place. */
function readExplicit(model: ExplicitModel): Explored {
  const { name = "model", parameters = [], states, initial, edges, rewards = {} } = model;
  const refuse = (path: string, what: string): never => {
    throw new InputError("bad-request", `Cannot read the request: /model/${path} ${what}.`);
  };
  const stateLength = states[0].length;
  states.forEach((state, v) => {
    if (state.length !== stateLength)
      refuse(`states/${v}`, `has ${state.length} entries and the first state has ${stateLength}`);
  });
  const vertex = (path: string, v: number): number =>
    Number.isInteger(v) && v >= 0 && v < states.length
      ? v
      : refuse(path, `is ${v} and must be a vertex from 0 to ${states.length - 1}`);
  for (const [i, [v]] of initial.entries()) vertex(`initial/${i}/0`, v);
  const width = parameters.length + 1;
  edges.forEach((edge, i) => {
    vertex(`edges/${i}/0`, edge[0]);
    vertex(`edges/${i}/1`, edge[1]);
    if (edge.length !== 2 + width)
      refuse(
        `edges/${i}`,
        `must be [from, to, base${parameters.map((p) => `, ${p}`).join("")}] and has ${edge.length} numbers`,
      );
  });
  const vectors = Object.entries(rewards).map(([reward, values]) => {
    if (values.length !== states.length)
      refuse(`rewards/${reward}`, `must have ${states.length} values and has ${values.length}`);
    return [reward, Float64Array.from(values)] as const;
  });
  return {
    name,
    parameterNames: parameters,
    vertexCount: states.length,
    stateLength,
    states: Int32Array.from(states.flat()),
    initial,
    edges: {
      sources: edges.map((edge) => edge[0]),
      targets: edges.map((edge) => edge[1]),
      bases: edges.map((edge) => edge[2]),
      coefficients: edges.flatMap((edge) => edge.slice(3)),
      count: edges.length,
    },
    rewards: Object.fromEntries(vectors),
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
