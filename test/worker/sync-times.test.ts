// Time and ids: midnight, both changes of the clocks, zones that are not the profile's, an ignored time zone, ids beyond 2^53.
// What a record says is compared with what the wearable measured at that instant, by absolute time.

import { describe, expect, it } from "vitest";
import { activityTypeOf } from "../../simulator/activity-types.ts";
import { fitbitTime, utcOffsetSecondsAt } from "../../simulator/time-zone.ts";
import { heartRateSamples } from "../../simulator/workout.ts";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { type Change, type Document, type NewActivity, recordsOf, World } from "./world.ts";

/** One for each: the person at Google has a Fitbit account too, which must not be one that is connected here. */
const seeds = { fitbit: 4, "google-health": 5 } as const;
const age = 41;
const hour = 3_600_000;
const day = 24 * hour;

/** A watch's samples at Google are 2 s apart at least (reference §5.1, observed); Fitbit tells every one. */
const leastGapMilliseconds = { fitbit: 1000, "google-health": 2000 } as const;

interface Recorded {
  readonly activityId: string;
  readonly startTime: number;
  readonly durationSeconds: number;
  readonly name: string;
}

/** What the wearable measured and the provider tells, as `epoch seconds → bpm`, from the simulator's own generator and no endpoint of it. */
function measured(
  provider: ProviderName,
  { activityId, startTime, durationSeconds, name }: Recorded,
): Map<number, number> {
  const samples = heartRateSamples(
    {
      type: activityTypeOf(name),
      startTimeMs: startTime,
      utcOffsetSeconds: 0,
      durationSeconds,
      pauseSeconds: 0,
      laps: 1,
      gps: false,
      heartRate: true,
    },
    { key: `${seeds[provider]}/${activityId}`, age },
  );
  const beats = new Map<number, number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const { timeMs, bpm } of samples) {
    if (timeMs - last < leastGapMilliseconds[provider]) continue;
    last = timeMs;
    beats.set(timeMs / 1000, bpm);
  }
  return beats;
}

/**
 * Every measured beat is there, in exactly its second. Without a route, whose file has more, nothing else is: no beat is
 * filled in, moved or smoothed.
 */
function expectHeartRates(provider: ProviderName, document: Document, recorded: Recorded): void {
  const truth = measured(provider, recorded);
  expect(truth.size).toBeGreaterThan(recorded.durationSeconds / 6);
  const records = recordsOf(document);
  const beats = new Map(
    records.flatMap(({ timestamp, heartRate }) =>
      heartRate === undefined ? [] : [[Date.parse(timestamp) / 1000, heartRate] as const],
    ),
  );
  for (const [second, bpm] of truth) expect(beats.get(second), `${second}`).toBe(bpm);
  if (records.every(({ positionLat }) => positionLat === undefined)) {
    // Where there is no route, Google's file has a point a minute.
    const isOfFile = (second: number) =>
      provider === "google-health" && (second - recorded.startTime / 1000) % 60 === 0;
    for (const { timestamp } of records) {
      const second = Date.parse(timestamp) / 1000;
      expect(truth.has(second) || isOfFile(second), timestamp).toBe(true);
    }
  }
  expectOnePerSecond(document);
}

/** Ascending, and no second twice, across every lap. */
function expectOnePerSecond(document: Document): void {
  const seconds = recordsOf(document).map(({ timestamp }) => Math.floor(Date.parse(timestamp) / 1000));
  expect(seconds.length).toBeGreaterThan(0);
  for (const [index, second] of seconds.entries()) {
    if (index > 0) expect(second).toBeGreaterThan(seconds[index - 1] ?? Number.POSITIVE_INFINITY);
  }
}

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(seeds[provider], provider);
  const userNamed = (name: string) => `${name}-${provider}`;

  /**
   * The wearable's measurements go by the id of its recording, which is the one that Fitbit tells. Google names it otherwise,
   * so there the same person records at their Fitbit account, which nobody connects.
   */
  async function newRecorder(account: Record<string, unknown>): Promise<{ legacyUserId?: string }> {
    if (provider === "fitbit") return {};
    return { legacyUserId: await world.newAccount({ provider: "fitbit", age, ...account }) };
  }

  /** Records workouts of the past, brings them by a backfill, and answers them with their changes. */
  async function history(
    userId: string,
    account: Record<string, unknown>,
    workouts: readonly (NewActivity & { name: string; start: number; offsetSeconds: number })[],
  ) {
    const recorder = await newRecorder(account);
    const { providerUserId, connectionId } = await world.connect(userId, {
      account: { age, ...account, ...recorder },
    });
    const recorded: Recorded[] = [];
    for (const { start, offsetSeconds, durationSeconds = 1800, ...rest } of workouts) {
      const activityId = await world.record(recorder.legacyUserId ?? providerUserId, {
        ...rest,
        durationSeconds,
        startTime: fitbitTime(start, offsetSeconds),
      });
      recorded.push({ activityId, startTime: start, durationSeconds, name: rest.name });
    }
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    const since = new Date(Math.min(...workouts.map(({ start }) => start)) - day).toISOString();
    await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
    const changes = await world.untilFeed(userId, workouts.length);
    const found: { recorded: Recorded; change: Change; document: Document }[] = [];
    for (const one of recorded) {
      const change = changes.find(({ activity }) => Date.parse(activity.startTime) === one.startTime);
      if (change === undefined) throw new Error(`not in the feed: ${one.activityId}`);
      found.push({ recorded: one, change, document: await world.document(change.activity.id) });
    }
    return found;
  }

  /** The instants, in the year before now, at which the zone's clocks were changed, the latest first. */
  function clockChanges(timeZone: string): number[] {
    const changes: number[] = [];
    const newest = Math.floor((world.now() - 3 * day) / hour) * hour;
    for (let at = newest; at > newest - 366 * day && changes.length < 2; at -= day) {
      if (utcOffsetSecondsAt(timeZone, at) === utcOffsetSecondsAt(timeZone, at - day)) continue;
      let change = at;
      while (utcOffsetSecondsAt(timeZone, change - hour) === utcOffsetSecondsAt(timeZone, at)) change -= hour;
      changes.push(change);
    }
    return changes;
  }

  /** Midnight of a day a week ago, on the clocks of the zone. */
  function midnightIn(timeZone: string): number {
    const utc = Math.floor((world.now() - 7 * day) / day) * day;
    return utc - utcOffsetSecondsAt(timeZone, utc) * 1000;
  }

  describe("an activity over midnight", () => {
    it.for([
      ["Europe/Berlin", true],
      ["America/Los_Angeles", true],
      ["Pacific/Auckland", true],
      ["Asia/Kathmandu", false],
      ["Pacific/Kiritimati", false],
    ] as const)("keeps every beat before and after it: %s", async ([timezone, gps]) => {
      const start = midnightIn(timezone) - 20 * 60_000;
      const offsetSeconds = utcOffsetSecondsAt(timezone, start);
      const [found] = await history(
        userNamed(`midnight-${timezone.replace("/", "-")}`),
        { timezone, wornAllDay: true },
        [{ name: gps ? "Run" : "Spinning", gps, start, offsetSeconds, durationSeconds: 2400 }],
      );
      if (found === undefined) throw new Error("nothing was found");
      expectHeartRates(provider, found.document, found.recorded);
      expect(found.document).toMatchObject({
        startTime: new Date(start).toISOString().replace(".000", ""),
        utcOffsetSeconds: offsetSeconds,
        completeness: { heartRate: { state: "complete" } },
      });
    });

    it("in UTC too keeps every beat", async () => {
      const start = Math.floor((world.now() - 5 * day) / day) * day - 15 * 60_000;
      const [found] = await history(userNamed("midnight-utc"), { timezone: "Asia/Tokyo" }, [
        { name: "Spinning", gps: false, start, offsetSeconds: 9 * 3600 },
      ]);
      if (found === undefined) throw new Error("nothing was found");
      expectHeartRates(provider, found.document, found.recorded);
    });
  });

  describe("an activity during which the clocks are changed", () => {
    it.for([
      ["Europe/London", true],
      ["Europe/London", false],
      ["America/New_York", true],
      ["America/New_York", false],
      ["Australia/Lord_Howe", false],
    ] as const)(
      "loses no beat and moves none, in spring and in autumn: %s, route: %s",
      async ([timezone, gps]) => {
        const changes = clockChanges(timezone);
        expect(changes).toHaveLength(2);
        const found = await history(
          userNamed(`clocks-${timezone.replace("/", "-")}-${gps}`),
          { timezone, wornAllDay: true },
          changes.flatMap((change) =>
            // Over the change, and hours before and after it on the same day.
            [change - 5 * hour, change - 20 * 60_000, change + 3 * hour].map((start) => ({
              name: gps ? "Run" : "Spinning",
              gps,
              start,
              durationSeconds: 2400,
              offsetSeconds: utcOffsetSecondsAt(timezone, start),
            })),
          ),
        );
        expect(found).toHaveLength(6);
        for (const { recorded, document } of found) {
          expectHeartRates(provider, document, recorded);
          expect(document.completeness.heartRate.state).toBe("complete");
        }
      },
    );
  });

  describe("an activity in a zone that is not the profile's", () => {
    it("stands at its own time, heart rate and route alike", async () => {
      const start = Math.floor((world.now() - 3 * day) / hour) * hour;
      const found = await history(
        userNamed("traveller"),
        { timezone: "America/New_York", wornAllDay: true },
        [
          { name: "Run", gps: true, start, offsetSeconds: 9 * 3600 },
          { name: "Spinning", gps: false, start: start + 4 * hour, offsetSeconds: 5.5 * 3600 },
        ],
      );
      for (const { recorded, document } of found) {
        expectHeartRates(provider, document, recorded);
        expect(Date.parse(document.startTime)).toBe(recorded.startTime);
      }
      expect(found.map(({ document }) => document.utcOffsetSeconds)).toEqual([32_400, 19_800]);
    });

    it("and in UTC itself, which the provider writes as `Z`, is no different", async () => {
      const start = Math.floor((world.now() - 3 * day) / hour) * hour;
      const [found] = await history(userNamed("offset-z"), { timezone: "Europe/London", wornAllDay: true }, [
        { name: "Spinning", gps: false, start, offsetSeconds: 0 },
      ]);
      if (found === undefined) throw new Error("nothing was found");
      expectHeartRates(provider, found.document, found.recorded);
      expect(found.document.utcOffsetSeconds).toBe(0);
    });
  });

  describe("ids of 19 digits", () => {
    it("come from the provider to the feed digit by digit, and neighbours stay two activities", async () => {
      const userId = userNamed("long-ids");
      const { providerUserId } = await world.connect(userId);
      await world.pass(5 * 3600, providerUserId);
      await world.quiet(providerUserId);
      const activityIds: string[] = [];
      for (const hoursAgo of [4, 3, 2]) {
        const startTime = new Date(world.now() - hoursAgo * hour).toISOString();
        activityIds.push(await world.record(providerUserId, { startTime, durationSeconds: 600 }));
      }
      // The simulator's ids are nearer to each other than a double can tell.
      expect(activityIds.every((id) => /^\d{19}$/.test(id))).toBe(true);
      expect(new Set(activityIds.map(Number)).size).toBeLessThan(activityIds.length);
      await world.push(providerUserId);
      const changes = await world.untilFeed(userId, 3);
      expect(changes.map(({ activity }) => activity.sourceActivityId).toSorted()).toEqual(
        activityIds.toSorted(),
      );
      for (const { activity } of changes) {
        const document = await world.document(activity.id);
        expect(document.sourceActivityId).toBe(activity.sourceActivityId);
        expect(document.standardizedActivity).toMatchObject({ externalId: activity.sourceActivityId });
      }
      const asked = await world.calls(providerUserId, world.paths.tcx);
      expect(asked.map(({ path }) => /(\d{19})[.:]/.exec(path)?.[1]).toSorted()).toEqual(
        activityIds.toSorted(),
      );
    });
  });

  // Google tells every sample in UTC and has no such parameter (reference §5.1, observed).
  if (provider === "fitbit") {
    describe("a provider that ignores `timezone=UTC`", () => {
      it.for([
        ["west of Greenwich", "America/Denver", -7 * 3600],
        ["east of it", "Asia/Tokyo", 9 * 3600],
      ] as const)("does not move the heart rate: %s", async ([name, timezone, offsetSeconds]) => {
        const userId = `ignored-${name.split(" ")[0]}`;
        const { providerUserId, connectionId } = await world.connect(userId, { account: { age, timezone } });
        const start = midnightIn(timezone) - 10 * 60_000;
        const activityId = await world.record(providerUserId, {
          name: "Spinning",
          gps: false,
          startTime: fitbitTime(start, offsetSeconds),
        });
        await world.push(providerUserId);
        await world.quiet(providerUserId);
        await world.faults({ fault: "timezone_ignored", providerUserId });
        const since = new Date(start - day).toISOString();
        await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
        const [change] = await world.untilFeed(userId, 1);
        await world.faults();
        expect(change?.activity.completeness.heartRate.state).toBe("complete");
        expectHeartRates(provider, await world.document(change?.activity.id ?? ""), {
          activityId,
          startTime: start,
          durationSeconds: 1800,
          name: "Spinning",
        });
      });
    });
  }
});
