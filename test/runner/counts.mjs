/**
 * Reads how many tests passed, failed and were skipped from what each test program reports. A program that ended badly
 * without a failed test, or that ran none, counts as one failure: no report is never a success.
 */
import { readFileSync } from "node:fs";

/** @typedef {{ passed: number, failed: number, skipped: { name: string, reason: string }[] }} Counts */

/** @type {Counts} */
export const NO_COUNTS = { passed: 0, failed: 0, skipped: [] };

/** @param {Counts[]} all */
export function sum(all) {
  return all.reduce(
    (left, right) => ({
      passed: left.passed + right.passed,
      failed: left.failed + right.failed,
      skipped: [...left.skipped, ...right.skipped],
    }),
    NO_COUNTS,
  );
}

/** What the exit code knows and the counts do not. */
export function checked(counts, code) {
  const nothing = counts.passed + counts.failed + counts.skipped.length === 0;
  return counts.failed === 0 && (code !== 0 || nothing) ? { ...counts, failed: 1 } : counts;
}

/** vitest's JSON, one entry per file: counts and seconds by the group that `groupOf` puts the file into. */
export function vitestCounts(file, groupOf) {
  const groups = new Map();
  for (const { name, status, assertionResults, startTime, endTime } of JSON.parse(readFileSync(file, "utf8"))
    .testResults) {
    const of = (wanted) => assertionResults.filter((test) => wanted.includes(test.status));
    const failed = of(["failed"]).length;
    const counts = {
      passed: of(["passed"]).length,
      failed: failed === 0 && status === "failed" ? 1 : failed, // a file that could not be loaded
      skipped: of(["skipped", "pending", "todo", "disabled"]).map((test) => ({
        name: test.fullName,
        reason: test.meta?.reason ?? "no reason given",
      })),
    };
    const group = groupOf(name);
    const before = groups.get(group) ?? { counts: NO_COUNTS, seconds: 0 };
    groups.set(group, { counts: sum([before.counts, counts]), seconds: before.seconds + (endTime - startTime) / 1000 });
  }
  return groups;
}

/** What `python -m unittest -v` prints. */
export function unittestCounts(output) {
  const ran = Number(/^Ran (\d+) tests? in/m.exec(output)?.[1] ?? 0);
  const verdict = /^(?:OK|FAILED)(?: \((.*)\))?$/m.exec(output)?.[1] ?? "";
  const of = (word) => Number(new RegExp(`(?:^|, )${word}=(\\d+)`).exec(verdict)?.[1] ?? 0);
  const failed = of("failures") + of("errors") + of("unexpected successes");
  const skipped = [...output.matchAll(/^(\S+) .*\.\.\. skipped ['"](.*)['"]$/gm)].map(([, name, reason]) => ({
    name,
    reason,
  }));
  return { passed: Math.max(0, ran - failed - of("skipped")), failed, skipped };
}

/** The TAP of Node's own test runner: the tests themselves, not the files and groups that hold them. */
export function tapCounts(file) {
  const text = readFileSync(file, "utf8");
  const of = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  const skipped = [...text.matchAll(/^\s*ok \d+ - (.*) # SKIP ?(.*)$/gm)].map(([, name, reason]) => ({ name, reason }));
  return { passed: of("pass"), failed: of("fail") + of("cancelled"), skipped };
}

/** Playwright's JSON: groups within groups within files. */
export function playwrightCounts(file) {
  const report = JSON.parse(readFileSync(file, "utf8"));
  const visit = (suite) => [
    ...(suite.suites ?? []).flatMap(visit),
    ...(suite.specs ?? []).flatMap(({ title, tests }) => tests.map((test) => ({ title, ...test }))),
  ];
  const tests = report.suites.flatMap(visit);
  const of = (wanted) => tests.filter(({ status }) => wanted.includes(status));
  return {
    passed: of(["expected", "flaky"]).length,
    failed: of(["unexpected"]).length + (tests.length === 0 ? report.errors.length : 0),
    skipped: of(["skipped"]).map(({ title, annotations }) => ({
      name: title,
      reason: annotations?.find(({ type }) => type === "skip")?.description ?? "no reason given",
    })),
  };
}
