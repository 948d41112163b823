/** The pace of what leaves, its order, and what is replaced or dropped. */
import { describe, expect, it } from "vitest";
import type { FromExecutor } from "../link/messages.js";
import { BURST, createOutbox, PER_SECOND } from "./outbox.js";
import { createState, SLOT } from "./state.js";

function setUp() {
  let time = 0;
  const callbacks: (() => void)[] = [];
  const written: FromExecutor[] = [];
  const state = createState();
  const outbox = createOutbox({
    write: (message) => void written.push(message),
    state,
    now: () => time,
    schedule: (callback) => void callbacks.push(callback),
  });
  const display = (cell: number, id: string, kind: "display_data" | "update_display_data" = "display_data") => {
    Atomics.add(state, SLOT.backlog, 1);
    outbox.send({ type: "display", cell, kind, bundle: { data: {}, metadata: {} }, displayId: id });
  };
  const pass = (ms: number): void => {
    time += ms;
    for (const callback of callbacks.splice(0)) callback();
  };
  const ids = () => written.map((message) => (message.type === "display" ? message.displayId : message.type));
  const hold = () => Atomics.add(state, SLOT.backlog, 1);
  return { outbox, hold, display, pass, ids, written, backlog: () => Atomics.load(state, SLOT.backlog) };
}

describe("the outbox", () => {
  it("lets a burst through and then keeps a pace, in order", () => {
    const { outbox, display, pass, ids, backlog } = setUp();
    for (let i = 0; i < BURST + 100; i++) display(1, String(i));
    outbox.send({ type: "stream", cell: 1, name: "stdout", text: "after" });
    outbox.send({ type: "clear", cell: 1, wait: false });
    expect(ids()).toHaveLength(BURST);
    expect(backlog()).toBe(100);
    pass(50);
    expect(ids()).toHaveLength(BURST + (PER_SECOND * 50) / 1000);
    for (let i = 0; i < 20; i++) pass(20);
    expect(ids()).toEqual([...Array.from({ length: BURST + 100 }, (_none, i) => String(i)), "stream", "clear"]);
    expect(backlog()).toBe(0);
  });

  it("lets messages that are no output overtake", () => {
    const { outbox, display, ids } = setUp();
    for (let i = 0; i < BURST + 1; i++) display(1, String(i));
    outbox.send({ type: "answer", question: 1, answer: null });
    expect(ids().at(-1)).toBe("answer");
  });

  it("replaces updates that wait, and drops displays of an interrupted cell but not its end", () => {
    const { outbox, display, pass, ids, backlog } = setUp();
    for (let i = 0; i < BURST; i++) display(1, String(i));
    display(1, "a", "update_display_data");
    display(2, "b");
    display(1, "a", "update_display_data");
    expect(backlog()).toBe(2);
    outbox.send({ type: "done", cell: 1, outcome: { status: "ok", userExpressions: {}, payload: [] } });
    outbox.drop(1);
    expect(backlog()).toBe(1);
    pass(1000);
    expect(ids().slice(BURST)).toEqual(["b", "done"]);
  });

  it("joins text that waits, keeps streams in order, and drops those of an interrupted cell", () => {
    const { outbox, display, pass, written, backlog, hold } = setUp();
    for (let i = 0; i < BURST; i++) display(1, String(i));
    const print = (cell: number, name: "stdout" | "stderr", text: string) => {
      hold();
      outbox.send({ type: "stream", cell, name, text }, 1);
    };
    print(1, "stdout", "a");
    print(1, "stdout", "b");
    print(1, "stderr", "c");
    print(2, "stderr", "d");
    expect(backlog()).toBe(3);
    outbox.drop(2);
    expect(backlog()).toBe(2);
    print(2, "stderr", "e");
    expect(backlog()).toBe(2);
    pass(1000);
    const texts = written.slice(BURST).map((one) => one.type === "stream" && [one.name, one.text]);
    expect(texts).toEqual([
      ["stdout", "ab"],
      ["stderr", "c"],
    ]);
    expect(backlog()).toBe(0);
  });

  it("lets no update overtake what was shown under the same name", () => {
    const { display, pass, written } = setUp();
    for (let i = 0; i < BURST; i++) display(1, String(i));
    display(1, "x", "update_display_data");
    display(1, "x");
    display(1, "x", "update_display_data");
    display(1, "x", "update_display_data");
    pass(1000);
    const kinds = written.slice(BURST).map((one) => one.type === "display" && one.kind);
    expect(kinds).toEqual(["update_display_data", "display_data", "update_display_data"]);
  });
});
