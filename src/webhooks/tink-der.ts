// An ECDSA signature over P-256 in DER, SEQUENCE { INTEGER r, INTEGER s }, as the 64 bytes that WebCrypto verifies. Only the
// one spelling that DER allows is taken, because a lenient reader would give one signature many forms.

const coordinateBytes = 32;

/** `r` and `s`, 32 bytes each, or null when the bytes are not exactly one such signature. */
export function readEcdsaDer(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  // Two integers of at most 33 bytes fit the short form of a length; the long form would not be DER here.
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 2 + 2 * (2 + coordinateBytes + 1))
    return null;
  const r = readPositiveInteger(der, 2);
  if (r === null) return null;
  const s = readPositiveInteger(der, r.end);
  if (s === null || s.end !== der.length) return null;
  const raw = new Uint8Array(2 * coordinateBytes);
  raw.set(r.magnitude, coordinateBytes - r.magnitude.length);
  raw.set(s.magnitude, 2 * coordinateBytes - s.magnitude.length);
  return raw;
}

/** A DER integer above zero that fits 32 bytes, without its sign byte, and where it ends. */
function readPositiveInteger(der: Uint8Array, start: number): { magnitude: Uint8Array; end: number } | null {
  const length = der[start + 1] ?? 0;
  const end = start + 2 + length;
  if (der[start] !== 0x02 || length === 0 || length >= 0x80 || end > der.length) return null;
  const value = der.subarray(start + 2, end);
  const [first = 0, second = 0] = value;
  if (first >= 0x80) return null; // negative
  if (first === 0 && (length === 1 || second < 0x80)) return null; // zero, or a sign byte that is not needed
  const magnitude = first === 0 ? value.subarray(1) : value;
  return magnitude.length > coordinateBytes ? null : { magnitude, end };
}
