/** Writing entries that were chosen as a library: asks where to, and says what became of it. */
import { InputDialog } from "@jupyterlab/apputils";
import type { EntryName } from "@sojourn/kernel/panel-protocol";
import type { PanelModel } from "../model.js";
import { formatBytes } from "../view-model/numbers.js";

/** Writes a library of them into the notebook's folder. */
export async function exportChosen(model: PanelModel, entries: readonly EntryName[]): Promise<void> {
  const { trans } = model;
  const { button, value } = await InputDialog.getText({
    title: trans._n("Export %1 entry", "Export %1 entries", entries.length),
    label: trans.__("A library, without names and values, in the notebook's folder:"),
    text: "sojourn-library.tar",
    okLabel: trans.__("Export"),
    cancelLabel: trans.__("Cancel"),
  });
  if (!button.accept || value === null || value.trim() === "") return;
  try {
    const names = entries.map(({ kind, key }) => ({ kind, key }));
    const { path, entries: count, bytes } = await model.ask("export", { entries: names, file: value.trim() });
    const text = trans._n(
      "Wrote %1 entry (%2) to %3.",
      "Wrote %1 entries (%2) to %3.",
      count,
      formatBytes(bytes),
      path,
    );
    model.tell({ tone: "info", text });
  } catch (error) {
    model.tell({ tone: "error", text: error instanceof Error ? error.message : String(error) });
  }
}
