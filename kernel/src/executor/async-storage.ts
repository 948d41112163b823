/**
 * `AsyncLocalStorage` and `AsyncResource` of `node:async_hooks`, for code in cells and the packages it imports, on top of
 * the contexts of cells. Node's own use async hooks, and Node 20 aborts the process when a cell that runs inside them is
 * terminated; interrupts must not cost the variables. Hooks that a user makes with `createHook` are switched off before a
 * termination for the same reason.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Cells, Context } from "./cells.js";

type AnyFunction = (...values: unknown[]) => unknown;
type Resource = new (type: string, options?: object) => ResourceMethods;

interface ResourceMethods {
  runInAsyncScope(callback: AnyFunction, self?: unknown, ...values: unknown[]): unknown;
  bind(callback: AnyFunction): AnyFunction;
}

interface Hook {
  enable(): Hook;
  disable(): Hook;
}

interface HooksModule {
  AsyncLocalStorage: unknown;
  AsyncResource: Resource;
  createHook(callbacks: object): Hook;
}

/** Replaces both classes; returns a function that switches off the user's own hooks and says how many there were. */
export function captureAsyncHooks(cells: Cells): () => number {
  const hooks = createRequire(`${process.cwd()}/`)("node:async_hooks") as HooksModule;
  hooks.AsyncLocalStorage = storageClass(cells);
  hooks.AsyncResource = resourceClass(cells, hooks.AsyncResource);
  const active = new Set<Hook>();
  const { createHook } = hooks;
  hooks.createHook = (callbacks) => {
    const hook = createHook(callbacks);
    const { enable, disable } = hook;
    hook.enable = () => {
      active.add(hook);
      return enable.call(hook);
    };
    hook.disable = () => {
      active.delete(hook);
      return disable.call(hook);
    };
    return hook;
  };
  syncBuiltinESMExports();
  return () => {
    const count = active.size;
    for (const hook of [...active]) hook.disable();
    return count;
  };
}

function storageClass(cells: Cells): unknown {
  return class AsyncLocalStorage {
    static bind<A extends unknown[]>(callback: (...values: A) => unknown): (...values: A) => unknown {
      return boundTo(cells, cells.context, callback);
    }

    static snapshot(): (callback: AnyFunction, ...values: unknown[]) => unknown {
      const { context } = cells;
      return (callback, ...values) => cells.within(context, () => callback(...values));
    }

    run(store: unknown, callback: AnyFunction, ...values: unknown[]): unknown {
      return cells.within(this.#with(store), () => callback(...values));
    }

    exit(callback: AnyFunction, ...values: unknown[]): unknown {
      return this.run(undefined, callback, ...values);
    }

    enterWith(store: unknown): void {
      cells.enter(this.#with(store));
    }

    getStore(): unknown {
      return cells.context?.stores?.get(this);
    }

    disable(): void {
      this.enterWith(undefined);
    }

    #with(store: unknown): Context {
      const { context } = cells;
      return { cell: context?.cell, stores: new Map(context?.stores).set(this, store) };
    }
  };
}

function resourceClass(cells: Cells, Native: Resource): Resource {
  return class AsyncResource extends Native {
    readonly #context = cells.context;

    static override bind<A extends unknown[]>(callback: (...values: A) => unknown): (...values: A) => unknown {
      return boundTo(cells, cells.context, callback);
    }

    override bind(callback: AnyFunction): AnyFunction {
      return boundTo(cells, this.#context, callback);
    }

    override runInAsyncScope(callback: AnyFunction, self?: unknown, ...values: unknown[]): unknown {
      return cells.within(this.#context, () => callback.apply(self, values));
    }
  };
}

function boundTo<A extends unknown[]>(
  cells: Cells,
  context: Context | undefined,
  callback: (...values: A) => unknown,
): (...values: A) => unknown {
  return function (this: unknown, ...values: A) {
    return cells.within(context, () => callback.apply(this, values));
  };
}
