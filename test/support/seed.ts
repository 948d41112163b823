/**
 * One seed for all laws, so that a run can be repeated; another explores other models:
 * `SOJOURN_SEED=7 npx vitest run test/property`.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.SOJOURN_SEED ?? 20261121) });
