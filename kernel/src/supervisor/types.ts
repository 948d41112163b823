/**
 * Type errors of cells, as `%types` has them: `on` shows them beside the cell, which runs meanwhile and never waits; `strict` checks
 * first and does not run a cell that has any; `off` leaves cells alone.
 */
import type { Language } from "../language/client.js";
import type { Diagnostic } from "../language/messages.js";
import { distinct, notice, reportLines } from "../language/report.js";
import type { ErrorReport } from "../link/messages.js";
import { partsOfCell } from "../source/magics.js";

export const TYPES_MODES = ["on", "strict", "off"] as const;
export type TypesMode = (typeof TYPES_MODES)[number];

export interface CellAhead {
  readonly cell: number;
  /** As tracebacks call it. */
  readonly file: string;
  readonly code: string;
  /** Nothing of it is shown. */
  readonly silent: boolean;
  /** Shows a notice below the cell, also after its end. */
  readonly show: (data: Record<string, string>) => void;
}

export interface Types {
  /**
   * Called when a cell's turn has come. Undefined lets it run at once; a promise says whether it may run: with nothing, or with
   * the error that it ends with.
   */
  begin(cell: CellAhead): Promise<ErrorReport | undefined> | undefined;
  /** A cell was given up before it ran. */
  dropped(cell: number): void;
  /** A cell has ended: where later ones look for modules, and whether packages may be others now. */
  ended(code: string, folder: string | undefined): void;
  /** Variables are gone. */
  forget(): void;
  /** One line: what is set and what it means. */
  readonly about: string;
  readonly folder: string;
}

export interface TypesParts {
  readonly language: Language;
  /** Whether the executor has a value of that name, whatever the types say. */
  readonly knows: (name: string) => Promise<boolean>;
  /** What `SOJOURN_TYPES` says. */
  readonly initial: string | undefined;
  readonly folder: string;
}

const MEANING: Readonly<Record<TypesMode, string>> = {
  on: "type errors are shown and cells run",
  strict: "a cell with type errors does not run",
  off: "types are removed and not checked",
};
/** What comes later than this after its cell began would only surprise. */
const LATE_MS = 15_000;
/** A strict cell waits at most so long. */
const STRICT_MS = 20_000;
const TIP = "The cell runs all the same; %types off hides this, %types strict makes it an error.";
const SETTING = /^%{1,2}types[ \t]/m;
const INSTALLS = /^%{1,2}npm\b/m;

export function createTypes({ language, knows, initial, folder: first }: TypesParts): Types {
  let mode: TypesMode = TYPES_MODES.find((one) => one === initial) ?? "on";
  let folder = first;
  let tipped = false;

  /** Without names that are there after all: put on the global object, or by a cell that could not be read. */
  async function real(diagnostics: readonly Diagnostic[]): Promise<Diagnostic[]> {
    const known = await Promise.all(diagnostics.map(({ missing }) => missing !== undefined && knows(missing)));
    return distinct(diagnostics.filter((_one, i) => !known[i]));
  }

  function tellLater({ cell, file, code, show }: CellAhead): void {
    const until = performance.now() + LATE_MS;
    void language.check({ cell, code, folder }, "soon").then(async (found) => {
      const plain = await real((found ?? []).filter(({ strict }) => !strict));
      if (plain.length === 0 || mode === "off" || performance.now() > until) return;
      show(notice(plain, file, code, tipped ? undefined : TIP));
      tipped = true;
    });
  }

  async function judge({ cell, file, code, silent, show }: CellAhead): Promise<ErrorReport | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, STRICT_MS, undefined);
    });
    const found = await Promise.race([language.check({ cell, code, folder }, "now"), late]);
    clearTimeout(timer);
    if (!found) {
      const text = "The types of this cell could not be checked, so it runs unchecked.";
      if (!silent) show({ "text/plain": text });
      return undefined;
    }
    const errors = await real(found);
    if (errors.length === 0) return undefined;
    language.drop(cell);
    const count = errors.length === 1 ? "a type error" : `${errors.length} type errors`;
    const evalue = `Cannot run this cell: it has ${count} and %types is strict; correct it, or run %types on.`;
    return {
      ename: "TypeCheckFailed",
      evalue,
      traceback: [`TypeCheckFailed: ${evalue}`, ...reportLines(errors, file, code)],
    };
  }

  function begin(ahead: CellAhead): Promise<ErrorReport | undefined> | undefined {
    const { cell, code, silent } = ahead;
    if (mode === "strict") return judge(ahead);
    if (mode === "off" || silent) language.declare({ cell, code, folder });
    else tellLater(ahead);
    return undefined;
  }

  return {
    begin(ahead) {
      if (!SETTING.test(ahead.code)) return begin(ahead);
      return settingIn(ahead.code).then((setting) => {
        mode = setting ?? mode;
        return begin(ahead);
      });
    },
    dropped: (cell) => language.drop(cell),
    ended(code, now) {
      folder = now ?? folder;
      if (INSTALLS.test(code)) language.refresh();
    },
    forget() {
      language.forget();
      folder = first;
    },
    get about() {
      return `${mode}: ${MEANING[mode]}${language.state === "given up" ? " (the service failed and is off)" : ""}`;
    },
    get folder() {
      return folder;
    },
  };
}

/** What a cell sets, for itself and those after it. Reads the cell as the executor will, which needs its compiler. */
async function settingIn(code: string): Promise<TypesMode | undefined> {
  const { isWhole } = await import("../source/completeness.js");
  const set = partsOfCell(code, isWhole).findLast((part) => part.kind === "magic" && part.name === "types");
  return TYPES_MODES.find((one) => set?.kind === "magic" && set.argument === one);
}
