/** Progress on standard error: a bar that is drawn over on a terminal, a plain line now and then in a pipe. */

const WIDTH = 24;
/** A pipe gets a line at most so often. */
const PLAIN_EVERY_MS = 2000;

export interface ProgressLine {
  update(done: number, total: number, what: string, remainingMs?: number): void;
  /** Leaves the terminal as a line of its own. */
  end(): void;
}

export function openProgress(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  const terminal = stream.isTTY === true;
  let toldAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    update(done, total, what, remainingMs) {
      const left = remainingMs === undefined || done === total ? "" : `, about ${timeText(remainingMs)} left`;
      if (!terminal) {
        if (performance.now() - toldAt < PLAIN_EVERY_MS && done < total) return;
        toldAt = performance.now();
        stream.write(`${done}/${total} ${what}${left}\n`);
        return;
      }
      const full = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
      const line = `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${done}/${total} ${what}${left}`;
      stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write("\n");
      drawn = false;
    },
  };
}

function timeText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
