/** What the cases of one run share, and what they come to: the types of the JSON that a run writes. */
import type { Engine } from "@sojourn/engine";
import type { Choice } from "./backend.js";
import type { Comparison } from "./compare.js";
import type { Clock, Context } from "./contender.js";
import type { Peers } from "./environment.js";
import type { Machine } from "./machine.js";

export interface Bench {
  readonly context: Context;
  readonly peers: Peers;
  /** Ours, in the order of the command line; goals are about the first. */
  readonly choices: readonly Choice[];
  readonly quick: boolean;
  readonly clock: Clock;
  /** What is kept between runs: caches and programs. */
  readonly folder: string;
  /** This run's own: its bundles, models and answers. */
  readonly runFolder: string;
  /** Explores models for export; what is measured runs in processes of its own. */
  readonly engine: Engine;
}

/** What was aimed at, and what was measured. */
export interface Goal {
  readonly text: string;
  /** A ratio or seconds; undefined where it could not be measured. */
  readonly value?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit: "×" | "s";
  readonly met?: boolean;
}

export interface ModelFacts {
  readonly name: string;
  readonly vertices: number;
  readonly edges: number;
  readonly components: number;
  readonly factorMultiplyAdds: number;
  readonly solveMultiplyAdds: number;
}

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly model?: ModelFacts;
  readonly comparison?: Comparison;
  /** Tables that are no comparisons: rows of numbers and words under these heads. */
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] };
  readonly goals: readonly Goal[];
}

export interface Case {
  /** `moments/rabbits-100`: what `--only` looks for a part of. */
  readonly id: string;
  run(bench: Bench): Promise<CaseResult>;
}

export interface Report {
  readonly format: "sojourn-bench/1";
  readonly date: string;
  readonly quick: boolean;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Peers that could not be had, and why. */
  readonly missing: Readonly<Record<string, string>>;
  readonly cases: readonly CaseResult[];
  /** Cases that failed altogether. */
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
}
