/** How the stages of a build were come by. */
export interface StageReport {
  readonly outcome: "hit" | "miss" | "refused" | "bypass" | "none";
  readonly reason?: string;
  readonly milliseconds: number;
  /** Where a hit was found: memory, scratch, private, shared or library. */
  readonly layer?: string;
  /** What the caches know it by, 64 hexadecimal digits; absent of a bypass. */
  readonly key?: string;
  /** Measured cost of what a hit replaced minus what the look-up took. */
  readonly savedMs?: number;
}

export interface BuildReport {
  readonly graph: StageReport;
  readonly trace: StageReport;
}
