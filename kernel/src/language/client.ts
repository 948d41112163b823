/**
 * The language service for the supervisor: the worker is started when it is first wanted, is told again of cells after it was ended, and
 * is ended when nobody asks for a while. Questions of who writes go before checks, one at a time, and one that nobody waits
 * for any more is not asked at all. Whatever happens to the worker, the caller gets an answer or `undefined` in time.
 */
import { createConnection } from "./connection.js";
import type { Candidates, CellText, Checked, Diagnostic, Insight, Request } from "./messages.js";

export interface LanguageSettings {
  /** The bundle of the worker. */
  readonly file: string;
  /** The file of type declarations. */
  readonly types: string;
  /** Without questions for so long the worker is ended. */
  readonly idleMs: number;
  /** Hears why the service is given up. */
  readonly complain: (reason: string) => void;
  /** A question may keep the worker busy for so long; default 10 s. */
  readonly hangMs?: number;
}

export interface Language {
  /** A cell is run: its names are known from now on, also to a worker that is started later. */
  declare(cell: CellText): void;
  /**
   * The same, and its type errors; `undefined` when the service cannot say. A check that may wait begins once no cell was run for a
   * moment, so that cells that follow each other have the machine for themselves.
   */
  check(cell: CellText, when: "now" | "soon"): Promise<readonly Diagnostic[] | undefined>;
  complete(code: string, cursor: number, folder: string, budget: Budget): Promise<Candidates | undefined>;
  inspect(code: string, cursor: number, folder: string, budget: Budget): Promise<Insight | undefined>;
  /** The cell did not run after all. */
  drop(cell: number): void;
  /** No cell is known any more; the worker ends, and the next question starts it again. */
  forget(): void;
  /** Packages may be others now. */
  refresh(): void;
  readonly state: "off" | "starting" | "running" | "given up";
}

/** How long to wait for an answer from a worker that is there, and from one that has to be started. */
export interface Budget {
  readonly warmMs: number;
  readonly coldMs: number;
}

const HANG_MS = 10_000;
/** Without another cell for so long, checks that may wait begin; the first of all begins with the start of the worker. */
const QUIET_MS = 50;
const FIRST_MS = 500;
/** The worker failed so often with no answer in between: it will not do better. */
const FAILURES_MAX = 3;
/** Cells and characters that are told again after a restart, the latest ones; larger cells are not looked at. */
const CELLS_MAX = 1000;
const CHARACTERS_MAX = 4_000_000;
const CELL_CHARACTERS_MAX = 200_000;

interface Wish {
  readonly request: Request;
  readonly settle: (answer: unknown) => void;
  /** Somebody still waits for it. */
  readonly wanted: () => boolean;
}

export function createLanguage({ file, types, idleMs, complain, hangMs = HANG_MS }: LanguageSettings): Language {
  const cells = new Map<number, CellText>();
  const questions: Wish[] = [];
  const checks: Wish[] = [];
  let asking = false;
  let characters = 0;
  let failures = 0;
  let idle: NodeJS.Timeout | undefined;
  let quiet: NodeJS.Timeout | undefined;

  const givenUp = (): boolean => failures >= FAILURES_MAX;
  const connection = createConnection({ file, types, hangMs, onReady: pump, onFailure });

  function start(): void {
    if (connection.state !== "off" || givenUp()) return;
    connection.start();
    for (const cell of cells.values()) connection.post({ type: "cell", cell });
    rested();
  }

  function end(): void {
    asking = false;
    for (const timer of [idle, quiet]) clearTimeout(timer);
    connection.end();
    for (const { settle } of [...questions.splice(0), ...checks.splice(0)]) settle(undefined);
  }

  function onFailure(busyWith: Request | undefined, reason: string): void {
    // A cell that it could not read, or not check, is not told again.
    if (busyWith?.type === "cell") forgetCell(busyWith.cell.cell);
    if (busyWith?.type === "check") forgetCell(busyWith.cell);
    failures++;
    end();
    if (givenUp()) complain(`the language service is given up after ${failures} failures: ${reason}`);
  }

  /** Begins to count anew how long nobody asks. */
  function rested(): void {
    clearTimeout(idle);
    const busy = (): boolean =>
      connection.state === "starting" || connection.open + questions.length + checks.length > 0;
    idle = setTimeout(() => (busy() ? rested() : end()), idleMs);
    idle.unref();
  }

  /** Asks what comes next, unless a question is under way or the worker is not there yet. */
  function pump(): void {
    if (asking || connection.state !== "running") return;
    let next = questions.shift() ?? checks.shift();
    while (next && !next.wanted()) next = questions.shift() ?? checks.shift();
    if (!next) return;
    const { request, settle } = next;
    asking = true;
    rested();
    connection.post(request, (answer) => {
      asking = false;
      if (answer !== undefined) failures = 0;
      settle(answer);
      pump();
    });
  }

  function ask<T>(request: Request, { warmMs, coldMs }: Budget): Promise<T | undefined> {
    start();
    if (connection.state === "off") return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let wanted = true;
      const settle = (answer: unknown): void => {
        clearTimeout(timer);
        wanted = false;
        resolve((answer ?? undefined) as T | undefined);
      };
      const timer = setTimeout(settle, connection.state === "running" ? warmMs : coldMs, undefined);
      questions.push({ request, settle, wanted: () => wanted });
      pump();
    });
  }

  /** Begins with the checks, where nothing else is under way. */
  function startChecks(): void {
    start();
    if (connection.state === "off") for (const { settle } of checks.splice(0)) settle(undefined);
    pump();
  }

  function forgetCell(cell: number): void {
    characters -= cells.get(cell)?.code.length ?? 0;
    cells.delete(cell);
  }

  /** The service says which cells can still be reached from one; of those before it the others need not be kept. */
  function keep(known: readonly number[], checked: number): void {
    const living = new Set(known);
    for (const cell of [...cells.keys()]) if (cell < checked && !living.has(cell)) forgetCell(cell);
  }

  /** False when it is too large to be looked at. */
  function declare(cell: CellText): boolean {
    if (cell.code.length > CELL_CHARACTERS_MAX) return false;
    cells.set(cell.cell, cell);
    characters += cell.code.length;
    for (const old of cells.keys()) {
      if (cells.size <= CELLS_MAX && characters <= CHARACTERS_MAX) break;
      forgetCell(old);
    }
    if (connection.state !== "off") connection.post({ type: "cell", cell });
    return true;
  }

  return {
    declare: (cell) => void declare(cell),
    check(cell, when) {
      if (!declare(cell) || givenUp()) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const settle = (answer: unknown): void => {
          const checked = answer as Checked | undefined;
          if (checked) keep(checked.known, cell.cell);
          resolve(checked?.diagnostics);
        };
        checks.push({ request: { type: "check", cell: cell.cell }, settle, wanted: () => true });
        clearTimeout(quiet);
        if (when === "now") startChecks();
        else quiet = setTimeout(startChecks, connection.state === "off" ? FIRST_MS : QUIET_MS).unref();
      });
    },
    complete: (code, cursor, folder, budget) => ask({ type: "complete", code, cursor, folder }, budget),
    inspect: (code, cursor, folder, budget) => ask({ type: "inspect", code, cursor, folder }, budget),
    drop(cell) {
      forgetCell(cell);
      if (connection.state !== "off") connection.post({ type: "drop", cell });
    },
    forget() {
      cells.clear();
      characters = 0;
      failures = 0;
      end();
    },
    refresh() {
      if (connection.state !== "off") connection.post({ type: "refresh" });
    },
    get state() {
      return connection.state === "off" && givenUp() ? "given up" : connection.state;
    },
  };
}
