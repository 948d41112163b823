/** Long explorations tell how far they are: one line now and then, and none for what is done at once. */

export interface Progress {
  readonly model: string;
  readonly explored: number;
  readonly found: number;
  readonly edges: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

const EVERY_MS = 2000;

/** Calls `write` with a line when a build has taken two seconds, and every two seconds from then on. */
export function progressNotes(write: (line: string) => void): (progress: Progress) => void {
  let model: string | undefined;
  let last = 0;
  let explored = 0;
  return (progress) => {
    if (progress.model !== model || progress.explored < explored) {
      model = progress.model;
      last = progress.time;
    }
    explored = progress.explored;
    if (progress.time - last < EVERY_MS) return;
    last = progress.time;
    const [done, found, edges] = [progress.explored, progress.found, progress.edges].map((n) => n.toLocaleString("en"));
    write(`exploring ${progress.model}: ${done} of ${found} states found so far, ${edges} edges`);
  };
}
