/** Questions as they come from a page: checked in shape before anything is done with them. */
import {
  ASK_NAMES,
  type AskMessage,
  type AskName,
  CACHE_KINDS,
  ENTRY_SORTS,
  JOB_VERBS,
  LISTED_LAYERS,
} from "../../panel-protocol.js";
import { readWish } from "../prewarm/job.js";
import { PanelFault } from "./fault.js";

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const among =
  (list: readonly unknown[]): Check =>
  (value) =>
    list.includes(value);
const isText: Check = (value) => typeof value === "string" && value.length <= 20_000;
const isFlag: Check = (value) => typeof value === "boolean";
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isAmount: Check = (value) => typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
const isKey: Check = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const listOf =
  (check: Check, most: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shaped =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    Object.entries(fields).every(([name, check]) => check(value[name]));

const isAmounts = listOf(isAmount, 100);
const isKind = among(CACHE_KINDS);
const isKinds = listOf(isKind, CACHE_KINDS.length);
const isName = shaped({ kind: isKind, key: isKey });
const SELECTION_MAX = 20_000;
const isSelection = listOf(isName, SELECTION_MAX);
const isVacuum = shaped({
  kinds: optional(isKinds),
  olderThanMs: optional(isAmount),
  unusedForMs: optional(isAmount),
  largerThanBytes: optional(isAmount),
  capBytes: optional(isAmount),
});
const isRemoval: Check = (value) => {
  if (!isRecord(value)) return false;
  const { what, ...rest } = value;
  if (what === "clear") return shaped({ kinds: isKinds })(rest);
  if (what === "vacuum") return shaped({ query: isVacuum })(rest);
  return what === "remove" && shaped({ entries: isSelection })(rest);
};
const isNothing = shaped({});
const isWish: Check = (value) => readWish(value) !== undefined;

const SHAPES: Readonly<Record<AskName, Check>> = {
  entries: shaped({
    layer: among(LISTED_LAYERS),
    kinds: isKinds,
    filter: isText,
    sort: among(ENTRY_SORTS),
    ascending: isFlag,
    offset: isCount,
    limit: isCount,
  }),
  entry: shaped({ kind: isKind, key: isKey, layer: among(LISTED_LAYERS) }),
  find: shaped({ key: (value) => typeof value === "string" && /^[0-9a-f]{4,64}$/.test(value) }),
  pin: shaped({ kind: isKind, key: isKey, pinned: isFlag }),
  plan: isRemoval,
  carryOut: shaped({ plan: isText }),
  export: shaped({ entries: isSelection, file: isText }),
  evictions: isNothing,
  suggestions: isNothing,
  configure: shaped({ name: isText, value: (value) => isFlag(value) || isAmount(value) || isAmounts(value) }),
  shared: isNothing,
  models: isNothing,
  forecast: isWish,
  prewarm: isWish,
  job: shaped({ job: isText, verb: among(JOB_VERBS) }),
  charts: isNothing,
};

/** Throws `PanelFault` with code `malformed`. */
export function readAsk(message: Readonly<Record<string, unknown>>): AskMessage {
  const { request, ask, of = {} } = message;
  const known = ASK_NAMES.find((name) => name === ask);
  if (typeof request !== "number" || known === undefined || !SHAPES[known](of))
    throw new PanelFault(
      "malformed",
      `Cannot answer the panel: ${known === undefined ? `${JSON.stringify(ask)?.slice(0, 40)} is no question` : `the question ${known} is not put as it should be`}.`,
    );
  return { type: "ask", request, ask: known, of } as AskMessage;
}
