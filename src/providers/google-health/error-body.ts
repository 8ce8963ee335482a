// What a refusal's body names. The API answers with google.rpc's envelope, whose details may hold an ErrorInfo with a reason;
// the OAuth endpoints with the standard's `{error: "…"}` (Google Health reference §2.2, §7). Only names from closed lists leave
// this file, and one address: messages may hold tokens and change without notice.

import { z } from "zod";
import { lenient, tryParseJson } from "./json.ts";

/** The reasons of `google.rpc.ErrorInfo` that this adapter tells apart (documented, the second scope reason third-party). */
const reasons = [
  "ACCOUNT_NOT_LINKED",
  "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
  "MISSING_OAUTH_SCOPE",
  "SERVICE_DISABLED",
  "USER_PROJECT_DENIED",
] as const;

/** The errors of the OAuth endpoints that this adapter tells apart. */
const oauthErrors = [
  "invalid_grant",
  "invalid_token",
  "invalid_client",
  "unauthorized_client",
  "redirect_uri_mismatch",
] as const;

export type GoogleReason = (typeof reasons)[number];
export type OAuthErrorName = (typeof oauthErrors)[number];

export interface ErrorBody {
  /** `other` for a reason that is named but not known; null when none is named. */
  readonly reason: GoogleReason | "other" | null;
  readonly oauthError: OAuthErrorName | null;
  /** Where the user makes a profile, when the body says so and it is Google's own address. */
  readonly signUpUrl: string | null;
}

const envelopeShape = z.object({ error: z.object({ details: lenient(z.array(z.unknown())) }) });
const errorInfoShape = z.object({
  reason: z.string().min(1),
  metadata: lenient(z.object({ redirect_uri: lenient(z.string()) })),
});
const oauthShape = z.object({ error: z.string() });

/** Reads a refusal's body, which may be anything, including HTML, cut or empty. */
export function readErrorBody(body: string): ErrorBody {
  const json = tryParseJson(body);
  const oauthBody = oauthShape.safeParse(json);
  if (oauthBody.success) {
    const oauthError = oauthErrors.find((name) => name === oauthBody.data.error) ?? null;
    return { reason: null, oauthError, signUpUrl: null };
  }
  const envelope = envelopeShape.safeParse(json);
  const details = envelope.success ? (envelope.data.error.details ?? []) : [];
  for (const detail of details) {
    const info = errorInfoShape.safeParse(detail);
    if (!info.success) continue;
    const reason = reasons.find((name) => name === info.data.reason) ?? "other";
    return { reason, oauthError: null, signUpUrl: googleAddress(info.data.metadata?.redirect_uri) };
  }
  return { reason: null, oauthError: null, signUpUrl: null };
}

/** A user is only ever sent to a page of Google's own, over https. */
function googleAddress(address: string | undefined): string | null {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return null;
  return url.hostname.endsWith(".google.com") && url.port === "" ? url.href : null;
}
