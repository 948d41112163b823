/** ed25519 keys: made, kept in files of one's own, and as signers of entries and libraries. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { InputError } from "../base/errors.js";
import type { EntrySignature, Signer } from "./entry.js";
import { isErrno } from "./fault.js";
import { fs } from "./file-system.js";
import { modeText } from "./permissions.js";

/** What DER puts before the 32 bytes of an ed25519 public key (RFC 8410). */
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

const KEY_BYTES_MAX = 10_000;

/** A public key of 32 bytes. Throws when they are none. */
export const publicKeyObject = (key: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, key]), format: "der", type: "spki" });

/** A new key as the text of its file (PEM), and its public half in hexadecimal. */
export function newSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    publicKey: rawPublicKey(publicKey).toString("hex"),
  };
}

const rawPublicKey = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" }).subarray(-32);

/** Signs by a key as `newSigningKey` makes it. Throws `InputError` with code `bad-key-file`. */
export function signerFrom(pem: string): Signer {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new InputError(
      "bad-key-file",
      `Cannot use the signing key: it is no private key in PEM (${(error as Error).message}).`,
    );
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new InputError(
      "bad-key-file",
      `Cannot use the signing key: it is of the type ${key.asymmetricKeyType} and must be ed25519.`,
    );
  return { publicKey: rawPublicKey(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) };
}

/**
 * The signer of a key file, which nobody else may read or write. Throws `InputError` with code `bad-key-file`.
 */
export function readSigner(file: string, own: number | undefined): Signer {
  const refuse = (what: string): never => {
    throw new InputError("bad-key-file", `Cannot use the signing key ${file}: ${what}.`);
  };
  let pem = "";
  try {
    const handle = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const { mode, uid, size } = fs.fstatSync(handle);
      if (own !== undefined && uid !== own && uid !== 0) refuse(`it belongs to user ${uid}`);
      if (own !== undefined && (mode & 0o077) !== 0)
        refuse(`others may read or write it (mode ${modeText(mode)}); chmod 600 closes it`);
      if (size > KEY_BYTES_MAX) refuse("it is too long for a key");
      pem = fs.readFileSync(handle, "utf8");
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    refuse(isErrno(error, "ENOENT") ? "there is no such file; sojourn keys new makes one" : (error as Error).message);
  }
  return signerFrom(pem);
}

/** Whether a signature is that of the key that it names. Cost: about 0.1 ms. */
export function isSigned({ publicKey, signature, signed }: EntrySignature): boolean {
  try {
    return verify(null, signed, publicKeyObject(publicKey), signature);
  } catch {
    return false;
  }
}
