/**
 * Comms: numbered conversations beside cells. A target is what a front end opens by name; this kernel's targets live in
 * the supervisor and answer while a cell runs. A comm on an unknown target is closed at once, as the protocol asks.
 */
import type { Message, ParentHeader } from "../protocol/messages.js";

/** One open comm, from a target's point of view. */
export interface CommPeer {
  /** Bytes travel beside the data, as frames of their own. */
  send(data: unknown, buffers?: readonly Uint8Array[]): void;
}

export interface CommListener {
  message(data: unknown, buffers: readonly Uint8Array[]): void;
  closed(): void;
}

export type CommTarget = (peer: CommPeer, data: unknown, buffers: readonly Uint8Array[]) => CommListener;

export type Publish = (
  type: string,
  parent: ParentHeader,
  content: Record<string, unknown>,
  buffers?: readonly Uint8Array[],
) => void;

export interface CommRouter {
  open(request: Message): void;
  message(request: Message): void;
  close(request: Message): void;
  /** Content of `comm_info_reply`. */
  info(target: unknown): Record<string, { target_name: string }>;
}

export function createCommRouter(targets: ReadonlyMap<string, CommTarget>, publish: Publish): CommRouter {
  const comms = new Map<string, { readonly target: string; readonly listener: CommListener }>();
  return {
    open(request) {
      const { comm_id: id, target_name: name, data } = request.content;
      const target = targets.get(String(name));
      if (typeof id !== "string" || !target) {
        publish("comm_close", request.header, { comm_id: String(id), data: {} });
        return;
      }
      const peer: CommPeer = { send: (data, buffers) => publish("comm_msg", {}, { comm_id: id, data }, buffers) };
      comms.get(id)?.listener.closed();
      comms.set(id, { target: String(name), listener: target(peer, data, request.buffers) });
    },
    message(request) {
      const { comm_id: id, data } = request.content;
      const comm = comms.get(String(id));
      if (comm) comm.listener.message(data, request.buffers);
      else publish("comm_close", request.header, { comm_id: String(id), data: {} });
    },
    close(request) {
      const id = String(request.content.comm_id);
      comms.get(id)?.listener.closed();
      comms.delete(id);
    },
    info(target) {
      const open = [...comms].filter(([, comm]) => target === undefined || target === "" || comm.target === target);
      return Object.fromEntries(open.map(([id, comm]) => [id, { target_name: comm.target }]));
    },
  };
}
