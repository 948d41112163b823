/** Whom the panel follows when a helper kernel goes. Shell and trackers are stand-ins with what is asked of them. */
import type { Kernel } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { expect, test } from "vitest";
import { type FollowOptions, followActive } from "./follow.js";
import { helperSource } from "./source.js";

test.each([false, true])("a helper kernel that is stopped gives way to the last notebook (pinned: %s)", (pinned) => {
  const terminal = {};
  const notebook = { isDisposed: false, sessionContext: { session: null, ready: Promise.resolve() } };
  const changed = () => new Signal<object, unknown>({});
  const followed: unknown[] = [];
  const follower = followActive({
    shell: { currentWidget: terminal, currentChanged: changed() },
    notebooks: { currentWidget: notebook, currentChanged: changed(), has: (one: unknown) => one === notebook },
    consoles: null,
    onChange: (source, stays) => followed.push([source?.identity, stays]),
  } as unknown as FollowOptions);
  const kernel = { isDisposed: false, status: "idle" } as Kernel.IKernelConnection;
  follower.setHelper(helperSource(kernel, "Helper"));
  if (pinned) follower.setPinned(true);
  expect(followed.at(-1)).toEqual([kernel, pinned]);
  // its connection is disposed of only once the server has stopped it
  follower.setHelper(null);
  expect(followed.at(-1)).toEqual([notebook, false]);
});
