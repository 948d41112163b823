/**
 * Canonical digests: SHA-256 over a type-tagged, length-prefixed encoding, so that two values have one digest
 * exactly if they are equal. Floats go by bit pattern, −0 counts as 0 and NaN is refused; object keys are sorted.
 *
 * | tag | value                                     |
 * |-----|-------------------------------------------|
 * | `z` | null, undefined                           |
 * | `t` `f` | true, false                           |
 * | `d` | number: 8 bytes, little endian            |
 * | `g` | bigint: length, decimal text              |
 * | `s` | string: length, UTF-16                    |
 * | `b` | typed array: name, length, bytes          |
 * | `a` | array: length, elements                   |
 * | `m` | object: length, then key and value pairs  |
 */
import { createHash, type Hash } from "node:crypto";
import { InputError } from "./errors.js";

export type Digest = Buffer;

export function digestOf(value: unknown): Digest {
  const hash = createHash("sha256");
  feed(hash, value, "value");
  return hash.digest();
}

export function digestOfBytes(bytes: Uint8Array): Digest {
  return createHash("sha256").update(bytes).digest();
}

export const hex = (digest: Uint8Array): string => Buffer.from(digest).toString("hex");

function feed(hash: Hash, value: unknown, path: string): void {
  switch (typeof value) {
    case "undefined":
      hash.update("z");
      return;
    case "boolean":
      hash.update(value ? "t" : "f");
      return;
    case "number": {
      if (Number.isNaN(value)) throw new InputError("nan", `Cannot make a key of ${path}: it is NaN.`);
      const bits = Buffer.alloc(9, "d");
      bits.writeDoubleLE(value === 0 ? 0 : value, 1);
      hash.update(bits);
      return;
    }
    case "bigint":
      feedText(hash, "g", value.toString());
      return;
    case "string":
      feedText(hash, "s", value);
      return;
    case "object":
      if (value === null) hash.update("z");
      else if (ArrayBuffer.isView(value)) feedBytes(hash, value);
      else if (Array.isArray(value)) {
        feedLength(hash, "a", value.length);
        for (let i = 0; i < value.length; i++) feed(hash, value[i], `${path}[${i}]`);
      } else {
        const record = value as Record<string, unknown>;
        const keys = Object.keys(record).sort();
        feedLength(hash, "m", keys.length);
        for (const key of keys) {
          feedText(hash, "s", key);
          feed(hash, record[key], `${path}.${key}`);
        }
      }
      return;
    default:
      throw new InputError("not-keyable", `Cannot make a key of ${path}: it is a ${typeof value}.`);
  }
}

function feedLength(hash: Hash, tag: string, length: number): void {
  const bytes = Buffer.alloc(9, tag);
  bytes.writeBigUInt64LE(BigInt(length), 1);
  hash.update(bytes);
}

function feedText(hash: Hash, tag: string, text: string): void {
  const bytes = Buffer.from(text, "utf16le"); // UTF-8 would not tell unpaired surrogates apart
  feedLength(hash, tag, bytes.length);
  hash.update(bytes);
}

function feedBytes(hash: Hash, view: ArrayBufferView): void {
  feedText(hash, "b", view.constructor.name);
  feedLength(hash, "b", view.byteLength);
  hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}
