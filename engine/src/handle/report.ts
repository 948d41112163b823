/** How the stages of a build were come by. */
export interface StageReport {
  readonly outcome: "hit" | "miss" | "refused" | "bypass" | "none";
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface BuildReport {
  readonly graph: StageReport;
  readonly trace: StageReport;
}
