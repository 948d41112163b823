/** Checks of sections: tags as others compute them, in pieces as in one, and damage that changes them. */
import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBytes, checkOf, startCheck } from "./checksum.js";

describe("a tag", () => {
  it("of nothing is that of test case 1 of the GCM specification", () => {
    expect(checkBytes("gmac", new Uint8Array(0)).toString("hex")).toBe("58e2fccefa7e3061367f1d57a4e7455a");
  });

  it("is a polynomial over GF(2^128) at the encrypted zero block, as the specification says", () => {
    const encrypted = (block: Uint8Array): bigint => {
      const cipher = createCipheriv("aes-128-ecb", new Uint8Array(16), null).setAutoPadding(false);
      return BigInt(`0x${Buffer.concat([cipher.update(block), cipher.final()]).toString("hex")}`);
    };
    const product = (x: bigint, y: bigint): bigint => {
      let [z, v] = [0n, y];
      for (let bit = 127n; bit >= 0n; bit--) {
        if ((x >> bit) & 1n) z ^= v;
        v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
      }
      return z;
    };
    const h = encrypted(new Uint8Array(16));
    const first = new Uint8Array(16);
    first[15] = 1;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        let y = 0n;
        for (let i = 0; i < bytes.length; i += 16) {
          const block = Buffer.alloc(16);
          block.set(bytes.subarray(i, i + 16));
          y = product(y ^ BigInt(`0x${block.toString("hex")}`), h);
        }
        y = product(y ^ (BigInt(bytes.length * 8) << 64n), h) ^ encrypted(first);
        expect(checkBytes("gmac", bytes).toString("hex")).toBe(y.toString(16).padStart(32, "0"));
      }),
    );
  });
});

describe.each(["sha256", "gmac"] as const)("%s", (check) => {
  it("is the same in pieces, and its length tells which it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const [one, two] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        const running = startCheck(check);
        for (const part of [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)])
          running.update(part);
        const digest = running.digest();
        expect(digest.equals(checkBytes(check, bytes))).toBe(true);
        expect(checkOf(digest)).toBe(check);
      }),
    );
  });
});
