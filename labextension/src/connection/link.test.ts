/** The link when kernels are switched while a connection settles. The kernels are stand-ins: no real one can be held up at will. */
import type { Kernel } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { IMPLEMENTATION } from "@sojourn/kernel/panel-protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PanelEvent } from "../view-model/state.js";
import { KernelLink } from "./link.js";
import type { KernelSource, SourceHandlers } from "./source.js";

beforeEach(() => void vi.stubGlobal("window", globalThis));
afterEach(() => void vi.unstubAllGlobals());

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A kernel that counts the comms that were opened, and answers who it is when told to. */
function standIn(info: Promise<unknown> = Promise.resolve({ implementation: IMPLEMENTATION })) {
  const answers: (() => void)[] = [];
  const seen = { comms: 0, answers };
  const kernel = {
    ...{ id: "k", status: "idle", connectionStatus: "connected", handleComms: true, isDisposed: false },
    info,
    requestKernelInfo: () => new Promise<void>((resolve) => answers.push(resolve)),
    createComm: () => {
      seen.comms += 1;
      return { isDisposed: false, open: () => undefined, send: () => undefined, close: () => undefined };
    },
  };
  Object.assign(kernel, { disposed: new Signal(kernel) });
  return { kernel: kernel as unknown as Kernel.IKernelConnection, seen };
}

function follow(first: Kernel.IKernelConnection) {
  let kernel = first;
  let handlers: SourceHandlers | undefined;
  const events: PanelEvent[] = [];
  const link = new KernelLink({ dispatch: (event) => events.push(event), findOwner: () => undefined });
  const source: KernelSource = {
    path: "a notebook.ipynb",
    ...{ identity: {}, kind: "notebook", isSettled: true, isGone: false, settled: Promise.resolve() },
    target: { name: "a.ipynb", kind: "notebook", kernelName: "Sojourn" },
    get kernel() {
      return kernel;
    },
    subscribe: (given) => {
      handlers = given;
      return () => undefined;
    },
  };
  link.setVisible(true);
  link.follow(source);
  return {
    link,
    events,
    /** The connection of the present kernel came back. */
    comeBack: () => handlers?.connection(),
    change: async (next: Kernel.IKernelConnection) => {
      kernel = next;
      handlers?.kernel();
      await turn();
    },
  };
}

test("a kernel that comes while the connection of the one before settles is connected at once", async () => {
  const [before, after] = [standIn(), standIn()];
  const { link, comeBack, change } = follow(before.kernel);
  await turn();
  comeBack();
  await change(after.kernel);
  expect(after.seen.comms).toBe(1);
  before.seen.answers[0]?.();
  await turn();
  expect([before.seen.comms, after.seen.comms]).toEqual([1, 1]);
  link.dispose();
});

test("a connection that settles late does not end the wait of the present one", async () => {
  const [one, other] = [standIn(), standIn()];
  const { link, comeBack, change } = follow(one.kernel);
  await turn();
  comeBack();
  await change(other.kernel);
  // the very same connection again, with a comm of its own
  await change(one.kernel);
  expect(one.seen.comms).toBe(2);
  Object.assign(one.kernel, { connectionStatus: "connecting" });
  comeBack();
  Object.assign(one.kernel, { connectionStatus: "connected" });
  comeBack();
  one.seen.answers[0]?.();
  await turn();
  expect(one.seen.comms).toBe(2);
  one.seen.answers[1]?.();
  await turn();
  expect(one.seen.comms).toBe(3);
  link.dispose();
});

test("a kernel that cannot say who it is does not answer, rather than being waited for", async () => {
  const { kernel } = standIn(Promise.reject(new Error("Kernel info reply errored")));
  const { link, events } = follow(kernel);
  await turn();
  expect(events.at(-1)).toEqual({ type: "no-answer" });
  link.dispose();
});
