// What each kind of work means for lease and budget, as tables: a row that changes is a change of rule 2 or 6, and is to be
// written here first.

import { describe, expect, it } from "vitest";
import { asId, type SourceActivityId } from "../../../../src/kernel/ids.ts";
import { emptyState } from "../../../../src/sync/account/account-state.ts";
import { firstCalls, isOld, priorityOf, recoveryOf } from "../../../../src/sync/account/work-policy.ts";
import type { Found, Work } from "../../../../src/sync/messages.ts";

const now = Date.UTC(2026, 10, 21, 12);
const hour = 3_600_000;

const found = (listStartedAt: number): Found => ({
  summaries: [],
  adoptions: [],
  underWayUntil: null,
  missing: [],
  stored: 0,
  listed: 0,
  calls: 1,
  listStartedAt,
});

const backfill: Work = { kind: "backfill", runId: "run_1", since: 1, cursor: 2, until: 3 };
const late: Work = { kind: "late", activityId: "act_1", look: 1 };
const deletions: Work = { kind: "deletions", since: 1, missing: [asId<SourceActivityId>("1")] };
const revocation: Work = { kind: "revocation", receivedAt: 1 };
const subscribe: Work = { kind: "subscribe", attempts: 1 };
const erase: Work = { kind: "erase", connectionId: "con_1" };

const triggers = ["connect", "notification", "manual", "late_data", "recovery", "retry", "replay"] as const;

describe("the calls of an account", () => {
  it.each<[string, Work]>([
    ["a backfill", backfill],
    ["a look of the sweep", { kind: "look", trigger: "sweep" }],
    ["a sync of the sweep", { kind: "sync", trigger: "sweep" }],
    ["a sync of what the sweep has found", { kind: "sync", trigger: "sweep", found: found(now) }],
  ])("are kept in part from %s, which can wait", (_name, work) => {
    expect(priorityOf(work)).toBe("background");
  });

  it.each<[string, Work]>([
    ["a look at an activity that lacks a stream", late],
    ["a second look for deletions", deletions],
    ["the question whether consent was withdrawn", revocation],
    ["a subscription", subscribe],
    ["an erasure", erase],
    ...triggers.map((trigger): [string, Work] => [`a look (${trigger})`, { kind: "look", trigger }]),
    ...triggers.map((trigger): [string, Work] => [`a sync (${trigger})`, { kind: "sync", trigger }]),
  ])("are all there for %s, whose user waits", (_name, work) => {
    expect(priorityOf(work)).toBe("fresh");
  });

  it.each<[number, string, Work]>([
    [3, "a look, which may have a second page", { kind: "look", trigger: "notification" }],
    [3, "a second look for deletions", deletions],
    [3, "a sync that has to list", { kind: "sync", trigger: "manual" }],
    [
      4,
      "a sync whose list was read, for a TCX and its heart rate",
      { kind: "sync", trigger: "notification", found: found(now) },
    ],
    [1, "one stream of one activity", late],
    [1, "one introspection", revocation],
    [1, "one subscription", subscribe],
    [1, "an erasure", erase],
    [10, "a slice of history", backfill],
  ])("are lent %i at first for %s", (calls, _name, work) => {
    expect(firstCalls(work)).toBe(calls);
  });
});

describe("work has nothing to tell", () => {
  const state = { ...emptyState, listedAt: now - hour };
  const old = (work: Work, receivedAt: number | null = null, listedAt = state.listedAt) =>
    isOld({ work, receivedAt, now }, { ...state, listedAt });
  const look: Work = { kind: "look", trigger: "notification" };

  it.each<[string, boolean, number]>([
    ["a hint that came before the last list began", true, now - hour - 1],
    ["a hint that came as the last list began", true, now - hour],
    ["a hint that came after it", false, now - hour + 1],
  ])("%s: %s", (_name, expected, receivedAt) => {
    expect(old(look, receivedAt)).toBe(expected);
  });

  it("never when nothing was pushed and somebody asked", () => {
    expect(old({ kind: "look", trigger: "retry" })).toBe(false);
    expect(old({ kind: "sync", trigger: "manual" })).toBe(false);
  });

  it("when its list is not newer than one that was completed since", () => {
    const withList = (listStartedAt: number): Work => ({
      kind: "sync",
      trigger: "notification",
      found: found(listStartedAt),
    });
    expect(old(withList(now - hour))).toBe(true);
    expect(old(withList(now - hour + 1))).toBe(false);
  });

  it.each(["look", "sync"] as const)("a sweep's %s within 20 hours of the last list, not after", (kind) => {
    const work: Work = { kind, trigger: "sweep" };
    expect(old(work, null, now - 20 * hour + 1)).toBe(true);
    expect(old(work, null, now - 20 * hour)).toBe(false);
  });

  it.each([late, deletions, backfill, revocation, subscribe, erase])(
    "but never $kind: it asks for something else than a list",
    (work) => {
      expect(old(work, now - 2 * hour)).toBe(false);
      expect(old(work)).toBe(false);
    },
  );
});

describe("what is done after its holder's death", () => {
  it("reads the list again, because what was found may be done in part", () => {
    const work: Work = { kind: "sync", trigger: "notification", found: found(now), handoff: 7 };
    expect(recoveryOf(work)).toEqual({ kind: "sync", trigger: "recovery" });
  });

  it("is still the sweep's, which leaves the reserve alone", () => {
    const work: Work = { kind: "sync", trigger: "sweep", found: found(now), handoff: 7 };
    expect(recoveryOf(work)).toEqual({ kind: "sync", trigger: "sweep" });
  });

  it("goes on under the run that somebody follows", () => {
    const work: Work = { kind: "sync", trigger: "manual", runId: "run_1", found: found(now), handoff: 7 };
    expect(recoveryOf(work)).toEqual({ kind: "sync", trigger: "manual", runId: "run_1" });
  });

  it.each([{ kind: "look", trigger: "sweep" } as const, late, deletions, backfill, revocation, subscribe])(
    "is the same for $kind",
    (work) => {
      expect(recoveryOf(work)).toEqual(work);
    },
  );
});
