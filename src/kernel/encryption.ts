// Tokens at rest: AES-256-GCM with a key id in front and the owner's id as associated data, so that a ciphertext moved to
// another connection does not open. The first key of the ring encrypts, every key decrypts: keys rotate by adding one in front.

import type { TokenKey } from "./configuration.ts";

const imported = new Map<string, Promise<CryptoKey>>();

/**
 * Encrypts `plaintext` for `owner` (a connection's id, or another name that never changes).
 * Answers `v1.<key id>.<nonce>.<ciphertext>`, both last parts base64url.
 */
export async function encrypt(keys: readonly TokenKey[], owner: string, plaintext: string): Promise<string> {
  const key = keys[0];
  if (key === undefined) throw new Error("encrypt: the key ring is empty");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(owner) },
    await importKey(key),
    new TextEncoder().encode(plaintext),
  );
  return `v1.${key.id}.${toBase64Url(nonce)}.${toBase64Url(new Uint8Array(ciphertext))}`;
}

/** Opens what `encrypt` made for the same owner; null when the key is gone, the owner is another, or a byte changed. */
export async function decrypt(
  keys: readonly TokenKey[],
  owner: string,
  sealed: string,
): Promise<string | null> {
  const [version, keyId, nonce, ciphertext] = sealed.split(".");
  const key = keys.find((candidate) => candidate.id === keyId);
  if (version !== "v1" || key === undefined || nonce === undefined || ciphertext === undefined) return null;
  try {
    const plaintext = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: fromBase64Url(nonce), additionalData: new TextEncoder().encode(owner) },
      await importKey(key),
      fromBase64Url(ciphertext),
    );
    return new TextDecoder().decode(plaintext);
  } catch {
    return null;
  }
}

function importKey(key: TokenKey): Promise<CryptoKey> {
  const known = imported.get(key.key);
  if (known !== undefined) return known;
  const bytes = Uint8Array.from(atob(key.key), (character) => character.charCodeAt(0));
  const promise = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  imported.set(key.key, promise);
  return promise;
}

/** Base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
