// Work that has to stay bounded and revisions that have to stay countable, where two ways to the same row or a long history
// come together.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { admitOverdue, readActivity, writeActivity } from "../../src/activities/store.ts";
import { type Database, databaseFor } from "../../src/db/databases.ts";
import { type ActivityId, asId, type ConnectionId, type UserId } from "../../src/kernel/ids.ts";
import { foldRuns } from "../../src/sync/run-folding.ts";
import { World } from "./world.ts";

const world = new World(83);
const day = 86_400_000;

async function waitingActivity(userId: string) {
  const { connectionId, providerUserId } = await world.connect(userId);
  await world.faults({ fault: "late_heart_rate", providerUserId });
  await world.record(providerUserId, { durationSeconds: 600, gps: false });
  await world.push(providerUserId);
  const found = await world.until(async () => {
    const row = await env.DB.prepare("SELECT id FROM activities WHERE connection_id = ? AND sequence IS NULL")
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
    const { connectionId, id } = await waitingActivity("admitted");
    const database = databaseFor(env, asId<UserId>("admitted"));
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
    const { connectionId, providerUserId } = await world.connect("long-history");
    await world.quiet(providerUserId);
    const since = world.now() - 100 * day;
    const startOf = (index: number) => Math.floor((since + (index + 1) * day) / 1000) * 1000;
    const known = Array.from({ length: 20 }, (_, index) => index);
    await env.DB.batch(
      known.map((index) =>
        env.DB.prepare(
          "INSERT INTO activities (id, connection_id, user_id, provider, source_activity_id, provider_version, revision, content_hash, start_time, end_time, first_seen_at, origin, updated_at) VALUES (?, ?, 'long-history', 'fitbit', ?, 9, 1, '', ?, ?, 1, 'backfill', 1)",
        ).bind(`act_known_${index}`, connectionId, String(1000 + index), startOf(index), startOf(index) + 1),
      ),
    );
    let pages = 0;
    world.intercept = (request) => {
      const url = new URL(request.url);
      if (!url.pathname.endsWith("/activities/list.json")) return null;
      pages += 1;
      const index = Number(url.searchParams.get("offset"));
      const entry = {
        logId: 1000 + index,
        startTime: new Date(startOf(index)).toISOString(),
        duration: 60_000,
        lastModified: new Date(1).toISOString(),
      };
      const next = `${url.origin}${url.pathname}?afterDate=2026-01-01&sort=asc&limit=100&offset=${index + 1}`;
      const activities = index < known.length ? [entry] : [];
      return Promise.resolve(
        Response.json({ activities, pagination: { next: index < known.length ? next : "" } }),
      );
    };
    const work = { kind: "backfill", runId: "run_long", since, cursor: since, until: world.now() } as const;
    await runInDurableObject(world.account(providerUserId), (_object, state) => state.storage.deleteAlarm());
    const pagesBefore = pages;
    await world.deliver(providerUserId, work);
    expect(pages - pagesBefore).toBeLessThanOrEqual(10);
    world.intercept = () => null;
    const run = (await world.runs(connectionId)).find(({ id }) => id === "run_long");
    expect(run?.counts.listed).toBeGreaterThan(0);
    expect(run?.status).toBe("running");
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
    await foldRuns({ $client } as unknown as Database, world.now());
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
