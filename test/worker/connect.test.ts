// The way back from the provider, and everything that can go wrong on it without harm to anybody: another browser, a second time,
// an account that somebody else holds, a provider that does not answer.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { providerNames } from "../../src/kernel/ids.ts";
import { connectFlow, rowsOf } from "./connect-flow.ts";
import { recordingQueue, refusingQueue, send } from "./request.ts";
import { World } from "./world.ts";

/** Fitbit wants two subscriptions for each user; at Google one subscriber stands for everybody who consents. */
const subscriptions = { fitbit: [201, 201], "google-health": [] } as const;
const clientSecret = {
  fitbit: exampleSecretValues.FITBIT_CLIENT_SECRET,
  "google-health": exampleSecretValues.GOOGLE_CLIENT_SECRET,
} as const;

describe.each(providerNames)("at %s", (provider) => {
  // One world for the whole file: its accounts are its own, and time only goes forward.
  const world = new World(7, provider);
  const { begin, consentAt, connectionsOf, newUser } = connectFlow(world);
  afterEach(async () => {
    world.intercept = () => null;
    await world.faults();
  });

  describe("the way back", () => {
    it("makes a working connection: tokens sealed, pushes subscribed, first sync under way", async () => {
      const user = newUser();
      const { connectionId, providerUserId } = await world.connect(user);
      expect(await connectionsOf(user)).toEqual([
        expect.objectContaining({
          id: connectionId,
          userId: user,
          provider,
          providerUserId,
          status: "active",
          missingScopes: [],
          message: null,
        }),
      ]);
      const row = (await rowsOf("connections")).find(({ id }) => id === connectionId);
      expect(String(row?.tokens)).toMatch(/^v1\.local-1\./);
      const calls = await world.calls(providerUserId);
      const subscribed = calls.filter((call) => call.method === "POST" && /subscri/i.test(call.path));
      expect(subscribed.map((call) => call.status)).toEqual(subscriptions[provider]);
    });

    it("says what a user goes without when they leave a scope out", async () => {
      const user = newUser();
      const account = await world.newAccount();
      const response = await world.consent(user, account, { scopes: ["activity"] });
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain("without heart rate");
      expect(text).toContain("without a route");
      const [connection] = await connectionsOf(user);
      expect(connection).toMatchObject({
        status: "active",
        grantedScopes: ["activity"],
        // Google is asked for no more than activities are made of.
        missingScopes: ["heartrate", "location", ...(provider === "fitbit" ? ["profile", "settings"] : [])],
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
      const page = await again.text();
      expect(page).toContain("<h1>This attempt to connect has ended</h1>");
      expect(page).toContain("completed already");
      // It worked: whoever reloads the page of that must not read that it did not.
      expect(page).not.toContain("Nothing was connected");
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
      expect((await world.fetch(`/oauth/${provider}/callback${query}`)).status).toBe(400);
    });

    it("is no page for a provider that is not offered", async () => {
      for (const other of ["strava", "garmin"]) {
        expect((await world.fetch(`/oauth/${other}/callback?code=a&state=b`)).status).toBe(404);
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
      await world.faults({ fault: "503", path: world.paths.token, count: 5 });
      const response = await world.fetch(callback, { headers: { cookie } });
      expect(response.status).toBe(502);
      expect(await response.text()).toContain("http://127.0.0.1:3000/?status=failed");
      expect(await connectionsOf(user)).toEqual([]);
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
      // At Fitbit the holder's own refresh token died with the second consent, and the new pair is theirs now; at Google both
      // live beside each other, and the holder's is untouched. An access token's life later it shows.
      await world.control("POST", "/sim/clock", { advanceSeconds: 9 * 3600 });
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
      expect(calls.some((call) => call.path.includes(world.paths.revoke) && call.status === 200)).toBe(true);
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
        { account: `${provider}:${account}`, work: { kind: "sync", trigger: "connect" } },
        {
          account: `${provider}:${account}`,
          work: { kind: "backfill", runId: expect.stringMatching(/^run_/) },
        },
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

  describe("no secret comes out", () => {
    it("neither in a page, a log line, a row, nor the account's object", async () => {
      const user = newUser();
      const logged: unknown[] = [];
      for (const level of ["log", "info", "warn", "error", "debug"] as const) {
        vi.spyOn(console, level).mockImplementation((...line: unknown[]) => void logged.push(line));
      }
      const tokens: string[] = [];
      world.intercept = (request) => {
        if (!request.url.includes(world.paths.token)) return null;
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
      const secrets = [...tokens, new URL(callback).searchParams.get("code") ?? "", clientSecret[provider]];
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(10);
        expect(page).not.toContain(secret);
        expect(rows).not.toContain(secret);
        expect(stored).not.toContain(secret);
        expect(lines).not.toContain(secret);
      }
    });
  });
});

// Google has nothing to subscribe by user (its subscriber is the project's), so nothing of this can fail there.
describe("the subscriptions of a user at Fitbit", () => {
  const world = new World(9, "fitbit");
  const { connectionsOf, newUser } = connectFlow(world);

  it("keep the connection when they fail, and it says what that means", async () => {
    const user = `subscribed-${newUser()}`;
    const account = await world.newAccount();
    await world.faults({ fault: "503", path: "apiSubscriptions", count: 20 });
    expect((await world.consent(user, account)).status).toBe(200);
    const [connection] = await connectionsOf(user);
    expect(connection).toMatchObject({ status: "active", message: expect.stringContaining("once a day") });
    await world.faults();
    expect((await world.consent(user, account)).status).toBe(200);
    expect((await connectionsOf(user))[0]).toMatchObject({ status: "active", message: null });
  });

  it("are asked for again where they were refused, until pushes come", async () => {
    const user = `subscribed-${newUser()}`;
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
