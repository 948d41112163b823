/** What the extension does to notebooks: opening a new one with a model in it, and putting that model into one. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { type INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { MODEL_TEMPLATE } from "./template.js";

/** A notebook with the Sojourn kernel, whose first cell is the template. */
export async function newNotebook(app: JupyterFrontEnd, cwd: string | undefined): Promise<NotebookPanel | undefined> {
  const panel = (await app.commands.execute("notebook:create-new", {
    kernelName: "sojourn",
    ...(cwd !== undefined && { cwd }),
  })) as NotebookPanel | undefined;
  if (panel === undefined) return undefined;
  await panel.context.ready;
  const first = panel.content.model?.cells.get(0);
  if (first?.sharedModel.getSource() === "") first.sharedModel.setSource(MODEL_TEMPLATE);
  return panel;
}

/** What puts the template below the active cell; undefined when no notebook is active. */
export function insertTemplate(notebooks: INotebookTracker): (() => void) | undefined {
  const notebook = notebooks.currentWidget?.content;
  if (notebook === undefined || notebook.model === null) return undefined;
  return () => {
    if (notebook.activeCell?.model.sharedModel.getSource() !== "" || notebook.activeCell.model.type !== "code")
      NotebookActions.insertBelow(notebook);
    notebook.activeCell?.model.sharedModel.setSource(MODEL_TEMPLATE);
    notebook.activate();
  };
}
