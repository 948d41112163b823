/**
 * A kernel for the panel alone, started on a click when no notebook has one. It is stopped when the page closes, on a click, and
 * after ten minutes in which the panel was hidden or idle, and it was not prewarming. What a page that crashed left behind is
 * stopped by the next one.
 */
import { type Kernel, ServerConnection, type ServiceManager } from "@jupyterlab/services";
import { helperSource, type KernelSource } from "./source.js";

export const HELPER_IDLE_MS = 10 * 60_000;
const KERNEL_NAME = "sojourn";
/** Where the id of the helper is kept, so that another page finds one that was left. */
const STORAGE_KEY = "@sojourn/labextension:helper-kernel";

export interface HelperOptions {
  readonly services: ServiceManager.IManager;
  /** What the panel calls it. */
  readonly name: string;
  readonly onChange: (source: KernelSource | null) => void;
  /** Asked when the ten minutes are over: whether it is at work and has to stay. */
  readonly isAtWork: () => boolean;
  readonly idleMs?: number;
}

export class HelperKernel {
  constructor(options: HelperOptions) {
    this.options = options;
    window.addEventListener("pagehide", () => this.leave());
    void this.stopLeftOver();
  }

  get isRunning(): boolean {
    return this.connection !== undefined;
  }

  /** Whether there is a Sojourn kernel that could be started. */
  get isAvailable(): boolean {
    return this.options.services.kernelspecs.specs?.kernelspecs[KERNEL_NAME] !== undefined;
  }

  /** Throws when the server cannot start it. */
  async start(): Promise<void> {
    if (this.connection !== undefined || this.starting) return;
    this.starting = true;
    try {
      const connection = await this.options.services.kernels.startNew({ name: KERNEL_NAME });
      this.connection = connection;
      window.localStorage.setItem(STORAGE_KEY, connection.id);
      connection.disposed.connect(this.forget, this);
      this.options.onChange(helperSource(connection, this.options.name));
      this.touch();
    } finally {
      this.starting = false;
    }
  }

  async stop(): Promise<void> {
    const { connection } = this;
    this.forget();
    if (connection === undefined || connection.isDisposed) return;
    try {
      await connection.shutdown();
    } catch {
      // the server has lost it already
    }
    connection.dispose();
  }

  /** Somebody uses it: the ten minutes begin anew. */
  touch(): void {
    window.clearTimeout(this.timer);
    if (this.connection === undefined) return;
    this.timer = window.setTimeout(() => {
      if (this.options.isAtWork()) this.touch();
      else void this.stop();
    }, this.options.idleMs ?? HELPER_IDLE_MS);
  }

  private forget(): void {
    window.clearTimeout(this.timer);
    if (this.connection === undefined) return;
    // one that goes late must not take the next one along
    this.connection.disposed.disconnect(this.forget, this);
    this.connection = undefined;
    window.localStorage.removeItem(STORAGE_KEY);
    this.options.onChange(null);
  }

  /** The page goes: a request that outlives it. */
  private leave(): void {
    if (this.connection === undefined) return;
    const { serverSettings } = this.options.services;
    const url = `${serverSettings.baseUrl}api/kernels/${encodeURIComponent(this.connection.id)}`;
    void ServerConnection.makeRequest(url, { method: "DELETE", keepalive: true }, serverSettings).catch(
      () => undefined,
    );
    window.localStorage.removeItem(STORAGE_KEY);
  }

  private async stopLeftOver(): Promise<void> {
    const id = window.localStorage.getItem(STORAGE_KEY);
    if (id === null) return;
    const { kernels } = this.options.services;
    await kernels.ready;
    const left = [...kernels.running()].find((model) => model.id === id);
    // another page of this browser may be using it
    if (left !== undefined && (left.connections ?? 0) > 0) return;
    window.localStorage.removeItem(STORAGE_KEY);
    if (left !== undefined) await kernels.shutdown(id).catch(() => undefined);
  }

  private readonly options: HelperOptions;
  private connection: Kernel.IKernelConnection | undefined;
  private starting = false;
  private timer = 0;
}
