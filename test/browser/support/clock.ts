/**
 * Times as a person has them, taken in the page: from a click, or from the arrival of a message, until the picture that shows what
 * came of it has been drawn. A change that stands in the document when a frame begins is drawn with that frame, and what is posted
 * there runs after the drawing.
 */
import type { Page } from "@playwright/test";

/** A message of the panel on its kernel's websocket, by the page's clock. */
export interface Note {
  readonly at: number;
  readonly sent: boolean;
  /** `overview`, `ask`, `answer`, … */
  readonly type: string;
  readonly request?: number;
}

/** What is put into the page; `notes` only after `watchFrames`. */
interface Clock {
  /** Until the present frame is drawn. */
  painted(): Promise<number>;
  /** Until the condition holds and is drawn; fails after so long. */
  until(holds: () => boolean, ms: number, what: string): Promise<number>;
  /** Text of a row of ENTRIES; empty while it is not there or not known. */
  row(at: number): string;
  /** Takes place in every frame until it is stopped. */
  each(look: (painted: Promise<number>) => void): () => void;
}
type Clocked = typeof globalThis & { sojournClock: Clock; sojournNotes: Note[] };

/** Puts the clock into the page, once. */
async function clock(page: Page): Promise<void> {
  await page.evaluate(() => {
    const all = globalThis as Clocked;
    if (all.sojournClock !== undefined) return;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const afterDrawing = () =>
      new Promise<number>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve(performance.now());
        };
        port2.postMessage(0);
      });
    const painted = async () => {
      await frame();
      return afterDrawing();
    };
    const until = async (holds: () => boolean, ms: number, what: string) => {
      const late = performance.now() + ms;
      for (;;) {
        await frame();
        if (holds()) return afterDrawing();
        if (performance.now() > late) throw new Error(`not seen within ${ms} ms: ${what}; the first row is ${row(0)}`);
      }
    };
    const row = (at: number) => {
      const text = document.querySelector(`#sojourn-panel tr[data-row="${at}"]`)?.textContent ?? "";
      return text === "…" ? "" : text;
    };
    const each = (look: (drawn: Promise<number>) => void) => {
      let goesOn = true;
      const next = () => {
        if (!goesOn) return;
        look(afterDrawing());
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
      return () => {
        goesOn = false;
      };
    };
    all.sojournClock = { painted, until, row, each };
  });
}

/** Sorts ENTRIES by a click on a column; ms until another first row is drawn. */
export async function sortBy(page: Page, column: string, patienceMs = 10_000): Promise<number> {
  await clock(page);
  return page.evaluate(
    async ([label, ms]) => {
      const { row, until } = (globalThis as Clocked).sojournClock;
      const heads = [...document.querySelectorAll<HTMLElement>("#sojourn-panel th button")];
      const head = heads.find((node) => node.textContent?.startsWith(label));
      if (head === undefined) throw new Error(`there is no column ${label}`);
      const before = row(0);
      const start = performance.now();
      head.click();
      return (await until(() => row(0) !== "" && row(0) !== before, ms, `rows by ${label}`)) - start;
    },
    [column, patienceMs] as const,
  );
}

/** Types a filter at once; ms until a first row that has the text, and was not there before, is drawn. */
export async function filterBy(page: Page, text: string, patienceMs = 10_000): Promise<number> {
  await clock(page);
  return page.evaluate(
    async ([typed, ms]) => {
      const { row, until } = (globalThis as Clocked).sojournClock;
      const input = document.querySelector<HTMLInputElement>('#sojourn-panel input[type="search"]');
      if (input === null) throw new Error("there is no filter");
      const before = row(0);
      // React listens to what a person types, not to what a program sets
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
      const start = performance.now();
      set?.call(input, typed);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      return (await until(() => row(0).includes(typed) && row(0) !== before, ms, `rows with ${typed}`)) - start;
    },
    [text, patienceMs] as const,
  );
}

/** Moves the list so that a row is the first in sight; ms until it is drawn. */
export async function jumpTo(page: Page, row: number, patienceMs = 10_000): Promise<number> {
  await clock(page);
  return page.evaluate(
    async ([at, ms]) => {
      const { row: textOf, until } = (globalThis as Clocked).sojournClock;
      const list = document.querySelector<HTMLElement>("#sojourn-panel .jp-Sojourn-list");
      const height = list?.querySelector<HTMLElement>("tr[data-row]")?.getBoundingClientRect().height;
      if (list === null || height === undefined) throw new Error("there is no list");
      const start = performance.now();
      list.scrollTop = at * height;
      return (await until(() => textOf(at) !== "", ms, `row ${at}`)) - start;
    },
    [row, patienceMs] as const,
  );
}

/** Scrolls by so many pixels in every frame; ms between the frames. */
export async function scrollFrames(page: Page, pixels: number, frames: number): Promise<number[]> {
  await clock(page);
  return page.evaluate(
    async ([by, count]) => {
      const list = document.querySelector<HTMLElement>("#sojourn-panel .jp-Sojourn-list");
      if (list === null) throw new Error("there is no list");
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const times: number[] = [];
      let last = await frame();
      while (times.length < count) {
        list.scrollTop += by;
        const now = await frame();
        times.push(now - last);
        last = now;
      }
      return times;
    },
    [pixels, frames] as const,
  );
}

/** Starts before the panel is shown by a click; ms from the press to its first numbers. */
export async function firstNumbers(page: Page, patienceMs = 30_000): Promise<{ readonly ms: Promise<number> }> {
  await clock(page);
  const ms = page.evaluate(async (patience) => {
    const { until } = (globalThis as Clocked).sojournClock;
    const pressed = new Promise<number>((resolve) => {
      addEventListener("pointerdown", ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true });
    });
    const start = await pressed;
    const rows = () => document.querySelectorAll("#sojourn-panel .jp-Sojourn-overview tbody tr").length;
    return (await until(() => rows() > 0, patience, "the panel's numbers")) - start;
  }, patienceMs);
  return { ms };
}

/** From the next page on, notes every message between panel and kernel when it passes the websocket. */
export async function watchFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const notes: Note[] = [];
    (globalThis as Clocked).sojournNotes = notes;
    const decoder = new TextDecoder("latin1");
    const note = (sent: boolean, data: unknown) => {
      const at = performance.now();
      const isBinary = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
      const text = isBinary ? decoder.decode(data as ArrayBuffer) : typeof data === "string" ? data : "";
      if (!/"msg_type":\s*"comm_msg"/.test(text)) return;
      const type = /"data":\s*\{\s*"type":\s*"(\w+)"/.exec(text)?.[1];
      if (type === undefined) return;
      const request = /"request":\s*(\d+)/.exec(text)?.[1];
      notes.push({ at, sent, type, ...(request !== undefined && { request: Number(request) }) });
    };
    globalThis.WebSocket = class extends globalThis.WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener("message", ({ data }) => note(false, data));
      }
      override send(data: Parameters<WebSocket["send"]>[0]) {
        note(true, data);
        super.send(data);
      }
    };
  });
}

/** What has been noted until now, and forgets it. */
export function takeNotes(page: Page): Promise<Note[]> {
  return page.evaluate(() => (globalThis as Clocked).sojournNotes.splice(0));
}

/** ms from each question to its answer, on the wire. */
export function answerTimes(notes: readonly Note[]): number[] {
  const answers = new Map(notes.filter(({ type }) => type === "answer").map(({ request, at }) => [request, at]));
  return notes.flatMap(({ type, request, at }) => {
    const answered = type === "ask" ? answers.get(request) : undefined;
    return answered === undefined ? [] : [answered - at];
  });
}

/** When the numbers of OVERVIEW and the first row of ENTRIES were drawn anew. */
export interface Drawn {
  readonly overview: readonly number[];
  readonly list: readonly number[];
}

/** Looks at OVERVIEW and the first row of ENTRIES in every frame, until the answer is called for. */
export async function watchDrawing(page: Page): Promise<() => Promise<Drawn>> {
  await clock(page);
  const seen = await page.evaluateHandle(() => {
    const { each, row } = (globalThis as Clocked).sojournClock;
    const numbers = () => document.querySelector("#sojourn-panel .jp-Sojourn-overview")?.textContent ?? "";
    const drawn = { overview: [] as number[], list: [] as number[] };
    const was = { overview: numbers(), list: row(0) };
    const stop = each((painted) => {
      const now = { overview: numbers(), list: row(0) };
      for (const part of ["overview", "list"] as const) {
        if (now[part] === "" || now[part] === was[part]) continue;
        was[part] = now[part];
        void painted.then((at) => drawn[part].push(at));
      }
    });
    return { drawn, stop };
  });
  return () =>
    seen.evaluate(({ drawn, stop }) => {
      stop();
      return drawn;
    });
}

/**
 * ms from each update's arrival until what it brought is drawn: the overview, which it carries, and the list, for whose rows the kernel
 * is asked. An update that changes neither gives nothing.
 */
export function updateTimes(notes: readonly Note[], drawn: Drawn): { overview: number[]; list: number[] } {
  const last = (before: number, holds: (note: Note) => boolean) =>
    notes.filter((note) => note.at < before && holds(note)).at(-1);
  const isUpdate = ({ type }: Note) => type === "overview";
  const cause = {
    overview: (at: number) => last(at, isUpdate),
    list: (at: number) => {
      const answer = last(at, ({ type }) => type === "answer");
      const question = notes.find(({ type, request }) => type === "ask" && request === answer?.request);
      return question && last(question.at, isUpdate);
    },
  };
  const times = (part: keyof Drawn) => {
    const used = new Set<Note>();
    return drawn[part].flatMap((at) => {
      const update = cause[part](at);
      if (update === undefined || used.has(update)) return [];
      used.add(update);
      return [at - update.at];
    });
  };
  return { overview: times("overview"), list: times("list") };
}
