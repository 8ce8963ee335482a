// The /v1 routes around a connection at either provider: what it shows, work that is asked for, its history and dead letters. Its
// end is in api-ending.test.ts and the heart rate of a window in api-heart-rate.test.ts.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { api, problemOf, recordingQueue, refusingQueue } from "./request.ts";
import { World } from "./world.ts";

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

interface ConnectionFacts {
  /** What is asked for at consent, and so what a full grant holds. */
  readonly scopes: readonly string[];
  readonly callsPerWindow: number;
}

const facts: Readonly<Record<ProviderName, ConnectionFacts>> = {
  fitbit: { scopes: ["activity", "heartrate", "location", "profile", "settings"], callsPerWindow: 150 },
  "google-health": { scopes: ["activity", "heartrate", "location"], callsPerWindow: 300 },
};

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(11, provider);
  let users = 0;
  const newUser = () => `${provider}-user-${++users}`;

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
        "UPDATE connections SET last_synced_at = ?2, last_notified_at = ?2, rate_remaining = 140, rate_resets_at = ?2 WHERE id = ?1",
        connectionId,
        Date.parse("2026-11-20T10:00:00Z"),
      );
      const time = "2026-11-20T10:00:00.000Z";
      const connection = await world.api(`/v1/connections/${connectionId}`);
      expect(connection).toEqual({
        id: connectionId,
        userId: user,
        provider,
        providerUserId,
        status: "active",
        grantedScopes: facts[provider].scopes,
        missingScopes: [],
        connectedAt: expect.stringMatching(/Z$/),
        lastNotifiedAt: time,
        lastSyncedAt: time,
        rateLimit: { limit: facts[provider].callsPerWindow, remaining: 140, resetsAt: time },
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
          account: `${provider}:${providerUserId}`,
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
      [{ since: "1999-12-31" }],
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
      const waiting = `run_waits_${provider}`;
      const { connectionId } = await world.connect(user);
      await world.quiet();
      await sql(
        "INSERT INTO sync_runs (id, connection_id, user_id, trigger, status, started_at) VALUES (?4, ?1, ?2, 'manual', 'queued', ?3)",
        connectionId,
        user,
        world.now() - 60_000,
        waiting,
      );
      const again = await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
      expect(again).toEqual({ syncRunId: waiting });
      await sql("UPDATE sync_runs SET started_at = started_at - 600000 WHERE id = ?1", waiting);
      const anew = await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
      expect(anew).not.toEqual({ syncRunId: waiting });
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

  describe("a dead letter", () => {
    beforeEach(() => sql("DELETE FROM dead_letters"));

    async function newDeadLetter(id: string, body: unknown, failedAt = 5_000): Promise<void> {
      await sql(
        "INSERT INTO dead_letters (id, connection_id, kind, body, failed_at, attempts, error_code, error_message) VALUES (?1, 'con_d', 'sync', ?2, ?3, 8, 'bad_response', 'The answer was not whole.')",
        id,
        JSON.stringify(body),
        failedAt,
      );
    }
    const account = `${provider}:4711`;
    const message = { version: 1, account, work: { kind: "look", trigger: "sweep" } };

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
        hints: [
          {
            account,
            collection: "activities",
            dates: ["2026-11-20"],
            windows: [{ start: 1, end: 2 }],
            receivedAt: 7,
          },
        ],
      };
      await newDeadLetter("dead_4", hints);
      const queues = { SYNC: recordingQueue(), HINTS: recordingQueue() };
      for (const id of ["dead_3", "dead_4"]) {
        expect((await api(`/v1/dead-letters/${id}/replay`, { method: "POST" }, queues)).status).toBe(202);
      }
      expect(queues.SYNC.sent).toEqual([message]);
      expect(queues.HINTS.sent).toEqual([hints]);
      const { deadLetters } = await world.api<{ deadLetters: { id: string }[] }>("/v1/dead-letters");
      expect(deadLetters).toEqual([]);
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
});

// A run has no provider: its row is read as it stands.
describe("Activity History", () => {
  const world = new World(13);
  let users = 0;
  const newUser = () => `history-user-${++users}`;

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
