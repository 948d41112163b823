import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endpoint, parseConnection } from "./connection.js";
import { createReplayGuard, decodeMessage, encodeMessage } from "./frames.js";
import { type Message, makeHeader } from "./messages.js";

const signing = { key: "a key", hash: "sha256" };
const message: Message = {
  identities: [Buffer.from("client"), Buffer.from([0, 255])],
  header: makeHeader("session", "execute_request"),
  parentHeader: {},
  metadata: { m: 1 },
  content: { code: "é😀" },
  buffers: [Buffer.from([1, 2, 3])],
};

describe("frames", () => {
  it("come back as they went", () => {
    expect(decodeMessage(signing, encodeMessage(signing, message))).toEqual({ message });
    const unsigned = { key: "", hash: "sha256" };
    expect(decodeMessage(unsigned, encodeMessage(unsigned, message))).toEqual({ message });
  });

  it("carry the HMAC of the four JSON parts as hex", () => {
    const frames = encodeMessage(signing, message);
    const hmac = createHmac("sha256", "a key").update(Buffer.concat(frames.slice(4, 8)));
    expect(Buffer.from(frames[3]!).toString()).toBe(hmac.digest("hex"));
  });

  it("are refused when a bit of any signed part or of the signature is flipped", () => {
    for (let part = 3; part < 8; part++) {
      const frames = encodeMessage(signing, message).map((frame) => Buffer.from(frame));
      frames[part]![0]! ^= 1;
      expect(decodeMessage(signing, frames)).toHaveProperty("refused");
    }
    const other = encodeMessage({ ...signing, key: "another" }, message);
    expect(decodeMessage(signing, other)).toEqual({ refused: "wrong signature" });
  });

  it("are refused when they were seen before, as far back as is remembered", () => {
    const isReplay = createReplayGuard(2);
    const messages = [1, 2, 3].map((m) => encodeMessage(signing, { ...message, metadata: { m } }));
    const refused = (at: number) => "refused" in decodeMessage(signing, messages[at]!, isReplay);
    expect([refused(0), refused(0), refused(1), refused(2), refused(1), refused(0)]).toEqual([
      ...[false, true, false, false, true, false],
    ]);
    const unsigned = { key: "", hash: "sha256" };
    const plain = encodeMessage(unsigned, message);
    decodeMessage(unsigned, plain, isReplay);
    expect(decodeMessage(unsigned, plain, isReplay)).toHaveProperty("message");
  });

  it.each([
    ["no delimiter", [Buffer.from("x")]],
    ["fewer than four parts", [Buffer.from("<IDS|MSG>"), Buffer.alloc(0), Buffer.from("{}")]],
  ])("without %s are refused", (reason, frames) => {
    expect(decodeMessage(signing, frames)).toEqual({ refused: reason });
  });

  it("with signed nonsense are refused", () => {
    const unsigned = { key: "", hash: "sha256" };
    const nonsense = (...parts: string[]) => [
      Buffer.from("<IDS|MSG>"),
      Buffer.alloc(0),
      ...parts.map((p) => Buffer.from(p)),
    ];
    expect(decodeMessage(unsigned, nonsense("{", "{}", "{}", "{}"))).toHaveProperty("refused");
    expect(decodeMessage(unsigned, nonsense("[]", "{}", "{}", "{}"))).toHaveProperty("refused");
    expect(decodeMessage(unsigned, nonsense("{}", "{}", "{}", "{}"))).toHaveProperty("refused");
  });
});

describe("connection files", () => {
  const file = {
    transport: "tcp",
    ip: "127.0.0.1",
    key: "k",
    signature_scheme: "hmac-sha256",
    shell_port: 5,
    hb_port: 0,
  };

  it("give addresses; port 0 is any", () => {
    const connection = parseConnection(JSON.stringify(file));
    expect(endpoint(connection, "shell")).toBe("tcp://127.0.0.1:5");
    expect(endpoint(connection, "hb")).toBe("tcp://127.0.0.1:*");
    expect(connection.signing).toEqual({ key: "k", hash: "sha256" });
    const ipc = parseConnection(JSON.stringify({ ...file, transport: "ipc", ip: "/tmp/k" }));
    expect(endpoint(ipc, "shell")).toBe("ipc:///tmp/k-5");
  });

  it.each([{ transport: "udp" }, { signature_scheme: "md5" }, { shell_port: "5" }])("are refused with %j", (change) => {
    expect(() => parseConnection(JSON.stringify({ ...file, ...change }))).toThrow(/^Cannot use the connection file: /);
  });
});
