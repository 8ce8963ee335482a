// 300 requests a minute for each user (Google Health API, "Rate limits"). Whether a 429 says when to come back is not known:
// a setting. Nobody has published a real one; its body here follows Google's general shape.

import type { Account } from "../state.ts";
import { errorInfo, googleError } from "./errors.ts";
import { type GoogleSimulator, projectNumberOf } from "./state.ts";

const minuteMs = 60_000;

/** Counts one call of the account. False when the minute's calls were spent before it. */
export function countCall(state: GoogleSimulator, account: Account): boolean {
  const index = Math.floor(state.clock.now() / minuteMs);
  if (account.minute.index !== index) account.minute = { index, used: 0 };
  if (account.minute.used >= state.google.settings.requestsPerMinute) return false;
  account.minute.used += 1;
  return true;
}

export function quotaExceeded(state: GoogleSimulator): Response {
  const project = projectNumberOf(state.google);
  const seconds = Math.max(1, Math.ceil((minuteMs - (state.clock.now() % minuteMs)) / 1000));
  return googleError(
    429,
    `Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'health.googleapis.com' for consumer 'project_number:${project}'.`,
    [
      errorInfo("RATE_LIMIT_EXCEEDED", "googleapis.com"),
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ subject: `project:${project}`, description: "Quota exceeded" }],
      },
    ],
    state.google.settings.retryAfter ? { headers: { "retry-after": String(seconds) } } : {},
  );
}
