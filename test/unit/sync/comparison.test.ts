// What a list means against what is stored, as tables: what is new, what is missing, when a missing one counts, and how far
// back a list reaches (rules 7, 8 and 9).

import { describe, expect, it } from "vitest";
import {
  asId,
  type ConnectionId,
  type ProviderUserId,
  type SourceActivityId,
  type UserId,
} from "../../../src/kernel/ids.ts";
import { type ActivitySummary, type GrantScope, grantScopes } from "../../../src/providers/port.ts";
import type { AccountLink } from "../../../src/sync/account/account-protocol.ts";
import {
  compareListing,
  judgeMissing,
  type Listing,
  type StoredIndexEntry,
} from "../../../src/sync/comparison.ts";
import { routineWindow } from "../../../src/sync/listing.ts";
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
  sourceActivityId: id(number),
  providerVersion: 1,
  startTime: now - ago,
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
    expect(difference).toEqual({ summaries: [], missing: [], stored: 0 });
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
