/**
 * Progress bars: `const bar = show.progress(100)`, then `bar.add()`; or `for (const x of show.progress(list))`. Shown anew at
 * most ten times a second, so that a bar costs a loop next to nothing.
 */
import { RichValue } from "./display.js";
import { escapeXml } from "./figures/svg.js";

const EVERY_MS = 100;
const BLOCKS = 30;

export interface ProgressOptions {
  readonly label?: string;
  /** Steps in all, where what is walked through does not tell. */
  readonly total?: number;
}

export interface ProgressBar {
  /** So many steps more; 1 when left out. */
  add(steps?: number): void;
  /** So many steps in all so far. */
  update(done: number, label?: string): void;
  /** Shows the end, however far it came. */
  end(): void;
}

/** `put` shows the first state and returns what shows later ones. */
export function createProgressBar(
  total: number | undefined,
  label: string,
  put: (value: RichValue) => (value: RichValue) => void,
  now: () => number,
): ProgressBar {
  const started = now();
  let done = 0;
  let text = label;
  let shownAt = started;
  const state = (ended: boolean): RichValue => picture({ done, total, label: text, ms: now() - started, ended });
  const renew = put(state(false));
  const show = (ended: boolean): void => {
    shownAt = now();
    renew(state(ended));
  };
  const moved = (): void => {
    if (total !== undefined && done >= total) show(true);
    else if (now() - shownAt >= EVERY_MS) show(false);
  };
  return {
    add(steps = 1) {
      done += steps;
      moved();
    },
    update(to, next) {
      done = to;
      if (next !== undefined) text = next;
      moved();
    },
    end: () => show(true),
  };
}

interface State {
  readonly done: number;
  readonly total: number | undefined;
  readonly label: string;
  readonly ms: number;
  readonly ended: boolean;
}

function picture({ done, total, label, ms, ended }: State): RichValue {
  const share = total === undefined ? undefined : total === 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const count = total === undefined ? String(done) : `${done} of ${total}`;
  const left =
    share === undefined || share === 0 || share === 1 || ended ? "" : `, ${seconds((ms / share) * (1 - share))} left`;
  const words = `${count}, ${seconds(ms)}${left}`;
  const bar =
    share === undefined
      ? ""
      : `[${"#".repeat(Math.floor(share * BLOCKS)).padEnd(BLOCKS, ".")}] ${Math.floor(share * 100)} %  `;
  const meter = `<progress max="1"${share === undefined ? (ended ? ' value="1"' : "") : ` value="${share.toFixed(4)}"`} style="width:20em"></progress>`;
  return new RichValue({
    "text/html": `<div>${label === "" ? "" : `${escapeXml(label)} `}${meter} ${escapeXml(words)}</div>`,
    "text/plain": `${label === "" ? "" : `${label} `}${bar}${words}`,
  });
}

function seconds(ms: number): string {
  const all = ms / 1000;
  return all < 10 ? `${all.toFixed(1)} s` : all < 120 ? `${Math.round(all)} s` : `${Math.round(all / 60)} min`;
}
