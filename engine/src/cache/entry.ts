/**
 * The file format of an entry: immutable, self-verifying, valid MessagePack, and readable without a copy.
 *
 * A file is a sequence of MessagePack values: the header (one extension), the manifest (one map), then for each
 * section a padding (`bin 8`, all zero) and a `bin 32` whose payload starts at a multiple of 64. Every byte is
 * covered exactly once: the header checks itself and holds the manifest's digest, the manifest holds each
 * section's digest, and paddings must be what the writer would have written.
 *
 * Header, 256 bytes, little endian:
 *
 * | offset | size | field                                                      |
 * |--------|------|------------------------------------------------------------|
 * |      0 |    4 | `c8 00 fc 53`: MessagePack ext 16 of 252 bytes, type 0x53  |
 * |      4 |    8 | magic `89 53 4a 4e 0d 0a 1a 0a` (text-mode damage shows)   |
 * |     12 |    2 | format version                                             |
 * |     14 |    1 | kind: index in `ENTRY_KINDS`                               |
 * |     15 |    1 | flags: 1 signed                                            |
 * |     16 |    4 | manifest bytes                                             |
 * |     20 |    4 | number of sections                                         |
 * |     24 |    8 | file bytes                                                 |
 * |     32 |   32 | key                                                        |
 * |     64 |   32 | SHA-256 of the manifest's bytes                            |
 * |     96 |    8 | creation time, f64, ms since 1970                          |
 * |    104 |    8 | cost to make the value, f64, ms                            |
 * |    112 |   32 | ed25519 public key of the signer, 0 when not signed        |
 * |    144 |   64 | its signature of bytes 0 to 111, 0 when not signed         |
 * |    208 |   16 | reserved, 0                                                |
 * |    224 |   32 | SHA-256 of bytes 0 to 223                                  |
 */
import { digestOfBytes } from "../base/digest.js";
import { pack, unpack } from "../base/msgpack.js";
import { WIRE_ARRAYS, type Wire, type WireArray, type WireType, wireType } from "../base/wire.js";
import { isPlainObject } from "../base/words.js";
import { type Check, checkBytes, checkOf } from "./checksum.js";

/** Kinds in the order of their codes: what is stored by key, and the ledger that a folder keeps of it. */
export const ENTRY_KINDS = ["graph", "trace", "evaluator", "value", "ledger"] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Kinds that are looked up by key. */
export const STORED_KINDS = ["graph", "trace", "evaluator", "value"] as const satisfies readonly EntryKind[];
export type StoredKind = (typeof STORED_KINDS)[number];

export const FORMAT_VERSION = 1;
const HEADER_BYTES = 256;
const ALIGNMENT = 64;
const SIGNED = 1;
const SIGNED_BYTES = 112;
/** Dimensions of a section; this version writes one. */
const SHAPE_MAX = 8;
const PREFIX = Uint8Array.of(0xc8, 0x00, 0xfc, 0x53);
const MAGIC = Uint8Array.of(0x89, 0x53, 0x4a, 0x4e, 0x0d, 0x0a, 0x1a, 0x0a);

/** Section names that begin with `expression`, `epoch`, `discrete` or `reward` are reserved for the stages to come. */
export type EntryContent = Wire;

export interface EntryMeta {
  readonly kind: EntryKind;
  readonly key: Uint8Array;
  readonly producer: string;
  /** Name of each key component with its digest in hexadecimal, so that a miss can say which input changed. */
  readonly components: Readonly<Record<string, string>>;
  /** Values of components in words, "10" of `inputs.n`; for private entries, which alone may say them. */
  readonly details?: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly costMs: number;
}

export interface Entry extends EntryMeta, EntryContent {
  readonly signature?: EntrySignature;
}

/** Who vouches for an entry: an ed25519 signature of what its header says, and so of every byte. */
export interface EntrySignature {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly signed: Uint8Array;
}

export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A section as the manifest lists it. */
export interface ManifestRow {
  readonly name: string;
  readonly type: WireType;
  readonly shape: readonly number[];
  readonly codec: "raw";
  readonly offset: number;
  /** 32 bytes, SHA-256; or 16, a tag as checksum.ts says, in entries that are not signed. */
  readonly digest: Uint8Array;
}

/** What follows the header: everything that an entry says of itself in words. */
export interface ManifestData {
  readonly producer: string;
  readonly components: Readonly<Record<string, string>>;
  readonly details?: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly sections: readonly ManifestRow[];
}

/** Why bytes are not a usable entry; `code` is stable and counted, the message is for people. */
export class EntryFault extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const bytesOf = (array: WireArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Bytes of padding object plus section prefix so that the payload after them is aligned. */
const paddingBefore = (position: number): number => {
  const least = position + 2 + 5;
  return Math.ceil(least / ALIGNMENT) * ALIGNMENT - least;
};

export interface EntryOptions {
  readonly signer?: Signer | undefined;
  /** How the sections of an entry that is not signed are checked; default: "sha256". */
  readonly check?: Check | undefined;
}

/** Encodes an entry in one piece. Cost: one copy of the arrays. */
export function encodeEntry(meta: EntryMeta, content: EntryContent, options?: EntryOptions): Buffer {
  return Buffer.concat(entryParts(meta, content, options));
}

/**
 * Encodes an entry as the parts of its file, arrays as they lie in memory; whoever changes them before they are written makes a
 * file that no reader accepts.
 */
export function entryParts(meta: EntryMeta, content: EntryContent, { signer, check }: EntryOptions = {}): Buffer[] {
  const sectionCheck = (!signer && check) || "sha256";
  const names = Object.keys(content.arrays).sort();
  // Offsets depend on the manifest's length and it on them: offsets are relative to the first aligned byte after it.
  let offset = 0;
  const sections = names.map((name): ManifestRow => {
    const array = content.arrays[name];
    const row = {
      name,
      type: wireType(array),
      shape: [array.length],
      codec: "raw" as const,
      offset,
      digest: checkBytes(sectionCheck, bytesOf(array)),
    };
    const end = offset + array.byteLength;
    offset = end + 2 + 5 + paddingBefore(end);
    return row;
  });
  const manifest = pack({
    producer: meta.producer,
    components: meta.components,
    ...(meta.details && { details: meta.details }),
    attributes: content.attributes,
    sections,
  });

  const parts: Buffer[] = [manifest];
  let position = HEADER_BYTES + manifest.length;
  for (const name of names) {
    const payload = bytesOf(content.arrays[name]);
    const prefix = sectionPrefixBytes(position, payload.length);
    parts.push(prefix, payload);
    position += prefix.length + payload.length;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.set(PREFIX, 0);
  header.set(MAGIC, 4);
  header.writeUInt16LE(FORMAT_VERSION, 12);
  header.writeUInt8(ENTRY_KINDS.indexOf(meta.kind), 14);
  header.writeUInt32LE(manifest.length, 16);
  header.writeUInt32LE(names.length, 20);
  header.writeBigUInt64LE(BigInt(position), 24);
  header.set(meta.key, 32);
  header.set(digestOfBytes(manifest), 64);
  header.writeDoubleLE(meta.createdMs, 96);
  header.writeDoubleLE(meta.costMs, 104);
  seal(header, signer);
  return [header, ...parts];
}

function seal(header: Buffer, signer: Signer | undefined): void {
  if (signer) {
    header.writeUInt8(SIGNED, 15);
    header.set(signer.publicKey, 112);
    header.set(signer.sign(header.subarray(0, SIGNED_BYTES)), 144);
  }
  header.set(digestOfBytes(header.subarray(0, 224)), 224);
}

/** The file of an entry, signed anew; its other bytes stay. Throws `EntryFault` when its header is not sound. */
export function signEntry(bytes: Uint8Array, signer: Signer): Buffer {
  const signed = Buffer.from(bytes);
  decodeHeader(signed);
  signed.fill(0, SIGNED_BYTES, 208);
  seal(signed, signer);
  return signed;
}

/** The bytes before a section's payload, which depend on where it lies and how long it is. */
export function sectionPrefixBytes(position: number, length: number): Buffer {
  const padding = paddingBefore(position);
  const prefix = Buffer.alloc(2 + padding + 5);
  prefix[0] = 0xc4;
  prefix[1] = padding;
  prefix[2 + padding] = 0xc6;
  prefix.writeUInt32BE(length, 3 + padding);
  return prefix;
}

export interface Header {
  readonly kind: EntryKind;
  readonly key: Buffer;
  readonly manifestBytes: number;
  readonly sectionCount: number;
  readonly fileBytes: number;
  readonly manifestDigest: Buffer;
  readonly createdMs: number;
  readonly costMs: number;
  readonly signature?: EntrySignature;
}

export const headerBytes = HEADER_BYTES;

/** Reads and checks a header. Throws `EntryFault`. */
export function decodeHeader(bytes: Buffer): Header {
  if (bytes.length < HEADER_BYTES) throw new EntryFault("truncated", `the file ends after ${bytes.length} bytes`);
  if (!bytes.subarray(0, 4).equals(PREFIX) || !bytes.subarray(4, 12).equals(MAGIC))
    throw new EntryFault("magic", "the file does not start as an entry does");
  if (!digestOfBytes(bytes.subarray(0, 224)).equals(bytes.subarray(224, HEADER_BYTES)))
    throw new EntryFault("header-checksum", "the header does not match its checksum");
  const version = bytes.readUInt16LE(12);
  if (version !== FORMAT_VERSION)
    throw new EntryFault("version", `the format version is ${version}, not ${FORMAT_VERSION}`);
  const flags = bytes.readUInt8(15);
  if (flags > SIGNED) throw new EntryFault("flags", `the flags are ${flags}`);
  const kind = ENTRY_KINDS[bytes.readUInt8(14)];
  if (kind === undefined) throw new EntryFault("kind", `the kind code is ${bytes.readUInt8(14)}`);
  const [createdMs, costMs] = [bytes.readDoubleLE(96), bytes.readDoubleLE(104)];
  // they go into sums of a ledger, which one that is no number would spoil
  if (!(createdMs >= 0 && createdMs < Infinity && costMs >= 0 && costMs < Infinity))
    throw new EntryFault("times", `the entry was made at ${createdMs} in ${costMs} ms`);
  return {
    kind,
    key: bytes.subarray(32, 64),
    manifestBytes: bytes.readUInt32LE(16),
    sectionCount: bytes.readUInt32LE(20),
    fileBytes: Number(bytes.readBigUInt64LE(24)),
    manifestDigest: bytes.subarray(64, 96),
    createdMs,
    costMs,
    ...(flags === SIGNED && {
      signature: {
        publicKey: bytes.subarray(112, 144),
        signature: bytes.subarray(144, 208),
        signed: bytes.subarray(0, SIGNED_BYTES),
      },
    }),
  };
}

/** Length of a section's payload. */
export const sectionBytes = ({ type, shape }: Pick<ManifestRow, "type" | "shape">): number =>
  shape.reduce((product, n) => product * n, WIRE_ARRAYS[type].BYTES_PER_ELEMENT);

/**
 * Reads and checks a manifest, which may say anything even when its digest is right, because whoever wrote it made that too.
 * Throws `EntryFault`.
 */
export function decodeManifest(bytes: Buffer, { manifestDigest, sectionCount, signature }: Header): ManifestData {
  if (!digestOfBytes(bytes).equals(manifestDigest))
    throw new EntryFault("manifest-checksum", "the manifest does not match its checksum");
  const fault = (what: string): never => {
    throw new EntryFault("manifest", `the manifest makes no sense: ${what}`);
  };
  let value: unknown;
  try {
    value = unpack(bytes);
  } catch (error) {
    fault((error as Error).message);
  }
  if (!isPlainObject(value)) return fault("it is no map");
  const { producer, components, details, attributes, sections } = value;
  if (typeof producer !== "string") fault("nobody made it");
  if (!areTexts(components)) fault("its components are no texts");
  if (details !== undefined && !areTexts(details)) fault("its details are no texts");
  if (!isPlainObject(attributes)) fault("its attributes are no map");
  if (!Array.isArray(sections) || sections.length !== sectionCount)
    return fault("its sections are not those of the header");
  const names = new Set<string>();
  for (const row of sections as readonly unknown[]) {
    const { name, type, shape, codec, offset, digest } = (isPlainObject(row) ? row : {}) as Partial<ManifestRow>;
    if (typeof name !== "string" || name === "__proto__" || names.has(name))
      return fault("a section has no name of its own");
    names.add(name);
    if (typeof type !== "string" || !Object.hasOwn(WIRE_ARRAYS, type)) return fault(`the section ${name} has no type`);
    const check = digest instanceof Uint8Array ? checkOf(digest) : undefined;
    if (codec !== "raw" || check === undefined) return fault(`the section ${name} cannot be read`);
    // a tag can be had for other bytes too, so that a signature over it would say nothing
    if (signature && check !== "sha256") return fault(`the section ${name} is signed by a mere tag`);
    if (!Array.isArray(shape) || shape.length > SHAPE_MAX || !shape.every(isCount))
      return fault(`the section ${name} has no shape`);
    if (!isCount(offset) || !isCount(sectionBytes({ type, shape }))) return fault(`the section ${name} lies nowhere`);
  }
  return value as unknown as ManifestData;
}

const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
const areTexts = (value: unknown): boolean =>
  isPlainObject(value) && Object.values(value).every((text) => typeof text === "string");

/**
 * Reads and checks a whole entry; arrays are views of `bytes`, which must start at a multiple of 8 in its buffer.
 * Throws `EntryFault`: an entry is either right in every byte or not used at all.
 */
export function decodeEntry(bytes: Buffer, asked: { kind: EntryKind; key: Uint8Array }): Entry {
  const header = decodeHeader(bytes);
  if (header.fileBytes !== bytes.length)
    throw new EntryFault("truncated", `the file has ${bytes.length} bytes and should have ${header.fileBytes}`);
  if (header.kind !== asked.kind || !header.key.equals(asked.key))
    throw new EntryFault("key", "the entry answers another key");
  const manifestEnd = HEADER_BYTES + header.manifestBytes;
  if (manifestEnd > bytes.length) throw new EntryFault("truncated", "the manifest is longer than the file");
  const manifest = decodeManifest(bytes.subarray(HEADER_BYTES, manifestEnd), header);

  const arrays: Record<string, WireArray> = {};
  let position = manifestEnd;
  let relative = 0;
  for (const row of manifest.sections) {
    const construct = WIRE_ARRAYS[row.type];
    const length = sectionBytes(row);
    if (row.offset !== relative || length > bytes.length - position)
      throw new EntryFault("bounds", `the section ${row.name} lies outside the file`);
    const prefix = sectionPrefixBytes(position, length);
    const start = position + prefix.length;
    if (start + length > bytes.length) throw new EntryFault("bounds", `the section ${row.name} lies outside the file`);
    if (!bytes.subarray(position, start).equals(prefix))
      throw new EntryFault("padding", `the bytes before the section ${row.name} are damaged`);
    const payload = bytes.subarray(start, start + length);
    if (!checkBytes(checkOf(row.digest)!, payload).equals(row.digest))
      throw new EntryFault("section-checksum", `the section ${row.name} does not match its checksum`);
    arrays[row.name] = new construct(
      payload.buffer as ArrayBuffer,
      payload.byteOffset,
      length / construct.BYTES_PER_ELEMENT,
    );
    position = start + length;
    relative += length + 2 + 5 + paddingBefore(relative + length);
  }
  if (position !== bytes.length) throw new EntryFault("bounds", "there are bytes after the last section");
  return {
    kind: header.kind,
    key: header.key,
    producer: manifest.producer,
    components: manifest.components,
    ...(manifest.details && { details: manifest.details }),
    ...(header.signature && { signature: header.signature }),
    createdMs: header.createdMs,
    costMs: header.costMs,
    attributes: manifest.attributes,
    arrays,
  };
}
