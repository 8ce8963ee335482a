// Who gets into the portal and what a session may do: a link that scanners cannot burn, a cookie that nobody can make, forms
// that only their own page can send, and other users' pages, which look as if they did not exist.

import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Configuration, readConfiguration } from "../../src/kernel/configuration.ts";
import { openOperatorSession, readOperatorSession } from "../../src/portal/session.ts";
import { newBrowser, newPortalLink, openPortal, type PortalClient } from "./portal-session.ts";
import { api, keyWith, problemOf, send } from "./request.ts";
import { userWithRun } from "./user-with-runs.ts";
import { simulatorUrl, World } from "./world.ts";

// One world for the whole file: its accounts are its own, and time only goes forward.
const world = new World(32);
afterEach(() => world.faults());

const otherSecret = "another-secret-that-is-long-enough-for-this";

/** Everything that a form could have changed. */
async function storedState(): Promise<string> {
  const tables = ["connections", "sync_runs", "authorizations", "activities", "portal_links"];
  const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return JSON.stringify(rows.map(({ results }) => results));
}

describe("a portal link", () => {
  it("is opened ten times by programs that look into mails, and works for the user after that", async () => {
    const { path } = await newPortalLink(world, "scanned");
    for (let look = 0; look < 10; look++) {
      const response = await world.fetch(path, { method: look % 2 === 0 ? "GET" : "HEAD" });
      expect(response.status).toBe(200);
      expect(response.headers.get("set-cookie")).toBeNull();
    }
    const portal = newBrowser(world);
    expect((await portal.get(path)).text).toContain("<strong>scanned</strong>");
    const opened = await portal.post(path);
    expect([opened.status, opened.location]).toEqual([303, "/portal/connections"]);
    expect((await portal.get("/portal/connections")).status).toBe(200);
  });

  it("opens one session, also when it is used twice at the same moment", async () => {
    const { path } = await newPortalLink(world, "twice-at-once");
    const both = await Promise.all([newBrowser(world).post(path), newBrowser(world).post(path)]);
    expect(both.map(({ status }) => status).sort()).toEqual([303, 404]);
    expect(both.filter(({ headers }) => headers.has("set-cookie"))).toHaveLength(1);
    const again = await newBrowser(world).post(path);
    expect(again.status).toBe(404);
    expect(again.text).toContain("It has been used, or it was never made");
  });

  it("works for ten minutes, and says so afterwards", async () => {
    const early = await newPortalLink(world, "early");
    const late = await newPortalLink(world, "late");
    await world.control("POST", "/sim/clock", { advanceSeconds: 595 });
    expect((await newBrowser(world).post(early.path)).status).toBe(303);
    await world.control("POST", "/sim/clock", { advanceSeconds: 6 });
    for (const answer of [await newBrowser(world).get(late.path), await newBrowser(world).post(late.path)]) {
      expect(answer.status).toBe(410);
      expect(answer.text).toContain("works for 10 minutes");
      expect(answer.headers.has("set-cookie")).toBe(false);
    }
  });

  it.each([
    ["another website", { "sec-fetch-site": "cross-site" }],
    ["a neighbour's domain", { "sec-fetch-site": "same-site" }],
    ["an old browser on another website", { "sec-fetch-site": "", origin: "https://evil.example" }],
  ])("is not used up by a form that comes from %s", async (_from, headers: Record<string, string>) => {
    const { path } = await newPortalLink(world, "not-burnt");
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));
    const foreign = await world.fetch(path, { method: "POST", headers: sent });
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get("set-cookie")).toBeNull();
    expect((await newBrowser(world).post(path)).status).toBe(303);
  });

  it("that was never made is a page that says so", async () => {
    const answer = await newBrowser(world).get("/portal/open/0123456789abcdefghjkmnpqrs");
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("This link does not work");
  });

  it("takes the place of the session that a browser had", async () => {
    const portal = await openPortal(world, "first-user");
    expect((await portal.get("/portal/connections")).text).toContain(">first-user<");
    await portal.post((await newPortalLink(world, "second-user")).path);
    expect((await portal.get("/portal/connections")).text).toContain(">second-user<");
  });

  it("stands in the database only as a hash", async () => {
    const { path } = await newPortalLink(world, "hashed");
    const token = path.split("/").at(-1) ?? "";
    expect(token).toMatch(/^[0-9a-z]{26}$/);
    expect(await storedState()).not.toContain(token);
  });
});

describe("whoever asks for a portal link", () => {
  it.each([[["read"]], [["read", "connect"]], [["connect", "erase"]], [["operate"]]])(
    "needs a key that may do all that the user may: %s is not enough",
    async (scopes) => {
      const { key, changed } = await keyWith(...scopes);
      const response = await api("/v1/portal-links", { method: "POST", body: { userId: "u" }, key }, changed);
      expect(response.status).toBe(403);
      expect(await problemOf(response)).toMatchObject({ code: "insufficient_scope" });
    },
  );

  it("gets one with read, connect and erase, which ends in ten minutes", async () => {
    const { key, changed } = await keyWith("read", "connect", "erase");
    const response = await api("/v1/portal-links", { method: "POST", body: { userId: "u" }, key }, changed);
    expect(response.status).toBe(201);
    const { url, expiresAt } = (await response.json()) as { url: string; expiresAt: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/portal\/open\/[0-9a-z]{26}$/);
    expect(Math.abs(Date.parse(expiresAt) - world.now() - 600_000)).toBeLessThan(5000);
  });

  it.each([
    ["no user", {}],
    ["a user id with a space", { userId: "a b" }],
    ["a user id of 129 characters", { userId: "u".repeat(129) }],
    ["a field that there is not", { userId: "u", lifetime: 9e9 }],
    ["a list", []],
  ])("is told what is wrong with %s", async (_what, body) => {
    const response = await api("/v1/portal-links", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_request" });
  });

  it("needs a key at all", async () => {
    const response = await send("/v1/portal-links", { method: "POST", body: `{"userId":"u"}` });
    expect(response.status).toBe(401);
  });
});

describe("the session's cookie", () => {
  it("is kept from scripts and from other sites' forms, and ends after 12 hours", async () => {
    const { path } = await newPortalLink(world, "local-cookie");
    const cookie = (await newBrowser(world).post(path)).headers.get("set-cookie") ?? "";
    const [pair, ...attributes] = cookie.split("; ");
    expect(pair).toMatch(/^fitglue-user=/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax"]);
  });

  it("is bound to this host and to https wherever the service is deployed", async () => {
    const { path } = await newPortalLink(world, "deployed-cookie");
    const opened = await send(`https://source.example${path}`, { method: "POST" }, deployed);
    expect(opened.status).toBe(303);
    const [pair = "", ...attributes] = (opened.headers.get("set-cookie") ?? "").split("; ");
    expect(pair).toMatch(/^__Host-fitglue-user=/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"]);
    const page = await send(
      "https://source.example/portal/connections",
      { headers: { cookie: pair } },
      deployed,
    );
    expect(page.status).toBe(200);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(formTargetsOf(policy)).toEqual([
      "'self'",
      "https://accounts.google.com",
      "https://www.fitbit.com",
      "https:",
    ]);
    const token = /name="formToken" value="([^"]*)"/.exec(await page.text())?.[1] ?? "";
    const out = await send(
      "https://source.example/portal/sign-out",
      {
        method: "POST",
        headers: { cookie: pair, "sec-fetch-site": "same-origin" },
        body: new URLSearchParams({ formToken: token }),
      },
      deployed,
    );
    // A browser takes a `__Host-` cookie back only by one with the same attributes.
    expect(out.headers.get("set-cookie")).toMatch(/^__Host-fitglue-user=; Max-Age=0; Path=\/; Secure/);
  });

  it("opens nothing after 12 hours, and until then it does", async () => {
    const portal = await openPortal(world, "twelve-hours");
    await world.control("POST", "/sim/clock", { advanceSeconds: 12 * 3600 - 30 });
    expect((await portal.get("/portal/connections")).status).toBe(200);
    await world.control("POST", "/sim/clock", { advanceSeconds: 31 });
    const after = await portal.get("/portal/connections");
    expect(after.status).toBe(401);
    expect(after.text).toContain("You are not signed in here");
    expect((await portal.post("/portal/connect", { provider: "fitbit" })).status).toBe(401);
  });

  it.each<[string, (value: string) => string]>([
    ["without its signature", (value) => value.slice(0, value.lastIndexOf("."))],
    ["with another user's name in it", (value) => value.replace("forger", "victim")],
    ["cut short", (value) => value.slice(0, -10)],
    ["with one character of its signature changed", (value) => `${value.slice(0, -8)}AAAA${value.slice(-4)}`],
    ["that is no text of ours", () => "x.y"],
    ["that is empty", () => ""],
  ])("%s opens nothing", async (_how, change) => {
    const portal = await openPortal(world, "forger");
    const value = portal.cookies.get("fitglue-user") ?? "";
    expect(value).toContain("forger");
    portal.cookies.set("fitglue-user", change(value));
    expect((await portal.get("/portal/connections")).status).toBe(401);
    portal.cookies.set("fitglue-user", value);
    expect((await portal.get("/portal/connections")).status).toBe(200);
  });

  it("signed with another secret opens nothing", async () => {
    const { path } = await newPortalLink(world, "other-secret");
    const opened = await send(path, { method: "POST" }, { SESSION_SECRET: otherSecret });
    const cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const theirs = { headers: { cookie } };
    expect((await send("/portal/connections", theirs, { SESSION_SECRET: otherSecret })).status).toBe(200);
    expect((await send("/portal/connections", theirs)).status).toBe(401);
  });

  it("of a user is no operator's, and an operator's is no user's, although one secret signs both", async () => {
    const portal = await openPortal(world, "user-not-operator");
    const asUser = portal.cookies.get("fitglue-user") ?? "";
    const configuration = readValid();
    const key = configuration.apiKeys.find(({ scopes }) => scopes.includes("operate"));
    if (key === undefined) throw new Error("the local key may operate");
    const app = new Hono()
      .post("/", async (c) => {
        await openOperatorSession({ c, configuration }, key);
        return c.text("");
      })
      .get("/", async (c) => c.json((await readOperatorSession({ c, configuration }))?.keyName ?? null));
    const opened = await app.request("/", { method: "POST" });
    const operatorPair = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(await (await app.request("/", { headers: { cookie: operatorPair } })).json()).toBe(key.name);

    const userAsOperator = { headers: { cookie: `fitglue-operator=${asUser}` } };
    expect(await (await app.request("/", userAsOperator)).json()).toBeNull();
    portal.cookies.set("fitglue-user", operatorPair.slice(operatorPair.indexOf("=") + 1));
    expect((await portal.get("/portal/connections")).status).toBe(401);
  });

  it("ends with signing out", async () => {
    const portal = await openPortal(world, "signs-out");
    const out = await portal.post("/portal/sign-out");
    expect([out.status, out.location]).toEqual([303, "/portal/signed-out"]);
    expect(portal.cookies.size).toBe(0);
    const goodbye = await portal.get(out.location);
    expect([goodbye.status, goodbye.text.includes("You are signed out")]).toEqual([200, true]);
    for (const path of ["/portal", "/portal/connections", "/portal/history", "/portal/made-up"]) {
      expect((await portal.get(path)).status, path).toBe(401);
    }
  });
});

describe("with two users", () => {
  let own: PortalClient;
  let ownConnection = "";
  let foreignConnection = "";
  let foreignActivity = "";

  beforeAll(async () => {
    ownConnection = (await userWithRun(world, "own")).connectionId;
    const foreign = await userWithRun(world, "foreign");
    foreignConnection = foreign.connectionId;
    foreignActivity = foreign.change.activity.id;
    own = await openPortal(world, "own");
    await world.quiet();
  });

  const forms: [path: string, fields: Record<string, string>][] = [
    ["/portal/connect", { provider: "google-health" }],
    ["/portal/connections/ID/sync", {}],
    ["/portal/connections/ID/backfill", { since: "2026-01-01" }],
    ["/portal/connections/ID/disconnect", {}],
    ["/portal/connections/ID/erase", { understood: "yes" }],
    ["/portal/sign-out", {}],
  ];

  describe.each(forms)("the form to %s", (pattern, fields) => {
    const path = () => pattern.replace("ID", ownConnection);

    it.each<[string, Record<string, string>, () => Promise<Record<string, string>>]>([
      ["without its token", {}, async () => ({ formToken: "" })],
      ["with a token of nobody's", {}, async () => ({ formToken: "0".repeat(64) })],
      [
        "with another session's token, of the same user",
        {},
        async () => {
          const other = await openPortal(world, "own");
          await other.get("/portal/connections");
          return { formToken: other.formToken() };
        },
      ],
      ["from another website", { "sec-fetch-site": "cross-site" }, async () => ({})],
      ["from a neighbour's domain", { "sec-fetch-site": "same-site" }, async () => ({})],
    ])("does nothing %s", async (_how, headers, changed) => {
      await own.get("/portal/connections");
      const sent = { ...fields, ...(await changed()) };
      const before = await storedState();
      const answer = await own.post(path(), sent, headers);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain("Nothing was done");
      expect(answer.headers.has("set-cookie")).toBe(false);
      expect(await storedState()).toBe(before);
    });

    it("does nothing by a GET", async () => {
      const before = await storedState();
      expect([200, 404]).toContain((await own.get(path())).status);
      expect(await storedState()).toBe(before);
    });

    it("does nothing without a session", async () => {
      const before = await storedState();
      expect((await newBrowser(world).post(path(), fields)).status).toBe(401);
      expect(await storedState()).toBe(before);
    });

    it("takes no more than 16 KiB", async () => {
      const answer = await own.post(path(), { ...fields, more: "x".repeat(16 * 1024) });
      expect(answer.status).toBe(413);
      expect(answer.headers.get("content-type")).toContain("text/html");
    });
  });

  it("another's connection and activity are the same 404 as an id that does not exist", async () => {
    await own.get("/portal/connections");
    const pages: [method: "get" | "post", pattern: string, fields?: Record<string, string>][] = [
      ["get", "/portal/connections/CON/disconnect"],
      ["get", "/portal/connections/CON/erase"],
      ["post", "/portal/connections/CON/sync"],
      ["post", "/portal/connections/CON/backfill", { since: "2026-01-01" }],
      ["post", "/portal/connections/CON/disconnect"],
      ["post", "/portal/connections/CON/erase", { understood: "yes" }],
      ["get", "/portal/activities/ACT"],
      ["get", "/portal/activities/ACT/document.json"],
      ["get", "/portal/activities/ACT/original.tcx"],
    ];
    const before = await storedState();
    for (const [method, pattern, fields] of pages) {
      const visit = (connection: string, activity: string) => {
        const path = pattern.replace("CON", connection).replace("ACT", activity);
        return method === "get" ? own.get(path) : own.post(path, fields);
      };
      const foreign = await visit(foreignConnection, foreignActivity);
      const unknown = await visit("con_00000000000000000000000000", "act_00000000000000000000000000");
      expect(foreign.status, pattern).toBe(404);
      expect(foreign.text, pattern).toContain("There is nothing here");
      expect(foreign.text, pattern).toBe(unknown.text);
      expect([...foreign.headers], pattern).toEqual([...unknown.headers]);
    }
    expect(await storedState()).toBe(before);
  });

  it("neither page shows anything of the other's", async () => {
    for (const path of ["/portal/connections", "/portal/history"]) {
      const { text } = await own.get(path);
      expect(text).not.toContain(foreignConnection);
      expect(text).not.toContain(foreignActivity);
    }
  });

  it("every page allows no script and no style but our own, no frame, no cache, no referrer", async () => {
    const { path } = await newPortalLink(world, "own");
    const [activity] = await world.feed("own");
    const stranger = newBrowser(world);
    const pages = [
      await stranger.get(path),
      await stranger.get("/portal/open/none"),
      await stranger.get("/portal/connections"),
      await stranger.get("/portal/signed-out"),
      await own.get("/portal/connections"),
      await own.get(`/portal/connections/${ownConnection}/disconnect`),
      await own.get(`/portal/connections/${ownConnection}/erase`),
      await own.get("/portal/history"),
      await own.get(`/portal/activities/${activity?.activity.id}`),
      await own.get("/portal/made-up"),
      await own.post(`/portal/connections/${ownConnection}/backfill`, { since: "nonsense" }),
    ];
    for (const { headers, text, status } of pages) {
      const title = `${status} ${/<title>([^<]*)/.exec(text)?.[1]}`;
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy, title).toContain("default-src 'none'");
      expect(policy, title).not.toContain("unsafe");
      expect(policy, title).not.toMatch(/script-src (?!'self'(;|$))/);
      expect(policy, title).toContain("frame-ancestors 'none'");
      expect(policy, title).toContain("base-uri 'none'");
      expect(headers.get("cache-control"), title).toBe("no-store");
      expect(headers.get("referrer-policy"), title).toBe("no-referrer");
      expect(headers.get("x-content-type-options"), title).toBe("nosniff");
      expect(text, title).not.toMatch(/ style=| on[a-z]+=|<script(?! type="module" src="\/)|<style/);
    }
  });

  it("a form may lead to both providers from Connections, and nowhere else from any other page", async () => {
    const formTargets = async (path: string) =>
      formTargetsOf((await own.get(path)).headers.get("content-security-policy") ?? "");
    // The simulator stands for both here; the deployed cookie's test names the real ones.
    expect(await formTargets("/portal/connections")).toEqual(["'self'", simulatorUrl, "https:"]);
    expect(await formTargets("/portal/history")).toEqual(["'self'"]);
    expect(await formTargets(`/portal/connections/${ownConnection}/erase`)).toEqual(["'self'"]);
  });

  it("what fails is a page of its own, with the way back", async () => {
    const answer = await own.post(`/portal/connections/${ownConnection}/backfill`, { since: "31.12.2025" });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("Choose the day that history begins with.");
    expect(answer.text).toContain(`href="/portal/connections"`);
  });
});

describe("the log", () => {
  it("holds no link, no cookie and no form token", async () => {
    const lines: string[] = [];
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...parts) => void lines.push(parts.join(" "))),
    );
    const { path } = await newPortalLink(world, "logged");
    const portal = newBrowser(world);
    await portal.get(path);
    await portal.post(path);
    const cookie = portal.cookies.get("fitglue-user") ?? "";
    await portal.connect(await world.newAccount());
    const { formToken } = portal;
    await portal.post("/portal/sign-out");
    await portal.post(path);
    await world.quiet();
    for (const spy of spies) spy.mockRestore();
    const said = lines.join("\n");
    expect(said).toContain("connect.connected");
    for (const secret of [path.split("/").at(-1) ?? "", cookie.split(".").at(-1) ?? "", formToken()]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(said).not.toContain(secret);
    }
  });
});

/** As on a public address, where nothing of the checked-in examples is accepted. */
const deployed: Partial<Env> = {
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

/** Where a page's forms may lead. */
function formTargetsOf(policy: string): string[] {
  return /form-action ([^;]*)/.exec(policy)?.[1]?.split(" ") ?? [];
}

function readValid(): Configuration {
  const result = readConfiguration(env);
  if (!result.ok) throw new Error("the test's configuration is valid");
  return result.configuration;
}
