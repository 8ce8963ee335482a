// Activity History, as a user reads it: what came and what was done for it, why something is missing, and that each entry
// stands on exactly one page, however many there are.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { Meter } from "./meter.ts";
import { openPortal, type PortalClient } from "./portal-session.ts";
import { userWithRun } from "./user-with-runs.ts";
import { World } from "./world.ts";

// One world for the whole file: its accounts are its own, and time only goes forward.
const world = new World(31);
afterEach(async () => {
  await world.faults();
});

const emptySentences = {
  everything: "Nothing has come yet",
  attention: "Nothing needs your attention",
  activities: "No activity has come yet",
  syncs: "No sync had anything to tell",
  "under-way": "Nothing is under way",
  failed: "No sync has failed",
} as const;

/** The page's own text without its markup, spaces folded. */
function wordsOf(html: string): string {
  return html
    .slice(html.indexOf("<main"))
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll(/\s+/g, " ");
}

async function words(portal: PortalClient, query = ""): Promise<string> {
  const { status, text } = await portal.get(`/portal/history${query}`);
  expect(status, text).toBe(200);
  return wordsOf(text);
}

/** The ids of a page's entries in their order, and where the older ones are. */
async function readPage(portal: PortalClient, path: string) {
  const { text } = await portal.get(path);
  return {
    ids: [...text.matchAll(/<li id="(\w+)"/g)].map(([, id]) => id ?? ""),
    older: /href="([^"]*)">Older</.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? null,
  };
}

/** All pages from one on; `between` happens before each further one. */
async function readAllPages(portal: PortalClient, query: string, between: () => Promise<unknown>) {
  const pages: string[][] = [];
  for (let path: string | null = `/portal/history${query}`; path !== null; ) {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(portal, path);
    pages.push(page.ids);
    path = page.older;
    if (path !== null) await between();
  }
  return pages;
}

/** A connection whose first look is over and forgotten, so that only what a test stores is there. */
async function connectAtRest(userId: string): Promise<{ connectionId: string }> {
  const { connectionId, providerUserId } = await world.connect(userId);
  await world.quiet(providerUserId);
  await env.DB.prepare("DELETE FROM sync_runs WHERE user_id = ?1").bind(userId).run();
  return { connectionId };
}

/** Activities as a sync would have stored them, `everySeconds` apart, the newest first; `entry` is SQL for their content. */
async function storeActivities(
  userId: string,
  connectionId: string,
  count: number,
  options: {
    prefix: string;
    newest: number;
    everySeconds: number;
    completeness?: string;
    utcOffsetSeconds?: number;
  },
) {
  const stream = `{"state":"complete","coverage":1,"largestGapSeconds":1,"samples":1800}`;
  const entry = {
    title: `${options.prefix} run`,
    type: "ACTIVITY_TYPE_RUN",
    utcOffsetSeconds: options.utcOffsetSeconds ?? 0,
    elapsedSeconds: 1800,
    activeSeconds: 1800,
    completeness: JSON.parse(options.completeness ?? `{"gps":${stream},"heartRate":${stream}}`),
  };
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO activities (id, connection_id, user_id, provider, source_activity_id, provider_version, revision,
       content_hash, start_time, end_time, entry, first_seen_at, origin, sequence, updated_at)
     SELECT 'act_' || ?2 || printf('%04d', i), ?3, ?4, 'fitbit', ?2 || i, 1, 1, 'x', CAST(?5 - (i * ?6) AS INTEGER), CAST(?5 AS INTEGER), ?7, 1,
       'backfill', CAST((SELECT coalesce(max(sequence), 0) FROM activities) + 1 + i AS INTEGER), 1 FROM n`,
  )
    .bind(
      count,
      options.prefix,
      connectionId,
      userId,
      options.newest,
      options.everySeconds * 1000,
      JSON.stringify(entry),
    )
    .run();
  // A sync that stores something after this takes the next number.
  await env.DB.prepare(
    "INSERT INTO feed_counter (id, value) SELECT 1, max(sequence) FROM activities WHERE true ON CONFLICT (id) DO UPDATE SET value = excluded.value",
  ).run();
}

async function storeRun(userId: string, connectionId: string, run: Record<string, string | number>) {
  const columns = {
    id: `run_${crypto.randomUUID().replaceAll("-", "")}`,
    connection_id: connectionId,
    user_id: userId,
    trigger: "manual",
    status: "succeeded",
    started_at: world.now(),
    ...run,
  };
  const names = Object.keys(columns);
  await env.DB.prepare(
    `INSERT INTO sync_runs (${names.join(", ")}) VALUES (${names.map((_, index) => `?${index + 1}`).join(", ")})`,
  )
    .bind(...Object.values(columns))
    .run();
  return columns.id;
}

describe("what came", () => {
  it("is told of a new user in a sentence for each filter", async () => {
    const portal = await openPortal(world, "new-here");
    for (const [state, sentence] of Object.entries(emptySentences)) {
      expect(await words(portal, `?state=${state}`)).toContain(sentence);
    }
  });

  it("stands under its day with title, type, duration, distance, and beside it the sync that brought it", async () => {
    const user = await userWithRun(world, "one-run", { name: "Run", distanceMeters: 5000 });
    const portal = await openPortal(world, "one-run");
    const { text } = await portal.get("/portal/history");
    expect(text).toContain(`href="/portal/activities/${user.change.activity.id}">Run</a>`);
    const told = wordsOf(text);
    expect(told).toMatch(/Run 30:00, \d\.\d+ km, Fitbit/);
    expect(told).toMatch(
      /(Your device synced|First look after connecting) Fitbit, \d+ calls 1 activity new\./,
    );
    expect(told).not.toContain("No heart rate");
    const day = new Intl.DateTimeFormat("en-GB", {
      timeZone: "UTC",
      weekday: "long",
      day: "numeric",
      month: "long",
      year: "numeric",
    }).format(Date.parse(user.change.activity.startTime));
    expect(text).toContain(`>${day}</h2>`);
  });

  it("says why it has no heart rate, and finds it under what needs attention", async () => {
    const { providerUserId } = await world.connect("no-heart");
    await world.record(providerUserId, { name: "Hike", heartRate: false });
    const portal = await openPortal(world, "no-heart");
    await world.push(providerUserId);
    await world.until(async () => expect(await words(portal)).toContain("Hike"));
    await world.quiet(providerUserId);
    await world.pass(16 * 60, providerUserId);
    await world.untilFeed("no-heart", 1);
    const reason =
      "No heart rate: your provider has no sample for this time. The device was not worn, or its sensor was off.";
    expect(await words(portal)).toContain(reason);
    expect(await words(portal, "?state=attention")).toContain(reason);
    expect(await words(portal, "?state=failed")).toContain(emptySentences.failed);
  });

  it("says until when it waits for its heart rate, and no longer once it has come", async () => {
    const { providerUserId } = await world.connect("waits");
    await world.faults({ fault: "late_heart_rate", providerUserId, delaySeconds: 240 });
    await world.record(providerUserId, { name: "Treadmill", gps: false, durationSeconds: 1200 });
    await world.push(providerUserId);
    const portal = await openPortal(world, "waits");
    await world.until(async () => {
      expect(await words(portal, "?state=under-way")).toMatch(
        /Treadmill .* Waits until \d\d:\d\d for its heart rate, and goes to FitGlue then as it is\./,
      );
    });
    await world.quiet(providerUserId);
    for (const seconds of [61, 60, 180]) await world.pass(seconds, providerUserId);
    await world.untilFeed("waits", 1);
    expect(await words(portal, "?state=under-way")).toContain(emptySentences["under-way"]);
    expect(await words(portal)).not.toContain("Waits until");
  });

  it("is named as deleted when its owner deletes it, and lacks nothing then", async () => {
    const user = await userWithRun(world, "deletes", { name: "Gone tomorrow" });
    await world.remove(user.providerUserId, user.activityId);
    await world.until(async () => expect((await world.feed("deletes"))[0]?.change).toBe("delete"));
    const portal = await openPortal(world, "deletes");
    const told = await words(portal);
    expect(told).toContain("Deleted activity");
    expect(told).not.toContain("Gone tomorrow");
    expect(await words(portal, "?state=attention")).toContain(emptySentences.attention);
  });

  it("leaves no trace once it is erased", async () => {
    const user = await userWithRun(world, "erases");
    await world.api(`/v1/connections/${user.connectionId}?erase=true`, { method: "DELETE" });
    const portal = await openPortal(world, "erases");
    await world.until(async () => {
      const told = await words(portal);
      expect(told).not.toContain("1970");
      expect(told).toContain(emptySentences.everything);
    });
  });

  it("goes on under the same connection when its user has gone over to Google Health", async () => {
    const user = await userWithRun(world, "goes-over");
    const googleId = await world.newAccount({
      provider: "google-health",
      legacyUserId: user.providerUserId,
    });
    await world.pass(60);
    expect((await world.consent("goes-over", googleId, { provider: "google-health" })).status).toBe(200);
    await world.quiet();
    const portal = await openPortal(world, "goes-over");
    const { text } = await portal.get("/portal/history");
    expect(text.match(/href="\/portal\/activities\//g)).toHaveLength(1);
    // Which provider a run before the way over asked is not known any more, so none is named.
    expect(wordsOf(text)).toMatch(
      /(Your device synced|First look after connecting) \d+ calls 1 activity new/,
    );
  });
});

describe("the days", () => {
  it("are those of each activity's own clock, summer time and abroad included", async () => {
    const { connectionId } = await connectAtRest("travels");
    // By the clock of the newest, the other two would stand at 23:30 of the 1st and at 22:30 of the 9th.
    for (const [prefix, startTime, hours] of [
      ["newest", "2026-01-02T07:30:00+01:00", 1],
      ["abroad", "2025-07-10T06:30:00+09:00", 9],
      ["summer", "2025-07-02T00:30:00+02:00", 2],
    ] as const) {
      const times = { newest: Date.parse(startTime), everySeconds: 0, utcOffsetSeconds: hours * 3600 };
      await storeActivities("travels", connectionId, 1, { prefix, ...times });
    }
    const told = await words(await openPortal(world, "travels"));
    expect(told).toMatch(
      /2 January 2026 07:30 newest run.*10 July 2025 06:30 abroad run.*2 July 2025 00:30 summer run/,
    );
    expect(told).toContain("Activities stand at the time of where they were recorded. All else is in UTC+1");
  });

  it("are by the newest activity's clock where an entry has none, and the page says which", async () => {
    const { providerUserId } = await world.connect("in-california", {
      account: { timezone: "America/Los_Angeles" },
    });
    await world.record(providerUserId, { name: "Walk" });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("in-california", 1);
    const portal = await openPortal(world, "in-california");
    const told = await words(portal);
    expect(told).toMatch(/All else is in UTC−[78], as on the clock of your newest activity\./);
    const start = Date.parse(change?.activity.startTime ?? "");
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "America/Los_Angeles",
      hour: "2-digit",
      minute: "2-digit",
    }).format(start);
    expect(told).toContain(`${clock} Walk`);
  });

  it("are in UTC before the first activity", async () => {
    const { connectionId } = await world.connect("nothing-recorded");
    await storeRun("nothing-recorded", connectionId, {});
    const told = await words(await openPortal(world, "nothing-recorded"));
    expect(told).toContain("All else is in UTC.");
  });
});

describe("what was done", () => {
  it("tells a failure in its own words, and where to look for it", async () => {
    const { connectionId } = await world.connect("fails");
    const failed = await storeRun("fails", connectionId, {
      status: "failed",
      error_code: "provider_unavailable",
      error_message: `Fitbit did not answer <b>"at all"</b>. It is tried again.`,
      calls_spent: 1,
    });
    const partial = await storeRun("fails", connectionId, { status: "partial", created: 2 });
    const portal = await openPortal(world, "fails");
    const { text } = await portal.get("/portal/history?state=failed");
    expect(wordsOf(text)).toContain("Sync that you asked for Fitbit, 1 call Failed. Fitbit did not answer");
    expect(text).toContain("&lt;b&gt;&quot;at all&quot;&lt;/b&gt;");
    expect((await readPage(portal, "/portal/history?state=failed")).ids).toEqual([failed]);
    const attention = await readPage(portal, "/portal/history?state=attention");
    expect(attention.ids.sort()).toEqual([failed, partial].sort());
    expect(await words(portal, "?state=attention")).toContain(
      "Done in part. 2 activities new. Something was left for later.",
    );
    expect(await words(portal, "?state=activities")).toContain(emptySentences.activities);
  });

  it("moves while it is under way, and the page rests when it has ended", async () => {
    const { connectionId, providerUserId } = await world.connect("imports");
    await world.quiet(providerUserId);
    const runId = await storeRun("imports", connectionId, {
      status: "running",
      trigger: "backfill",
      created: 12,
    });
    const portal = await openPortal(world, "imports");
    const { text } = await portal.get("/portal/history?state=under-way");
    expect(text).toMatch(new RegExp(`<li id="${runId}" data-live="true" data-running="true">`));
    expect(text).toContain(`<noscript><meta http-equiv="refresh" content="5"/></noscript>`);
    expect(wordsOf(text)).toContain("Import of history Fitbit, 0 calls Under way: 12 activities new so far.");
    await env.DB.prepare("UPDATE sync_runs SET status = 'succeeded' WHERE id = ?1").bind(runId).run();
    const rested = await portal.get("/portal/history");
    expect(rested.text).not.toContain("data-running");
    expect(rested.text).not.toContain("refresh");
    expect(rested.text).toContain(runId);
  });
});

describe("many entries", () => {
  it("stand each on exactly one page, 50 a page, newest first, also those that share a time", async () => {
    const { connectionId } = await connectAtRest("busy");
    const newest = world.now() - 3_600_000;
    // Seven at each time, so that pages end between entries of the same one; syncs lie at the same times.
    await storeActivities("busy", connectionId, 7, { prefix: "a", newest, everySeconds: 0 });
    await storeActivities("busy", connectionId, 90, { prefix: "b", newest, everySeconds: 600 });
    for (let index = 0; index < 30; index++) {
      await storeRun("busy", connectionId, { started_at: newest - (index % 5) * 600_000 });
    }
    const portal = await openPortal(world, "busy");
    const arrive = () => storeRun("busy", connectionId, { started_at: world.now() });
    const pages = await readAllPages(portal, "", arrive);
    expect(pages.map((ids) => ids.length)).toEqual([50, 50, 27]);
    expect(new Set(pages.flat()).size).toBe(127);
    const times = (
      await env.DB.prepare("SELECT id, start_time AS time FROM activities WHERE user_id = 'busy'").all()
    ).results;
    const runs = (
      await env.DB.prepare("SELECT id, started_at AS time FROM sync_runs WHERE user_id = 'busy'").all()
    ).results;
    const timeOf = new Map([...times, ...runs].map(({ id, time }) => [String(id), Number(time)]));
    const shown = pages.flat().map((id) => timeOf.get(id) ?? 0);
    expect(shown).toEqual(shown.toSorted((one, other) => other - one));
  });

  it("of two connections stand on one page in the order of their times", async () => {
    const first = await connectAtRest("two-watches");
    const google = await world.newAccount({ provider: "google-health" });
    await world.consent("two-watches", google, { provider: "google-health" });
    const { connections } = await world.api<{ connections: { id: string }[] }>(
      "/v1/connections?userId=two-watches",
    );
    const second = connections.find(({ id }) => id !== first.connectionId)?.id ?? "";
    const newest = world.now() - 60_000;
    // One has 60 within an hour; the other 60 within a week. The second page must not skip what the first read too far.
    await storeActivities("two-watches", first.connectionId, 60, { prefix: "c", newest, everySeconds: 60 });
    await storeActivities("two-watches", second, 60, { prefix: "d", newest, everySeconds: 10_000 });
    const portal = await openPortal(world, "two-watches");
    const pages = await readAllPages(portal, "?state=activities", async () => {});
    expect(pages.map((ids) => ids.length)).toEqual([50, 50, 20]);
    expect(new Set(pages.flat()).size).toBe(120);
    expect(pages[0]?.filter((id) => id.startsWith("act_d"))).toHaveLength(1);
  });

  it("are looked through in steps when a filter has to look inside, and each page says that there is more", async () => {
    const { connectionId } = await connectAtRest("long-ago");
    const now = world.now() - 3_600_000;
    await storeActivities("long-ago", connectionId, 900, { prefix: "e", newest: now, everySeconds: 3600 });
    const absent = `{"state":"absent","reason":"not_worn","coverage":0,"largestGapSeconds":1800,"samples":0}`;
    const complete = `{"state":"complete","coverage":1,"largestGapSeconds":1,"samples":9}`;
    await storeActivities("long-ago", connectionId, 1, {
      prefix: "f",
      newest: now - 850 * 3_600_000,
      everySeconds: 1,
      completeness: `{"gps":${complete},"heartRate":${absent}}`,
    });
    const portal = await openPortal(world, "long-ago");
    expect(await words(portal, "?state=attention")).toContain("There may be some among the older ones.");
    const pages = await readAllPages(portal, "?state=attention", async () => {});
    expect(pages).toEqual([[], [], ["act_f0000"]]);
  });

  it("cost a page no more rows than it may look at", async () => {
    const { connectionId } = await connectAtRest("costs");
    await storeActivities("costs", connectionId, 3000, {
      prefix: "g",
      newest: world.now() - 3_600_000,
      everySeconds: 600,
    });
    const portal = await openPortal(world, "costs");
    await world.quiet();
    const meter = new Meter();
    try {
      for (const [state, most] of [
        ["everything", 250],
        ["attention", 900],
        ["under-way", 900],
        ["failed", 50],
      ] as const) {
        meter.read();
        await portal.get(`/portal/history?state=${state}`);
        expect(meter.read().d1RowsRead, state).toBeLessThan(most);
      }
    } finally {
      meter.stop();
    }
  });
});

describe("an address", () => {
  it.each([
    "?state=made-up",
    "?state=__proto__",
    "?before=yesterday",
    "?before=99-'; DROP TABLE x",
    "?state=",
  ])("that names nothing there is shows the newest of everything: %s", async (query) => {
    const { connectionId } = await world.connect(`address-${query.length}`);
    await storeRun(`address-${query.length}`, connectionId, {});
    const portal = await openPortal(world, `address-${query.length}`);
    expect(await words(portal, query)).toContain("Sync that you asked for");
  });

  it("keeps the filter on the way to older entries and back", async () => {
    const { connectionId } = await world.connect("keeps-filter");
    await storeActivities("keeps-filter", connectionId, 60, {
      prefix: "h",
      newest: world.now(),
      everySeconds: 60,
    });
    const portal = await openPortal(world, "keeps-filter");
    const first = await portal.get("/portal/history?state=activities");
    expect(first.text).toMatch(/<option value="activities" selected/);
    const older = /href="([^"]*)">Older</.exec(first.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(older).toContain("state=activities");
    const second = await portal.get(older);
    expect(second.text).toMatch(/<option value="activities" selected/);
    expect(second.text).toContain(`href="/portal/history?state=activities">Newest</a>`);
  });
});

describe("another user's entries", () => {
  it("are never shown, and a title is text whatever is in it", async () => {
    await userWithRun(world, "somebody", { name: `Run <script>alert("1")</script>` });
    const own = await openPortal(world, "somebody");
    const { text } = await own.get("/portal/history");
    expect(text).not.toContain("<script>alert");
    expect(text).toContain("Run &lt;script&gt;");
    const other = await openPortal(world, "somebody-else");
    expect(await words(other)).toContain(emptySentences.everything);
  });
});
