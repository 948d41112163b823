/** Reading files: all of them, whatever comes at once, every handle closed again, and nothing that the store cannot have written. */
import { describe, expect, it } from "vitest";
import { contentOf, keyOf, kindOf, metaOf } from "../../../test/support/crash-workload.js";
import { SimulatedFiles } from "../../../test/support/simulated-files.js";
import { encodeEntry } from "./entry.js";
import type { FileSystem } from "./file-system.js";
import { ENTRY_BYTES_MAX, namesIn, readManifest, readSmall, readWhole, readWholeNow, ShortRead } from "./read.js";

const USER = 1001;
const file = encodeEntry({ ...metaOf(1), details: { "inputs.n": "1" } }, contentOf(1));

interface Made {
  readonly files: FileSystem;
  /** Handles that are open. */
  readonly held: () => number;
  /** Reads so far, as places and lengths. */
  readonly reads: (readonly [number, number])[];
}

/** A disk with one file `/x` of a user, of which reads give so many bytes at once. */
async function make(bytes: Buffer, partBytes = Number.POSITIVE_INFINITY, size = bytes.length): Promise<Made> {
  const disk = new SimulatedFiles({ clock: () => 1, uid: USER });
  const view = disk.view();
  const handle = await view.open("/x", "wx", 0o600);
  await handle.write(bytes, 0, bytes.length);
  await view.mkdir("/folder", { mode: 0o700 });
  let held = 0;
  const reads: [number, number][] = [];
  const reading = disk.view({ part: (length) => Math.min(length, partBytes) });
  const files: FileSystem = {
    ...reading,
    async open(path, flags, mode) {
      const opened = await reading.open(path, flags, mode);
      held++;
      return {
        ...opened,
        stat: async () => {
          const stat = await opened.stat();
          return stat.isFile() ? { ...stat, size, isFile: () => true } : stat;
        },
        read: (buffer, offset, length, position) => {
          reads.push([position, length]);
          return opened.read(buffer, offset, length, position);
        },
        close: async () => {
          held--;
          await opened.close();
        },
      };
    },
  };
  return { files, held: () => held, reads };
}

describe("a whole file", () => {
  for (const part of [Number.POSITIVE_INFINITY, 100, 1])
    it(`is read when ${part} bytes come at once`, async () => {
      const { files, held, reads } = await make(file, part);
      expect((await readWhole(files, "/x", USER)).equals(file)).toBe(true);
      expect(held()).toBe(0);
      expect(reads).toHaveLength(Math.ceil(file.length / Math.min(part, file.length)));
    });

  it("that ends before its size is a short read, with how far it came", async () => {
    const { files, held } = await make(file, 100, file.length + 5);
    await expect(readWhole(files, "/x", USER)).rejects.toThrow(
      new ShortRead(`the file ended after ${file.length} bytes`),
    );
    expect(held()).toBe(0);
  });

  it("of somebody else, of none, too large, or a folder is refused, and its handle closed", async () => {
    const { files, held } = await make(file);
    await expect(readWhole(files, "/x", USER + 1)).rejects.toMatchObject({ code: "owner" });
    expect((await readWhole(files, "/x", undefined)).length).toBe(file.length);
    await expect(readWhole(files, "/folder", USER)).rejects.toMatchObject({ code: "not-a-file" });
    await expect(readWhole(files, "/none", USER)).rejects.toMatchObject({ code: "ENOENT" });
    expect(held()).toBe(0);
    const large = await make(file, 100, ENTRY_BYTES_MAX + 1);
    await expect(readWhole(large.files, "/x", USER)).rejects.toMatchObject({ code: "size" });
    const largest = await make(file, 100, ENTRY_BYTES_MAX);
    await expect(readManifest(largest.files, "/x", USER)).rejects.toMatchObject({ code: "truncated" });
    expect([large.held(), largest.held()]).toEqual([0, 0]);
  });
});

describe("a manifest", () => {
  for (const part of [Number.POSITIVE_INFINITY, 7])
    it(`is read without the sections when ${part} bytes come at once`, async () => {
      const { files, held, reads } = await make(file, part);
      const { header, producer, components, details, attributes } = await readManifest(files, "/x", USER);
      expect([header.kind, header.key.equals(keyOf(1)), header.fileBytes]).toEqual([kindOf(1), true, file.length]);
      expect({ producer, components, details, attributes }).toEqual({
        producer: "crash",
        components: { inputs: "1" },
        details: { "inputs.n": "1" },
        attributes: contentOf(1).attributes,
      });
      expect(held()).toBe(0);
      const end = 256 + file.readUInt32LE(16);
      expect(Math.max(...reads.map(([position, length]) => position + length))).toBe(end);
    });

  it("says of an entry without details that there are none", async () => {
    const { files } = await make(encodeEntry(metaOf(1), contentOf(1)));
    expect((await readManifest(files, "/x", USER)).details).toEqual({});
  });

  it("of a file that is cut, or damaged there, is refused", async () => {
    const end = 256 + file.readUInt32LE(16);
    for (const length of [0, 255, 256, end - 1, file.length - 1]) {
      const { files, held } = await make(file.subarray(0, length));
      await expect(readManifest(files, "/x", USER)).rejects.toMatchObject({ code: "truncated" });
      expect(held()).toBe(0);
    }
    const damaged = Buffer.from(file);
    damaged[end - 1] ^= 1;
    const { files } = await make(damaged);
    await expect(readManifest(files, "/x", USER)).rejects.toMatchObject({ code: "manifest-checksum" });
  });
});

describe("a file at once", () => {
  it("is read when it is the owner's, and not where the file system cannot", async () => {
    const { files } = await make(file);
    expect(readWholeNow(files, "/x", USER)?.equals(file)).toBe(true);
    expect(readWholeNow(files, "/x", undefined)?.equals(file)).toBe(true);
    expect(() => readWholeNow(files, "/x", USER + 1)).toThrow(expect.objectContaining({ code: "owner" }));
    const { readNow: _, ...without } = files;
    expect(readWholeNow(without, "/x", USER)).toBeUndefined();
  });
});

describe("a small file", () => {
  it("is read up to what is asked, with its owner", async () => {
    const { files, held } = await make(Buffer.from("0123456789"), 3);
    expect(await readSmall(files, "/x", 100)).toEqual({ bytes: Buffer.from("0123456789"), uid: USER });
    expect(await readSmall(files, "/x", 4)).toEqual({ bytes: Buffer.from("0123"), uid: USER });
    await expect(readSmall(files, "/folder", 4)).rejects.toMatchObject({ code: "not-a-file" });
    expect(held()).toBe(0);
  });
});

describe("names in a folder", () => {
  it("are sorted; where there is no folder there are none, and other errors are thrown", async () => {
    const { files } = await make(file);
    const handle = await files.open("/folder/b", "wx");
    await handle.close();
    await files.mkdir("/folder/a", { mode: 0o700 });
    expect(await namesIn(files, "/folder")).toEqual(["a", "b"]);
    expect([await namesIn(files, "/none"), await namesIn(files, "/x")]).toEqual([[], []]);
    const broken = { ...files, readdir: () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })) };
    await expect(namesIn(broken, "/folder")).rejects.toMatchObject({ code: "EIO" });
  });
});
