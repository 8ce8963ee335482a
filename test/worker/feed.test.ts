// The feed as its reader sees it: nothing missed, nothing repeated, cheap when nothing is new, and every wrong token named.
// Rows are written by the store's own transaction, so that what is tested is what runs.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { gzip } from "../../src/activities/gzip.ts";
import { decodePageToken, encodePageToken } from "../../src/activities/page-token.ts";
import {
  type ActivityRow,
  deleteActivity,
  readActivity,
  type Writer,
  writeActivity,
} from "../../src/activities/store.ts";
import { allDatabases, type Database, databaseFor } from "../../src/db/databases.ts";
import { connections } from "../../src/db/schema.ts";
import { takesGzip } from "../../src/kernel/conditional.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  type ProviderUserId,
  type SourceActivityId,
  type UserId,
} from "../../src/kernel/ids.ts";
import { api, bindings, problemOf } from "./request.ts";

interface Change {
  change: "upsert" | "delete";
  activity: {
    id: string;
    userId: string;
    revision: number;
    title?: string;
    standardizedActivity?: { name: string };
  };
  origin?: string;
  firstRevision?: boolean;
}
interface Page {
  changes: Change[];
  nextPageToken: string;
  hasMore: boolean;
}

let made = 0;

/** A connection's writer, as a sync that holds the newest fence. */
async function newWriter(userId: string, which = 0): Promise<Writer & { userId: UserId }> {
  made += 1;
  const database = databaseFor(bindings, asId<UserId>(userId));
  const connectionId = asId<ConnectionId>(`con_${userId}_${made}`);
  await database.insert(connections).values({
    id: connectionId,
    userId: asId<UserId>(userId),
    // A user has one connection a provider.
    provider: which === 0 ? "fitbit" : "google-health",
    providerUserId: asId<ProviderUserId>(`P${made}`),
    status: "active",
    grantedScopes: ["activity"],
    connectedAt: 1,
    liveSince: 0,
    sweepAt: Number.MAX_SAFE_INTEGER,
  });
  return { database, connectionId, fence: 1, userId: asId<UserId>(userId) };
}

interface WriteOptions {
  readonly documentText?: string;
  /** False for the many rows of a property, whose documents nobody reads. */
  readonly withDocument?: boolean;
  readonly visible?: boolean;
}

/** Writes a revision as the sync does; answers its row. */
async function write(
  writer: Writer & { userId: UserId },
  id: string,
  revision: number,
  options: WriteOptions = {},
): Promise<ActivityRow> {
  const activityId = asId<ActivityId>(id);
  const entry = JSON.stringify({ id, userId: writer.userId, revision, title: `${id} at ${revision}` });
  const documentText = options.documentText ?? entry.replace(/}$/, ',"standardizedActivity":{"name":"Run"}}');
  const documentKey =
    options.withDocument === false
      ? "documents/none"
      : await putObject(
          bindings.DOCUMENTS,
          "documents",
          { connectionId: writer.connectionId, activityId },
          await gzip(documentText),
        );
  const visible = options.visible ?? true;
  const row = {
    id: activityId,
    connectionId: writer.connectionId,
    userId: writer.userId,
    provider: "fitbit" as const,
    sourceActivityId: asId<SourceActivityId>(id),
    providerVersion: revision,
    revision,
    contentHash: `${id}-${revision}`,
    startTime: 1_000,
    endTime: 2_000,
    entry,
    documentKey,
    sourcesKey: null,
    tcxKey: null,
    gpsSamples: 0,
    heartRateSamples: 0,
    firstSeenAt: 1,
    settlesAt: visible ? null : 99,
    origin: revision === 1 ? ("live" as const) : ("edit" as const),
    updatedAt: 3_000,
    deletedAt: null,
    sequenceBefore: (await readActivity(writer.database, activityId))?.sequence ?? null,
  };
  expect(await writeActivity(writer, row, visible)).toBe(true);
  return await rowOf(writer.database, id);
}

async function rowOf(database: Database, id: string): Promise<ActivityRow> {
  const row = await readActivity(database, asId<ActivityId>(id));
  if (row === null) throw new Error(`no row ${id}`);
  return row;
}

async function read(
  query: string,
  init: { headers?: Record<string, string> } = {},
  changed: Partial<Env> = {},
): Promise<Page> {
  const response = await api(`/v1/activities?${query}`, init, changed);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as Page;
}

async function readAll(query: string, changed: Partial<Env> = {}): Promise<Change[]> {
  const changes: Change[] = [];
  let token = "";
  for (;;) {
    const page = await read(`${query}&pageToken=${token}`.replace(/&pageToken=$/, ""), {}, changed);
    changes.push(...page.changes);
    if (!page.hasMore) return changes;
    token = page.nextPageToken;
  }
}

describe("the feed", () => {
  it("answers an empty page with a token to a user without activities", async () => {
    const page = await read("userId=nobody");
    expect(page).toEqual({ changes: [], nextPageToken: expect.any(String), hasMore: false });
    expect((await read(`userId=nobody&pageToken=${page.nextPageToken}`)).changes).toEqual([]);
  });

  it("tells a new activity, its next revision in its place, and its end", async () => {
    const writer = await newWriter("life");
    await write(writer, "act_life", 1);
    const first = await read("userId=life");
    expect(first.changes).toEqual([
      {
        change: "upsert",
        activity: { id: "act_life", userId: "life", revision: 1, title: "act_life at 1" },
        origin: "live",
        firstRevision: true,
      },
    ]);
    await write(writer, "act_life", 2);
    const second = await read(`userId=life&pageToken=${first.nextPageToken}`);
    expect(second.changes).toMatchObject([
      { change: "upsert", activity: { revision: 2 }, origin: "edit", firstRevision: false },
    ]);
    expect(await readAll("userId=life")).toHaveLength(1);

    await deleteActivity(
      writer,
      await rowOf(writer.database, "act_life"),
      Date.parse("2026-11-20T10:00:00Z"),
    );
    const third = await read(`userId=life&pageToken=${second.nextPageToken}`);
    expect(third.changes).toEqual([
      {
        change: "delete",
        activity: { id: "act_life", userId: "life", revision: 3, deletedAt: "2026-11-20T10:00:00.000Z" },
      },
    ]);
    expect(await readAll("userId=life")).toEqual(third.changes);
  });

  it("does not show an activity while it settles", async () => {
    const writer = await newWriter("settling");
    await write(writer, "act_settling", 1, { visible: false });
    expect(await readAll("userId=settling")).toEqual([]);
    expect((await api("/v1/activities/act_settling")).status).toBe(404);
    await write(writer, "act_settling", 1, { visible: true });
    expect(await readAll("userId=settling")).toMatchObject([{ firstRevision: true }]);
    expect((await api("/v1/activities/act_settling")).status).toBe(200);
  });

  it("goes through pages of any size in order, without a gap", async () => {
    const writer = await newWriter("paged");
    for (let index = 0; index < 7; index++) await write(writer, `act_paged_${index}`, 1);
    for (const limit of [1, 2, 3, 6, 7, 200]) {
      const ids = (await readAll(`userId=paged&limit=${limit}`)).map((change) => change.activity.id);
      expect(ids, `limit ${limit}`).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `act_paged_${index}`));
    }
    const exact = await read("userId=paged&limit=7");
    expect(exact.hasMore).toBe(false);
  });

  it("keeps one user's changes from another's filter", async () => {
    await write(await newWriter("left"), "act_left", 1);
    await write(await newWriter("right"), "act_right", 1);
    expect((await readAll("userId=left")).map((change) => change.activity.id)).toEqual(["act_left"]);
    expect((await readAll("limit=200")).map((change) => change.activity.id)).toEqual(
      expect.arrayContaining(["act_left", "act_right"]),
    );
  });
});

describe("a reader who follows the tokens, whatever writers do meanwhile", () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("write" as const), activity: fc.nat(4), writer: fc.nat(1) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("settle" as const), activity: fc.nat(4), writer: fc.nat(1) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("delete" as const), activity: fc.nat(4), writer: fc.nat(1) }),
    },
  );
  // Each round runs its writes and one read at once.
  const rounds = fc.array(
    fc.record({ steps: fc.array(step, { maxLength: 3 }), limit: fc.integer({ min: 1, max: 4 }) }),
    {
      minLength: 2,
      maxLength: 4,
    },
  );

  it("misses nothing and repeats nothing (500 seeds)", async () => {
    let seed = 0;
    await fc.assert(
      fc.asyncProperty(rounds, fc.boolean(), async (plan, filtered) => {
        seed += 1;
        const userId = `seed-${seed}`;
        // Two accounts: of one user under a filter, of two users without.
        const writers = [await newWriter(userId, 0), await newWriter(filtered ? userId : `${userId}-b`, 1)];
        const own = new Map<string, Promise<void>>();
        const seen: string[] = [];
        const lastSeen = new Map<string, string>();
        // An unfiltered reader begins where the feed stands now, so that each seed has a feed of its own.
        let token = filtered ? "" : await endToken();

        const readPage = async (limit: number): Promise<boolean> => {
          const query = `limit=${limit}${filtered ? `&userId=${userId}` : ""}${token === "" ? "" : `&pageToken=${token}`}`;
          const page = await read(query);
          for (const { change, activity } of page.changes) {
            seen.push(`${activity.id} ${activity.revision}`);
            lastSeen.set(activity.id, `${change} ${activity.revision}`);
          }
          token = page.nextPageToken;
          return page.hasMore;
        };

        for (const round of plan) {
          const work = round.steps.map(({ kind, activity, writer: which }) => {
            const writer = writers[which];
            if (writer === undefined) throw new Error("there are two writers");
            const id = `act_${userId}_${which}_${activity}`;
            // One sync at a time per connection: writes of one activity follow each other, others run at once.
            const turn = (own.get(id) ?? Promise.resolve()).then(async () => {
              const row = await readActivity(writer.database, asId<ActivityId>(id));
              if (kind === "delete") {
                if (row !== null && row.deletedAt === null) await deleteActivity(writer, row, 4_000);
              } else if (kind === "settle") {
                if (row === null) await write(writer, id, 1, { visible: false, withDocument: false });
              } else {
                await write(writer, id, row === null || row.sequence === null ? 1 : row.revision + 1, {
                  withDocument: false,
                });
              }
            });
            own.set(id, turn);
            return turn;
          });
          await Promise.all([...work, readPage(round.limit)]);
        }
        while (await readPage(4)) {
          // to the end
        }

        expect(new Set(seen).size, "a revision was seen twice").toBe(seen.length);
        const standing = new Map<string, string>();
        for (const writer of writers) {
          const { results } = await writer.database.$client
            .prepare(
              "SELECT id, revision, deleted_at AS deletedAt FROM activities WHERE connection_id = ?1 AND sequence IS NOT NULL",
            )
            .bind(writer.connectionId)
            .all<{ id: string; revision: number; deletedAt: number | null }>();
          for (const row of results)
            standing.set(row.id, `${row.deletedAt === null ? "upsert" : "delete"} ${row.revision}`);
        }
        expect(Object.fromEntries(lastSeen)).toEqual(Object.fromEntries(standing));
      }),
      { numRuns: 500, seed: 20261121 },
    );
  }, 300_000);
});

/** The token of a reader who has everything. */
async function endToken(): Promise<string> {
  const positions: number[] = [];
  for (const { $client } of allDatabases(bindings)) {
    positions.push(
      (await $client.prepare("SELECT value FROM feed_counter WHERE id = 1").first<number>("value")) ?? 0,
    );
  }
  return encodePageToken({ userId: null, positions });
}

describe("several databases", () => {
  /** A second database: the same tables under other names. */
  async function secondDatabase(): Promise<D1Database> {
    for (const table of ["activities", "feed_counter"]) {
      await bindings.DB.prepare(
        `CREATE TABLE IF NOT EXISTS ${table}_second AS SELECT * FROM ${table} WHERE 0`,
      ).run();
    }
    return new Proxy(bindings.DB, {
      get(target, property) {
        if (property === "prepare") {
          return (query: string) =>
            target.prepare(query.replaceAll(/\b(activities|feed_counter)\b/g, "$1_second"));
        }
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  it("are read one after the other, and a token holds a position in each", async () => {
    const writer = await newWriter("first-database");
    const before = await endToken();
    await write(writer, "act_in_first", 1);
    const changed = { DB_1: await secondDatabase() };
    // A token of before the second database was there begins it at its beginning.
    expect((await read(`pageToken=${before}`, {}, changed)).changes).toHaveLength(1);

    for (const [index, id] of ["act_in_second_1", "act_in_second_2"].entries()) {
      await changed.DB_1.prepare(
        `INSERT INTO activities (id, user_id, revision, sequence, entry, origin) VALUES (?1, 'u', 1, ?2, json_object('id', ?1), 'live')`,
      )
        .bind(id, index + 1)
        .run();
    }
    await changed.DB_1.prepare("INSERT INTO feed_counter (id, value) VALUES (1, 2)").run();

    const all = await readAll("limit=200", changed);
    expect(all.map((change) => change.activity.id).slice(-3)).toEqual([
      "act_in_first",
      "act_in_second_1",
      "act_in_second_2",
    ]);
    let page = await read(`pageToken=${before}&limit=2`, {}, changed);
    expect(page.changes.map((change) => change.activity.id)).toEqual(["act_in_first", "act_in_second_1"]);
    expect(page.hasMore).toBe(true);
    await write(writer, "act_in_first", 2);
    page = await read(`pageToken=${page.nextPageToken}`, {}, changed);
    expect(page.changes.map((change) => change.activity.id)).toEqual(["act_in_first", "act_in_second_2"]);
    expect(page.hasMore).toBe(false);
    // Without the second database its token is of more databases than there are.
    expect((await api(`/v1/activities?pageToken=${page.nextPageToken}`)).status).toBe(400);
  });
});

describe("a page token", () => {
  it("comes back as it was made", () => {
    fc.assert(
      fc.property(
        fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 4 }),
        fc.option(fc.string()),
        (positions, user) => {
          const userId = user === null ? null : asId<UserId>(user);
          expect(decodePageToken(encodePageToken({ userId, positions }), userId, positions.length)).toEqual(
            positions,
          );
        },
      ),
    );
  });

  it("starts a database that was added since at its beginning", () => {
    const token = encodePageToken({ userId: null, positions: [7] });
    expect(decodePageToken(token, null, 2)).toEqual([7, 0]);
  });

  const raw = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
  const good = encodePageToken({ userId: null, positions: [0] });
  const bad: [string, string][] = [
    ["empty", ""],
    ["no base64url", "!!!!"],
    ["base64 of something else", raw("hello")],
    ["base64 of broken JSON", btoa("{").replaceAll("=", "")],
    ["cut", good.slice(0, -3)],
    ["with something behind it", `${good}xyz`],
    ["of an unknown version", raw({ v: 2, u: null, p: [0] })],
    ["without a version", raw({ u: null, p: [0] })],
    ["without a filter", raw({ v: 1, p: [0] })],
    ["without a position", raw({ v: 1, u: null, p: [] })],
    ["of more databases than there are", raw({ v: 1, u: null, p: [0, 0] })],
    ["with a negative position", raw({ v: 1, u: null, p: [-1] })],
    ["with a fraction", raw({ v: 1, u: null, p: [0.5] })],
    ["with a position as text", raw({ v: 1, u: null, p: ["0"] })],
    ["with a position beyond 2^53", raw({ v: 1, u: null, p: [2 ** 60] })],
    ["with a field that nobody knows", raw({ v: 1, u: null, p: [0], x: 1 })],
    ["ahead of the feed", raw({ v: 1, u: null, p: [Number.MAX_SAFE_INTEGER] })],
    ["made under a user filter", raw({ v: 1, u: "someone", p: [0] })],
    ["10,000 characters long", "A".repeat(10_000)],
  ];
  it.each(bad)("that is %s is refused", async (_name, token) => {
    const response = await api(`/v1/activities?pageToken=${encodeURIComponent(token)}`);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_page_token", field: "query.pageToken" });
  });

  it("made under one user is refused for another, and without a filter", async () => {
    const { nextPageToken } = await read("userId=one");
    for (const query of ["userId=two", "limit=1"]) {
      expect((await api(`/v1/activities?${query}&pageToken=${nextPageToken}`)).status).toBe(400);
    }
    expect((await api(`/v1/activities?userId=one&pageToken=${nextPageToken}`)).status).toBe(200);
  });

  it("ahead of one user's part of the feed is refused under that filter", async () => {
    await write(await newWriter("behind"), "act_behind", 1);
    await write(await newWriter("further"), "act_further", 1);
    const { sequence } = await rowOf(databaseFor(bindings, asId<UserId>("further")), "act_further");
    const token = encodePageToken({ userId: asId<UserId>("behind"), positions: [sequence ?? 0] });
    expect((await api(`/v1/activities?userId=behind&pageToken=${token}`)).status).toBe(400);
  });

  it("survives a change of keys, because no key went into it", async () => {
    const { nextPageToken } = await read("userId=one");
    const changed = {
      TOKEN_KEYS: JSON.stringify([{ id: "new", key: btoa("n".repeat(32)) }]),
      SESSION_SECRET: "another-session-secret-of-32-letters",
    };
    expect((await api(`/v1/activities?userId=one&pageToken=${nextPageToken}`, {}, changed)).status).toBe(200);
  });
});

/** The bindings with a D1 that counts the statements it runs. */
function counting(): { changed: Partial<Env>; statements: string[] } {
  const statements: string[] = [];
  const DB = new Proxy(bindings.DB, {
    get(target, property) {
      if (property === "prepare") {
        return (query: string) => {
          statements.push(query);
          return target.prepare(query);
        };
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { changed: { DB }, statements };
}

describe("a poll with nothing new", () => {
  it("is a 304 from one indexed read", async () => {
    const writer = await newWriter("quiet");
    await write(writer, "act_quiet", 1);
    for (const filter of ["userId=quiet&", ""]) {
      const token = filter === "" ? await endToken() : (await read("userId=quiet")).nextPageToken;
      const path = `/v1/activities?${filter}pageToken=${token}`;
      const first = await api(path);
      const etag = first.headers.get("etag") ?? "";
      expect(first.status).toBe(200);
      expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);

      const { changed, statements } = counting();
      const again = await api(path, { headers: { "if-none-match": etag } }, changed);
      expect(again.status).toBe(304);
      expect(await again.text()).toBe("");
      expect(again.headers.get("etag")).toBe(etag);
      expect(statements).toHaveLength(1);
      const { results } = await bindings.DB.prepare(`EXPLAIN QUERY PLAN ${statements[0]}`)
        .bind(...(filter === "" ? [] : ["quiet"]))
        .all<{ detail: string }>();
      expect(results.map((row) => row.detail).join("; ")).toMatch(
        /^SEARCH .* (USING (COVERING )?INDEX|USING INTEGER PRIMARY KEY)/,
      );
    }
  });

  it("reads nothing more even without the tag, when the token is at the end", async () => {
    const { changed, statements } = counting();
    expect(await read(`pageToken=${await endToken()}`, {}, changed)).toMatchObject({
      changes: [],
      hasMore: false,
    });
    expect(statements).toHaveLength(1);
  });

  it("changes its tag with whatever changes the answer", async () => {
    const writer = await newWriter("tagged");
    await write(writer, "act_tagged", 1);
    const tagOf = async (query: string) => (await api(`/v1/activities?${query}`)).headers.get("etag");
    const token = (await read("userId=tagged")).nextPageToken;
    const queries = [
      "userId=tagged",
      "userId=tagged&limit=1",
      `userId=tagged&pageToken=${token}`,
      "userId=tagged&include=standardizedActivity",
      "limit=200",
    ];
    const tags = await Promise.all(queries.map(tagOf));
    expect(new Set(tags).size).toBe(tags.length);
    await write(writer, "act_tagged", 2);
    expect(await tagOf("userId=tagged")).not.toBe(tags[0]);
    const stale = await api("/v1/activities?userId=tagged", { headers: { "if-none-match": tags[0] ?? "" } });
    expect(stale.status).toBe(200);
  });

  it("takes its tag among others, strong or weak, and a star", async () => {
    const etag = (await api("/v1/activities?userId=nobody")).headers.get("etag") ?? "";
    for (const given of [etag, etag.slice(2), `"x", ${etag}`, "*"]) {
      expect(
        (await api("/v1/activities?userId=nobody", { headers: { "if-none-match": given } })).status,
      ).toBe(304);
    }
    expect((await api("/v1/activities?userId=nobody", { headers: { "if-none-match": '"x"' } })).status).toBe(
      200,
    );
  });
});

describe("the feed with its documents", () => {
  const include = "include=standardizedActivity";

  it("embeds the whole document where the entry would stand", async () => {
    const writer = await newWriter("embedded");
    await write(writer, "act_embedded", 1);
    const [change] = await readAll(`userId=embedded&${include}`);
    expect(change).toMatchObject({
      change: "upsert",
      activity: { id: "act_embedded", standardizedActivity: { name: "Run" } },
      origin: "live",
      firstRevision: true,
    });
  });

  it("gives ten a page at most, and goes on", async () => {
    const writer = await newWriter("many");
    for (let index = 0; index < 12; index++)
      await write(writer, `act_many_${String(index).padStart(2, "0")}`, 1);
    const page = await read(`userId=many&limit=200&${include}`);
    expect(page.changes).toHaveLength(10);
    expect(page.hasMore).toBe(true);
    const all = await readAll(`userId=many&limit=200&${include}`);
    expect(all.map((change) => change.activity.id)).toEqual(
      (await readAll("userId=many")).map((change) => change.activity.id),
    );
  });

  it("ends a page before 8 MiB, and never holds a reader up with one larger document", async () => {
    const writer = await newWriter("large");
    const documentText = (id: string, bytes: number) =>
      JSON.stringify({ id, userId: "large", revision: 1, standardizedActivity: { name: "x".repeat(bytes) } });
    const megabyte = 1024 * 1024;
    await write(writer, "act_large_1", 1, { documentText: documentText("act_large_1", 5 * megabyte) });
    await write(writer, "act_large_2", 1, { documentText: documentText("act_large_2", 4 * megabyte) });
    await write(writer, "act_large_3", 1, { documentText: documentText("act_large_3", 9 * megabyte) });
    await write(writer, "act_large_4", 1);
    const pages: string[][] = [];
    let token = "";
    for (let more = true; more; ) {
      const page = await read(`userId=large&${include}${token === "" ? "" : `&pageToken=${token}`}`);
      pages.push(page.changes.map((change) => change.activity.id));
      more = page.hasMore;
      token = page.nextPageToken;
    }
    expect(pages).toEqual([["act_large_1"], ["act_large_2"], ["act_large_3"], ["act_large_4"]]);
  });

  it("leaves an activity that changed while it was read for its newer place", async () => {
    const writer = await newWriter("racing");
    const { documentKey } = await write(writer, "act_racing", 1);
    await write(writer, "act_other", 1);
    // Between the row and its document a sync writes a revision, and the sweep takes the old document away.
    const DOCUMENTS = bucketThat(async (key) => {
      if (key !== documentKey) return;
      await bindings.DOCUMENTS.delete(key);
      await write(writer, "act_racing", 2);
    });
    const page = await read(`userId=racing&${include}`, {}, { DOCUMENTS });
    expect(page.changes.map((change) => change.activity.id)).toEqual(["act_other"]);
    const next = await read(`userId=racing&${include}&pageToken=${page.nextPageToken}`);
    expect(next.changes).toMatchObject([
      { activity: { id: "act_racing", revision: 2, standardizedActivity: {} } },
    ]);
  });

  it("tells the entry where a document is lost, so that nobody waits for ever", async () => {
    const writer = await newWriter("lost");
    const { documentKey } = await write(writer, "act_lost", 1);
    await bindings.DOCUMENTS.delete(documentKey ?? "");
    const [change] = await readAll(`userId=lost&${include}`);
    expect(change).toMatchObject({ change: "upsert", activity: { id: "act_lost", revision: 1 } });
    expect(change?.activity.standardizedActivity).toBeUndefined();
  });
});

/** A bucket that does something before each get. */
function bucketThat(before: (key: string) => Promise<void>): R2Bucket {
  return new Proxy(bindings.DOCUMENTS, {
    get(target, property) {
      if (property === "get") {
        return async (key: string) => {
          await before(key);
          return target.get(key);
        };
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("one activity", () => {
  const plain = { "accept-encoding": "identity" };

  it("goes out as the bytes that storage holds, to whoever takes gzip", async () => {
    const writer = await newWriter("bytes");
    const { documentKey } = await write(writer, "act_bytes", 1);
    const stored = new Uint8Array(
      await ((await bindings.DOCUMENTS.get(documentKey ?? "")) as R2ObjectBody).arrayBuffer(),
    );
    const response = await api("/v1/activities/act_bytes", {
      headers: { "accept-encoding": "br, gzip;q=0.5" },
    });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("vary")).toBe("accept-encoding");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(stored);
  });

  it.each([
    ["no header", {}],
    ["identity", plain],
    ["gzip with weight 0", { "accept-encoding": "gzip;q=0, br" }],
  ])("is inflated for a client that sends %s", async (_name, headers: Record<string, string>) => {
    const writer = await newWriter(`plain-${made}`);
    await write(writer, `act_plain_${made}`, 1);
    const response = await api(`/v1/activities/act_plain_${made}`, { headers });
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(await response.json()).toMatchObject({
      id: `act_plain_${made}`,
      standardizedActivity: { name: "Run" },
    });
  });

  it.each([
    ["", false],
    ["identity", false],
    ["deflate, gzip, br", true],
  ])("believes what the client said (%j), not the header that the platform writes", (said, isTaken) => {
    const headers = { "accept-encoding": "br, gzip" };
    const request = new Request("http://127.0.0.1/", { headers });
    Object.defineProperty(request, "cf", { value: { clientAcceptEncoding: said } });
    expect(takesGzip(request)).toBe(isTaken);
  });

  it("is a 304 until it changes", async () => {
    const writer = await newWriter("cached");
    await write(writer, "act_cached", 1);
    const etag = (await api("/v1/activities/act_cached", { headers: plain })).headers.get("etag") ?? "";
    const again = await api("/v1/activities/act_cached", { headers: { ...plain, "if-none-match": etag } });
    expect(again.status).toBe(304);
    await write(writer, "act_cached", 2);
    const changed = await api("/v1/activities/act_cached", { headers: { ...plain, "if-none-match": etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  it("is gone once it was deleted", async () => {
    const writer = await newWriter("gone");
    const row = await write(writer, "act_gone", 1);
    await deleteActivity(writer, row, 4_000);
    expect(await problemOf(await api("/v1/activities/act_gone"))).toMatchObject({
      code: "not_found",
      status: 404,
    });
  });
});
