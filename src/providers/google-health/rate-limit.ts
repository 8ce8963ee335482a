// The call limit. Google's answers carry no count of it, so the account's own count is all there is; and nobody has measured a
// 429, so `Retry-After` is honoured if it comes and a whole window is waited if not (Google Health reference §7, documented).

import { retryAfterSeconds } from "../http.ts";
import type { BudgetPolicy } from "../port.ts";

/** 300 calls a minute and user (documented); 90 stay for fresh data; a second because two clocks are never one. */
export const googleHealthBudget: BudgetPolicy = {
  calls: 300,
  windowSeconds: 60,
  reserve: 90,
  resetMarginSeconds: 1,
};

/** The project has limits of its own by day; what a header says beyond an hour is asked again by then. */
const longestWaitSeconds = 3600;

/** When a refused call may be tried again, in epoch milliseconds. */
export function retryAt(headers: Headers, now: number): number {
  const asked = retryAfterSeconds(headers, now) ?? googleHealthBudget.windowSeconds;
  return now + Math.min(asked, longestWaitSeconds) * 1000;
}
