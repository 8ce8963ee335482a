// What was not announced: a lost push is made good by the second look or by the sweep, both silent when nothing changed (rule 7).

import { describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

const minute = 60;
const hour = 3600;
const day = 24 * hour;

describe.each(providerNames)("what %s did not push", (provider) => {
  const world = new World(7, provider);
  const user = (name: string) => `${name}-${provider}`;

  const timeBefore = (seconds: number) => new Date(world.now() - seconds * 1000).toISOString();

  /** Passes time and waits for what it caused; answers how many lists that cost. */
  async function listsDuring(seconds: number, providerUserId: string): Promise<number> {
    const before = await world.listCalls(providerUserId);
    await world.pass(seconds, providerUserId);
    // Of every account, because the sweep's messages stand in one queue.
    await world.quiet();
    return (await world.listCalls(providerUserId)) - before;
  }

  describe("a push that is lost", () => {
    it("costs its activity a day at most: the sweep finds it, and says so", async () => {
      const userId = user("push-lost");
      const { providerUserId, connectionId } = await world.connect(userId);
      await world.quiet(providerUserId);
      await world.faults({ fault: "lose", providerUserId });
      const activityId = await world.record(providerUserId);
      await world.push(providerUserId);
      await world.faults();
      await world.pass(23 * hour, providerUserId);
      await world.quiet();
      expect(await world.feed(userId)).toEqual([]);
      await world.pass(hour + minute, providerUserId);
      expect(await world.untilFeed(userId, 1)).toMatchObject([
        { origin: "sweep", firstRevision: true, activity: { sourceActivityId: activityId } },
      ]);
      await world.until(async () => {
        expect((await world.runs(connectionId))[0]).toMatchObject({
          trigger: "sweep",
          status: "succeeded",
          counts: { listed: 1, created: 1 },
        });
      });
    });

    it("is made good even after an outage that was longer than the list's usual reach", async () => {
      const userId = user("outage");
      const { providerUserId } = await world.connect(userId);
      await world.quiet(providerUserId);
      // No tick, no push: nothing of ours runs for twelve days.
      await world.control("POST", "/sim/clock", { advanceSeconds: 12 * day });
      const activityId = await world.record(providerUserId, { startTime: timeBefore(10 * day) });
      await world.push(providerUserId);
      expect(await world.untilFeed(userId, 1)).toMatchObject([
        { activity: { sourceActivityId: activityId } },
      ]);
    });
  });

  describe("the sweep", () => {
    it("is silent when nothing changed: one list a day, no run, no change, and a fresh `lastSyncedAt`", async () => {
      const userId = user("swept");
      const { providerUserId, connectionId } = await world.connect(userId);
      await world.quiet(providerUserId);
      const connection = () => world.api<{ lastSyncedAt: string | null }>(`/v1/connections/${connectionId}`);
      const before = await connection();
      expect(await listsDuring(day + minute, providerUserId)).toBe(1);
      await world.until(async () => {
        expect(Date.parse((await connection()).lastSyncedAt ?? "")).toBeGreaterThan(
          Date.parse(before.lastSyncedAt ?? ""),
        );
      });
      // It is taken at most once a day, however often the cron trigger fires.
      for (let tick = 0; tick < 4; tick++) await world.pass(15 * minute, providerUserId);
      expect(await listsDuring(hour, providerUserId)).toBe(0);
      expect(await listsDuring(day + 2 * hour, providerUserId)).toBe(1);
      expect(await world.runs(connectionId)).toEqual([]);
      expect(await world.feed(userId)).toEqual([]);
    });

    it("does not ask about a connection whose list was read in the last hours", async () => {
      const { providerUserId } = await world.connect(user("swept-fresh"));
      await world.quiet(providerUserId);
      await world.pass(20 * hour, providerUserId);
      await world.pushForNothing(providerUserId);
      await world.quiet(providerUserId);
      // The push's own second look, 15 minutes later, is all that follows.
      expect(await listsDuring(16 * minute, providerUserId)).toBe(1);
      expect(await listsDuring(5 * hour, providerUserId)).toBe(0);
    });
  });

  describe("a push that precedes its data", () => {
    it("is followed by one more look 15 minutes later, which finds it", async () => {
      const userId = user("push-too-early");
      const { providerUserId } = await world.connect(userId);
      await world.quiet(providerUserId);
      await world.faults({ fault: "list_empty", providerUserId, count: 1 });
      const activityId = await world.record(providerUserId);
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual([]);
      await world.pass(14 * minute, providerUserId);
      await world.quiet(providerUserId);
      expect(await world.feed(userId)).toEqual([]);
      await world.pass(minute + 1, providerUserId);
      expect(await world.untilFeed(userId, 1)).toMatchObject([
        { origin: "live", activity: { sourceActivityId: activityId } },
      ]);
    });

    it("costs exactly one more list when there is nothing, and no run", async () => {
      const { providerUserId, connectionId } = await world.connect(user("push-for-nothing"));
      await world.quiet(providerUserId);
      const before = await world.listCalls(providerUserId);
      await world.pushForNothing(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.listCalls(providerUserId)).toBe(before + 1);
      expect(await listsDuring(15 * minute + 1, providerUserId)).toBe(1);
      expect(await listsDuring(15 * minute + 1, providerUserId)).toBe(0);
      expect(await listsDuring(2 * hour, providerUserId)).toBe(0);
      expect(await world.runs(connectionId)).toEqual([]);
    });

    it("in a row costs one more list for the last of them", async () => {
      const { providerUserId } = await world.connect(user("pushes-in-a-row"));
      await world.quiet(providerUserId);
      for (let push = 0; push < 3; push++) {
        const before = await world.listCalls(providerUserId);
        await world.pushForNothing(providerUserId);
        await world.quiet(providerUserId);
        expect(await world.listCalls(providerUserId)).toBe(before + 1);
        expect(await listsDuring(10 * minute, providerUserId)).toBe(0);
      }
      expect(await listsDuring(5 * minute + 1, providerUserId)).toBe(1);
      expect(await listsDuring(hour, providerUserId)).toBe(0);
    });
  });
});
