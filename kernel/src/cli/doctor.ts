/** `sojourn doctor`: settings with where they come from, what is wrong with the caches and the kernel, and what to do about it. */
import { type DoctorReport, examine, openStore } from "@sojourn/engine/cache";
import type { Command } from "commander";
import { DIRECTORY_OPTION, storeAt, table, writeJson } from "./cache-options.js";
import { examineKernel } from "./kernel-doctor.js";

interface DoctorOptions {
  readonly cacheDir?: string;
  readonly json?: boolean;
}

const EXIT_PROBLEMS = 3;

export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("look whether caches and kernel can do their work, who could interfere, and what to do")
    .option(...DIRECTORY_OPTION)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExit codes: 0 all well, 2 bad input, 3 there are problems.")
    .action(async ({ cacheDir, json }: DoctorOptions) => {
      const caches = await examine(openStore(storeAt(cacheDir)));
      const kernel = examineKernel();
      const healthy = caches.healthy && kernel.every(({ level }) => level !== "problem");
      const report: DoctorReport = { ...caches, healthy, findings: [...caches.findings, ...kernel] };
      if (json) writeJson("sojourn-doctor/1", report);
      else process.stdout.write(text(report));
      if (!report.healthy) process.exitCode = EXIT_PROBLEMS;
    });
}

/** A setting's value on one line. */
const said = (value: unknown): string =>
  value === "" ? "none" : typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));

const MARKS = { ok: "ok", note: "note", problem: "PROBLEM" } as const;

function text({ healthy, settings, findings }: DoctorReport): string {
  const rows = settings.map(({ name, value, from }) => [name, said(value), from]);
  const lines = findings.map(
    ({ level, subject, text: what, action }) =>
      `${MARKS[level].padEnd(8)}${subject}: ${what}\n${action === undefined ? "" : `${" ".repeat(8)}→ ${action}\n`}`,
  );
  const problems = findings.filter(({ level }) => level === "problem").length;
  const end = healthy ? "All well.\n" : `${problems} ${problems === 1 ? "problem" : "problems"}.\n`;
  return `${table([["setting", "value", "from"], ...rows])}\n${lines.join("")}\n${end}`;
}
