/** `SOJOURN_LOG=cache`: on standard error, why an entry was or was not read or written. */
import { bytesText } from "../cache/index.js";
import type { StageEvent } from "./events.js";

interface FaultEvent {
  readonly type: "fault";
  readonly kind: string;
  readonly action: string;
  readonly code: string;
  readonly message: string;
}

/** One event as a line; undefined of what is none of the caches'. */
export function logLine(event: StageEvent | FaultEvent | { readonly type: "progress" }): string | undefined {
  switch (event.type) {
    case "lookup": {
      const { kind, model, outcome, layer, reason, key, milliseconds, savedMs } = event;
      const where = layer ? ` in ${layer}` : "";
      const why = reason ? `: ${reason}` : "";
      const saved = outcome === "hit" ? `, saved ${savedMs.toFixed(1)} ms` : "";
      const name = key ? ` (${key.slice(0, 12)})` : "";
      return `sojourn: ${kind} of ${model || "a model"}${name}: ${outcome}${where}${why}, ${milliseconds.toFixed(1)} ms${saved}`;
    }
    case "stored":
      return `sojourn: ${event.kind} written, ${bytesText(event.bytes)}`;
    case "fault":
      return `sojourn: ${event.kind} could not be ${event.action === "write" ? "written" : event.action}: ${event.message} [${event.code}]`;
    case "progress":
      return undefined;
    default:
      return event satisfies never;
  }
}

export function logEvent(event: Parameters<typeof logLine>[0]): void {
  const line = logLine(event);
  if (line !== undefined) process.stderr.write(`${line}\n`);
}
