/** News of widgets on its way to cells: one at a time, changes joined, messages in order and not without end. */
import { expect, it } from "vitest";
import type { ToExecutor } from "../link/messages.js";
import { createMailbox } from "./widget-mailbox.js";

function setUp() {
  const sent: [model: string, what: unknown][] = [];
  const mailbox = createMailbox(({ model, news }: Extract<ToExecutor, { type: "widget" }>) => {
    const what = news.word === "changed" ? news.state : news.word === "custom" ? news.content : news.word;
    sent.push([model, what]);
  });
  let turn = 0;
  const change = (model: string, state: Record<string, unknown>): void =>
    mailbox.put(model, { word: "changed", state, turn: ++turn });
  const click = (model: string, content: unknown): void => mailbox.put(model, { word: "custom", content, buffers: [] });
  return { mailbox, sent, change, click };
}

it("sends one at a time and joins the changes that wait", () => {
  const { mailbox, sent, change } = setUp();
  change("a", { x: 1 });
  change("a", { x: 2, y: 1 });
  change("b", { z: 1 });
  change("a", { x: 3 });
  expect(sent).toEqual([["a", { x: 1 }]]);
  for (let step = 0; step < 5; step++) mailbox.heard();
  expect(sent.slice(1)).toEqual([
    ["a", { x: 3, y: 1 }],
    ["b", { z: 1 }],
  ]);
  change("a", { x: 4 });
  expect(sent.at(-1)).toEqual(["a", { x: 4 }]);
});

it("moves no change across a message, and keeps no more than a thousand of those", () => {
  const { mailbox, sent, change, click } = setUp();
  change("a", { x: 1 });
  change("a", { x: 2 });
  click("button", "first");
  change("a", { x: 3 });
  for (let step = 0; step < 4; step++) mailbox.heard();
  expect(sent).toEqual([
    ["a", { x: 1 }],
    ["a", { x: 2 }],
    ["button", "first"],
    ["a", { x: 3 }],
  ]);
  change("a", { x: 4 });
  for (let at = 0; at < 1500; at++) click("button", at);
  for (let step = 0; step < 2000; step++) mailbox.heard();
  const clicks = sent.filter(([model]) => model === "button").map(([, content]) => content);
  expect(clicks).toHaveLength(1001);
  expect(clicks.slice(1, 3)).toEqual([500, 501]);
});

it("keeps no more changes than there are messages between them, however long nobody hears", () => {
  const { mailbox, sent, change, click } = setUp();
  change("a", { x: 0 });
  for (let at = 0; at < 1500; at++) {
    change("a", { x: at });
    click("button", at);
  }
  for (let step = 0; step < 5000; step++) mailbox.heard();
  expect(sent.filter(([model]) => model === "a").length).toBeLessThanOrEqual(1003);
  expect(sent.at(-2)).toEqual(["a", { x: 1499 }]);
});
