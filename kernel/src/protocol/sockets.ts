/**
 * The five ZeroMQ sockets of a kernel; the one importer of zeromq. ZeroMQ's binding rejects a second send while one is
 * pending, so every socket has one serialised queue. IOPub has no high-water mark: dropping an output silently would
 * be worse than the memory, and outputs are capped before they get here. IOPub is an XPUB, so that a new subscriber
 * is welcomed (`iopub_welcome`) and need not guess when it is connected; subscriptions begin by hand, right before
 * their welcome, so that nothing comes before it.
 */
import { Router, XPublisher } from "zeromq";
import { CHANNELS, type Channel, type Connection, endpoint } from "./connection.js";
import { createReplayGuard, decodeMessage, encodeMessage } from "./frames.js";
import { type Message, makeHeader, type ParentHeader } from "./messages.js";

const LINGER_MS = 1000;
const SUBSCRIBE = 1;

/** ZeroMQ's numbers of options that its binding does not offer on an XPUB. */
const [ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE] = [6, 7];

/** A publisher that lets subscribers in when it says so. */
class WelcomingPublisher extends XPublisher {
  constructor(options: ConstructorParameters<typeof XPublisher>[0]) {
    super(options);
    this.manual = true;
  }

  /** Does what the request that was received last asks for. */
  settle(subscribes: boolean, topic: Buffer): void {
    this.setStringOption(subscribes ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic);
  }
}

export interface SocketHandlers {
  readonly session: string;
  /** Called for each valid message; never for one that was refused. */
  onMessage(channel: "shell" | "control" | "stdin", message: Message): void;
  onRefused(channel: Channel, reason: string): void;
}

/** Owns the sockets; `close` frees them. */
export class Sockets {
  readonly #connection: Connection;
  readonly #handlers: SocketHandlers;
  readonly #routers: Readonly<Record<"shell" | "control" | "stdin" | "hb", Router>>;
  readonly #iopub: WelcomingPublisher;
  readonly #queues = new Map<object, Promise<void>>();
  #closed = false;

  constructor(connection: Connection, handlers: SocketHandlers) {
    this.#connection = connection;
    this.#handlers = handlers;
    const options = { linger: LINGER_MS, sendHighWaterMark: 0 };
    this.#routers = {
      shell: new Router({ ...options, handover: true }),
      control: new Router({ ...options, handover: true }),
      stdin: new Router({ ...options, handover: true }),
      hb: new Router(options),
    };
    this.#iopub = new WelcomingPublisher({ ...options, verbosity: "allSubs" });
  }

  /** Binds everything and starts to serve; returns the addresses that were bound. */
  async bind(): Promise<Record<Channel, string>> {
    const bound = {} as Record<Channel, string>;
    const sockets = { ...this.#routers, iopub: this.#iopub };
    await Promise.all(
      CHANNELS.map(async (channel) => {
        await sockets[channel].bind(endpoint(this.#connection, channel));
        bound[channel] = sockets[channel].lastEndpoint ?? "";
      }),
    );
    void this.#echoHeartbeats();
    void this.#welcomeSubscribers();
    for (const channel of ["shell", "control", "stdin"] as const) void this.#serve(channel);
    return bound;
  }

  reply(
    channel: "shell" | "control" | "stdin",
    request: Message,
    type: string,
    content: Record<string, unknown>,
  ): Promise<void> {
    return this.#send(this.#routers[channel], {
      identities: request.identities,
      header: makeHeader(this.#handlers.session, type),
      parentHeader: request.header,
      metadata: {},
      content,
      buffers: [],
    });
  }

  /** Sends a request of the kernel's own to the client that sent `asker`; returns its id. */
  ask(channel: "stdin", asker: Message, type: string, content: Record<string, unknown>): string {
    const header = makeHeader(this.#handlers.session, type);
    const { identities, header: parentHeader } = asker;
    void this.#send(this.#routers[channel], { identities, header, parentHeader, metadata: {}, content, buffers: [] });
    return header.msg_id;
  }

  publish(
    type: string,
    parentHeader: ParentHeader,
    content: Record<string, unknown>,
    buffers: readonly Uint8Array[] = [],
    metadata: Record<string, unknown> = {},
  ): Promise<void> {
    return this.#send(this.#iopub, {
      identities: [Buffer.from(`kernel.${this.#handlers.session}.${type}`)],
      header: makeHeader(this.#handlers.session, type),
      parentHeader,
      metadata,
      content,
      buffers,
    });
  }

  /** Waits until everything queued was handed to ZeroMQ; lingering then delivers it. */
  async flush(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  close(): void {
    this.#closed = true;
    for (const socket of [...Object.values(this.#routers), this.#iopub]) socket.close();
  }

  #send(socket: Router | XPublisher, message: Message): Promise<void> {
    return this.#enqueue(socket, encodeMessage(this.#connection.signing, message));
  }

  #enqueue(socket: Router | XPublisher, frames: readonly Uint8Array[]): Promise<void> {
    const sent = (this.#queues.get(socket) ?? Promise.resolve())
      .then(() => (this.#closed ? undefined : socket.send(frames as Buffer[])))
      // A peer that went away (EHOSTUNREACH) must not stop the queue for the others.
      .catch(() => undefined);
    this.#queues.set(socket, sent);
    return sent;
  }

  async #serve(channel: "shell" | "control" | "stdin"): Promise<void> {
    const isReplay = createReplayGuard();
    await this.#receive(this.#routers[channel], (frames) => {
      const decoded = decodeMessage(this.#connection.signing, frames, isReplay);
      if ("message" in decoded) this.#handlers.onMessage(channel, decoded.message);
      else this.#handlers.onRefused(channel, decoded.refused);
    });
  }

  async #echoHeartbeats(): Promise<void> {
    const socket = this.#routers.hb;
    await this.#receive(socket, (frames) => void this.#enqueue(socket, frames));
  }

  /**
   * ZeroMQ lets in who asked last, and forgets who that is when anybody leaves meanwhile; so nothing else may touch the socket
   * between a request and its welcome. A turn of the event loop of its own has no other work between a read and what follows it.
   */
  async #welcomeSubscribers(): Promise<void> {
    const iopub = this.#iopub;
    const settle = ([frame]: Buffer[]): Promise<void> | undefined => {
      const subscribes = frame?.[0] === SUBSCRIBE;
      const topic = frame?.subarray(1) ?? Buffer.alloc(0);
      iopub.settle(subscribes, topic);
      if (!subscribes) return;
      const message = {
        identities: [topic],
        header: makeHeader(this.#handlers.session, "iopub_welcome"),
        parentHeader: {},
        metadata: {},
        content: { subscription: topic.toString("utf8") },
        buffers: [],
      };
      const frames = encodeMessage(this.#connection.signing, message);
      // before whatever waits in the queue; a socket without a high-water mark is never busy for longer than its call
      return iopub.send(frames as Buffer[]).catch(() => this.#enqueue(iopub, frames));
    };
    try {
      while (!this.#closed) {
        await new Promise((resolve) => setImmediate(resolve));
        await settle(await iopub.receive());
      }
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  async #receive(socket: Router | XPublisher, handle: (frames: Buffer[]) => void): Promise<void> {
    try {
      for await (const frames of socket as AsyncIterable<Buffer[]>) handle(frames);
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }
}
