/**
 * Completion and inspection from what is there at run time, through the controller's inspector session on the main
 * thread. Nothing of the user's is run: expressions are evaluated with `throwOnSideEffect`, so a getter or a call
 * that could change something answers with nothing instead. Works also while a cell spins.
 */
import type { Runtime, Session } from "node:inspector";
import type { Completion } from "../link/messages.js";
import { HATCH } from "./state.js";

const ANSWER_MS = 300;
const SOURCE_LINES_MAX = 30;
const KEYWORDS =
  "async await break case catch class const continue default delete do else enum export extends false finally for from function if import in instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield".split(
    " ",
  );

/** `a.b.c` before the cursor, and the part of a name being typed. */
const BEFORE = /((?:[\p{ID_Start}$_][\p{ID_Continue}$]*\s*\??\.\s*)*)([\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u;
const AFTER = /^[\p{ID_Continue}$]*/u;

/** Runs on the main thread, where a cell may have declared `Object` and the like for itself; see `createHatch`. */
const LIST_NAMES = `function () { return ${HATCH}.namesOf(this); }`;

export interface Introspection {
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number): Promise<string | null>;
}

/** `isHeld` says when nothing may be evaluated; then there is no answer. */
export function createIntrospection(session: Session, isHeld: () => boolean): Introspection {
  let globals: readonly string[] = KEYWORDS;

  /** Asks, but not for ever: the main thread may be inside a native call. */
  function ask<T>(method: string, parameters: object): Promise<T | undefined> {
    if (isHeld()) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS, undefined);
      session.post(method, parameters, (error, result) => {
        clearTimeout(timer);
        resolve(error ? undefined : (result as T));
      });
    });
  }

  async function evaluate(expression: string): Promise<Runtime.RemoteObject | undefined> {
    const parameters = {
      expression,
      throwOnSideEffect: true,
      silent: true,
      objectGroup: "introspect",
      generatePreview: true,
    };
    const answer = await ask<Runtime.EvaluateReturnType>("Runtime.evaluate", parameters);
    return answer === undefined || answer.exceptionDetails ? undefined : answer.result;
  }

  async function namesOf(object: Runtime.RemoteObject | undefined): Promise<string[]> {
    if (object?.objectId === undefined) return [];
    const answer = await ask<Runtime.CallFunctionOnReturnType>("Runtime.callFunctionOn", {
      objectId: object.objectId,
      functionDeclaration: LIST_NAMES,
      returnByValue: true,
      silent: true,
      throwOnSideEffect: true,
    });
    return answer === undefined || answer.exceptionDetails ? [] : (answer.result.value as string[]);
  }

  async function globalNames(): Promise<readonly string[]> {
    const lexical = await ask<{ names: string[] }>("Runtime.globalLexicalScopeNames", {});
    const properties = await namesOf(await evaluate("this"));
    if (lexical && properties.length > 0) globals = [...new Set([...lexical.names, ...properties, ...KEYWORDS])];
    return globals;
  }

  return {
    async complete(code, cursor) {
      const [, chain = "", prefix = ""] = BEFORE.exec(code.slice(0, cursor)) ?? [];
      const owner = chain.replace(/\s|\??\.\s*$/g, "");
      const known = owner === "" ? await globalNames() : await namesOf(await evaluate(`${HATCH}.boxed(${owner})`));
      session.post("Runtime.releaseObjectGroup", { objectGroup: "introspect" });
      const matches = known.filter(
        (name) => name.startsWith(prefix) && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
      );
      const shown = matches.filter((name) => prefix.startsWith("_") || !name.startsWith("__"));
      return { matches: shown.toSorted(), start: cursor - prefix.length, end: cursor };
    },

    async inspect(code, cursor) {
      const [, chain = "", prefix = ""] = BEFORE.exec(code.slice(0, cursor)) ?? [];
      const expression = (chain + prefix + (AFTER.exec(code.slice(cursor))?.[0] ?? "")).replace(/\s|\??\.$/g, "");
      if (expression === "") return null;
      const value = await evaluate(expression);
      session.post("Runtime.releaseObjectGroup", { objectGroup: "introspect" });
      return value === undefined ? null : describe(expression, value);
    },
  };
}

function describe(name: string, value: Runtime.RemoteObject): string {
  const kind = value.className ?? value.subtype ?? value.type;
  if (value.type === "function") {
    const lines = (value.description ?? "").split("\n");
    const source = lines.length > SOURCE_LINES_MAX ? [...lines.slice(0, SOURCE_LINES_MAX), "…"] : lines;
    return `${name}: ${kind}\n\n${source.join("\n")}`;
  }
  const text = value.description ?? value.unserializableValue ?? JSON.stringify(value.value) ?? String(value.value);
  const properties = (value.preview?.properties ?? []).map((one) => `  ${one.name}: ${one.value ?? one.type}`);
  return [`${name}: ${kind}`, "", value.type === "string" ? JSON.stringify(value.value) : text, ...properties].join(
    "\n",
  );
}
