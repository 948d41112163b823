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
import {
  birthDeath,
  erlang,
  hyperexponential,
  machineRepair,
  mm1BusyPeriod,
  mmcBusyPeriod,
  negativeBinomial,
  rabbits,
  rabbitsParameterised,
  tandemQueue,
} from "./populations.js";

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
  "mmc-busy-period": mmcBusyPeriod,
  "machine-repair": machineRepair,
  "tandem-queue": tandemQueue,
  hyperexponential,
  "stepping-stone": steppingStone,
  "negative-binomial": negativeBinomial,
} as const);
