/**
 * Evaluates cells in V8's REPL mode through an inspector session of the same thread. Started from this thread and not by
 * a message of another one, a cell can be terminated from the controller without losing anything but itself.
 */
import { type Runtime, Session } from "node:inspector";
import type { NameKind } from "../source/names.js";
import { type CellImport, type PreparedCell, prepareCell } from "../source/prepare.js";
import { SourceError } from "../source/strip.js";
import { type CellSource, type CellSources, cellFile, type Place, written } from "./errors.js";
import { createHatch, type Hatch } from "./hatch.js";
import type { Modules } from "./modules.js";
import { HATCH } from "./state.js";

const GROUP = "cell";

/** What a cell threw, with the place when the value itself carries none. */
export class CellFailure {
  readonly thrown: unknown;
  readonly place: Place | undefined;

  constructor(thrown: unknown, place: Place | undefined) {
    this.thrown = thrown;
    this.place = place;
  }
}

export interface CellValue {
  readonly value: unknown;
  readonly shown: boolean;
  /** How long the code itself ran, without reading it and without its imports. */
  readonly ms: number;
}

/** Owns the inspector session and what earlier cells declared. */
export class Evaluator {
  readonly #session = new Session();
  readonly #names = new Map<string, NameKind>();
  readonly #sources = new Map<string, CellSource>();
  readonly #modules: Modules;
  readonly #hatch: Hatch;
  #received: unknown;
  #before: ReadonlySet<string> = new Set();

  constructor(modules: Modules) {
    this.#modules = modules;
    this.#session.connect();
    this.#hatch = createHatch((value) => {
      this.#received = value;
    });
  }

  /** Names that cells declared or imported. */
  get names(): ReadonlyMap<string, NameKind> {
    return this.#names;
  }

  /** The same, and what cells put on the global object. */
  variableNames(): string[] {
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !this.#before.has(name));
    return [...new Set([...this.#names.keys(), ...added])];
  }

  /** Called in the middle of a cell, right before the controller terminates it. */
  onTerminate(action: () => void): void {
    this.#hatch.beforeTermination = action;
  }

  /** From here on, what is new on the global object is a cell's. */
  begin(): void {
    this.#before = new Set(Object.getOwnPropertyNames(globalThis));
  }

  /** Keeps the text of a cell for the excerpts in errors. */
  remember(executionCount: number, text: string): void {
    this.#sources.set(cellFile(executionCount), { text });
  }

  get sources(): CellSources {
    return this.#sources;
  }

  /**
   * Runs code of a cell; throws `CellFailure` with whatever it threw. `whole` is the cell as written, when `source` is
   * a part of it with the rest blanked.
   */
  async evaluate(source: string, executionCount: number, whole = source): Promise<CellValue> {
    const file = cellFile(executionCount);
    this.#sources.set(file, { text: whole });
    const prepared = this.#prepare(source, file, whole);
    for (const one of prepared.imports) await this.#bind(one, file);
    for (const { bindings } of prepared.imports) {
      for (const { local, kind } of bindings) this.#names.set(local, kind);
    }
    for (const [name, kind] of prepared.declared) this.#names.set(name, kind);
    const started = performance.now();
    const { value } = await this.#run(`${prepared.code}\n//# sourceURL=${file}`, file);
    return { value, shown: prepared.showsValue, ms: performance.now() - started };
  }

  /** Evaluates an expression of the front end beside the cell, as `user_expressions` are. */
  async expression(source: string): Promise<unknown> {
    const { value } = await this.#run(this.#prepare(`(${source}\n)`, "expression").code, "expression");
    return value;
  }

  /** The value of a name, undefined when it cannot be had without running something. */
  peek(name: string): unknown {
    let value: unknown;
    const parameters = { expression: name, throwOnSideEffect: true, silent: true, objectGroup: GROUP };
    this.#session.post("Runtime.evaluate", parameters, (error, result) => {
      const answer = result as Runtime.EvaluateReturnType;
      if (!error && !answer.exceptionDetails) value = this.#localValue(answer.result);
    });
    return value;
  }

  #prepare(source: string, file: string, whole = source): PreparedCell {
    try {
      const prepared = prepareCell(source, this.#names);
      if (prepared.map !== undefined) this.#sources.set(file, { text: whole, map: prepared.map });
      return prepared;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      throw new CellFailure(error, { file, line: error.line, column: error.column });
    }
  }

  /** Binds the names of one static import, before the cell runs, as imports are hoisted. */
  async #bind({ specifier, bindings, attributes }: CellImport, file: string): Promise<void> {
    let module: Record<string, unknown>;
    try {
      module = (await this.#modules.load(specifier, attributes && { with: attributes })) as Record<string, unknown>;
    } catch (error) {
      throw new CellFailure(error, this.#placeOfImport(specifier, file));
    }
    const declarations: string[] = [];
    for (const { local, imported, kind, used } of bindings) {
      if (imported !== "*" && !(imported in module)) {
        if (!used) continue;
        const message = `Cannot import ${imported} from "${specifier}": the module does not export that name.`;
        throw new CellFailure(new SyntaxError(message), this.#placeOfImport(specifier, file));
      }
      this.#hatch.imported[local] = imported === "*" ? module : module[imported];
      declarations.push(`${kind === "lexical" ? "let" : "var"} ${local} = ${HATCH}.imported.${local};`);
    }
    if (declarations.length > 0) await this.#run(declarations.join(" "), file);
    this.#hatch.imported = {};
  }

  #placeOfImport(specifier: string, file: string): Place | undefined {
    const lines = this.#sources.get(file)?.text.split("\n") ?? [];
    const line = lines.findIndex((text) => text.includes(`"${specifier}"`) || text.includes(`'${specifier}'`));
    if (line < 0) return undefined;
    return { file, line: line + 1, column: lines[line]!.search(/\S/) + 1 };
  }

  /** The value comes in a box, because a bare promise would be awaited on its way out. */
  async #run(expression: string, file: string): Promise<{ readonly value: unknown }> {
    const answer = await new Promise<Runtime.EvaluateReturnType>((resolve, reject) => {
      const parameters = { expression, replMode: true, awaitPromise: true, silent: true, objectGroup: GROUP };
      this.#session.post("Runtime.evaluate", parameters, (error, result) =>
        error ? reject(error) : resolve(result as Runtime.EvaluateReturnType),
      );
    });
    try {
      const details = answer.exceptionDetails;
      if (!details) return { value: this.#localValue(answer.result) };
      const thrown = details.exception ? this.#localValue(details.exception) : new Error(details.text);
      const frame = details.stackTrace?.callFrames.find((one) => one.url === file);
      const [line, column] = frame
        ? [frame.lineNumber, frame.columnNumber]
        : [details.lineNumber, details.columnNumber];
      const place = isError(thrown) && !frame ? undefined : written(file, line + 1, column + 1, this.#sources);
      throw new CellFailure(thrown, place);
    } finally {
      this.#session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
    }
  }

  /** The value itself behind the inspector's description of it. */
  #localValue(remote: Runtime.RemoteObject): unknown {
    if (remote.objectId === undefined) {
      if (remote.unserializableValue === undefined) return remote.type === "undefined" ? undefined : remote.value;
      const text = remote.unserializableValue;
      return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
    }
    this.#session.post("Runtime.callFunctionOn", {
      objectId: remote.objectId,
      functionDeclaration: `function (value) { ${HATCH}.receive(value); }`,
      arguments: [{ objectId: remote.objectId }],
      silent: true,
    });
    const value = this.#received;
    this.#received = undefined;
    return value;
  }
}

/** Also of a proxy that does not want to be asked. */
function isError(value: unknown): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}
