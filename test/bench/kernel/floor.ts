/** The floor: Node and ZeroMQ, and nothing behind them. Every request is answered with an empty reply between busy and idle. */
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Publisher, Router } from "zeromq";

const connection = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const at = (channel: string): string => `tcp://${connection.ip}:${connection[`${channel}_port`]}`;

function frames(type: string, parent: object, content: object): (Buffer | string)[] {
  const header = { msg_id: randomUUID(), session: "floor", username: "", date: "", msg_type: type, version: "5.3" };
  const parts = [header, parent, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
  return ["<IDS|MSG>", createHmac("sha256", connection.key).update(Buffer.concat(parts)).digest("hex"), ...parts];
}

const iopub = new Publisher();
let published = Promise.resolve();
const publish = (parent: object, state: string): void => {
  published = published.then(() => iopub.send(["", ...frames("status", parent, { execution_state: state })]));
};

async function serve(channel: string): Promise<void> {
  const socket = new Router();
  await socket.bind(at(channel));
  for await (const message of socket) {
    const start = message.findIndex((frame) => frame.toString() === "<IDS|MSG>");
    const header = JSON.parse(message[start + 2]!.toString());
    publish(header, "busy");
    await socket.send([
      ...message.slice(0, start),
      ...frames(header.msg_type.replace("_request", "_reply"), header, { status: "ok" }),
    ]);
    publish(header, "idle");
  }
}

async function echo(): Promise<void> {
  const socket = new Router();
  await socket.bind(at("hb"));
  for await (const message of socket) await socket.send(message);
}

await iopub.bind(at("iopub"));
for (const channel of ["shell", "control", "stdin"]) void serve(channel);
void echo();
