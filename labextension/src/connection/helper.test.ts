/** When the helper kernel is stopped. Its server is a stand-in: the ten minutes are short here, and kernels are started for nothing. */
import type { Kernel, ServiceManager } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HELPER_IDLE_MS, HelperKernel } from "./helper.js";
import type { KernelSource } from "./source.js";

beforeEach(() => {
  vi.useFakeTimers();
  const localStorage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  vi.stubGlobal("window", { addEventListener: () => undefined, setTimeout, clearTimeout, localStorage });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function start(isAtWork = () => false) {
  const kernels: { id: string; isDisposed: boolean; dispose: () => void; shutDown: () => void }[] = [];
  const startNew = async () => {
    let shutDown: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      shutDown = resolve;
    });
    const kernel = {
      ...{ id: `k${kernels.length}`, isDisposed: false, status: "idle", shutDown, shutdown: () => ended },
      disposed: undefined as unknown as Signal<unknown, void>,
      dispose: () => {
        kernel.isDisposed = true;
        kernel.disposed.emit();
      },
    };
    kernel.disposed = new Signal<unknown, void>(kernel);
    kernels.push(kernel);
    return kernel as unknown as Kernel.IKernelConnection;
  };
  const services = { kernels: { startNew } } as unknown as ServiceManager.IManager;
  const seen: (KernelSource | null)[] = [];
  const helper = new HelperKernel({ services, name: "Helper", isAtWork, onChange: (source) => seen.push(source) });
  return { helper, kernels, seen };
}

test("it is stopped after ten minutes without use, and not while it is at work", async () => {
  let works = true;
  const { helper } = start(() => works);
  await helper.start();
  await vi.advanceTimersByTimeAsync(3.5 * HELPER_IDLE_MS);
  expect(helper.isRunning).toBe(true);
  works = false;
  await vi.advanceTimersByTimeAsync(HELPER_IDLE_MS / 2);
  expect(helper.isRunning).toBe(false);
});

test("one that goes late does not take along the one that was started since", async () => {
  const { helper, kernels, seen } = start();
  await helper.start();
  const stopped = helper.stop();
  await helper.start();
  kernels[0]?.shutDown();
  await stopped;
  expect(kernels.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
  expect(helper.isRunning).toBe(true);
  expect(seen.map((source) => source !== null)).toEqual([true, false, true]);
});
