// Rule 13: what must not leak is marked, everything is exercised, and then every place where it could stand is searched:
// log lines, error answers, D1, R2 (but for the documents themselves) and the storage of the Durable Objects.

import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { providerNames } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

const hour = 3600;

function withKey(): { headers: Record<string, string> } {
  return { headers: { authorization: "Bearer local-development-key", "content-type": "application/json" } };
}

describe.each(providerNames)("at %s no secret stands in clear", (provider) => {
  const world = new World(51, provider);
  const userId = `canary-${provider}`;

  /** Everything that must stand nowhere in clear, with a name for the failure message. */
  const secrets = new Map<string, string>();
  const logLines: string[] = [];
  const errorBodies: string[] = [];

  function expectClean(place: string, text: string): void {
    for (const [name, secret] of secrets) {
      expect(text.includes(secret), `${name} stands in clear in ${place}`).toBe(false);
    }
  }

  /** Keeps what passes between the Worker and the provider: tokens, codes, verifiers. */
  function watchTraffic(): void {
    world.intercept = (request) =>
      (async () => {
        const url = new URL(request.url);
        const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
        if (bearer !== undefined) secrets.set(`access token ${bearer.slice(-4)}`, bearer);
        const form = new URLSearchParams(
          request.method === "POST" ? new TextDecoder().decode(await request.clone().arrayBuffer()) : "",
        );
        for (const name of ["code", "code_verifier", "refresh_token", "token"]) {
          const value = form.get(name);
          if (value !== null) secrets.set(`${name} ${value.slice(-4)}`, value);
        }
        const response = await world.simulator.fetch(request);
        if (url.pathname === world.paths.token && response.ok) {
          const body = (await response.clone().json()) as { access_token: string; refresh_token?: string };
          secrets.set(`access token ${body.access_token.slice(-4)}`, body.access_token);
          const { refresh_token: refreshToken } = body;
          if (refreshToken !== undefined)
            secrets.set(`refresh token ${refreshToken.slice(-4)}`, refreshToken);
        }
        return response;
      })();
  }

  beforeAll(async () => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
        logLines.push(
          parts.map((part) => (part instanceof Error ? `${part.stack}` : String(part))).join(" "),
        );
      });
    }
    for (const name of [
      "FITBIT_CLIENT_SECRET",
      "FITBIT_VERIFICATION_CODE",
      "GOOGLE_CLIENT_SECRET",
      "GOOGLE_WEBHOOK_SECRETS",
      "SESSION_SECRET",
    ] as const) {
      secrets.set(name, exampleSecretValues[name]);
    }
    secrets.set("API key", "local-development-key");
    secrets.set("token key", "jajDsXGh4wYd0ijd6aR+Prfjr+4mD6ZW3T5WglyG0AM=");
    watchTraffic();

    const { connectionId, providerUserId } = await world.connect(userId);
    await world.record(providerUserId, { durationSeconds: 600, gps: true, heartRate: true });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(userId, 1);
    const document = await world.document(change?.activity.id ?? "");
    const positions = document.standardizedActivity.sessions
      .flatMap((session) => session.laps.flatMap((lap) => lap.records ?? []))
      .flatMap((record) => (record.positionLat === undefined ? [] : [String(record.positionLat)]));
    expect(positions.length).toBeGreaterThan(100);
    for (const latitude of positions.slice(0, 20)) secrets.set(`latitude ${latitude}`, latitude);

    // Everything that fails, with a provider that echoes tokens in its messages.
    await world.control("POST", "/sim/clock", { advanceSeconds: 9 * hour });
    await world.faults({ fault: "refresh_answer_lost", count: 1 });
    await world.record(providerUserId, { durationSeconds: 60 });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    await world.faults();
    await world.pass(6, providerUserId);
    await world.untilFeed(userId, 2);
    for (const fault of ["500", "html", "tcx_400", "cut", "429"]) {
      await world.faults({ fault });
      await world.record(providerUserId, { durationSeconds: 60 });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
    }
    await world.faults();
    const wrong: readonly [string, RequestInit][] = [
      ["/v1/activities", {}],
      ["/v1/activities", { headers: { authorization: "Bearer marker-of-a-wrong-key" } }],
      ["/v1/activities?pageToken=marker-of-a-wrong-page-token", withKey()],
      [`/oauth/${provider}/callback?code=marker-of-a-wrong-code&state=marker-of-a-wrong-state`, {}],
      ["/connect/marker-of-a-wrong-link", {}],
      ["/webhooks/fitbit?verify=marker-of-a-wrong-verification", {}],
      [
        "/webhooks/google-health",
        { method: "POST", headers: { authorization: "Bearer marker-of-a-wrong-webhook-secret" }, body: "{}" },
      ],
      ["/v1/connect-links", { ...withKey(), method: "POST", body: '{"userId":"marker of a wrong user"}' }],
    ];
    for (const marker of [
      "wrong-key",
      "wrong-page-token",
      "wrong-code",
      "wrong-state",
      "wrong-link",
      "wrong-webhook-secret",
    ]) {
      secrets.set(marker, `marker-of-a-${marker}`);
    }
    for (const [path, init] of wrong) {
      const response = await world.fetch(path, init);
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      errorBodies.push(await response.text());
    }
    // Consent withdrawn: every token is refused from now on.
    await world.control("POST", `/sim/users/${providerUserId}/revoke`);
    await world.quiet(providerUserId);
    await world.pass(hour + 60, providerUserId);
    await world.quiet(providerUserId);
    await world.api(`/v1/connections/${connectionId}/sync`, { json: {}, status: 409 });
  }, 120_000);

  it("while there are secrets to look for", () => {
    const names = [...secrets.keys()].join(" ");
    for (const kind of ["access token", "refresh token", "code_verifier", "latitude"]) {
      expect(names).toContain(kind);
    }
    expect(logLines.length).toBeGreaterThan(10);
  });

  it("in a log line", () => {
    expectClean("a log line", logLines.join("\n"));
  });

  it("in an error's answer", () => {
    expectClean("an error's answer", errorBodies.join("\n"));
  });

  it("in D1", async () => {
    const tables = await env.DB.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
    ).all<{ name: string }>();
    expect(tables.results.length).toBeGreaterThanOrEqual(9);
    for (const { name } of tables.results) {
      const rows = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
      expectClean(`table ${name}`, JSON.stringify(rows.results));
    }
  });

  it("in R2, but for the documents and files themselves", async () => {
    const { objects } = await env.DOCUMENTS.list();
    expect(objects.length).toBeGreaterThan(3);
    for (const { key } of objects) {
      expectClean("an object's key", key);
      if (!key.startsWith("sources/")) continue;
      const object = await env.DOCUMENTS.get(key);
      const body = object?.body.pipeThrough(new DecompressionStream("gzip"));
      expectClean(`object ${key}`, await new Response(body).text());
    }
  });

  it("in the storage of a Durable Object", async () => {
    const ids = await listDurableObjectIds(env.ACCOUNT_SYNC);
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) {
      await runInDurableObject(env.ACCOUNT_SYNC.get(id), async (_object, state) => {
        for (const table of ["state", "due"]) {
          const rows = state.storage.sql.exec(`SELECT * FROM ${table}`).toArray();
          expectClean(`a Durable Object's table ${table}`, JSON.stringify(rows));
        }
      });
    }
  });
});
