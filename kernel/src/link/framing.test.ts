import fc from "fast-check";
import { expect, it } from "vitest";
import { createReader, createWriter } from "./framing.js";

it("gives back every message however the stream is cut", () => {
  const message = fc.record({ type: fc.string(), text: fc.string({ maxLength: 300 }), bytes: fc.uint8Array() });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(50), { minLength: 1 }), (messages, cuts) => {
      const written: Uint8Array[] = [];
      const write = createWriter({ write: (bytes) => written.push(bytes) });
      for (const one of messages) write(one);
      const stream = Buffer.concat(written);
      const received: unknown[] = [];
      const read = createReader((one) => received.push(one));
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = cuts[turn % cuts.length]! + 1;
        read(stream.subarray(at, at + size));
        at += size;
      }
      expect(received.map((one) => ({ ...(one as object), bytes: [...(one as { bytes: Uint8Array }).bytes] }))).toEqual(
        messages.map((one) => ({ ...one, bytes: [...one.bytes] })),
      );
    }),
  );
});
