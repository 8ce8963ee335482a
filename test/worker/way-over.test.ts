// The way over from Fitbit to Google Health: what a user keeps, what appears once, what becomes of the old grant, and what
// happens to those who are no match. The same person's watch is at both providers, under ids that are not equal.

import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { databaseFor } from "../../src/db/databases.ts";
import { activities, connections } from "../../src/db/schema.ts";
import { asId, type UserId } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

const world = new World(41);
const hour = 3_600;

interface Connection {
  readonly id: string;
  readonly provider: string;
  readonly providerUserId: string;
  readonly status: string;
  readonly message: string | null;
}

async function connectionsOf(userId: string): Promise<Connection[]> {
  const answer = await world.api<{ connections: Connection[] }>(`/v1/connections?userId=${userId}`);
  return answer.connections;
}

/** A Fitbit user with one run in the feed, and the Google account of the same person. */
async function fitbitUser(userId: string) {
  const { connectionId, providerUserId } = await world.connect(userId);
  await world.record(providerUserId, { name: "Run", laps: 2 });
  await world.push(providerUserId);
  const [change] = await world.untilFeed(userId, 1);
  await world.quiet(providerUserId);
  const googleId = await world.newAccount({ provider: "google-health", legacyUserId: providerUserId });
  if (change === undefined) throw new Error("nothing is in the feed");
  return { userId, connectionId, fitbitId: providerUserId, googleId, change };
}

/** The row of the user's only activity. */
async function rowOf(userId: string) {
  const user = asId<UserId>(userId);
  return databaseFor(env, user).select().from(activities).where(eq(activities.userId, user)).get();
}

async function goOver(userId: string, googleId: string): Promise<string> {
  const response = await world.consent(userId, googleId, { provider: "google-health" });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

async function fitbitOff(): Promise<void> {
  await world.faults({ fault: "gone", provider: "fitbit" });
}

describe("a user who goes over to Google", () => {
  it("keeps connection, activity, revision and place in the feed, and has every workout once", async () => {
    const { userId, connectionId, fitbitId, googleId, change } = await fitbitUser("keeps");
    const before = await world.api<{ nextPageToken: string }>(`/v1/activities?userId=${userId}`);
    const page = await goOver(userId, googleId);
    expect(page).toContain("Fitbit connection goes on");
    await world.until(async () => expect(await world.calls(googleId, "dataPoints?")).not.toEqual([]));
    await world.quiet(googleId);

    expect(await connectionsOf(userId)).toMatchObject([
      {
        id: connectionId,
        provider: "google-health",
        providerUserId: googleId,
        status: "active",
        message: null,
      },
    ]);
    expect(await world.feed(userId)).toEqual([change]);
    const since = await world.api<{ changes: unknown[] }>(
      `/v1/activities?userId=${userId}&pageToken=${before.nextPageToken}`,
    );
    expect(since.changes).toEqual([]);
    // Known by Google's id from now on, and nothing was fetched for it.
    const row = await rowOf(userId);
    expect(row).toMatchObject({ id: change.activity.id, provider: "google-health", revision: 1 });
    expect(row?.sourceActivityId).not.toBe(change.activity.sourceActivityId);
    expect(await world.calls(googleId, ":exportExerciseTcx")).toEqual([]);
    expect(await world.calls(fitbitId, "/oauth2/revoke")).toHaveLength(1);
  });

  it("gets what is recorded afterwards through Google, and nothing through Fitbit any more", async () => {
    const { userId, fitbitId, googleId } = await fitbitUser("goes-on");
    await goOver(userId, googleId);
    await world.quiet();
    const calls = (await world.calls(fitbitId)).length;
    await world.record(googleId, { name: "Walk", durationSeconds: 1200 });
    await world.push(googleId);
    const changes = await world.untilFeed(userId, 2);
    expect(changes[1]).toMatchObject({
      origin: "live",
      activity: { revision: 1, type: "ACTIVITY_TYPE_WALK", provider: "google-health" },
    });
    await world.quiet();
    expect(await world.feed(userId)).toHaveLength(2);
    expect(await world.calls(fitbitId)).toHaveLength(calls);
  });

  it("gets an edit of an old workout as a revision of the same activity", async () => {
    const { userId, googleId, change } = await fitbitUser("edits");
    await goOver(userId, googleId);
    await world.quiet();
    const row = await rowOf(userId);
    await world.edit(googleId, row?.sourceActivityId ?? "", { durationSeconds: 1500 });
    await world.until(async () =>
      expect(await world.feed(userId)).toMatchObject([
        { origin: "edit", activity: { id: change.activity.id, revision: 2, elapsedSeconds: 1500 } },
      ]),
    );
    // Google's zones have names of their own, which Fitbit's bounds say nothing of.
    const { heartRateZones } = await world.api<{ heartRateZones: Record<string, unknown>[] }>(
      `/v1/activities/${change.activity.id}`,
    );
    expect(heartRateZones.map((zone) => zone.name)).toEqual(["Light", "Moderate", "Vigorous", "Peak"]);
    for (const zone of heartRateZones) expect(zone).toHaveProperty("minBpm");
  });

  it("loses an old workout that is deleted at Google, once Google says that it is gone", async () => {
    const { userId, googleId, change } = await fitbitUser("deletes");
    await goOver(userId, googleId);
    await world.quiet();
    const row = await rowOf(userId);
    await world.remove(googleId, row?.sourceActivityId ?? "");
    await world.until(async () =>
      expect(await world.feed(userId)).toMatchObject([
        { change: "delete", activity: { id: change.activity.id } },
      ]),
    );
  });
});

describe("when Fitbit has switched its service off", () => {
  it("the connection says so, keeps its data, and a link to connect leads to Google", async () => {
    const { userId, connectionId, fitbitId, googleId, change } = await fitbitUser("gone");
    await fitbitOff();
    await world.push(fitbitId);
    await world.deliver(fitbitId, { kind: "look", trigger: "retry" });
    const [gone] = await connectionsOf(userId);
    expect(gone).toMatchObject({ id: connectionId, status: "provider_gone" });
    expect(gone?.message).toContain("reconnect with Google");
    expect(await world.feed(userId)).toEqual([change]);
    for (const asked of [{}, { provider: "fitbit" }]) {
      const { url } = await world.api<{ url: string }>("/v1/connect-links", {
        json: { userId, ...asked },
        status: 201,
      });
      expect(await (await world.fetch(url)).text()).toContain("Connect Google Health");
    }
    await goOver(userId, googleId);
    await world.quiet();
    await world.faults();
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "google-health", status: "active", message: null },
    ]);
    expect(await world.feed(userId)).toEqual([change]);
  });

  it("what was recorded while nothing answered comes after the way over, as news", async () => {
    const { userId, fitbitId, googleId } = await fitbitUser("gap");
    await fitbitOff();
    await world.deliver(fitbitId, { kind: "look", trigger: "retry" });
    const startTime = new Date(world.now() + hour * 1000).toISOString();
    await world.pass(5 * 24 * hour);
    await world.record(googleId, { name: "Hike", startTime, durationSeconds: 3600 });
    await world.push(googleId);
    await goOver(userId, googleId);
    const changes = await world.untilFeed(userId, 2);
    expect(changes[1]).toMatchObject({ origin: "live", activity: { type: "ACTIVITY_TYPE_HIKE" } });
    await world.faults();
  });

  it("the old grant that cannot be revoked is no failure", async () => {
    const { userId, fitbitId, googleId } = await fitbitUser("not-revoked");
    await fitbitOff();
    await goOver(userId, googleId);
    await world.until(async () =>
      expect((await world.calls(fitbitId)).filter((call) => call.status === 410)).not.toEqual([]),
    );
    await world.quiet();
    await world.faults();
    expect(await connectionsOf(userId)).toMatchObject([{ provider: "google-health", status: "active" }]);
    const { deadLetters } = await world.api<{ deadLetters: unknown[] }>("/v1/dead-letters");
    expect(deadLetters).toEqual([]);
  });
});

describe("the old tokens", () => {
  it("stay while the new ones have not answered: a Google that fails changes nothing", async () => {
    const { userId, connectionId, fitbitId, googleId } = await fitbitUser("google-fails");
    await world.faults({ fault: "503", path: "/v4/users/me/identity", provider: "google-health" });
    const response = await world.consent(userId, googleId, { provider: "google-health" });
    expect(response.status).toBe(502);
    await world.faults();
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "fitbit", status: "active", providerUserId: fitbitId },
    ]);
    await world.record(fitbitId, { name: "Walk" });
    await world.push(fitbitId);
    await world.untilFeed(userId, 2);
  });

  it("never come back over the new ones: a refresh that was under way ends nowhere", async () => {
    const { userId, connectionId, fitbitId, googleId } = await fitbitUser("late-refresh");
    const lock = Promise.withResolvers<void>();
    world.intercept = (request) =>
      request.url.endsWith("/oauth2/token") ? lock.promise.then(() => world.simulator.fetch(request)) : null;
    await world.control("POST", "/sim/clock", { advanceSeconds: 9 * hour });
    const renewing = world.deliver(fitbitId, { kind: "look", trigger: "retry" });
    await goOver(userId, googleId);
    lock.resolve();
    await renewing;
    world.intercept = () => null;
    await world.evict(googleId);
    await world.record(googleId, { name: "Walk" });
    await world.push(googleId);
    await world.until(async () =>
      expect((await world.feed(userId)).map((change) => change.activity.type)).toContain(
        "ACTIVITY_TYPE_WALK",
      ),
    );
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "google-health", status: "active" },
    ]);
  });
});

describe("who is no match", () => {
  it("gets a connection of its own beside the Fitbit one", async () => {
    const { userId, connectionId, fitbitId } = await fitbitUser("no-match");
    const stranger = await world.newAccount({ provider: "google-health" });
    await goOver(userId, stranger);
    const all = await connectionsOf(userId);
    expect(all).toHaveLength(2);
    expect(all).toContainEqual(
      expect.objectContaining({
        id: connectionId,
        provider: "fitbit",
        providerUserId: fitbitId,
        status: "active",
      }),
    );
    expect(all).toContainEqual(
      expect.objectContaining({ provider: "google-health", providerUserId: stranger, status: "active" }),
    );
  });

  it("is told so when the Fitbit account is another user's, who keeps it", async () => {
    const { userId, connectionId, fitbitId, googleId } = await fitbitUser("owner");
    const response = await world.consent("thief", googleId, { provider: "google-health" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("taken");
    expect(await connectionsOf("thief")).toEqual([]);
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "fitbit", providerUserId: fitbitId, status: "active" },
    ]);
  });

  it("cannot connect Fitbit beside the connection that took its place", async () => {
    const { userId, connectionId, fitbitId, googleId } = await fitbitUser("back-again");
    await goOver(userId, googleId);
    await world.quiet();
    const response = await world.consent(userId, fitbitId);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("come already");
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "google-health", status: "active" },
    ]);
  });
});

describe("a Fitbit account that has gone over", () => {
  it("is its user's: nobody else can connect it at Fitbit", async () => {
    const { userId, connectionId, fitbitId, googleId } = await fitbitUser("went-over");
    await goOver(userId, googleId);
    await world.quiet();
    const response = await world.consent("second-thief", fitbitId);
    expect(response.status).toBe(409);
    expect(await connectionsOf("second-thief")).toEqual([]);
    expect(await connectionsOf(userId)).toMatchObject([{ id: connectionId, status: "active" }]);
  });
});

describe("going over once more", () => {
  it("takes up the connection under its id, whichever way it ended", async () => {
    const { userId, connectionId, googleId, change } = await fitbitUser("ended");
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    await goOver(userId, googleId);
    await world.quiet();
    expect(await connectionsOf(userId)).toMatchObject([{ id: connectionId, provider: "google-health" }]);
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    await goOver(userId, googleId);
    await world.quiet();
    expect(await connectionsOf(userId)).toMatchObject([
      { id: connectionId, provider: "google-health", status: "active" },
    ]);
    expect(await world.feed(userId)).toEqual([change]);
  });

  it("goes on with a history that was being fetched, under the same run", async () => {
    const { connectionId, providerUserId } = await world.connect("history");
    for (let day = 1; day <= 30; day++) {
      await world.record(providerUserId, {
        name: "Run",
        gps: false,
        startTime: new Date(world.now() - day * 24 * hour * 1000).toISOString(),
        durationSeconds: 1200,
      });
    }
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    const googleId = await world.newAccount({ provider: "google-health", legacyUserId: providerUserId });
    const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/backfill`, {
      json: { since: new Date(world.now() - 60 * 24 * hour * 1000).toISOString() },
      status: 202,
    });
    await world.until(async () => expect((await world.feed("history")).length).toBeGreaterThan(3));
    await goOver("history", googleId);
    await world.until(async () =>
      expect(await world.runs(connectionId)).toContainEqual(
        expect.objectContaining({ id: syncRunId, status: "succeeded" }),
      ),
    );
    const changes = await world.feed("history");
    const starts = changes.map((change) => change.activity.startTime);
    expect(new Set(starts).size).toBe(starts.length);
    expect(starts).toHaveLength(30);
  });

  it("erases what came from either provider", async () => {
    const { userId, connectionId, googleId } = await fitbitUser("erases");
    await goOver(userId, googleId);
    await world.record(googleId, { name: "Walk" });
    await world.push(googleId);
    await world.untilFeed(userId, 2);
    await world.api(`/v1/connections/${connectionId}?erase=true`, { method: "DELETE" });
    await world.until(async () => {
      const [row] = await databaseFor(env, asId<UserId>(userId))
        .select()
        .from(connections)
        .where(eq(connections.userId, asId<UserId>(userId)));
      expect(row?.erasedAt).not.toBeNull();
    });
    expect((await world.feed(userId)).map((change) => change.change)).toEqual(["delete", "delete"]);
    expect((await env.DOCUMENTS.list({ prefix: `documents/${connectionId}/` })).objects).toEqual([]);
  });
});
