// What happened before, and what was not announced: history comes by asking, a lost push is made good by the second look or the
// sweep, both silent when nothing changed; and what the schedule tidies away.

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { allDatabases, databaseFor } from "../../src/db/databases.ts";
import { activities, chores, syncRuns } from "../../src/db/schema.ts";
import { type ActivityId, asId, type ConnectionId, type UserId } from "../../src/kernel/ids.ts";
import { openContext } from "../../src/sync/context.ts";
import { recordDeadLetter } from "../../src/sync/dead-letters.ts";
import type { Work } from "../../src/sync/messages.ts";
import { sweepOrphans } from "../../src/sync/orphans.ts";
import { World } from "./world.ts";

const world = new World(6);
const minute = 60;
const hour = 3600;
const day = 24 * hour;

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

/** Passes time and waits for what it caused; answers how many lists that cost. */
async function listsDuring(seconds: number, providerUserId: string): Promise<number> {
  const before = await world.listCalls(providerUserId);
  await world.pass(seconds, providerUserId);
  // Of every account, because the sweep's messages stand in one queue.
  await world.quiet();
  return (await world.listCalls(providerUserId)) - before;
}

describe("connecting", () => {
  it("brings what ended afterwards, and no history", async () => {
    const { providerUserId } = await userWithHistory("no-history", 3);
    expect(await world.feed("no-history")).toEqual([]);
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.feed("no-history")).toEqual([]);

    // Begun before the connection was made, ended after it.
    const activityId = await world.record(providerUserId, { durationSeconds: 1800 });
    await world.push(providerUserId);
    expect(await world.untilFeed("no-history", 1)).toMatchObject([
      { origin: "live", activity: { sourceActivityId: activityId } },
    ]);
  });
});

describe("a backfill", () => {
  it("brings the history since a date, oldest first, in slices, and counts it", async () => {
    const userId = "history";
    const { connectionId, activityIds } = await userWithHistory(userId, 26);
    const run = await backfill(connectionId, timeBefore(25 * day));
    expect(run).toMatchObject({
      trigger: "backfill",
      counts: { listed: 24, created: 24, updated: 0, deleted: 0 },
      error: null,
    });
    // 24 activities with one TCX and one heart rate each, and a list for each of two slices.
    expect(run?.callsSpent).toBe(24 * 2 + 2);
    const changes = await world.untilFeed(userId, 24);
    expect(new Set(changes.map(({ origin }) => origin))).toEqual(new Set(["backfill"]));
    expect(changes.map(({ activity }) => activity.sourceActivityId)).toEqual(
      activityIds.slice(0, 24).toReversed(),
    );
  });

  it("that was done before brings nothing new and costs one list", async () => {
    const userId = "history-twice";
    const { connectionId } = await userWithHistory(userId, 3);
    await backfill(connectionId, timeBefore(10 * day));
    const before = await world.untilFeed(userId, 3);
    const again = await backfill(connectionId, timeBefore(10 * day));
    expect(again).toMatchObject({ counts: { listed: 3, created: 0, updated: 0 }, callsSpent: 1 });
    expect(await world.feed(userId)).toEqual(before);
  });

  it("of an account without history ends at once", async () => {
    const { connectionId } = await userWithHistory("history-empty", 0);
    const run = await backfill(connectionId, timeBefore(365 * day));
    expect(run).toMatchObject({ counts: { listed: 0, created: 0 }, callsSpent: 1 });
  });

  it("leaves what happens meanwhile to the live way", async () => {
    const userId = "history-and-now";
    const { providerUserId, connectionId } = await userWithHistory(userId, 4);
    const running = backfill(connectionId, timeBefore(10 * day));
    const activityId = await world.record(providerUserId);
    await world.push(providerUserId);
    await running;
    const changes = await world.untilFeed(userId, 5);
    expect(changes.find(({ activity }) => activity.sourceActivityId === activityId)?.origin).toBe("live");
  });

  it("counts each activity once although the provider's limit cuts it into pieces", async () => {
    const { providerUserId, connectionId } = await userWithHistory("history-limited", 6);
    await world.faults({ fault: "429_without_headers", path: "/heart/date", providerUserId, count: 1 });
    const since = timeBefore(10 * day);
    await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
    await world.quiet(providerUserId);
    await world.pass(hour + minute, providerUserId);
    await world.until(async () => {
      expect(await world.runs(connectionId)).toMatchObject([
        { trigger: "backfill", status: "succeeded", counts: { listed: 6, created: 6 } },
      ]);
    });
  });

  it("whose user has to reconnect is recorded as failed", async () => {
    const { providerUserId, connectionId } = await userWithHistory("history-gone", 1);
    await world.faults({ fault: "gone", providerUserId });
    const since = timeBefore(10 * day);
    await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        trigger: "backfill",
        status: "failed",
        error: { code: "provider_gone" },
      });
    });
    await world.faults();
  });
});

describe("a push that is lost", () => {
  it("costs its activity a day at most: the sweep finds it, and says so", async () => {
    const userId = "push-lost";
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
    const userId = "outage";
    const { providerUserId } = await world.connect(userId);
    await world.quiet(providerUserId);
    // No tick, no push: nothing of ours runs for twelve days.
    await world.control("POST", "/sim/clock", { advanceSeconds: 12 * day });
    const activityId = await world.record(providerUserId, { startTime: timeBefore(10 * day) });
    await world.push(providerUserId);
    expect(await world.untilFeed(userId, 1)).toMatchObject([{ activity: { sourceActivityId: activityId } }]);
  });
});

describe("the sweep", () => {
  it("is silent when nothing changed: one list a day, no run, no change, and a fresh `lastSyncedAt`", async () => {
    const userId = "swept";
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
    const { providerUserId } = await world.connect("swept-fresh");
    await world.quiet(providerUserId);
    await world.pass(20 * hour, providerUserId);
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    // The push's own second look, 15 minutes later, is all that follows.
    expect(await listsDuring(16 * minute, providerUserId)).toBe(1);
    expect(await listsDuring(5 * hour, providerUserId)).toBe(0);
  });
});

describe("a push that precedes its data", () => {
  it("is followed by one more look 15 minutes later, which finds it", async () => {
    const userId = "push-too-early";
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
    const { providerUserId, connectionId } = await world.connect("push-for-nothing");
    await world.quiet(providerUserId);
    const before = await world.listCalls(providerUserId);
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.listCalls(providerUserId)).toBe(before + 1);
    expect(await listsDuring(15 * minute + 1, providerUserId)).toBe(1);
    expect(await listsDuring(15 * minute + 1, providerUserId)).toBe(0);
    expect(await listsDuring(2 * hour, providerUserId)).toBe(0);
    expect(await world.runs(connectionId)).toEqual([]);
  });

  it("in a row costs one more list for the last of them", async () => {
    const { providerUserId } = await world.connect("pushes-in-a-row");
    await world.quiet(providerUserId);
    for (let push = 0; push < 3; push++) {
      const before = await world.listCalls(providerUserId);
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.listCalls(providerUserId)).toBe(before + 1);
      expect(await listsDuring(10 * minute, providerUserId)).toBe(0);
    }
    expect(await listsDuring(5 * minute + 1, providerUserId)).toBe(1);
    expect(await listsDuring(hour, providerUserId)).toBe(0);
  });
});

describe("Activity History", () => {
  it("tells what a sync listed, created and cost", async () => {
    const { providerUserId, connectionId } = await world.connect("history-counts");
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    await world.push(providerUserId);
    const run = await world.until(async () => {
      const [newest] = await world.runs(connectionId);
      expect(newest?.status).toBe("succeeded");
      return newest;
    });
    // The list, which the look before it made, the heart rate and the TCX.
    expect(run).toMatchObject({
      trigger: "notification",
      counts: { listed: 1, created: 1, updated: 0, deleted: 0 },
      callsSpent: 3,
      error: null,
    });
    await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        trigger: "manual",
        status: "succeeded",
        counts: { listed: 1, created: 0 },
        callsSpent: 1,
      });
    });
  });

  it("leaves no run open when the provider's limit stops one and another goes on", async () => {
    const userId = "history-limit";
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "429", path: ".tcx", providerUserId, count: 1 });
    await world.record(providerUserId);
    await world.push(providerUserId);
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        status: "partial",
        error: { code: "waiting" },
      });
    });
    await world.pass(hour + minute, providerUserId);
    await world.untilFeed(userId, 1);
    await world.until(async () => {
      expect((await world.runs(connectionId)).map(({ status }) => status)).toEqual(["succeeded", "partial"]);
    });
  });

  it("says that an attempt failed, whoever does its work afterwards", async () => {
    const userId = "history-attempt";
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    await world.faults({ fault: "lose" });
    await world.push(providerUserId);
    await world.faults({ fault: "cut", path: ".tcx", providerUserId, count: 1 });
    const look: Work = { kind: "look", trigger: "notification" };
    expect(await world.deliver(providerUserId, look)).toMatchObject({ kind: "retry" });
    expect((await world.runs(connectionId))[0]).toMatchObject({
      status: "failed",
      error: { code: "provider_unavailable", message: expect.stringContaining("tried again") },
    });
    expect(await world.deliver(providerUserId, look)).toEqual({ kind: "done" });
    expect((await world.runs(connectionId)).map(({ status }) => status)).toEqual(["succeeded", "failed"]);
  });

  it("folds a day's runs without change into one that says what they listed and cost, and keeps the others", async () => {
    const userId = "history-folds";
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    // To the next noon in UTC, so that an hour later is the same day.
    const noon = (Math.floor(world.now() / (day * 1000)) + 1.5) * day * 1000;
    await world.pass(Math.ceil((noon - world.now()) / 1000), providerUserId);
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    const manual = async () => {
      const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/sync`, {
        method: "POST",
        status: 202,
      });
      await world.until(async () => {
        const run = (await world.runs(connectionId)).find(({ id }) => id === syncRunId);
        expect(run?.status).toBe("succeeded");
      });
      await world.pass(10 * minute, providerUserId);
    };
    for (let run = 0; run < 3; run++) await manual();
    await world.push(providerUserId);
    await world.untilFeed(userId, 1);
    for (let run = 0; run < 2; run++) await manual();
    const before = await world.runs(connectionId);
    expect(before).toHaveLength(6);
    await world.pass(hour, providerUserId);
    expect(await world.runs(connectionId)).toHaveLength(6);

    await world.pass(2 * day, providerUserId);
    const after = await world.runs(connectionId);
    expect(after.map(({ trigger, counts }) => [trigger, counts.created])).toEqual([
      ["manual", 0],
      ["notification", 1],
    ]);
    expect(after[0]).toMatchObject({ id: before[0]?.id, counts: { listed: 2 }, callsSpent: 5 });
    // Folding again folds nothing further.
    await world.pass(minute, providerUserId);
    expect(await world.runs(connectionId)).toEqual(after);

    await world.pass(91 * day, providerUserId);
    await world.until(async () => {
      expect(await world.runs(connectionId)).toEqual([]);
    });
    // The activity itself stays.
    expect(await world.feed(userId)).toHaveLength(1);
  });

  it("closes a run whose holder died and never came back", async () => {
    const { providerUserId, connectionId } = await world.connect("history-died");
    await world.quiet(providerUserId);
    await databaseFor(env, asId<UserId>("history-died"))
      .insert(syncRuns)
      .values({
        id: asId("run_died"),
        connectionId: asId<ConnectionId>(connectionId),
        userId: asId<UserId>("history-died"),
        trigger: "notification",
        status: "running",
        startedAt: world.now(),
      });
    await world.pass(hour, providerUserId);
    expect((await world.runs(connectionId))[0]?.status).toBe("running");
    await world.pass(day, providerUserId);
    expect((await world.runs(connectionId))[0]).toMatchObject({
      status: "failed",
      error: { code: "interrupted" },
    });
  });
});

describe("a dead letter", () => {
  it("is kept for 30 days", async () => {
    const { providerUserId, connectionId } = await world.connect("dead-letter");
    await world.quiet(providerUserId);
    const body = {
      version: 1,
      account: `fitbit:${providerUserId}`,
      work: { kind: "look", trigger: "retry" },
    };
    await recordDeadLetter(await openContext(env), { id: "message-1", body });
    const letters = async () =>
      (await world.api<{ deadLetters: { connectionId: string }[] }>("/v1/dead-letters")).deadLetters.filter(
        (letter) => letter.connectionId === connectionId,
      );
    expect(await letters()).toHaveLength(1);
    await world.pass(29 * day, providerUserId);
    expect(await letters()).toHaveLength(1);
    await world.pass(day + minute, providerUserId);
    expect(await letters()).toEqual([]);
  });
});

describe("the sweep of orphans", () => {
  const text = (content: string) => Uint8Array.from(new TextEncoder().encode(content));

  /** Sweeps everything, as if `ageSeconds` had passed since the objects were put. */
  async function sweepAll(ageSeconds: number): Promise<void> {
    const [database] = allDatabases(env);
    if (database === undefined) throw new Error("no database is bound");
    const context = await openContext(env);
    const real = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => real + ageSeconds * 1000);
    try {
      do await sweepOrphans(context, database);
      while ((await database.select().from(chores))[0]?.cursor !== null);
    } finally {
      clock.mockRestore();
    }
  }

  it("deletes what no row names once it is a day old, and nothing else", async () => {
    const userId = "orphans";
    const { providerUserId, connectionId } = await world.connect(userId);
    const activityId = await world.record(providerUserId);
    await world.push(providerUserId);
    const [change] = await world.untilFeed(userId, 1);
    await world.quiet(providerUserId);
    await world.edit(providerUserId, activityId, { name: "Evening run" });
    await world.until(async () => {
      expect((await world.feed(userId))[0]?.activity.revision).toBe(2);
    });
    const owner = {
      connectionId: asId<ConnectionId>(connectionId),
      activityId: asId<ActivityId>(change?.activity.id ?? ""),
    };
    // What an old holder put after it had lost its lease, for an activity that stands and for one that never was.
    const late = await putObject(env.DOCUMENTS, "documents", owner, text("late"));
    const never = await putObject(
      env.DOCUMENTS,
      "tcx",
      { ...owner, activityId: asId<ActivityId>("act_never") },
      text("never"),
    );
    const keys = async () =>
      (await env.DOCUMENTS.list({ limit: 1000 })).objects
        .map(({ key }) => key)
        .filter((key) => key.includes(connectionId));
    const all = await keys();
    expect(all).toEqual(expect.arrayContaining([late, never]));
    await sweepAll(23 * hour);
    expect(await keys()).toEqual(all);

    await sweepAll(day + minute);
    const rows = await databaseFor(env, asId<UserId>(userId)).select().from(activities);
    const row = rows.find(({ id }) => id === owner.activityId);
    expect((await keys()).toSorted()).toEqual(
      [row?.documentKey, row?.sourcesKey, row?.tcxKey].flatMap((key) => key ?? []).toSorted(),
    );
    expect(await world.document(owner.activityId)).toMatchObject({ revision: 2, title: "Evening run" });
  });
});
