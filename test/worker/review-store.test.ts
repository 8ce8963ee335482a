// Work that has to stay bounded and revisions that have to stay countable, where two ways to the same row or a long history
// come together.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { admitOverdue, readActivity, writeActivity } from "../../src/activities/store.ts";
import { type Database, databaseFor } from "../../src/db/databases.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  type ProviderName,
  providerNames,
  type UserId,
} from "../../src/kernel/ids.ts";
import { foldRuns } from "../../src/sync/run-folding.ts";
import { World } from "./world.ts";

const day = 86_400_000;

interface ListedWorkout {
  readonly id: string;
  readonly start: number;
}

interface History {
  /** Workouts on a page of these tests. */
  readonly pageSize: number;
  readonly isLatestFirst: boolean;
  /** What a call asks for: starts from `from` until before `until`, and which page of them. */
  asked(url: URL): { from: number; until: number; index: number };
  answer(page: readonly ListedWorkout[], next: number | null, url: URL): Record<string, unknown>;
}

const histories: Readonly<Record<ProviderName, History>> = {
  // Earliest first; pages of up to a hundred, here of one, and `next` is an address.
  fitbit: {
    pageSize: 1,
    isLatestFirst: false,
    asked: (url) => ({
      from: Date.parse(`${url.searchParams.get("afterDate")?.slice(0, 10)}T00:00:00Z`),
      until: Number.POSITIVE_INFINITY,
      index: Number(url.searchParams.get("offset")),
    }),
    answer: (page, next, url) => {
      const address = new URL(url);
      address.searchParams.set("offset", String(next));
      return {
        activities: page.map(({ id, start }) => ({
          logId: Number(id),
          startTime: new Date(start).toISOString(),
          duration: 60_000,
          lastModified: new Date(1).toISOString(),
        })),
        pagination: { next: next === null ? "" : address.href },
      };
    },
  },
  // Latest first, 25 a page (Google Health reference, documented), and a token for the next.
  "google-health": {
    pageSize: 25,
    isLatestFirst: true,
    asked: (url) => {
      const [from = Number.NaN, until = Number.NaN] = Array.from(
        (url.searchParams.get("filter") ?? "").matchAll(/"(\d{4}-[^"]+)"/g),
        ([, time]) => Date.parse(`${time?.slice(0, 19)}Z`),
      );
      return { from, until, index: Number(url.searchParams.get("pageToken") ?? 0) };
    },
    answer: (page, next) => ({
      dataPoints: page.map(({ id, start }) => ({
        name: `users/me/dataTypes/exercise/dataPoints/${id}`,
        dataSource: { recordingMethod: "ACTIVELY_MEASURED", platform: "FITBIT" },
        exercise: {
          interval: {
            startTime: new Date(start).toISOString(),
            startUtcOffset: "0s",
            endTime: new Date(start + 60_000).toISOString(),
            endUtcOffset: "0s",
          },
          exerciseType: "RUNNING",
          exerciseEvents: [{ exerciseEventType: "START" }, { exerciseEventType: "STOP" }],
          activeDuration: "60s",
          updateTime: new Date(1).toISOString(),
        },
      })),
      ...(next === null ? {} : { nextPageToken: String(next) }),
    }),
  },
};

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(83, provider);

  async function waitingActivity(userId: string) {
    const { connectionId, providerUserId } = await world.connect(userId);
    await world.faults({ fault: "late_heart_rate", providerUserId });
    await world.record(providerUserId, { durationSeconds: 600, gps: false });
    await world.push(providerUserId);
    const found = await world.until(async () => {
      const row = await env.DB.prepare(
        "SELECT id FROM activities WHERE connection_id = ? AND sequence IS NULL",
      )
        .bind(connectionId)
        .first<{ id: ActivityId }>();
      expect(row).not.toBeNull();
      return row;
    });
    await world.quiet(providerUserId);
    await world.faults();
    return { connectionId: asId<ConnectionId>(connectionId), id: found?.id ?? asId<ActivityId>("") };
  }

  describe("an activity that the schedule lets into the feed", () => {
    it("while a sync holds an older state of it has its revision once, with one content", async () => {
      const { connectionId, id } = await waitingActivity(`admitted-${provider}`);
      const database = databaseFor(env, asId<UserId>(`admitted-${provider}`));
      const held = await readActivity(database, id);
      if (held === null) throw new Error("the activity is gone");
      expect(held.sequence).toBeNull();

      expect(await admitOverdue(database, Number.MAX_SAFE_INTEGER, 10)).toBeGreaterThan(0);
      const { sequence: sequenceBefore, ...columns } = held;
      const writer = { database, connectionId, fence: world.now() + day };
      const late = { ...columns, contentHash: "another", sequenceBefore };
      expect(await writeActivity(writer, late, true)).toBe(false);

      const stands = await readActivity(database, id);
      expect(stands).toMatchObject({ revision: 1, contentHash: held.contentHash });
      expect(stands?.sequence).not.toBeNull();
      // Who reads it anew counts on from there.
      const next = { ...late, revision: 2, sequenceBefore: stands?.sequence ?? null };
      expect(await writeActivity(writer, next, true)).toBe(true);
    });
  });

  describe("history that is stored already", () => {
    it("is passed over in slices of a few pages, each of which gets further", async () => {
      const userId = `long-history-${provider}`;
      const { connectionId, providerUserId } = await world.connect(userId);
      await world.quiet(providerUserId);
      const since = world.now() - 400 * day;
      const { pageSize } = histories[provider];
      const pagesInAll = 20;
      // In the list's order, whole seconds.
      const starts = Array.from(
        { length: pagesInAll * pageSize },
        (_, index) => Math.floor((since + (index + 1) * (day / 2)) / 1000) * 1000,
      );
      if (histories[provider].isLatestFirst) starts.reverse();
      await env.DB.batch(
        starts.map((start, index) =>
          env.DB.prepare(
            "INSERT INTO activities (id, connection_id, user_id, provider, source_activity_id, provider_version, revision, content_hash, start_time, end_time, first_seen_at, origin, updated_at) VALUES (?, ?, ?, ?, ?, 9999999999999, 1, '', ?, ?, 1, 'backfill', 1)",
          ).bind(
            `act_known_${provider}_${index}`,
            connectionId,
            userId,
            provider,
            String(1000 + index),
            start,
            start + 60_000,
          ),
        ),
      );
      let pages = 0;
      world.intercept = (request) => {
        const url = new URL(request.url);
        if (!request.url.includes(world.paths.list)) return null;
        pages += 1;
        // Each slice asks for what it has left, so the page begins there.
        const { from, until, index } = histories[provider].asked(url);
        const left = starts
          .map((start, position) => ({ id: String(1000 + position), start }))
          .filter(({ start }) => start >= from && start < until);
        const page = left.slice(index * pageSize, (index + 1) * pageSize);
        const next = (index + 1) * pageSize < left.length ? index + 1 : null;
        return Promise.resolve(Response.json(histories[provider].answer(page, next, url)));
      };
      const work = {
        kind: "backfill",
        runId: `run_long_${provider}`,
        since,
        cursor: since,
        until: world.now(),
      } as const;
      await runInDurableObject(world.account(providerUserId), (_object, state) =>
        state.storage.deleteAlarm(),
      );
      await world.deliver(providerUserId, work);
      expect(pages).toBeLessThanOrEqual(10);
      const runNow = async () => (await world.runs(connectionId)).find(({ id }) => id === work.runId);
      const first = await runNow();
      expect(first?.status).toBe("running");
      expect(first?.counts.listed).toBeGreaterThan(0);

      // Two at once: a tick beside the alarm sends the next slice once.
      const account = world.account(providerUserId);
      await Promise.all([account.runDue({ now: world.now() }), account.runDue({ now: world.now() })]);
      await world.until(async () => expect((await runNow())?.status).toBe("succeeded"));
      world.intercept = () => null;
      expect(await runNow()).toMatchObject({ counts: { listed: starts.length, created: 0, updated: 0 } });
    });
  });
});

describe("the schedule", () => {
  it("looks for runs that are still open among those of a few days, not of ninety", async () => {
    const statements: string[] = [];
    const $client = {
      prepare: (text: string) => {
        statements.push(text);
        return env.DB.prepare(text);
      },
      batch: (all: D1PreparedStatement[]) => env.DB.batch(all),
    };
    await foldRuns({ $client } as unknown as Database, Date.now());
    const [closing = ""] = statements;
    expect(closing).toContain("interrupted");
    const bound = Array.from(closing.matchAll(/\?/g), () => 0);
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${closing}`)
      .bind(...bound)
      .all<{ detail: string }>();
    const [search] = plan.results.map(({ detail }) => detail);
    expect(search).toContain("(started_at>? AND started_at<?)");
  });
});
