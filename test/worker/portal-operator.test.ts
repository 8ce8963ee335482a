// The operator's page: who gets in, what it tells and what it keeps to itself, replaying, and that it stays cheap however many
// users there are. Rows are written straight into D1; what replaying sets off goes through the real queue.

import { env } from "cloudflare:workers";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { asId, type DeadLetterId, sha256Hex } from "../../src/kernel/ids.ts";
import { deadLetterStatement, deadLettersPerPage } from "../../src/portal/operator-dead-letters.ts";
import { countLimit, runLimit } from "../../src/portal/operator-figures.ts";
import { overviewStatements } from "../../src/portal/operator-overview.ts";
import { syncMessage } from "../../src/sync/messages.ts";
import { Meter } from "./meter.ts";
import { newBrowser, openPortal, type PortalClient } from "./portal-session.ts";
import { World } from "./world.ts";

const world = new World(81);
const home = "/portal/operator";
const signInPath = `${home}/sign-in`;
const goodKey = "local-development-key";

async function openOperator(): Promise<PortalClient> {
  const browser = newBrowser(world);
  expect((await browser.post(signInPath, { key: goodKey })).location).toBe(home);
  expect((await browser.get(home)).status).toBe(200);
  return browser;
}

/** Writes rows by a statement in which `n` counts from 1. */
async function fill(count: number, insert: string): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count}) ${insert}`,
  ).run();
}

async function empty(): Promise<void> {
  await env.DB.batch(
    ["connections", "sync_runs", "dead_letters"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
}

function newConnections(count: number, name: string, status: string, provider: string): Promise<void> {
  return fill(
    count,
    `INSERT INTO connections (id, user_id, provider, provider_user_id, status, granted_scopes, connected_at, live_since, sweep_at)
     SELECT 'con_${name}' || n, '${name}' || n, '${provider}', '${name}' || n, '${status}', '[]', 0, 0, 0 FROM counter`,
  );
}

function newRuns(
  count: number,
  name: string,
  { status = "succeeded", trigger = "notification", startedAt = Date.now() - 3_600_000, error = false } = {},
): Promise<void> {
  const [code, message] = error ? ["'provider_unavailable'", "'Fitbit did not answer.'"] : ["NULL", "NULL"];
  return fill(
    count,
    `INSERT INTO sync_runs (id, connection_id, user_id, "trigger", status, started_at, calls_spent, error_code, error_message)
     SELECT 'run_${name}' || n, 'con_${name}', 'user-${name}', '${trigger}', '${status}', ${startedAt} - n, 3, ${code}, ${message}
     FROM counter`,
  );
}

function newDeadLetters(
  count: number,
  name: string,
  { body = "{}", failedAt = Date.now() - 7_200_000, replayedAt = "NULL" } = {},
): Promise<void> {
  return fill(
    count,
    `INSERT INTO dead_letters (id, connection_id, account, kind, body, failed_at, attempts, error_code, error_message, replayed_at)
     SELECT 'dead_${name}' || n, 'con_${name}', 'fitbit:ABC', 'sync', '${body}', ${failedAt} - n / 2, 9, 'attempts_exhausted',
     'It failed.', ${replayedAt} FROM counter`,
  );
}

/** The page's text, one space between words. */
function wordsOf(html: string): string {
  return html
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ");
}

beforeEach(empty);

describe("getting in", () => {
  it("leads whoever has no session to a form that takes an API key, and nobody through a user's session", async () => {
    for (const browser of [newBrowser(world), await openPortal(world, "a-user")]) {
      for (const path of [home, `${home}/dead-letters`, `${home}/nothing`]) {
        expect(await browser.get(path)).toMatchObject({ status: 303, location: signInPath });
      }
      const replayed = await browser.post(`${home}/dead-letters/dead_1/replay`);
      expect(replayed).toMatchObject({ status: 303, location: signInPath });
    }
    const { status, text } = await newBrowser(world).get(signInPath);
    expect(status).toBe(200);
    expect(text).toMatch(/<label>API key<input type="password"[^>]* autocomplete="off"/);
    expect(text).toContain("<code>operate</code>");
  });

  it("opens with a key that may operate, pasted with its line's end, for 12 hours in this browser alone", async () => {
    const browser = newBrowser(world);
    const answer = await browser.post(signInPath, { key: `${goodKey}\n` });
    expect(answer).toMatchObject({ status: 303, location: home });
    expect(answer.headers.get("set-cookie")).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(answer.headers.get("set-cookie")).not.toContain(goodKey);
    const page = await browser.get(home);
    expect(page.status).toBe(200);
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("content-security-policy")).toMatch(
      /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
    );
    expect(page.headers.get("content-security-policy")).not.toMatch(/script-src|unsafe/);
    expect((await newBrowser(world).get(home)).status).toBe(303);
    // It is not a user's session.
    expect((await browser.get("/portal/connections")).status).toBe(401);
  });

  it("says 401 to a key that is not known, and never repeats or logs it", async () => {
    const lines: unknown[] = [];
    const listening = (["log", "warn", "error"] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((line) => void lines.push(line)),
    );
    const key = "not-the-key-of-anybody";
    const browser = newBrowser(world);
    const answer = await browser.post(signInPath, { key });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain("This service does not know that key.");
    expect(answer.text).not.toContain(key);
    expect(browser.cookies.size).toBe(0);
    await newBrowser(world).post(signInPath, { key: goodKey });
    for (const spy of listening) spy.mockRestore();
    expect(lines).toContainEqual(expect.stringContaining('"event":"operator.refused"'));
    expect(lines).toContainEqual(expect.stringContaining('"event":"operator.signed_in"'));
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${key}|${goodKey}`));
    expect((await browser.post(signInPath, {})).status).toBe(401);
  });

  it("refuses a form that another site's page sends", async () => {
    const browser = newBrowser(world);
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    ]) {
      expect((await browser.post(signInPath, { key: goodKey }, headers)).status).toBe(403);
    }
    expect(browser.cookies.size).toBe(0);
  });

  it("takes a small form only", async () => {
    expect((await newBrowser(world).post(signInPath, { key: "k".repeat(17_000) })).status).toBe(413);
  });

  it("takes nothing but what a page's form sends", async () => {
    for (const type of [
      "multipart/form-data",
      "multipart/form-data; boundary=a",
      "application/json",
      "text/plain",
    ]) {
      for (const path of [signInPath, "/portal/open/token", "/portal/connect"]) {
        const answer = await world.fetch(path, {
          method: "POST",
          headers: { "content-type": type },
          body: "x",
        });
        expect(answer.status, `${type} ${path}`).toBe(415);
      }
    }
  });

  it("takes no cookie that is not its own: broken, of the other kind, signed for another value", async () => {
    const operator = (await openOperator()).cookies.get("fitglue-operator") ?? "";
    const user = (await openPortal(world, "a-user")).cookies.get("fitglue-user") ?? "";
    const signature = operator.slice(operator.lastIndexOf("."));
    for (const value of ["", "%ZZ.abc", ".", `{}${signature}`, user, operator.replace("local", "other")]) {
      const answer = await world.fetch(home, { headers: { cookie: `fitglue-operator=${value}` } });
      expect(answer.status, value).toBe(303);
    }
    const asUser = await world.fetch("/portal/connections", {
      headers: { cookie: `fitglue-user=${operator}` },
    });
    expect(asUser.status).toBe(401);
  });

  it("says 403 to a key without the scope, and ends a session when its key is withdrawn or may no longer operate", async () => {
    const sha256 = await sha256Hex("another-key");
    const withKeys = (...keys: { name: string; sha256: string; scopes: string[] }[]): Env => ({
      ...env,
      API_KEYS: JSON.stringify(keys),
    });
    const app = createApp();
    const ask = async (bindings: Env, cookie: string) =>
      (await app.request(home, { headers: { cookie } }, bindings)).status;
    const enter = (bindings: Env) =>
      app.request(
        signInPath,
        { method: "POST", body: new URLSearchParams({ key: "another-key" }) },
        bindings,
      );

    const reader = withKeys({ name: "team", sha256, scopes: ["read", "connect", "erase"] });
    const refused = await enter(reader);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("lacks the scope");
    expect(refused.headers.get("set-cookie")).toBeNull();

    const operator = withKeys({ name: "team", sha256, scopes: ["operate"] });
    const cookie = ((await enter(operator)).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(await ask(operator, cookie)).toBe(200);
    expect(await ask(reader, cookie)).toBe(303);
    expect(await ask(withKeys({ name: "other", sha256, scopes: ["operate"] }), cookie)).toBe(303);
    // The name stays and the key is another.
    const renewed = withKeys({ name: "team", sha256: await sha256Hex("newer"), scopes: ["operate"] });
    expect(await ask(renewed, cookie)).toBe(303);
    // Another secret signs none of our sessions.
    const other = { ...operator, SESSION_SECRET: "another-secret-of-at-least-32-characters" };
    expect(await ask(other, cookie)).toBe(303);
  });

  it("ends when the operator signs out, by its own form alone", async () => {
    const browser = await openOperator();
    const withoutToken = await browser.post(`${home}/sign-out`, { formToken: "" });
    expect(withoutToken.status).toBe(403);
    expect(withoutToken.text).toContain(`href="${home}"`);
    expect((await browser.post(`${home}/sign-out`, {}, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await browser.get(home)).status).toBe(200);
    const out = await browser.post(`${home}/sign-out`);
    expect(out).toMatchObject({ status: 303, location: `${signInPath}?done=signed-out` });
    expect((await browser.get(out.location)).text).toContain("You are signed out.");
    expect((await browser.get(home)).status).toBe(303);
  });

  it("says that there is nothing at an address of its own that does not exist", async () => {
    const answer = await (await openOperator()).get(`${home}/elsewhere`);
    expect(answer.status).toBe(404);
    expect(answer.text).toContain(`href="${home}"`);
  });
});

describe("the overview", () => {
  it("says in sentences that nothing waits and nothing failed", async () => {
    const words = wordsOf((await (await openOperator()).get(home)).text);
    expect(words).toContain("None: nothing waits, and nothing is under way.");
    expect(words).toContain("No dead letters: every message was handled.");
    expect(words).toContain("No sync of the last 24 hours has failed.");
    expect(words).toContain("No sync has begun in this time.");
  });

  it("counts connections by state and by provider", async () => {
    await newConnections(3, "a", "active", "fitbit");
    await newConnections(2, "b", "needs_reauthorization", "google-health");
    await newConnections(4, "c", "disconnected", "fitbit");
    const words = wordsOf((await (await openOperator()).get(home)).text);
    expect(words).toContain(
      "Connected 3 Needs re-authorization 2 The provider's service has ended 0 Disconnected 4",
    );
    expect(words).toContain("Fitbit 3 Google Health 2");
  });

  it("tells the last day's syncs by outcome and by reason with the calls they spent, and what the failures say", async () => {
    await newRuns(5, "good");
    await newRuns(2, "bad", { status: "failed", trigger: "sweep", error: true });
    await newRuns(1, "part", { status: "partial", trigger: "backfill" });
    await newRuns(7, "old", { status: "failed", startedAt: Date.now() - 90_000_000, error: true });
    const words = wordsOf((await (await openOperator()).get(home)).text);
    expect(words).toContain("8 syncs spent 24 calls to the providers.");
    expect(words).toContain("Failed 2 Partly done 1 Succeeded 5 Under way 0 Waiting 0");
    expect(words).toContain(
      "A push from the provider 5 0 15 The daily look 2 2 6 Somebody asked for history 1 0 3",
    );
    expect(words).toContain("The daily look con_bad provider_unavailable Fitbit did not answer.");
    expect(words).not.toContain("con_old");
    expect(words).not.toContain("Only the newest");
  });

  it("names the oldest sync that has not ended, however old, and the oldest dead letter", async () => {
    const hour = 3_600_000;
    await newRuns(1, "young", { status: "running", startedAt: Date.now() - hour });
    await newRuns(1, "stuck", { status: "queued", trigger: "manual", startedAt: Date.now() - 50 * hour });
    await newRuns(1, "done", { startedAt: Date.now() - 60 * hour });
    await newDeadLetters(1, "early", { failedAt: Date.now() - 80 * hour });
    await newDeadLetters(1, "replayed", { failedAt: Date.now() - 90 * hour, replayedAt: "1" });
    const words = wordsOf((await (await openOperator()).get(home)).text);
    expect(words).toContain(
      "2 syncs. The oldest is waiting since 2 days ago : Somebody asked for a sync, connection con_stuck .",
    );
    expect(words).toContain("1 message . The oldest failed 3 days ago .");
  });

  it("shows ids, states, codes and counts, and nothing of what a user did", async () => {
    await world.connect("shown");
    await world.quiet();
    await env.DB.prepare("UPDATE connections SET display_name = 'Ada of the hills'").run();
    await newDeadLetters(1, "private", { body: '{"title":"Morning run by the river"}' });
    const { text } = await (await openOperator()).get(home);
    expect(text).not.toMatch(/Ada of the hills|Morning run|river|shown/);
  });

  it("escapes what stands in a row", async () => {
    await newRuns(1, "<script>alert(1)</script>", { status: "failed", error: true });
    const { text } = await (await openOperator()).get(home);
    expect(text).not.toContain("<script");
    expect(text).toContain("con_&lt;script&gt;");
  });
});

describe("dead letters", () => {
  it("are shown newest first and a page at a time, each of them once, also where several share a moment", async () => {
    await newDeadLetters(45, "many");
    await newDeadLetters(5, "replayed", { replayedAt: "1" });
    const browser = await openOperator();
    const seen: string[] = [];
    let path = home;
    for (let page = 0; page < 5 && path !== ""; page++) {
      const { text } = await browser.get(path);
      const ids = [...text.matchAll(/aria-label="Replay (dead_\w+)"/g)].map((match) => match[1] ?? "");
      expect(ids.length).toBeLessThanOrEqual(deadLettersPerPage);
      seen.push(...ids);
      path = /href="([^"]*before=[^"]*)"/.exec(text)?.[1] ?? "";
    }
    const numbers = seen.map((id) => Math.floor(Number(id.replace("dead_many", "")) / 2));
    expect(seen).toHaveLength(45);
    expect(new Set(seen).size).toBe(45);
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    expect(wordsOf((await browser.get(home)).text)).toContain("45 messages failed at every attempt");
  });

  it("are sent once more by one click: the work is done, and the page says so", async () => {
    const userId = "replayed-user";
    const { connectionId, providerUserId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "lose", providerUserId });
    await world.record(providerUserId, { durationSeconds: 300 });
    await world.push(providerUserId);
    await world.faults();
    const message = syncMessage(world.accountName(providerUserId), { kind: "sync", trigger: "notification" });
    await newDeadLetters(1, "waits", { body: JSON.stringify(message) });

    const browser = await openOperator();
    const answer = await browser.post(`${home}/dead-letters/dead_waits1/replay`);
    expect(answer).toMatchObject({ status: 303, location: `${home}?done=replayed` });
    const { text } = await browser.get(answer.location);
    expect(text).toContain("The message is back in its queue.");
    expect(text).toContain("No dead letters: every message was handled.");
    await world.untilFeed(userId, 1);
    expect(await world.runs(connectionId)).toHaveLength(1);
  });

  it("come back to the page that the button stood on, and nowhere else", async () => {
    await newDeadLetters(1, "odd");
    const browser = await openOperator();
    const replay = async (before: string) =>
      (await browser.post(`${home}/dead-letters/dead_odd1/replay`, { before })).location;
    expect(await replay("1795259154312.dead_x1")).toBe(
      `${home}/dead-letters?before=1795259154312.dead_x1&done=unreadable`,
    );
    for (const made of ["https://evil.example", "//evil.example", "1.dead_1\r\nset-cookie: a=b"]) {
      expect(await replay(made)).toBe(`${home}?done=unreadable`);
    }
  });

  it("say what was in the way when one cannot be sent", async () => {
    await newDeadLetters(1, "odd");
    const browser = await openOperator();
    const odd = await browser.post(`${home}/dead-letters/dead_odd1/replay`);
    expect((await browser.get(odd.location)).text).toContain("a shape that this version cannot read");
    const gone = await browser.post(`${home}/dead-letters/dead_nobody/replay`);
    expect((await browser.get(gone.location)).text).toContain("this dead letter is gone");
    const { text } = await browser.get(`${home}?done=constructor`);
    expect(text).not.toContain('class="notice');
  });

  it("are replayed by the page's own form alone", async () => {
    await newDeadLetters(1, "kept");
    const browser = await openOperator();
    const path = `${home}/dead-letters/dead_kept1/replay`;
    expect((await browser.post(path, { formToken: "0".repeat(64) })).status).toBe(403);
    expect((await browser.post(path, {}, { "sec-fetch-site": "same-site" })).status).toBe(403);
    // A user's token opens nothing here.
    const user = await openPortal(world, "somebody");
    await user.get("/portal/connections");
    expect((await browser.post(path, { formToken: user.formToken() })).status).toBe(403);
  });
});

describe("with very many rows", () => {
  it("stops counting at its bounds, and says so", async () => {
    await newConnections(4 * countLimit, "a", "active", "fitbit");
    await newRuns(2 * runLimit, "many");
    await newRuns(countLimit + 500, "open", { status: "queued", startedAt: Date.now() - 200_000_000 });
    await newDeadLetters(countLimit + 500, "dead");
    const browser = await openOperator();
    const meter = new Meter();
    const { text } = await browser.get(home);
    const { d1Queries, d1RowsRead } = meter.read();
    meter.stop();
    const words = wordsOf(text);
    expect(words).toContain("Connected more than 10,000");
    expect(words).toContain("Fitbit more than 10,000");
    expect(words).toContain("more than 10,000 syncs. The oldest is waiting");
    expect(words).toContain("more than 10,000 messages failed at every attempt");
    expect(words).toContain("20,000 syncs spent 60,000 calls to the providers. Only the newest 20,000");
    expect(d1Queries).toBe(9);
    // Four counts that reach their limit, the day's runs (an index entry and its row each), and what is shown.
    expect(d1RowsRead).toBeGreaterThan(countLimit);
    expect(d1RowsRead).toBeLessThan(4 * countLimit + 2 * runLimit + 500);
  });

  it("asks every table by an index", async () => {
    const place = { failedAt: Date.now(), id: asId<DeadLetterId>("dead_1") };
    const dialect = new SQLiteAsyncDialect({ casing: "snake_case" });
    for (const [name, statement] of Object.entries({
      ...overviewStatements(Date.now()),
      firstPage: deadLetterStatement(null),
      nextPage: deadLetterStatement(place),
    })) {
      const { sql, params } = dialect.sqlToQuery(statement);
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...params)
        .all<{ detail: string }>();
      const reads = results
        .map(({ detail }) => detail)
        .filter((detail) => /^(SCAN|SEARCH) (connections|sync_runs|dead_letters)\b/.test(detail));
      expect(reads, name).not.toEqual([]);
      for (const read of reads) {
        if (name === "failures")
          expect(read).toContain("USING INDEX sync_runs_wrong (status=? AND started_at>?)");
        // A partial index holds only what is asked for, so walking it from one end is no walk of the table.
        expect(read, name).toMatch(
          /^SEARCH .* USING (COVERING )?INDEX |USING (COVERING )?INDEX (sync_runs_open|dead_letters_waiting)$/,
        );
      }
    }
  });

  it("lets the API ask for what went wrong and for what waits without walking the rest", async () => {
    await newRuns(30_000, "many");
    await newDeadLetters(5000, "replayed", { replayedAt: "1" });
    await newRuns(1, "bad", { status: "failed", startedAt: Date.now() - 200_000_000, error: true });
    for (const path of [
      "/v1/sync-runs?status=failed",
      "/v1/sync-runs?status=partial",
      "/v1/sync-runs?status=queued",
      "/v1/sync-runs?status=running",
      "/v1/dead-letters",
    ]) {
      const meter = new Meter();
      const answer = await world.api<{ syncRuns?: unknown[] }>(path);
      expect(meter.read().d1RowsRead, path).toBeLessThan(50);
      meter.stop();
      if (path.endsWith("failed")) expect(answer.syncRuns).toHaveLength(1);
    }
  });
});
