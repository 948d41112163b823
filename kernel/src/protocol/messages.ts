/**
 * Jupyter messages as plain data, named as in Jupyter's documentation ("Messaging in Jupyter", protocol 5.5).
 * Nothing here touches a socket: `frames.ts` turns a message into bytes and back.
 */
import { randomUUID } from "node:crypto";

export const PROTOCOL_VERSION = "5.5";

export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

/** A parent header is empty when a message answers nothing, as the first `status: starting` does. */
export type ParentHeader = Header | Record<string, never>;

export interface Message {
  /** Routing identities on ROUTER sockets, the topic on IOPub. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  readonly parentHeader: ParentHeader;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export type ExecutionState = "starting" | "busy" | "idle";

export function makeHeader(session: string, type: string): Header {
  return {
    msg_id: randomUUID(),
    session,
    username: "kernel",
    date: new Date().toISOString(),
    msg_type: type,
    version: PROTOCOL_VERSION,
  };
}
