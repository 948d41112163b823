/** Who takes part, how each is started, and the words in which it is asked: the same work in the language of each. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface KernelSpec {
  readonly id: string;
  readonly command: (connectionFile: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt: "message" | "signal";
  readonly words?: Words;
}

/** A program in the kernel's language for each thing that is timed. */
export interface Words {
  readonly trivial: string;
  /** Sets a name whose value says whether state was kept. */
  readonly keep: string;
  readonly kept: string;
  readonly completion: { readonly code: string; readonly match: string };
  /** Prints so many numbered lines. */
  readonly lines: (count: number) => string;
  /** Each prints `started` and then never ends by itself. */
  readonly endless: Readonly<Record<string, string>>;
}

const SCRIPT: Words = {
  trivial: "1",
  keep: "var kept = 41;",
  kept: "kept + 1",
  completion: { code: "Math.fro", match: "fround" },
  lines: (count) => `for (let i = 0; i < ${count}; i++) console.log("line " + i);`,
  endless: {
    "busy loop": "console.log('started'); for (;;);",
    "after await": "console.log('started'); await new Promise((r) => setTimeout(r, 20)); for (;;);",
    "try/catch loop": "console.log('started'); for (;;) { try { for (;;); } catch {} }",
    "regular expression": "console.log('started'); /^(a+)+$/.test('a'.repeat(40) + 'b')",
    "Atomics.wait": "console.log('started'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    "WebAssembly loop":
      "console.log('started'); (new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11))).exports as any).f()",
    "allocation loop": "console.log('started'); for (;;) new Array(1000).fill({ a: 1 })",
    "pending promise": "console.log('started'); await new Promise(() => {})",
  },
};

const OURS: Words = {
  ...SCRIPT,
  endless: {
    ...SCRIPT.endless,
    "engine call":
      "const ladder = defineModel({ name: 'ladder', parameters: ['rate'], inputs: {}, initial: () => [0], transitions: ([k], { rate }) => [{ to: [k + 1], rate }] }); console.log('started'); await ladder.build({}, { cache: false })",
    "input()": "console.log('started'); input('?')",
  },
};

const PYTHON: Words = {
  trivial: "1",
  keep: "kept = 41",
  kept: "kept + 1",
  completion: { code: "import math; math.fac", match: "factorial" },
  lines: (count) => `for i in range(${count}): print("line", i)`,
  endless: {
    "busy loop": "print('started', flush=True)\nwhile True: pass",
    "after await": "import asyncio\nprint('started', flush=True)\nawait asyncio.sleep(0.02)\nwhile True: pass",
    "try/catch loop":
      "print('started', flush=True)\nwhile True:\n    try:\n        while True: pass\n    except Exception: pass",
    "regular expression": "import re\nprint('started', flush=True)\nre.match(r'^(a+)+$', 'a' * 40 + 'b')",
    "Atomics.wait": "import threading\nprint('started', flush=True)\nthreading.Event().wait()",
    "allocation loop": "print('started', flush=True)\nwhile True: [object()] * 1000",
    "pending promise": "import asyncio\nprint('started', flush=True)\nawait asyncio.Event().wait()",
    "input()": "print('started', flush=True)\ninput('?')",
  },
};

export interface Places {
  readonly kernelspec: string;
  /** The bundled echo program. */
  readonly floor: string;
  /** A Python that has ipykernel. */
  readonly python: string;
  /** Where npm put Deno and tslab. */
  readonly peers: string;
}

/** Ours and the floor, and the peers that are there; of the others, why not. */
export function contenders(
  places: Places,
  withPeers: boolean,
): { specs: KernelSpec[]; missing: Record<string, string> } {
  const addon = join(places.kernelspec, "zeromq.node");
  const specs: KernelSpec[] = [
    {
      id: "sojourn",
      command: (file) => [join(places.kernelspec, "start.sh"), file],
      interrupt: "message",
      words: OURS,
    },
    {
      id: "floor",
      command: (file) => [process.execPath, places.floor, file],
      env: { BENCH_ADDON: addon },
      interrupt: "message",
    },
  ];
  const missing: Record<string, string> = {};
  if (!withPeers) return { specs, missing };
  const bin = join(places.peers, "node_modules");
  const deno = join(bin, "@deno", `${process.platform}-${process.arch}-glibc`, "deno");
  const tslab = join(bin, ".bin", "tslab");
  const add = (file: string, spec: KernelSpec): void => {
    if (existsSync(file)) specs.push(spec);
    else missing[spec.id] = `${file} is not there`;
  };
  add(places.python, {
    id: "ipykernel",
    command: (file) => [places.python, "-m", "ipykernel_launcher", "-f", file],
    interrupt: "signal",
    words: PYTHON,
  });
  add(deno, {
    id: "deno",
    command: (file) => [deno, "jupyter", "--kernel", "--conn", file],
    env: { DENO_NO_UPDATE_CHECK: "1" },
    interrupt: "signal",
    words: SCRIPT,
  });
  add(tslab, {
    id: "tslab",
    command: (file) => [tslab, "kernel", `--config-path=${file}`],
    interrupt: "signal",
    words: SCRIPT,
  });
  return { specs, missing };
}
