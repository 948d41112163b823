/** `widgets.interact`: controls for a function's values, and below them what it makes of those, always of the latest. */
import { InputError } from "@sojourn/engine/errors";
import type { Cell, Cells } from "../cells.js";
import { RichValue } from "../display.js";
import { type DisplayHandle, type Show, Shown } from "../show.js";
import type { Control, Interaction, SliderOptions } from "./api.js";
import { box, checkbox, choice, slider, text } from "./controls.js";
import { SingleValue } from "./model.js";
import type { Registry } from "./registry.js";

export interface InteractParts {
  readonly registry: Registry;
  readonly cells: Cells;
  readonly show: Show;
  readonly awaitFor: (cell: Cell, made: Promise<void>) => void;
}

type Action = (values: Readonly<Record<string, unknown>>) => unknown;

/** What `interact` returns; shown as nothing, as what it stands for is shown already. */
class Interacting extends Shown implements Interaction {
  readonly controls: Interaction["controls"];
  readonly #draw: () => Promise<void>;
  readonly #box: { close(): void };
  values: Readonly<Record<string, unknown>> = {};

  constructor(controls: Interaction["controls"], draw: (self: Interacting) => Promise<void>, box: { close(): void }) {
    super();
    this.controls = controls;
    this.#draw = () => draw(this);
    this.#box = box;
  }

  update(): Promise<void> {
    return this.#draw();
  }

  close(): void {
    this.#box.close();
    for (const one of Object.values(this.controls)) one.close();
  }
}

export function interact(
  { registry, cells, show, awaitFor }: InteractParts,
  action: Action,
  wanted: Readonly<Record<string, Control>>,
): Interaction {
  if (typeof action !== "function")
    throw new InputError("no-function", "Cannot interact: the first argument must be a function of the values.");
  const controls = Object.fromEntries(
    Object.entries(wanted).map(([name, one]) => [name, controlOf(registry, name, one)] as const),
  );
  const all = Object.values(controls);
  const shownBox = box(registry, "VBox", all);
  show(shownBox);
  let handle: DisplayHandle | undefined;
  const put = (value: unknown): void => {
    if (handle) handle.update(value);
    else handle = show(value);
  };
  const draw = async (self: Interacting): Promise<void> => {
    const values = Object.fromEntries(Object.entries(controls).map(([name, one]) => [name, one.value]));
    self.values = values;
    const made = await action(values);
    if (made !== undefined && !(made instanceof Shown)) put(made);
  };
  const self = new Interacting(controls as unknown as Interaction["controls"], draw, shownBox);
  // The first time is the cell's own: what fails there is its error.
  const first = self.update();
  if (cells.current) awaitFor(cells.current, first);
  const redraw = async (): Promise<void> => {
    await first.catch(() => undefined);
    try {
      await self.update();
    } catch (error) {
      // Shown in its place, and gone with the next value that works.
      const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      put(new RichValue({ "text/plain": words }));
    }
  };
  const call = registry.listen(redraw, () => "values");
  for (const one of all) one.on("change", call);
  return self;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function controlOf(registry: Registry, label: string, wanted: Control): SingleValue {
  const named = { label };
  if (wanted instanceof SingleValue) return wanted;
  if (typeof wanted === "boolean") return checkbox(registry, { ...named, value: wanted });
  if (typeof wanted === "string") return text(registry, { ...named, value: wanted });
  if (isNumbers(wanted)) {
    const [min, max, step] = wanted;
    return middle(registry, { ...named, min, max, ...(step !== undefined && { step }) });
  }
  if (Array.isArray(wanted)) return choice(registry, "Dropdown", { ...named, options: wanted });
  if (isRecord(wanted) && typeof wanted.min === "number" && typeof wanted.max === "number")
    return middle(registry, { ...named, ...(wanted as unknown as SliderOptions) });
  if (isRecord(wanted)) return choice(registry, "Dropdown", { ...named, options: wanted });
  throw new InputError(
    "bad-control",
    `Cannot make a control for ${label}: give [min, max], [min, max, step], options of a slider, a boolean, a text, a list of choices or a widget with a value.`,
  );
}

function isNumbers(wanted: unknown): wanted is readonly [number, number, number?] {
  return (
    Array.isArray(wanted) &&
    (wanted.length === 2 || wanted.length === 3) &&
    wanted.every((one) => typeof one === "number")
  );
}

/** A slider that starts in the middle, on one of its steps. */
function middle(registry: Registry, options: SliderOptions): SingleValue {
  const { min, max, step, log = false } = options;
  const half = log && min > 0 ? Math.sqrt(min * max) : (min + max) / 2;
  const value = step === undefined || log ? half : min + Math.floor((half - min) / step) * step;
  return slider(registry, { value, ...options });
}
