// The call budget belongs to the account (rule 6): never one call more than the provider allows, fresh data before history, and
// waiting is not a failure. Fitbit counts by the hour and says so in headers, Google by the minute and says nothing.

import { describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { type Fault, World } from "./world.ts";

interface Limit {
  readonly calls: number;
  readonly windowSeconds: number;
  /** Ways in which the provider says that the calls are used up. */
  readonly refusals: readonly { readonly name: string; readonly fault: Fault; readonly google?: object }[];
  /** Windows that 400 activities take at least, with what is left to history in each. */
  readonly windowsForHistory: number;
}

const limits: Readonly<Record<ProviderName, Limit>> = {
  fitbit: {
    calls: 150,
    windowSeconds: 3600,
    refusals: ["429", "429_without_headers", "429_google_shape"].map((fault) => ({
      name: fault,
      fault: { fault },
    })),
    // 105 calls an hour, two for each activity: heart rate and TCX.
    windowsForHistory: 7,
  },
  "google-health": {
    calls: 300,
    windowSeconds: 60,
    // Nobody has measured a 429 of Google's; whether it says when to come back is not known.
    refusals: [false, true].map((retryAfter) => ({
      name: retryAfter ? "429 with Retry-After" : "429 without Retry-After",
      fault: { fault: "429" },
      google: { retryAfter },
    })),
    // 210 calls a minute, three for each activity: the bounds of its zones, heart rate and TCX.
    windowsForHistory: 5,
  },
};

const hour = 3_600_000;
const day = 24 * hour;

describe.each(providerNames)("the call budget at %s", (provider) => {
  const world = new World(41, provider);
  const { calls: callLimit, windowSeconds, refusals, windowsForHistory } = limits[provider];
  const untilNextWindow = windowSeconds + 10;

  async function connected(userId: string) {
    const connection = await world.connect(userId);
    await world.quiet(connection.providerUserId);
    return connection;
  }

  /** Brings the clock to just after the full hour or minute, so that a test has a whole window before it. */
  async function toTopOfWindow(): Promise<void> {
    const window = windowSeconds * 1000;
    const seconds = Math.ceil((window - (world.now() % window)) / 1000) + 6;
    await world.control("POST", "/sim/clock", { advanceSeconds: seconds });
  }

  async function noDeadLetters(): Promise<void> {
    expect(await world.api("/v1/dead-letters")).toMatchObject({ deadLetters: [] });
  }

  describe.each(refusals)("an answer $name", ({ name, fault, google }) => {
    it("is waited for until the provider's window rolls, and what was pushed arrives then", async () => {
      const userId = `limited-${provider}-${name.replaceAll(" ", "-")}`;
      await world.control("PUT", "/sim/settings", google === undefined ? {} : { google });
      const { connectionId, providerUserId } = await connected(userId);
      await toTopOfWindow();
      await world.record(providerUserId, { durationSeconds: 300 });
      await world.faults({ ...fault, path: world.paths.list, providerUserId });
      await world.push(providerUserId);
      await world.until(async () =>
        expect((await world.calls(providerUserId)).filter((call) => call.status === 429)).toHaveLength(1),
      );
      await world.quiet(providerUserId);
      // Of another kind, because two records of one kind and time are one workout; both ended after connecting.
      await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      // Nobody knocks while the door is known to be shut.
      expect((await world.calls(providerUserId)).filter((call) => call.status === 429)).toHaveLength(1);
      await world.faults();
      await world.pass(untilNextWindow, providerUserId);
      await world.untilFeed(userId, 2);
      await noDeadLetters();
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "active" });
    });
  });

  describe("an account whose calls are spent", () => {
    it("waits, while another user's run arrives at once", async () => {
      const waiting = await connected(`waits-${provider}`);
      const other = await connected(`does-not-wait-${provider}`);
      await toTopOfWindow();
      const stub = world.account(waiting.providerUserId);
      const permit = await stub.permit({ calls: callLimit + 50, priority: "fresh", now: world.now() });
      expect(permit).toMatchObject({ status: "permitted", calls: callLimit });
      await world.record(waiting.providerUserId, { durationSeconds: 300 });
      await world.push(waiting.providerUserId);
      await world.record(other.providerUserId, { durationSeconds: 300 });
      await world.push(other.providerUserId);
      await world.untilFeed(`does-not-wait-${provider}`, 1);
      await world.quiet(waiting.providerUserId);
      expect(await world.feed(`waits-${provider}`)).toHaveLength(0);
      if (permit.status === "permitted") {
        const report = { spent: callLimit, rate: null, limitedUntil: null };
        await stub.settle({ report, granted: permit.calls, now: world.now() });
      }
      await world.pass(untilNextWindow, waiting.providerUserId, other.providerUserId);
      await world.untilFeed(`waits-${provider}`, 1);
      await noDeadLetters();
    });
  });

  describe("a history of 400 activities", () => {
    it("takes its hours or minutes without a dead letter and leaves room for fresh activities in each", async () => {
      const userId = `history-${provider}`;
      const { connectionId, providerUserId } = await connected(userId);
      const begin = world.now() - 400 * day;
      for (let index = 0; index < 400; index++) {
        await world.record(providerUserId, {
          name: "Weights",
          gps: false,
          durationSeconds: 60,
          startTime: new Date(begin + index * 23 * hour).toISOString(),
        });
      }
      await toTopOfWindow();
      await world.faults({ fault: "lose" });
      await world.push(providerUserId);
      await world.faults();
      const { syncRunId } = await world.api<{ syncRunId: string }>(
        `/v1/connections/${connectionId}/backfill`,
        {
          json: { since: new Date(begin - 1000).toISOString() },
          status: 202,
        },
      );
      let windows = 0;
      for (; windows < 14; windows++) {
        await world.quiet(providerUserId);
        const title = `Fresh ${windows}`;
        await world.record(providerUserId, {
          name: title,
          displayName: title,
          durationSeconds: 60,
          gps: false,
        });
        await world.push(providerUserId);
        await world.until(async () => {
          const changes = await world.feed(userId);
          expect(changes.map((change) => change.activity.title)).toContain(title);
        });
        const { syncRuns } = await world.api<{ syncRuns: { id: string; status: string }[] }>(
          `/v1/sync-runs?connectionId=${connectionId}&limit=200`,
        );
        if (syncRuns.find((run) => run.id === syncRunId)?.status === "succeeded") break;
        await world.pass(windowSeconds, providerUserId);
      }
      expect(windows).toBeGreaterThanOrEqual(windowsForHistory);
      const changes = await world.feed(userId);
      expect(changes.filter((change) => change.origin === "backfill")).toHaveLength(400);
      expect(changes.filter((change) => change.origin === "live")).toHaveLength(windows + 1);
      expect(new Set(changes.map((change) => change.activity.id)).size).toBe(changes.length);
      const perWindow = new Map<number, number>();
      for (const call of await world.calls(providerUserId, "/user")) {
        expect(call.status).not.toBe(429);
        const window = Math.floor(Date.parse(call.at) / (windowSeconds * 1000));
        perWindow.set(window, (perWindow.get(window) ?? 0) + 1);
      }
      for (const count of perWindow.values()) expect(count).toBeLessThanOrEqual(callLimit);
      await noDeadLetters();
    }, 120_000);
  });
});
