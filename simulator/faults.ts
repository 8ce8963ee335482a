// What goes wrong from now on. A fault is data: a name, whom and which path it hits, how often. The pipeline of a
// provider call and the handlers ask the book whether one applies; nothing here knows what a fault does.

import { z } from "zod";
import type { Account, ProviderName } from "./state.ts";

/** Every fault, with what it does; README.md holds the same list for people. */
export const faultNames = [
  // The call is answered wrongly and no work is done.
  "429",
  "429_without_headers",
  "429_google_shape",
  "500",
  "503",
  "html",
  "maintenance",
  "gone",
  "network_error",
  "slow",
  // The work is done and the answer is damaged.
  "cut",
  "cut_connection",
  "answer_lost",
  "502_after_work",
  "slow_answer",
  // The token endpoint.
  "refresh_answer_lost",
  "refresh_409",
  // Rate-limit headers that lag behind (documented as "approximate and asynchronously updated").
  "rate_limit_lag",
  // Data.
  "late_heart_rate",
  "intraday_403",
  "intraday_missing",
  "timezone_ignored",
  "late_tcx",
  "tcx_204",
  "tcx_400",
  "tcx_403",
  "tcx_404",
  "tcx_empty",
  "list_empty",
  "list_without_key",
  "list_shifted",
  "list_repeated",
  // Google Health alone.
  "account_not_linked",
  "service_disabled",
  "permission_denied",
  "nan",
  "malformed_interval",
  "unknown_key",
  // Subscriptions and pushes.
  "subscribe_409",
  "duplicate",
  "reorder",
  "lose",
  "delay",
  "bad_signature",
] as const;

export type FaultName = (typeof faultNames)[number];

export const faultSchema = z.strictObject({
  fault: z.enum(faultNames),
  provider: z.enum(["fitbit", "google-health"]).optional(),
  path: z.string().min(1).optional(),
  providerUserId: z.string().min(1).optional(),
  count: z.int().min(1).optional(),
  delaySeconds: z.number().min(0).max(31_536_000).optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** What a fault is matched against. `path` is path and query; `providerUserIds` are the accounts concerned. */
export interface FaultTarget {
  provider: ProviderName;
  path: string;
  providerUserIds: readonly string[];
}

/** The target that a call of this account's user is. */
export function targetOf(account: Account, request: Request): FaultTarget {
  const url = new URL(request.url);
  return {
    provider: account.provider,
    path: url.pathname + url.search,
    providerUserIds: [account.providerUserId],
  };
}

export interface FaultBook {
  /** Replaces everything that goes wrong. */
  replace(faults: readonly Fault[]): void;
  /** What still goes wrong; `count` is what is left of it. */
  list(): Fault[];
  /** Finds a fault of one of these names for this target and spends one of its count. */
  take(names: readonly FaultName[], target: FaultTarget, rules?: FaultRules): Fault | undefined;
}

export interface FaultRules {
  /** A fault without a path does not match. */
  pathRequired?: boolean;
  /** A further condition on the fault itself. */
  when?: (fault: Fault) => boolean;
}

export function createFaultBook(): FaultBook {
  let entries: { fault: Fault; left: number }[] = [];
  return {
    replace(faults) {
      entries = faults.map((fault) => ({ fault, left: fault.count ?? Number.POSITIVE_INFINITY }));
    },
    list: () =>
      entries
        .filter((entry) => entry.left > 0)
        .map(({ fault, left }) => (Number.isFinite(left) ? { ...fault, count: left } : fault)),
    take(names, target, rules = {}) {
      for (const entry of entries) {
        const { fault } = entry;
        if (entry.left <= 0 || !names.includes(fault.fault)) continue;
        if (fault.provider !== undefined && fault.provider !== target.provider) continue;
        if (fault.path === undefined ? rules.pathRequired === true : !target.path.includes(fault.path))
          continue;
        if (fault.providerUserId !== undefined && !target.providerUserIds.includes(fault.providerUserId))
          continue;
        if (rules.when && !rules.when(fault)) continue;
        entry.left -= 1;
        return fault;
      }
      return undefined;
    },
  };
}
