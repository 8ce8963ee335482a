// The call budget belongs to the account (rule 6): never call 151, fresh data before history, and waiting is not a failure.

import { describe, expect, it } from "vitest";
import { World } from "./world.ts";

const world = new World(41);
const hour = 3600;

async function connected(userId: string) {
  const connection = await world.connect(userId);
  await world.quiet(connection.providerUserId);
  return connection;
}

/** Brings the clock to just after a full hour, so that a test has a whole window before it. */
async function toTopOfHour(): Promise<void> {
  const seconds = Math.ceil((hour * 1000 - (world.now() % (hour * 1000))) / 1000) + 10;
  await world.control("POST", "/sim/clock", { advanceSeconds: seconds });
}

async function noDeadLetters(): Promise<void> {
  expect(await world.api("/v1/dead-letters")).toMatchObject({ deadLetters: [] });
}

describe.each(["429", "429_without_headers", "429_google_shape"])("an answer %s", (fault) => {
  it("is waited for until the provider's window rolls, and what was pushed arrives then", async () => {
    const userId = `limited-${fault}`;
    const { connectionId, providerUserId } = await connected(userId);
    await world.record(providerUserId, { durationSeconds: 300 });
    await world.faults({ fault, path: "/activities/list.json", providerUserId });
    await world.push(providerUserId);
    await world.until(async () =>
      expect((await world.calls(providerUserId)).filter((call) => call.status === 429)).toHaveLength(1),
    );
    await world.quiet(providerUserId);
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    // Nobody knocks while the door is known to be shut.
    expect((await world.calls(providerUserId)).filter((call) => call.status === 429)).toHaveLength(1);
    await world.faults();
    await world.pass(hour + 10, providerUserId);
    await world.untilFeed(userId, 1);
    await noDeadLetters();
    expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "active" });
  });
});

describe("an account whose calls are spent", () => {
  it("waits, while another user's run arrives at once", async () => {
    const waiting = await connected("waits");
    const other = await connected("does-not-wait");
    await toTopOfHour();
    const stub = world.account(waiting.providerUserId);
    const permit = await stub.permit({ calls: 200, priority: "fresh", now: world.now() });
    expect(permit).toMatchObject({ status: "permitted", calls: 150 });
    await world.record(waiting.providerUserId, { durationSeconds: 300 });
    await world.push(waiting.providerUserId);
    await world.record(other.providerUserId, { durationSeconds: 300 });
    await world.push(other.providerUserId);
    await world.untilFeed("does-not-wait", 1);
    await world.quiet(waiting.providerUserId);
    expect(await world.feed("waits")).toHaveLength(0);
    if (permit.status === "permitted") {
      const report = { spent: 150, rate: null, limitedUntil: null };
      await stub.settle({ report, granted: permit.calls, now: world.now() });
    }
    await world.pass(hour + 10, waiting.providerUserId, other.providerUserId);
    await world.untilFeed("waits", 1);
    await noDeadLetters();
  });
});

describe("a history of 400 activities", () => {
  it("takes its hours without a dead letter and leaves room for fresh activities in each", async () => {
    const { connectionId, providerUserId } = await connected("history");
    const begin = world.now() - 400 * 24 * hour * 1000;
    for (let day = 0; day < 400; day++) {
      await world.record(providerUserId, {
        name: "Weights",
        gps: false,
        durationSeconds: 60,
        startTime: new Date(begin + day * 23 * hour * 1000).toISOString(),
      });
    }
    await toTopOfHour();
    await world.faults({ fault: "lose" });
    await world.push(providerUserId);
    await world.faults();
    const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/backfill`, {
      json: { since: new Date(begin - 1000).toISOString() },
      status: 202,
    });
    let hours = 0;
    for (; hours < 14; hours++) {
      await world.quiet(providerUserId);
      await world.record(providerUserId, { name: `Fresh ${hours}`, durationSeconds: 60, gps: false });
      await world.push(providerUserId);
      await world.until(async () => {
        const changes = await world.feed("history");
        expect(changes.map((change) => change.activity.title)).toContain(`Fresh ${hours}`);
      });
      const { syncRuns } = await world.api<{ syncRuns: { id: string; status: string }[] }>(
        `/v1/sync-runs?connectionId=${connectionId}&limit=200`,
      );
      if (syncRuns.find((run) => run.id === syncRunId)?.status === "succeeded") break;
      await world.pass(hour, providerUserId);
    }
    expect(hours).toBeGreaterThanOrEqual(5);
    const changes = await world.feed("history");
    expect(changes.filter((change) => change.origin === "backfill")).toHaveLength(400);
    expect(changes.filter((change) => change.origin === "live")).toHaveLength(hours + 1);
    expect(new Set(changes.map((change) => change.activity.id)).size).toBe(changes.length);
    const perHour = new Map<number, number>();
    for (const call of await world.calls(providerUserId, "/user/")) {
      expect(call.status).not.toBe(429);
      const window = Math.floor(Date.parse(call.at) / (hour * 1000));
      perHour.set(window, (perHour.get(window) ?? 0) + 1);
    }
    for (const count of perHour.values()) expect(count).toBeLessThanOrEqual(150);
    await noDeadLetters();
  }, 120_000);
});
