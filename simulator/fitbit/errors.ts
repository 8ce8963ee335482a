// Fitbit's error bodies: `{"errors":[{errorType, fieldName?, message}],"success":false}`, not RFC 6749's. Messages echo
// tokens and codes, as the real ones do ("Error Messages", dev.fitbit.com; bodies observed), so a client must not log them.

import { jsonResponse } from "../json.ts";

export type FitbitErrorType =
  | "expired_token"
  | "insufficient_permissions"
  | "insufficient_scope"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_request"
  | "invalid_token"
  | "not_found"
  | "oauth"
  | "request"
  | "system"
  | "validation";

export const visit =
  "Visit https://dev.fitbit.com/docs/oauth2 for more information on the Fitbit Web API authorization process.";

/** An error answer; `success` is absent from some 400s (observed for the activity list). */
export function fitbitError(
  status: number,
  errorType: FitbitErrorType,
  message: string,
  extra: { fieldName?: string; withoutSuccess?: boolean; headers?: Record<string, string> } = {},
): Response {
  const error = { errorType, fieldName: extra.fieldName, message };
  const body = extra.withoutSuccess ? { errors: [error] } : { errors: [error], success: false };
  return jsonResponse(status, body, extra.headers);
}

/** 403 for data whose scope the user did not grant. */
export function scopeMissing(scope: string): Response {
  return fitbitError(
    403,
    "insufficient_scope",
    `This application does not have permission to access ${scope} data. ${visit}`,
  );
}
