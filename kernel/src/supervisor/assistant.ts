/**
 * What an editor asks about a cell, answered by two who know different things: the language service, what is written and of which type;
 * the executor, what is there at run time. Neither is waited for longer than a person would: who is slow is left out.
 */
import type { Budget, Language } from "../language/client.js";
import type { Candidates, Insight } from "../language/messages.js";
import type { Completion } from "../link/messages.js";
import type { Questions } from "./questions.js";

/** A completion with what is known of each match; the three lists are as long as each other. */
export interface Suggestions extends Completion {
  readonly types: readonly (string | undefined)[];
}

/** The same page as plain text and as Markdown. */
export type Page = Readonly<Record<string, string>>;

export interface Assistant {
  complete(code: string, cursor: number): Promise<Suggestions | undefined>;
  /** `whole` asks for the source of functions too. */
  inspect(code: string, cursor: number, whole: boolean): Promise<Page | undefined>;
  /** The same for `?name`, where a person has asked and waits. */
  page(name: string, whole: boolean): Promise<Page | undefined>;
  /** Whether the executor has a value of that name. */
  knows(name: string): Promise<boolean>;
}

const COMPLETE: Budget = { warmMs: 250, coldMs: 150 };
const INSPECT: Budget = { warmMs: 800, coldMs: 400 };
const PAGE: Budget = { warmMs: 5000, coldMs: 5000 };
/** How long run-time names may take once the service has answered. */
const RUN_TIME_MS = 60;

/** What every object and function inherits, shown only where nothing better is known. */
const INHERITED = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...["apply", "arguments", "bind", "call", "caller"],
]);
const FUNCTION = /^[^\n]*: (?:Async)?(?:Generator)?Function\n/;

export function createAssistant(language: Language, questions: Questions, folder: () => string): Assistant {
  async function inspect(code: string, cursor: number, whole: boolean, budget: Budget): Promise<Page | undefined> {
    const [insight, value] = await both(
      language.inspect(code, cursor, folder(), budget),
      questions.inspect(code, cursor),
    );
    return pageOf(insight, value, whole);
  }

  return {
    async complete(code, cursor) {
      const ready = language.state === "running";
      const written = language.complete(code, cursor, folder(), COMPLETE);
      const there = questions.complete(code, cursor);
      // A service that only starts is not waited for when there is something to show.
      const early = ready ? undefined : await there;
      if (early && early.matches.length > 0) return merge(undefined, early);
      const [candidates, names] = await both(written, there);
      return merge(candidates, names);
    },
    inspect: (code, cursor, whole) => inspect(code, cursor, whole, INSPECT),
    page: (name, whole) => inspect(name, name.length, whole, PAGE),
    async knows(name) {
      const names = await questions.complete(name, name.length);
      return names?.matches.includes(name) ?? false;
    },
  };
}

/** Both answers; the second is not waited for long once the first has said something. */
async function both<A, B>(first: Promise<A | undefined>, second: Promise<B | undefined>) {
  const a = await first;
  if (a === undefined) return [a, await second] as const;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, RUN_TIME_MS, undefined);
  });
  const b = await Promise.race([second, late]);
  clearTimeout(timer);
  return [a, b] as const;
}

function merge(candidates: Candidates | undefined, names: Completion | undefined): Suggestions | undefined {
  if (!candidates) return names && { ...names, types: names.matches.map(() => undefined) };
  const { start, end, inText } = candidates;
  const matches = candidates.candidates.map(({ text }) => text);
  const types: (string | undefined)[] = candidates.candidates.map(({ type }) => type);
  const more = inText || names?.start !== start ? [] : names.matches;
  const known = new Set(matches);
  for (const name of more) {
    if (known.has(name) || (known.size > 0 && INHERITED.has(name))) continue;
    matches.push(name);
    types.push(undefined);
  }
  return { matches, start, end, types };
}

function pageOf(insight: Insight | undefined, value: string | undefined, whole: boolean): Page | undefined {
  if (!insight) return value === undefined ? undefined : { "text/plain": value, "text/markdown": fenced(value) };
  const { signature, documentation, isName } = insight;
  // A signature says more about a function than its text with the types taken out.
  const said = isName && value !== undefined && (whole || !FUNCTION.test(value)) ? value : undefined;
  const plain = [signature, documentation, said];
  const marked = [`\`\`\`typescript\n${signature}\n\`\`\``, documentation, said && fenced(said)];
  const text = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join("\n\n");
  return { "text/plain": text(plain), "text/markdown": text(marked) };
}

function fenced(text: string): string {
  return `\`\`\`\`\n${text}\n\`\`\`\``;
}
