/**
 * Request documents as JSON Schemas. A quantity is checked against the schema of its own name, so that a message
 * speaks of the one fault and not of every alternative.
 */

const time = { type: "number", minimum: 0 } as const;
const text = { type: "string", minLength: 1 } as const;
const index = { type: "integer", minimum: 0 } as const;

export const explicitModelSchema = {
  type: "object",
  required: ["states", "initial", "edges"],
  additionalProperties: false,
  properties: {
    format: { const: "sojourn-model/1" },
    name: text,
    kind: { const: "continuous" },
    parameters: { type: "array", items: text, uniqueItems: true },
    states: {
      type: "array",
      minItems: 1,
      items: { type: "array", items: { type: "integer", minimum: -2147483648, maximum: 2147483647 } },
    },
    initial: {
      type: "array",
      minItems: 1,
      items: { type: "array", minItems: 2, maxItems: 2, items: [index, { type: "number", minimum: 0, maximum: 1 }] },
    },
    edges: { type: "array", items: { type: "array", minItems: 3, items: { type: "number" } } },
    rewards: { type: "object", additionalProperties: { type: "array", items: { type: "number", minimum: 0 } } },
  },
} as const;

export const familyModelSchema = {
  type: "object",
  required: ["family"],
  additionalProperties: false,
  properties: { family: text, inputs: { type: "object" } },
} as const;

export const requestSchema = {
  type: "object",
  required: ["model", "quantities"],
  additionalProperties: false,
  properties: {
    format: { const: "sojourn-request/1" },
    model: { type: "object" },
    theta: { anyOf: [{ type: "object" }, { type: "array" }, { type: "number" }] },
    backend: { enum: ["auto", "reference"] },
    gradient: { const: false },
    quantities: {
      type: "array",
      minItems: 1,
      items: { type: "object", required: ["quantity"], properties: { quantity: text } },
    },
  },
} as const;

const quantity = (required: readonly string[], properties: Readonly<Record<string, unknown>>) => ({
  type: "object",
  required: ["quantity", ...required],
  additionalProperties: false,
  properties: { quantity: text, ...properties },
});
const timed = quantity(["times"], { times: { type: "array", items: time } });

/** The quantities that this version answers. */
export const quantitySchemas = {
  moments: quantity([], { order: { type: "integer", minimum: 1, maximum: 170 }, reward: text }),
  mean: quantity([], { reward: text }),
  variance: quantity([], { reward: text }),
  covariance: quantity(["rewards"], { rewards: { type: "array", items: text, minItems: 2, maxItems: 2 } }),
  pdf: timed,
  cdf: timed,
  survival: timed,
} as const;

export type QuantityName = keyof typeof quantitySchemas;
