/** When the page says that it heard: between a message of a comm and its end, and at no other time. */
import type { Kernel } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { HEARD_TYPE } from "@sojourn/kernel/panel-protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sayHeard } from "./prompt.js";

function standIn() {
  const said: string[] = [];
  const kernel = { clientId: "c", username: "", connectionStatus: "connected" };
  const anyMessage = new Signal<typeof kernel, Kernel.IAnyMessageArgs>(kernel);
  const emit = (direction: "send" | "recv", channel: string, type: string, id: string, state?: string) => {
    const header = { msg_id: id, msg_type: type };
    const msg = { channel, header, parent_header: { msg_id: id }, content: { execution_state: state } };
    anyMessage.emit({ msg, direction } as unknown as Kernel.IAnyMessageArgs);
  };
  const sendControlMessage = (message: { header: { msg_type: string } }) => {
    said.push(message.header.msg_type);
    emit("send", "control", message.header.msg_type, "heard");
    return { dispose: () => undefined };
  };
  Object.assign(kernel, { anyMessage, sendControlMessage });
  sayHeard(kernel as unknown as Kernel.IKernelConnection);
  return { kernel, said, emit };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const turn = () => vi.runAllTimers();

test("what has come of an answer is said to be heard once, its end is not, and nothing else is", () => {
  const { said, emit } = standIn();
  emit("recv", "iopub", "stream", "cell");
  emit("send", "shell", "execute_request", "cell");
  emit("recv", "iopub", "status", "cell", "busy");
  turn();
  emit("send", "shell", "comm_msg", "a");
  emit("recv", "shell", "comm_info_reply", "other");
  turn();
  expect(said).toEqual([]);
  emit("recv", "iopub", "status", "a", "busy");
  turn();
  expect(said).toEqual([HEARD_TYPE]);
  emit("recv", "iopub", "comm_msg", "a");
  emit("recv", "iopub", "update_display_data", "cell");
  emit("recv", "iopub", "status", "other", "idle");
  turn();
  expect(said).toHaveLength(2);
  emit("recv", "iopub", "stream", "cell");
  emit("recv", "iopub", "status", "a", "idle");
  emit("recv", "iopub", "stream", "cell");
  turn();
  expect(said).toHaveLength(2);
});

test("of several messages the last is waited for, and nothing is said without a connection", () => {
  const { kernel, said, emit } = standIn();
  emit("send", "shell", "comm_msg", "a");
  emit("send", "shell", "comm_msg", "b");
  emit("recv", "iopub", "status", "a", "idle");
  turn();
  expect(said).toHaveLength(1);
  emit("recv", "iopub", "status", "b", "busy");
  kernel.connectionStatus = "connecting";
  turn();
  expect(said).toHaveLength(1);
});
