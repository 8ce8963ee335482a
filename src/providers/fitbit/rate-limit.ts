// The call limit as Fitbit's answers tell it. Their numbers are approximate and the hour rolls slightly late, and
// `Retry-After` has been missing or wrong since 2025 (Fitbit reference §6, community), so the reset header goes first.
// Waiting is the caller's: this file only reads.

import { retryAfterSeconds, wholeNumber } from "../http.ts";
import type { BudgetPolicy, RateReading } from "../port.ts";

/** 150 calls an hour and user (documented); 45 stay for fresh data; 5 s because the hour rolls late. */
export const fitbitBudget: BudgetPolicy = {
  calls: 150,
  windowSeconds: 3600,
  reserve: 45,
  resetMarginSeconds: 5,
};

/** The header trio as a reading, or null when it is incomplete or nonsense. `now` in epoch milliseconds. */
export function readRate(headers: Headers, now: number): RateReading | null {
  const limit = wholeNumber(headers.get("fitbit-rate-limit-limit"));
  const remaining = wholeNumber(headers.get("fitbit-rate-limit-remaining"));
  const resetSeconds = secondsToReset(headers);
  if (limit === null || remaining === null || resetSeconds === null) return null;
  return { limit, remaining, resetsAt: now + resetSeconds * 1000 };
}

/**
 * When a refused call may be tried again, in epoch milliseconds: the reset header, then `Retry-After`, then the top of
 * the next hour, each with the margin on top.
 */
export function retryAt(headers: Headers, now: number): number {
  return waitUntil(headers, now) + fitbitBudget.resetMarginSeconds * 1000;
}

function waitUntil(headers: Headers, now: number): number {
  const resetSeconds = secondsToReset(headers);
  if (resetSeconds !== null) return now + resetSeconds * 1000;
  const seconds = retryAfterSeconds(headers, now);
  if (seconds !== null && seconds <= fitbitBudget.windowSeconds) return now + seconds * 1000;
  const hour = fitbitBudget.windowSeconds * 1000;
  return (Math.floor(now / hour) + 1) * hour;
}

/** The window is an hour, so a reset further away is a mistake of the header. */
function secondsToReset(headers: Headers): number | null {
  const seconds = wholeNumber(headers.get("fitbit-rate-limit-reset"));
  return seconds !== null && seconds <= fitbitBudget.windowSeconds ? seconds : null;
}
