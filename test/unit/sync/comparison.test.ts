// What a list means against what is stored, as tables: what is new, what is missing, when a missing one counts, and how far
// back a list reaches (rules 7, 8 and 9).

import { describe, expect, it } from "vitest";
import { mapActivityType } from "../../../src/activities/type-mapping.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  type ProviderUserId,
  type SourceActivityId,
  type UserId,
} from "../../../src/kernel/ids.ts";
import {
  type ActivitySummary,
  type GrantScope,
  grantScopes,
  type Provider,
} from "../../../src/providers/port.ts";
import type { AccountLink } from "../../../src/sync/account/account-protocol.ts";
import {
  compareListing,
  judgeMissing,
  type Listing,
  type StoredIndexEntry,
} from "../../../src/sync/comparison.ts";
import { intervalWindow, isWithinReach, lookAtEnd, routineWindow } from "../../../src/sync/listing.ts";
import { summary } from "../activities/fixtures.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse("2026-03-10T14:00:00Z");

const link: AccountLink = {
  connectionId: asId<ConnectionId>("con_1"),
  userId: asId<UserId>("u1"),
  provider: "fitbit",
  providerUserId: asId<ProviderUserId>("ABC123"),
  grantedScopes: grantScopes,
  connectedAt: now - 30 * day,
  liveSince: now - 30 * day,
};

const id = (number: number) => asId<SourceActivityId>(String(number));

/** An activity of ten minutes that began `ago` before now. */
const listed = (number: number, ago: number, version = 1): ActivitySummary => ({
  ...summary,
  sourceActivityId: id(number),
  startTime: now - ago,
  elapsedSeconds: 600,
  version,
});

const stored = (number: number, ago: number, change: Partial<StoredIndexEntry> = {}): StoredIndexEntry => ({
  id: asId<ActivityId>(`act_${number}`),
  provider: "fitbit",
  sourceActivityId: id(number),
  providerVersion: 1,
  startTime: now - ago,
  endTime: now - ago + 600_000,
  type: mapActivityType(summary),
  isInFeed: true,
  deleted: false,
  ...change,
});

const listing = (summaries: readonly ActivitySummary[], unreadable: readonly number[] = []): Listing => ({
  summaries,
  unreadable: unreadable.map(id),
  window: { start: now - 7 * day, end: now + day },
  isWhole: true,
  listStartedAt: now,
});

describe("a list brings", () => {
  it.for<[string, ActivitySummary, StoredIndexEntry | null, boolean]>([
    ["what is not stored", listed(1, hour), null, true],
    ["a newer version of what is stored", listed(1, hour, 2), stored(1, hour), true],
    ["not the same version again", listed(1, hour), stored(1, hour), false],
    ["not an older version", listed(1, hour, 1), stored(1, hour, { providerVersion: 2 }), false],
    [
      "what was deleted and is back, whatever its version",
      listed(1, hour),
      stored(1, hour, { deleted: true }),
      true,
    ],
    ["not what ended before the connection was made", listed(1, 31 * day), null, false],
    ["what began before and ended after it", listed(1, 30 * day + 300_000), null, true],
    ["an edit of history that a backfill has brought", listed(1, 31 * day, 2), stored(1, 31 * day), true],
  ])("%s", ([, one, known, brings]) => {
    const difference = compareListing(listing([one]), known === null ? [] : [known], link);
    expect(difference.summaries).toEqual(brings ? [one] : []);
  });
});

describe("what a list lacks is missing", () => {
  it.for<[string, Listing, StoredIndexEntry, boolean]>([
    ["when it was stored and lies within the window", listing([]), stored(1, day), true],
    ["not when it is listed", listing([listed(1, day)]), stored(1, day), false],
    ["not when it is there but cannot be read", listing([], [1]), stored(1, day), false],
    ["not when it was deleted before", listing([]), stored(1, day, { deleted: true }), false],
    ["not when it lies before the window", listing([]), stored(1, 8 * day), false],
    [
      "not on the window's first day, which local dates may cut off",
      listing([]),
      stored(1, 6.5 * day),
      false,
    ],
    ["not when it began after the list was asked for", listing([]), stored(1, -hour), false],
  ])("%s", ([, list, known, isMissing]) => {
    const difference = compareListing(list, [known], link);
    expect(difference.missing).toEqual(isMissing ? [id(1)] : []);
  });

  it("not when pages of the list were left out", () => {
    const difference = compareListing({ ...listing([]), isWhole: false }, [stored(1, day)], link);
    expect(difference.missing).toEqual([]);
  });

  it("not when the user did not let us list", () => {
    const grantedScopes: GrantScope[] = grantScopes.filter((scope) => scope !== "activity");
    const difference = compareListing(listing([]), [stored(1, day)], { ...link, grantedScopes });
    expect(difference).toMatchObject({ summaries: [], missing: [], stored: 0 });
  });
});

describe("missing activities", () => {
  it.for<[number, number, ReturnType<typeof judgeMissing>]>([
    [0, 0, "none"],
    [0, 50, "none"],
    [1, 1, "ask"],
    [1, 3, "ask"],
    [1, 2, "suspicious"],
    [2, 4, "suspicious"],
    [2, 5, "ask"],
    [3, 7, "ask"],
    [4, 100, "suspicious"],
    [4, 4, "suspicious"],
  ])("%i of %i: %s", ([missing, of, verdict]) => {
    expect(judgeMissing(missing, of)).toBe(verdict);
  });
});

describe("a routine list reaches back", () => {
  const provider = { listReachSeconds: (7 * day) / 1000 } as Parameters<typeof routineWindow>[0];
  it.for<[string, { listedAt: number; liveSince?: number }, number]>([
    ["7 days", { listedAt: now - hour }, 7 * day],
    ["7 days when nothing was ever listed", { listedAt: 0 }, 7 * day],
    ["to a day before the last list after an outage", { listedAt: now - 12 * day }, 13 * day],
    ["31 days at most", { listedAt: now - 200 * day, liveSince: now - 300 * day }, 31 * day],
    [
      "to a day before the connection after an outage that began with it",
      { listedAt: now - 30 * day, liveSince: now - 10 * day },
      11 * day,
    ],
    [
      "7 days although the connection is new, because what is stored may be older",
      { listedAt: now - hour, liveSince: now },
      7 * day,
    ],
  ])("%s", ([, { listedAt, liveSince = link.liveSince }, reach]) => {
    const window = routineWindow(provider, { ...link, liveSince }, listedAt, now);
    expect((now - window.start) / day).toBe(reach / day);
    expect(window.end).toBe(now + day);
  });
});

describe("an activity that came from another provider", () => {
  const google: AccountLink = { ...link, provider: "google-health" };
  const ranked = (number: number, ago: number, change: Partial<ActivitySummary> = {}): ActivitySummary => ({
    ...listed(number, ago, 5),
    copyRank: 0,
    ...change,
  });

  it("is known again by its start, its length and its kind, and nothing of it is fetched", () => {
    const difference = compareListing(listing([ranked(77, hour)]), [stored(1, hour)], google);
    expect(difference.adoptions).toEqual([
      { activityId: "act_1", sourceActivityId: "77", providerVersion: 5 },
    ]);
    expect(difference.summaries).toEqual([]);
    expect(difference.missing).toEqual([]);
  });

  it.for<[string, Partial<ActivitySummary>, boolean]>([
    ["2 s later", { startTime: now - hour + 2_000 }, true],
    ["more than 2 s later", { startTime: now - hour + 2_001 }, false],
    ["2 s earlier", { startTime: now - hour - 2_000 }, true],
    ["longer by 2 %", { elapsedSeconds: 612 }, true],
    ["longer by more", { elapsedSeconds: 613 }, false],
    ["shorter by 2 %", { elapsedSeconds: 588 }, true],
    ["shorter by more", { elapsedSeconds: 587 }, false],
    ["of another kind", { title: "Swim", providerTypeId: null }, false],
    ["named otherwise, of the same kind", { title: "Lauf", activityType: mapActivityType(summary) }, true],
  ])("is the same when what is listed is %s: %s", ([, change, isSame]) => {
    const difference = compareListing(listing([ranked(77, hour, change)]), [stored(1, hour)], google);
    expect(difference.adoptions).toHaveLength(isSame ? 1 : 0);
    expect(difference.summaries).toHaveLength(isSame ? 0 : 1);
  });

  it("is fetched anew while it settles, because nobody has read it yet", () => {
    const settling = stored(1, hour, { isInFeed: false });
    const difference = compareListing(listing([ranked(77, hour)]), [settling], google);
    expect(difference.adoptions).toMatchObject([{ activityId: "act_1", providerVersion: 0 }]);
    expect(difference.summaries).toHaveLength(1);
  });

  it("is not missing when the new provider does not have it", () => {
    const difference = compareListing(listing([]), [stored(1, 3 * day)], google);
    expect(difference).toMatchObject({ missing: [], stored: 0 });
  });

  it("is known again once, however many records of it are listed", () => {
    const rows = [stored(1, hour), stored(2, hour + 1_000)];
    // Ranked alike and recorded at the same time: what is listed second is a copy of the first.
    const difference = compareListing(listing([ranked(77, hour), ranked(78, hour + 500)]), rows, google);
    expect(difference.adoptions).toHaveLength(1);
    expect(difference.leftOut).toBe(1);
  });

  it("is not taken for a tombstone", () => {
    const difference = compareListing(
      listing([ranked(77, hour)]),
      [stored(1, hour, { deleted: true })],
      google,
    );
    expect(difference.adoptions).toEqual([]);
    expect(difference.summaries).toHaveLength(1);
  });

  it("is known by its new id from then on", () => {
    const adopted = stored(77, hour, { provider: "google-health", providerVersion: 5 });
    expect(compareListing(listing([ranked(77, hour)]), [adopted], google)).toMatchObject({
      summaries: [],
      adoptions: [],
    });
    const edited = compareListing(listing([ranked(77, hour, { version: 6 })]), [adopted], google);
    expect(edited.summaries).toHaveLength(1);
  });
});

describe("two records of one workout", () => {
  const google: AccountLink = { ...link, provider: "google-health" };
  const record = (
    number: number,
    copyRank: number,
    change: Partial<ActivitySummary> = {},
  ): ActivitySummary => ({
    ...listed(number, hour),
    copyRank,
    ...change,
  });
  const row = (number: number) => stored(number, hour, { provider: "google-health" });

  it("are one activity: the better one", () => {
    const difference = compareListing(listing([record(2, 3), record(1, 0)]), [], google);
    expect(difference.summaries.map((one) => one.sourceActivityId)).toEqual(["1"]);
    expect(difference.leftOut).toBe(1);
  });

  it("are the same one at every list, whatever their order", () => {
    for (const records of [
      [record(2, 0), record(1, 0)],
      [record(1, 0), record(2, 0)],
    ]) {
      const difference = compareListing(listing(records), [], google);
      expect(difference.summaries.map((one) => one.sourceActivityId)).toEqual(["1"]);
    }
  });

  it("change nothing when the copy comes after the better one", () => {
    const difference = compareListing(listing([record(1, 0), record(2, 3)]), [row(1)], google);
    expect(difference).toMatchObject({ summaries: [], adoptions: [], missing: [], leftOut: 1 });
  });

  it("keep their activity when the better one comes after its copy, with what the better one says", () => {
    const difference = compareListing(listing([record(1, 0), record(2, 3)]), [row(2)], google);
    expect(difference.adoptions).toEqual([
      { activityId: "act_2", sourceActivityId: "1", providerVersion: 0 },
    ]);
    expect(difference.summaries.map((one) => one.sourceActivityId)).toEqual(["1"]);
    expect(difference.missing).toEqual([]);
  });

  it("keep their activity when the better one is deleted and its copy stays", () => {
    const difference = compareListing(listing([record(2, 3)]), [row(1)], google);
    expect(difference.adoptions).toMatchObject([{ activityId: "act_1", sourceActivityId: "2" }]);
    expect(difference.missing).toEqual([]);
  });

  it("are two activities at a provider that does not rank its records", () => {
    const twins = [listed(1, hour), listed(2, hour)];
    expect(compareListing(listing(twins), [], link).summaries).toHaveLength(2);
    expect(compareListing(listing(twins), [stored(1, hour)], link).summaries).toHaveLength(1);
  });
});

describe("a session under a minute", () => {
  it("is left out as a mistake, unless somebody typed it in", () => {
    const brief = { ...listed(1, hour), elapsedSeconds: 59, copyRank: 0 };
    expect(compareListing(listing([brief]), [], link)).toMatchObject({ summaries: [], leftOut: 1 });
    expect(compareListing(listing([{ ...brief, recordedBy: "manual" }]), [], link).summaries).toHaveLength(1);
    expect(compareListing(listing([{ ...brief, elapsedSeconds: 60 }]), [], link).summaries).toHaveLength(1);
  });

  it("comes where the provider lists no noise (Fitbit)", () => {
    const brief = { ...listed(1, hour), elapsedSeconds: 20 };
    expect(compareListing(listing([brief]), [], link).summaries).toHaveLength(1);
  });

  it("is kept current when it was longer once, and is not missing", () => {
    const brief = { ...listed(1, hour, 2), elapsedSeconds: 30, copyRank: 0 };
    const difference = compareListing(listing([brief]), [stored(1, hour)], link);
    expect(difference.summaries).toHaveLength(1);
    expect(difference.missing).toEqual([]);
  });
});

describe("a session under way", () => {
  const running: ActivitySummary = { ...listed(1, 300_000), isUnderWay: true };

  it("waits: nothing of it is fetched, and it is asked for again after its end", () => {
    const difference = compareListing(listing([running]), [], link);
    expect(difference.summaries).toEqual([]);
    expect(difference.underWayUntil).toBe(now + 300_000);
    expect(lookAtEnd(difference, now)).toBe(now + 360_000);
  });

  it("is asked for after a quarter of an hour at the latest, and never in the past", () => {
    expect(lookAtEnd({ underWayUntil: now + 5 * hour }, now)).toBe(now + 900_000);
    expect(lookAtEnd({ underWayUntil: now - hour }, now)).toBe(now + 60_000);
    expect(lookAtEnd({ underWayUntil: null }, now)).toBeNull();
  });

  it("is not missing when it was stored before", () => {
    const difference = compareListing(listing([running]), [stored(1, 300_000)], link);
    expect(difference).toMatchObject({ summaries: [], missing: [] });
  });
});

describe("an interval that a push named", () => {
  const provider = { listReachSeconds: 48 * 3600 } as Provider;

  it("needs no list of its own where every look lists it anyway", () => {
    expect(isWithinReach(provider, { start: now - 23 * hour, end: now }, now)).toBe(true);
    expect(isWithinReach(provider, { start: now - 25 * hour, end: now }, now)).toBe(false);
  });

  it("misses what it lacks between its ends, and nothing beside them", () => {
    const start = now - 30 * day;
    const window = intervalWindow({ start, end: start + hour });
    const rows = [stored(1, 30 * day - 600_000), stored(2, 32 * day), stored(3, 28 * day)];
    const difference = compareListing({ ...listing([]), window }, rows, link);
    expect(difference.missing).toEqual(["1"]);
  });
});
