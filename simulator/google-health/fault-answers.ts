// The answers of a provider that is limiting, broken or does not know the account. Bodies as recorded by people who called
// the API where somebody did (account not linked, scopes); the rest follows Google's general shape.

import type { FaultName } from "../faults.ts";
import { errorInfo, googleError, permissionDenied } from "./errors.ts";
import { quotaExceeded } from "./quota.ts";
import { type GoogleSimulator, projectNumberOf } from "./state.ts";

/** Faults that Google alone has. */
export const googleFaults: readonly FaultName[] = [
  "account_not_linked",
  "service_disabled",
  "permission_denied",
];

/** The answer that stands in for the provider's own while this fault holds. */
export function googleFaultAnswer(state: GoogleSimulator, fault: FaultName): Response {
  switch (fault) {
    case "429":
    case "429_without_headers":
    case "429_google_shape":
      return quotaExceeded(state);
    case "503":
      return googleError(503, "The service is currently unavailable.");
    case "html":
    case "maintenance":
      return new Response(
        "<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p>The server encountered a temporary error.</html>",
        { status: 502, headers: { "content-type": "text/html; charset=UTF-8" } },
      );
    case "gone":
      return googleError(410, "The API has been turned off.", [], { statusName: "UNIMPLEMENTED" });
    case "account_not_linked":
      return googleError(
        400,
        "The account is not linked to Google Health.",
        [
          errorInfo("ACCOUNT_NOT_LINKED", "health.googleapis.com", {
            redirect_uri: "https://fitbit.google.com/auth/signup",
          }),
        ],
        { statusName: "FAILED_PRECONDITION" },
      );
    case "service_disabled":
      return googleError(
        403,
        `Google Health API has not been used in project ${projectNumberOf(state.google)} before or it is disabled.`,
        [
          errorInfo("SERVICE_DISABLED", "googleapis.com", {
            service: "health.googleapis.com",
            consumer: `projects/${projectNumberOf(state.google)}`,
          }),
        ],
      );
    case "permission_denied":
      return permissionDenied();
    default:
      return googleError(500, "Internal error encountered.");
  }
}
