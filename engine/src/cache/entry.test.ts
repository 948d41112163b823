/** The file format: what is written is read back, and no single damaged byte is ever accepted. */
import { addExtension, unpackMultiple } from "msgpackr";
import { describe, expect, it } from "vitest";
import { digestOf, digestOfBytes } from "../base/digest.js";
import { pack, unpack } from "../base/msgpack.js";
import { decodeEntry, EntryFault, type EntryMeta, encodeEntry, signEntry } from "./entry.js";

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
const tagged = encodeEntry(meta, content, { check: "gmac" });

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

  describe.each([
    ["SHA-256", bytes],
    ["tags", tagged],
  ])("checked by %s", (_, file) => {
    it("is refused when any one byte is changed", () => {
      expect(decodeEntry(copy(file), { kind: "graph", key }).arrays).toEqual(content.arrays);
      for (let i = 0; i < file.length; i++)
        for (const flip of [0x01, 0x80, 0xff]) {
          const damaged = copy(file);
          damaged[i] ^= flip;
          expect(() => decodeEntry(damaged, { kind: "graph", key }), `byte ${i} xor ${flip}`).toThrow(EntryFault);
        }
    });

    it("is refused at every other length", () => {
      for (let length = 0; length < file.length; length++)
        expect(() => decodeEntry(copy(file.subarray(0, length)), { kind: "graph", key })).toThrow(EntryFault);
      expect(() => decodeEntry(copy(Buffer.concat([file, Buffer.alloc(1)])), { kind: "graph", key })).toThrow(
        EntryFault,
      );
    });
  });

  it("is signed by SHA-256 whatever check was asked for, and refused where a tag is all that is signed", () => {
    const signer = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) };
    const signed = encodeEntry(meta, content, { signer, check: "gmac" });
    expect(signed.subarray(256).equals(bytes.subarray(256))).toBe(true);
    const forged = signEntry(tagged, signer);
    expect(() => decodeEntry(copy(forged), { kind: "graph", key })).toThrow(/signed by a mere tag/);
  });

  it("has a header that lies as the table says", () => {
    const manifestBytes = bytes.readUInt32LE(16);
    const manifest = bytes.subarray(256, 256 + manifestBytes);
    expect(bytes.subarray(0, 12).toString("hex")).toBe("c800fc5389534a4e0d0a1a0a");
    expect([bytes.readUInt16LE(12), bytes[14], bytes[15], bytes.readUInt32LE(20)]).toEqual([1, 0, 0, 4]);
    expect([bytes.readBigUInt64LE(24), bytes.readDoubleLE(96), bytes.readDoubleLE(104)]).toEqual([
      BigInt(bytes.length),
      12,
      3.5,
    ]);
    expect(bytes.subarray(32, 64).equals(key)).toBe(true);
    expect(bytes.subarray(64, 96).equals(digestOfBytes(manifest))).toBe(true);
    expect(bytes.subarray(112, 224).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(224, 256).equals(digestOfBytes(bytes.subarray(0, 224)))).toBe(true);
  });

  it("holds its signature where the table says, and signing anew changes nothing else", () => {
    const signer = (byte: number) => ({
      publicKey: new Uint8Array(32).fill(byte),
      sign: (what: Uint8Array) => Buffer.concat([digestOfBytes(what), Buffer.alloc(32, byte)]),
    });
    const signed = encodeEntry(meta, content, { signer: signer(7) });
    expect(signed[15]).toBe(1);
    expect(signed.subarray(112, 144).every((byte) => byte === 7)).toBe(true);
    expect(signed.subarray(144, 208).equals(signer(7).sign(signed.subarray(0, 112)))).toBe(true);
    const { signature } = decodeEntry(copy(signed), { kind: "graph", key });
    expect(signature?.publicKey).toEqual(Buffer.alloc(32, 7));
    expect(signature?.signature).toEqual(signed.subarray(144, 208));
    expect(signature?.signed).toEqual(signed.subarray(0, 112));
    expect(decodeEntry(copy(bytes), { kind: "graph", key }).signature).toBeUndefined();
    const again = signEntry(signed, signer(9));
    expect(again.equals(encodeEntry(meta, content, { signer: signer(9) }))).toBe(true);
    expect(again.subarray(256).equals(bytes.subarray(256))).toBe(true);
    const broken = Buffer.from(signed);
    broken[40] ^= 1;
    expect(() => signEntry(broken, signer(9))).toThrow(EntryFault);
  });

  describe("is refused, though its checksums are right, when", () => {
    /** The file with its header changed and its checksum mended. */
    const withHeader = (change: (header: Buffer) => void): Buffer => {
      const changed = copy(bytes);
      change(changed);
      changed.set(digestOfBytes(changed.subarray(0, 224)), 224);
      return changed;
    };
    /** The file with its manifest changed; sections stay where they were as far as its length allows. */
    const withManifest = (change: (manifest: Record<string, never>) => void): Buffer => {
      const end = 256 + bytes.readUInt32LE(16);
      const manifest = unpack(bytes.subarray(256, end)) as Record<string, never>;
      change(manifest);
      const packed = pack(manifest);
      const changed = copy(Buffer.concat([bytes.subarray(0, 256), packed, bytes.subarray(end)]));
      changed.writeUInt32LE(packed.length, 16);
      changed.writeBigUInt64LE(BigInt(changed.length), 24);
      changed.set(digestOfBytes(packed), 64);
      changed.set(digestOfBytes(changed.subarray(0, 224)), 224);
      return changed;
    };
    const row = (manifest: Record<string, never>, i = 0) => (manifest.sections as Record<string, unknown>[])[i];
    const cases: readonly [what: string, code: string, file: Buffer][] = [
      ["its version is another", "version", withHeader((header) => header.writeUInt16LE(2, 12))],
      ["it has flags that do not exist", "flags", withHeader((header) => header.writeUInt8(2, 15))],
      ["its kind does not exist", "kind", withHeader((header) => header.writeUInt8(5, 14))],
      ["it was made at no time", "times", withHeader((header) => header.writeDoubleLE(NaN, 96))],
      ["it was made before all time", "times", withHeader((header) => header.writeDoubleLE(-1, 96))],
      ["it cost no number", "times", withHeader((header) => header.writeDoubleLE(Infinity, 104))],
      ["its length is another", "truncated", withHeader((header) => header.writeBigUInt64LE(1n, 24))],
      ["its manifest is longer than it", "truncated", withHeader((header) => header.writeUInt32LE(2 ** 31, 16))],
      ["it has another number of sections", "manifest", withHeader((header) => header.writeUInt32LE(5, 20))],
      ["nobody made it", "manifest", withManifest((manifest) => Reflect.deleteProperty(manifest, "producer"))],
      ["components are no texts", "manifest", withManifest((m) => Object.assign(m, { components: { rule: 3 } }))],
      ["details are no texts", "manifest", withManifest((m) => Object.assign(m, { details: [] }))],
      ["attributes are a list", "manifest", withManifest((m) => Object.assign(m, { attributes: [] }))],
      ["sections are no list", "manifest", withManifest((m) => Object.assign(m, { sections: 4 }))],
      ["a section has no type", "manifest", withManifest((m) => Object.assign(row(m), { type: "toString" }))],
      ["a section has another codec", "manifest", withManifest((m) => Object.assign(row(m), { codec: "zip" }))],
      ["a section has a text for its digest", "manifest", withManifest((m) => Object.assign(row(m), { digest: "ab" }))],
      ["a section has a part of an element", "manifest", withManifest((m) => Object.assign(row(m), { shape: [0.5] }))],
      ["a section has less than nothing", "manifest", withManifest((m) => Object.assign(row(m), { shape: [-1] }))],
      ["a section is endless", "manifest", withManifest((m) => Object.assign(row(m), { shape: [2 ** 52, 4] }))],
      [
        "a section has many dimensions",
        "manifest",
        withManifest((m) => Object.assign(row(m), { shape: Array(9).fill(1) })),
      ],
      ["two sections have one name", "manifest", withManifest((m) => Object.assign(row(m), { name: row(m, 1).name }))],
      [
        "a section is named after the prototype",
        "manifest",
        withManifest((m) => Object.assign(row(m), { name: "__proto__" })),
      ],
      ["a section reaches beyond the file", "bounds", withManifest((m) => Object.assign(row(m), { shape: [2 ** 20] }))],
      ["a section lies elsewhere", "bounds", withManifest((m) => Object.assign(row(m), { offset: 64 }))],
    ];
    it.each(cases)("%s", (_, code, file) => {
      expect(() => decodeEntry(file, { kind: "graph", key })).toThrow(expect.objectContaining({ code }));
    });
  });

  it("does not answer another key or kind", () => {
    expect(() => decodeEntry(copy(bytes), { kind: "trace", key })).toThrow(/another key/);
    expect(() => decodeEntry(copy(bytes), { kind: "graph", key: digestOf("other") })).toThrow(/another key/);
  });
});
