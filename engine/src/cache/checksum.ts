/**
 * What a section's bytes are checked by: SHA-256 wherever a signature or another user stands behind an entry, and in a user's own
 * folders the tag of AES-128-GCM over the bytes as additional data, key and nonce zero. The tag is a polynomial over GF(2^128) at a
 * fixed point: it finds every damage within 16 bytes and any other but for one in 2^128 or so, as SHA-256 does, and takes an eighth
 * of the time; it does not withstand who may choose the bytes, and in a folder of one's own nobody else may.
 */
import { createCipheriv, createHash } from "node:crypto";

export type Check = "sha256" | "gmac";

/** Bytes of a digest, which tell how it was taken. */
const LENGTHS: Readonly<Record<Check, number>> = { sha256: 32, gmac: 16 };
const ZERO_KEY = new Uint8Array(16);
const ZERO_NONCE = new Uint8Array(12);

export interface RunningCheck {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

/** How a digest was taken; undefined when in no way known here. */
export const checkOf = (digest: Uint8Array): Check | undefined =>
  (["sha256", "gmac"] as const).find((check) => LENGTHS[check] === digest.length);

/** A digest of bytes that come in pieces. */
export function startCheck(check: Check): RunningCheck {
  if (check === "sha256") return createHash("sha256");
  const cipher = createCipheriv("aes-128-gcm", ZERO_KEY, ZERO_NONCE);
  return {
    update: (bytes) => void cipher.setAAD(bytes),
    digest() {
      cipher.final();
      return cipher.getAuthTag();
    },
  };
}

export function checkBytes(check: Check, bytes: Uint8Array): Buffer {
  const running = startCheck(check);
  running.update(bytes);
  return running.digest();
}
