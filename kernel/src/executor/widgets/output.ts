/** `widgets.output()`: a place among controls where values are shown, as in the output of a cell. */
import type { MimeBundle } from "../../link/messages.js";
import type { Cell, Cells } from "../cells.js";
import type { BundleOf } from "../display.js";
import { BaseWidget, type Kind, type Surroundings } from "./model.js";

export const OUTPUT: Kind = {
  module: "@jupyter-widgets/output",
  version: "1.0.0",
  model: "OutputModel",
  view: "OutputView",
};

export interface OutputParts {
  readonly cells: Cells;
  readonly bundleOf: BundleOf;
  /** Lets the cell end only after what it shows was made. */
  readonly awaitFor: (cell: Cell, made: Promise<void>) => void;
}

export class OutputWidget extends BaseWidget {
  readonly #parts: OutputParts;
  /** Bundles that are being made take their places in the order in which they were asked for. */
  #last: Promise<void> | undefined;

  constructor(id: string, surroundings: Surroundings, parts: OutputParts) {
    super(id, OUTPUT, { outputs: [] }, surroundings);
    this.#parts = parts;
  }

  show(value: unknown): void {
    this.#make(value, () => []);
  }

  add(value: unknown): void {
    this.#make(value, () => this.#outputs);
  }

  print(text: string): void {
    const before = this.#outputs;
    const last = before.at(-1);
    if (last?.output_type !== "stream")
      this.set("outputs", [...before, { output_type: "stream", name: "stdout", text: String(text) }]);
    else this.set("outputs", [...before.slice(0, -1), { ...last, text: `${last.text}${text}` }]);
  }

  clear(): void {
    this.set("outputs", []);
  }

  get #outputs(): readonly Record<string, unknown>[] {
    return this.get("outputs") as Record<string, unknown>[];
  }

  #make(value: unknown, before: () => readonly object[]): void {
    const { cells, bundleOf, awaitFor } = this.#parts;
    const put = ({ data, metadata }: MimeBundle): void =>
      this.set("outputs", [...before(), { output_type: "display_data", data, metadata }]);
    const bundle = value instanceof Promise ? value.then(bundleOf) : bundleOf(value);
    if (!(bundle instanceof Promise) && this.#last === undefined) {
      put(bundle);
      return;
    }
    const made = Promise.all([bundle, this.#last?.catch(() => undefined)]).then(([one]) => put(one));
    this.#last = made;
    const forget = (): void => {
      if (this.#last === made) this.#last = undefined;
    };
    made.then(forget, forget);
    if (cells.current) awaitFor(cells.current, made);
  }
}
