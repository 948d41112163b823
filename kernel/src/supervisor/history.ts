/**
 * The cells of this session, for `history_request`: tail, range and search. Kept in memory; older sessions are not known,
 * so a range of another session is empty.
 */

/** The number by which `tail` reports this session and `range` asks for it; 0 means the current one. */
const SESSION = 1;

export type HistoryEntry = readonly [session: number, line: number, source: string | readonly [string, null]];

export interface History {
  add(line: number, source: string): void;
  answer(request: Readonly<Record<string, unknown>>): HistoryEntry[];
}

export function createHistory(): History {
  const lines: { readonly line: number; readonly source: string }[] = [];

  function select(request: Readonly<Record<string, unknown>>): { line: number; source: string }[] {
    const count = typeof request.n === "number" && request.n > 0 ? request.n : Number.POSITIVE_INFINITY;
    switch (request.hist_access_type) {
      case "tail":
        return lines.slice(-count);
      case "range": {
        const { session = 0, start = 0, stop } = request as { session?: number; start?: number; stop?: number };
        if (session !== 0 && session !== SESSION) return [];
        const end = typeof stop === "number" ? stop : Number.POSITIVE_INFINITY;
        return lines.filter(({ line }) => line >= start && line < end);
      }
      case "search": {
        const matches = glob(typeof request.pattern === "string" ? request.pattern : "*");
        const found = lines.filter(({ source }) => matches.test(source));
        const unique = new Set<string>();
        const kept = request.unique
          ? found
              .toReversed()
              .filter(({ source }) => !unique.has(source) && unique.add(source))
              .toReversed()
          : found;
        return kept.slice(-count);
      }
      default:
        return [];
    }
  }

  return {
    add: (line, source) => void lines.push({ line, source }),
    answer: (request) =>
      select(request).map(({ line, source }) => [SESSION, line, request.output === true ? [source, null] : source]),
  };
}

/** A shell pattern over the whole text: `*` anything, `?` one character. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  return new RegExp(`^${source}$`);
}
