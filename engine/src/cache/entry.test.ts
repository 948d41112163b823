/** The file format: what is written is read back, and no single damaged byte is ever accepted. */
import { addExtension, unpackMultiple } from "msgpackr";
import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.js";
import { decodeEntry, EntryFault, type EntryMeta, encodeEntry } from "./entry.js";

const key = digestOf("a key");
const meta: EntryMeta = {
  kind: "graph",
  key,
  producer: "test",
  components: { rule: "ab" },
  createdMs: 12,
  costMs: 3.5,
};
const content = {
  attributes: { name: "coalescent", counts: [1, 2] },
  arrays: {
    targets: Int32Array.of(3, 1, 2),
    bases: Float64Array.of(0.5, -0, 1e300),
    empty: new Float64Array(0),
    marks: Uint8Array.of(7),
  },
};
const bytes = encodeEntry(meta, content);

/** As a read from a file gives it: a buffer of its own. */
const copy = (from: Uint8Array): Buffer => {
  const buffer = Buffer.allocUnsafeSlow(from.length);
  buffer.set(from);
  return buffer;
};

describe("an entry", () => {
  it("comes back as it was, without a copy and aligned", () => {
    const file = copy(bytes);
    const entry = decodeEntry(file, { kind: "graph", key });
    expect(entry.attributes).toEqual(content.attributes);
    expect(entry.arrays).toEqual(content.arrays);
    expect([entry.producer, entry.createdMs, entry.costMs, entry.components]).toEqual([
      "test",
      12,
      3.5,
      { rule: "ab" },
    ]);
    for (const array of Object.values(entry.arrays)) {
      expect(array.buffer).toBe(file.buffer);
      expect(array.byteOffset % 64).toBe(0);
    }
  });

  it("is a sequence of MessagePack values that any reader can list", () => {
    addExtension({ type: 0x53, unpack: (header: Buffer) => header });
    const [header, manifest, ...rest] = unpackMultiple(copy(bytes)) as [
      Buffer,
      { sections: { name: string }[] },
      ...Uint8Array[],
    ];
    expect(header.length).toBe(252);
    expect(manifest.sections.map(({ name }) => name)).toEqual(["bases", "empty", "marks", "targets"]);
    expect(rest.filter((_, i) => i % 2 === 1).map((value) => value.length)).toEqual([24, 0, 1, 12]);
  });

  it("is refused when any one byte is changed", () => {
    for (let i = 0; i < bytes.length; i++)
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = copy(bytes);
        damaged[i] ^= flip;
        expect(() => decodeEntry(damaged, { kind: "graph", key }), `byte ${i} xor ${flip}`).toThrow(EntryFault);
      }
  });

  it("is refused at every other length", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeEntry(copy(bytes.subarray(0, length)), { kind: "graph", key })).toThrow(EntryFault);
    expect(() => decodeEntry(copy(Buffer.concat([bytes, Buffer.alloc(1)])), { kind: "graph", key })).toThrow(
      EntryFault,
    );
  });

  it("does not answer another key or kind", () => {
    expect(() => decodeEntry(copy(bytes), { kind: "trace", key })).toThrow(/another key/);
    expect(() => decodeEntry(copy(bytes), { kind: "graph", key: digestOf("other") })).toThrow(/another key/);
  });
});
