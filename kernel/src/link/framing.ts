/**
 * Framing of the pipe between supervisor and executor: a little-endian uint32 with the number of bytes, then one
 * MessagePack value. `createReader` takes chunks as they come and calls back once for each whole message.
 */
import { createCodec } from "@sojourn/engine/msgpack";

const PREFIX_BYTES = 4;

export function frame(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + payload.byteLength);
  bytes.writeUInt32LE(payload.byteLength, 0);
  bytes.set(payload, PREFIX_BYTES);
  return bytes;
}

export interface Writable {
  write(bytes: Uint8Array): unknown;
}

/** Returns a function that writes one message. */
export function createWriter<Outgoing>(target: Writable): (message: Outgoing) => void {
  const codec = createCodec();
  return (message) => {
    target.write(frame(codec.pack(message)));
  };
}

/** Returns a function that takes the next chunk of the stream. */
export function createReader<Incoming>(onMessage: (message: Incoming) => void): (chunk: Uint8Array) => void {
  const codec = createCodec();
  let chunks: Uint8Array[] = [];
  let length = 0;
  let wanted = PREFIX_BYTES;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.byteLength;
    // Joined only when a whole message is there, so that a message of many chunks is copied once.
    if (length < wanted) return;
    const bytes = Buffer.concat(chunks, length);
    let at = 0;
    wanted = PREFIX_BYTES;
    while (length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + bytes.readUInt32LE(at);
      wanted = end - at;
      if (end > length) break;
      const message = codec.unpack(bytes.subarray(at + PREFIX_BYTES, end)) as Incoming;
      at = end;
      wanted = PREFIX_BYTES;
      onMessage(message);
    }
    chunks = at < length ? [bytes.subarray(at)] : [];
    length -= at;
  };
}
