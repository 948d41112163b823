/**
 * Documents as JSON Schemas (draft 2020-12). A quantity is checked against the schema of its own name, so that a message
 * speaks of the one fault and not of every alternative. `schemas()` puts the parts together as they are published.
 */
import { BACKEND_CHOICES } from "../evaluator/evaluator.js";
import { METHODS } from "../program/time-program.js";

const time = { type: "number", minimum: 0 } as const;
const text = { type: "string", minLength: 1 } as const;
const index = { type: "integer", minimum: 0 } as const;
const probability = { type: "number", minimum: 0, maximum: 1 } as const;
const formula = {
  type: "string",
  minLength: 1,
  description: "a formula over the parameters: + - * / ^ exp log sqrt min max",
} as const;
const list = (items: object, minItems = 0) => ({ type: "array", items, ...(minItems > 0 && { minItems }) });
const pair = (first: object, second: object) => ({
  type: "array",
  minItems: 2,
  maxItems: 2,
  prefixItems: [first, second],
});

export const explicitModelSchema = {
  type: "object",
  required: ["states", "initial", "edges"],
  additionalProperties: false,
  properties: {
    format: { const: "sojourn-model/1" },
    name: text,
    kind: { enum: ["continuous", "discrete"] },
    parameters: { ...list(text), uniqueItems: true },
    definitions: list(pair(text, formula)),
    states: list(list({ type: "integer", minimum: -2147483648, maximum: 2147483647 }), 1),
    initial: list(pair(index, { anyOf: [probability, formula] }), 1),
    edges: list({ type: "array", minItems: 3, items: { anyOf: [{ type: "number" }, formula] } }),
    rewards: { type: "object", additionalProperties: list({ anyOf: [{ type: "number", minimum: 0 }, formula] }) },
  },
} as const;

export const familyModelSchema = {
  type: "object",
  required: ["family"],
  additionalProperties: false,
  properties: { family: text, inputs: { type: "object" } },
} as const;

const thetaSchema = { anyOf: [{ type: "object" }, { type: "array" }, { type: "number" }] };

export const requestSchema = {
  type: "object",
  required: ["model", "quantities"],
  additionalProperties: false,
  properties: {
    format: { const: "sojourn-request/1" },
    model: { type: "object" },
    theta: thetaSchema,
    backend: { enum: [...BACKEND_CHOICES] },
    gradient: { type: "boolean" },
    epochs: list(
      {
        type: "object",
        required: ["start"],
        additionalProperties: false,
        properties: { start: { anyOf: [time, text] }, theta: thetaSchema },
      },
      1,
    ),
    quantities: list({ type: "object", required: ["quantity"], properties: { quantity: text } }, 1),
  },
} as const;

const vertices = list({ anyOf: [index, list({ type: "integer" })] }, 1);
const reward = { reward: text };
const until = { until: vertices };
const given = { given: vertices };
const method = { method: { enum: METHODS } };
const order = { order: { type: "integer", minimum: 1, maximum: 170 } };

const quantity = (required: readonly string[], properties: Readonly<Record<string, unknown>>) => ({
  type: "object",
  required: ["quantity", ...required],
  additionalProperties: false,
  properties: { quantity: text, ...properties },
});
const curve = quantity(["times"], { times: list(time), ...reward, ...given, ...until, ...method });
const grid = quantity(["times"], { times: list(time), ...until, ...method });
const moment = quantity([], { ...reward, ...given, ...until });

const observation = {
  anyOf: [
    time,
    {
      type: "object",
      additionalProperties: false,
      properties: {
        exact: time,
        right: time,
        left: time,
        interval: pair(time, time),
        truncated: time,
        weight: { type: "number", minimum: 0 },
      },
    },
  ],
};

/** The quantities that this version answers. */
export const quantitySchemas = {
  moments: quantity([], { ...order, ...reward, ...given, ...until }),
  mean: moment,
  variance: moment,
  meanVariance: quantity([], { ...reward, ...until }),
  covariance: quantity(["rewards"], { rewards: { ...list(text, 2), maxItems: 2 }, ...until }),
  covarianceMatrix: quantity(["rewards"], { rewards: list(text, 1), ...until }),
  factorialMoments: quantity([], { ...order, ...until }),
  pdf: curve,
  cdf: curve,
  survival: curve,
  hazard: curve,
  pmf: quantity(["steps"], { steps: list(index), ...reward, ...given, ...until, ...method }),
  quantile: quantity(["probabilities"], { probabilities: list(probability), ...reward, ...until, ...method }),
  laplace: quantity(["at"], { at: list(pair({ type: "number" }, { type: "number" })), ...reward, ...until }),
  stateProbabilities: grid,
  occupancy: grid,
  accumulated: quantity(["times"], { times: list(time), ...reward, ...until, ...method }),
  sojourn: quantity([], until),
  visits: quantity([], until),
  hitting: quantity(["vertices"], { vertices }),
  defect: quantity([], { ...reward, ...until }),
  logLikelihood: quantity(["data"], { data: list(observation), ...reward, ...until, ...method }),
  countProbabilities: quantity(["rewards", "counts"], {
    rewards: list(text, 1),
    counts: list(list(index, 1)),
    rate: { type: "number", minimum: 0 },
    ...until,
  }),
} as const;

export type QuantityName = keyof typeof quantitySchemas;

const jsonNumber = { anyOf: [{ type: "number" }, { enum: ["Infinity", "-Infinity", "NaN"] }] };
const lane = (items: object) => list({ anyOf: [list(items), { type: "null" }] });

export const resultSchema = {
  type: "object",
  required: ["format", "backend", "vertices", "edges", "parameters", "results", "caches", "milliseconds"],
  properties: {
    format: { const: "sojourn-result/1" },
    backend: text,
    vertices: index,
    edges: index,
    parameters: { ...list(text), description: "the last axis of gradients" },
    results: list({
      type: "object",
      required: ["quantity", "values", "status"],
      properties: {
        quantity: text,
        values: {
          ...lane({ anyOf: [jsonNumber, pair(jsonNumber, jsonNumber)] }),
          description: "values[lane]; null for a lane without",
        },
        gradients: {
          ...lane(list({ anyOf: [jsonNumber, pair(jsonNumber, jsonNumber)] })),
          description: "gradients[lane][value][parameter]",
        },
        status: list({ enum: ["ok", "singular", "overflow", "horizon", "invalid", "impossible"] }),
        reasons: {
          ...list({ anyOf: [text, { type: "null" }] }),
          description: "why a lane has no values, null where it has; absent when all have them",
        },
        errorBound: { ...jsonNumber, description: "bound on the relative error of values, largest over lanes" },
        defect: lane(jsonNumber),
        methods: list(text),
      },
    }),
    caches: { type: "object", additionalProperties: text },
    milliseconds: { type: "object", additionalProperties: { type: "number" } },
  },
} as const;

export const errorSchema = {
  type: "object",
  required: ["format", "code", "message"],
  additionalProperties: false,
  properties: { format: { const: "sojourn-error/1" }, code: text, message: text },
} as const;

/** Complete documents, as published with the engine. */
export function schemas(): Readonly<Record<"model" | "request" | "result" | "error", object>> {
  const document = (title: string, schema: object) => ({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    ...schema,
  });
  const named = Object.entries(quantitySchemas).map(([name, schema]) => ({
    ...schema,
    properties: { ...schema.properties, quantity: { const: name } },
  }));
  const model = { anyOf: [explicitModelSchema, familyModelSchema] };
  return {
    model: document("A model: states and edges, or a family of the library", model),
    request: document("A request", {
      ...requestSchema,
      properties: { ...requestSchema.properties, model, quantities: list({ anyOf: named }, 1) },
    }),
    result: document("A result", resultSchema),
    error: document("Why a line of `sojourn compute --lines` has no result", errorSchema),
  };
}
