// The project's own token, by which subscribers are managed: a service account signs a JWT with RS256 and exchanges it
// (Google's OAuth pages, "Using OAuth 2.0 for server to server applications"). Its signature is checked when the options
// name the account's public key; without one any well-formed assertion is taken.

import { jsonResponse } from "../json.ts";
import { oauthError } from "./errors.ts";
import { projectScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";
import { accessTokenSeconds, issueAccessToken } from "./tokens.ts";

const longestSeconds = 3600;
const leewaySeconds = 300;

/** Answers the exchange of `assertion`. */
export async function projectToken(state: GoogleSimulator, assertion: string): Promise<Response> {
  const invalid = (why: string) => oauthError(400, "invalid_grant", why);
  const [header = "", claims = "", signature = "", ...more] = assertion.split(".");
  const head = readPart(header);
  const claim = readPart(claims);
  if (!head || !claim || signature === "" || more.length > 0) return invalid("Invalid JWT: malformed.");
  if (head.alg !== "RS256") return invalid("Invalid JWT: the algorithm must be RS256.");
  const { clientEmail, publicKeyPem } = state.google.options.serviceAccount ?? {};
  if (typeof claim.iss !== "string" || !claim.iss.includes("@")) return invalid("Invalid JWT: iss.");
  if (clientEmail !== undefined && claim.iss !== clientEmail) {
    return invalid("Invalid grant: account not found");
  }
  const audiences = ["https://oauth2.googleapis.com/token", `${state.options.url}/token`];
  if (!audiences.includes(String(claim.aud))) return invalid("Invalid JWT: Failed audience check.");
  const now = state.clock.now() / 1000;
  const { iat, exp } = claim;
  if (typeof iat !== "number" || typeof exp !== "number") return invalid("Invalid JWT: iat and exp.");
  if (exp - iat > longestSeconds || iat > now + leewaySeconds || exp < now - leewaySeconds) {
    return invalid(
      "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
    );
  }
  const scopes = String(claim.scope ?? "").split(" ");
  if (!scopes.includes(projectScope)) {
    return oauthError(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  }
  if (publicKeyPem !== undefined && !(await isSigned(`${header}.${claims}`, signature, publicKeyPem))) {
    return invalid("Invalid JWT Signature.");
  }
  const token = issueAccessToken(state, null, scopes);
  return jsonResponse(200, {
    access_token: token.token,
    expires_in: accessTokenSeconds,
    token_type: "Bearer",
  });
}

function readPart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(part)));
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function isSigned(text: string, signature: string, publicKeyPem: string): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const der = bytesOf(publicKeyPem.replace(/-----[^-]+-----/g, "").replace(/\s+/g, ""));
  const key = await crypto.subtle.importKey("spki", der, algorithm, false, ["verify"]);
  try {
    return await crypto.subtle.verify(
      algorithm.name,
      key,
      bytesOf(signature),
      new TextEncoder().encode(text),
    );
  } catch {
    return false;
  }
}
