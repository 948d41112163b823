/**
 * What one invocation carries through all its steps: the paths, the progress lines, and the children that must end
 * when it ends. Made once in main; nothing here is shared between invocations.
 */
import { pathsOf } from "./paths.mjs";
import { signalGroup, startTimeOf } from "./process.mjs";

/** @param {string} root */
export function openContext(root, write = (line) => process.stderr.write(`${line}\n`)) {
  const paths = pathsOf(root);
  const started = performance.now();
  const children = new Set();
  let stopped = false;
  /** Told which child runs, so that the lock can name it; set while a lock is held. */
  let watch = () => {};

  const tell = () => {
    const [child] = children;
    watch(child?.pid === undefined ? undefined : { pid: child.pid, started: startTimeOf(child.pid) });
  };
  return {
    root,
    paths,
    /** One progress line, with the seconds since the start. */
    say(text) {
      write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}`);
    },
    write,
    began(child) {
      children.add(child);
      tell();
    },
    ended(child) {
      children.delete(child);
      tell();
    },
    watchChildren(listener) {
      watch = listener;
    },
    stopping: () => stopped,
    /** Asks every child to end; `run` then throws in whoever waits for it. */
    stop() {
      stopped = true;
      for (const child of children) {
        signalGroup(child.pid, "SIGINT");
        setTimeout(() => children.has(child) && signalGroup(child.pid, "SIGKILL"), 2000).unref();
      }
    },
  };
}

/** Ctrl-C, a closed terminal and a polite kill all mean: stop what runs, leave nothing behind. */
export function stopOnSignals(stop) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  return () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stop);
  };
}
