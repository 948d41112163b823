/** Damaged and hostile files for the decoders: right in their checksums as often as not, so that what is behind them is reached. */
import { createHash } from "node:crypto";
import { pack, unpack } from "../../engine/src/base/msgpack.js";
import { type EntryContent, type EntryMeta, encodeEntry, sectionPrefixBytes } from "../../engine/src/cache/entry.js";
import type { Random } from "./simulated-files.js";

const HEADER = 256;
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const below = (random: Random, n: number): number => Math.floor(random() * n);
const one = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)];

/** Whole numbers where programs go wrong. */
const NUMBERS = [
  0,
  1,
  -1,
  7,
  64,
  255,
  256,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  0.5,
  NaN,
  Infinity,
];

/** Any value that MessagePack can hold. */
export function anyValue(random: Random, depth = 0): unknown {
  switch (below(random, depth > 3 ? 6 : 9)) {
    case 0:
      return one(random, NUMBERS);
    case 1:
      return one(random, ["", "f64", "raw", "i32", "__proto__", "constructor", "x".repeat(300), "\ud800"]);
    case 2:
      return one(random, [null, true, false]);
    case 3:
      return Buffer.alloc(one(random, [0, 1, 32, 64]), below(random, 256));
    case 4:
      return 2n ** BigInt(below(random, 64));
    case 5:
      return one(random, NUMBERS);
    case 6:
      return Array.from({ length: below(random, 4) }, () => anyValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(random, 4) }, () => [
          one(random, ["name", "type", "shape", "codec", "offset", "digest", "sections", "a", "0", "length"]),
          anyValue(random, depth + 1),
        ]),
      );
  }
}

/** A copy in which some value, wherever it lies, is another one, or is missing, or is there twice. */
export function mutated(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random() < 0.85) {
    const at = below(random, value.length);
    const copy = [...value];
    const what = random();
    if (what < 0.1) copy.splice(at, 1);
    else if (what < 0.2) copy.push(copy[at]);
    else copy[at] = mutated(copy[at], random);
    return copy;
  }
  if (value !== null && typeof value === "object" && !ArrayBuffer.isView(value) && random() < 0.85) {
    const names = Object.keys(value);
    if (names.length === 0) return anyValue(random);
    const copy: Record<string, unknown> = { ...value };
    const name = one(random, names);
    if (random() < 0.1) delete copy[name];
    else copy[name] = mutated(copy[name], random);
    return copy;
  }
  if (typeof value === "number" && random() < 0.5) return value + one(random, NUMBERS);
  return anyValue(random);
}

/** Bytes with some of them flipped, cut out, put in, or all of them others. */
export function scrambled(bytes: Buffer, random: Random): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  for (let times = 1 + below(random, 4); times > 0 && copy.length > 0; times--) {
    const at = below(random, copy.length);
    switch (below(random, 5)) {
      case 0:
        copy[at] ^= 1 << below(random, 8);
        break;
      case 1:
        // markers of MessagePack with a length after them: arrays, maps, texts, bytes, extensions
        copy[at] = one(
          random,
          [0xc4, 0xc6, 0xc9, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff, 0x00, 0x7f, 0x80, 0xc1, 0xd4],
        );
        for (let i = at + 1; i < Math.min(copy.length, at + 5) && random() < 0.7; i++) copy[i] = 0xff;
        break;
      case 2:
        copy = copy.subarray(0, at);
        break;
      case 3:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + below(random, 16))]);
        break;
      default:
        copy = Buffer.concat([
          copy.subarray(0, at),
          Buffer.alloc(1 + below(random, 70), below(random, 256)),
          copy.subarray(at),
        ]);
    }
  }
  return copy;
}

/** Puts the header's checksums and lengths right again, of what there is. */
export function repaired(bytes: Buffer): Buffer {
  if (bytes.length < HEADER) return bytes;
  const copy = Buffer.from(bytes);
  const manifestBytes = copy.readUInt32LE(16);
  copy.writeBigUInt64LE(BigInt(copy.length), 24);
  copy.set(sha256(copy.subarray(HEADER, Math.min(copy.length, HEADER + manifestBytes))), 64);
  copy.set(sha256(copy.subarray(0, 224)), 224);
  return copy;
}

/** A file with another manifest, whose sections lie as it says, as far as that can be done. */
function rebuilt(file: Buffer, manifest: Buffer, sections: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from(file.subarray(0, HEADER)), manifest];
  let position = HEADER + manifest.length;
  for (const payload of sections) {
    const prefix = sectionPrefixBytes(position, payload.length);
    parts.push(prefix, payload);
    position += prefix.length + payload.length;
  }
  const all = Buffer.concat(parts);
  all.writeUInt32LE(manifest.length, 16);
  return repaired(all);
}

/** A file that is not what it was, in one of many ways; `content` is what it held. */
export function hostileEntry(meta: EntryMeta, content: EntryContent, random: Random): Buffer {
  const file = encodeEntry(meta, content, { check: below(random, 2) === 0 ? "sha256" : "gmac" });
  const manifestBytes = file.readUInt32LE(16);
  const manifest = file.subarray(HEADER, HEADER + manifestBytes);
  const payloads = Object.keys(content.arrays)
    .sort()
    .map((name) => content.arrays[name])
    .map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  switch (below(random, 6)) {
    case 0:
      return scrambled(file, random);
    case 1:
      return repaired(scrambled(file, random));
    case 2: {
      const header = scrambled(file.subarray(0, 224), random);
      return repaired(
        Buffer.concat(
          [header, Buffer.alloc(Math.max(0, 224 - header.length)), file.subarray(224)].map((part, i) =>
            i === 0 ? part.subarray(0, 224) : part,
          ),
        ),
      );
    }
    case 3:
      return rebuilt(file, scrambled(manifest, random), payloads);
    case 4:
      return rebuilt(file, pack(mutated(unpack(manifest), random)), payloads);
    default: {
      const wire = mutated(unpack(manifest), random) as { sections?: unknown };
      const rows = Array.isArray(wire?.sections) ? wire.sections : [];
      // digests of what is there, so that only what the rows say is wrong
      const mended = rows.map((row: unknown, i: number) =>
        row !== null && typeof row === "object" && payloads[i] ? { ...row, digest: sha256(payloads[i]) } : row,
      );
      return rebuilt(file, pack({ ...wire, sections: mended }), payloads);
    }
  }
}
