/** What keys are made of: components by name, and in words what a person may recognise. */
import { type CacheKey, makeKey } from "../cache/index.js";
import type { Graph } from "../graph/graph.js";
import { GRAPH_VERSION } from "../graph/wire.js";
import { capturesOf, IDENTITY_VERSION, identityOf } from "../model/identity.js";
import { ORDER_POLICY, TRACE_VERSION } from "../trace/wire.js";

export interface RuleParts {
  /** The family's name and version, or the functions of a definition. */
  readonly rule:
    | { readonly family: string; readonly version: number }
    | { readonly transitions: unknown; readonly initial: unknown; readonly rewards: unknown };
  readonly kind: string;
  readonly parameters: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Throws `NotIdentifiable`. Cost: about 1 ms per function that the rule reaches. */
export function graphKey({ rule, kind, parameters, inputs }: RuleParts): CacheKey {
  const details: Record<string, string> = {};
  const components: Record<string, unknown> = {
    kind,
    parameters,
    versions: { graph: GRAPH_VERSION, identity: IDENTITY_VERSION },
    // a rule can see in which order it is given them
    inputs: Object.keys(inputs),
  };
  for (const [name, value] of Object.entries(inputs)) {
    components[`inputs.${name}`] = value;
    details[`inputs.${name}`] = shortText(value);
  }
  if ("family" in rule) {
    components.family = [rule.family, rule.version];
    details.family = `${rule.family} version ${rule.version}`;
  } else {
    const identity = identityOf({ ...rule });
    Object.assign(components, identity);
    for (const [name, value] of capturesOf(identity)) details[`captures.${name}`] = shortText(value);
  }
  details.parameters = parameters.join(", ");
  return makeKey("graph", components, details);
}

const TEXT_MAX = 60;

function shortText(value: unknown): string {
  const text = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}

/** Cost: a digest of the pattern. */
export function traceKey({ vertexCount, rowStart, targets, kind }: Graph): CacheKey {
  return makeKey(
    "trace",
    {
      pattern: { vertexCount, rowStart, targets },
      kind,
      algorithm: { version: TRACE_VERSION, order: ORDER_POLICY },
    },
    { pattern: `${vertexCount} vertices, ${targets.length} edges` },
  );
}
