// Connecting, as a user's browser does it: the link, the confirm page, the way to the provider and back, and everything that
// can go wrong on it without harm to anybody.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { recordingQueue, refusingQueue, send } from "./request.ts";
import { simulatorUrl, World, workerUrl } from "./world.ts";

interface Connection {
  id: string;
  userId: string;
  providerUserId: string;
  status: string;
  grantedScopes: string[];
  missingScopes: string[];
  connectedAt: string;
  message: string | null;
}

let users = 0;
// One provider for the whole file: its accounts are its own, and time only goes forward.
const world = new World(7);
afterEach(async () => {
  world.intercept = () => null;
  await world.faults();
});

function newUser(): string {
  users += 1;
  return `user-${users}`;
}

async function connectionsOf(userId: string): Promise<Connection[]> {
  const { connections } = await world.api<{ connections: Connection[] }>(`/v1/connections?userId=${userId}`);
  return connections;
}

async function newLink(
  userId: string,
  more: Record<string, unknown> = {},
): Promise<{ url: string; expiresAt: string }> {
  return world.api("/v1/connect-links", { json: { userId, provider: "fitbit", ...more }, status: 201 });
}

/** Goes as far as the provider's page: answers the cookie and the address that the browser was sent to. */
async function begin(userId: string, more: Record<string, unknown> = {}) {
  const { url } = await newLink(userId, more);
  const response = await world.fetch(url, { method: "POST" });
  expect(response.status).toBe(303);
  return { response, cookie: cookieOf(response), authorize: new URL(response.headers.get("location") ?? "") };
}

function cookieOf(response: Response): string {
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** Answers the provider's consent page; the callback's address. */
async function consentAt(
  authorize: URL,
  account: string,
  decision: "allow" | "deny" = "allow",
): Promise<string> {
  const form = new URLSearchParams({ account, decision });
  for (const scope of ["activity", "heartrate", "location", "profile", "settings"])
    form.append("scope", scope);
  const page = await (await world.simulator.fetch(new Request(authorize))).text();
  for (const [tag] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
    form.set(
      /name="([^"]*)"/.exec(tag)?.[1] ?? "",
      (/value="([^"]*)"/.exec(tag)?.[1] ?? "").replaceAll("&amp;", "&"),
    );
  }
  const decided = await world.simulator.fetch(
    new Request(authorize, { method: "POST", body: form, redirect: "manual" }),
  );
  return (decided.headers.get("location") ?? "").split("#")[0] ?? "";
}

async function rowsOf(table: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;
}

describe("a connect link", () => {
  it("shows who connects what, as often as one looks, and uses nothing up", async () => {
    const { url, expiresAt } = await newLink(newUser(), { displayName: "Ada Lovelace" });
    expect(Date.parse(expiresAt) - world.now()).toBeGreaterThan(9 * 60_000);
    for (let look = 0; look < 3; look++) {
      const response = await world.fetch(url);
      expect(response.status).toBe(200);
      expect(response.headers.get("set-cookie")).toBeNull();
      const text = await response.text();
      expect(text).toContain("Ada Lovelace");
      expect(text).toContain("Fitbit");
    }
    expect((await world.fetch(url, { method: "POST" })).status).toBe(303);
  });

  it("shows a name as text, whatever is in it", async () => {
    const { url } = await newLink(newUser(), { displayName: `<script>alert("x")</script>` });
    const text = await (await world.fetch(url)).text();
    expect(text).not.toContain("<script>");
    expect(text).toContain("&lt;script&gt;");
  });

  it("is never cached, framed, or told to another site", async () => {
    const { headers } = await world.fetch((await newLink(newUser())).url);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${simulatorUrl}`);
  });

  it("works once, also when it is used twice at the same moment", async () => {
    const { url } = await newLink(newUser());
    const both = await Promise.all([
      world.fetch(url, { method: "POST" }),
      world.fetch(url, { method: "POST" }),
    ]);
    expect(both.map((response) => response.status).sort()).toEqual([303, 404]);
    const look = await world.fetch(url);
    expect(look.status).toBe(404);
    expect(await look.text()).toContain("has been used");
  });

  it("works for ten minutes, and says so afterwards", async () => {
    const { url } = await newLink(newUser());
    await world.control("POST", "/sim/clock", { advanceSeconds: 601 });
    for (const method of ["GET", "POST"]) {
      const response = await world.fetch(url, { method });
      expect(response.status).toBe(410);
      expect(await response.text()).toContain("expired");
    }
  });

  it("that was never made is a clear page", async () => {
    const response = await world.fetch("/connect/0123456789");
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toContain("text/html");
  });

  it.each([
    ["by its own word", { "sec-fetch-site": "cross-site" }],
    ["from a sibling domain", { "sec-fetch-site": "same-site" }],
    ["by its origin", { origin: "https://evil.example" }],
  ])("is not used up by another site's form, known %s", async (_name, headers: Record<string, string>) => {
    const { url } = await newLink(newUser());
    expect((await world.fetch(url, { method: "POST", headers })).status).toBe(403);
    expect(
      (
        await world.fetch(url, {
          method: "POST",
          headers: { "sec-fetch-site": "same-origin", origin: "null" },
        })
      ).status,
    ).toBe(303);
  });

  it("stands in the database only as a hash", async () => {
    const { url } = await newLink(newUser());
    const token = url.split("/").at(-1) ?? "";
    expect(token).toMatch(/^[0-9a-z]{26}$/);
    expect(JSON.stringify(await rowsOf("connect_links"))).not.toContain(token);
  });
});

describe("the way to the provider", () => {
  it("asks for the scopes with PKCE and a state, and binds the browser with a cookie of this flow", async () => {
    const { response, authorize } = await begin(newUser());
    expect(authorize.origin + authorize.pathname).toBe(`${simulatorUrl}/oauth2/authorize`);
    const query = authorize.searchParams;
    expect(query.get("response_type")).toBe("code");
    expect(query.get("code_challenge_method")).toBe("S256");
    expect(query.get("code_challenge")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(query.get("state")?.length).toBeGreaterThanOrEqual(43);
    expect(query.get("redirect_uri")).toBe(`${workerUrl}/oauth/fitbit/callback`);
    expect(query.get("scope")?.split(" ").sort()).toEqual([
      "activity",
      "heartrate",
      "location",
      "profile",
      "settings",
    ]);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^connect-[0-9a-f]{16}=[A-Za-z0-9_-]{43};/);
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Lax");
    expect(cookie).toContain("Path=/");
    expect(cookie).toContain("Max-Age=600");
    expect(cookie).not.toContain("Secure");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("keeps state, cookie and verifier in the database only as hash and ciphertext", async () => {
    const { authorize, cookie } = await begin(newUser());
    const stored = JSON.stringify(await rowsOf("authorizations"));
    expect(stored).not.toContain(authorize.searchParams.get("state"));
    expect(stored).not.toContain(cookie.split("=")[1]);
    const verifiers = (await rowsOf("authorizations")).map((row) => String(row.code_verifier));
    for (const verifier of verifiers) expect(verifier).toMatch(/^v1\.local-1\./);
  });

  it("gives each tab a cookie of its own, so that both work", async () => {
    const account = await world.newAccount();
    const user = newUser();
    const first = await begin(user);
    const second = await begin(user);
    expect(first.cookie.split("=")[0]).not.toBe(second.cookie.split("=")[0]);
    const cookie = `${first.cookie}; ${second.cookie}`;
    for (const flow of [first, second]) {
      const done = await world.fetch(await consentAt(flow.authorize, account), { headers: { cookie } });
      expect(done.status).toBe(200);
    }
    expect(await connectionsOf(user)).toHaveLength(1);
  });
});

describe("the way back", () => {
  it("makes a working connection: tokens sealed, pushes subscribed, first sync under way", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    expect(await connectionsOf(user)).toEqual([
      expect.objectContaining({
        id: connectionId,
        userId: user,
        provider: "fitbit",
        providerUserId,
        status: "active",
        missingScopes: [],
        message: null,
      }),
    ]);
    const row = (await rowsOf("connections")).find(({ id }) => id === connectionId);
    expect(String(row?.tokens)).toMatch(/^v1\.local-1\./);
    const calls = await world.calls(providerUserId);
    const posts = calls.filter((call) => call.method === "POST" && call.path.includes("apiSubscriptions"));
    expect(posts.map((call) => call.status)).toEqual([201, 201]);
  });

  it("says what a user goes without when they leave a scope out", async () => {
    const user = newUser();
    const account = await world.newAccount();
    const response = await world.consent(user, account, { scopes: ["activity", "profile"] });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain("without heart rate");
    expect(text).toContain("without a route");
    const [connection] = await connectionsOf(user);
    expect(connection).toMatchObject({
      status: "active",
      grantedScopes: ["activity", "profile"],
      missingScopes: ["heartrate", "location", "settings"],
    });
  });

  it("says that consent was denied, and keeps nothing", async () => {
    const user = newUser();
    const response = await world.consent(user, await world.newAccount(), { decision: "deny" });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("was not connected");
    expect(await connectionsOf(user)).toEqual([]);
  });

  it("returns the user to FitGlue, connected or denied", async () => {
    const returnUrl = "http://127.0.0.1:3000/done?tab=fitbit";
    const user = newUser();
    const account = await world.newAccount();
    const denied = await world.consent(user, account, { decision: "deny", link: { returnUrl } });
    expect(denied.status).toBe(303);
    expect(denied.headers.get("location")).toBe("http://127.0.0.1:3000/done?tab=fitbit&status=denied");
    const connected = await world.consent(user, account, { link: { returnUrl } });
    const [connection] = await connectionsOf(user);
    expect(connected.headers.get("location")).toBe(
      `http://127.0.0.1:3000/done?tab=fitbit&status=connected&connectionId=${connection?.id}`,
    );
  });

  it("takes a state once", async () => {
    const user = newUser();
    const { authorize, cookie } = await begin(user);
    const callback = await consentAt(authorize, await world.newAccount());
    expect((await world.fetch(callback, { headers: { cookie } })).status).toBe(200);
    const again = await world.fetch(callback, { headers: { cookie } });
    expect(again.status).toBe(400);
    expect(await again.text()).toContain("completed already");
  });

  it("takes away the cookie of the flow that ended", async () => {
    const { authorize, cookie } = await begin(newUser());
    const done = await world.fetch(await consentAt(authorize, await world.newAccount()), {
      headers: { cookie },
    });
    expect(done.headers.get("set-cookie")).toContain(`${cookie.split("=")[0]}=;`);
    expect(done.headers.get("set-cookie")).toContain("Max-Age=0");
  });

  it.each([
    ["no cookie", () => ({})],
    [
      "a cookie of the right name with another value",
      (name: string) => ({ cookie: `${name}=${"A".repeat(43)}` }),
    ],
  ])(
    "refuses another browser than the one that began, with %s, and spends the state on it",
    async (_name, stolen) => {
      const user = newUser();
      const { authorize, cookie } = await begin(user);
      const callback = await consentAt(authorize, await world.newAccount());
      const headers: Record<string, string> = stolen(cookie.split("=")[0] ?? "");
      const response = await world.fetch(callback, { headers });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("another browser");
      expect((await world.fetch(callback, { headers: { cookie } })).status).toBe(400);
      expect(await connectionsOf(user)).toEqual([]);
    },
  );

  it("refuses the cookie of another flow", async () => {
    const user = newUser();
    const mine = await begin(user);
    const other = await begin(newUser());
    const callback = await consentAt(mine.authorize, await world.newAccount());
    expect((await world.fetch(callback, { headers: { cookie: other.cookie } })).status).toBe(400);
    expect(await connectionsOf(user)).toEqual([]);
  });

  it("refuses a state after ten minutes", async () => {
    const user = newUser();
    const { authorize, cookie } = await begin(user);
    const callback = await consentAt(authorize, await world.newAccount());
    await world.control("POST", "/sim/clock", { advanceSeconds: 601 });
    expect((await world.fetch(callback, { headers: { cookie } })).status).toBe(400);
    expect(await connectionsOf(user)).toEqual([]);
  });

  it.each([
    ["no state", "?code=abc"],
    ["an empty state", "?code=abc&state="],
    ["a made-up state", "?code=abc&state=made-up"],
  ])("refuses %s", async (_name, query) => {
    expect((await world.fetch(`/oauth/fitbit/callback${query}`)).status).toBe(400);
  });

  it("is no page for a provider that is not offered", async () => {
    for (const provider of ["strava", "garmin"]) {
      expect((await world.fetch(`/oauth/${provider}/callback?code=a&state=b`)).status).toBe(404);
    }
  });

  it.each([
    ["a code that the provider does not know", (url: URL) => url.searchParams.set("code", "made-up"), 502],
    ["no code", (url: URL) => url.searchParams.delete("code"), 400],
    ["another error than denial", (url: URL) => url.searchParams.set("error", "server_error"), 400],
  ])("says so for %s, and connects nothing", async (_name, change, status) => {
    const user = newUser();
    const { authorize, cookie } = await begin(user);
    const callback = new URL(await consentAt(authorize, await world.newAccount()));
    change(callback);
    const response = await world.fetch(callback.href, { headers: { cookie } });
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain("made-up");
    expect(await connectionsOf(user)).toEqual([]);
  });

  it("says so when the provider does not answer, and offers the way back", async () => {
    const user = newUser();
    const { authorize, cookie } = await begin(user, { returnUrl: "http://127.0.0.1:3000/" });
    const callback = await consentAt(authorize, await world.newAccount());
    await world.faults({ fault: "503", path: "/oauth2/token", count: 5 });
    const response = await world.fetch(callback, { headers: { cookie } });
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("http://127.0.0.1:3000/?status=failed");
    expect(await connectionsOf(user)).toEqual([]);
  });

  it("keeps a connection whose subscription failed, and says what that means", async () => {
    const user = newUser();
    const account = await world.newAccount();
    await world.faults({ fault: "503", path: "apiSubscriptions", count: 20 });
    expect((await world.consent(user, account)).status).toBe(200);
    const [connection] = await connectionsOf(user);
    expect(connection).toMatchObject({ status: "active", message: expect.stringContaining("once a day") });
    await world.faults();
    expect((await world.consent(user, account)).status).toBe(200);
    expect((await connectionsOf(user))[0]).toMatchObject({ status: "active", message: null });
  });

  it("asks again for pushes that the provider refused, until they come", async () => {
    const user = newUser();
    const account = await world.newAccount();
    await world.faults({ fault: "503", path: "apiSubscriptions" });
    await world.consent(user, account);
    await world.quiet(account);
    await world.pass(6 * 60, account);
    await world.quiet(account);
    expect((await connectionsOf(user))[0]).toMatchObject({ message: expect.stringContaining("asked again") });
    await world.faults();
    await world.pass(21 * 60, account);
    await world.until(async () => expect((await connectionsOf(user))[0]).toMatchObject({ message: null }));
    await world.record(account, { durationSeconds: 300 });
    await world.push(account);
    await world.untilFeed(user, 1);
  });
});

describe("one account, one user", () => {
  it("refuses an account that another user holds, and harms neither", async () => {
    const holder = newUser();
    const { connectionId, providerUserId } = await world.connect(holder);
    const other = newUser();
    const response = await world.consent(other, providerUserId, {
      link: { returnUrl: "http://127.0.0.1:3000/" },
    });
    expect(response.status).toBe(409);
    const text = await response.text();
    expect(text).toContain("is taken");
    expect(text).toContain("status=held");
    expect(text).not.toContain(holder);
    expect(await connectionsOf(other)).toEqual([]);
    expect(await world.calls(providerUserId, "revoke")).toEqual([]);
    // The holder's own refresh token died with the second consent; the new pair is theirs now, and works.
    await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
    const window = heartRateWindow();
    await world.api(`/v1/users/${holder}/heart-rate?${window}`);
    expect((await connectionsOf(holder))[0]).toMatchObject({ id: connectionId, status: "active" });
  });

  it("leaves the connection that a user has, when they try a taken account", async () => {
    const { providerUserId: taken } = await world.connect(newUser());
    const user = newUser();
    const { connectionId } = await world.connect(user);
    expect((await world.consent(user, taken)).status).toBe(409);
    expect(await connectionsOf(user)).toEqual([
      expect.objectContaining({ id: connectionId, status: "active" }),
    ]);
  });

  it("gives the account free once its holder disconnects", async () => {
    const { connectionId, providerUserId } = await world.connect(newUser());
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    const next = newUser();
    expect((await world.consent(next, providerUserId)).status).toBe(200);
    expect(await connectionsOf(next)).toEqual([
      expect.objectContaining({ status: "active", providerUserId }),
    ]);
  });

  it("replaces a user's connection when they connect another account", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    const another = await world.newAccount();
    expect((await world.consent(user, another)).status).toBe(200);
    const connections = await connectionsOf(user);
    expect(connections).toHaveLength(2);
    expect(connections.find(({ id }) => id === connectionId)).toMatchObject({
      status: "disconnected",
      message: expect.stringContaining("Replaced"),
    });
    expect(connections.find(({ id }) => id !== connectionId)).toMatchObject({
      status: "active",
      providerUserId: another,
    });
    const calls = await world.calls(providerUserId);
    expect(calls.some((call) => call.path.includes("/oauth2/revoke") && call.status === 200)).toBe(true);
  });

  it("takes up the same connection when the user comes back", async () => {
    const user = newUser();
    const { connectionId, providerUserId } = await world.connect(user);
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    expect((await world.consent(user, providerUserId)).status).toBe(200);
    expect(await connectionsOf(user)).toEqual([
      expect.objectContaining({ id: connectionId, status: "active", message: null }),
    ]);
  });
});

function heartRateWindow(): string {
  const end = new Date(world.now() - 3_600_000);
  const start = new Date(end.getTime() - 600_000);
  return new URLSearchParams({ start: start.toISOString(), end: end.toISOString() }).toString();
}

describe("after the consent", () => {
  /** The callback as the Worker gets it, with changed bindings. */
  async function callBack(user: string, account: string, changed: Partial<Env>) {
    const { authorize, cookie } = await begin(user);
    return send(await consentAt(authorize, account), { headers: { cookie } }, changed);
  }

  it("asks for a first sync, and for the history that every new connection is promised", async () => {
    const user = newUser();
    const account = await world.newAccount();
    const queue = recordingQueue();
    expect((await callBack(user, account, { SYNC: queue, BACKFILL_DAYS: "30" })).status).toBe(200);
    const now = world.now();
    expect(queue.sent).toMatchObject([
      { account: `fitbit:${account}`, work: { kind: "sync", trigger: "connect" } },
      { account: `fitbit:${account}`, work: { kind: "backfill", runId: expect.stringMatching(/^run_/) } },
    ]);
    const { since, until } = (queue.sent[1] as { work: { since: number; until: number } }).work;
    expect(until - since).toBe(30 * 86_400_000);
    expect(Math.abs(until - now)).toBeLessThan(60_000);
    const { syncRuns } = await world.api<{ syncRuns: unknown[] }>(`/v1/sync-runs?userId=${user}`);
    expect(syncRuns).toMatchObject([{ trigger: "backfill", status: "queued" }]);
  });

  it("does not lose the first sync when the queue refuses it", async () => {
    const account = await world.newAccount();
    expect((await callBack(newUser(), account, { SYNC: refusingQueue() })).status).toBe(200);
    expect(await world.listCalls(account)).toBe(0);
    await world.pass(61, account);
    await world.until(async () => expect(await world.listCalls(account)).toBeGreaterThan(0));
  });
});

describe("on a public address", () => {
  const changed: Partial<Env> = {
    PUBLIC_URL: "https://source.example",
    FITBIT_API_URL: "https://api.fitbit.com",
    FITBIT_AUTHORIZE_URL: "https://www.fitbit.com/oauth2/authorize",
    FITBIT_CLIENT_ID: "23ABCD",
    FITBIT_CLIENT_SECRET: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    FITBIT_VERIFICATION_CODE: "a-code-of-our-own",
    GOOGLE_HEALTH_API_URL: "https://health.googleapis.com",
    GOOGLE_OAUTH_URL: "https://oauth2.googleapis.com",
    GOOGLE_HEALTH_KEYSET_URL: "https://www.gstatic.com/keyset.json",
    GOOGLE_CLIENT_ID: "1234567890-abc.apps.googleusercontent.com",
    GOOGLE_CLIENT_SECRET: "a-google-secret-of-our-own",
    GOOGLE_WEBHOOK_SECRETS: "Bearer a-webhook-secret-of-our-own",
    API_KEYS: JSON.stringify([{ name: "fitglue", sha256: "a".repeat(64), scopes: ["read"] }]),
    TOKEN_KEYS: JSON.stringify([{ id: "2026-11", key: btoa("k".repeat(32)) }]),
    SESSION_SECRET: "a-session-secret-that-nobody-else-knows",
  };

  it("the cookie is bound to this host and to https, and is understood on the way back", async () => {
    const path = new URL((await newLink(newUser())).url).pathname;
    const response = await send(`https://source.example${path}`, { method: "POST" }, changed);
    expect(response.status).toBe(303);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^__Host-connect-[0-9a-f]{16}=/);
    expect(cookie).toContain("Secure");
    expect(cookie).toContain("Path=/");
    expect(cookie).not.toContain("Domain");
    const authorize = new URL(response.headers.get("location") ?? "");
    expect(authorize.searchParams.get("redirect_uri")).toBe("https://source.example/oauth/fitbit/callback");
    const callback = `https://source.example/oauth/fitbit/callback?error=access_denied&state=${authorize.searchParams.get("state")}`;
    const back = await send(callback, { headers: { cookie: cookieOf(response) } }, changed);
    expect(back.status).toBe(200);
    expect(await back.text()).toContain("was not connected");
  });

  it("the page may lead to the provider and nowhere without https", async () => {
    const path = new URL((await newLink(newUser())).url).pathname;
    const response = await send(`https://source.example${path}`, {}, changed);
    expect(response.headers.get("content-security-policy")).toContain(
      "form-action 'self' https://www.fitbit.com https:;",
    );
  });
});

describe("no secret comes out", () => {
  it("neither in a page, a log line, a row, nor the account's object", async () => {
    const user = newUser();
    const logged: unknown[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...line: unknown[]) => void logged.push(line));
    }
    const tokens: string[] = [];
    world.intercept = (request) => {
      if (!request.url.includes("/oauth2/token")) return null;
      return world.simulator.fetch(request).then(async (response) => {
        const body = (await response.clone().json()) as { access_token: string; refresh_token: string };
        tokens.push(body.access_token, body.refresh_token);
        return response;
      });
    };
    const { authorize, cookie } = await begin(user);
    const account = await world.newAccount();
    const callback = await consentAt(authorize, account);
    const response = await world.fetch(callback, { headers: { cookie } });
    const page = `${await response.text()}${JSON.stringify([...response.headers])}`;
    const rows = JSON.stringify(
      await Promise.all(["connections", "authorizations", "connect_links", "sync_runs"].map(rowsOf)),
    );
    const kept = await runInDurableObject(world.account(account), async (_object, state) => {
      const tables = [
        ...state.storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'"),
      ];
      return tables.map(({ name }) => [...state.storage.sql.exec(`SELECT * FROM "${name}"`)]);
    });
    const stored = JSON.stringify(kept);
    expect(stored).toContain("v1.local-1.");
    const lines = JSON.stringify(logged);
    expect(lines).toContain("connect.connected");
    expect(tokens).toHaveLength(2);
    const secrets = [
      ...tokens,
      new URL(callback).searchParams.get("code") ?? "",
      exampleSecretValues.FITBIT_CLIENT_SECRET,
    ];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(10);
      expect(page).not.toContain(secret);
      expect(rows).not.toContain(secret);
      expect(stored).not.toContain(secret);
      expect(lines).not.toContain(secret);
    }
  });
});
