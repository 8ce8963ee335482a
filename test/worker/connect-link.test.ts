// A connect link and the way to the provider, as a user's browser goes it: what it shows, how often it works, what it asks the
// provider for, and what binds the way back to this browser.

import { afterEach, describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { connectFlow, cookieOf, rowsOf } from "./connect-flow.ts";
import { send } from "./request.ts";
import { simulatorUrl, World, workerUrl } from "./world.ts";

const title = { fitbit: "Fitbit", "google-health": "Google Health" } as const;
const consentPath = { fitbit: "/oauth2/authorize", "google-health": "/o/oauth2/v2/auth" } as const;
const consentHost = {
  fitbit: "https://www.fitbit.com",
  "google-health": "https://accounts.google.com",
} as const;
const google = "https://www.googleapis.com/auth/googlehealth.";
/** What is asked for, in the order of the alphabet. */
const scopes = {
  fitbit: ["activity", "heartrate", "location", "profile", "settings"],
  "google-health": ["activity_and_fitness", "health_metrics_and_measurements", "location"].map(
    (name) => `${google}${name}.readonly`,
  ),
} as const;

describe.each(providerNames)("at %s", (provider) => {
  // One world for the whole file: its accounts are its own, and time only goes forward.
  const world = new World(7, provider);
  const { begin, consentAt, connectionsOf, newLink, newUser } = connectFlow(world);
  afterEach(async () => {
    world.intercept = () => null;
    await world.faults();
  });

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
        expect(text).toContain(title[provider]);
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
      expect(authorize.origin + authorize.pathname).toBe(`${simulatorUrl}${consentPath[provider]}`);
      const query = authorize.searchParams;
      expect(query.get("response_type")).toBe("code");
      expect(query.get("code_challenge_method")).toBe("S256");
      expect(query.get("code_challenge")).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(query.get("state")?.length).toBeGreaterThanOrEqual(43);
      expect(query.get("redirect_uri")).toBe(`${workerUrl}/oauth/${provider}/callback`);
      expect(query.get("scope")?.split(" ").sort()).toEqual(scopes[provider]);
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
      expect(authorize.searchParams.get("redirect_uri")).toBe(
        `https://source.example/oauth/${provider}/callback`,
      );
      const callback = `https://source.example/oauth/${provider}/callback?error=access_denied&state=${authorize.searchParams.get("state")}`;
      const back = await send(callback, { headers: { cookie: cookieOf(response) } }, changed);
      expect(back.status).toBe(200);
      expect(await back.text()).toContain("was not connected");
    });

    it("the page may lead to the provider and nowhere without https", async () => {
      const path = new URL((await newLink(newUser())).url).pathname;
      const response = await send(`https://source.example${path}`, {}, changed);
      expect(response.headers.get("content-security-policy")).toContain(
        `form-action 'self' ${consentHost[provider]} https:;`,
      );
    });
  });
});

describe("the way to Google", () => {
  const world = new World(8, "google-health");
  const { begin, newUser } = connectFlow(world);

  it("asks for a refresh token each time, and for no scopes of other products", async () => {
    const { searchParams: query } = (await begin(newUser())).authorize;
    expect(query.get("access_type")).toBe("offline");
    expect(query.get("prompt")).toBe("consent");
    expect(query.has("include_granted_scopes")).toBe(false);
  });
});
