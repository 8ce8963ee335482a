// What happened before: history comes by asking, in slices behind fresh data, each activity once. Fitbit's list begins with the
// earliest and Google's with the latest, and so does what arrives.

import { describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

const minute = 60;
const hour = 3600;
const day = 24 * hour;
const activitiesBetweenRecords = 5;

interface History {
  /** Calls for one activity beside its share of a list. */
  readonly callsEach: number;
  readonly callWindowSeconds: number;
  readonly listOrder: "earliest first" | "latest first";
}

const histories: Readonly<Record<ProviderName, History>> = {
  // Heart rate and TCX.
  fitbit: { callsEach: 2, callWindowSeconds: hour, listOrder: "earliest first" },
  // The bounds of its zones as well.
  "google-health": { callsEach: 3, callWindowSeconds: minute, listOrder: "latest first" },
};

describe.each(providerNames)("history at %s", (provider) => {
  const world = new World(6, provider);
  const user = (name: string) => `${name}-${provider}`;

  const { callsEach, callWindowSeconds, listOrder } = histories[provider];

  const timeBefore = (seconds: number) => new Date(world.now() - seconds * 1000).toISOString();

  /** Connects an account that has `days` workouts behind it, one a day. */
  async function userWithHistory(userId: string, days: number) {
    const providerUserId = await world.newAccount();
    const activityIds: string[] = [];
    for (let index = 1; index <= days; index++) {
      const startTime = timeBefore(index * day + hour);
      activityIds.push(await world.record(providerUserId, { startTime, gps: false, durationSeconds: 600 }));
    }
    await world.push(providerUserId);
    const response = await world.consent(userId, providerUserId);
    expect(response.status).toBe(200);
    const { connections } = await world.api<{ connections: { id: string }[] }>(
      `/v1/connections?userId=${userId}`,
    );
    await world.until(async () => {
      expect(await world.listCalls(providerUserId)).toBe(1);
    });
    await world.quiet(providerUserId);
    return { providerUserId, connectionId: connections[0]?.id ?? "", activityIds };
  }

  async function backfill(connectionId: string, since: string) {
    const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/backfill`, {
      json: { since },
      status: 202,
    });
    return await world.until(async () => {
      const run = (await world.runs(connectionId)).find(({ id }) => id === syncRunId);
      expect(run?.status).toBe("succeeded");
      return run;
    });
  }

  describe("connecting", () => {
    it("brings what ended afterwards, and no history", async () => {
      const { providerUserId } = await userWithHistory(user("no-history"), 3);
      expect(await world.feed(user("no-history"))).toEqual([]);
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.feed(user("no-history"))).toEqual([]);

      // Begun before the connection was made, ended after it.
      const activityId = await world.record(providerUserId, { durationSeconds: 1800 });
      await world.push(providerUserId);
      expect(await world.untilFeed(user("no-history"), 1)).toMatchObject([
        { origin: "live", activity: { sourceActivityId: activityId } },
      ]);
    });
  });

  describe("a backfill", () => {
    it(`brings the history since a date, ${listOrder}, in slices, and counts it`, async () => {
      const userId = user("history");
      const { connectionId, activityIds } = await userWithHistory(userId, 26);
      const run = await backfill(connectionId, timeBefore(25 * day));
      expect(run).toMatchObject({
        trigger: "backfill",
        counts: { listed: 24, created: 24, updated: 0, deleted: 0 },
        error: null,
      });
      // And a list for each of two slices.
      expect(run?.callsSpent).toBe(24 * callsEach + 2);
      const changes = await world.untilFeed(userId, 24);
      expect(new Set(changes.map(({ origin }) => origin))).toEqual(new Set(["backfill"]));
      const latestFirst = activityIds.slice(0, 24);
      expect(changes.map(({ activity }) => activity.sourceActivityId)).toEqual(
        listOrder === "latest first" ? latestFirst : latestFirst.toReversed(),
      );
    });

    it("that was done before brings nothing new and costs one list", async () => {
      const userId = user("history-twice");
      const { connectionId } = await userWithHistory(userId, 3);
      await backfill(connectionId, timeBefore(10 * day));
      const before = await world.untilFeed(userId, 3);
      const again = await backfill(connectionId, timeBefore(10 * day));
      expect(again).toMatchObject({ counts: { listed: 3, created: 0, updated: 0 }, callsSpent: 1 });
      expect(await world.feed(userId)).toEqual(before);
    });

    it("of an account without history ends at once", async () => {
      const { connectionId } = await userWithHistory(user("history-empty"), 0);
      const run = await backfill(connectionId, timeBefore(365 * day));
      expect(run).toMatchObject({ counts: { listed: 0, created: 0 }, callsSpent: 1 });
    });

    it("leaves what happens meanwhile to the live way", async () => {
      const userId = user("history-and-now");
      const { providerUserId, connectionId } = await userWithHistory(userId, 4);
      const running = backfill(connectionId, timeBefore(10 * day));
      const activityId = await world.record(providerUserId);
      await world.push(providerUserId);
      await running;
      const changes = await world.untilFeed(userId, 5);
      expect(changes.find(({ activity }) => activity.sourceActivityId === activityId)?.origin).toBe("live");
    });

    it("counts each activity once although the provider's limit cuts it into pieces", async () => {
      const { providerUserId, connectionId } = await userWithHistory(user("history-limited"), 6);
      await world.faults({
        fault: "429_without_headers",
        path: world.paths.heartRate,
        providerUserId,
        count: 1,
      });
      const since = timeBefore(10 * day);
      await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
      await world.quiet(providerUserId);
      // Whoever watches it reads why nothing moves.
      await world.until(async () => {
        expect(await world.runs(connectionId)).toMatchObject([
          {
            status: "running",
            error: {
              code: "waiting",
              message: "The provider's call limit is used up; it goes on by itself.",
            },
          },
        ]);
      });
      await world.pass(callWindowSeconds + minute, providerUserId);
      await world.until(async () => {
        expect(await world.runs(connectionId)).toMatchObject([
          { trigger: "backfill", status: "succeeded", counts: { listed: 6, created: 6 }, error: null },
        ]);
      });
    });

    it("shows how far it is within a slice, and counts each activity and each call once all the same", async () => {
      const { connectionId } = await userWithHistory(user("history-watched"), 12);
      const seen: number[] = [];
      let files = 0;
      world.intercept = (request) => {
        if (!request.url.includes(world.paths.tcx)) return null;
        files += 1;
        if (files % activitiesBetweenRecords !== 1) return null;
        // While the sixth and the eleventh are fetched, the ones before them are counted.
        return world.runs(connectionId).then(([run]) => {
          seen.push(run?.counts.created ?? -1);
          return world.simulator.fetch(request);
        });
      };
      const run = await backfill(connectionId, timeBefore(30 * day));
      world.intercept = () => null;
      expect(seen).toEqual([0, 5, 10]);
      expect(run).toMatchObject({ counts: { listed: 12, created: 12, updated: 0 }, error: null });
      expect(run?.callsSpent).toBe(12 * callsEach + 1);
    });

    it("whose user has to reconnect is recorded as failed", async () => {
      const { providerUserId, connectionId } = await userWithHistory(user("history-gone"), 1);
      await world.faults({ fault: "gone", providerUserId });
      const since = timeBefore(10 * day);
      await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
      await world.until(async () => {
        expect((await world.runs(connectionId))[0]).toMatchObject({
          trigger: "backfill",
          status: "failed",
          error: { code: "provider_gone", message: "The provider has switched its service off." },
        });
      });
      await world.faults();
    });
  });
});
