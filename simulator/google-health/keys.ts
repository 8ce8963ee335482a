// The keys that sign pushes, and the set that publishes them: ECDSA on P-256 in Tink's frame, 0x01, key id, DER signature over
// the raw bytes of the body (Google Health API, "Webhooks"). Keys follow from the seed, so simulators with one seed share
// them, and a key's id follows from its material, so no cache ever takes one key for another.

import { type Json, jsonResponse } from "../json.ts";
import { hash } from "../random.ts";
import type { GoogleSimulator } from "./state.ts";

interface SigningKey {
  id: number;
  privateKey: CryptoKey;
  /** 32 bytes each. */
  x: Uint8Array;
  y: Uint8Array;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
// PKCS #8 of a P-256 key up to the 32 bytes of its secret; the platform works out the public point.
const pkcs8Prefix = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";

/** The key of this generation. A negative one is in no set. */
async function keyOf(seed: number, generation: number): Promise<SigningKey> {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => hash(seed, "signing key", generation, index));
  // Below the curve's order, whatever the rest is.
  secret[0] = 0x11;
  const prefix = Uint8Array.from(pkcs8Prefix.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const privateKey = await crypto.subtle.importKey(
    "pkcs8",
    new Uint8Array([...prefix, ...secret]),
    algorithm,
    true,
    ["sign"],
  );
  const jwk = await crypto.subtle.exportKey("jwk", privateKey);
  const { x = "", y = "" } = jwk instanceof ArrayBuffer ? {} : jwk;
  return { id: hash(x), privateKey, x: fromBase64url(x), y: fromBase64url(y) };
}

function fromBase64url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The header's value for a body: base64 of the frame. */
export async function signPush(
  state: GoogleSimulator,
  body: string,
  forgery: "bad_signature" | "unknown_key" | null,
): Promise<string> {
  const generation = forgery === "unknown_key" ? -1 : state.google.keys.generation;
  const key = await keyOf(state.seed, generation);
  const signed = new TextEncoder().encode(forgery === "bad_signature" ? `${body} ` : body);
  const pair = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, signed);
  const der = derOf(new Uint8Array(pair));
  const frame = new Uint8Array(5 + der.length);
  frame[0] = 1;
  new DataView(frame.buffer).setUint32(1, key.id);
  frame.set(der, 5);
  return base64(frame);
}

/** SEQUENCE { INTEGER r, INTEGER s } from the two numbers side by side. */
function derOf(pair: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): number[] => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    const digits = [...bytes.slice(start)];
    // A leading zero keeps it positive.
    if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
    return [2, digits.length, ...digits];
  };
  const inner = [...integer(pair.slice(0, 32)), ...integer(pair.slice(32))];
  return new Uint8Array([0x30, inner.length, ...inner]);
}

/** Answers webhooks_public_keyset.json. */
export async function getKeyset(state: GoogleSimulator): Promise<Response> {
  const { generation, enabled, disabled } = state.google.keys;
  const entry = async (one: number, status: string): Promise<{ keyId: number; [key: string]: Json }> => {
    const key = await keyOf(state.seed, one);
    return {
      keyData: {
        typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
        value: base64(publicKeyProto(key)),
        keyMaterialType: "ASYMMETRIC_PUBLIC",
      },
      status,
      keyId: key.id,
      outputPrefixType: "TINK",
    };
  };
  const primary = await entry(generation, "ENABLED");
  const others = await Promise.all([
    ...enabled.map((one) => entry(one, "ENABLED")),
    ...disabled.map((one) => entry(one, "DISABLED")),
  ]);
  return jsonResponse(200, { primaryKeyId: primary.keyId, key: [primary, ...others] });
}

/** EcdsaPublicKey: params (SHA-256, P-256, DER), then x and y with a leading zero, as the genuine key has them. */
function publicKeyProto({ x, y }: SigningKey): Uint8Array {
  const params = [0x08, 3, 0x10, 2, 0x18, 2];
  return new Uint8Array([0x12, params.length, ...params, 0x1a, 33, 0, ...x, 0x22, 33, 0, ...y]);
}

/** From now on another key signs; the old one stays in the set, is disabled in it, or leaves it. */
export function rotateKeys(state: GoogleSimulator, old: "keep" | "disable" | "remove"): void {
  const { keys } = state.google;
  if (old === "keep") keys.enabled.push(keys.generation);
  if (old === "disable") keys.disabled.push(keys.generation);
  keys.generation += 1;
}
