// The call budget of one account (rule 6), as pure functions over a small state that the account's object keeps.
// Calls are reserved before they are made and given back when they were not: the count can be too high, never too low.
// What is left is the smaller of our own count and the provider's, which its documentation calls approximate.

import type { BudgetPolicy, RateReading } from "../../providers/port.ts";
import type { BudgetReading, CallPriority, CallReport } from "./account-protocol.ts";

export interface BudgetState {
  /** Epoch milliseconds at which the count starts again; 0 before the first call. */
  readonly windowEndsAt: number;
  /** Calls made in this window. */
  readonly spent: number;
  /**
   * Those of them made since the provider began anew: our window ends a little later than its own, and in its next they count.
   * Absent in a state from before this was kept.
   */
  readonly spentAhead?: number;
  /** Calls handed out and not yet reported. */
  readonly reserved: number;
  /** When calls were handed out last, in epoch milliseconds. */
  readonly reservedAt: number;
  /** The provider's own word in this window: how many were left when `spent` stood at `atSpent`. */
  readonly told: { readonly remaining: number; readonly atSpent: number } | null;
  /** The provider's own limit, when it named one. */
  readonly limit: number | null;
}

export const emptyBudget: BudgetState = {
  windowEndsAt: 0,
  spent: 0,
  reserved: 0,
  reservedAt: 0,
  told: null,
  limit: null,
};

/** Calls that were handed out longer ago than this and not reported never will be: a lease or a permit lives two minutes. */
const reservationMilliseconds = 5 * 60_000;

/** The state at `now`: a window that has ended is a new one. */
export function rollBudget(state: BudgetState, policy: BudgetPolicy, now: number): BudgetState {
  if (state.windowEndsAt > now) return state;
  // Whoever borrowed them has died; without this they would be missing in every window to come.
  const reserved = now - state.reservedAt > reservationMilliseconds ? 0 : state.reserved;
  const aheadUntil = resetOf(state, policy) + policy.windowSeconds * 1000;
  const spent = now < aheadUntil ? (state.spentAhead ?? 0) : 0;
  return { ...state, windowEndsAt: nextWindowEnd(policy, now), spent, spentAhead: 0, reserved, told: null };
}

/** When the provider itself begins anew, as far as we know. */
function resetOf(state: BudgetState, policy: BudgetPolicy): number {
  return state.windowEndsAt - policy.resetMarginSeconds * 1000;
}

/** Fitbit's hour rolls at about the top of the hour (documented); until a header says better, that is what we assume. */
function nextWindowEnd(policy: BudgetPolicy, now: number): number {
  const window = policy.windowSeconds * 1000;
  return (Math.floor(now / window) + 1) * window + policy.resetMarginSeconds * 1000;
}

/** Calls that may still be handed out at `now`. */
export function remainingCalls(
  state: BudgetState,
  policy: BudgetPolicy,
  priority: CallPriority,
  now: number,
): number {
  const rolled = rollBudget(state, policy, now);
  const own = policy.calls - rolled.spent;
  const told = rolled.told === null ? own : rolled.told.remaining - (rolled.spent - rolled.told.atSpent);
  const reserve = priority === "background" ? policy.reserve : 0;
  return Math.max(0, Math.min(own, told) - rolled.reserved - reserve);
}

/** Hands out up to `wanted` calls; `granted` is 0 when none is left, and `until` says when to ask again. */
export function reserveCalls(
  state: BudgetState,
  policy: BudgetPolicy,
  priority: CallPriority,
  wanted: number,
  now: number,
): { state: BudgetState; granted: number; until: number } {
  const rolled = rollBudget(state, policy, now);
  const granted = Math.min(wanted, remainingCalls(rolled, policy, priority, now));
  return {
    state: granted === 0 ? rolled : { ...rolled, reserved: rolled.reserved + granted, reservedAt: now },
    granted,
    until: rolled.windowEndsAt,
  };
}

/** Takes in what became of `granted` calls: made ones count, the others are free again. */
export function settleCalls(
  state: BudgetState,
  policy: BudgetPolicy,
  granted: number,
  report: CallReport,
  now: number,
): BudgetState {
  const rolled = rollBudget(state, policy, now);
  const spent = rolled.spent + report.spent;
  const spentAhead = (rolled.spentAhead ?? 0) + (now >= resetOf(rolled, policy) ? report.spent : 0);
  const reserved = Math.max(0, rolled.reserved - granted);
  let next: BudgetState = { ...rolled, spent, spentAhead, reserved };
  if (report.rate !== null) next = applyReading(next, policy, report.rate, now);
  if (report.limitedUntil !== null) {
    next = {
      ...next,
      told: { remaining: 0, atSpent: spent },
      windowEndsAt: Math.max(report.limitedUntil, now),
    };
  }
  return next;
}

function applyReading(state: BudgetState, policy: BudgetPolicy, rate: RateReading, now: number): BudgetState {
  const windowEndsAt = rate.resetsAt + policy.resetMarginSeconds * 1000;
  return {
    ...state,
    limit: rate.limit,
    told: { remaining: rate.remaining, atSpent: state.spent },
    // A reset in the past is an old reading; the window that we assume stands.
    windowEndsAt: windowEndsAt > now ? windowEndsAt : state.windowEndsAt,
  };
}

/** What a connection shows of its budget. */
export function readBudget(state: BudgetState, policy: BudgetPolicy, now: number): BudgetReading {
  const rolled = rollBudget(state, policy, now);
  return {
    limit: rolled.limit ?? policy.calls,
    remaining: remainingCalls({ ...rolled, reserved: 0 }, policy, "fresh", now),
    resetsAt: rolled.windowEndsAt,
  };
}

/** The report of a holder that made no call. */
export const noCalls: CallReport = { spent: 0, rate: null, limitedUntil: null };
