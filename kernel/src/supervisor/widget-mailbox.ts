/**
 * What front ends did to widgets, on its way to the code that listens. One piece of news is on its way at a time; while
 * cells keep the executor from hearing it, changes of one widget become one change with the latest values, and
 * messages of widgets wait in order, up to a number of them: a person who drags a slider during a long cell finds it where it was left.
 */
import type { ModelState, ToExecutor } from "../link/messages.js";

/** Messages of widgets (clicks and the like) that wait; of more the oldest are dropped. */
const CUSTOM_MAX = 1000;

type Widget = Extract<ToExecutor, { type: "widget" }>;

export interface Mailbox {
  put(model: string, news: Widget["news"]): void;
  /** The executor heard what was on its way. */
  heard(): void;
  /** Nobody is there any more who would hear. */
  clear(): void;
}

export function createMailbox(send: (message: Widget) => void): Mailbox {
  let onItsWay = false;
  let waiting: Widget[] = [];

  /** A change that waits for the same widget takes the newer values, unless a message stands between the two. */
  function merged(model: string, state: ModelState, turn: number): boolean {
    for (let at = waiting.length - 1; at >= 0; at--) {
      const { model: other, news } = waiting[at]!;
      if (news.word !== "changed") return false;
      if (other !== model) continue;
      waiting[at] = { type: "widget", model, news: { word: "changed", state: { ...news.state, ...state }, turn } };
      return true;
    }
    return false;
  }

  function next(): void {
    const message = waiting.shift();
    onItsWay = message !== undefined;
    if (message) send(message);
  }

  return {
    put(model, news) {
      if (news.word === "changed" && merged(model, news.state, news.turn)) return;
      waiting.push({ type: "widget", model, news });
      const customs = waiting.reduce((count, one) => count + (one.news.word === "custom" ? 1 : 0), 0);
      if (customs > CUSTOM_MAX) {
        waiting.splice(
          waiting.findIndex((one) => one.news.word === "custom"),
          1,
        );
        // what it stood between can be one
        const all = waiting;
        waiting = [];
        for (const one of all)
          if (one.news.word !== "changed" || !merged(one.model, one.news.state, one.news.turn)) waiting.push(one);
      }
      if (!onItsWay) next();
    },
    heard: next,
    clear() {
      waiting = [];
      onItsWay = false;
    },
  };
}
