/**
 * Keeps the answers to a widget from waiting for each other. A Jupyter server sends a small message only when the one before was
 * acknowledged (Nagle's algorithm), and the page's machine acknowledges by itself after 40 ms, or with whatever the page says
 * sooner. So while a message of a comm waits for its end, the page says something after each part of the answer: `HEARD_TYPE`, of
 * which the kernel takes no notice. A slider sends its next value at the end of the answer, so this is how often it can.
 */
import type { ISessionContext } from "@jupyterlab/apputils";
import type { IConsoleTracker } from "@jupyterlab/console";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { HEARD_TYPE } from "@sojourn/kernel/panel-protocol";

/** For every kernel of ours that a notebook or a console has or gets. */
export function hearPromptly(notebooks: INotebookTracker, consoles: IConsoleTracker | null): void {
  const known = new WeakSet<Kernel.IKernelConnection>();
  const found = (kernel: Kernel.IKernelConnection | null | undefined): void => {
    if (kernel?.name !== "sojourn" || known.has(kernel)) return;
    known.add(kernel);
    sayHeard(kernel);
  };
  const follow = (_tracker: unknown, { sessionContext }: { readonly sessionContext: ISessionContext }): void => {
    found(sessionContext.session?.kernel);
    sessionContext.kernelChanged.connect((_context, { newValue }) => found(newValue));
  };
  for (const tracker of [notebooks, consoles]) {
    tracker?.forEach((widget) => void follow(tracker, widget));
    tracker?.widgetAdded.connect(follow);
  }
}

export function sayHeard(kernel: Kernel.IKernelConnection): void {
  /** The last message of a comm that has not come to its end. */
  let waiting: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let count = 0;

  function say(): void {
    timer = undefined;
    if (kernel.isDisposed || kernel.connectionStatus !== "connected") return;
    const header = {
      msg_id: `${kernel.clientId}-heard-${++count}`,
      msg_type: HEARD_TYPE,
      session: kernel.clientId,
      username: kernel.username,
      version: "5.3",
      date: new Date().toISOString(),
    };
    const message = { channel: "control", header, parent_header: {}, metadata: {}, content: {}, buffers: [] };
    // no answer comes
    kernel.sendControlMessage(message as unknown as KernelMessage.IControlMessage, false, false).dispose();
  }

  kernel.anyMessage.connect((_kernel, { msg, direction }) => {
    const { msg_id: id, msg_type: type } = msg.header;
    if (direction === "send") {
      if (type === "comm_msg") waiting = id;
      return;
    }
    if (waiting === undefined || msg.channel !== "iopub") return;
    const { msg_id: parent } = msg.parent_header as Partial<KernelMessage.IHeader>;
    const { execution_state: state } = msg.content as { readonly execution_state?: unknown };
    const isEnd = type === "status" && state === "idle" && parent === waiting;
    if (isEnd) {
      waiting = undefined;
      clearTimeout(timer);
      timer = undefined;
    }
    // once for all that has come already
    else timer ??= setTimeout(say);
  });
}
