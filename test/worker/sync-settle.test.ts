// Rule 11: complete before visible, and not late for nothing. Heart rate that comes late is waited for while it is worth it, the
// activity then stands with the reason, and every look costs one call.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { databaseFor } from "../../src/db/databases.ts";
import { activities } from "../../src/db/schema.ts";
import { asId, providerNames, type UserId } from "../../src/kernel/ids.ts";
import { recordsOf, World } from "./world.ts";

const minute = 60;
const hour = 3600;
/** What a new activity costs. Google's list tells zones without their bounds (reference §3.3), which are one more call. */
const firstCalls = {
  fitbit: ["heart rate", "list", "tcx"],
  "google-health": ["heart rate", "list", "tcx", "zone bounds"],
} as const;

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(3, provider);
  const userNamed = (name: string) => `${name}-${provider}`;

  /** Calls for data since `from`, without query strings and ids. */
  async function dataCalls(providerUserId: string, from = 0): Promise<string[]> {
    const calls = await world.calls(providerUserId);
    return calls.slice(from).flatMap(({ path }) => {
      if (path.includes(world.paths.list)) return ["list"];
      if (path.includes(world.paths.tcx)) return ["tcx"];
      if (path.includes("/daily-heart-rate-zones/")) return ["zone bounds"];
      return path.includes(world.paths.heartRate) ? ["heart rate"] : [];
    });
  }

  /** Passes time and waits until what was due is done; answers the calls that it cost. */
  async function costOf(seconds: number, providerUserId: string): Promise<string[]> {
    const before = (await world.calls(providerUserId)).length;
    await world.pass(seconds, providerUserId);
    await world.quiet(providerUserId);
    return await dataCalls(providerUserId, before);
  }

  /** The stored row of a user's only activity, visible or not. */
  async function theOnlyRow(userId: string) {
    const rows = (await databaseFor(env, asId<UserId>(userId)).select().from(activities)).filter(
      (row) => row.userId === userId,
    );
    expect(rows).toHaveLength(1);
    const [row] = rows;
    if (row === undefined) throw new Error("nothing is stored");
    return row;
  }

  /** A treadmill run that ended a moment ago and whose heart rate is not readable for `delaySeconds` after the sync. */
  async function lateRun(userId: string, delaySeconds: number) {
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.faults({ fault: "late_heart_rate", providerUserId, delaySeconds });
    await world.record(providerUserId, { name: "Treadmill", gps: false, durationSeconds: 1200 });
    await world.quiet(providerUserId);
    const before = (await world.calls(providerUserId)).length;
    await world.push(providerUserId);
    await world.until(async () => {
      expect((await theOnlyRow(userId)).heartRateSamples).toBe(0);
    });
    await world.quiet(providerUserId);
    const firstSight = await dataCalls(providerUserId, before);
    return { providerUserId, connectionId, firstSight };
  }

  describe("heart rate that comes a few minutes after the push", () => {
    it("is waited for: the activity enters the feed once, complete", async () => {
      const userId = userNamed("late-by-minutes");
      const { providerUserId, connectionId, firstSight } = await lateRun(userId, 4 * minute);
      expect(firstSight.toSorted()).toEqual(firstCalls[provider]);
      expect(await world.feed(userId)).toEqual([]);
      await world.api(`/v1/activities/${(await theOnlyRow(userId)).id}`, { status: 404 });

      expect(await costOf(minute + 1, providerUserId)).toEqual(["heart rate"]);
      expect(await costOf(minute, providerUserId)).toEqual(["heart rate"]);
      expect(await world.feed(userId)).toEqual([]);
      // 5 minutes after first sight: it is there.
      expect(await costOf(3 * minute, providerUserId)).toEqual(["heart rate"]);
      const [change] = await world.untilFeed(userId, 1);
      expect(change).toMatchObject({
        origin: "live",
        firstRevision: true,
        activity: { revision: 1, completeness: { heartRate: { state: "complete" } } },
      });
      expect(
        recordsOf(await world.document(change?.activity.id ?? "")).filter((record) => record.heartRate)
          .length,
      ).toBeGreaterThan(300);

      // Nothing is missing any more: nobody looks again, neither while it would have settled nor later.
      expect(await costOf(10 * minute, providerUserId)).toEqual([]);
      expect(await costOf(hour, providerUserId)).toEqual([]);
      expect(await costOf(6 * hour, providerUserId)).toEqual([]);
      expect((await world.feed(userId))[0]?.activity.revision).toBe(1);
      const created = (await world.runs(connectionId)).reduce((sum, run) => sum + run.counts.created, 0);
      expect(created).toBe(1);
    });
  });

  describe("heart rate that does not come while the activity settles", () => {
    it("leaves it out of the feed for 15 minutes and no longer, and says why it is not there", async () => {
      const userId = userNamed("late-by-hours");
      const { providerUserId } = await lateRun(userId, 5 * hour);
      const costs: string[][] = [];
      for (const minutes of [1, 1, 3, 5]) costs.push(await costOf(minutes * minute + 1, providerUserId));
      expect(costs).toEqual([["heart rate"], ["heart rate"], ["heart rate"], ["heart rate"]]);
      expect(await world.feed(userId)).toEqual([]);

      // The end of settling makes it visible and calls nobody.
      expect(await costOf(5 * minute, providerUserId)).toEqual([]);
      const [change] = await world.untilFeed(userId, 1);
      expect(change).toMatchObject({
        origin: "live",
        firstRevision: true,
        activity: {
          revision: 1,
          completeness: {
            gps: { state: "absent", reason: "no_gps" },
            heartRate: { state: "absent", reason: "not_worn", samples: 0 },
          },
        },
      });
      await world.document(change?.activity.id ?? "");

      // 1 h: not there yet, and no revision; 6 h: there.
      expect(await costOf(45 * minute, providerUserId)).toEqual(["heart rate"]);
      expect((await world.feed(userId))[0]?.activity.revision).toBe(1);
      expect(await costOf(5 * hour, providerUserId)).toEqual(["heart rate"]);
      const [late] = await world.untilFeed(userId, 1);
      expect(late).toMatchObject({
        origin: "late_data",
        firstRevision: false,
        activity: {
          id: change?.activity.id,
          revision: 2,
          completeness: { heartRate: { state: "complete" } },
        },
      });
      // The day's sweep may look at the list; nobody looks at the activity.
      expect(await costOf(18 * hour, providerUserId)).not.toContain("heart rate");
    });

    it.for([
      ["1 h", 40 * minute, [hour]],
      ["24 h", 23 * hour, [hour, 6 * hour, 24 * hour]],
    ] as const)("is a further revision at the %s look", async ([name, delay, lookTimes]) => {
      const userId = userNamed(`late-look-${name.replace(" ", "-")}`);
      const { providerUserId, connectionId } = await lateRun(userId, delay);
      await costOf(15 * minute + 1, providerUserId);
      await world.untilFeed(userId, 1);
      let passed = 15 * minute + 1;
      for (const at of lookTimes) {
        const cost = await costOf(at + 1 - passed, providerUserId);
        passed = at + 1;
        // The day's sweep may look as well; the look at the activity itself is one call.
        expect(cost.filter((call) => call !== "list")).toEqual(["heart rate"]);
      }
      const [change] = await world.feed(userId);
      expect(change).toMatchObject({ origin: "late_data", activity: { revision: 2 } });
      const run = (await world.runs(connectionId)).find(({ trigger }) => trigger === "late_data");
      expect(run).toMatchObject({ status: "succeeded", counts: { created: 0, updated: 1 }, callsSpent: 1 });
    });

    it("ends with the 24 h look when it never comes, without a revision", async () => {
      const userId = userNamed("never-comes");
      const { providerUserId } = await lateRun(userId, 30 * 24 * hour);
      await costOf(15 * minute + 1, providerUserId);
      const looks = async (seconds: number) =>
        (await costOf(seconds, providerUserId)).filter((call) => call !== "list").length;
      expect(await looks(45 * minute)).toBe(1);
      expect(await looks(5 * hour)).toBe(1);
      expect(await looks(18 * hour)).toBe(1);
      expect(await looks(24 * hour)).toBe(0);
      expect(await looks(7 * 24 * hour)).toBe(0);
      expect((await world.feed(userId))[0]).toMatchObject({ origin: "live", activity: { revision: 1 } });
    });

    it("costs one call when its looks were held up, not one for each that was missed", async () => {
      const userId = userNamed("held-up");
      const { providerUserId } = await lateRun(userId, 30 * 24 * hour);
      const cost = await costOf(12 * hour, providerUserId);
      expect(cost).toEqual(["heart rate"]);
      expect(await world.untilFeed(userId, 1)).toHaveLength(1);
    });
  });

  describe("an edit while the activity settles", () => {
    it("is part of the first revision", async () => {
      const userId = userNamed("edited-while-settling");
      const { providerUserId } = await lateRun(userId, 4 * minute);
      const { sourceActivityId } = await theOnlyRow(userId);
      await world.edit(providerUserId, sourceActivityId, { name: "Treadmill intervals" });
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual([]);
      await costOf(5 * minute + 1, providerUserId);
      expect(await world.untilFeed(userId, 1)).toMatchObject([
        { origin: "live", firstRevision: true, activity: { revision: 1, title: "Treadmill intervals" } },
      ]);
    });

    it("that deletes it leaves no trace in the feed", async () => {
      const userId = userNamed("deleted-while-settling");
      const { providerUserId } = await lateRun(userId, 4 * minute);
      const { sourceActivityId } = await theOnlyRow(userId);
      await world.remove(providerUserId, sourceActivityId);
      await world.quiet(providerUserId);
      expect(await costOf(16 * minute, providerUserId)).not.toContain("heart rate");
      expect(await world.feed(userId)).toEqual([]);
    });
  });

  describe("a strap that slipped", () => {
    it("leaves partial heart rate with its reason, and looks that find the same make no revision", async () => {
      const userId = userNamed("strap-slipped");
      const { providerUserId } = await world.connect(userId);
      await world.record(providerUserId, {
        name: "Spinning",
        gps: false,
        durationSeconds: 1800,
        heartRateUntilSeconds: 600,
      });
      await world.push(providerUserId);
      await world.until(async () => {
        expect((await theOnlyRow(userId)).heartRateSamples).toBeGreaterThan(0);
      });
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual([]);
      for (const seconds of [15 * minute + 1, 45 * minute, 5 * hour]) await costOf(seconds, providerUserId);
      const [change] = await world.untilFeed(userId, 1);
      expect(change).toMatchObject({
        activity: {
          revision: 1,
          completeness: { heartRate: { state: "partial", reason: "provider_has_none" } },
        },
      });
    });
  });

  describe("a route that comes late", () => {
    it("is asked for in turn with heart rate and enters with the activity", async () => {
      const userId = userNamed("late-route");
      const { providerUserId } = await world.connect(userId);
      await world.faults({ fault: "late_tcx", providerUserId, delaySeconds: 90 });
      await world.record(providerUserId, { name: "Run", gps: true, durationSeconds: 900 });
      await world.push(providerUserId);
      await world.until(async () => {
        expect((await theOnlyRow(userId)).gpsSamples).toBe(0);
      });
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual([]);
      expect(await costOf(minute + 1, providerUserId)).toEqual(["tcx"]);
      expect(await costOf(minute, providerUserId)).toEqual(["tcx"]);
      expect(await world.untilFeed(userId, 1)).toMatchObject([
        { firstRevision: true, activity: { completeness: { gps: { state: "complete" } } } },
      ]);
    });
  });

  describe("a workout of last week without heart rate", () => {
    it("is in the feed at once, and nobody looks at it again", async () => {
      const userId = userNamed("last-week");
      const { providerUserId } = await world.connect(userId);
      await world.pass(8 * 24 * hour, providerUserId);
      await world.quiet(providerUserId);
      const startTime = new Date(world.now() - 6 * 24 * hour * 1000).toISOString();
      await world.record(providerUserId, { name: "Weights", gps: false, heartRate: false, startTime });
      await world.push(providerUserId);
      const [change] = await world.untilFeed(userId, 1);
      expect(change).toMatchObject({
        origin: "live",
        firstRevision: true,
        activity: { completeness: { heartRate: { state: "absent", reason: "not_worn" } } },
      });
      await world.quiet(providerUserId);
      const calls = await world.calls(providerUserId);
      for (const seconds of [minute, 15 * minute, hour, 6 * hour, 24 * hour, 17 * hour]) {
        await world.pass(seconds, providerUserId);
      }
      await world.quiet(providerUserId);
      const paths = (await dataCalls(providerUserId, calls.length)).filter((call) => call !== "list");
      expect(paths).toEqual([]);
    });
  });
});
