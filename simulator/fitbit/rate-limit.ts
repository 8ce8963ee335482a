// 150 requests an hour for each user of the application; the counter starts again at the top of the hour ("Rate Limits",
// dev.fitbit.com). Headers are documented as approximate and updated asynchronously: the fault `rate_limit_lag` makes
// them report what was true ten calls ago, the setting `hourResetDelaySeconds` starts the hour late.

import type { Account, State } from "../state.ts";

const lagCalls = 10;
const hourMs = 3_600_000;

/** Whole seconds until the counters start again, at least 1. */
export function secondsToReset(state: State): number {
  const shifted = state.clock.now() - state.settings.hourResetDelaySeconds * 1000;
  return Math.max(1, Math.ceil((hourMs - (shifted % hourMs)) / 1000));
}

/** Counts one call of the account. False when the hour's calls were spent before it. */
export function countCall(state: State, account: Account): boolean {
  const index = Math.floor((state.clock.now() - state.settings.hourResetDelaySeconds * 1000) / hourMs);
  if (account.hour.index !== index) account.hour = { index, used: 0 };
  if (account.hour.used >= state.settings.requestsPerHour) return false;
  account.hour.used += 1;
  return true;
}

/** The three headers that Fitbit sends with every answer to a user's call. */
export function rateLimitHeaders(state: State, account: Account, path: string): Record<string, string> {
  const lagging = state.faults.take(["rate_limit_lag"], {
    provider: "fitbit",
    path,
    providerUserIds: [account.providerUserId],
  });
  const used = Math.max(0, account.hour.used - (lagging ? lagCalls : 0));
  const limit = state.settings.requestsPerHour;
  return {
    "fitbit-rate-limit-limit": String(limit),
    "fitbit-rate-limit-remaining": String(Math.max(0, limit - used)),
    "fitbit-rate-limit-reset": String(secondsToReset(state)),
  };
}
