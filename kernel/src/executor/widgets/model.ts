/** One widget: its state, who listens, and how it is shown. What it does goes out through the registry. */
import { inspect } from "node:util";
import { InputError } from "@sojourn/engine/errors";
import type { ModelState, WidgetWord } from "../../link/messages.js";
import { DISPLAY } from "../display.js";
import type { Change, Off } from "./api.js";
import type { Call } from "./listeners.js";
import { bytesOf, wireState } from "./wire.js";

export const VIEW = "application/vnd.jupyter.widget-view+json";
/** For who reads words where a control should be. */
const HINT = "\n(a widget, drawn where the front end has jupyterlab_widgets)";
const LAYOUT = { module: "@jupyter-widgets/base", version: "2.0.0", model: "LayoutModel", view: "LayoutView" };

export interface Kind {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  readonly view?: string;
}

/** What a widget needs of the registry. */
export interface Surroundings {
  say(model: string, word: WidgetWord): void;
  forget(model: string): void;
  /** Of changes of one name that wait, a listener hears the latest. */
  listen(listener: (...values: unknown[]) => unknown, topicOf: (...values: unknown[]) => unknown): Call<unknown[]>;
  make(kind: Kind, state: Readonly<Record<string, unknown>>): BaseWidget;
}

/** How a widget that is about one value keeps it in its state. */
export interface ValueCodec {
  readonly name: string;
  read(stored: unknown): unknown;
  /** Throws `InputError` for what cannot be stored. */
  write(value: unknown): unknown;
}

/** Owns the state of one model. */
export class BaseWidget {
  readonly id: string;
  readonly #surroundings: Surroundings;
  readonly #kind: Kind;
  readonly #calls = new Map<string, Set<Call<unknown[]>>>();
  #state: Record<string, unknown>;
  /** The last change of a front end that was heard. */
  #turn = 0;
  #layout: BaseWidget | undefined;
  #open = true;

  constructor(id: string, kind: Kind, state: Readonly<Record<string, unknown>>, surroundings: Surroundings) {
    this.id = id;
    this.#kind = kind;
    this.#surroundings = surroundings;
    this.#state = { ...state };
    const names = {
      _model_module: kind.module,
      _model_module_version: kind.version,
      _model_name: kind.model,
      _view_module: kind.view === undefined ? null : kind.module,
      _view_module_version: kind.view === undefined ? "" : kind.version,
      _view_name: kind.view ?? null,
      _view_count: null,
    };
    surroundings.say(id, { word: "open", state: this.#wire({ ...names, ...state }) });
  }

  get(name: string): unknown {
    return this.#state[name];
  }

  set(name: string | Readonly<Record<string, unknown>>, value?: unknown): void {
    if (!this.#open) throw new InputError("closed-widget", "Cannot change a widget: it is closed.");
    const given = typeof name === "string" ? { [name]: value } : name;
    const wire = this.#wire(given);
    this.#surroundings.say(this.id, { word: "change", state: wire, turn: this.#turn });
    void this.#changed(given);
  }

  on(event: string, listener: (...values: never[]) => unknown): Off {
    if (typeof listener !== "function")
      throw new InputError("no-listener", `Cannot listen to ${JSON.stringify(event)}: the listener is no function.`);
    if (!/^(?:change(?::.+)?|message|click)$/.test(event))
      throw new InputError(
        "unknown-event",
        `Cannot listen to ${JSON.stringify(event)}: events are "change", "change:name", "message", and "click" of a button.`,
      );
    const topicOf = (change: unknown): unknown => (event.startsWith("change") ? (change as Change).name : undefined);
    const call = this.#surroundings.listen(this.adapt(event, listener as (...values: unknown[]) => unknown), topicOf);
    const calls = this.#calls.get(event) ?? new Set();
    this.#calls.set(event, calls.add(call));
    return () => void calls.delete(call);
  }

  send(content: unknown, buffers: readonly ArrayBufferView[] = []): void {
    const wire = this.#wire({ content });
    this.#surroundings.say(this.id, { word: "custom", content: wire.content ?? null, buffers: buffers.map(bytesOf) });
  }

  layout(css: Readonly<Record<string, string>>): this {
    const state = Object.fromEntries(
      Object.entries(css).map(([name, value]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    );
    if (this.#layout) this.#layout.set(state);
    else {
      this.#layout = this.#surroundings.make(LAYOUT, state);
      this.set("layout", this.#layout);
    }
    return this;
  }

  close(): void {
    if (!this.#open) return;
    this.#surroundings.say(this.id, { word: "close" });
    this.#layout?.close();
    this.closed();
  }

  /** It is gone, whoever closed it. */
  closed(): void {
    this.#open = false;
    this.#calls.clear();
    this.#surroundings.forget(this.id);
  }

  /** A front end changed it. Resolves when listeners are done. */
  async receive(state: ModelState, turn: number): Promise<void> {
    this.#turn = turn;
    await this.#changed(state);
  }

  /** A view sent a message. */
  async hear(content: unknown, buffers: readonly Uint8Array[]): Promise<void> {
    const { event } = (content ?? {}) as { event?: unknown };
    await Promise.all([this.#call("message", content, buffers), event === "click" ? this.#call("click") : undefined]);
  }

  /** What a listener is called with; widgets of one value put it first. */
  protected adapt(event: string, listener: (...values: unknown[]) => unknown): (...values: unknown[]) => unknown {
    return event.startsWith("change:") ? (change) => listener((change as Change).value, change) : listener;
  }

  /** What a console shows, and a front end that knows no widgets. */
  protected words(): string {
    const { description: label, children } = this.#state;
    if (Array.isArray(children) && children.every((one) => one instanceof BaseWidget))
      return children.map((one) => one.words()).join(this.#kind.model === "HBoxModel" ? "  " : "\n");
    const name = typeof label === "string" && label !== "" ? `${label}: ` : "";
    return `${name}${this.#kind.model.replace(/Model$/, "")}`;
  }

  [DISPLAY](): Record<string, unknown> {
    const view = { version_major: 2, version_minor: 0, model_id: this.id };
    return { ...(this.#kind.view !== undefined && { [VIEW]: view }), "text/plain": `${this.words()}${HINT}` };
  }

  [inspect.custom](): string {
    return this.words();
  }

  #wire(state: Readonly<Record<string, unknown>>): ModelState {
    return wireState(state, (value): value is BaseWidget => value instanceof BaseWidget);
  }

  async #changed(state: Readonly<Record<string, unknown>>): Promise<void> {
    const changes: Change[] = [];
    const before = this.#state;
    this.#state = { ...before, ...state };
    for (const [name, value] of Object.entries(state)) {
      const old = before[name];
      if (!isSame(old, value)) changes.push({ name, value, old, widget: this });
    }
    await Promise.all(
      changes.flatMap((change) => [this.#call("change", change), this.#call(`change:${change.name}`, change)]),
    );
  }

  async #call(event: string, ...values: unknown[]): Promise<void> {
    await Promise.all([...(this.#calls.get(event) ?? [])].map((call) => call(...values)));
  }
}

/** A widget that is about one value. */
export class SingleValue extends BaseWidget {
  readonly #codec: ValueCodec;

  constructor(
    id: string,
    kind: Kind,
    state: Readonly<Record<string, unknown>>,
    surroundings: Surroundings,
    codec: ValueCodec,
  ) {
    super(id, kind, state, surroundings);
    this.#codec = codec;
  }

  get value(): unknown {
    return this.#codec.read(this.get(this.#codec.name));
  }

  set value(value: unknown) {
    this.set(this.#codec.name, this.#codec.write(value));
  }

  protected override adapt(event: string, listener: (...values: unknown[]) => unknown) {
    if (event !== "change") return super.adapt(event, listener);
    const { name, read } = this.#codec;
    return (given: unknown) => {
      const change = given as Change;
      if (change.name !== name) return undefined;
      const value = read(change.value);
      return listener(value, { ...change, value, old: read(change.old) });
    };
  }

  protected override words(): string {
    const label = this.get("description");
    const name = typeof label === "string" && label !== "" ? `${label}: ` : "";
    return `${name}${inspect(this.value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })}`;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return false;
  if (a instanceof BaseWidget || b instanceof BaseWidget) return false;
  const lists = [a, b].map((one) => (Array.isArray(one) ? one : undefined));
  if (lists[0] && lists[1])
    return lists[0].length === lists[1].length && lists[0].every((one, at) => isSame(one, lists[1]![at]));
  if (lists[0] || lists[1]) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame((a as never)[name], (b as never)[name]))
  );
}
