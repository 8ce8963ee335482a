// Base64 as RFC 4648 §4 has it and no other way: standard alphabet, full padding, no line breaks, no unused bits set. One
// value has one spelling, so nothing that was signed or published can be rewritten and still be taken.

const pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a base64 text, or null when it is not written exactly as it should be. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!pattern.test(text)) return null;
  const binary = atob(text);
  if (btoa(binary) !== text) return null;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
