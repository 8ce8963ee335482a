// The /v1 routes around a connection: what it shows, work that is asked for, its history, dead letters, heart rate of a
// window, and its end.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { gzip } from "../../src/activities/gzip.ts";
import { type ActivityId, asId, type ConnectionId } from "../../src/kernel/ids.ts";
import { api, problemOf, recordingQueue, refusingQueue } from "./request.ts";
import { World } from "./world.ts";

const world = new World(11);
afterEach(async () => {
  world.intercept = () => null;
  await world.faults();
});

let users = 0;
const newUser = () => `api-user-${++users}`;

interface SyncRuns {
  syncRuns: {
    id: string;
    connectionId: string;
    trigger: string;
    status: string;
    error: unknown;
    endedAt: string | null;
  }[];
  nextPageToken: string | null;
}

async function sql(query: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (
    await env.DB.prepare(query)
      .bind(...values)
      .all()
  ).results;
}

describe("a connection", () => {
  it("shows what it is, under its id and its user's", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    // The first sync writes the same columns; it has to be over.
    await world.until(async () => {
      expect((await world.api(`/v1/connections/${connectionId}`)).lastSyncedAt).not.toBeNull();
    });
    await world.quiet(providerUserId);
    await sql(
      "UPDATE connections SET last_synced_at = ?2, last_notified_at = ?2, rate_limit = 150, rate_remaining = 140, rate_resets_at = ?2 WHERE id = ?1",
      connectionId,
      Date.parse("2026-11-20T10:00:00Z"),
    );
    const time = "2026-11-20T10:00:00.000Z";
    const connection = await world.api(`/v1/connections/${connectionId}`);
    expect(connection).toEqual({
      id: connectionId,
      userId: user,
      provider: "fitbit",
      providerUserId,
      status: "active",
      grantedScopes: ["activity", "heartrate", "location", "profile", "settings"],
      missingScopes: [],
      connectedAt: expect.stringMatching(/Z$/),
      lastNotifiedAt: time,
      lastSyncedAt: time,
      rateLimit: { limit: 150, remaining: 140, resetsAt: time },
      message: null,
    });
    expect(await world.api(`/v1/connections?userId=${user}`)).toEqual({ connections: [connection] });
    expect(await world.api("/v1/connections?userId=nobody")).toEqual({ connections: [] });
  });
});

describe("work that is asked for", () => {
  it("is recorded, queued and answered with its run", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    const queue = recordingQueue();
    const sync = await api(`/v1/connections/${connectionId}/sync`, { method: "POST" }, { SYNC: queue });
    expect(sync.status).toBe(202);
    const { syncRunId } = (await sync.json()) as { syncRunId: string };
    expect(queue.sent).toEqual([
      {
        version: 1,
        account: `fitbit:${providerUserId}`,
        work: { kind: "sync", trigger: "manual", runId: syncRunId },
      },
    ]);
    const { syncRuns } = await world.api<SyncRuns>(
      `/v1/sync-runs?connectionId=${connectionId}&status=queued`,
    );
    expect(syncRuns).toEqual([
      {
        id: syncRunId,
        connectionId,
        trigger: "manual",
        startedAt: expect.stringMatching(/Z$/),
        endedAt: null,
        status: "queued",
        counts: { listed: 0, created: 0, updated: 0, deleted: 0 },
        callsSpent: 0,
        error: null,
      },
    ]);
  });

  it.each([
    ["a date", "2026-08-01", "2026-08-01T00:00:00Z"],
    ["a date-time", "2026-08-01T10:00:00Z", "2026-08-01T10:00:00Z"],
    ["a date-time with an offset", "2026-08-01T10:00:00+02:00", "2026-08-01T08:00:00Z"],
  ])("fetches history since %s", async (_name, since, instant) => {
    const { connectionId } = await world.connect(newUser());
    const queue = recordingQueue();
    const response = await api(
      `/v1/connections/${connectionId}/backfill`,
      { method: "POST", body: { since } },
      { SYNC: queue },
    );
    expect(response.status).toBe(202);
    const { syncRunId } = (await response.json()) as { syncRunId: string };
    const start = Date.parse(instant);
    expect(queue.sent).toMatchObject([
      { work: { kind: "backfill", runId: syncRunId, since: start, cursor: start } },
    ]);
  });

  it.each([
    [{}],
    [{ since: "" }],
    [{ since: "yesterday" }],
    [{ since: "2026-13-01" }],
    [{ since: "2999-01-01" }],
    [{ since: 5 }],
    [{ since: "2026-08-01T10:00:00" }],
  ])("refuses history since %j", async (body) => {
    const { connectionId } = await world.connect(newUser());
    const response = await api(`/v1/connections/${connectionId}/backfill`, { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_request", field: "body.since" });
  });

  it("that has not begun is the answer to whoever asks again", async () => {
    const user = newUser();
    const { connectionId } = await world.connect(user);
    await world.quiet();
    await sql(
      "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES ('run_waits', ?1, ?2, 'manual', 'queued', ?3)",
      connectionId,
      user,
      world.now() - 60_000,
    );
    const again = await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
    expect(again).toEqual({ syncRunId: "run_waits" });
    await sql("UPDATE sync_runs SET started_at = started_at - 600000 WHERE id = 'run_waits'");
    const anew = await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
    expect(anew).not.toEqual({ syncRunId: "run_waits" });
  });

  it("is refused while the user has to act, and says why", async () => {
    const { connectionId } = await world.connect(newUser());
    for (const status of ["needs_reauthorization", "provider_gone", "disconnected"]) {
      await sql("UPDATE connections SET status = ?2 WHERE id = ?1", connectionId, status);
      for (const [path, body] of [
        ["sync", undefined],
        ["backfill", { since: "2026-08-01" }],
      ] as const) {
        const response = await api(`/v1/connections/${connectionId}/${path}`, { method: "POST", body });
        expect(response.status).toBe(409);
        expect(await problemOf(response)).toMatchObject({ code: "connection_not_active" });
      }
    }
  });

  it("fails in the open when the queue refuses", async () => {
    const { connectionId } = await world.connect(newUser());
    const response = await api(
      `/v1/connections/${connectionId}/sync`,
      { method: "POST" },
      { SYNC: refusingQueue() },
    );
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await problemOf(response)).toMatchObject({ code: "unavailable" });
    const { syncRuns } = await world.api<SyncRuns>(
      `/v1/sync-runs?connectionId=${connectionId}&status=failed`,
    );
    expect(syncRuns).toMatchObject([
      { status: "failed", error: { code: "queue_unavailable", message: expect.any(String) } },
    ]);
    expect(syncRuns[0]?.endedAt).not.toBeNull();
  });
});

describe("Activity History", () => {
  it("goes from new to old in pages, without a gap where times are equal", async () => {
    const user = newUser();
    const ids: string[] = [];
    for (let index = 0; index < 9; index++) {
      const id = `run_${user}_${index}`;
      ids.unshift(id);
      await sql(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES (?1, 'con_h', ?2, 'manual', ?3, ?4)",
        id,
        user,
        index % 2 === 0 ? "succeeded" : "failed",
        1_000 + Math.floor(index / 3),
      );
    }
    for (const limit of [1, 2, 3, 4, 9, 50]) {
      const seen: string[] = [];
      let token = "";
      do {
        const page: SyncRuns = await world.api(
          `/v1/sync-runs?userId=${user}&limit=${limit}${token === "" ? "" : `&pageToken=${token}`}`,
        );
        seen.push(...page.syncRuns.map((run) => run.id));
        token = page.nextPageToken ?? "";
      } while (token !== "");
      expect(seen, `limit ${limit}`).toEqual(ids);
    }
    const failed = await world.api<SyncRuns>(`/v1/sync-runs?userId=${user}&status=failed`);
    expect(failed.syncRuns).toHaveLength(4);
  });

  it("refuses a token under another filter", async () => {
    const user = newUser();
    for (const id of ["a", "b"]) {
      await sql(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES (?1, 'c', ?2, 'manual', 'failed', 1)",
        `run_${user}${id}`,
        user,
      );
    }
    const { nextPageToken } = await world.api<SyncRuns>(`/v1/sync-runs?userId=${user}&limit=1`);
    const response = await api(`/v1/sync-runs?userId=other&pageToken=${nextPageToken}`);
    expect(await problemOf(response)).toMatchObject({ status: 400, code: "invalid_page_token" });
  });
});

describe("a dead letter", () => {
  async function newDeadLetter(id: string, body: unknown, failedAt = 5_000): Promise<void> {
    await sql(
      "INSERT INTO dead_letters (id, connection_id, kind, body, failed_at, attempts, error_code, error_message) VALUES (?1, 'con_d', 'sync', ?2, ?3, 8, 'bad_response', 'The answer was not whole.')",
      id,
      JSON.stringify(body),
      failedAt,
    );
  }
  const message = { version: 1, account: "fitbit:ABC", work: { kind: "look", trigger: "sweep" } };

  it("is listed with its reason, newest first and in pages, and never shows its message", async () => {
    await newDeadLetter("dead_1", message, 1_000);
    await newDeadLetter("dead_2", message, 2_000);
    const first = await world.api<{ deadLetters: unknown[]; nextPageToken: string }>(
      "/v1/dead-letters?limit=1",
    );
    expect(first.deadLetters).toEqual([
      {
        id: "dead_2",
        connectionId: "con_d",
        kind: "sync",
        failedAt: "1970-01-01T00:00:02.000Z",
        attempts: 8,
        error: { code: "bad_response", message: "The answer was not whole." },
      },
    ]);
    const second = await world.api(`/v1/dead-letters?limit=1&pageToken=${first.nextPageToken}`);
    expect(second).toMatchObject({ deadLetters: [{ id: "dead_1" }], nextPageToken: null });
  });

  it("goes back to its queue as it was, and leaves the list", async () => {
    await newDeadLetter("dead_3", message);
    const hints = {
      version: 1,
      kind: "hints",
      hints: [{ account: "fitbit:ABC", collection: "activities", dates: [], windows: [], receivedAt: 7 }],
    };
    await newDeadLetter("dead_4", hints);
    const queues = { SYNC: recordingQueue(), HINTS: recordingQueue() };
    for (const id of ["dead_3", "dead_4"]) {
      expect((await api(`/v1/dead-letters/${id}/replay`, { method: "POST" }, queues)).status).toBe(202);
    }
    expect(queues.SYNC.sent).toEqual([message]);
    expect(queues.HINTS.sent).toEqual([hints]);
    const { deadLetters } = await world.api<{ deadLetters: { id: string }[] }>("/v1/dead-letters");
    expect(deadLetters.map(({ id }) => id)).not.toEqual(expect.arrayContaining(["dead_3"]));
  });

  it("stays when the queue refuses, or when nobody can read it any more", async () => {
    await newDeadLetter("dead_5", message);
    const refused = await api(
      "/v1/dead-letters/dead_5/replay",
      { method: "POST" },
      { SYNC: refusingQueue() },
    );
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: "unavailable" });
    await newDeadLetter("dead_6", { version: 99 });
    const unreadable = await api("/v1/dead-letters/dead_6/replay", { method: "POST" });
    expect(await problemOf(unreadable)).toMatchObject({ status: 409, code: "not_replayable" });
    const { deadLetters } = await world.api<{ deadLetters: { id: string }[] }>("/v1/dead-letters");
    expect(deadLetters.map(({ id }) => id)).toEqual(expect.arrayContaining(["dead_5", "dead_6"]));
  });
});

describe("disconnecting", () => {
  it("drops the tokens, unsubscribes, revokes, and keeps the activities", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    await addActivity(connectionId, user, "act_kept", 1);
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    const [row] = await sql("SELECT tokens, status FROM connections WHERE id = ?1", connectionId);
    expect(row).toEqual({ tokens: null, status: "disconnected" });
    const calls = await world.calls(providerUserId);
    expect(
      calls
        .filter((call) => call.method === "DELETE" && call.path.includes("apiSubscriptions"))
        .map((call) => call.status),
    ).toEqual([204, 204]);
    expect(calls.filter((call) => call.path.includes("/oauth2/revoke")).map((call) => call.status)).toEqual([
      200,
    ]);
    expect(await world.feed(user)).toMatchObject([{ change: "upsert", activity: { id: "act_kept" } }]);
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
      { fault: "503", path: "/oauth2/revoke", count: 20 },
    );
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    await world.faults();
    expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({
      status: "disconnected",
      message: expect.stringContaining("provider's settings"),
    });
  });

  it("gives a provider that does not answer five seconds in all", async () => {
    const { connectionId } = await world.connect(newUser());
    world.intercept = (request) => {
      if (!/apiSubscriptions|oauth2/.test(request.url)) return null;
      return new Promise((resolve) => setTimeout(() => resolve(new Response("late")), 15_000));
    };
    const started = Date.now();
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    expect(Date.now() - started).toBeLessThan(8_000);
    world.intercept = () => null;
    expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({ status: "disconnected" });
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
     SELECT ?1, ?2, ?3, 'fitbit', ?1, 1, ?4, 'hash', 1000, 2000, ?5, ?6, 1, 'live', ${settles ? "NULL" : "(SELECT value FROM feed_counter)"}, 1`,
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
      account: `fitbit:${providerUserId}`,
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
    // One that died while nobody was connected: it knows its account, and no connection.
    await sql(
      "INSERT INTO dead_letters (id, account, kind, body, failed_at, attempts, error_code, error_message) VALUES ('dead_unknown', ?1, 'look', '{}', 0, 9, 'x', 'x')",
      `fitbit:${providerUserId}`,
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
    expect(await sql("SELECT id FROM dead_letters WHERE id = ?1", "dead_unknown")).toEqual([]);
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
