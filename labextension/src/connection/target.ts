/** Reads JupyterLab's sessions and widgets in the view-model's words: which notebook or console, which status. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ConsolePanel, IConsoleTracker } from "@jupyterlab/console";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { KernelStatus, Target } from "../view-model/state.js";

/** A notebook or console that can be followed. */
export interface Followed {
  readonly widget: NotebookPanel | ConsolePanel;
  readonly kind: Target["kind"];
}

export function targetOf({ widget, kind }: Followed): Target {
  const context = widget.sessionContext;
  const kernelName = context.hasNoKernel ? "" : context.kernelDisplayName;
  return { name: context.name || context.path, kind, kernelName };
}

export function statusOf(status: Kernel.Status): KernelStatus {
  switch (status) {
    case "idle":
    case "busy":
    case "restarting":
    case "autorestarting":
    case "dead":
      return status;
    default:
      return "other";
  }
}

export interface FollowOptions {
  readonly shell: JupyterFrontEnd.IShell;
  readonly notebooks: INotebookTracker;
  readonly consoles: IConsoleTracker | null;
  /** Called at once and whenever another notebook or console is the active one. */
  readonly onChange: (followed: Followed | null) => void;
}

/**
 * Follows the active notebook or console. While anything else has the focus (a text file, a terminal) the last one is
 * kept; when that one is closed, the most recent other one takes its place.
 */
export function followActive({ shell, notebooks, consoles, onChange }: FollowOptions): void {
  let last: Followed | null = null;
  const followed = (widget: unknown): Followed | null => {
    if (notebooks.has(widget as NotebookPanel)) return { widget: widget as NotebookPanel, kind: "notebook" };
    if (consoles?.has(widget as ConsolePanel)) return { widget: widget as ConsolePanel, kind: "console" };
    return null;
  };
  const choose = (): Followed | null => {
    const active = shell.currentWidget === null ? null : followed(shell.currentWidget);
    if (active !== null && !active.widget.isDisposed) return active;
    if (last !== null && !last.widget.isDisposed) return last;
    return followed(notebooks.currentWidget) ?? followed(consoles?.currentWidget ?? null);
  };
  const update = () => {
    const next = choose();
    if (next?.widget === last?.widget) return;
    last = next;
    onChange(next);
  };
  shell.currentChanged?.connect(update);
  notebooks.currentChanged.connect(update);
  consoles?.currentChanged.connect(update);
  update();
}

/** The connection among all open notebooks and consoles that may open comms on this kernel. */
export function findOwner(
  kernelId: string,
  notebooks: INotebookTracker,
  consoles: IConsoleTracker | null,
): Kernel.IKernelConnection | undefined {
  const isOwner = (widget: NotebookPanel | ConsolePanel) => {
    const kernel = widget.sessionContext.session?.kernel;
    return kernel?.id === kernelId && kernel.handleComms;
  };
  const widget = notebooks.find(isOwner) ?? consoles?.find(isOwner);
  return widget?.sessionContext.session?.kernel ?? undefined;
}
