/**
 * Which notebook, console or helper kernel the panel shows: the pinned one; else the active one; while anything else has the
 * focus (a text file, a terminal) the last one; when that is closed, the most recent other one. A helper kernel stands in as
 * long as no notebook or console with a Sojourn kernel is there to be followed.
 */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ConsolePanel, IConsoleTracker } from "@jupyterlab/console";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { type KernelSource, type SessionWidget, widgetSource } from "./source.js";

export interface FollowOptions {
  readonly shell: JupyterFrontEnd.IShell;
  readonly notebooks: INotebookTracker;
  readonly consoles: IConsoleTracker | null;
  /** Called at once and whenever another source is followed, or is pinned or let go. */
  readonly onChange: (source: KernelSource | null, pinned: boolean) => void;
}

export interface Follower {
  /** Stays with the followed one, or follows the active one again. */
  setPinned(pinned: boolean): void;
  setHelper(helper: KernelSource | null): void;
}

export function followActive({ shell, notebooks, consoles, onChange }: FollowOptions): Follower {
  const known = new WeakMap<SessionWidget, KernelSource>();
  let last: KernelSource | null = null;
  let pinned: KernelSource | null = null;
  let helper: KernelSource | null = null;
  let told = false;

  function source(widget: unknown): KernelSource | null {
    const kind = notebooks.has(widget as NotebookPanel)
      ? "notebook"
      : consoles?.has(widget as ConsolePanel)
        ? "console"
        : undefined;
    if (kind === undefined) return null;
    const session = widget as SessionWidget;
    const found = known.get(session) ?? widgetSource(session, kind);
    known.set(session, found);
    return found;
  }

  function choose(): KernelSource | null {
    if (pinned?.isGone === false) return pinned;
    const active = shell.currentWidget === null ? null : source(shell.currentWidget);
    const chosen =
      active !== null && !active.isGone
        ? active
        : last !== null && !last.isGone && last !== helper
          ? last
          : (source(notebooks.currentWidget) ?? source(consoles?.currentWidget ?? null));
    if (helper === null || helper.isGone) return chosen;
    return chosen !== null && isSojourn(chosen) ? chosen : helper;
  }

  function update(): void {
    const next = choose();
    if (pinned?.isGone) pinned = null;
    if (next === last && told) return;
    told = true;
    last = next;
    onChange(next, pinned !== null);
  }

  shell.currentChanged?.connect(update);
  notebooks.currentChanged.connect(update);
  consoles?.currentChanged.connect(update);
  update();
  return {
    setPinned(wanted) {
      pinned = wanted ? last : null;
      told = false;
      update();
    },
    setHelper(source) {
      // One that is being stopped is not gone yet, and must not be taken for the last notebook.
      if (helper !== null && last === helper) {
        last = null;
        told = false;
      }
      if (pinned === helper) pinned = null;
      helper = source;
      update();
    },
  };
}

const isSojourn = ({ kernel }: KernelSource): boolean => kernel?.name === "sojourn";

/** The connection among all open notebooks and consoles that may open comms on this kernel. */
export function findOwner(
  kernelId: string,
  notebooks: INotebookTracker,
  consoles: IConsoleTracker | null,
): Kernel.IKernelConnection | undefined {
  const isOwner = (widget: SessionWidget) => {
    const kernel = widget.sessionContext.session?.kernel;
    return kernel?.id === kernelId && kernel.handleComms;
  };
  const widget = notebooks.find(isOwner) ?? consoles?.find(isOwner);
  return widget?.sessionContext.session?.kernel ?? undefined;
}
