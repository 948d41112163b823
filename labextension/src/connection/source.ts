/**
 * Where a kernel comes from: a notebook, a console, or a helper kernel without either. The link follows one of them and hears
 * what happens to its kernel; what that means is the link's business.
 */
import type { ConsolePanel } from "@jupyterlab/console";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { KernelStatus, Target } from "../view-model/state.js";

export interface SourceHandlers {
  /** Another kernel, or none. */
  readonly kernel: () => void;
  readonly status: () => void;
  readonly connection: () => void;
  readonly renamed: () => void;
  /** The source itself is gone. */
  readonly gone: () => void;
}

export interface KernelSource {
  /** Tells one source from another. */
  readonly identity: object;
  readonly kind: Target["kind"];
  readonly target: Target;
  /** Of its notebook or console; empty where there is none. */
  readonly path: string;
  readonly kernel: Kernel.IKernelConnection | null;
  /** Whether a kernel that is not there will not come by itself. */
  readonly isSettled: boolean;
  readonly isGone: boolean;
  readonly settled: Promise<void>;
  /** Answers what stops it. */
  subscribe(handlers: SourceHandlers): () => void;
}

export type SessionWidget = NotebookPanel | ConsolePanel;

/** A notebook or console. */
export function widgetSource(widget: SessionWidget, kind: "notebook" | "console"): KernelSource {
  const context = widget.sessionContext;
  return {
    identity: widget,
    kind,
    get target() {
      const kernelName = context.hasNoKernel ? "" : context.kernelDisplayName;
      return { name: context.name || context.path, kind, kernelName };
    },
    get path() {
      return context.path;
    },
    get kernel() {
      return context.session?.kernel ?? null;
    },
    get isSettled() {
      return context.isReady || context.hasNoKernel;
    },
    get isGone() {
      return widget.isDisposed;
    },
    settled: context.ready,
    subscribe({ kernel, status, connection, renamed, gone }) {
      context.kernelChanged.connect(kernel);
      context.statusChanged.connect(status);
      context.connectionStatusChanged.connect(connection);
      context.propertyChanged.connect(renamed);
      context.disposed.connect(gone);
      return () => {
        context.kernelChanged.disconnect(kernel);
        context.statusChanged.disconnect(status);
        context.connectionStatusChanged.disconnect(connection);
        context.propertyChanged.disconnect(renamed);
        context.disposed.disconnect(gone);
      };
    },
  };
}

/** A kernel that was started for the panel alone. */
export function helperSource(connection: Kernel.IKernelConnection, name: string): KernelSource {
  return {
    identity: connection,
    kind: "helper",
    target: { name, kind: "helper", kernelName: "Sojourn" },
    path: "",
    kernel: connection,
    isSettled: true,
    get isGone() {
      return connection.isDisposed || connection.status === "dead";
    },
    settled: Promise.resolve(),
    subscribe({ status, connection: onConnection, gone }) {
      connection.statusChanged.connect(status);
      connection.connectionStatusChanged.connect(onConnection);
      connection.disposed.connect(gone);
      return () => {
        connection.statusChanged.disconnect(status);
        connection.connectionStatusChanged.disconnect(onConnection);
        connection.disposed.disconnect(gone);
      };
    },
  };
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
