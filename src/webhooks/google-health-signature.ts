// Google's proof that a push is its own: Tink's wire format, base64(0x01 || key id || DER(ECDSA over P-256 and SHA-256)) over
// the raw body (reference §6.6, documented). Pure but for WebCrypto: whose keys they are is google-health-keys.ts. The header
// carries no time, so a replay is stopped by nothing here: a hint that came before is harmless (rule 2).

import { decodeBase64 } from "./base64.ts";
import { readEcdsaDer } from "./tink-der.ts";
import type { VerifyingKey } from "./tink-keyset.ts";

/** Tink's output prefix: a byte that says which, then the key's id, big-endian. */
const tinkPrefix = 0x01;
const prefixBytes = 5;

export interface Signature {
  readonly keyId: number;
  /** `r || s`, 32 bytes each. */
  readonly raw: Uint8Array<ArrayBuffer>;
}

export type SignatureReading =
  | { readonly status: "read"; readonly signature: Signature }
  /** No base64, too short, or no DER. */
  | { readonly status: "malformed" }
  /** Another of Tink's formats (RAW, LEGACY, CRUNCHY), or none. */
  | { readonly status: "wrong_prefix" };

/** Reads the header's value. */
export function readSignature(header: string): SignatureReading {
  const bytes = decodeBase64(header);
  if (bytes === null || bytes.length <= prefixBytes) return { status: "malformed" };
  if (bytes[0] !== tinkPrefix) return { status: "wrong_prefix" };
  const raw = readEcdsaDer(bytes.subarray(prefixBytes));
  if (raw === null) return { status: "malformed" };
  return { status: "read", signature: { keyId: new DataView(bytes.buffer).getUint32(1), raw } };
}

export type Verdict = "verified" | "unknown_key" | "bad_signature";

/** Whether one of `keys` that has the signature's id has signed exactly these bytes. */
export async function verifySignature(
  keys: readonly VerifyingKey[],
  signature: Signature,
  body: Uint8Array<ArrayBuffer>,
): Promise<Verdict> {
  let verdict: Verdict = "unknown_key";
  for (const { keyId, key } of keys) {
    if (keyId !== signature.keyId) continue;
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    if (await crypto.subtle.verify(algorithm, key, signature.raw, body)) return "verified";
    verdict = "bad_signature";
  }
  return verdict;
}
