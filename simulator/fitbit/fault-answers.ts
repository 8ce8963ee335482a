// The answers of a provider that is limiting, broken or gone. Shapes are observed except where said; the body of the
// 410 after the shut-off is unknown and a guess here.

import type { FaultName } from "../faults.ts";
import { jsonResponse } from "../json.ts";
import type { State } from "../state.ts";
import { fitbitError } from "./errors.ts";
import { secondsToReset } from "./rate-limit.ts";

/** The answer that stands in for the provider's own while this fault holds. */
export function fitbitFaultAnswer(state: State, fault: FaultName): Response {
  switch (fault) {
    case "429":
      return tooManyRequests(state);
    case "429_without_headers":
      // Retry-After was reported missing since about February 2025 (community).
      return fitbitError(429, "system", "Too Many Requests", { fieldName: "n/a" });
    case "429_google_shape":
      return jsonResponse(429, { error: { code: 429, message: "Resource has been exhausted." } });
    case "503":
      return fitbitError(503, "system", "The service is temporarily unavailable.", { fieldName: "n/a" });
    case "html":
      return html(
        502,
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
      );
    case "maintenance":
      return html(502, "<html><body><h1>We will be back soon.</h1><p>Maintenance!</p></body></html>");
    case "gone":
      return fitbitError(410, "request", "The Fitbit Web API has been turned off.", { fieldName: "n/a" });
    default:
      return fitbitError(
        500,
        "request",
        "An error occurred with the Fitbit Web API while processing the request. Error id: 5f0c5a8e",
        { fieldName: "500" },
      );
  }
}

/** 429 with the headers of an account that has nothing left this hour. */
export function tooManyRequests(state: State): Response {
  const seconds = String(secondsToReset(state));
  return fitbitError(429, "system", "Too Many Requests", {
    fieldName: "n/a",
    headers: {
      "retry-after": seconds,
      "fitbit-rate-limit-limit": String(state.settings.requestsPerHour),
      "fitbit-rate-limit-remaining": "0",
      "fitbit-rate-limit-reset": seconds,
    },
  });
}

function html(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/html;charset=UTF-8" } });
}
