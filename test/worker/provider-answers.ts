// What either provider answers where a test speaks in its place: refusals and lists, in each one's own shape. Tests say what
// happens, and this file how it looks on the wire.

import type { ProviderName } from "../../src/kernel/ids.ts";

/** A refusal without any data. Google's shape: `{"error": {…}}` (reference §7), Fitbit's: `{"errors": […]}`. */
function refusal(provider: ProviderName, status: number, fitbitType: string, googleStatus: string): Response {
  const body =
    provider === "fitbit"
      ? { errors: [{ errorType: fitbitType, message: "refused" }], success: false }
      : { error: { code: status, message: "refused", status: googleStatus } };
  return Response.json(body, { status });
}

/** The activity is not there, or not any more. */
export const notFound = (provider: ProviderName): Response =>
  refusal(provider, 404, "not_found", "NOT_FOUND");

/** Neither yes nor no: the question is said to be wrong. */
export const badRequest = (provider: ProviderName): Response =>
  refusal(provider, 400, "validation", "INVALID_ARGUMENT");

/** The access token is refused before its time. */
export const tokenRefused = (provider: ProviderName): Response =>
  refusal(provider, 401, "expired_token", "UNAUTHENTICATED");

/** The provider's final word on a refresh token (OAuth; Fitbit wraps the code in its own shape). */
export function grantRefused(provider: ProviderName): Response {
  const body =
    provider === "fitbit"
      ? { errors: [{ errorType: "invalid_grant" }], success: false }
      : { error: "invalid_grant", error_description: "Token has been expired or revoked." };
  return Response.json(body, { status: 400 });
}

/** A list without entries, whole. */
export function emptyList(provider: ProviderName): Response {
  return Response.json(provider === "fitbit" ? { activities: [], pagination: { next: "" } } : {});
}

/**
 * The entries of a list's text, as text, because Fitbit's ids are numbers beyond 2^53. Joined by a comma again they are the
 * list, as long as the first and the last are among them.
 */
export function entriesOf(provider: ProviderName, list: string): string[] {
  return list.split(
    provider === "fitbit" ? /(?<=\}),(?=\{"activeDuration")/ : /(?<=\}),(?=\{"name":"users\/)/,
  );
}

/** What an entry of a list holds if it is this activity's. */
export function idInEntry(provider: ProviderName, activityId: string): string {
  return provider === "fitbit" ? `"logId":${activityId}` : `/dataPoints/${activityId}"`;
}
