/** A small Jupyter client over ZeroMQ: starts a kernel, asks, and notes when answers came, by one clock for all contenders. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import type { KernelSpec } from "./contenders.js";

const DELIMITER = "<IDS|MSG>";
const KEY = "bench";
const CHANNELS = ["shell", "control", "iopub", "stdin", "hb"] as const;
/** While a kernel binds; ZeroMQ's own 100 ms would be what is measured. */
const RECONNECT_MS = 2;

export interface Received {
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/** What became of a request so far. */
interface Asked {
  readonly sentAt: number;
  readonly messages: Received[];
  reply?: Received;
  idle?: Received;
  wake: () => void;
}

export class NoAnswer extends Error {}

/** Owns a kernel's process and the sockets to it. */
export class Client {
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #spec: KernelSpec;
  readonly #sockets: Readonly<Record<"shell" | "control" | "stdin" | "hb", Dealer>>;
  readonly #iopub: Subscriber;
  readonly #asked = new Map<string, Asked>();
  readonly #session = randomUUID();
  #beats: (() => void)[] = [];

  static async start(spec: KernelSpec, folder: string): Promise<Client> {
    const ports = await freePorts(CHANNELS.length);
    const file = join(folder, `connection-${randomUUID()}.json`);
    const places = Object.fromEntries(CHANNELS.map((channel, at) => [`${channel}_port`, ports[at]!]));
    const common = {
      transport: "tcp",
      ip: "127.0.0.1",
      key: KEY,
      signature_scheme: "hmac-sha256",
      kernel_name: spec.id,
    };
    writeFileSync(file, JSON.stringify({ ...common, ...places }), { mode: 0o600 });
    return new Client(spec, folder, file, places);
  }

  private constructor(spec: KernelSpec, folder: string, file: string, places: Readonly<Record<string, number>>) {
    this.#spec = spec;
    const options = { reconnectInterval: RECONNECT_MS, linger: 0 };
    const at = (channel: string): string => `tcp://127.0.0.1:${places[`${channel}_port`]}`;
    const dealer = (channel: string): Dealer => {
      const socket = new Dealer({ ...options, routingId: this.#session });
      socket.connect(at(channel));
      return socket;
    };
    this.#sockets = { shell: dealer("shell"), control: dealer("control"), stdin: dealer("stdin"), hb: dealer("hb") };
    this.#iopub = new Subscriber({ ...options, receiveHighWaterMark: 0 });
    this.#iopub.connect(at("iopub"));
    this.#iopub.subscribe();
    const [command, ...args] = spec.command(file);
    this.startedAt = performance.now();
    this.#child = spawn(command!, args, {
      cwd: folder,
      detached: true,
      stdio: "ignore",
      env: {
        ...process.env,
        ...spec.env,
        SOJOURN_CACHE_DIR: join(folder, "cache"),
        SOJOURN_DATA_DIR: join(folder, "data"),
      },
    });
    this.#child.on("error", () => undefined);
    for (const channel of ["shell", "control"] as const) void this.#read(this.#sockets[channel], true);
    void this.#read(this.#iopub, false);
    void this.#readBeats();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a request; `answer` waits for what comes of it. */
  async ask(type: string, content: object, channel: "shell" | "control" = "shell"): Promise<string> {
    const id = randomUUID();
    const header = {
      msg_id: id,
      session: this.#session,
      username: "",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
    const signature = createHmac("sha256", KEY).update(Buffer.concat(parts)).digest("hex");
    this.#asked.set(id, { sentAt: performance.now(), messages: [], wake: () => undefined });
    await this.#sockets[channel].send([DELIMITER, signature, ...parts]);
    return id;
  }

  /** Waits until the condition holds of what came; throws `NoAnswer` after so long. */
  async #until<T>(id: string, ms: number, found: (asked: Asked) => T | undefined): Promise<T> {
    const asked = this.#asked.get(id)!;
    const deadline = performance.now() + ms;
    for (;;) {
      const value = found(asked);
      if (value !== undefined) return value;
      const left = deadline - performance.now();
      if (left <= 0) throw new NoAnswer(`no answer within ${ms} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        asked.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The reply, with how long it took. */
  async answer(id: string, ms: number): Promise<Received & { readonly took: number }> {
    const { sentAt } = this.#asked.get(id)!;
    const reply = await this.#until(id, ms, (asked) => asked.reply);
    return { ...reply, took: reply.at - sentAt };
  }

  async request(type: string, content: object, ms: number): Promise<Received & { readonly took: number }> {
    return this.answer(await this.ask(type, content), ms);
  }

  execute(code: string, allowStdin = false): Promise<string> {
    const rest = { silent: false, store_history: true, user_expressions: {}, stop_on_error: true };
    return this.ask("execute_request", { code, allow_stdin: allowStdin, ...rest });
  }

  /** Runs a cell to its end, `idle` included. */
  async run(
    code: string,
    ms: number,
  ): Promise<{ readonly reply: Received; readonly messages: readonly Received[]; readonly took: number }> {
    const id = await this.execute(code);
    const { sentAt } = this.#asked.get(id)!;
    const [reply, idle] = await this.#until(id, ms, (asked) =>
      asked.reply && asked.idle ? ([asked.reply, asked.idle] as const) : undefined,
    );
    const { messages } = this.#asked.get(id)!;
    this.#asked.delete(id);
    return { reply, messages, took: Math.max(reply.at, idle.at) - sentAt };
  }

  /** Waits until a cell has printed the text. */
  async printed(id: string, text: string, ms: number): Promise<void> {
    await this.#until(id, ms, ({ messages }) =>
      messages.some(({ type, content }) => type === "stream" && String(content.text).includes(text)) ? true : undefined,
    );
  }

  async beat(ms: number): Promise<number> {
    const sent = performance.now();
    const echoed = new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, ms, false);
      this.#beats.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    await this.#sockets.hb.send("ping");
    if (!(await echoed)) throw new NoAnswer(`no heartbeat within ${ms} ms`);
    return performance.now() - sent;
  }

  /** As a Jupyter server would: by message, or by a signal to the process group. */
  async interrupt(): Promise<void> {
    if (this.#spec.interrupt === "message") await this.ask("interrupt_request", {}, "control");
    else process.kill(-this.pid, "SIGINT");
  }

  /** Resident memory of the kernel and all processes below it, in MB. */
  memory(): number {
    return memoryOf(this.pid);
  }

  close(): void {
    for (const socket of [...Object.values(this.#sockets), this.#iopub]) socket.close();
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }

  async #read(socket: Dealer | Subscriber, replies: boolean): Promise<void> {
    for await (const frames of socket as AsyncIterable<Buffer[]>) {
      const at = performance.now();
      const start = frames.findIndex((frame) => frame.toString() === DELIMITER);
      const [header, parent, , content] = frames
        .slice(start + 2, start + 6)
        .map((frame) => JSON.parse(frame.toString()));
      const asked = this.#asked.get(parent?.msg_id);
      if (!asked) continue;
      const message: Received = { type: header.msg_type, content, at };
      if (replies) asked.reply = message;
      else {
        asked.messages.push(message);
        if (message.type === "status" && content.execution_state === "idle") asked.idle = message;
      }
      asked.wake();
    }
  }

  async #readBeats(): Promise<void> {
    for await (const _beat of this.#sockets.hb) for (const done of this.#beats.splice(0)) done();
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function memoryOf(pid: number): number {
  try {
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    return kilobytes / 1024 + children.reduce((sum, child) => sum + memoryOf(Number(child)), 0);
  } catch {
    return 0;
  }
}
