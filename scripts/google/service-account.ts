// A Google service account: its key file, and the access token that it is exchanged for (RFC 7523, as Google documents it
// for server to server). The private key signs here and never leaves; nothing of it is ever printed.

import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { askJson, isSafeAddress } from "./http.ts";
import { SubscriberError } from "./subscriber-error.ts";

export interface ServiceAccount {
  readonly email: string;
  readonly key: KeyObject;
  readonly keyId: string;
  /** Where a signed assertion becomes a token. */
  readonly tokenUri: string;
}

const scope = "https://www.googleapis.com/auth/cloud-platform";
const lifetimeSeconds = 3600;

/**
 * Reads the JSON key file of a service account.
 * @throws SubscriberError that says what is wrong with it, without repeating any of it.
 */
export function readServiceAccount(text: string): ServiceAccount {
  const file = parseObject(text);
  if (file?.type !== "service_account") {
    throw new SubscriberError(
      "The key file is not that of a service account: Google's console makes one under IAM, Service accounts, Keys (JSON).",
    );
  }
  const field = (name: string): string => {
    const value = file[name];
    if (typeof value !== "string" || value === "")
      throw new SubscriberError(`The key file has no \`${name}\`.`);
    return value;
  };
  const tokenUri = field("token_uri");
  if (!isSafeAddress(tokenUri))
    throw new SubscriberError("The key file's `token_uri` is not an https address.");
  return {
    email: field("client_email"),
    key: readKey(field("private_key")),
    keyId: field("private_key_id"),
    tokenUri,
  };
}

/**
 * An access token for managing the project's subscribers, good for an hour.
 * @param now epoch milliseconds.
 * @throws SubscriberError when the token endpoint refuses or does not answer.
 */
export async function requestAccessToken(account: ServiceAccount, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: "RS256", typ: "JWT", kid: account.keyId };
  const claims = {
    iss: account.email,
    scope,
    aud: account.tokenUri,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
  };
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  const assertion = `${signed}.${encode(sign("RSA-SHA256", Buffer.from(signed), account.key))}`;
  const answer = await askJson(account.tokenUri, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
  });
  const token = answer.body.access_token;
  if (answer.status === 200 && typeof token === "string" && token !== "") return token;
  // RFC 6749 §5.2: `error` is a code. The description beside it may repeat what was sent.
  const code = typeof answer.body.error === "string" ? answer.body.error : "no code";
  throw new SubscriberError(
    `The token endpoint refused the service account (${answer.status}, ${code}). Is the key still there, and this machine's clock right?`,
  );
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {
    // Said below: OpenSSL's own words help nobody.
  }
  throw new SubscriberError("The key file's `private_key` is not an RSA key in PEM.");
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function encode(value: string | Uint8Array): string {
  return Buffer.from(value).toString("base64url");
}
