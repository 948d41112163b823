import { expect, it } from "vitest";
import { capabilities, isWritable } from "./capabilities.js";

const parts = { denied: undefined, directory: "/cache", folder: "/here", isWritable: () => true };
const refused = (can: ReturnType<typeof capabilities>): string[] =>
  Object.entries(can).flatMap(([action, { allowed }]) => (allowed ? [] : [action]));

it("allows what nobody forbids and the folders let be done", () => {
  expect(refused(capabilities(parts))).toEqual([]);
  expect(refused(capabilities({ ...parts, denied: "clear, export" }))).toEqual(["clear", "export"]);
  expect(refused(capabilities({ ...parts, denied: "all" }))).toHaveLength(7);
  const can = capabilities({ ...parts, isWritable: (path) => path !== "/cache" });
  expect(refused(can)).toEqual(["clear", "vacuum", "remove", "pin", "prewarm"]);
  expect(can.clear).toEqual({ allowed: false, reason: "The cache folder /cache cannot be written to." });
});

it("looks at the first folder that is there", () => {
  expect(isWritable("/etc/passwd/not/a/folder")).toBe(false);
  expect(isWritable(`${process.env.TMPDIR ?? "/tmp"}/not/there/yet`)).toBe(true);
});
