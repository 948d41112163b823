/**
 * Which message goes where. Cells queue; everything else is answered at once, framed by `busy` and `idle`. When a cell
 * is running, `busy` is said again under the cell's header afterwards, because front ends take the `idle` of the
 * answer for the kernel's.
 */
import { HEARD_TYPE } from "../panel-protocol.js";
import type { Message } from "../protocol/messages.js";
import type { Sockets } from "../protocol/sockets.js";
import type { Assistant } from "./assistant.js";
import type { CommRouter } from "./comm-router.js";
import type { Execution } from "./execution.js";
import type { History } from "./history.js";
import { complete, inspect, isComplete, kernelInfo, type Reply } from "./immediate.js";
import type { Stdin } from "./stdin.js";

export interface DispatchParts {
  readonly sockets: Sockets;
  readonly execution: Execution;
  readonly comms: CommRouter;
  readonly history: History;
  readonly assistant: Assistant;
  readonly stdin: Stdin;
  readonly version: string;
  readonly shutdown: (restart: boolean) => Promise<void>;
}

export type Dispatch = (channel: "shell" | "control" | "stdin", request: Message) => void;

export function createDispatch(parts: DispatchParts): Dispatch {
  const { sockets, execution, comms, history, assistant, stdin, version, shutdown } = parts;

  async function answer(request: Message): Promise<Reply | undefined> {
    const { content } = request;
    switch (request.header.msg_type) {
      case "kernel_info_request":
        return kernelInfo(version);
      case "is_complete_request":
        return isComplete(content);
      case "complete_request":
        return complete(content, assistant.complete);
      case "inspect_request":
        return inspect(content, assistant.inspect);
      case "history_request":
        return { status: "ok", history: await history.answer(content) };
      case "comm_info_request":
        return { status: "ok", comms: comms.info(content.target_name) };
      case "comm_open":
        comms.open(request);
        return undefined;
      case "comm_msg":
        await comms.message(request);
        return undefined;
      case "comm_close":
        comms.close(request);
        return undefined;
      case "interrupt_request":
        execution.interrupt();
        return { status: "ok" };
      default: {
        const evalue = `Cannot answer ${request.header.msg_type}: this kernel does not know that request.`;
        return { status: "error", ename: "ProtocolError", evalue, traceback: [evalue] };
      }
    }
  }

  async function serve(channel: "shell" | "control", request: Message): Promise<void> {
    const { header } = request;
    void sockets.publish("status", header, { execution_state: "busy" });
    const reply = await answer(request).catch((error: Error) => ({
      status: "error",
      ename: error.name,
      evalue: error.message,
      traceback: [error.message],
    }));
    const type = header.msg_type;
    if (reply && type.endsWith("_request"))
      void sockets.reply(channel, request, type.replace(/request$/, "reply"), reply);
    void sockets.publish("status", header, { execution_state: "idle" });
    const running = execution.runningParent;
    if (running) void sockets.publish("status", running, { execution_state: "busy" });
  }

  async function end(channel: "shell" | "control", request: Message): Promise<void> {
    const restart = request.content.restart === true;
    void sockets.publish("status", request.header, { execution_state: "busy" });
    void sockets.reply(channel, request, "shutdown_reply", { status: "ok", restart });
    void sockets.publish("status", request.header, { execution_state: "idle" });
    await shutdown(restart);
  }

  return (channel, request) => {
    if (channel === "stdin") {
      if (request.header.msg_type === "input_reply") stdin.reply(request);
      return;
    }
    switch (request.header.msg_type) {
      case "execute_request":
        execution.submit(request);
        break;
      case "shutdown_request":
        void end(channel, request);
        break;
      case HEARD_TYPE: // has done all it is for by arriving
        break;
      default:
        void serve(channel, request);
    }
  };
}
