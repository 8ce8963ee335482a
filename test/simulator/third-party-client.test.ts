// Somebody else's client, unchanged, against the simulator: fitbit-node 2.2.0 from npm. Its host is fixed to
// https://api.fitbit.com, so Node's https is pointed at the simulator's port from outside, for that host only.

import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve } from "../../simulator/serve.ts";
import { createSimulator } from "../../simulator/simulator.ts";

/** As much of fitbit-node as is used here; it has no types of its own. */
interface FitbitClient {
  getAuthorizeUrl(scope: string, redirectUrl: string, prompt?: string, state?: string): string;
  getAccessToken(code: string, redirectUrl: string): Promise<Tokens>;
  refreshAccessToken(accessToken: string, refreshToken: string, expiresIn?: number): Promise<Tokens>;
  revokeAccessToken(accessToken: string): Promise<unknown>;
  get(path: string, accessToken: string): Promise<[body: unknown, response: { statusCode: number }]>;
  post(
    path: string,
    accessToken: string,
    data: object,
  ): Promise<[body: unknown, response: { statusCode: number }]>;
  delete(path: string, accessToken: string): Promise<[body: unknown, response: { statusCode: number }]>;
}
interface Tokens {
  access_token: string;
  refresh_token: string;
  user_id: string;
}

const fitbitNode = createRequire(import.meta.url)("fitbit-node") as new (options: {
  clientId: string;
  clientSecret: string;
  apiVersion: string;
}) => FitbitClient;

let simulator: { url: string; close(): Promise<void> };

beforeEach(async () => {
  const handler = createSimulator({
    url: "https://api.fitbit.com",
    realNow: () => Date.parse("2026-06-10T10:20:00Z"),
    deliver: async () => new Response(null, { status: 204 }),
    fitbit: {
      clientId: "LOCAL1",
      clientSecret: "secret",
      subscriberUrl: "https://app.test/webhook",
      requireContentLength: true,
    },
  });
  simulator = await serve(handler.fetch, 0);
  const port = Number(new URL(simulator.url).port);
  vi.spyOn(https, "request").mockImplementation(((options: http.RequestOptions, answered?: () => void) => {
    const host = options.hostname ?? options.host;
    if (host !== "api.fitbit.com") throw new Error(`the client called ${host}`);
    const { agent: _agent, ...rest } = options;
    return http.request(
      { ...rest, protocol: "http:", host: "127.0.0.1", hostname: "127.0.0.1", port, agent: new http.Agent() },
      answered,
    );
  }) as typeof https.request);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await simulator.close();
});

async function control(path: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(simulator.url + path, { method: "POST", body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return (await response.json()) as Record<string, string>;
}

test("fitbit-node authorizes, refreshes, reads profile, activities and a TCX, subscribes and revokes", async () => {
  const client = new fitbitNode({ clientId: "LOCAL1", clientSecret: "secret", apiVersion: "1" });
  const { providerUserId } = await control("/sim/users", { displayName: "Ada" });
  const { activityId } = await control(`/sim/users/${providerUserId}/activities`, {
    name: "Run",
    gps: true,
    durationSeconds: 120,
  });
  await control(`/sim/users/${providerUserId}/sync`, {});

  const redirectUrl = "https://app.test/callback";
  const scopes = "activity heartrate location profile settings";
  const address = new URL(client.getAuthorizeUrl(scopes, redirectUrl, "consent", "state-1"));
  expect(address.host).toBe("www.fitbit.com");
  const form = new URLSearchParams(address.search);
  form.set("requested_scope", scopes);
  form.delete("scope");
  for (const scope of scopes.split(" ")) form.append("scope", scope);
  form.set("account", providerUserId ?? "");
  form.set("decision", "allow");
  expect((await fetch(simulator.url + address.pathname + address.search)).status).toBe(200);
  const consent = await fetch(`${simulator.url}/oauth2/authorize`, {
    method: "POST",
    body: form,
    redirect: "manual",
  });
  const code = new URL(consent.headers.get("location") ?? "").searchParams.get("code") ?? "";

  const first = await client.getAccessToken(code, redirectUrl);
  expect(first.user_id).toBe(providerUserId);
  const tokens = await client.refreshAccessToken(first.access_token, first.refresh_token);
  expect(tokens.refresh_token).not.toBe(first.refresh_token);

  const [profile] = await client.get("/profile.json", tokens.access_token);
  expect(profile).toMatchObject({ user: { encodedId: providerUserId, displayName: "Ada" } });
  const [list] = await client.get(
    "/activities/list.json?afterDate=2026-06-01&sort=asc&limit=20&offset=0",
    tokens.access_token,
  );
  const [entry] = (list as { activities: { activityName: string; logId: number; tcxLink: string }[] })
    .activities;
  expect(entry).toMatchObject({ activityName: "Run" });
  expect(entry?.tcxLink).toBe(`https://api.fitbit.com/1/user/-/activities/${activityId}.tcx`);
  // The client reads the id as a double and so damages it: this is what 64-bit ids do to clients.
  expect(String(entry?.logId)).not.toBe(activityId);
  const [tcx, answer] = await client.get(`/activities/${activityId}.tcx`, tokens.access_token);
  expect(answer.statusCode).toBe(200);
  expect(String(tcx).match(/<Trackpoint>/g)).toHaveLength(121);

  const [, subscribed] = await client.post("/activities/apiSubscriptions/a-1.json", tokens.access_token, {});
  expect(subscribed.statusCode).toBe(201);
  const [, removed] = await client.delete("/activities/apiSubscriptions/a-1.json", tokens.access_token);
  expect(removed.statusCode).toBe(204);

  await client.revokeAccessToken(tokens.access_token);
  const [, refused] = await client.get("/profile.json", tokens.access_token);
  expect(refused.statusCode).toBe(401);
});

test("fitbit-node sees an error as Fitbit sends it", async () => {
  const client = new fitbitNode({ clientId: "LOCAL1", clientSecret: "wrong", apiVersion: "1" });
  await expect(client.getAccessToken("nonsense", "https://app.test/callback")).rejects.toMatchObject({
    context: { errors: [{ errorType: "invalid_client" }], success: false },
  });
});
