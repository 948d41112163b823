/**
 * The cells that a person ran, for `history_request`: tail, range and search, over this session and those before it. A
 * store keeps them; when it cannot (a full disk, a folder that may not be written), this session is remembered all the
 * same, and only it.
 */
import type { HistoryStore, Line } from "./history-store.js";

export type HistoryEntry = readonly [session: number, line: number, source: string | readonly [string, null]];

type Request = Readonly<Record<string, unknown>>;
type Found = Line & { readonly session: number };

export interface History {
  add(line: number, source: string): void;
  answer(request: Request): Promise<HistoryEntry[]>;
  /** Resolves once everything that was added is on disk, or cannot be. */
  flush(): Promise<void>;
}

/** `complain` hears once why nothing is kept. */
export function createHistory(store: HistoryStore | undefined, complain: (reason: string) => void): History {
  const own: Line[] = [];
  let session = 1;
  let kept = store;
  let begun = false;
  let writes: Promise<void> = Promise.resolve();

  function write(line: Line): void {
    writes = writes
      .then(async () => {
        if (!kept) return;
        if (!begun) session = await kept.begin();
        begun = true;
        await kept.append(session, line);
      })
      .catch((error: Error) => {
        kept = undefined;
        complain(error.message);
      });
  }

  const ours = (): Found[] => own.map((line) => ({ ...line, session }));

  async function read(number: number): Promise<Found[]> {
    if (number === session && (begun || !store)) return ours();
    return ((await store?.read(number)) ?? []).map((line) => ({ ...line, session: number }));
  }

  /** Sessions other than this one, the latest first. */
  async function others(): Promise<number[]> {
    const all = (await store?.sessions()) ?? [];
    return all.filter((number) => !begun || number !== session).toReversed();
  }

  /** The last `count` lines that match, oldest first, this session's after all others. */
  async function last(count: number, matches: (source: string) => boolean, unique: boolean): Promise<Found[]> {
    const seen = new Set<string>();
    const found: Found[] = [];
    const take = (lines: Found[]): void => {
      for (const line of lines.toReversed()) {
        if (found.length >= count) return;
        if (!matches(line.source) || (unique && seen.has(line.source))) continue;
        seen.add(line.source);
        found.push(line);
      }
    };
    take(ours());
    if (found.length < count) {
      for (const number of await others()) {
        take(await read(number));
        if (found.length >= count) break;
      }
    }
    return found.toReversed();
  }

  async function range({ session: wanted, start, stop }: Request): Promise<Found[]> {
    const number = typeof wanted === "number" ? wanted : 0;
    const from = typeof start === "number" ? start : 0;
    const end = typeof stop === "number" ? stop : Number.POSITIVE_INFINITY;
    // 0 is this session, -1 the one before it.
    const asked = number < 0 ? ((await others())[-number - 1] ?? 0) : number;
    const lines = number === 0 ? ours() : await read(asked);
    return lines.filter(({ line }) => line >= from && line < end);
  }

  function select(request: Request): Promise<Found[]> {
    const count = typeof request.n === "number" && request.n > 0 ? request.n : Number.POSITIVE_INFINITY;
    switch (request.hist_access_type) {
      case "tail":
        return last(count, () => true, false);
      case "range":
        return range(request);
      case "search": {
        const pattern = glob(typeof request.pattern === "string" ? request.pattern : "*");
        return last(count, (source) => pattern.test(source), request.unique === true);
      }
      default:
        return Promise.resolve([]);
    }
  }

  return {
    add(line, source) {
      own.push({ line, source });
      write({ line, source });
    },
    async answer(request) {
      await writes; // the number of this session is known once its first cell is written
      const found = await select(request);
      const put = (source: string): HistoryEntry[2] => (request.output === true ? [source, null] : source);
      return found.map(({ session: number, line, source }) => [number, line, put(source)]);
    },
    flush: () => writes,
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
