/** The model library by name. */
import {
  blockCoalescent,
  coalescent,
  isolationWithMigration,
  isolationWithMigrationSpectrum,
  steppingStone,
  twoIsland,
  twoLocusArg,
  twoLocusTwoIsland,
} from "./genealogies.js";
import { birthDeath, erlang, mm1BusyPeriod, negativeBinomial, rabbits, rabbitsParameterised } from "./populations.js";

export const FAMILIES = Object.freeze({
  erlang,
  coalescent,
  "block-coalescent": blockCoalescent,
  rabbits,
  "rabbits-parameterised": rabbitsParameterised,
  "two-island": twoIsland,
  "two-locus-arg": twoLocusArg,
  "two-locus-two-island": twoLocusTwoIsland,
  "isolation-with-migration": isolationWithMigration,
  "isolation-with-migration-jsfs": isolationWithMigrationSpectrum,
  "birth-death": birthDeath,
  "mm1-busy-period": mm1BusyPeriod,
  "stepping-stone": steppingStone,
  "negative-binomial": negativeBinomial,
} as const);
