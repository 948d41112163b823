/** What is timed. Each function takes a contender and gives milliseconds, or says that there was no answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../statistics.js";
import { Client, NoAnswer } from "./client.js";
import type { KernelSpec, Words } from "./contenders.js";

/** How long anybody is waited for. */
const START_MS = 30_000;
const CELL_MS = 30_000;
const SPINNING_MS = 3000;
const INTERRUPT_MS = 5000;

export interface Effort {
  readonly starts: number;
  readonly cells: number;
  readonly completions: number;
  readonly spinning: number;
  readonly lines: number;
  readonly together: number;
}

/** A figure, or why there is none. */
export type Figure = { readonly value: number } | { readonly none: string };

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)]!;

/** A kernel that has answered, closed in the end whatever happens. */
async function withKernel<T>(spec: KernelSpec, folder: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await Client.start(spec, folder);
  try {
    await client.request("kernel_info_request", {}, START_MS);
    return await work(client);
  } finally {
    client.close();
  }
}

const orNone = async (work: () => Promise<number>): Promise<Figure> => {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof NoAnswer) return { none: error.message };
    throw error;
  }
};

/** From the start of the process to its first answer. */
export function startOnce(spec: KernelSpec, folder: string): Promise<Figure> {
  return orNone(async () => {
    const client = await Client.start(spec, folder);
    try {
      const { at } = await client.request("kernel_info_request", {}, START_MS);
      return at - client.startedAt;
    } finally {
      client.close();
    }
  });
}

export interface Session {
  readonly cell: Figure;
  readonly firstCompletion: Figure;
  readonly warmCompletion: Figure;
  readonly lines: Figure;
  readonly memory: Figure;
  readonly spinning: Readonly<Record<"completion" | "comm" | "heartbeat", Figure>>;
}

/** One kernel from its first cell on. */
export function session(spec: KernelSpec, folder: string, effort: Effort): Promise<Session> {
  const words = spec.words;
  return withKernel(spec, folder, async (client) => {
    if (!words) {
      const times: number[] = [];
      for (let at = 0; at < effort.cells; at++) times.push((await client.run("1", CELL_MS)).took);
      const completion = await completions(client, { code: "x", match: "" }, effort.completions);
      const none: Figure = { none: "it runs nothing" };
      const spinning = { completion: none, comm: none, heartbeat: none };
      const memory = { value: client.memory() };
      return {
        cell: { value: median(times) },
        firstCompletion: completion.first,
        warmCompletion: completion.warm,
        lines: none,
        memory,
        spinning,
      };
    }
    await client.run(words.trivial, CELL_MS);
    const completion = await completions(client, words.completion, effort.completions);
    const memory: Figure = { value: client.memory() };
    const cell = await orNone(async () => {
      const times: number[] = [];
      for (let at = 0; at < effort.cells; at++) times.push((await client.run(words.trivial, CELL_MS)).took);
      return median(times);
    });
    const lines = await manyLines(client, words, effort.lines);
    const spinning = await whileSpinning(client, words, effort.spinning);
    return { cell, firstCompletion: completion.first, warmCompletion: completion.warm, lines, memory, spinning };
  });
}

async function completions(client: Client, { code, match }: Words["completion"], rounds: number) {
  const ask = async (): Promise<number> => {
    const { content, took } = await client.request("complete_request", { code, cursor_pos: code.length }, CELL_MS);
    const matches = (content.matches as string[] | undefined) ?? [];
    if (match !== "" && !matches.some((one) => one.endsWith(match)))
      throw new NoAnswer(`without ${match} among its matches`);
    return took;
  };
  const first = await orNone(ask);
  const warm = await orNone(async () => {
    const times: number[] = [];
    for (let at = 0; at < rounds; at++) times.push(await ask());
    return median(times);
  });
  return { first, warm };
}

/** Until all lines are there, each once and in order. */
function manyLines(client: Client, words: Words, count: number): Promise<Figure> {
  return orNone(async () => {
    const { messages, took } = await client.run(words.lines(count), CELL_MS);
    const text = messages.map(({ type, content }) => (type === "stream" ? String(content.text) : "")).join("");
    const whole = Array.from({ length: count }, (_none, at) => `line ${at}\n`).join("");
    if (text !== whole) throw new NoAnswer(`${text.split("\n").length - 1} of ${count} lines, or out of order`);
    return took;
  });
}

/** 95 of 100 answers come within so long while a cell never yields. */
async function whileSpinning(client: Client, words: Words, rounds: number): Promise<Session["spinning"]> {
  const id = await client.execute(words.endless["busy loop"]!);
  await client.printed(id, "started", CELL_MS).catch(() => sleep(500));
  const { code } = words.completion;
  const many = (once: () => Promise<number>): Promise<Figure> =>
    orNone(async () => {
      const times: number[] = [];
      for (let at = 0; at < rounds; at++) times.push(await once());
      return percentile(times, 0.95);
    });
  const took = async (type: string, content: object): Promise<number> =>
    (await client.request(type, content, SPINNING_MS)).took;
  return {
    completion: await many(() => took("complete_request", { code, cursor_pos: code.length })),
    comm: await many(() => took("comm_info_request", {})),
    heartbeat: await many(() => client.beat(SPINNING_MS)),
  };
}

/** Some kernels refuse what comes right after an error; they are asked again. */
async function keptIts(client: Client, words: Words): Promise<boolean> {
  for (let attempt = 0; attempt < 4; attempt++) {
    await sleep(attempt * 150);
    const ran = await client.run(words.kept, INTERRUPT_MS).catch(() => undefined);
    const shown = ran?.messages.find(({ type }) => type === "execute_result");
    if (shown) return JSON.stringify(shown.content.data).includes("42");
  }
  return false;
}

/** How long until an interrupted cell has ended, and the next one finds the variables; a fresh kernel for each case. */
export function interrupts(spec: KernelSpec, folder: string, name: string): Promise<Figure> {
  const words = spec.words!;
  return orNone(() =>
    withKernel(spec, folder, async (client) => {
      await client.run(words.keep, CELL_MS);
      const id = await client.execute(words.endless[name]!, name === "input()");
      await client.printed(id, "started", CELL_MS).catch(() => undefined);
      await sleep(100);
      const sent = performance.now();
      await client.interrupt();
      let at: number;
      try {
        ({ at } = await client.answer(id, INTERRUPT_MS));
      } catch {
        throw new NoAnswer("goes on");
      }
      const kept = await keptIts(client, words);
      if (!kept) throw new NoAnswer("ends, and the variables are gone");
      return at - sent;
    }),
  );
}

/** Until that many kernels, started at once, have all run a cell. */
export function together(spec: KernelSpec, folder: string, count: number): Promise<Figure> {
  return orNone(async () => {
    const started = performance.now();
    const clients = await Promise.all(Array.from({ length: count }, () => Client.start(spec, folder)));
    try {
      const ends = await Promise.allSettled(
        clients.map(async (client) => {
          await client.request("kernel_info_request", {}, 3 * START_MS);
          await client.run("1", 3 * CELL_MS);
        }),
      );
      const usable = ends.filter(({ status }) => status === "fulfilled").length;
      if (usable < count) throw new NoAnswer(`${usable} of ${count} usable`);
      return performance.now() - started;
    } finally {
      for (const client of clients) client.close();
    }
  });
}
