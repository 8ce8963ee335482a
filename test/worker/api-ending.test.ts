// How a connection ends at either provider: disconnecting, which keeps what was brought, and erasing, which leaves tombstones
// (rules 13 and 14). What a provider says when it ends a connection by itself is in sync-revocation.test.ts.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { gzip } from "../../src/activities/gzip.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  type ProviderName,
  providerNames,
} from "../../src/kernel/ids.ts";
import { api, problemOf, recordingQueue, refusingQueue } from "./request.ts";
import { userWithRun } from "./user-with-runs.ts";
import { World } from "./world.ts";

async function sql(query: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (
    await env.DB.prepare(query)
      .bind(...values)
      .all()
  ).results;
}

/** The calls that end a grant at the provider, in order. */
const endings: Readonly<Record<ProviderName, readonly { method: string; path: string; status: number }[]>> = {
  // The token that unsubscribes dies when it is revoked, so that comes last.
  fitbit: [
    { method: "DELETE", path: expect.stringContaining("/activities/apiSubscriptions/"), status: 204 },
    { method: "DELETE", path: expect.stringContaining("/userRevokedAccess/apiSubscriptions/"), status: 204 },
    { method: "POST", path: "/oauth2/revoke", status: 200 },
  ],
  // Nobody is subscribed by user, and the pushes end with the consent (Google Health reference §6.3, documented).
  "google-health": [{ method: "POST", path: "/revoke", status: 200 }],
};

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(15, provider);
  let restoreTimeout = (): void => undefined;
  afterEach(async () => {
    restoreTimeout();
    world.intercept = () => null;
    await world.faults();
  });

  let users = 0;
  const newUser = () => `${provider}-user-${++users}`;

  /** How the provider says that consent has ended: Fitbit in a word, Google by deleting the hours that it had told of. */
  function lastWord(providerUserId: string): Record<string, unknown> {
    if (provider === "fitbit") {
      return {
        collectionType: "userRevokedAccess",
        date: new Date(world.now()).toISOString().slice(0, 10),
        ownerId: providerUserId,
        subscriptionId: "late",
      };
    }
    const physicalTimeInterval = {
      startTime: new Date(world.now() - 3_600_000).toISOString(),
      endTime: new Date(world.now()).toISOString(),
    };
    return {
      data: {
        version: "1",
        clientProvidedSubscriptionName: "late",
        healthUserId: providerUserId,
        operation: "DELETE",
        dataType: "exercise",
        intervals: [{ physicalTimeInterval }],
      },
    };
  }

  describe("disconnecting", () => {
    it("drops the tokens, unsubscribes, revokes, and keeps the activities", async () => {
      const user = newUser();
      const { connectionId, providerUserId } = await world.connect(user);
      await addActivity(connectionId, user, `act_kept_${provider}`, 1);
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      const [row] = await sql("SELECT tokens, status FROM connections WHERE id = ?1", connectionId);
      expect(row).toEqual({ tokens: null, status: "disconnected" });
      const calls = await world.calls(providerUserId);
      const ending = calls.filter(({ path }) => /apiSubscriptions|revoke/.test(path));
      expect(
        ending.filter(({ method, path }) => method === "DELETE" || path.includes("revoke")),
      ).toMatchObject(endings[provider]);
      expect(await world.feed(user)).toMatchObject([
        { change: "upsert", activity: { id: `act_kept_${provider}` } },
      ]);
    });

    it("is the end of syncing: what the provider pushes afterwards costs nothing and takes nothing away", async () => {
      const { userId, connectionId, providerUserId } = await userWithRun(world, newUser());
      const before = await world.feed(userId);
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      const calls = (await world.calls(providerUserId)).length;
      const pushed = await world.control<{ deliveries: unknown[] }>("GET", "/sim/deliveries");
      await world.control("POST", "/sim/notifications", [lastWord(providerUserId)]);
      const { deliveries } = await world.control<{ deliveries: { status: number }[] }>(
        "GET",
        "/sim/deliveries",
      );
      expect(deliveries.slice(pushed.deliveries.length)).toMatchObject([{ status: 204 }]);
      await world.quiet(providerUserId);
      expect((await world.calls(providerUserId)).length).toBe(calls);
      expect(await world.feed(userId)).toEqual(before);
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "disconnected" });
    });

    it("twice is 204 again, and asks the provider nothing more", async () => {
      const { connectionId, providerUserId } = await world.connect(newUser());
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      const before = (await world.calls(providerUserId)).length;
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      expect((await world.calls(providerUserId)).length).toBe(before);
    });

    it("is not held up by a provider that fails, and says what is left to do", async () => {
      const { connectionId } = await world.connect(newUser());
      await world.faults(
        { fault: "503", path: "apiSubscriptions", count: 20 },
        { fault: "503", path: world.paths.revoke, count: 20 },
      );
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      await world.faults();
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({
        status: "disconnected",
        message: expect.stringContaining("provider's settings"),
      });
    });

    it("gives a provider that does not answer five seconds in all, and asks it to revoke within them", async () => {
      const { connectionId, providerUserId } = await world.connect(newUser());
      await world.quiet(providerUserId);
      // Every limit is a quarter of what it says, so that nobody waits for five seconds here.
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (limit) => timeout.call(AbortSignal, limit / 4);
      restoreTimeout = () => {
        AbortSignal.timeout = timeout;
      };
      const asked: string[] = [];
      world.intercept = (request) => {
        if (request.url.endsWith("/sim/clock")) return null;
        asked.push(new URL(request.url).pathname);
        return new Promise((resolve, reject) => {
          setTimeout(() => resolve(new Response("late")), 15_000);
          // Revoking does not even end when it is told to.
          if (request.url.endsWith(world.paths.revoke)) return;
          request.signal.addEventListener("abort", () => reject(request.signal.reason));
        });
      };
      const started = Date.now();
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      expect((Date.now() - started) * 4).toBeLessThan(8_000);
      world.intercept = () => null;
      expect(asked).toContain(world.paths.revoke);
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({
        status: "disconnected",
        message: expect.stringContaining("provider's settings"),
      });
    });

    it("ends a row that its account's object no longer knows", async () => {
      const { connectionId, providerUserId } = await world.connect(newUser());
      const id = asId<ConnectionId>(connectionId);
      await world.account(providerUserId).unlink({ connectionId: id, message: null, now: world.now() });
      await sql("UPDATE connections SET status = 'active', tokens = 'x' WHERE id = ?1", connectionId);
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      const [row] = await sql("SELECT tokens, status FROM connections WHERE id = ?1", connectionId);
      expect(row).toEqual({ tokens: null, status: "disconnected" });
    });
  });

  /** A row as the store writes it; without a sequence while it settles. */
  async function addActivity(
    connectionId: string,
    user: string,
    id: string,
    revision: number,
    settles = false,
  ): Promise<void> {
    const owner = { connectionId: asId<ConnectionId>(connectionId), activityId: asId<ActivityId>(id) };
    const key = await putObject(
      env.DOCUMENTS,
      "documents",
      owner,
      await gzip(JSON.stringify({ id, place: "MARKER-POSITION" })),
    );
    if (!settles) {
      await sql(
        "INSERT INTO feed_counter (id, value) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET value = value + 1",
      );
    }
    await sql(
      `INSERT INTO activities (id, connection_id, user_id, provider, source_activity_id, provider_version, revision, content_hash, start_time, end_time, entry, document_key, first_seen_at, origin, sequence, updated_at)
     SELECT ?1, ?2, ?3, '${provider}', ?1, 1, ?4, 'hash', 1000, 2000, ?5, ?6, 1, 'live', ${settles ? "NULL" : "(SELECT value FROM feed_counter)"}, 1`,
      id,
      connectionId,
      user,
      revision,
      JSON.stringify({ id, revision, userId: user, title: "MARKER-TITLE" }),
      key,
    );
  }

  describe("erasing", () => {
    async function userWithActivities() {
      const user = newUser();
      const { connectionId, providerUserId } = await world.connect(user);
      await addActivity(connectionId, user, `act_${user}_1`, 1);
      await addActivity(connectionId, user, `act_${user}_2`, 4);
      await addActivity(connectionId, user, `act_${user}_settling`, 1, true);
      return { user, connectionId, providerUserId };
    }
    const erase = (connectionId: string, changed: Partial<Env> = {}) =>
      api(`/v1/connections/${connectionId}?erase=true`, { method: "DELETE" }, changed);

    it("turns what readers saw into tombstones further on in the feed, and the rest into nothing", async () => {
      const { user, connectionId } = await userWithActivities();
      const before = await world.api<{ nextPageToken: string }>(`/v1/activities?userId=${user}`);
      const bystander = newUser();
      const other = await world.connect(bystander);
      await addActivity(other.connectionId, bystander, `act_${bystander}`, 1);

      expect((await erase(connectionId)).status).toBe(204);
      const after = await world.api<{ changes: unknown[] }>(
        `/v1/activities?userId=${user}&pageToken=${before.nextPageToken}`,
      );
      const deletedAt = expect.stringMatching(/Z$/);
      expect(after.changes).toEqual([
        { change: "delete", activity: { id: `act_${user}_1`, userId: user, revision: 2, deletedAt } },
        { change: "delete", activity: { id: `act_${user}_2`, userId: user, revision: 5, deletedAt } },
      ]);
      expect(await sql("SELECT id FROM activities WHERE id = ?1", `act_${user}_settling`)).toEqual([]);
      expect((await api(`/v1/activities/act_${user}_1`)).status).toBe(404);
      expect(await world.feed(bystander)).toMatchObject([{ change: "upsert" }]);
      const sequences = (
        await sql("SELECT sequence FROM activities WHERE sequence IS NOT NULL ORDER BY sequence")
      ).map((row) => row.sequence);
      expect(new Set(sequences).size).toBe(sequences.length);
      const [{ value }] = (await sql("SELECT value FROM feed_counter")) as [{ value: number }];
      expect(Math.max(...sequences.map(Number))).toBe(value);
    });

    it("leaves nothing of what an activity was in D1 from that moment", async () => {
      const { user, connectionId } = await userWithActivities();
      await erase(connectionId);
      const rows = await sql("SELECT * FROM activities WHERE user_id = ?1", user);
      expect(JSON.stringify(rows)).not.toContain("MARKER");
      for (const row of rows)
        expect(row).toMatchObject({
          start_time: 0,
          end_time: 0,
          entry: null,
          document_key: null,
          content_hash: "",
        });
    });

    it("keeps an old holder from writing anything behind it", async () => {
      const { connectionId } = await userWithActivities();
      const fenceNow = async () => {
        const [row] = await sql("SELECT fence FROM connections WHERE id = ?1", connectionId);
        return Number(row?.fence);
      };
      const whileConnected = await fenceNow();
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      const disconnected = await fenceNow();
      expect(disconnected).toBeGreaterThan(whileConnected);
      await erase(connectionId);
      expect(await fenceNow()).toBeGreaterThan(disconnected);
    });

    it("queues the rest, once more for each time it is asked", async () => {
      const { connectionId, providerUserId, user } = await userWithActivities();
      const queue = recordingQueue();
      expect((await erase(connectionId, { SYNC: queue })).status).toBe(204);
      const [first] = await sql("SELECT sequence, revision FROM activities WHERE user_id = ?1", user);
      expect((await erase(connectionId, { SYNC: queue })).status).toBe(204);
      const message = {
        version: 1,
        account: `${provider}:${providerUserId}`,
        work: { kind: "erase", connectionId },
      };
      expect(queue.sent).toEqual([message, message]);
      expect((await sql("SELECT sequence, revision FROM activities WHERE user_id = ?1", user))[0]).toEqual(
        first,
      );
    });

    it("erases a connection that was disconnected before", async () => {
      const { connectionId, user } = await userWithActivities();
      await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
      expect((await erase(connectionId)).status).toBe(204);
      expect((await world.feed(user)).map((change) => change.change)).toEqual(["delete", "delete"]);
    });

    it("asks to be asked again when the queue refuses, with the tombstones standing", async () => {
      const { connectionId, user } = await userWithActivities();
      const response = await erase(connectionId, { SYNC: refusingQueue() });
      expect(await problemOf(response)).toMatchObject({ status: 503, code: "unavailable" });
      expect((await world.feed(user)).map((change) => change.change)).toEqual(["delete", "delete"]);
      expect((await erase(connectionId)).status).toBe(204);
    });

    it("takes `erase` only as true or false", async () => {
      const { connectionId } = await world.connect(newUser());
      const response = await api(`/v1/connections/${connectionId}?erase=yes`, { method: "DELETE" });
      expect(await problemOf(response)).toMatchObject({ status: 400, field: "query.erase" });
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "active" });
    });

    it("ends with nothing left in storage, and a user who comes back finds their activities again", async () => {
      const user = newUser();
      const { connectionId, providerUserId } = await world.connect(user);
      await world.quiet(providerUserId);
      await world.control("POST", "/sim/clock", { advanceSeconds: 1_200 });
      await world.record(providerUserId, {
        startTime: new Date(world.now() - 900_000).toISOString(),
        durationSeconds: 600,
      });
      await world.push(providerUserId);
      const [first] = await world.untilFeed(user, 1);
      const deadLetter = `dead_unknown_${provider}`;
      // One that died while nobody was connected: it knows its account, and no connection.
      await sql(
        "INSERT INTO dead_letters (id, account, kind, body, failed_at, attempts, error_code, error_message) VALUES (?2, ?1, 'look', '{}', 0, 9, 'x', 'x')",
        `${provider}:${providerUserId}`,
        deadLetter,
      );
      expect((await erase(connectionId)).status).toBe(204);
      await world.until(async () => {
        const [row] = await sql("SELECT erased_at FROM connections WHERE id = ?1", connectionId);
        expect(row?.erased_at).not.toBeNull();
      });
      for (const kind of ["documents", "sources", "tcx"]) {
        expect((await env.DOCUMENTS.list({ prefix: `${kind}/${connectionId}/` })).objects).toEqual([]);
      }
      expect(await sql("SELECT id FROM sync_runs WHERE connection_id = ?1", connectionId)).toEqual([]);
      expect(await sql("SELECT id FROM dead_letters WHERE id = ?1", deadLetter)).toEqual([]);
      expect(await world.feed(user)).toMatchObject([
        { change: "delete", activity: { id: first?.activity.id, revision: 2 } },
      ]);

      expect((await world.consent(user, providerUserId)).status).toBe(200);
      await world.api(`/v1/connections/${connectionId}/backfill`, {
        json: { since: new Date(world.now() - 86_400_000).toISOString() },
        status: 202,
      });
      await world.until(async () => {
        expect(await world.feed(user)).toMatchObject([
          { change: "upsert", activity: { id: first?.activity.id, revision: 3 } },
        ]);
      });
    });
  });
});
