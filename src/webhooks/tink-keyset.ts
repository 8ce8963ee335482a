// A set of public keys as Tink publishes it in JSON (google/tink, proto/tink.proto). One bad key never loses the others:
// the set is read key by key, and what cannot verify a push here is left out.

import { decodeBase64 } from "./base64.ts";
import { readEcdsaPublicKey } from "./tink-public-key.ts";

/** A key that verifies. Several may have the same id. */
export interface VerifyingKey {
  readonly keyId: number;
  readonly key: CryptoKey;
}

const ecdsaTypeUrl = "type.googleapis.com/google.crypto.tink.EcdsaPublicKey";

/**
 * The keys of a set that may verify: enabled, of the prefix type TINK, ECDSA on P-256 with SHA-256 in DER.
 * @param text the set's JSON.
 * @returns null when the text is no key set, or no key of it could be read. A set whose keys are all disabled is one: it is
 * empty, because that is what its owner says.
 */
export async function readTinkKeyset(text: string): Promise<readonly VerifyingKey[] | null> {
  const entries = keyEntries(text);
  if (entries === null) return null;
  const readings = await Promise.all(entries.map(readEntry));
  if (readings.every((reading) => reading === "unreadable")) return null;
  return readings.filter((reading) => typeof reading !== "string");
}

async function readEntry(entry: unknown): Promise<VerifyingKey | "not_in_use" | "unreadable"> {
  if (!isEntry(entry)) return "unreadable";
  if (entry.status !== "ENABLED" || entry.outputPrefixType !== "TINK") return "not_in_use";
  if (entry.keyData.typeUrl !== ecdsaTypeUrl || entry.keyData.keyMaterialType !== "ASYMMETRIC_PUBLIC") {
    return "not_in_use";
  }
  const message = decodeBase64(entry.keyData.value);
  const point = message === null ? null : readEcdsaPublicKey(message);
  if (point === null) return "unreadable";
  try {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("raw", point, algorithm, false, ["verify"]);
    return { keyId: entry.keyId, key };
  } catch {
    return "unreadable"; // not a point of the curve
  }
}

interface Entry {
  readonly keyId: number;
  readonly status: string;
  readonly outputPrefixType: string;
  readonly keyData: { readonly typeUrl: string; readonly value: string; readonly keyMaterialType: string };
}

function keyEntries(text: string): readonly unknown[] | null {
  try {
    const set: unknown = JSON.parse(text);
    if (typeof set !== "object" || set === null || !("key" in set) || !Array.isArray(set.key)) return null;
    return set.key;
  } catch {
    return null;
  }
}

function isEntry(entry: unknown): entry is Entry {
  if (!isRecord(entry) || !isRecord(entry.keyData)) return false;
  const { keyId, status, outputPrefixType, keyData } = entry;
  return (
    typeof keyId === "number" &&
    Number.isInteger(keyId) &&
    keyId >= 0 &&
    keyId <= 0xffffffff &&
    typeof status === "string" &&
    typeof outputPrefixType === "string" &&
    typeof keyData.typeUrl === "string" &&
    typeof keyData.value === "string" &&
    typeof keyData.keyMaterialType === "string"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
