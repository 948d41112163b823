/** What a cell sees of widgets: types and their documentation, nothing else. */

/** Ends what it was returned for: a listener. */
export type Off = () => void;

/** What happened to one name of a widget's state. */
export interface Change<T = unknown> {
  readonly name: string;
  readonly value: T;
  readonly old: T;
  readonly widget: WidgetModel;
}

export type Listener<A extends unknown[]> = (...values: A) => unknown;

/** A model that lives in the kernel and is shown by any number of views. */
export interface WidgetModel {
  /** The model's id, as front ends know it. */
  readonly id: string;
  /** A value of its state; bytes are `Uint8Array`. */
  get(name: string): unknown;
  /** Changes its state, here and in every view. */
  set(name: string, value: unknown): void;
  set(state: Readonly<Record<string, unknown>>): void;
  /** Sends a message to the views. */
  send(content: unknown, buffers?: readonly ArrayBufferView[]): void;
  /** CSS of its box: `{ width: "300px" }`. */
  layout(css: Readonly<Record<string, string>>): this;
  /** Removes the model and its views; listeners hear nothing more. */
  close(): void;
}

/** What any widget lets one listen to; a listener belongs to the cell that put it there, and so does what it shows. */
interface On {
  /** One name of the state: `on("change:value", …)`. */
  (event: `change:${string}`, listener: Listener<[value: unknown, change: Change]>): Off;
  /** Messages that a view sends; each is heard, one after the other. */
  (event: "message", listener: Listener<[content: unknown, buffers: readonly Uint8Array[]]>): Off;
}

/**
 * Changes are heard whoever made them, a view or a cell. While one call has not ended (its promise not settled), newer changes
 * of the same name wait and become one, so that slow work is done for the latest state only.
 */
export interface Widget extends WidgetModel {
  readonly on: On & ((event: "change", listener: Listener<[change: Change]>) => Off);
}

/** Lets one loop over widgets of different values, with a listener that does not ask for theirs. */
type AnyChange = (event: "change", listener: () => unknown) => Off;

/** A widget that is about one value. */
export interface ValueWidget<T> extends WidgetModel {
  /** The value; assigning it moves every view. */
  value: T;
  readonly on: On & ((event: "change", listener: Listener<[value: T, change: Change<T>]>) => Off) & AnyChange;
}

export interface Button extends WidgetModel {
  readonly on: On & ((event: "click", listener: Listener<[]>) => Off);
}

/** A place for outputs. */
export interface Output extends WidgetModel {
  readonly on: On;
  /** Replaces what is there. */
  show(value: unknown): void;
  /** Puts one more below. */
  add(value: unknown): void;
  print(text: string): void;
  clear(): void;
}

export interface ControlOptions {
  readonly label?: string;
  readonly disabled?: boolean;
  /** CSS of its box. */
  readonly layout?: Readonly<Record<string, string>>;
}

export interface SliderOptions extends ControlOptions {
  readonly min: number;
  readonly max: number;
  /** Default is a round number, about a hundredth of the way; with `log` of its logarithm to base 10. */
  readonly step?: number;
  readonly value?: number;
  /** Moves by factors instead of steps; `min` must be > 0. */
  readonly log?: boolean;
  /** Changes while it is dragged (the default), or only when it is let go. */
  readonly continuous?: boolean;
  readonly orientation?: "horizontal" | "vertical";
}

export interface RangeOptions extends Omit<SliderOptions, "value" | "log"> {
  readonly value?: readonly [number, number];
}

/** Labels for what they stand for, or values that are their own labels. */
export type Choices<T> = readonly T[] | Readonly<Record<string, T>>;

export interface ChoiceOptions<T> extends ControlOptions {
  readonly options: Choices<T>;
  readonly value?: T;
}

export interface TextOptions extends ControlOptions {
  readonly value?: string;
  readonly placeholder?: string;
  /** Several lines. */
  readonly area?: boolean;
  /** Changes with every letter; default is when it is done. */
  readonly continuous?: boolean;
}

export interface NumberOptions extends ControlOptions {
  readonly value?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

export interface ButtonOptions extends ControlOptions {
  readonly style?: "primary" | "success" | "info" | "warning" | "danger";
  readonly tooltip?: string;
}

/** A module of anywidget's kind: its default export has `render({ model, el })`. */
export interface AnyOptions<S> {
  /** The text of an ES module, or the address of one. */
  readonly esm: string;
  readonly css?: string;
  /** What module and cells share. */
  readonly state?: S;
  readonly layout?: Readonly<Record<string, string>>;
}

/** A model of any package for Jupyter widgets that the front end has. */
export interface ModelOptions {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  /** Absent for models that nothing shows. */
  readonly view?: string;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly layout?: Readonly<Record<string, string>>;
}

/**
 * A control in short: `[min, max]` or `[min, max, step]` is a slider, `true` a checkbox, a text a text field, a list or record of
 * other things a choice, options of a slider a slider, a widget itself.
 */
export type Control =
  | WidgetModel
  | SliderOptions
  | readonly [number, number]
  | readonly [number, number, number]
  | boolean
  | string
  | readonly string[]
  | Readonly<Record<string, unknown>>;

/** What a control is about. */
export type ValueOf<C> =
  C extends ValueWidget<infer T>
    ? T
    : C extends SliderOptions | readonly [number, number] | readonly [number, number, number]
      ? number
      : C extends boolean
        ? boolean
        : C extends string
          ? string
          : C extends readonly (infer T)[] | Readonly<Record<string, infer T>>
            ? T
            : unknown;

export interface Interaction {
  readonly controls: Readonly<Record<string, ValueWidget<unknown>>>;
  /** What the function was last called with. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Calls the function again. */
  update(): Promise<void>;
  close(): void;
}

export interface Widgets {
  /** A number between two others. */
  slider(options: SliderOptions): ValueWidget<number>;
  /** Two numbers between two others. */
  range(options: RangeOptions): ValueWidget<readonly [number, number]>;
  /** One of several; `options` is a list, or a record of labels. */
  dropdown<T>(options: ChoiceOptions<T>): ValueWidget<T>;
  /** The same as a row of buttons. */
  choice<T>(options: ChoiceOptions<T>): ValueWidget<T>;
  text(options?: TextOptions): ValueWidget<string>;
  number(options?: NumberOptions): ValueWidget<number>;
  checkbox(options?: ControlOptions & { readonly value?: boolean }): ValueWidget<boolean>;
  button(label: string, options?: ButtonOptions): Button;
  /** Text with tags, updated by assigning `value`. */
  html(value?: string, options?: ControlOptions): ValueWidget<string>;
  /** A bar from 0 to `max`. */
  progress(options?: ControlOptions & { readonly value?: number; readonly max?: number }): ValueWidget<number>;
  /** Side by side; texts become labels. */
  hbox(children: readonly (WidgetModel | string)[], options?: ControlOptions): Widget;
  /** One below the other. */
  vbox(children: readonly (WidgetModel | string)[], options?: ControlOptions): Widget;
  /** One behind the other, by title. */
  tabs(children: Readonly<Record<string, WidgetModel>>, options?: ControlOptions): Widget;
  output(options?: ControlOptions): Output;
  /** A widget whose view is a module of one's own, as anywidget has them. */
  any<S extends Readonly<Record<string, unknown>>>(options: AnyOptions<S>): Widget;
  /** A model of another package for Jupyter widgets. */
  model(options: ModelOptions): Widget;
  /**
   * Shows controls and what the function makes of their values, and calls it again when one moves: always with the latest
   * values, never twice at a time.
   */
  interact<const C extends Readonly<Record<string, Control>>>(
    action: (values: { readonly [name in keyof C]: ValueOf<C[name]> }) => unknown,
    controls: C,
  ): Interaction;
  /** Closes every widget of this kernel. */
  closeAll(): void;
}
