/** Comms: what a target hears and what a client hears, with bytes both ways. */
import { describe, expect, it } from "vitest";
import { type Message, makeHeader } from "../protocol/messages.js";
import { type CommPeer, type CommTarget, createCommRouter } from "./comm-router.js";

function setUp() {
  const published: unknown[][] = [];
  const heard: unknown[][] = [];
  let peer: CommPeer | undefined;
  const target: CommTarget = (opened, data, buffers) => {
    peer = opened;
    heard.push(["open", data, buffers]);
    return {
      message: (value, bytes) => void heard.push(["message", value, bytes]),
      closed: () => void heard.push(["closed"]),
    };
  };
  const router = createCommRouter(new Map([["t", target]]), (...all) => void published.push(all));
  const request = (content: Record<string, unknown>, ...buffers: Uint8Array[]): Message => ({
    identities: [],
    header: makeHeader("s", "comm_msg"),
    parentHeader: {},
    metadata: {},
    content,
    buffers,
  });
  return { router, request, published, heard, peer: () => peer };
}

describe("comms", () => {
  it("carry data and bytes both ways", () => {
    const { router, request, published, heard, peer } = setUp();
    const bytes = Uint8Array.of(0, 255, 10);
    router.open(request({ comm_id: "c", target_name: "t", data: { a: 1 } }, bytes));
    router.message(request({ comm_id: "c", data: 2 }, bytes, bytes));
    peer()?.send({ b: 3 }, [bytes]);
    router.close(request({ comm_id: "c" }));
    expect(heard).toEqual([["open", { a: 1 }, [bytes]], ["message", 2, [bytes, bytes]], ["closed"]]);
    expect(published).toEqual([["comm_msg", {}, { comm_id: "c", data: { b: 3 } }, [bytes]]]);
    expect(router.info(undefined)).toEqual({});
  });

  it("are opened by the kernel too, answered under a parent, and ended from either side", () => {
    const { router, request, published, heard } = setUp();
    const listener = {
      message: (data: unknown) => void heard.push(["message", data]),
      closed: () => void heard.push(["closed"]),
    };
    const opening = {
      id: "k",
      target: "theirs",
      data: { a: 1 },
      buffers: [Uint8Array.of(1)],
      metadata: { version: "2" },
      parent: {},
    };
    const opened = router.begin(opening, listener);
    const parent = makeHeader("s", "comm_msg");
    opened.send(2, [], parent);
    router.message(request({ comm_id: "k", data: 3 }));
    expect(router.info("theirs")).toEqual({ k: { target_name: "theirs" } });
    opened.close();
    opened.close();
    expect(heard).toEqual([["message", 3]]);
    expect(published).toEqual([
      ["comm_open", {}, { comm_id: "k", target_name: "theirs", data: { a: 1 } }, opening.buffers, { version: "2" }],
      ["comm_msg", parent, { comm_id: "k", data: 2 }, []],
      ["comm_close", {}, { comm_id: "k", data: {} }],
    ]);
    router.begin(opening, listener);
    router.close(request({ comm_id: "k" }));
    expect(heard.slice(1)).toEqual([["closed"]]);
  });

  it("on an unknown target or with an unknown id are closed", () => {
    const { router, request, published } = setUp();
    router.open(request({ comm_id: "x", target_name: "nobody" }));
    router.message(request({ comm_id: "y", data: 1 }));
    expect(published.map(([type, , content]) => [type, content])).toEqual([
      ["comm_close", { comm_id: "x", data: {} }],
      ["comm_close", { comm_id: "y", data: {} }],
    ]);
  });
});
