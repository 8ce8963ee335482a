// Fitbit's proof that a push is its own: X-Fitbit-Signature is base64 of HMAC-SHA1 over the raw body, keyed with the
// client secret followed by "&" (Fitbit reference §2.4, documented). The comparison is WebCrypto's, which takes constant time.

const keys = new Map<string, Promise<CryptoKey>>();

/** Whether `signature` (the header's value) signs exactly these bytes. */
export async function isSignedByFitbit(
  clientSecret: string,
  signature: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const bytes = decodeBase64(signature);
  if (bytes === null) return false;
  return crypto.subtle.verify("HMAC", await importedKey(clientSecret), bytes, body);
}

/** Importing takes as long as verifying, so a key is imported once an isolate. */
function importedKey(clientSecret: string): Promise<CryptoKey> {
  const known = keys.get(clientSecret);
  if (known !== undefined) return known;
  const key = crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(`${clientSecret}&`),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["verify"],
  );
  keys.set(clientSecret, key);
  return key;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  // 20 bytes of SHA-1 are 27 characters and one of padding; anything else is no signature of Fitbit's.
  if (!/^[A-Za-z0-9+/]{27}=$/.test(text)) return null;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
