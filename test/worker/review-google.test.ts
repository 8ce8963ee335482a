// What was found by trying to break the way over and Google's lists: copies on two pages, clocks that differ by a second, steps
// that die half-way, two callbacks at once. Each of these lost something, or brought it twice, before it was mended.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { completeConnection } from "../../src/connect/complete.ts";
import { databaseFor } from "../../src/db/databases.ts";
import { activities, connections } from "../../src/db/schema.ts";
import {
  accountName,
  asId,
  type ConnectionId,
  type ProviderUserId,
  type UserId,
} from "../../src/kernel/ids.ts";
import type { TokenSet } from "../../src/providers/port.ts";
import { providerFor } from "../../src/providers/registry.ts";
import type { LinkRequest } from "../../src/sync/account/account-protocol.ts";
import type { AccountSync } from "../../src/sync/account/account-sync.ts";
import { linkConnection } from "../../src/sync/account/link-rows.ts";
import { openContext, type SyncContext } from "../../src/sync/context.ts";
import { consumeHints } from "../../src/sync/hint-consumer.ts";
import { World } from "./world.ts";

const world = new World(91);
const hour = 3_600;
const day = 24 * hour;

const at = (secondsAgo: number) => new Date(world.now() - secondsAgo * 1000).toISOString();

afterEach(async () => {
  world.intercept = () => null;
  await world.faults();
});

async function connectionsOf(userId: string) {
  const answer = await world.api<{
    connections: { id: string; provider: string; providerUserId: string; status: string }[];
  }>(`/v1/connections?userId=${userId}`);
  return answer.connections;
}

async function goOver(userId: string, googleId: string): Promise<string> {
  const response = await world.consent(userId, googleId, { provider: "google-health" });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

/** A Fitbit user, and the Google account of the same person. */
async function person(userId: string) {
  const { connectionId, providerUserId: fitbitId } = await world.connect(userId);
  await world.quiet(fitbitId);
  const googleId = await world.newAccount({ provider: "google-health", legacyUserId: fitbitId });
  return { userId, connectionId: asId<ConnectionId>(connectionId), fitbitId, googleId };
}

async function backfill(connectionId: string, days: number): Promise<void> {
  const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/backfill`, {
    json: { since: at(days * day) },
    status: 202,
  });
  await world.until(async () =>
    expect(await world.runs(connectionId)).toContainEqual(
      expect.objectContaining({ id: syncRunId, status: "succeeded" }),
    ),
  );
}

async function startsOf(userId: string): Promise<string[]> {
  return (await world.feed(userId)).map((change) => change.activity.startTime).sort();
}

const allScopes: TokenSet["scopes"] = ["activity", "heartrate", "location", "profile", "settings"];

function tokensOf(mark: string): TokenSet {
  return {
    accessToken: `access-${mark}`,
    refreshToken: `refresh-${mark}`,
    expiresAt: world.now() + 8 * hour * 1000,
    scopes: allScopes,
  };
}

/** What a Google callback asks its account's object for when it carries a Fitbit connection over. */
function carrying(user: Awaited<ReturnType<typeof person>>): LinkRequest {
  return {
    userId: asId<UserId>(user.userId),
    displayName: null,
    provider: "google-health",
    providerUserId: asId<ProviderUserId>(user.googleId),
    tokens: tokensOf("over"),
    backfillDays: 0,
    formerAccount: accountName("fitbit", asId<ProviderUserId>(user.fitbitId)),
    carried: user.connectionId,
    liveFrom: null,
    now: world.now(),
  };
}

describe("history", () => {
  it("brings a workout once whose copy stands on the list's next page", async () => {
    const userId = "copy-on-next-page";
    const googleId = await world.newAccount({ provider: "google-health" });
    await goOver(userId, googleId);
    const [connection] = await connectionsOf(userId);
    // Twenty-four sessions that are left out fill the first page up to its last row.
    for (let index = 1; index <= 24; index++) {
      await world.record(googleId, {
        gps: false,
        startTime: at(10 * day + index * hour),
        durationSeconds: 30,
      });
    }
    const own = await world.record(googleId, { gps: false, startTime: at(20 * day), durationSeconds: 1200 });
    await world.record(googleId, {
      copyOf: own,
      copyShiftMilliseconds: 1500,
      gps: false,
      durationSeconds: 1200,
    });
    await world.push(googleId);
    await world.quiet(googleId);
    await backfill(connection?.id ?? "", 30);
    const changes = await world.feed(userId);
    expect(changes.map((change) => change.activity.sourceActivityId)).toEqual([own]);
  });

  it("that both providers know comes once, although Google's clock is a second behind", async () => {
    const user = await person("second-behind");
    await world.record(user.fitbitId, { gps: false, startTime: at(20 * day), durationSeconds: 1200 });
    await world.push(user.fitbitId);
    await world.quiet();
    await backfill(user.connectionId, 30);
    const before = await world.feed(user.userId);
    expect(before).toHaveLength(1);
    world.intercept = (request) => {
      if (!request.url.includes("/dataTypes/exercise/dataPoints?")) return null;
      return world.simulator.fetch(request).then(async (response) => {
        const shifted = (await response.text()).replace(
          /"(startTime|endTime)":"([^"]+)"/g,
          (_all, field: string, time: string) =>
            `"${field}":"${new Date(Date.parse(time) - 1000).toISOString()}"`,
        );
        return new Response(shifted, { status: response.status, headers: response.headers });
      });
    };
    await goOver(user.userId, user.googleId);
    await world.quiet();
    await backfill(user.connectionId, 30);
    expect(await world.feed(user.userId)).toEqual(before);
  });

  it("of sixty workouts that both providers know comes once, over several pages and slices", async () => {
    const user = await person("sixty");
    for (let index = 1; index <= 60; index++) {
      const startTime = at(3 * day + index * 6 * hour);
      await world.record(user.fitbitId, { gps: false, heartRate: false, startTime, durationSeconds: 900 });
    }
    await world.push(user.fitbitId);
    await world.quiet();
    await backfill(user.connectionId, 10);
    const before = await world.feed(user.userId);
    expect(before.length).toBeGreaterThan(20);
    await goOver(user.userId, user.googleId);
    await world.quiet();
    await backfill(user.connectionId, 30);
    const starts = await startsOf(user.userId);
    expect(starts).toHaveLength(60);
    expect(new Set(starts).size).toBe(60);
    expect((await world.feed(user.userId)).slice(0, before.length)).toEqual(before);
    // All of them are Google's to tell of from now on.
    const rows = await databaseFor(env, asId<UserId>(user.userId))
      .select({ provider: activities.provider })
      .from(activities)
      .where(eq(activities.connectionId, user.connectionId));
    expect(rows.filter((row) => row.provider !== "google-health")).toEqual([]);
  }, 120_000);
});

describe("one workout from two platforms", () => {
  it("stays one when the copy came first and was shorter then", async () => {
    const userId = "copy-grows";
    const googleId = await world.newAccount({ provider: "google-health" });
    await goOver(userId, googleId);
    const startTime = at(-60);
    await world.control("POST", "/sim/clock", { advanceSeconds: 30 * 60 });
    const copy = await world.record(googleId, {
      startTime,
      durationSeconds: 600,
      gps: false,
      heartRate: false,
      platform: "HEALTH_CONNECT",
    });
    await world.push(googleId);
    await world.pass(16 * 60, googleId);
    await world.untilFeed(userId, 1);
    await world.faults({ fault: "lose" });
    await world.edit(googleId, copy, { durationSeconds: 1200 });
    await world.faults();
    const own = await world.record(googleId, { startTime, durationSeconds: 1200 });
    await world.push(googleId);
    await world.quiet(googleId);
    expect((await world.feed(userId)).map((change) => change.activity.sourceActivityId)).toEqual([own]);
  });
});

describe("a user who tries what is not theirs to take", () => {
  it("keeps the Fitbit connection when another user holds the Google account", async () => {
    const user = await person("keeps-fitbit");
    // The Google account was this user's once, and is somebody else's now.
    const stranger = await world.newAccount({ provider: "google-health" });
    expect(stranger).not.toBe(user.googleId);
    const database = databaseFor(env, asId<UserId>(user.userId));
    const [row] = await database.select().from(connections).where(eq(connections.id, user.connectionId));
    if (row === undefined) throw new Error("no row");
    await database.insert(connections).values({
      ...row,
      id: asId<ConnectionId>("con_once_google"),
      provider: "google-health",
      providerUserId: asId<ProviderUserId>(user.googleId),
      status: "disconnected",
      tokens: null,
    });
    const object = world.account(user.googleId);
    const { carried: _carried, ...request } = carrying(user);
    await object.link({
      ...request,
      userId: asId<UserId>("holder-of-google"),
      carried: null,
      formerAccount: null,
    });
    const response = await world.consent(user.userId, user.googleId, { provider: "google-health" });
    expect(response.status).toBe(409);
    expect(await connectionsOf(user.userId)).toContainEqual(
      expect.objectContaining({ id: user.connectionId, provider: "fitbit", status: "active" }),
    );
  });
});

describe("a user who was at both providers in turn", () => {
  it("has no workout twice after leaving Fitbit and taking up the old Google connection", async () => {
    const userId = "in-turn";
    const fitbitId = await world.newAccount();
    const googleId = await world.newAccount({ provider: "google-health", legacyUserId: fitbitId });
    await goOver(userId, googleId);
    await world.quiet();
    const [google] = await connectionsOf(userId);
    await world.api(`/v1/connections/${google?.id}`, { method: "DELETE" });
    expect((await world.consent(userId, fitbitId)).status).toBe(200);
    await world.quiet();
    await world.record(fitbitId, { name: "Run", durationSeconds: 900 });
    await world.push(fitbitId);
    const before = await world.untilFeed(userId, 1);
    const fitbit = (await connectionsOf(userId)).find((one) => one.provider === "fitbit");
    await world.pass(2 * 60);
    await world.api(`/v1/connections/${fitbit?.id}`, { method: "DELETE" });
    await goOver(userId, googleId);
    await world.quiet();
    expect(await world.feed(userId)).toEqual(before);
    await world.record(googleId, { name: "Walk", durationSeconds: 600 });
    await world.push(googleId);
    await world.untilFeed(userId, 2);
  });
});

describe("a way over that dies half-way", () => {
  it("between D1 and the object: the Fitbit account is left all the same, and writes nothing meanwhile", async () => {
    const user = await person("dies-in-link");
    const { configuration } = await openContext(env);
    // The statement was done; the object that asked for it is gone before it could remember.
    await linkConnection(env, configuration, carrying(user), world.now());
    await world.record(user.fitbitId, { name: "Run", durationSeconds: 900 });
    await world.push(user.fitbitId);
    await world.quiet(user.fitbitId);
    expect(await world.feed(user.userId)).toEqual([]);
    await world.account(user.googleId).begin({
      work: { kind: "look", trigger: "retry" },
      receivedAt: null,
      now: world.now(),
    });
    await world.until(async () => expect(await world.account(user.fitbitId).linked()).toBeNull());
    await world.until(async () => expect(await world.calls(user.fitbitId, "/oauth2/revoke")).not.toEqual([]));
  });

  it("between D1 and the object, and is tried again: one activity, from Google", async () => {
    const user = await person("tries-again");
    const { configuration } = await openContext(env);
    await linkConnection(env, configuration, carrying(user), world.now());
    await goOver(user.userId, user.googleId);
    await world.quiet();
    expect(await world.account(user.fitbitId).linked()).toBeNull();
    expect(await connectionsOf(user.userId)).toMatchObject([
      { id: user.connectionId, provider: "google-health", status: "active" },
    ]);
  });

  it("before the Fitbit account was left, and its user disconnects: nothing more comes, and the old grant ends", async () => {
    const user = await person("disconnects-at-once");
    await world.account(user.googleId).link(carrying(user));
    // What asks the Fitbit account to go was lost with the queue.
    await runInDurableObject(world.account(user.googleId), (_object, context) => {
      context.storage.sql.exec("DELETE FROM due");
    });
    await world.api(`/v1/connections/${user.connectionId}`, { method: "DELETE" });
    expect(await world.account(user.fitbitId).linked()).toBeNull();
    expect(await world.calls(user.fitbitId, "/oauth2/revoke")).toHaveLength(1);
    await world.record(user.fitbitId, { name: "Run" });
    await world.push(user.fitbitId);
    await world.quiet(user.fitbitId);
    expect(await world.feed(user.userId)).toEqual([]);
  });
});

describe("two callbacks at once", () => {
  it("of one person at both providers make one connection", async () => {
    const user = await person("both-at-once");
    const { configuration } = await openContext(env);
    const fitbit = accountName("fitbit", asId<ProviderUserId>(user.fitbitId));
    let isOver = false;
    // Fitbit's callback has found nothing that stands in its way; then Google's overtakes it.
    const namespace = {
      getByName(name: string): DurableObjectStub<AccountSync> {
        const stub = env.ACCOUNT_SYNC.getByName(name);
        if (name !== fitbit) return stub;
        return new Proxy(stub, {
          get(target, property) {
            if (property !== "link") return Reflect.get(target, property);
            return async (request: LinkRequest) => {
              if (!isOver) {
                isOver = true;
                await goOver(user.userId, user.googleId);
              }
              return await target.link(request);
            };
          },
        });
      },
    };
    const delayed = new Proxy(env, {
      get: (target, property) => (property === "ACCOUNT_SYNC" ? namespace : Reflect.get(target, property)),
    });
    const completion = await completeConnection(
      delayed,
      configuration,
      providerFor(configuration, "fitbit"),
      { userId: asId<UserId>(user.userId), displayName: null, provider: "fitbit", returnUrl: null },
      {
        tokens: tokensOf("again"),
        providerUserId: asId<ProviderUserId>(user.fitbitId),
        formerAccount: null,
      },
      world.now(),
    );
    expect(isOver).toBe(true);
    expect(completion).toMatchObject({ status: "superseded", connectionId: user.connectionId });
    const living = (await connectionsOf(user.userId)).filter((one) => one.status === "active");
    expect(living).toMatchObject([{ id: user.connectionId, provider: "google-health" }]);
  });
});

describe("what an activity still lacks", () => {
  it("is looked for at Google after the way over, as it would have been at Fitbit", async () => {
    const user = await person("late-at-google");
    await world.faults({ fault: "late_heart_rate", provider: "fitbit", delaySeconds: day });
    await world.record(user.fitbitId, { name: "Run", durationSeconds: 900 });
    await world.push(user.fitbitId);
    await world.quiet();
    await world.pass(16 * 60, user.fitbitId);
    const [first] = await world.untilFeed(user.userId, 1);
    expect(first?.activity.completeness.heartRate.state).not.toBe("complete");
    await goOver(user.userId, user.googleId);
    await world.quiet();
    await world.faults();
    await world.pass(hour, user.googleId);
    await world.until(async () =>
      expect(await world.feed(user.userId)).toMatchObject([
        {
          origin: "late_data",
          activity: {
            id: first?.activity.id,
            revision: 2,
            completeness: { heartRate: { state: "complete" } },
          },
        },
      ]),
    );
  });
});

describe("a route that an activity still lacks", () => {
  it("is asked for under Google's id after the way over, because Fitbit's means nothing there", async () => {
    const user = await person("route-at-google");
    await world.faults({ fault: "tcx_404", provider: "fitbit" });
    await world.record(user.fitbitId, { name: "Run", durationSeconds: 900 });
    await world.push(user.fitbitId);
    await world.quiet();
    await world.pass(16 * 60, user.fitbitId);
    const [first] = await world.untilFeed(user.userId, 1);
    expect(first?.activity.completeness.gps.state).toBe("absent");
    await goOver(user.userId, user.googleId);
    await world.quiet();
    await world.faults();
    await world.pass(hour, user.googleId);
    await world.until(async () =>
      expect(await world.feed(user.userId)).toMatchObject([
        { activity: { id: first?.activity.id, revision: 2, completeness: { gps: { state: "complete" } } } },
      ]),
    );
    const asked = await world.calls(user.googleId, ":exportExerciseTcx");
    expect(asked.map((call) => call.status)).toEqual([200]);
  });
});

describe("a storm of old intervals", () => {
  it("costs the platform a call for a hundred of them, and not one each", async () => {
    const context = await openContext(env);
    let calls = 0;
    let sent = 0;
    const counting = new Proxy(env, {
      get: (target, property) =>
        property === "SYNC"
          ? {
              send: async () => {
                calls += 1;
                sent += 1;
              },
              sendBatch: async (messages: Iterable<unknown>) => {
                calls += 1;
                sent += [...messages].length;
              },
            }
          : Reflect.get(target, property),
    });
    const counted: SyncContext = { ...context, env: counting };
    const windows = Array.from({ length: 20 }, (_, index) => {
      const start = world.now() - (30 + index * 10) * day * 1000;
      return { start, end: start + hour * 1000 };
    });
    const hints = Array.from({ length: 10 }, (_, index) => ({
      account: accountName("google-health", asId<ProviderUserId>(`90000000000000000${index}`)),
      collection: "activities" as const,
      dates: [],
      windows,
      receivedAt: world.now(),
    }));
    // The last one came twice.
    await consumeHints(counted, { version: 1, kind: "hints", hints: [...hints, ...hints.slice(-1)] });
    expect(sent).toBe(200);
    expect(calls).toBe(2);
  });
});

describe("a list of an old interval", () => {
  it("does not pass for a list of what is recent", async () => {
    const googleId = await world.newAccount({ provider: "google-health" });
    await goOver("interval-only", googleId);
    await world.quiet(googleId);
    await world.control("POST", "/sim/clock", { advanceSeconds: hour });
    const before = world.now() - 60_000;
    const start = before - 30 * day * 1000;
    await world.deliver(googleId, { kind: "interval", start, end: start + hour * 1000 });
    const begun = await world
      .account(googleId)
      .begin({ work: { kind: "look", trigger: "retry" }, receivedAt: null, now: world.now() });
    expect(begun.status === "leased" ? begun.lease.listedAt : null).toBeLessThan(before);
  });

  it("that lacks many at once is asked for again after an hour, and then believed", async () => {
    const userId = "old-and-many";
    const googleId = await world.newAccount({ provider: "google-health" });
    await goOver(userId, googleId);
    const [connection] = await connectionsOf(userId);
    const ids: string[] = [];
    for (let index = 0; index < 4; index++) {
      const startTime = at(30 * day + index * hour);
      ids.push(
        await world.record(googleId, { gps: false, heartRate: false, startTime, durationSeconds: 900 }),
      );
    }
    await world.push(googleId);
    await world.quiet(googleId);
    await backfill(connection?.id ?? "", 40);
    await world.untilFeed(userId, 4);
    await world.faults({ fault: "lose" });
    for (const id of ids) await world.remove(googleId, id);
    await world.faults();
    const start = world.now() - 31 * day * 1000;
    await world.deliver(googleId, { kind: "interval", start, end: start + 2 * day * 1000 });
    expect((await world.feed(userId)).map((change) => change.change)).toEqual(Array(4).fill("upsert"));
    await world.pass(hour + 60, googleId);
    await world.until(async () =>
      expect((await world.feed(userId)).map((change) => change.change)).toEqual(Array(4).fill("delete")),
    );
  });
});
