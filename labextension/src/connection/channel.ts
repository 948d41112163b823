/**
 * One open comm on the panel's target: typed sending and receiving, questions with their answers, and the wait for the
 * kernel's hello. Lives until either side closes it or the kernel connection goes away.
 */
import type { Kernel } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import type { IDisposable } from "@lumino/disposable";
import {
  type AskMessage,
  type AskName,
  type Asks,
  type KernelToPanel,
  PANEL_PROTOCOL_VERSION,
  PANEL_TARGET,
  type PanelToKernel,
  type View,
} from "@sojourn/kernel/panel-protocol";

/** Counting and deleting files on a slow shared file system takes its time. */
const ANSWER_TIMEOUT_MS = 120_000;

export interface ChannelOptions {
  readonly helloTimeoutMs: number;
  readonly view: View;
  readonly onMessage: (message: KernelToPanel) => void;
  /** No hello came in time; the channel stays open in case it comes late. */
  readonly onSilence: () => void;
  /** The kernel closed the comm, or its connection went away. */
  readonly onClose: () => void;
}

/** What the kernel answered instead: a sentence for people, and a code. */
export class KernelRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Question {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: number;
}

export class PanelChannel implements IDisposable {
  /** Opens the comm. `kernel` must handle comms and be connected. */
  constructor(kernel: Kernel.IKernelConnection, options: ChannelOptions) {
    this.options = options;
    this.kernel = kernel;
    this.comm = kernel.createComm(PANEL_TARGET);
    this.comm.onMsg = (message) => this.receive(message.content.data as unknown as KernelToPanel);
    this.comm.onClose = () => this.end();
    this.comm.open();
    kernel.disposed.connect(this.end, this);
    this.helloTimer = window.setTimeout(() => this.options.onSilence(), options.helloTimeoutMs);
    this.send({ type: "hello", version: PANEL_PROTOCOL_VERSION, visible: true, view: options.view });
  }

  get isDisposed(): boolean {
    return this.ended || this.comm.isDisposed;
  }

  /** The kernel has said hello. */
  get greeted(): boolean {
    return this.heard;
  }

  send(message: PanelToKernel): void {
    if (!this.isDisposed && !this.kernel.isDisposed) this.comm.send(message as unknown as JSONObject);
  }

  /** Tells the kernel whether the panel is seen, once per change; an unseen panel is sent nothing. */
  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.send({ type: "visible", visible });
  }

  /** Rejects with `KernelRefusal`, or with an error when there is no answer. */
  ask<N extends AskName>(name: N, of: Asks[N][0]): Promise<Asks[N][1]> {
    if (this.isDisposed)
      return Promise.reject(new Error("Cannot ask the kernel: its connection to the panel is closed."));
    this.requests += 1;
    const request = this.requests;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.questions.delete(request);
        reject(new Error(`Cannot ask the kernel: it did not answer within ${ANSWER_TIMEOUT_MS / 1000} s.`));
      }, ANSWER_TIMEOUT_MS);
      this.questions.set(request, { resolve: resolve as Question["resolve"], reject, timer });
      this.send({ type: "ask", request, ask: name, of } as AskMessage);
    });
  }

  /** From here on nothing that arrives is passed on; the kernel is not told. */
  mute(): void {
    this.muted = true;
    window.clearTimeout(this.helloTimer);
    this.rejectAll("the connection to the kernel was given up");
  }

  /** Tells the kernel goodbye, if there still is one. */
  dispose(): void {
    this.mute();
    this.kernel.disposed.disconnect(this.end, this);
    const { status } = this.kernel;
    const gone = status === "dead" || status === "restarting" || status === "autorestarting";
    if (!this.isDisposed && !this.kernel.isDisposed && !gone) this.comm.close();
    this.ended = true;
  }

  private receive(message: KernelToPanel): void {
    if (this.muted) return;
    if (message.type === "hello" || message.type === "unsupported") {
      this.heard = message.type === "hello";
      window.clearTimeout(this.helloTimer);
    }
    if (message.type === "answer") {
      this.answered(message.request)?.resolve(message.answer as never);
      return;
    }
    if (message.type === "error" && message.request !== undefined) {
      this.answered(message.request)?.reject(new KernelRefusal(message.code, message.message));
      return;
    }
    this.options.onMessage(message);
  }

  private answered(request: number): Question | undefined {
    const question = this.questions.get(request);
    if (question !== undefined) window.clearTimeout(question.timer);
    this.questions.delete(request);
    return question;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    const { muted } = this;
    this.mute();
    if (!muted) this.options.onClose();
  }

  private rejectAll(why: string): void {
    const waiting = [...this.questions.keys()];
    for (const request of waiting) this.answered(request)?.reject(new Error(`Cannot ask the kernel: ${why}.`));
  }

  private readonly options: ChannelOptions;
  private readonly kernel: Kernel.IKernelConnection;
  private readonly comm: Kernel.IComm;
  private readonly helloTimer: number;
  private readonly questions = new Map<number, Question>();
  private visible = true;
  private requests = 0;
  private heard = false;
  private muted = false;
  private ended = false;
}
