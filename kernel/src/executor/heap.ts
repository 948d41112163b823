/** The size to which this process's heap may grow, as a person would set it. */
import { getHeapStatistics } from "node:v8";

const OPTION = /^--max-old-space-size=(\d+)$/;

export function heapLimitMegabytes(): number {
  for (const word of process.execArgv) {
    const size = OPTION.exec(word)?.[1];
    if (size !== undefined) return Number(size);
  }
  return Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);
}
