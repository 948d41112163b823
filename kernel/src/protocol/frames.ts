/**
 * Messages to wire frames and back, with the signature over the four JSON parts. Pure: bytes in, values out.
 *
 *   frame      content
 *   0 … k-1    routing identities (ROUTER) or the topic (PUB)
 *   k          the delimiter `<IDS|MSG>`
 *   k+1        HMAC of the next four frames as lower-case hex; empty when the key is empty
 *   k+2        header, JSON
 *   k+3        parent header, JSON
 *   k+4        metadata, JSON
 *   k+5        content, JSON
 *   k+6 …      raw buffers
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Header, Message, ParentHeader } from "./messages.js";

const DELIMITER = Buffer.from("<IDS|MSG>");

/** How messages are signed; an empty key means unsigned, as the protocol allows. */
export interface Signing {
  readonly key: string;
  /** Hash name as Node knows it, e.g. "sha256". */
  readonly hash: string;
}

export type Decoded = { readonly message: Message } | { readonly refused: string };

function signature(signing: Signing, parts: readonly Uint8Array[]): Buffer {
  if (signing.key === "") return Buffer.alloc(0);
  const hmac = createHmac(signing.hash, signing.key);
  for (const part of parts) hmac.update(part);
  return Buffer.from(hmac.digest("hex"));
}

function object(part: Uint8Array): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an object");
  return value as Record<string, unknown>;
}

export function encodeMessage(signing: Signing, message: Message): Uint8Array[] {
  const parts = [message.header, message.parentHeader, message.metadata, message.content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  );
  return [...message.identities, DELIMITER, signature(signing, parts), ...parts, ...message.buffers];
}

/** Signatures that are remembered to tell a message that was recorded and sent again. */
const SIGNATURES_MAX = 1 << 16;

/** Returns whether a signature was seen before; the oldest are forgotten. */
export function createReplayGuard(max = SIGNATURES_MAX): (signature: string) => boolean {
  const seen = new Set<string>();
  return (given) => {
    if (seen.has(given)) return true;
    seen.add(given);
    if (seen.size > max) seen.delete(seen.values().next().value!);
    return false;
  };
}

/** Decodes one multipart message; anything malformed or wrongly signed is refused with the reason, never thrown. */
export function decodeMessage(
  signing: Signing,
  frames: readonly Uint8Array[],
  isReplay: (signature: string) => boolean = () => false,
): Decoded {
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (at < 0) return { refused: "no delimiter" };
  if (frames.length < at + 6) return { refused: "fewer than four parts" };
  const parts = frames.slice(at + 2, at + 6);
  const expected = signature(signing, parts);
  const given = frames[at + 1]!;
  if (signing.key !== "" && (given.length !== expected.length || !timingSafeEqual(given, expected))) {
    return { refused: "wrong signature" };
  }
  if (signing.key !== "" && isReplay(expected.toString("latin1"))) return { refused: "a signature seen before" };
  try {
    const [header, parentHeader, metadata, content] = parts.map(object) as [
      Record<string, unknown>,
      Record<string, unknown>,
      Record<string, unknown>,
      Record<string, unknown>,
    ];
    if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") {
      return { refused: "a header without msg_type or msg_id" };
    }
    return {
      message: {
        identities: frames.slice(0, at),
        header: header as unknown as Header,
        parentHeader: parentHeader as unknown as ParentHeader,
        metadata,
        content,
        buffers: frames.slice(at + 6),
      },
    };
  } catch (error) {
    return { refused: `malformed JSON (${(error as Error).message})` };
  }
}
