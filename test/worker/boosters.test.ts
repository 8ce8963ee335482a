// `POST /v1/boosters/…` at either provider: heart rate comes from what is stored and costs a call only where nothing is, waits
// for a device or for calls by saying so, and is right across midnight, clock changes and time zones. What a pipeline posts
// wrongly is refused by name; what a user has not connected is no error of the run.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { heartRateExample, typeExample, zonesExample } from "../../src/api/booster-examples.ts";
import { providerNames } from "../../src/kernel/ids.ts";
import { grantRefused, tokenRefused } from "./provider-answers.ts";
import { api, keyWith, problemOf, send } from "./request.ts";
import { World } from "./world.ts";

interface PostedRecord {
  timestamp: string;
  heartRate?: number;
}

interface Posted {
  startTime: string;
  name?: string;
  type?: string;
  sessions: {
    startTime: string;
    totalElapsedTime: number;
    avgHeartRate?: number;
    laps?: { records?: PostedRecord[] }[];
  }[];
}

interface Answer {
  activity: Posted;
  status: string;
  retryAfterSeconds?: number;
  description?: string;
  metadata: Record<string, unknown>;
}

const hour = 3_600_000;
const halfHour = 1800;

/** A workout of a gym log: when it began and how long it took, and no records. */
function gymWorkout(start: number, seconds = halfHour): Posted {
  const startTime = new Date(start).toISOString();
  return {
    startTime,
    name: "Push day",
    type: "ACTIVITY_TYPE_WEIGHT_TRAINING",
    sessions: [{ startTime, totalElapsedTime: seconds }],
  };
}

const recordsOf = (activity: Posted) =>
  activity.sessions.flatMap(({ laps }) => (laps ?? []).flatMap(({ records }) => records ?? []));

/** Of the seconds of a workout, those whose record has a heart rate. */
const beatsBySecond = (activity: Posted) =>
  new Map(
    recordsOf(activity).flatMap(({ timestamp, heartRate }): [number, number][] =>
      heartRate === undefined ? [] : [[Date.parse(timestamp), heartRate]],
    ),
  );

describe.each(providerNames)("Fitbit Heart Rate at %s", (provider) => {
  const world = new World(51, provider);
  afterEach(async () => {
    world.intercept = () => null;
    await world.faults();
  });

  let users = 0;
  const newUser = () => `boosted-${provider}-${++users}`;

  const boost = (userId: string, activity: Posted, options: object = {}) =>
    world.api<Answer>("/v1/boosters/fitbit-heart-rate", { json: { userId, activity, options } });

  /** A user whose run of half an hour ended `endedSecondsAgo`; synced, but older than the connection unless `isStored`. */
  async function userWithRun(
    options: { account?: Record<string, unknown>; isStored?: boolean; scopes?: readonly string[] } = {},
  ) {
    const user = newUser();
    const { scopes, account = {} } = options;
    const connection = await world.connect(user, { account, ...(scopes === undefined ? {} : { scopes }) });
    const { providerUserId } = connection;
    if (options.isStored) await world.control("POST", "/sim/clock", { advanceSeconds: 4 * 3600 });
    const start = Math.floor((world.now() - 3 * hour) / 1000) * 1000;
    await world.record(providerUserId, {
      startTime: new Date(start).toISOString(),
      durationSeconds: halfHour,
    });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    if (options.isStored) await world.untilFeed(user, 1);
    return { user, start, ...connection };
  }

  const callCount = async (providerUserId: string) => (await world.calls(providerUserId)).length;

  it("takes what is stored and asks the provider nothing", async () => {
    const { user, start, providerUserId } = await userWithRun({ isStored: true });
    const before = await callCount(providerUserId);
    const { status, activity, metadata } = await boost(user, gymWorkout(start));
    expect(status).toBe("merged");
    expect(metadata).toMatchObject({ from: "stored", timeBasis: "utc", records: halfHour + 1 });
    expect(Number(metadata.coverage)).toBeGreaterThan(0.9);
    expect(recordsOf(activity)).toHaveLength(halfHour + 1);
    expect(activity.sessions[0]?.avgHeartRate).toBeGreaterThan(90);
    expect(await callCount(providerUserId)).toBe(before);
  });

  it("takes the heart rate of a TCX where the provider gives no other", async () => {
    const user = newUser();
    const { providerUserId } = await world.connect(user);
    await world.quiet(providerUserId);
    await world.faults({ fault: "intraday_403", providerUserId });
    const start = Math.floor((world.now() - 3 * hour) / 1000) * 1000;
    await world.control("POST", "/sim/clock", { advanceSeconds: 4 * 3600 });
    await world.record(providerUserId, {
      startTime: new Date(start + 4 * hour).toISOString(),
      durationSeconds: halfHour,
      gps: true,
    });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(user, 1);
    expect(change?.activity.completeness.heartRate.state).toBe("complete");
    await world.quiet(providerUserId);
    const before = await callCount(providerUserId);
    const { status, metadata } = await boost(user, gymWorkout(start + 4 * hour));
    expect(status).toBe("merged");
    expect(metadata).toMatchObject({ from: "stored", timeBasis: "utc" });
    expect(Number(metadata.coverage)).toBeGreaterThan(0.9);
    expect(await callCount(providerUserId)).toBe(before);
  });

  it("takes what another account of the user's recorded, though that one has ended", async () => {
    const { user, start, connectionId } = await userWithRun({ isStored: true, account: { age: 40 } });
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    const { providerUserId } = await world.connect(user);
    await world.quiet(providerUserId);
    const before = await callCount(providerUserId);
    const boosted = await boost(user, gymWorkout(start));
    expect(boosted).toMatchObject({ status: "merged", metadata: { from: "stored" } });
    const json = { userId: user, activity: boosted.activity, options: { model: "fitbit" } };
    expect(await world.api("/v1/boosters/heart-rate-zones", { json })).toMatchObject({ status: "applied" });
    expect(await callCount(providerUserId)).toBe(before);
  });

  it("asks once for what is not stored, and joins both", async () => {
    const { user, start, providerUserId } = await userWithRun({
      isStored: true,
      account: { wornAllDay: true },
    });
    const before = await callCount(providerUserId);
    const earlier = start - 600_000;
    const { status, activity, metadata } = await boost(user, gymWorkout(earlier, 2400));
    expect(status).toBe("merged");
    expect(metadata).toMatchObject({ from: "both" });
    const beats = beatsBySecond(activity);
    expect([...beats.keys()].some((time) => time < start - 60_000)).toBe(true);
    expect([...beats.keys()].some((time) => time > start + 60_000)).toBe(true);
    expect(await callCount(providerUserId)).toBe(before + 1);
  });

  it("asks once where nothing is stored, and gives a workout without records one a second", async () => {
    const { user, start, providerUserId } = await userWithRun();
    expect(await world.feed(user)).toHaveLength(0);
    const before = await callCount(providerUserId);
    const { status, activity, metadata } = await boost(user, gymWorkout(start));
    expect(status).toBe("merged");
    expect(metadata).toMatchObject({ from: "provider" });
    expect(Number(metadata.largestGapSeconds)).toBeLessThan(60);
    const times = recordsOf(activity).map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual(Array.from({ length: halfHour + 1 }, (_, second) => start + second * 1000));
    expect(await callCount(providerUserId)).toBe(before + 1);
  });

  it("says at each sample's instant what the window of heart rate says there", async () => {
    const { user, start } = await userWithRun();
    const { activity } = await boost(user, gymWorkout(start));
    const beats = beatsBySecond(activity);
    const [from, to] = [start, start + halfHour * 1000].map((time) => new Date(time).toISOString());
    const { samples } = await world.api<{ samples: { time: string; bpm: number }[] }>(
      `/v1/users/${user}/heart-rate?start=${from}&end=${to}`,
    );
    expect(samples.length).toBeGreaterThan(300);
    for (const { time, bpm } of samples) expect(beats.get(Date.parse(time))).toBe(bpm);
  });

  it("asks for all of it again where what is stored is not complete", async () => {
    const { user, start, providerUserId } = await userWithRun({ isStored: true });
    await env.DB.prepare(
      "UPDATE activities SET entry = json_set(entry, '$.completeness.heartRate.state', 'partial') WHERE start_time = ?",
    )
      .bind(start)
      .run();
    const before = await callCount(providerUserId);
    expect(await boost(user, gymWorkout(start))).toMatchObject({
      status: "merged",
      metadata: { from: "both" },
    });
    expect(await callCount(providerUserId)).toBe(before + 1);
  });

  it.each([
    ["stored", true],
    ["asked for", false],
  ])("leaves no second at the edges without the samples around them (%s)", async (_, isStored) => {
    const { user, start } = await userWithRun({ isStored });
    // Inside of the run, where a sample comes every few seconds: whichever second an edge is, it lies between two.
    for (const second of [601, 602, 603, 604]) {
      const { metadata } = await boost(user, gymWorkout(start + second * 1000, 301));
      expect(metadata).toMatchObject({ coverage: 1, recordsWithHeartRate: 302 });
    }
  });

  it("costs no call for an activity that has heart rate already, or lasts no time, or more than a day", async () => {
    const { user, start, providerUserId } = await userWithRun();
    const before = await callCount(providerUserId);
    const own = gymWorkout(start);
    const records = [600, 601].map((second) => ({
      timestamp: new Date(start + second * 1000).toISOString(),
      heartRate: 1,
    }));
    own.sessions = own.sessions.map((session) => ({ ...session, laps: [{ records }] }));
    for (const [posted, reason] of [
      [own, "has_heart_rate"],
      [gymWorkout(start, 0), "no_duration"],
      [gymWorkout(start - 48 * hour, 86_401), "longer_than_24_hours"],
      // Two together; each alone would do.
      [
        { ...gymWorkout(start, 50_000), sessions: Array(2).fill(gymWorkout(start, 50_000).sessions[0]) },
        "longer_than_24_hours",
      ],
      [gymWorkout(start + 30 * hour), "in_the_future"],
    ] as const) {
      expect(await boost(user, posted)).toEqual({
        activity: posted,
        status: "skipped",
        metadata: { reason },
      });
    }
    expect(await callCount(providerUserId)).toBe(before);
    expect(await boost(user, own, { force: true })).toMatchObject({ status: "merged" });
  });

  describe("the account's calls", () => {
    const callLimit = provider === "fitbit" ? 150 : 300;

    async function spendAllBut(providerUserId: string, left: number): Promise<void> {
      const stub = world.account(providerUserId);
      const permit = await stub.permit({ calls: callLimit, priority: "fresh", now: world.now() });
      if (permit.status !== "permitted") throw new Error(permit.status);
      const report = { spent: permit.calls - left, rate: null, limitedUntil: null };
      await stub.settle({ report, granted: permit.calls, now: world.now() });
    }

    it("may be those that background work leaves alone", async () => {
      const { user, start, providerUserId } = await userWithRun();
      await spendAllBut(providerUserId, 10);
      const background = await world
        .account(providerUserId)
        .permit({ calls: 1, priority: "background", now: world.now() });
      expect(background.status).toBe("no_budget");
      expect(await boost(user, gymWorkout(start))).toMatchObject({ status: "merged" });
    });

    it("are waited for when none is left, without asking the provider", async () => {
      const { user, start, providerUserId } = await userWithRun();
      await spendAllBut(providerUserId, 0);
      const before = await callCount(providerUserId);
      const waiting = await boost(user, gymWorkout(start));
      expect(waiting).toMatchObject({ status: "retry", metadata: { reason: "rate_limited" } });
      expect(waiting.activity).toEqual(gymWorkout(start));
      expect(waiting.retryAfterSeconds).toBeGreaterThan(0);
      expect(await callCount(providerUserId)).toBe(before);
      await world.control("POST", "/sim/clock", { advanceSeconds: waiting.retryAfterSeconds });
      expect(await boost(user, gymWorkout(start))).toMatchObject({ status: "merged" });
    });

    it("are waited for when the provider says that they are spent", async () => {
      const { user, start, providerUserId } = await userWithRun();
      await world.faults({ fault: "429", path: world.paths.heartRate, providerUserId, count: 1 });
      const waiting = await boost(user, gymWorkout(start));
      expect(waiting).toMatchObject({ status: "retry", metadata: { reason: "rate_limited" } });
      expect(waiting.retryAfterSeconds).toBeGreaterThan(0);
      expect(waiting.retryAfterSeconds).toBeLessThanOrEqual(3700);
    });
  });

  describe("a device that has not synced", () => {
    it("is waited for, and once it has, its heart rate is merged", async () => {
      const user = newUser();
      const { providerUserId } = await world.connect(user);
      await world.quiet(providerUserId);
      const start = Math.floor((world.now() - 2100_000) / 1000) * 1000;
      await world.record(providerUserId, {
        startTime: new Date(start).toISOString(),
        durationSeconds: halfHour,
      });
      const waiting = await boost(user, gymWorkout(start));
      expect(waiting).toMatchObject({
        status: "retry",
        retryAfterSeconds: 60,
        metadata: { reason: "device_not_synced" },
      });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      const merged = await boost(user, gymWorkout(start));
      expect(merged).toMatchObject({ status: "merged" });
      expect(Number(merged.metadata.coverage)).toBeGreaterThan(0.9);
    });

    it("is waited for no longer than an hour", async () => {
      const user = newUser();
      await world.connect(user);
      expect(await boost(user, gymWorkout(world.now() - 3 * hour))).toMatchObject({
        status: "skipped",
        metadata: { reason: "not_worn" },
      });
    });
  });

  describe("a connection that is of no use", () => {
    it("is none: the run goes on without heart rate", async () => {
      const posted = gymWorkout(world.now() - 2 * hour);
      expect(await boost("nobody", posted)).toEqual({
        activity: posted,
        status: "skipped",
        metadata: { reason: "not_connected" },
      });
    });

    it("needs its user's consent anew: the run goes on, and the provider is not asked", async () => {
      const { user, start, connectionId, providerUserId } = await userWithRun();
      await env.DB.prepare("UPDATE connections SET status = 'needs_reauthorization' WHERE id = ?")
        .bind(connectionId)
        .run();
      const before = await callCount(providerUserId);
      expect(await boost(user, gymWorkout(start))).toMatchObject({
        status: "skipped",
        metadata: { reason: "connection_not_active" },
      });
      expect(await callCount(providerUserId)).toBe(before);
    });

    it("still has what was stored", async () => {
      const { user, start, connectionId } = await userWithRun({ isStored: true });
      await env.DB.prepare("UPDATE connections SET status = 'needs_reauthorization' WHERE id = ?")
        .bind(connectionId)
        .run();
      expect(await boost(user, gymWorkout(start))).toMatchObject({
        status: "merged",
        metadata: { from: "stored" },
      });
      const longer = await boost(user, gymWorkout(start - 600_000, 2400));
      expect(longer).toMatchObject({ status: "merged", metadata: { from: "stored" } });
      expect(Number(longer.metadata.coverage)).toBeCloseTo(0.75, 1);
    });

    it("is not waited for: nothing can come any more", async () => {
      const user = newUser();
      const { providerUserId, connectionId } = await world.connect(user);
      await world.quiet(providerUserId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 3600 });
      const start = Math.floor((world.now() - 2100_000) / 1000) * 1000;
      await world.record(providerUserId, {
        startTime: new Date(start).toISOString(),
        durationSeconds: halfHour - 300,
      });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      const stored = async () =>
        env.DB.prepare("SELECT sources_key FROM activities WHERE connection_id = ?").bind(connectionId).all();
      await world.until(async () => expect((await stored()).results).toHaveLength(1));
      expect(await boost(user, gymWorkout(start))).toMatchObject({ status: "retry" });
      await env.DB.prepare("UPDATE connections SET status = 'needs_reauthorization' WHERE id = ?")
        .bind(connectionId)
        .run();
      const { status, metadata } = await boost(user, gymWorkout(start));
      expect(status).toBe("merged");
      expect(Number(metadata.coverage)).toBeCloseTo(5 / 6, 1);
    });

    it("turns out to be one when its token is refused for good", async () => {
      const { user, start, connectionId } = await userWithRun();
      world.intercept = (request) => {
        if (request.url.includes(world.paths.heartRate)) return Promise.resolve(tokenRefused(provider));
        if (new URL(request.url).pathname.endsWith("/token")) return Promise.resolve(grantRefused(provider));
        return null;
      };
      expect(await boost(user, gymWorkout(start))).toMatchObject({
        status: "skipped",
        metadata: { reason: "connection_not_active" },
      });
      await world.until(async () =>
        expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({
          status: "needs_reauthorization",
        }),
      );
    });

    it("does not include heart rate", async () => {
      const { user, start } = await userWithRun({ scopes: ["activity", "profile"] });
      expect(await boost(user, gymWorkout(start))).toMatchObject({
        status: "skipped",
        metadata: { reason: "scope_not_granted" },
      });
    });
  });

  it("takes a new token when the provider refuses the one it had", async () => {
    const { user, start } = await userWithRun();
    let refused = 0;
    world.intercept = (request) => {
      if (!request.url.includes(world.paths.heartRate) || refused > 0) return null;
      refused += 1;
      return Promise.resolve(tokenRefused(provider));
    };
    expect(await boost(user, gymWorkout(start))).toMatchObject({ status: "merged" });
  });

  it("says that the provider failed, and hands the activity back as it was", async () => {
    const { user, start } = await userWithRun();
    await world.faults({ fault: "500", path: world.paths.heartRate, count: 1 });
    expect(await boost(user, gymWorkout(start))).toMatchObject({
      status: "failed",
      activity: gymWorkout(start),
      metadata: { reason: "provider_unavailable" },
    });
  });

  it.each([
    ["across midnight", "Europe/London", "2026-11-10T23:45:00Z"],
    ["across the user's own midnight", "America/Los_Angeles", "2026-11-10T23:45:00-08:00"],
    ["in the night in which London's clocks go back", "Europe/London", "2026-10-25T01:45:00+01:00"],
    ["far from where the user is at home", "America/Los_Angeles", "2026-11-10T08:00:00+09:00"],
  ])("merges %s", async (_, timezone, startTime) => {
    const user = newUser();
    const { providerUserId } = await world.connect(user, { account: { timezone } });
    await world.record(providerUserId, { startTime, durationSeconds: halfHour });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    const start = Date.parse(startTime);
    const { status, activity, metadata } = await boost(user, gymWorkout(start));
    expect(status).toBe("merged");
    expect(metadata).toMatchObject({ timeBasis: "utc", records: halfHour + 1 });
    expect(Number(metadata.coverage)).toBeGreaterThan(0.9);
    expect(Number(metadata.largestGapSeconds)).toBeLessThan(60);
    const times = [...beatsBySecond(activity).keys()];
    expect(Math.min(...times) - start).toBeLessThan(30_000);
    expect(start + halfHour * 1000 - Math.max(...times)).toBeLessThan(30_000);
  });

  describe("Heart Rate Zones", () => {
    const zones = (json: object) => world.api<Answer>("/v1/boosters/heart-rate-zones", { json });

    /** An activity of a minute at 120 beats. */
    function steady(start: number): Posted {
      const startTime = new Date(start).toISOString();
      const records = Array.from({ length: 61 }, (_, second) => ({
        timestamp: new Date(start + second * 1000).toISOString(),
        heartRate: 120,
      }));
      return { startTime, sessions: [{ startTime, totalElapsedTime: 60, laps: [{ records }] }] };
    }

    it("are the provider's own bounds of the activity's day", async () => {
      const { user, start, providerUserId } = await userWithRun({ isStored: true, account: { age: 40 } });
      const before = await callCount(providerUserId);
      const answer = await zones({ userId: user, activity: steady(start), options: { model: "fitbit" } });
      expect(answer).toMatchObject({
        status: "applied",
        metadata: { model: "fitbit", totalSeconds: 60, outsideSeconds: 0 },
      });
      const found = (answer.metadata.zones as { name: string; seconds: number }[]).find(
        ({ seconds }) => seconds > 0,
      );
      // Another device began a few seconds earlier: it is the same workout.
      const earlier = { userId: user, activity: steady(start - 5000), options: { model: "fitbit" } };
      expect(await zones(earlier)).toMatchObject({ status: "applied" });
      // 40 years: 90 to 126 beats a minute.
      expect(found).toMatchObject({ name: provider === "fitbit" ? "Fat Burn" : "Moderate", seconds: 60 });
      expect(await callCount(providerUserId)).toBe(before);
    });

    it("are none where the provider has told no bounds", async () => {
      const user = newUser();
      await world.connect(user);
      const activity = steady(world.now() - hour);
      expect(await zones({ userId: user, activity, options: { model: "fitbit" } })).toEqual({
        activity,
        status: "skipped",
        metadata: { reason: "no_provider_zones" },
      });
    });

    it("are none for a user who is not connected, unless the maximum is given", async () => {
      const activity = steady(world.now() - hour);
      for (const model of ["fitbit", "five", "three"]) {
        expect(await zones({ userId: "nobody", activity, options: { model } })).toMatchObject({
          status: "skipped",
          metadata: { reason: "not_connected" },
        });
      }
      expect(await zones({ activity, options: { maxHr: 180 } })).toMatchObject({
        status: "applied",
        description: expect.stringContaining("Zone 2 (Endurance): 🟩🟩🟩🟩🟩 1 min"),
        metadata: { maxHr: 180 },
      });
    });

    it("are none for records further apart than ten seconds, which is said", async () => {
      const activity = steady(world.now() - hour);
      const [first, last] = [recordsOf(activity)[0], recordsOf(activity)[11]];
      const records = first === undefined || last === undefined ? [] : [first, last];
      activity.sessions = activity.sessions.map((session) => ({ ...session, laps: [{ records }] }));
      expect(await zones({ activity, options: { maxHr: 190 } })).toEqual({
        activity,
        status: "skipped",
        metadata: { reason: "records_too_far_apart" },
      });
    });

    it("cost nothing for an activity without heart rate", async () => {
      const user = newUser();
      const { providerUserId } = await world.connect(user);
      await world.quiet(providerUserId);
      const before = await callCount(providerUserId);
      const activity = gymWorkout(world.now() - hour);
      expect(await zones({ userId: user, activity })).toMatchObject({
        status: "skipped",
        metadata: { reason: "no_heart_rate" },
      });
      expect(await callCount(providerUserId)).toBe(before);
    });

    if (provider === "fitbit") {
      it("take 220 − the user's age for the maximum, for one call", async () => {
        const user = newUser();
        const { providerUserId } = await world.connect(user, { account: { age: 30 } });
        await world.quiet(providerUserId);
        const before = await callCount(providerUserId);
        const activity = steady(world.now() - hour);
        expect(await zones({ userId: user, activity })).toMatchObject({
          status: "applied",
          metadata: { maxHr: 190, model: "five" },
        });
        expect(await callCount(providerUserId)).toBe(before + 1);
      });

      it("wait for the account's calls instead of assuming a maximum", async () => {
        const user = newUser();
        const { providerUserId } = await world.connect(user);
        await world.quiet(providerUserId);
        await world.faults({ fault: "429", path: "/profile.json", providerUserId, count: 1 });
        const answer = await zones({ userId: user, activity: steady(world.now() - hour) });
        expect(answer).toMatchObject({ status: "retry", metadata: { reason: "rate_limited" } });
        expect(answer.retryAfterSeconds).toBeGreaterThan(0);
      });

      it("fail with the provider", async () => {
        const user = newUser();
        await world.connect(user);
        await world.faults({ fault: "500", path: "/profile.json", count: 1 });
        expect(await zones({ userId: user, activity: steady(world.now() - hour) })).toMatchObject({
          status: "failed",
          metadata: { reason: "provider_unavailable" },
        });
      });
    }

    it("assume no maximum where the age is not to be had", async () => {
      const user = newUser();
      await world.connect(user, { scopes: ["activity", "heartrate"] });
      expect(await zones({ userId: user, activity: steady(world.now() - hour) })).toMatchObject({
        status: "skipped",
        metadata: { reason: "no_maximum_heart_rate" },
      });
    });
  });
});

describe("what the API's description shows", () => {
  const world = new World(52, "fitbit");
  afterEach(() => {
    world.intercept = () => null;
  });

  it("is what Heart Rate Zones and Type Mapper answer, word for word", async () => {
    expect(await world.api("/v1/boosters/heart-rate-zones", { json: zonesExample.request })).toEqual(
      zonesExample.answer,
    );
    expect(await world.api("/v1/boosters/type-mapper", { json: typeExample.request })).toEqual(
      typeExample.answer,
    );
  });

  it("is what Fitbit Heart Rate answers with the samples that it names", async () => {
    await world.connect("user-1");
    const dataset = [98, 104, 112, 121, 127, 131].map((value, index) => ({
      time: `17:00:${String(index * 5).padStart(2, "0")}`,
      value,
    }));
    world.intercept = (request) =>
      request.url.includes(world.paths.heartRate)
        ? Promise.resolve(Response.json({ "activities-heart-intraday": { dataset } }))
        : null;
    expect(await world.api("/v1/boosters/fitbit-heart-rate", { json: heartRateExample.request })).toEqual(
      heartRateExample.answer,
    );
  });
});

describe("what a pipeline posts wrongly", () => {
  const activity = gymWorkout(Date.parse("2026-09-02T17:00:00Z"));
  const zone = { name: "Z", minBpm: 100, maxBpm: 120 };

  it.each([
    ["fitbit-heart-rate", "body.userId", { activity }],
    ["fitbit-heart-rate", "body.userId", { userId: "a/b", activity }],
    ["fitbit-heart-rate", "body.activity", { userId: "u" }],
    ["fitbit-heart-rate", "body.activity.startTime", { userId: "u", activity: { sessions: [{}] } }],
    ["fitbit-heart-rate", "body.activity.sessions", { userId: "u", activity: { ...activity, sessions: [] } }],
    [
      "fitbit-heart-rate",
      "body.activity.sessions.0.laps.0.records.1.timestamp",
      {
        userId: "u",
        activity: {
          ...activity,
          sessions: [{ laps: [{ records: [{ timestamp: activity.startTime }, { timestamp: "soon" }] }] }],
        },
      },
    ],
    ["fitbit-heart-rate", "body.options.force", { userId: "u", activity, options: { force: "true" } }],
    ["fitbit-heart-rate", "body.options.forced", { userId: "u", activity, options: { forced: true } }],
    ["fitbit-heart-rate", "body.extra", { userId: "u", activity, extra: 1 }],
    ["heart-rate-zones", "body.userId", { activity }],
    ["heart-rate-zones", "body.userId", { activity, options: { model: "fitbit", maxHr: 190 } }],
    ["heart-rate-zones", "body.options.model", { activity, options: { model: "six" } }],
    ["heart-rate-zones", "body.options.style", { activity, options: { maxHr: 190, style: "text" } }],
    ["heart-rate-zones", "body.options.barLength", { activity, options: { maxHr: 190, barLength: 11 } }],
    ["heart-rate-zones", "body.options.maxHr", { activity, options: { maxHr: 20 } }],
    ["heart-rate-zones", "body.options.zones", { activity, options: { model: "custom" } }],
    ["heart-rate-zones", "body.options.zones", { activity, options: { model: "custom", zones: [] } }],
    [
      "heart-rate-zones",
      "body.options.zones.0.maxBpm",
      { activity, options: { model: "custom", zones: [{ ...zone, maxBpm: 100 }] } },
    ],
    [
      "heart-rate-zones",
      "body.options.zones.0.maxBpm",
      { activity, options: { model: "custom", zones: [{ name: "A", minBpm: 90 }, zone] } },
    ],
    [
      "heart-rate-zones",
      "body.options.zones.1.minBpm",
      { activity, options: { model: "custom", zones: [zone, { name: "B", minBpm: 119 }] } },
    ],
    ["type-mapper", "body.activity", {}],
    [
      "type-mapper",
      "body.activity.sessions.0.laps.0",
      {
        activity: { ...activity, sessions: [{ laps: JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) }] },
      },
    ],
    [
      "type-mapper",
      "body.options.rules.0.type",
      { activity, options: { rules: [{ match: "a", type: "Running" }] } },
    ],
    [
      "type-mapper",
      "body.options.rules.0.match",
      { activity, options: { rules: [{ match: " ", type: "Run" }] } },
    ],
    [
      "type-mapper",
      "body.options.rules.1.mode",
      {
        activity,
        options: {
          rules: [
            { match: "a", type: "Run" },
            { match: "b", type: "Run", mode: "regex" },
          ],
        },
      },
    ],
    ["type-mapper", "body.options.rules", { activity, options: { rules: { run: "Run" } } }],
    ["type-mapper", "body.options.defaultType", { activity, options: { defaultType: "UNSPECIFIED" } }],
  ])("is refused by %s with the field %s", async (booster, field, body) => {
    const response = await api(`/v1/boosters/${booster}`, { method: "POST", body });
    expect(await problemOf(response)).toMatchObject({ status: 400, code: "invalid_request", field });
  });

  it("is refused beyond 12 MiB, before it is read", async () => {
    const body = { activity: { ...activity, notes: "x".repeat(12 * 1024 * 1024) } };
    const response = await api("/v1/boosters/type-mapper", { method: "POST", body });
    expect(await problemOf(response)).toMatchObject({ status: 413, code: "too_large" });
  });

  it("is refused without a key, and with one that may not read", async () => {
    for (const booster of ["fitbit-heart-rate", "heart-rate-zones", "type-mapper"]) {
      const path = `/v1/boosters/${booster}`;
      expect((await send(path, { method: "POST", body: "{}" })).status).toBe(401);
      const { key, changed } = await keyWith("connect", "operate");
      const response = await api(path, { method: "POST", body: { activity }, key }, changed);
      expect(await problemOf(response)).toMatchObject({ status: 403, code: "insufficient_scope" });
    }
  });
});

it("takes ten hours of records with every field", async () => {
  const start = Date.parse("2026-09-02T06:00:00Z");
  const records = Array.from({ length: 36_000 }, (_, second) => ({
    timestamp: new Date(start + second * 1000).toISOString(),
    heartRate: 100 + (second % 90),
    power: 250,
    cadence: 85,
    speed: 3.1234567,
    altitude: 120.123 + second / 1000,
    positionLat: 51.1234567 + second / 1e6,
    positionLong: -0.1234567,
    groundContactTime: 250,
    verticalOscillation: 80,
    verticalRatio: 7,
    stepLength: 1.1,
    distance: second * 3.123456,
  }));
  const startTime = new Date(start).toISOString();
  const activity = { startTime, sessions: [{ startTime, totalElapsedTime: 35_999, laps: [{ records }] }] };
  const body = { activity, options: { maxHr: 200 } };
  expect(JSON.stringify(body).length).toBeGreaterThan(9_000_000);
  const response = await api("/v1/boosters/heart-rate-zones", { method: "POST", body });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as Answer;
  expect(answer.metadata).toMatchObject({ totalSeconds: 35_999 });
  expect(recordsOf(answer.activity)).toEqual(records);
});
