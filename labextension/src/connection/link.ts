/**
 * The link to one kernel at a time: follows a session, makes sure that its kernel is ours *before* anything is sent,
 * opens the panel's comm, opens it again after a restart or a broken connection, and stays silent while the panel is
 * hidden (the server counts every comm message as activity and would never cull the kernel).
 *
 * It turns JupyterLab's signals into the view-model's events and decides nothing about what is shown.
 */
import type { Kernel } from "@jupyterlab/services";
import type { IDisposable } from "@lumino/disposable";
import { IMPLEMENTATION, type KernelToPanel, type View } from "@sojourn/kernel/panel-protocol";
import type { PanelEvent } from "../view-model/state.js";
import { PanelChannel } from "./channel.js";
import { type KernelSource, statusOf } from "./source.js";

/**
 * A kernel that has not said hello after this long is asked again: what was sent while a server starts a kernel anew can
 * get lost on the way. After so many times it is reported as not answering.
 */
const HELLO_TIMEOUT_MS = 2500;
const HELLO_ATTEMPTS = 4;

export interface LinkOptions {
  /** Receives everything that happens, in order. */
  readonly dispatch: (event: PanelEvent) => void;
  /** Another connection of this page to the same kernel, one that may open comms. */
  readonly findOwner: (kernelId: string) => Kernel.IKernelConnection | undefined;
}

export class KernelLink implements IDisposable {
  constructor(options: LinkOptions) {
    this.options = options;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** The open channel; undefined while there is none. */
  get channel(): PanelChannel | undefined {
    return this.open?.isDisposed ? undefined : this.open;
  }

  /** Follow this notebook, console or helper; `null` when there is none. */
  follow(source: KernelSource | null): void {
    if (source?.identity === this.source?.identity || this.disposed) return;
    this.unsubscribe();
    this.source = source;
    if (source !== null) {
      this.unsubscribe = source.subscribe({
        kernel: () => this.adopt(),
        status: () => this.onStatus(),
        connection: () => this.onConnection(),
        renamed: () => this.onRenamed(),
        gone: () => this.follow(null),
      });
      const adoptNone = () => {
        if (this.source === source && this.kernel === null) this.adopt();
      };
      void source.settled.then(adoptNone, adoptNone);
      this.options.dispatch({ type: "target", target: source.target });
    }
    this.adopt();
  }

  /** What the overview shows; a kernel that is met later is told with the hello. */
  setView(view: View): void {
    if (view === this.view) return;
    this.view = view;
    this.channel?.send({ type: "view", view });
  }

  /** A hidden panel neither sends nor receives; on showing it again, the link catches up. */
  setVisible(visible: boolean): void {
    if (visible === this.visible || this.disposed) return;
    this.visible = visible;
    if (visible) this.reconcile();
    else this.channel?.setVisible(false);
  }

  /** Look again: ask for an overview, or try to connect when there is no channel. */
  refresh(): void {
    if (this.channel?.greeted) this.channel.send({ type: "refresh" });
    else if (this.kernel === null) this.adopt();
    else {
      this.retire();
      this.reconcile();
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.unsubscribe();
    this.retire();
    this.closeRetired();
  }

  /** Takes the session's present kernel, whatever it is, and starts over. */
  private adopt(): void {
    this.retire();
    this.ours = false;
    this.connectedOnce = false;
    this.restarting = false;
    this.attempts = 0;
    // What settles still is a connection of before: it holds nothing up here, and is not heard any more.
    this.adoption += 1;
    this.settling = 0;
    const { source } = this;
    const kernel = source?.kernel ?? null;
    this.kernel = kernel;
    if (source === null) {
      this.options.dispatch({ type: "target" });
      return;
    }
    const { target } = source;
    if (kernel === null && source.isSettled) {
      this.options.dispatch({ type: "no-kernel", target });
      return;
    }
    this.options.dispatch({ type: "target", target });
    if (kernel !== null) void this.identify(kernel);
  }

  /** JupyterLab asks every kernel for its info by itself, so waiting for the answer sends nothing. */
  private async identify(kernel: Kernel.IKernelConnection): Promise<void> {
    const info = await kernel.info.catch(() => undefined);
    if (this.kernel !== kernel || this.disposed) return;
    if (info === undefined) {
      this.options.dispatch({ type: "no-answer" });
      return;
    }
    if (info.implementation !== IMPLEMENTATION) {
      this.options.dispatch({ type: "foreign", language: info.language_info.name });
      return;
    }
    this.ours = true;
    this.onConnection();
    this.onStatus();
  }

  private onStatus(): void {
    const { kernel } = this;
    if (kernel === null) return;
    const status = statusOf(kernel.status);
    if (status === "restarting" || status === "autorestarting") this.restarting = true;
    if (status === "idle" || status === "busy") this.restarting = false;
    // A restart takes the kernel's comms with it and tells nobody.
    if (this.restarting || status === "dead") this.retire();
    this.options.dispatch({ type: "kernel", status });
    this.reconcile();
  }

  private onConnection(): void {
    const { kernel } = this;
    if (kernel === null || !this.ours) return;
    if (kernel.connectionStatus === "connected") {
      const again = this.connectedOnce;
      this.connectedOnce = true;
      // After a restart that the server began, no status follows; what is sent now waits for the new kernel.
      this.restarting = false;
      if (again && this.visible) void this.settle(kernel);
      else this.reconcile();
    } else if (this.connectedOnce) {
      // The kernel may have lost our comm meanwhile; a new one is opened when the connection is back.
      this.retire();
      this.options.dispatch({ type: "disconnected" });
    }
  }

  /**
   * Lets a connection that came back settle: news of a restart may still be on their way, and with them JupyterLab forgets the
   * comms that were opened before. Once the kernel has said who it is, they have arrived.
   */
  private async settle(kernel: Kernel.IKernelConnection): Promise<void> {
    const { adoption } = this;
    this.settling += 1;
    const late = new Promise((resolve) => window.setTimeout(resolve, HELLO_TIMEOUT_MS));
    await Promise.race([kernel.requestKernelInfo().catch(() => undefined), late]);
    if (this.adoption !== adoption) return;
    this.settling -= 1;
    this.reconcile();
  }

  private onRenamed(): void {
    if (this.source !== null) this.options.dispatch({ type: "renamed", target: this.source.target });
  }

  /** Opens a channel if there should be one and is none; tells an open one that the panel is seen. */
  private reconcile(): void {
    const { kernel } = this;
    if (!this.visible || this.disposed) return;
    this.closeRetired();
    if (kernel === null || kernel.isDisposed || !this.ours || this.restarting || this.settling > 0) return;
    if (kernel.connectionStatus !== "connected" || kernel.status === "dead") return;
    if (this.channel !== undefined) {
      this.channel.setVisible(true);
      return;
    }
    const owner = kernel.handleComms ? kernel : this.options.findOwner(kernel.id);
    if (owner === undefined || owner.isDisposed) {
      this.options.dispatch({ type: "elsewhere" });
      return;
    }
    this.retire();
    this.options.dispatch({ type: "opening" });
    this.open = this.openChannel(owner);
  }

  private openChannel(owner: Kernel.IKernelConnection): PanelChannel {
    const channel: PanelChannel = new PanelChannel(owner, {
      helloTimeoutMs: HELLO_TIMEOUT_MS,
      view: this.view,
      onMessage: (message) => channel === this.open && this.onMessage(message),
      onSilence: () => channel === this.open && this.onSilence(),
      onClose: () => {
        if (channel === this.open) this.options.dispatch({ type: "closed" });
      },
    });
    return channel;
  }

  private onSilence(): void {
    this.attempts += 1;
    if (this.attempts >= HELLO_ATTEMPTS) {
      this.attempts = 0;
      this.options.dispatch({ type: "no-answer" });
      return;
    }
    this.retire();
    this.reconcile();
  }

  private onMessage(message: KernelToPanel): void {
    this.attempts = 0;
    this.options.dispatch({ type: "message", message });
    // It may have become busy before it said hello.
    if (message.type === "hello" && this.kernel !== null) {
      this.options.dispatch({ type: "kernel", status: statusOf(this.kernel.status) });
    }
  }

  /** Stops listening to the channel. Its closing message waits until the panel is visible, because hidden means silent. */
  private retire(): void {
    if (this.open === undefined) return;
    this.open.mute();
    this.retired.push(this.open);
    this.open = undefined;
    if (this.visible) this.closeRetired();
  }

  private closeRetired(): void {
    for (const channel of this.retired.splice(0)) channel.dispose();
  }

  private readonly options: LinkOptions;
  private source: KernelSource | null = null;
  private unsubscribe: () => void = () => undefined;
  private view: View = "session";
  private kernel: Kernel.IKernelConnection | null = null;
  /** The kernel said that it is a Sojourn kernel. */
  private ours = false;
  private connectedOnce = false;
  private restarting = false;
  /** Counts the kernels that were taken; the same one taken again is another. */
  private adoption = 0;
  /** Connections of the present kernel that came back and are not settled yet. */
  private settling = 0;
  /** How often the present kernel was asked in vain. */
  private attempts = 0;
  private visible = false;
  private open: PanelChannel | undefined;
  private readonly retired: PanelChannel[] = [];
  private disposed = false;
}
