// The call budget as pure functions (rule 6): whatever is asked, reported and told, no call too many is handed out.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emptyBudget,
  noCalls,
  readBudget,
  remainingCalls,
  reserveCalls,
  settleCalls,
} from "../../../../src/sync/account/budget.ts";

const policy = { calls: 150, windowSeconds: 3600, reserve: 45, resetMarginSeconds: 5 };
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 21, 8, 0, 10);

describe("the budget of an account", () => {
  it("leaves background work the calls that fresh data does not need", () => {
    expect(remainingCalls(emptyBudget, policy, "fresh", start)).toBe(150);
    expect(remainingCalls(emptyBudget, policy, "background", start)).toBe(105);
  });

  it("hands a call out once, and takes back what was not used", () => {
    const reserved = reserveCalls(emptyBudget, policy, "fresh", 10, start);
    expect(reserved.granted).toBe(10);
    expect(remainingCalls(reserved.state, policy, "fresh", start)).toBe(140);
    const settled = settleCalls(reserved.state, policy, 10, { ...noCalls, spent: 3 }, start);
    expect(remainingCalls(settled, policy, "fresh", start)).toBe(147);
  });

  it("believes the provider when it counts more than we do, and us when it lags behind", () => {
    const resetsAt = start + 600_000;
    const told = (remaining: number) =>
      settleCalls(
        emptyBudget,
        policy,
        0,
        { spent: 5, rate: { limit: 150, remaining, resetsAt }, limitedUntil: null },
        start,
      );
    expect(remainingCalls(told(20), policy, "fresh", start)).toBe(20);
    expect(remainingCalls(told(150), policy, "fresh", start)).toBe(145);
  });

  it("starts again five seconds after the provider's reset, and not before", () => {
    const resetsAt = start + 600_000;
    const rate = { limit: 150, remaining: 0, resetsAt };
    const spent = settleCalls(emptyBudget, policy, 0, { spent: 150, rate, limitedUntil: null }, start);
    expect(remainingCalls(spent, policy, "fresh", resetsAt + 4_999)).toBe(0);
    expect(remainingCalls(spent, policy, "fresh", resetsAt + 5_000)).toBe(150);
    expect(reserveCalls(spent, policy, "fresh", 1, start).until).toBe(resetsAt + 5_000);
  });

  it("without a word of the provider rolls just after the full hour", () => {
    const spent = settleCalls(emptyBudget, policy, 0, { ...noCalls, spent: 150 }, start);
    expect(readBudget(spent, policy, start)).toEqual({
      limit: 150,
      remaining: 0,
      resetsAt: Date.UTC(2026, 10, 21, 9, 0, 5),
    });
  });

  it("counts what was spent between the provider's reset and ours in the provider's new window", () => {
    const reset = Date.UTC(2026, 10, 21, 9);
    const late = reserveCalls(
      { ...emptyBudget, windowEndsAt: reset + 5_000 },
      policy,
      "fresh",
      150,
      reset + 2_000,
    );
    const spent = settleCalls(late.state, policy, 150, { ...noCalls, spent: 150 }, reset + 3_000);
    expect(remainingCalls(spent, policy, "fresh", reset + 6_000)).toBe(0);
    expect(remainingCalls(spent, policy, "fresh", reset + hour + 5_000)).toBe(150);
    // An hour in which nobody called lies between.
    expect(remainingCalls(spent, policy, "fresh", reset + 2 * hour)).toBe(150);
  });

  it("is closed until the provider said so after a 429, whatever was left", () => {
    const limitedUntil = start + 120_000;
    const limited = settleCalls(emptyBudget, policy, 0, { spent: 1, rate: null, limitedUntil }, start);
    expect(remainingCalls(limited, policy, "fresh", limitedUntil - 1)).toBe(0);
    expect(remainingCalls(limited, policy, "fresh", limitedUntil)).toBeGreaterThan(0);
  });

  it("never hands out more than the limit in a window, however its holders come, die and report", () => {
    const step = fc.record({
      wanted: fc.integer({ min: 1, max: 40 }),
      used: fc.integer({ min: 0, max: 40 }),
      priority: fc.constantFrom("fresh" as const, "background" as const),
      // Now and then a few seconds, so that the time between the provider's reset and ours is met.
      seconds: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1200 })),
      settlesLater: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let state = emptyBudget;
        let now = start - 15_000;
        const open: { granted: number; used: number }[] = [];
        const made = new Map<number, number>();
        for (const { wanted, used, priority, seconds, settlesLater } of steps) {
          const reserved = reserveCalls(state, policy, priority, wanted, now);
          state = reserved.state;
          const calls = Math.min(used, reserved.granted);
          // A holder makes its calls at once, in the provider's window in which they were handed out.
          const window = Math.floor(now / hour);
          made.set(window, (made.get(window) ?? 0) + calls);
          open.push({ granted: reserved.granted, used: calls });
          if (!settlesLater) {
            for (const { granted, used: spent } of open.splice(0)) {
              state = settleCalls(state, policy, granted, { ...noCalls, spent }, now);
            }
          }
          now += seconds * 1000;
        }
        for (const count of made.values()) expect(count).toBeLessThanOrEqual(150);
      }),
      { numRuns: 500 },
    );
  });
});
