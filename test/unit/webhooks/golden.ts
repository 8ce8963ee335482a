// A push, its key and its signatures, made once with another implementation (OpenSSL through node:crypto) and written down:
// what verifies here was not made by the code that verifies. The private key was thrown away.

export const golden = {
  keyId: 0xc0ffee42,
  /** 600 bytes. */
  body: '[{"data":{"version":"1","clientProvidedSubscriptionName":"6f0f6a9e-1111-4222-8333-1d3b0f6f9c11","healthUserId":"4815162342108151623","operation":"UPSERT","dataType":"exercise","intervals":[{"physicalTimeInterval":{"startTime":"2026-11-20T06:58:12Z","endTime":"2026-11-20T07:29:47Z"},"civilIso8601TimeInterval":{"startTime":"2026-11-20T07:58:12","endTime":"2026-11-20T08:29:47"}}]}},{"data":{"version":"1","clientProvidedSubscriptionName":"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij","healthUserId":"23421615840","operation":"DELETE","dataType":"exercise","intervals":[]}}]',
  /** EcdsaPublicKey with coordinates of 32 bytes. */
  key: "EgYIAxACGAIaIJkyEdtFuQ8XzSEq2/vqDpq+GX9tRRwBZmaXVJxPq7IFIiBrmBz02QYv0DEKNdMAU/7KVBa8zWjk/CPccoslxBwa5g==",
  /** The same key with a leading zero before each coordinate, as Google publishes its own. */
  paddedKey:
    "EgYIAxACGAIaIQCZMhHbRbkPF80hKtv76g6avhl/bUUcAWZml1ScT6uyBSIhAGuYHPTZBi/QMQo10wBT/spUFrzNaOT8I9xyiyXEHBrm",
  /** Of the body, by the length of the DER within: integers with a sign byte, without one, and shorter than 32 bytes. */
  signatures: {
    68: "AcD/7kIwQgIeQAqwbAJUGom7VznaoGpf2S2TtKMvo2uw6/VRz5FaAiALDW2psRgbroFZVtioQ32tpaMMbgXWfJu94p/7n6/7Jw==",
    69: "AcD/7kIwQwIgHRzuIeLPZuLFlaK6u7cKiJutp3neFtJVlP/+Q0JuuMkCH26sYk3XsPjuWTKJ3yGHlv9IKyFSpw8A7xRc0I+odog=",
    70: "AcD/7kIwRAIgGX8RUxePYrb9pAZ2CksVBz1hkOjC0yPsVqFTmpKK5ysCIFPfQToITtMXWKCT04GSvPtGgIPmYVvzdL9vs4ngu3lN",
    71: "AcD/7kIwRQIhAMul+E80X/kD/mm6wxYFPLVbX1Zdm0W9WGSTCvFdFkZbAiBh4ioG7EJCLG3jLHOx5yVoi0fvRmwOsUc5AwcLyIaPDA==",
    72: "AcD/7kIwRgIhAI4j1Ky9uszr8IpsHxUVkk4CVst3ZffRyDfTuH+/5dczAiEAiNWYj9ANwtNAP3V+h5yCDKiUBOmww14smQ+w7s9Cwxo=",
  },
} as const;

export interface KeyEntry {
  readonly keyId?: unknown;
  readonly status?: unknown;
  readonly outputPrefixType?: unknown;
  readonly keyData?: unknown;
}

/** The golden key as an entry of a published set, with changes. */
export function keyEntry(
  changes: KeyEntry & { readonly value?: string; readonly typeUrl?: string } = {},
): KeyEntry {
  const { value, typeUrl, ...others } = changes;
  return {
    keyData: {
      typeUrl: typeUrl ?? "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
      value: value ?? golden.key,
      keyMaterialType: "ASYMMETRIC_PUBLIC",
    },
    status: "ENABLED",
    keyId: golden.keyId,
    outputPrefixType: "TINK",
    ...others,
  };
}

/** A published set of these entries. */
export function keysetOf(...entries: readonly unknown[]): string {
  return JSON.stringify({ primaryKeyId: golden.keyId, key: entries });
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** A protobuf field of bytes; for numbers and lengths below 128. */
export function bytesField(number: number, bytes: Uint8Array | readonly number[]): number[] {
  return [number * 8 + 2, bytes.length, ...bytes];
}
