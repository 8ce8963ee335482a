// Google's error bodies: the google.rpc envelope of the API, and the two-field body of the token endpoint. Status and
// `reason` are what a client may rely on; messages are as reported by people who called the API, where somebody did.

import { type Json, jsonResponse } from "../json.ts";

const statusNames: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

export type Domain = "health.googleapis.com" | "googleapis.com";

/** The `ErrorInfo` that carries the reason. */
export function errorInfo(reason: string, domain: Domain, metadata?: Record<string, string>): Json {
  return { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain, metadata };
}

/** An error of the API. `status` is the HTTP status; `statusName` where it differs from the usual one. */
export function googleError(
  status: number,
  message: string,
  details: readonly Json[] = [],
  options: { statusName?: string; headers?: Record<string, string> } = {},
): Response {
  const error = {
    code: status,
    message,
    status: options.statusName ?? statusNames[status] ?? "UNKNOWN",
    details: details.length > 0 ? details : undefined,
  };
  return jsonResponse(status, { error }, options.headers);
}

/** 400 with a reason of Google Health's own. */
export function invalidArgument(reason: string, message: string): Response {
  return googleError(400, message, [errorInfo(reason, "health.googleapis.com")]);
}

/** Deleted, never there, or nothing to export. */
export function notFound(message = "Requested entity was not found."): Response {
  return googleError(404, message, [errorInfo("RESOURCE_NOT_FOUND", "health.googleapis.com")]);
}

/** A path that is none: Google's front end answers, not the API. */
export function noSuchPath(): Response {
  return new Response("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", {
    status: 404,
    headers: { "content-type": "text/html; charset=UTF-8" },
  });
}

/** 403 for a token without the scope. */
export function scopeInsufficient(): Response {
  return googleError(403, "Request had insufficient authentication scopes.", [
    errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com"),
  ]);
}

/** 403 without a reason: an account that was not moved, or a consent that is gone (reported). */
export function permissionDenied(): Response {
  return googleError(403, "The caller does not have permission");
}

/** The token endpoint's errors. Clients switch on `error` alone. */
export function oauthError(status: 400 | 401, error: string, description: string): Response {
  return jsonResponse(status, { error, error_description: description }, { "cache-control": "no-store" });
}
