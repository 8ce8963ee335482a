// What every answer has in common: configuration, keys and scopes, problems, headers, the API's own description, and what a
// local Worker offers beyond a public one.

import { describe, expect, it } from "vitest";
import { docsPage } from "../../src/api/docs-page.ts";
import type { Description } from "../../src/api/openapi.ts";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { api, bindings, keyWith, localKey, problemOf, send } from "./request.ts";

const everyRoute: [string, string][] = [
  ["GET", "/healthz"],
  ["GET", "/"],
  ["GET", "/docs"],
  ["GET", "/openapi.json"],
  ["GET", "/v1/activities"],
  ["GET", "/connect/x"],
  ["GET", "/oauth/fitbit/callback"],
  ["GET", "/webhooks/fitbit?verify=x"],
  ["POST", "/webhooks/fitbit"],
  ["POST", "/dev/tick"],
  ["GET", "/no-such-route"],
];

/** Secrets that no repository publishes, for a Worker on a public address. */
const publicSettings: Partial<Env> = {
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

describe("a Worker that is not configured answers nothing else", () => {
  const secrets = Object.keys(exampleSecretValues) as (keyof typeof exampleSecretValues)[];

  it("runs on a public address with secrets of its own", async () => {
    expect((await send("/healthz", {}, publicSettings)).status).toBe(200);
  });

  for (const name of secrets) {
    it.each([
      ["is missing", undefined],
      ["is empty", ""],
      ["is only spaces", "  "],
      ["equals the example that the repository publishes", exampleSecretValues[name]],
    ])(`names ${name} when it %s`, async (_case, value) => {
      const { [name]: _own, ...others } = publicSettings;
      const { [name]: _bound, ...rest } = bindings;
      const changed = (value === undefined ? others : { ...others, [name]: value }) as Partial<Env>;
      const response = await send("/healthz", {}, { ...rest, ...changed, [name]: value } as Partial<Env>);
      expect(response.status).toBe(503);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ code: "misconfigured", missing: [name] });
    });
  }

  it("says so on every route, whatever the key", async () => {
    for (const [method, path] of everyRoute) {
      const init = { method, headers: { authorization: `Bearer ${localKey}` } };
      const response = await send(path, init, { FITBIT_CLIENT_SECRET: "" });
      expect(response.status, `${method} ${path}`).toBe(503);
      expect(await response.json()).toMatchObject({
        code: "misconfigured",
        missing: ["FITBIT_CLIENT_SECRET"],
      });
    }
  });

  it("tells no value, only names", async () => {
    const marker = "MARKER-SECRET-VALUE";
    const changed = { API_KEYS: marker, TOKEN_KEYS: `[{"id":"${marker}"}]`, SESSION_SECRET: marker };
    const text = await (await send("/healthz", {}, changed)).text();
    expect(text).not.toContain(marker);
    expect(JSON.parse(text)).toMatchObject({ missing: ["SESSION_SECRET", "API_KEYS", "TOKEN_KEYS"] });
  });

  it("refuses a key list that holds the published key beside its own", async () => {
    const own = { name: "own", sha256: "b".repeat(64), scopes: ["read"] };
    const mixed = JSON.stringify([own, ...JSON.parse(exampleSecretValues.API_KEYS)]);
    const response = await send("/healthz", {}, { ...publicSettings, API_KEYS: mixed });
    expect(await response.json()).toMatchObject({ missing: ["API_KEYS"] });
  });

  it("refuses a public address without https", async () => {
    const response = await send("/healthz", {}, { ...publicSettings, PUBLIC_URL: "http://source.example" });
    expect(await response.json()).toMatchObject({ missing: ["PUBLIC_URL"] });
  });
});

describe("an API key opens what its scopes say", () => {
  it.each([
    ["no header", {}],
    ["another scheme", { authorization: "Basic abc" }],
    ["no key behind the scheme", { authorization: "Bearer" }],
    ["an unknown key", { authorization: "Bearer something-else" }],
    [
      "the hash of a key in place of the key",
      { authorization: `Bearer ${JSON.parse(exampleSecretValues.API_KEYS)[0].sha256}` },
    ],
    ["a key with something behind it", { authorization: `Bearer ${localKey}x` }],
  ])("answers 401 to %s, on routes that do not exist too", async (_name, headers: Record<string, string>) => {
    for (const path of ["/v1/activities", "/v1/no-such-route"]) {
      const response = await send(path, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(await problemOf(response)).toMatchObject({
        contentType: "application/problem+json",
        code: "unauthenticated",
        status: 401,
      });
    }
  });

  it("takes the scheme in any case", async () => {
    expect((await send("/v1/activities", { headers: { authorization: `bearer ${localKey}` } })).status).toBe(
      200,
    );
  });

  const needs: [string, string, string][] = [
    ["read", "GET", "/v1/activities"],
    ["read", "GET", "/v1/activities/act_x"],
    ["read", "GET", "/v1/activities/act_x.tcx?original=true"],
    ["read", "GET", "/v1/connections?userId=u"],
    ["read", "GET", "/v1/connections/con_x"],
    ["read", "GET", "/v1/sync-runs"],
    ["read", "GET", "/v1/users/u/heart-rate?start=2026-11-01T00:00:00Z&end=2026-11-01T01:00:00Z"],
    ["connect", "POST", "/v1/connect-links"],
    ["connect", "POST", "/v1/connections/con_x/sync"],
    ["connect", "POST", "/v1/connections/con_x/backfill"],
    ["connect", "DELETE", "/v1/connections/con_x"],
    ["erase", "DELETE", "/v1/connections/con_x?erase=true"],
    ["operate", "GET", "/v1/dead-letters"],
    ["operate", "POST", "/v1/dead-letters/dead_x/replay"],
  ];
  it.each(needs)("asks for the scope %s on %s %s", async (scope, method, path) => {
    const others = ["read", "connect", "erase", "operate"].filter((other) => other !== scope);
    const without = await keyWith(...others);
    const body = method === "POST" ? {} : undefined;
    const refused = await api(path, { method, body, key: without.key }, without.changed);
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toContain(`scope="${scope}"`);
    expect(await problemOf(refused)).toMatchObject({ code: "insufficient_scope" });

    const only = await keyWith(scope);
    const let_in = await api(path, { method, body, key: only.key }, only.changed);
    expect([401, 403]).not.toContain(let_in.status);
  });

  it("finds its key among several", async () => {
    const { key, changed } = await keyWith("read");
    const keys = [...JSON.parse(exampleSecretValues.API_KEYS), ...JSON.parse(changed.API_KEYS ?? "[]")];
    const all = { API_KEYS: JSON.stringify(keys) };
    expect((await api("/v1/activities", { key }, all)).status).toBe(200);
    expect((await api("/v1/activities", {}, all)).status).toBe(200);
  });
});

describe("wrong input is named", () => {
  it.each([
    ["query.limit", "/v1/activities?limit=0"],
    ["query.limit", "/v1/activities?limit=201"],
    ["query.limit", "/v1/activities?limit=ten"],
    ["query.limit", "/v1/activities?limit=1.5"],
    ["query.limit", "/v1/activities?limit="],
    ["query.include", "/v1/activities?include=everything"],
    ["query.userId", "/v1/activities?userId=a%20b"],
    ["query.userId", "/v1/connections"],
    ["query.userId", `/v1/connections?userId=${"x".repeat(129)}`],
    ["query.status", "/v1/sync-runs?status=done"],
    ["query.pageToken", "/v1/sync-runs?pageToken=x"],
    ["query.pageToken", "/v1/dead-letters?pageToken=e30"],
    ["query.start", "/v1/users/u/heart-rate?start=2026-11-01&end=2026-11-01T01:00:00Z"],
    ["query.end", "/v1/users/u/heart-rate?start=2026-11-01T02:00:00Z&end=2026-11-01T01:00:00Z"],
    ["query.end", "/v1/users/u/heart-rate?start=2026-11-01T00:00:00Z&end=2026-11-02T00:00:01Z"],
  ])("%s of %s", async (field, path) => {
    const response = await api(path);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      field,
      status: 400,
      contentType: "application/problem+json",
    });
  });

  it.each([
    ["body.userId", {}],
    ["body.userId", { userId: "" }],
    ["body.userId", { userId: "a/b" }],
    ["body.userId", { userId: 7 }],
    ["body.provider", { userId: "u", provider: "garmin" }],
    ["body.provider", { userId: "u", provider: "garmin" }],
    ["body.displayName", { userId: "u", displayName: "x".repeat(101) }],
    ["body.admin", { userId: "u", admin: true }],
    ["body.returnUrl", { userId: "u", returnUrl: "https://evil.example/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "javascript:alert(1)" }],
    ["body.returnUrl", { userId: "u", returnUrl: "http://127.0.0.1:3000.evil.example/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "http://127.0.0.1:3000@evil.example/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "http://user:pass@127.0.0.1:3000/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "http://127.0.0.1:3001/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "https://127.0.0.1:3000/" }],
    ["body.returnUrl", { userId: "u", returnUrl: "//127.0.0.1:3000/" }],
  ])("%s of %j", async (field, body) => {
    const response = await api("/v1/connect-links", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_request", field });
  });

  it.each([
    ["https://app.example/done", 201],
    ["https://app.example", 201],
    ["https://app.example.evil.example/", 400],
    ["https://app.example@evil.example/", 400],
    ["https://app.example:444/", 400],
    ["https://sub.app.example/", 400],
    ["http://app.example/", 400],
  ])("compares a return address by its origin, not by how it begins: %s is %i", async (returnUrl, status) => {
    const changed = { RETURN_ORIGINS: "https://other.example, https://app.example/" };
    const response = await api(
      "/v1/connect-links",
      { method: "POST", body: { userId: "u", returnUrl } },
      changed,
    );
    expect(response.status).toBe(status);
  });

  it("says that a body is no JSON", async () => {
    const headers = { authorization: `Bearer ${localKey}`, "content-type": "application/json" };
    const response = await send("/v1/connect-links", { method: "POST", headers, body: "{" });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_request", field: "body" });
  });

  it("says that a body is of another type", async () => {
    const headers = { authorization: `Bearer ${localKey}`, "content-type": "text/plain" };
    const response = await send("/v1/connect-links", { method: "POST", headers, body: '{"userId":"u"}' });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "invalid_request",
      field: "header.content-type",
    });
  });

  it("refuses a body of more than 16 KiB", async () => {
    const response = await api("/v1/connect-links", {
      method: "POST",
      body: { userId: "u", displayName: "x".repeat(17_000) },
    });
    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({ code: "too_large" });
  });

  it("gives ids that do not exist the same 404, with nothing of the id in it", async () => {
    const answers = await Promise.all(
      [
        ["GET", "/v1/connections/con_MARKER"],
        ["DELETE", "/v1/connections/con_MARKER"],
        ["DELETE", "/v1/connections/con_MARKER?erase=true"],
        ["POST", "/v1/connections/con_MARKER/sync"],
        ["GET", "/v1/activities/act_MARKER"],
        ["POST", "/v1/dead-letters/dead_MARKER/replay"],
        ["GET", "/v1/users/MARKER/heart-rate?start=2026-11-01T00:00:00Z&end=2026-11-01T01:00:00Z"],
        ["GET", "/v1/nothing"],
      ].map(async ([method, path]) => api(path ?? "", { method: method ?? "GET" })),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      const text = await answer.text();
      expect(text).not.toContain("MARKER");
      expect(JSON.parse(text)).toMatchObject({ code: "not_found" });
    }
  });
});

describe("what goes wrong inside stays inside", () => {
  it("answers 500 without a word of the error", async () => {
    const broken = {
      prepare() {
        throw new Error("MARKER: token abc at line 7");
      },
    } as unknown as D1Database;
    const response = await api("/v1/activities", {}, { DB: broken });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain("MARKER");
    expect(JSON.parse(text)).toMatchObject({ code: "internal_error" });
  });
});

describe("every answer carries its headers", () => {
  it("forbids sniffing, framing and referrers", async () => {
    for (const path of ["/", "/docs", "/healthz", "/v1/activities", "/nothing", "/connect/x"]) {
      const { headers } = await api(path);
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("referrer-policy"), path).toBe("no-referrer");
      expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
      expect(headers.get("content-security-policy"), path).toContain("default-src 'none'");
      expect(headers.get("cache-control"), path).toMatch(/no-store|no-cache/);
    }
  });

  it("insists on https on a public address, and only there", async () => {
    const online = await send("/healthz", {}, publicSettings);
    expect(online.headers.get("strict-transport-security")).toContain("max-age");
    expect((await send("/healthz")).headers.get("strict-transport-security")).toBeNull();
  });
});

describe("the API describes itself", () => {
  it("lists every route with its answers, in OpenAPI 3.1", async () => {
    const response = await send("/openapi.json");
    const document = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
      components: { securitySchemes: unknown };
    };
    expect(document.openapi).toBe("3.1.0");
    expect(document.components.securitySchemes).toEqual({ apiKey: { type: "http", scheme: "bearer" } });
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      "DELETE /v1/connections/{id}",
      "GET /v1/activities",
      "GET /v1/activities/{id}",
      "GET /v1/activities/{id}.fit",
      "GET /v1/activities/{id}.geojson",
      "GET /v1/activities/{id}.gpx",
      "GET /v1/activities/{id}.tcx",
      "GET /v1/connections",
      "GET /v1/connections/{id}",
      "GET /v1/dead-letters",
      "GET /v1/sync-runs",
      "GET /v1/users/{userId}/heart-rate",
      "POST /v1/boosters/fitbit-heart-rate",
      "POST /v1/boosters/heart-rate-zones",
      "POST /v1/boosters/type-mapper",
      "POST /v1/connect-links",
      "POST /v1/connections/{id}/backfill",
      "POST /v1/connections/{id}/sync",
      "POST /v1/dead-letters/{id}/replay",
      "POST /v1/portal-links",
    ]);
    for (const methods of Object.values(document.paths)) {
      for (const { responses } of Object.values(methods)) {
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "403", "500", "503"]));
      }
    }
  });

  it("shows the same to people, without loading anything", async () => {
    const response = await send("/docs");
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(text).toContain("POST /v1/connect-links");
    expect(text).not.toMatch(/<script|src=|href="http|@import/);
  });
});

describe("the page that describes the API", () => {
  interface Schema {
    $ref?: string;
    properties?: Record<string, { description?: string }>;
    oneOf?: Schema[];
    items?: Schema;
  }
  interface Content {
    content?: Record<string, { schema: Schema }>;
  }
  interface Operation {
    summary: string;
    parameters?: { name: string; in: string; description?: string }[];
    requestBody?: Content;
    responses: Record<string, Content & { description: string }>;
  }
  interface Document {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Schema> };
  }

  const docs = async () => (await send("/docs")).text();
  /** As a reader sees it: no tags, and entities as the characters that they stand for. */
  const seen = (markup: string) =>
    markup
      .replace(/<[^>]*>/g, "")
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&#39;/g, "'")
      .replace(/&amp;/g, "&");

  it("has every operation, parameter, and field of a body and of an answer, each in its place", async () => {
    const document = (await (await send("/openapi.json")).json()) as Document;
    const sections = (await docs()).split("<section").slice(1);
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    );
    expect(sections).toHaveLength(operations.length + 1);
    const resolve = (schema: Schema): Schema => {
      const target = document.components.schemas[schema.$ref?.split("/").at(-1) ?? ""];
      return target === undefined ? schema : resolve(target);
    };
    let fields = 0;
    operations.forEach(({ name, operation }, index) => {
      const section = sections[index] ?? "";
      expect(section).toContain(`<h2><code>${name}</code></h2>`);
      for (const parameter of operation.parameters ?? []) {
        expect(section).toContain(`<td><code>${parameter.name}</code></td><td>${parameter.in}</td>`);
        expect(seen(section), name).toContain((parameter.description ?? "").replaceAll("`", ""));
      }
      const contents = [operation.requestBody ?? {}, ...Object.values(operation.responses)];
      for (const [mediaType, { schema }] of contents.flatMap(({ content }) =>
        Object.entries(content ?? {}),
      )) {
        const place = mediaType === "application/problem+json" ? (sections.at(-1) ?? "") : section;
        for (const [field, { description }] of Object.entries(resolve(schema).properties ?? {})) {
          fields += 1;
          expect(place, name).toContain(`<li><code>${field}</code>`);
          expect(seen(place), name).toContain((description ?? "").replaceAll("`", ""));
        }
      }
      for (const [status, answer] of Object.entries(operation.responses)) {
        expect(section).toContain(`<code>${status}</code>`);
        expect(seen(section)).toContain(answer.description.replaceAll("`", ""));
      }
    });
    expect(fields).toBeGreaterThan(100);
  });

  it("opens what a field refers to, down to the records, with types and what is optional", async () => {
    const text = seen(await docs());
    expect(text).toMatch(/positionLat number, -90 to 90, optional: Degrees\./);
    expect(text).toContain("limitqueryinteger, 1 to 200, default 50");
    expect(text).toContain("lastSyncedAt string or null, date-time");
    expect(text).toContain("deletedAt string, date-time");
  });

  it("shows code as code and text as text", async () => {
    const text = await docs();
    expect(text).not.toContain("`");
    expect(text).toContain("<code>nextPageToken</code> of the answer before.");
  });

  it("names a schema inside itself once more and does not open it again, and escapes whatever it is told", async () => {
    const node = { type: "object", properties: { next: { $ref: "#/components/schemas/Node" } } };
    const response = { description: "a <b>&</b> `<i>`", content: { "application/json": { schema: node } } };
    const description = {
      openapi: "3.1.0",
      info: { title: "T", version: "1", description: "<script>alert(1)</script> and one ` alone" },
      paths: { "/nodes": { get: { responses: { 200: response } } } },
      components: { schemas: { Node: node } },
    } as unknown as Description;
    const text = await (await docsPage(description)).text();
    expect(text.match(/<code>next<\/code> Node/g)).toHaveLength(2);
    expect(text).toContain("a &lt;b&gt;&amp;&lt;/b&gt; <code>&lt;i&gt;</code>");
    expect(text).not.toContain("<script");
    expect(text).toContain("and one ` alone");
  });
});

describe("the first page", () => {
  it("offers to connect on a developer's machine, and leads there", async () => {
    const text = await (await send("/")).text();
    expect(text).toContain("Connect Fitbit");
    expect(text).toContain("Connect Google Health");
    expect(text).toContain('action="/dev/connect"');
    for (const [provider, title] of [
      ["fitbit", "Connect Fitbit to FitGlue"],
      ["google-health", "Connect Google Health to FitGlue"],
    ] as const) {
      const led = await send("/dev/connect", { method: "POST", body: new URLSearchParams({ provider }) });
      expect(led.status).toBe(303);
      const confirm = await (await send(led.headers.get("location") ?? "")).text();
      expect(confirm).toContain("sample-user");
      expect(confirm).toContain(title);
    }
    const nowhere = await send("/dev/connect", {
      method: "POST",
      body: new URLSearchParams({ provider: "garmin" }),
    });
    expect(nowhere.status).toBe(400);
  });

  it.each(["http://localhost:8787/", "http://[::1]:8787/", "http://127.0.0.1:9999/"])(
    "leads from %s to the Worker's own address, where its button works",
    async (address) => {
      const response = await send(address);
      expect(response.status).toBe(302);
      expect(response.headers.get("location")).toBe("http://127.0.0.1:8787/");
    },
  );

  it("leads nobody anywhere who asks under a name that is not this machine's, or at a public address", async () => {
    expect((await send("http://source.example/")).status).toBe(200);
    expect((await send("http://localhost:8787/", {}, publicSettings)).status).toBe(200);
  });

  it("only says what this is on a public address", async () => {
    const text = await (await send("/", {}, publicSettings)).text();
    expect(text).not.toContain("<form");
    expect(text).toContain("/docs");
  });
});

describe("what only a developer's machine has", () => {
  it("is not there on a public address", async () => {
    for (const path of ["/dev/tick", "/dev/connect", "/dev/portal"]) {
      expect((await send(path, { method: "POST" }, publicSettings)).status).toBe(404);
    }
  });

  it("is not there for a request to another host, or from another site's page", async () => {
    const elsewhere = await send("http://source.example/dev/tick", { method: "POST" });
    expect(elsewhere.status).toBe(404);
    const foreign = await send("/dev/tick", { method: "POST", headers: { "sec-fetch-site": "cross-site" } });
    expect(foreign.status).toBe(404);
  });

  it("runs what is due and says when", async () => {
    const response = await send("/dev/tick", { method: "POST" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ranAt: expect.stringMatching(/^\d{4}-.*Z$/) });
  });
});
