/**
 * MessagePack with options fixed once, so that the same value always gives the same bytes and no input can make
 * the decoder build record classes or shared structures. The one importer of msgpackr.
 */
import { Packr, Unpackr } from "msgpackr";

const OPTIONS = { useRecords: false, mapsAsObjects: true, variableMapSize: true } as const;

/** Encodes plain data: null, booleans, numbers, strings, bytes, arrays and objects with string keys. */
export function pack(value: unknown): Buffer {
  return new Packr(OPTIONS).pack(value) as Buffer;
}

/** Decodes one value; throws on anything that is not exactly one MessagePack value. */
export function unpack(bytes: Uint8Array): unknown {
  return new Unpackr(OPTIONS).unpack(bytes as Buffer);
}

/** An encoder and decoder to keep for many small messages; not for use by two threads. */
export function createCodec(): { pack(value: unknown): Buffer; unpack(bytes: Uint8Array): unknown } {
  const packr = new Packr(OPTIONS);
  return { pack: (value) => packr.pack(value) as Buffer, unpack: (bytes) => packr.unpack(bytes as Buffer) };
}
