/**
 * Cells on disk, one file for each session of a kernel, so that kernels never write the same file and need no lock, also
 * on a file system of a cluster:
 *
 *   <data folder>/history/000042.jsonl    one line `[line, "source"]` for each cell that ran, readable by its owner only
 *
 * The number of a session is the first whose file could be created. A line that cannot be read is left out.
 */
import { join } from "node:path";
import { fsPromises } from "@sojourn/engine/file-system";

/** Older sessions are removed when a new one begins. */
export const SESSIONS_MAX = 500;
const NAME = /^(\d{6,12})\.jsonl$/;
const ATTEMPTS = 100;

export interface Line {
  readonly line: number;
  readonly source: string;
}

export interface HistoryStore {
  /** Creates the file of a new session and returns its number. */
  begin(): Promise<number>;
  append(session: number, line: Line): Promise<void>;
  /** Numbers of all sessions, oldest first. */
  sessions(): Promise<number[]>;
  /** Empty when there is no such session. */
  read(session: number): Promise<Line[]>;
}

export function createHistoryStore(folder: string): HistoryStore {
  const fileOf = (session: number): string => join(folder, `${String(session).padStart(6, "0")}.jsonl`);

  async function sessions(): Promise<number[]> {
    const names = await fsPromises.readdir(folder).catch(() => []);
    return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? [])).toSorted((a, b) => a - b);
  }

  return {
    sessions,
    async begin() {
      await fsPromises.mkdir(folder, { recursive: true, mode: 0o700 });
      const known = await sessions();
      for (const old of known.slice(0, -SESSIONS_MAX + 1)) await fsPromises.unlink(fileOf(old)).catch(() => undefined);
      const first = (known.at(-1) ?? 0) + 1;
      for (let session = first; session < first + ATTEMPTS; session++) {
        try {
          await (await fsPromises.open(fileOf(session), "wx", 0o600)).close();
          return session;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another kernel took the number
        }
      }
      throw new Error(`no free number after ${first + ATTEMPTS - 1}`);
    },
    append: (session, { line, source }) =>
      fsPromises.appendFile(fileOf(session), `${JSON.stringify([line, source])}\n`, { mode: 0o600 }),
    async read(session) {
      const text = await fsPromises.readFile(fileOf(session), "utf8").catch(() => "");
      return text.split("\n").flatMap(lineOf);
    },
  };
}

function lineOf(text: string): Line[] {
  try {
    const [line, source] = JSON.parse(text) as unknown[];
    return typeof line === "number" && typeof source === "string" ? [{ line, source }] : [];
  } catch {
    return []; // an empty line, or one that was being written when the machine went down
  }
}
