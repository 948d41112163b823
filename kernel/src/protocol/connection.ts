/**
 * The connection file: where to bind and how to sign. A port 0 means "any free one"; the ports found are then written
 * back, readable by the owner only, because the file holds the signing key.
 */
import { fs } from "@sojourn/engine/file-system";
import type { Signing } from "./frames.js";

export const CHANNELS = ["shell", "control", "iopub", "stdin", "hb"] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Connection {
  readonly transport: "tcp" | "ipc";
  readonly ip: string;
  readonly ports: Readonly<Record<Channel, number>>;
  readonly signing: Signing;
  /** The file's content as read, to be written back whole when a port was chosen here. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export function parseConnection(text: string): Connection {
  const raw = JSON.parse(text) as Record<string, unknown>;
  const transport = raw.transport ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") {
    throw new Error(`Cannot use the connection file: transport must be tcp or ipc and is ${String(transport)}.`);
  }
  const scheme = String(raw.signature_scheme ?? "hmac-sha256");
  if (!scheme.startsWith("hmac-")) {
    throw new Error(`Cannot use the connection file: signature_scheme must be hmac-… and is ${scheme}.`);
  }
  const ports = {} as Record<Channel, number>;
  for (const channel of CHANNELS) {
    const port = raw[`${channel}_port`] ?? 0;
    if (typeof port !== "number" || !Number.isInteger(port) || port < 0) {
      throw new Error(`Cannot use the connection file: ${channel}_port must be a port number and is ${String(port)}.`);
    }
    ports[channel] = port;
  }
  const signing = { key: String(raw.key ?? ""), hash: scheme.slice("hmac-".length) };
  return { transport, ip: String(raw.ip ?? "127.0.0.1"), ports, signing, raw };
}

export function readConnection(path: string): Connection {
  return parseConnection(fs.readFileSync(path, "utf8"));
}

/** The address to bind for one channel; port 0 on tcp asks the system for a free one. */
export function endpoint(connection: Connection, channel: Channel): string {
  const port = connection.ports[channel];
  if (connection.transport === "ipc")
    return `ipc://${connection.ip}-${port === 0 ? CHANNELS.indexOf(channel) + 1 : port}`;
  return `tcp://${connection.ip}:${port === 0 ? "*" : port}`;
}

/** Writes the ports that were chosen here back into the connection file. */
export function writePorts(path: string, connection: Connection, bound: Readonly<Record<Channel, string>>): void {
  if (CHANNELS.every((channel) => connection.ports[channel] !== 0)) return;
  const content: Record<string, unknown> = { ...connection.raw };
  for (const channel of CHANNELS) content[`${channel}_port`] = Number(/[:-](\d+)$/.exec(bound[channel])?.[1]);
  const temporary = `${path}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify(content, null, 2), { mode: 0o600 });
  fs.renameSync(temporary, path);
}
