// Whether a push is Google's: every way in which a signature can be wrong is refused, and what Tink writes is taken. Against
// vectors that another implementation made (golden.ts).

import { describe, expect, it } from "vitest";
import { readSignature, verifySignature } from "../../../src/webhooks/google-health-signature.ts";
import { readTinkKeyset } from "../../../src/webhooks/tink-keyset.ts";
import { bytesField, fromBase64, golden, keyEntry, keysetOf, toBase64 } from "./golden.ts";

const encoder = new TextEncoder();
const body = new Uint8Array(encoder.encode(golden.body));
const signature = golden.signatures[72];
const signatureBytes = fromBase64(signature);

/** What the endpoint would come to think of a header. */
async function judge(header: string, bytes = body, keyset = keysetOf(keyEntry())): Promise<string> {
  const reading = readSignature(header);
  if (reading.status !== "read") return reading.status;
  const keys = await readTinkKeyset(keyset);
  return keys === null ? "no_keys" : await verifySignature(keys, reading.signature, bytes);
}

/** The prefix and this DER, or anything in its place, as a header. */
const headerOf = (der: Uint8Array | readonly number[], prefix = signatureBytes.subarray(0, 5)) =>
  toBase64(Uint8Array.from([...prefix, ...der]));

const integer = (bytes: readonly number[]) => [0x02, bytes.length, ...bytes];
const sequence = (...content: readonly number[]) => [0x30, content.length, ...content];
const der = [...signatureBytes.subarray(5)];
/** The golden signature's integers: 33 bytes each, a zero in front. */
const r = der.slice(4, 37);
const s = der.slice(39);

describe("a push is Google's", () => {
  it.each(Object.entries(golden.signatures))(
    "with a signature whose DER has %s bytes",
    async (length, header) => {
      expect(fromBase64(header).length).toBe(5 + Number(length));
      expect(await judge(header)).toBe("verified");
    },
  );

  it("with a key whose coordinates have 33 bytes, the first one zero", async () => {
    const keyset = keysetOf(keyEntry({ value: golden.paddedKey }));
    for (const header of Object.values(golden.signatures)) {
      expect(await judge(header, body, keyset)).toBe("verified");
    }
  });

  it("with any key of the set that has the signature's id, also when two have it", async () => {
    const other = keyEntry({ value: await freshKey("P-256") });
    expect(await judge(signature, body, keysetOf(other, keyEntry()))).toBe("verified");
    expect(await judge(signature, body, keysetOf(keyEntry(), other))).toBe("verified");
  });

  it("when it is put together by hand from its parts, which the cases below break one by one", async () => {
    expect(headerOf(sequence(...integer(r), ...integer(s)))).toBe(signature);
  });
});

describe("a push is refused", () => {
  it("when any one bit of its 600 bytes is another", async () => {
    expect(body.length).toBe(600);
    const keys = (await readTinkKeyset(keysetOf(keyEntry()))) ?? [];
    const reading = readSignature(signature);
    if (reading.status !== "read") throw new Error("the vector is broken");
    const verdicts = new Set<string>();
    for (let bit = 0; bit < body.length * 8; bit++) {
      verdicts.add(await verifySignature(keys, reading.signature, flipped(body, bit)));
    }
    expect([...verdicts]).toEqual(["bad_signature"]);
  });

  it.each(Object.entries(golden.signatures))(
    "when any one bit of its signature of %s bytes is another",
    async (_length, header) => {
      const bytes = fromBase64(header);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const verdict = await judge(toBase64(flipped(bytes, bit)));
        expect(verdict, `bit ${bit}`).not.toBe("verified");
        if (bit < 8) expect(verdict).toBe("wrong_prefix");
        else if (bit < 40) expect(verdict).toBe("unknown_key");
      }
    },
  );

  it("when its signature is cut off at any length, or has a byte more", async () => {
    for (let length = 0; length < signatureBytes.length; length++) {
      expect(await judge(toBase64(signatureBytes.subarray(0, length))), `${length}`).toBe("malformed");
    }
    expect(await judge(toBase64(Uint8Array.from([...signatureBytes, 0])))).toBe("malformed");
  });

  it("when the header is cut off at any character", async () => {
    for (let length = 0; length < signature.length; length++) {
      expect(await judge(signature.slice(0, length)), `${length}`).toBe("malformed");
    }
  });

  it("when the same JSON is written anew, with other bytes", async () => {
    const rewritten = JSON.stringify(JSON.parse(golden.body), null, 1);
    expect(await judge(signature, new Uint8Array(encoder.encode(rewritten)))).toBe("bad_signature");
    expect(await judge(signature, new Uint8Array(encoder.encode(`${golden.body}\n`)))).toBe("bad_signature");
    expect(await judge(signature, new Uint8Array())).toBe("bad_signature");
  });

  it("when its key id is not in the set", async () => {
    const header = headerOf(der, Uint8Array.from([1, 0xc0, 0xff, 0xee, 0x43]));
    expect(await judge(header)).toBe("unknown_key");
  });

  it("when another key has its id", async () => {
    const keyset = keysetOf(keyEntry({ value: await freshKey("P-256") }));
    expect(await judge(signature, body, keyset)).toBe("bad_signature");
  });

  it.each([
    ["the prefix of RAW, which is none", der],
    ["the prefix byte of LEGACY and CRUNCHY", [0, ...signatureBytes.subarray(1)]],
    ["a prefix byte of 2", [2, ...signatureBytes.subarray(1)]],
  ])("with %s", async (_name, bytes) => {
    expect(await judge(toBase64(Uint8Array.from(bytes)))).toBe("wrong_prefix");
  });

  /** The content of the golden signature that has room for more within the length of the longest. */
  const short = [...fromBase64(golden.signatures[68]).subarray(7)];
  const zero32 = new Array<number>(32).fill(0);
  it.each<[string, readonly number[]]>([
    ["r and s one after the other instead of DER", [...r.slice(1), ...s.slice(1)]],
    ["a length in the long form", [0x30, 0x81, der.length - 2, ...der.slice(2)]],
    ["an integer's length in the long form", sequence(0x02, 0x81, r.length, ...r, ...integer(s))],
    ["a length of its own that is too short", [0x30, der.length - 3, ...der.slice(2)]],
    ["a length of its own that is too long", [0x30, der.length - 1, ...der.slice(2)]],
    ["an indefinite length", [0x30, 0x80, ...der.slice(2), 0, 0]],
    ["a byte behind it", [...der, 0]],
    ["a byte behind s that the sequence counts", sequence(...integer(r), ...integer(s), 0)],
    ["a byte behind the s of a short one", sequence(...short, 0)],
    ["a third integer after a short one", sequence(...short, ...integer([1]))],
    ["a third integer", sequence(...integer(r), ...integer(s), ...integer([1]))],
    ["one integer only", sequence(...integer(r))],
    ["nothing in it", sequence()],
    ["a negative r", sequence(...integer(r.slice(1)), ...integer(s))],
    ["a negative s", sequence(...integer(r), ...integer(s.slice(1)))],
    ["a zero too many before r", sequence(...integer([0, ...r]), ...integer(s))],
    ["a zero too many before s", sequence(...integer(r), ...integer([0, 0x11, ...s.slice(3)]))],
    ["an r of zero", sequence(...integer([0]), ...integer(s))],
    ["an s of zero", sequence(...integer(r), ...integer([0]))],
    ["an s of many zeros", sequence(...integer(r), ...integer(zero32))],
    ["an r without bytes", sequence(...integer([]), ...integer(s))],
    ["an s without bytes", sequence(...integer(r), ...integer([]))],
    ["an r of 33 bytes that are all its value", sequence(...integer([1, ...r.slice(1)]), ...integer(s))],
    ["an s of 34 bytes", sequence(...integer(r), ...integer([0x11, ...s]))],
    ["an r that ends behind the signature", sequence(0x02, 0x60, ...r, ...integer(s))],
    ["an OCTET STRING for r", sequence(0x04, r.length, ...r, ...integer(s))],
    ["a SET around it", [0x31, ...der.slice(1)]],
    ["a sequence in a sequence", sequence(...der)],
  ])("with a signature that is %s", async (_name, bytes) => {
    expect(await judge(headerOf(bytes))).toBe("malformed");
  });

  it("with r and s changed over", async () => {
    expect(await judge(headerOf(sequence(...integer(s), ...integer(r))))).toBe("bad_signature");
  });

  it("with r and s at the largest values that fit, which the curve has not", async () => {
    const largest = [0, ...new Array<number>(32).fill(0xff)];
    expect(await judge(headerOf(sequence(...integer(largest), ...integer(largest))))).toBe("bad_signature");
  });

  const urlSafe = signature.replaceAll("+", "-").replaceAll("/", "_");
  it.each([
    ["in URL-safe letters", urlSafe],
    ["without padding", signature.replaceAll("=", "")],
    ["with padding too much", `${signature}=`],
    ["with a line break at its end", `${signature}\n`],
    ["with a space in it", `${signature.slice(0, 20)} ${signature.slice(20)}`],
    ["in quotes", `"${signature}"`],
    ["twice, as two headers of one name arrive", `${signature}, ${signature}`],
    ["with bits set that no byte uses", `${signature.slice(0, -2)}p=`],
    ["with a word before it", `v1=${signature}`],
    ["that is empty", ""],
    ["that is no base64 at all", "not a signature"],
    ["in hexadecimal", [...signatureBytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")],
  ])("with a header %s", async (_name, header) => {
    expect(header).not.toBe(signature);
    expect(await judge(header)).not.toBe("verified");
  });

  it("with a header whose unused bits are set although it means the same bytes", () => {
    const spelled = `${signature.slice(0, -2)}p=`;
    expect(signature.slice(-2)).toBe("o=");
    expect(atob(spelled)).toBe(atob(signature));
    expect(readSignature(spelled).status).toBe("malformed");
  });
});

describe("a key of the set verifies nothing", () => {
  const params = (hash: number, curve: number, encoding: number) =>
    bytesField(2, [0x08, hash, 0x10, curve, 0x18, encoding]);
  const keyBytes = fromBase64(golden.key);
  const x = [...keyBytes.subarray(10, 42)];
  const y = [...keyBytes.subarray(44)];
  const coordinates = [...bytesField(3, x), ...bytesField(4, y)];
  const keyValue = (...bytes: readonly number[]) => toBase64(Uint8Array.from(bytes));

  it("is put together by hand from its parts, which the cases below break one by one", () => {
    expect(keyValue(...params(3, 2, 2), ...coordinates)).toBe(golden.key);
  });

  it.each([
    ["it is disabled", { status: "DISABLED" }],
    ["it is destroyed", { status: "DESTROYED" }],
    ["its status is unknown", { status: "UNKNOWN_STATUS" }],
    ["its prefix type is RAW", { outputPrefixType: "RAW" }],
    ["its prefix type is LEGACY", { outputPrefixType: "LEGACY" }],
    ["its prefix type is CRUNCHY", { outputPrefixType: "CRUNCHY" }],
    ["it is of another type", { typeUrl: "type.googleapis.com/google.crypto.tink.Ed25519PublicKey" }],
    ["it is private", { typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPrivateKey" }],
  ])("when %s", async (_name, changes) => {
    expect(await judge(signature, body, keysetOf(keyEntry(changes)))).toBe("unknown_key");
  });

  it.each([
    ["its hash is SHA-512", keyValue(...params(4, 2, 2), ...coordinates)],
    ["its hash is SHA-1", keyValue(...params(1, 2, 2), ...coordinates)],
    ["its curve is P-384", keyValue(...params(3, 3, 2), ...coordinates)],
    ["its signatures are r and s and not DER", keyValue(...params(3, 2, 1), ...coordinates)],
    ["it has no parameters", keyValue(...coordinates)],
    ["it has no x", keyValue(...params(3, 2, 2), ...bytesField(4, y))],
    ["it has no y", keyValue(...params(3, 2, 2), ...bytesField(3, x))],
    ["its version is one that we do not know", keyValue(0x08, 1, ...params(3, 2, 2), ...coordinates)],
    [
      "its x has 33 bytes and no zero in front",
      keyValue(...params(3, 2, 2), ...bytesField(3, [1, ...x]), ...bytesField(4, y)),
    ],
    ["its x has 34 bytes", keyValue(...params(3, 2, 2), ...bytesField(3, [0, 0, ...x]), ...bytesField(4, y))],
    ["it is no point of the curve", keyValue(...params(3, 2, 2), ...bytesField(3, y), ...bytesField(4, x))],
    ["its message is cut off", keyValue(...params(3, 2, 2), ...coordinates).slice(0, 60)],
    [
      "its message names more bytes than it has",
      keyValue(...params(3, 2, 2), ...coordinates, ...bytesField(9, [1, 2, 3]).slice(0, -1)),
    ],
    ["its message is no protobuf", keyValue(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["it is in URL-safe letters", golden.key.replaceAll("+", "-").replaceAll("/", "_")],
    ["it is empty", ""],
  ])("when %s, and the others of the set do all the same", async (_name, value) => {
    const broken = keyEntry({ value });
    expect(await judge(signature, body, keysetOf(broken))).toBe("no_keys");
    const other = keyEntry({ keyId: 7, value: golden.paddedKey });
    expect(await judge(signature, body, keysetOf(broken, other))).toBe("unknown_key");
    expect(await judge(signature, body, keysetOf(broken, keyEntry()))).toBe("verified");
  });

  it("when it is on P-384, under its own name or under P-256's", async () => {
    const named = await freshKey("P-384", 3);
    const disguised = await freshKey("P-384", 2);
    for (const value of [named, disguised]) {
      expect(await judge(signature, body, keysetOf(keyEntry({ value })))).toBe("no_keys");
      expect(await judge(signature, body, keysetOf(keyEntry({ value }), keyEntry()))).toBe("verified");
    }
  });

  it("of a coordinate that has fewer bytes, because its first ones are zero, the number counts all the same", async () => {
    const { value, short } = await keyWithShortCoordinate();
    expect(short).toBeLessThan(32);
    expect(await readTinkKeyset(keysetOf(keyEntry({ value })))).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a text", "key"],
    ["an empty object", {}],
    ["an entry without its data", { ...keyEntry(), keyData: undefined }],
    ["an entry whose id is a text", keyEntry({ keyId: String(golden.keyId) })],
    ["an entry whose id is negative", keyEntry({ keyId: -1 })],
    ["an entry whose id does not fit 32 bits", keyEntry({ keyId: 2 ** 32 })],
    ["an entry whose id is no whole number", keyEntry({ keyId: 1.5 })],
    ["an entry without a status", keyEntry({ status: undefined })],
  ])("when %s stands in its place, and the others do all the same", async (_name, entry) => {
    expect(await readTinkKeyset(keysetOf(entry))).toBeNull();
    expect(await judge(signature, body, keysetOf(entry, keyEntry()))).toBe("verified");
  });
});

describe("a key set", () => {
  it.each([
    ["no JSON", "<html>"],
    ["nothing", ""],
    ["null", "null"],
    ["an array", "[]"],
    ["an object without keys", '{"primaryKeyId": 1}'],
    ["keys that are no array", '{"key": {}}'],
    ["an empty list of keys", '{"key": []}'],
  ])("is none when it is %s", async (_name, text) => {
    expect(await readTinkKeyset(text)).toBeNull();
  });

  it("is one when all its keys are disabled, and then verifies nothing", async () => {
    expect(await readTinkKeyset(keysetOf(keyEntry({ status: "DISABLED" })))).toEqual([]);
  });
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** A new public key as an EcdsaPublicKey that says it is on curve number `curve` (2 is P-256, 3 is P-384). */
async function freshKey(namedCurve: "P-256" | "P-384", curve = 2): Promise<string> {
  const { x, y } = await freshPoint(namedCurve);
  const params = bytesField(2, [0x08, 3, 0x10, curve, 0x18, 2]);
  return toBase64(Uint8Array.from([...params, ...bytesField(3, x), ...bytesField(4, y)]));
}

async function freshPoint(namedCurve: string): Promise<{ x: Uint8Array; y: Uint8Array }> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const half = (point.length - 1) / 2;
  return { x: point.subarray(1, 1 + half), y: point.subarray(1 + half) };
}

/** One key in 256 has an x that begins with a zero, which Tink may leave out. */
async function keyWithShortCoordinate(): Promise<{ value: string; short: number }> {
  for (;;) {
    const { x, y } = await freshPoint("P-256");
    if (x[0] !== 0) continue;
    const trimmed = x.subarray(x.findIndex((byte) => byte !== 0));
    const params = bytesField(2, [0x08, 3, 0x10, 2, 0x18, 2]);
    const bytes = [...params, ...bytesField(3, trimmed), ...bytesField(4, y)];
    return { value: toBase64(Uint8Array.from(bytes)), short: trimmed.length };
  }
}
