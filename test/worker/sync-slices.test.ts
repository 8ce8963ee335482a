// History and the sweep can wait, so they are short and humble: a slice ends by the clock (rule 3), and the calls that are kept
// for fresh data are not theirs (rule 6).

import { describe, expect, it, vi } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

const hour = 3600;

/** Few enough calls are left that history and the sweep may have none: 45 of Fitbit's 150 an hour, 90 of Google's 300 a minute. */
const windows: Readonly<Record<ProviderName, { readonly windowSeconds: number; readonly spent: number }>> = {
  fitbit: { windowSeconds: 3600, spent: 110 },
  "google-health": { windowSeconds: 60, spent: 215 },
};

describe.each(providerNames)("work that can wait at %s", (provider) => {
  const world = new World(67, provider);
  const user = (name: string) => `${name}-${provider}`;
  const { windowSeconds, spent } = windows[provider];

  /** A connection that has `count` workouts behind it, one a day. */
  async function withHistory(userId: string, count: number) {
    const providerUserId = await world.newAccount();
    for (let day = 1; day <= count; day++) {
      const startTime = new Date(world.now() - day * 24 * hour * 1000).toISOString();
      await world.record(providerUserId, { startTime, gps: false, durationSeconds: 600 });
    }
    await world.push(providerUserId);
    expect((await world.consent(userId, providerUserId)).status).toBe(200);
    const { connections } = await world.api<{ connections: { id: string }[] }>(
      `/v1/connections?userId=${userId}`,
    );
    await world.quiet(providerUserId);
    return { providerUserId, connectionId: connections[0]?.id ?? "" };
  }

  /** Calls that bring an activity and lists, in order: `L` for a list, `T` for a TCX. */
  async function order(providerUserId: string, from: number): Promise<string> {
    return (await world.calls(providerUserId))
      .slice(from)
      .map(({ path }) => (path.includes(world.paths.list) ? "L" : path.includes(world.paths.tcx) ? "T" : ""))
      .join("");
  }

  describe("a slice of history", () => {
    it("stops after a minute, and the rest comes with the next one", async () => {
      const userId = user("slow-history");
      const { providerUserId, connectionId } = await withHistory(userId, 7);
      const before = (await world.calls(providerUserId)).length;
      const real = Date.now.bind(Date);
      let aheadMilliseconds = 0;
      const clock = vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMilliseconds);
      let files = 0;
      world.intercept = (request) => {
        if (request.url.includes(world.paths.tcx)) files += 1;
        // What the provider took so long for is the third file.
        if (files === 3) aheadMilliseconds = 61_000;
        return null;
      };
      const { syncRunId } = await world.api<{ syncRunId: string }>(
        `/v1/connections/${connectionId}/backfill`,
        {
          json: { since: new Date(world.now() - 30 * 24 * hour * 1000).toISOString() },
          status: 202,
        },
      );
      const run = async () => (await world.runs(connectionId)).find(({ id }) => id === syncRunId);
      await world.until(async () => expect((await run())?.counts.created).toBe(3));
      await world.quiet(providerUserId);
      expect(await order(providerUserId, before)).toBe("LTTT");
      expect(await run()).toMatchObject({ status: "running", error: null });

      // An alarm rings by the platform's own clock, which the test has not moved.
      clock.mockRestore();
      await world.pass(62, providerUserId);
      await world.untilFeed(userId, 7);
      await world.until(async () => expect((await run())?.status).toBe("succeeded"));
      world.intercept = () => null;
      expect(await order(providerUserId, before)).toBe("LTTTLTTTT");
      expect(await run()).toMatchObject({ counts: { listed: 7, created: 7 }, error: null });
    });
  });

  describe("an account whose calls are spent but for what is kept for fresh data", () => {
    async function spentButReserve(userId: string): Promise<string> {
      const { providerUserId } = await world.connect(userId);
      await world.quiet(providerUserId);
      // Over a day later, when the sweep is due, and just after a full hour or minute, so that the whole window is before us.
      const untilWindow = Math.ceil(windowSeconds - ((world.now() / 1000) % windowSeconds)) + 6;
      await world.control("POST", "/sim/clock", { advanceSeconds: untilWindow + 27 * hour });
      const stub = world.account(providerUserId);
      const permit = await stub.permit({ calls: spent, priority: "fresh", now: world.now() });
      if (permit.status !== "permitted") throw new Error(permit.status);
      expect(permit.calls).toBe(spent);
      const report = { spent, rate: null, limitedUntil: null };
      await stub.settle({ report, granted: permit.calls, now: world.now() });
      return providerUserId;
    }

    it("is not swept before its window is over: what is left is for fresh data", async () => {
      const providerUserId = await spentButReserve(user("sweep-waits"));
      const lists = await world.listCalls(providerUserId);
      await world.pass(0, providerUserId);
      await world.quiet();
      expect(await world.listCalls(providerUserId)).toBe(lists);
      await world.pass(windowSeconds, providerUserId);
      await world.until(async () => expect(await world.listCalls(providerUserId)).toBe(lists + 1));
    });

    it("is looked at for a push at once", async () => {
      const providerUserId = await spentButReserve(user("push-does-not-wait"));
      await world.record(providerUserId, { durationSeconds: 300 });
      await world.push(providerUserId);
      await world.untilFeed(user("push-does-not-wait"), 1);
    });
  });
});
