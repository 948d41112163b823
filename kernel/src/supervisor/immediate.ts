/**
 * The immediate lane: requests that are answered at once, whatever the executor is doing. Each function gives the content
 * of a reply.
 */

import { IMPLEMENTATION } from "../panel-protocol.js";
import { PROTOCOL_VERSION } from "../protocol/messages.js";
import { MAGICS } from "../source/magics.js";
import type { Page, Suggestions } from "./assistant.js";

export type Content = Readonly<Record<string, unknown>>;
export type Reply = Record<string, unknown>;

export function kernelInfo(version: string): Reply {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: IMPLEMENTATION,
    implementation_version: version,
    banner: `Sojourn ${version}: phase-type distributions in TypeScript, on Node ${process.versions.node}`,
    language_info: {
      name: "typescript",
      version: "5.9",
      mimetype: "application/typescript",
      file_extension: ".ts",
      codemirror_mode: "typescript",
      pygments_lexer: "typescript",
      nbconvert_exporter: "script",
    },
    help_links: [],
    supported_features: [],
  };
}

/** Loads the compiler at the first question, not before the kernel has answered anything. */
export async function isComplete(content: Content): Promise<Reply> {
  if (typeof content.code !== "string") return refused("code");
  const { completeness } = await import("../source/completeness.js");
  return { ...completeness(content.code) };
}

export async function complete(
  content: Content,
  ask: (code: string, cursor: number) => Promise<Suggestions | undefined>,
): Promise<Reply> {
  const { code, cursor_pos: position } = content;
  if (typeof code !== "string") return refused("code");
  const cursor = codeUnits(code, position);
  const answer = magicNames(code.slice(0, cursor)) ?? (await ask(code, cursor));
  const { matches, start, end, types } = answer ?? { matches: [], start: cursor, end: cursor, types: [] };
  const [from, to] = [start, end].map((at) => codePoints(code, at));
  // What JupyterLab takes its pictures from; it wants one for each match or none at all.
  const told = types.some((type) => type !== undefined);
  const typed = matches.map((text, i) => ({ text, type: types[i] ?? "", start: from, end: to }));
  const metadata = told ? { _jupyter_types_experimental: typed } : {};
  return { status: "ok", matches, cursor_start: from, cursor_end: to, metadata };
}

export async function inspect(
  content: Content,
  ask: (code: string, cursor: number, whole: boolean) => Promise<Page | undefined>,
): Promise<Reply> {
  const { code, cursor_pos: position, detail_level: detail } = content;
  if (typeof code !== "string") return refused("code");
  const page = await ask(code, codeUnits(code, position), detail === 1);
  return { status: "ok", found: page !== undefined, data: page ?? {}, metadata: {} };
}

/** The magics that a line which begins with `%` may become; undefined on any other line. */
function magicNames(before: string): Suggestions | undefined {
  const [, signs, typed = ""] = /(?:^|\n)(%{1,2})([a-z]*)$/.exec(before) ?? [];
  if (signs === undefined) return undefined;
  const matches = Object.keys(MAGICS).filter((name) => name.startsWith(typed));
  const end = before.length;
  const start = end - signs.length - typed.length;
  return { matches: matches.map((name) => signs + name), start, end, types: matches.map(() => "magic") };
}

function refused(field: string): Reply {
  const evalue = `Cannot answer: the request must have a string \`${field}\`.`;
  return { status: "error", ename: "ProtocolError", evalue, traceback: [evalue] };
}

/** Jupyter counts code points, JavaScript UTF-16 code units. */
function codeUnits(code: string, points: unknown): number {
  if (typeof points !== "number") return code.length;
  return [...code].slice(0, points).join("").length;
}

function codePoints(code: string, units: number): number {
  return [...code.slice(0, units)].length;
}
