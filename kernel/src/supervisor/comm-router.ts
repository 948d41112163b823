/**
 * Comms: numbered conversations beside cells. A target is what a front end opens by name; this kernel's targets live in
 * the supervisor and answer while a cell runs. The kernel may open comms too, as widgets do. A comm on an unknown target
 * is closed at once, as the protocol asks.
 */
import type { Message, ParentHeader } from "../protocol/messages.js";

/** One open comm, from a target's point of view. */
export interface CommPeer {
  /** What the comm is called in messages. */
  readonly id: string;
  /** Bytes travel beside the data, as frames of their own. `parent` is whose doing it is, where that is known. */
  send(data: unknown, buffers?: readonly Uint8Array[], parent?: ParentHeader): void;
  /** Ends the conversation from this side. */
  close(parent?: ParentHeader): void;
}

export interface CommListener {
  /** The answer's end is told to the client when the promise, if there is one, has settled. */
  message(data: unknown, buffers: readonly Uint8Array[], parent: ParentHeader): void | Promise<void>;
  closed(): void;
}

export type CommTarget = (peer: CommPeer, data: unknown, buffers: readonly Uint8Array[]) => CommListener;

export type Publish = (
  type: string,
  parent: ParentHeader,
  content: Record<string, unknown>,
  buffers?: readonly Uint8Array[],
  metadata?: Record<string, unknown>,
) => void;

/** How the kernel itself opens a comm. */
export interface Opening {
  readonly id: string;
  readonly target: string;
  readonly data: unknown;
  readonly buffers: readonly Uint8Array[];
  readonly metadata: Record<string, unknown>;
  readonly parent: ParentHeader;
}

export interface CommRouter {
  open(request: Message): void;
  message(request: Message): void | Promise<void>;
  close(request: Message): void;
  /** Opens a comm at the front ends; its target is theirs. */
  begin(opening: Opening, listener: CommListener): CommPeer;
  /** Content of `comm_info_reply`. */
  info(target: unknown): Record<string, { target_name: string }>;
}

export function createCommRouter(targets: ReadonlyMap<string, CommTarget>, publish: Publish): CommRouter {
  const comms = new Map<string, { readonly target: string; readonly listener: CommListener }>();
  const peerOf = (id: string): CommPeer => ({
    id,
    send: (data, buffers, parent = {}) => publish("comm_msg", parent, { comm_id: id, data }, buffers),
    close(parent = {}) {
      if (comms.delete(id)) publish("comm_close", parent, { comm_id: id, data: {} });
    },
  });
  return {
    open(request) {
      const { comm_id: id, target_name: name, data } = request.content;
      const target = targets.get(String(name));
      if (typeof id !== "string" || !target) {
        publish("comm_close", request.header, { comm_id: String(id), data: {} });
        return;
      }
      comms.get(id)?.listener.closed();
      comms.set(id, { target: String(name), listener: target(peerOf(id), data, request.buffers) });
    },
    message(request) {
      const { comm_id: id, data } = request.content;
      const comm = comms.get(String(id));
      if (comm) return comm.listener.message(data, request.buffers, request.header);
      publish("comm_close", request.header, { comm_id: String(id), data: {} });
    },
    close(request) {
      const id = String(request.content.comm_id);
      const comm = comms.get(id);
      comms.delete(id);
      comm?.listener.closed();
    },
    begin({ id, target, data, buffers, metadata, parent }, listener) {
      comms.set(id, { target, listener });
      publish("comm_open", parent, { comm_id: id, target_name: target, data }, buffers, metadata);
      return peerOf(id);
    },
    info(target) {
      const open = [...comms].filter(([, comm]) => target === undefined || target === "" || comm.target === target);
      return Object.fromEntries(open.map(([id, comm]) => [id, { target_name: comm.target }]));
    },
  };
}
