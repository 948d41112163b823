/** What of the machine matters to speed: the version of Node, and what its WebAssembly can do. */
import { availableParallelism } from "node:os";
import type { Finding } from "./finding.js";

const NODE_LEAST = [20, 11];

const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** One function without parameters and results, of this body. */
const withBody = (...body: number[]): Uint8Array =>
  Uint8Array.from([
    ...HEAD,
    ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 4, 0x01, body.length + 2, 0x00, ...body, 0x0b],
  ]);
const SPLAT = [0x41, 0x00, 0xfd, 0x0f];

/** The smallest modules that need a feature. */
const FEATURES: Readonly<Record<string, Uint8Array>> = {
  SIMD: withBody(...SPLAT, 0x1a),
  "relaxed SIMD": withBody(...SPLAT, ...SPLAT, 0xfd, 0x80, 0x02, 0x1a),
  threads: Uint8Array.from([...HEAD, 0x05, 0x04, 0x01, 0x03, 0x01, 0x01]),
};

interface Validator {
  validate(bytes: Uint8Array): boolean;
}

export function machineFindings(
  version: string = process.versions.node,
  wasm = (globalThis as unknown as { readonly WebAssembly?: Validator }).WebAssembly,
): Finding[] {
  const [major, minor] = version.split(".").map(Number);
  const old = major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1]);
  const has = Object.entries(FEATURES).map(([name, bytes]) => ({ name, there: wasm?.validate(bytes) === true }));
  const subject = "machine";
  const text = `Node ${version}, ${availableParallelism()} threads; WebAssembly with ${
    has
      .filter(({ there }) => there)
      .map(({ name }) => name)
      .join(", ") || "nothing that helps"
  }.`;
  const findings: Finding[] = [
    old
      ? { level: "problem", subject, text, action: `Install Node ${NODE_LEAST.join(".")} or later.` }
      : { level: "ok", subject, text },
  ];
  const missing = has.filter(({ name, there }) => !there && name !== "relaxed SIMD").map(({ name }) => name);
  if (missing.length > 0)
    findings.push({
      level: "note",
      subject,
      text: `WebAssembly lacks ${missing.join(" and ")}, so evaluation is slower.`,
    });
  return findings;
}
