// Pushes of the simulated Google: who is told what, how it is sealed, how long it is repeated, and how a subscriber comes to be.
// Signatures are checked with node:crypto, which shares nothing with the code that made them.

import { createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  connect,
  createGoogleWorld,
  errorOf,
  everyScope,
  type GoogleWorld,
  googleSubscriberUrl,
  type Push,
  scope,
  startOfTests,
  told,
  url,
  webhookSecret,
} from "./google-harness.ts";

const keysetPath = "/googlehealthapi/webhooks/webhooks_public_keyset.json";

interface Keyset {
  primaryKeyId: number;
  key: {
    keyData: { typeUrl: string; value: string };
    status: string;
    keyId: number;
    outputPrefixType: string;
  }[];
}

async function connected(google: Parameters<typeof createGoogleWorld>[0] = {}) {
  const world = createGoogleWorld(google);
  const account = await world.account({ timezone: "Europe/Berlin" });
  const { access_token: bearer } = await connect(world, account);
  return { world, account, bearer };
}
/** A workout that has come to the cloud. */
async function synced(world: GoogleWorld, account: string, fields: Record<string, unknown> = {}) {
  const id = await world.record(account, fields);
  await world.sync(account);
  return id;
}
const keyset = async (world: GoogleWorld) => (await (await world.call("GET", keysetPath)).json()) as Keyset;

/** Reads a push's signature by hand: "verified", "wrong", or "unknown" for a key that is not in the set. */
async function judge(world: GoogleWorld, push: Push | undefined): Promise<string> {
  const frame = Buffer.from(push?.headers.get("google-health-api-signature") ?? "", "base64");
  if (frame[0] !== 1) return "no frame";
  const key = (await keyset(world)).key.find((one) => one.keyId === frame.readUInt32BE(1));
  if (!key) return "unknown";
  const proto = Buffer.from(key.keyData.value, "base64");
  // Field 2 is eight bytes with its head, then x and y, each with tag, length 33 and a leading zero.
  const part = (start: number) => proto.subarray(start + 3, start + 35).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x: part(8), y: part(43) };
  const good = verify(
    "sha256",
    Buffer.from(push?.body ?? ""),
    createPublicKey({ key: jwk, format: "jwk" }),
    frame.subarray(5),
  );
  return good ? "verified" : "wrong";
}

describe("who is told", () => {
  test("an account whose consent has the activity scope, and no other", async () => {
    const world = createGoogleWorld();
    const [none, without, full] = [await world.account(), await world.account(), await world.account()];
    await connect(
      world,
      without,
      everyScope.filter((one) => one !== scope.activity),
    );
    await connect(world, full);
    for (const account of [none, without, full]) await synced(world, account);
    expect(
      told(world)
        .flat()
        .map((one) => one.healthUserId),
    ).toEqual([full]);
  });

  test("nobody of a sync that brought nothing, unless dates are named", async () => {
    const { world, account } = await connected();
    expect(await world.sync(account)).toEqual({ activityIds: [], notifications: 0 });
    await world.sync(account, { dates: ["2026-06-09"] });
    expect(told(world).flat()[0]?.intervals).toMatchObject([
      { physicalTimeInterval: { startTime: "2026-06-08T22:00:00Z", endTime: "2026-06-09T22:00:00Z" } },
    ]);
  });

  test("of several workouts in one notification, with an interval each in all three forms", async () => {
    const { world, account } = await connected();
    await world.record(account, { startTime: "2026-06-10T00:00:00+02:00", durationSeconds: 600 });
    await synced(world, account, { startTime: "2026-06-10T06:58:12+02:00", durationSeconds: 60 });
    expect(told(world)).toHaveLength(1);
    expect(told(world)[0]).toEqual([
      {
        version: "1",
        clientProvidedSubscriptionName: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}$/,
        ),
        healthUserId: account,
        operation: "UPSERT",
        dataType: "exercise",
        intervals: [
          {
            physicalTimeInterval: { startTime: "2026-06-09T22:00:00Z", endTime: "2026-06-09T22:10:00Z" },
            civilDateTimeInterval: {
              startDateTime: { date: { year: 2026, month: 6, day: 10 } },
              endDateTime: { date: { year: 2026, month: 6, day: 10 }, time: { minutes: 10 } },
            },
            civilIso8601TimeInterval: { startTime: "2026-06-10T00:00:00", endTime: "2026-06-10T00:10:00" },
          },
          expect.objectContaining({
            civilDateTimeInterval: {
              startDateTime: {
                date: { year: 2026, month: 6, day: 10 },
                time: { hours: 6, minutes: 58, seconds: 12 },
              },
              endDateTime: {
                date: { year: 2026, month: 6, day: 10 },
                time: { hours: 6, minutes: 59, seconds: 12 },
              },
            },
          }),
        ],
      },
    ]);
  });

  test("of several people in one push, 99 notifications at most", async () => {
    const world = createGoogleWorld();
    const accounts: string[] = [];
    for (let count = 0; count < 100; count++) {
      const account = await world.account();
      await connect(world, account);
      await world.record(account);
      accounts.push(account);
    }
    await world.control("POST", "/sim/sync", { providerUserIds: accounts });
    expect(told(world).map((push) => push.length)).toEqual([99, 1]);
    expect(
      told(world)
        .flat()
        .map((one) => one.healthUserId),
    ).toEqual(accounts);
  });

  test.each([["revoke"], ["delete-account"]])(
    "of the end by %s: a DELETE for each interval, then never again",
    async (end) => {
      const { world, account, bearer } = await connected();
      await world.record(account, { startTime: "2026-06-08T10:00:00Z" });
      await synced(world, account);
      world.pushes.length = 0;
      expect(await world.control("POST", `/sim/users/${account}/${end}`)).toEqual({ notifications: 2 });
      expect(
        told(world)
          .flat()
          .map((one) => [one.operation, one.intervals.length]),
      ).toEqual([
        ["DELETE", 1],
        ["DELETE", 1],
      ]);
      expect((await world.get(bearer, "/v4/users/me/identity")).status).toBe(401);
      if (end === "revoke") await synced(world, account);
      expect(told(world)).toHaveLength(1);
    },
  );
});

describe("a push", () => {
  test("carries the secret and a signature over its bytes", async () => {
    const { world, account } = await connected();
    await synced(world, account);
    const [push] = world.pushes;
    expect([push?.url, push?.headers.get("authorization"), push?.headers.get("content-type")]).toEqual([
      googleSubscriberUrl,
      webhookSecret,
      "application/json",
    ]);
    expect(await judge(world, push)).toBe("verified");
  });

  test("is signed anew each time it is repeated, over the same bytes", async () => {
    const { world, account } = await connected();
    world.subscriber.answer = () => new Response(null, { status: 500 });
    await synced(world, account);
    for (let round = 0; round < 40; round++) await world.advance(21_600);
    expect(world.pushes.length).toBeGreaterThan(25);
    expect(new Set(world.pushes.map((push) => push.body)).size).toBe(1);
    for (const push of world.pushes) expect(await judge(world, push)).toBe("verified");
  });

  test("has the older header's name if the setting says so", async () => {
    const { world, account } = await connected();
    await world.settings({ signatureHeader: "X-HEALTHAPI-SIGNATURE" });
    await synced(world, account);
    expect(world.pushes[0]?.headers.get("x-healthapi-signature")).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(world.pushes[0]?.headers.has("google-health-api-signature")).toBe(false);
  });

  test("is one object a notification if the setting says so", async () => {
    const { world, account } = await connected();
    await world.settings({ singleObjectBody: true });
    await synced(world, account);
    expect(JSON.parse(world.pushes[0]?.body ?? "")).toMatchObject({ data: { healthUserId: account } });
  });

  test.each([200, 201, 202, 302, 401, 500])(
    "that is answered with %i is repeated; 204 ends it",
    async (status) => {
      const { world, account } = await connected();
      world.subscriber.answer = () =>
        new Response(null, { status: world.pushes.length === 1 ? status : 204 });
      await synced(world, account);
      await world.advance(59);
      expect(world.pushes).toHaveLength(1);
      await world.advance(1);
      expect(world.pushes).toHaveLength(2);
      await world.advance(7 * 86_400);
      expect(world.pushes).toHaveLength(2);
    },
  );

  test("is repeated after twice as long each time, up to six hours, for seven days, then dropped", async () => {
    const { world, account } = await connected();
    world.subscriber.answer = () => new Response(null, { status: 503 });
    await synced(world, account);
    for (let minutes = 0; minutes < 8 * 1440; minutes += 30) await world.advance(1800);
    const { deliveries, queued } = await world.control("GET", "/sim/deliveries");
    const times = (deliveries as { at: string }[]).map((one) => (Date.parse(one.at) - startOfTests) / 60_000);
    // Half-hour steps of the clock: the first five waits together fit into one.
    expect(times.slice(0, 2)).toEqual([0, 30]);
    expect(Math.max(...times)).toBeLessThanOrEqual(7 * 1440);
    expect(Math.max(...times)).toBeGreaterThan(6.5 * 1440);
    expect(Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))).toBe(360);
    expect(queued).toEqual([]);
  });

  test.each([
    ["bad_signature", "wrong"],
    ["unknown_key", "unknown"],
  ])(
    "under the fault %s has a signature that is %s, and a good one when it is repeated",
    async (fault, verdict) => {
      const { world, account } = await connected();
      world.subscriber.answer = () => new Response(null, { status: world.pushes.length === 1 ? 401 : 204 });
      await world.faults({ fault, count: 1 });
      await synced(world, account);
      await world.advance(60);
      expect([await judge(world, world.pushes[0]), await judge(world, world.pushes[1])]).toEqual([
        verdict,
        "verified",
      ]);
    },
  );

  test.each([
    ["duplicate", 2, 2],
    ["lose", 0, 0],
    ["delay", 0, 1],
    ["reorder", 0, 1],
  ])(
    "under the fault %s arrives %i times at once and %i times within a minute",
    async (fault, atOnce, later) => {
      const { world, account } = await connected();
      await world.faults({ fault, count: 1 });
      await synced(world, account);
      expect(world.pushes).toHaveLength(atOnce);
      await world.advance(60);
      expect(world.pushes).toHaveLength(later);
    },
  );

  test("under the fault malformed_interval names a time that is none", async () => {
    const { world, account } = await connected();
    await world.faults({ fault: "malformed_interval", count: 1 });
    await synced(world, account);
    const { startTime = "" } = told(world)[0]?.[0]?.intervals[0]?.physicalTimeInterval ?? {};
    expect(startTime).not.toBe("");
    expect(Date.parse(startTime)).toBeNaN();
    await synced(world, account);
    expect(told(world)[1]?.[0]?.intervals[0]?.physicalTimeInterval?.endTime).toBe("2026-06-10T10:20:00Z");
  });

  test("that nothing caused is signed like any other, whatever it says", async () => {
    const world = createGoogleWorld();
    const data = { healthUserId: "42", operation: "EXPLODE", dataType: "sleep", intervals: "none" };
    await world.control("POST", "/sim/notifications", [{ data }]);
    expect(JSON.parse(world.pushes[0]?.body ?? "")).toEqual([{ data }]);
    expect(await judge(world, world.pushes[0])).toBe("verified");
  });
});

describe("the key set", () => {
  test("holds public keys in Tink's form, the same for the same seed and not for another", async () => {
    const first = await keyset(createGoogleWorld({}, 7));
    expect(first).toEqual({
      primaryKeyId: expect.any(Number),
      key: [
        {
          keyData: {
            typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
            value: expect.stringMatching(/^EgYIAxACGAIaIQ/),
            keyMaterialType: "ASYMMETRIC_PUBLIC",
          },
          status: "ENABLED",
          keyId: first.primaryKeyId,
          outputPrefixType: "TINK",
        },
      ],
    });
    expect(await keyset(createGoogleWorld({}, 7))).toEqual(first);
    expect((await keyset(createGoogleWorld({}, 8))).primaryKeyId).not.toBe(first.primaryKeyId);
  });

  test.each([
    ["keep", ["ENABLED", "ENABLED"], "verified"],
    ["disable", ["ENABLED", "DISABLED"], "verified"],
    ["remove", ["ENABLED"], "unknown"],
  ])("takes another key when rotated; the old one with %s is %j", async (old, statuses, verdict) => {
    const { world, account } = await connected();
    await synced(world, account);
    const before = await keyset(world);
    await world.control("POST", "/sim/google/rotate-keys", { old });
    await synced(world, account);
    const after = await keyset(world);
    expect(after.primaryKeyId).not.toBe(before.primaryKeyId);
    expect(after.key.map((one) => one.status)).toEqual(statuses);
    expect(await judge(world, world.pushes[1])).toBe("verified");
    expect(await judge(world, world.pushes[0])).toBe(verdict);
  });

  test("keeps the old key when nothing is said, and refuses what it does not know", async () => {
    const world = createGoogleWorld();
    await world.control("POST", "/sim/google/rotate-keys");
    expect((await keyset(world)).key).toHaveLength(2);
    expect((await world.call("POST", "/sim/google/rotate-keys", { old: "burn" })).status).toBe(400);
  });
});

describe("subscribers", () => {
  const path = "/v4/projects/1234567890/subscribers";
  const wanted = {
    endpointUri: "https://app.test/hook",
    subscriberConfigs: [{ dataTypes: ["exercise"], subscriptionCreatePolicy: "AUTOMATIC" }],
    endpointAuthorization: { secret: "Bearer R4nd0m5tr1ng123" },
  };
  /** A world without preset subscriber, an endpoint that does the handshake right, and a project's token. */
  async function project() {
    const world = createGoogleWorld();
    const handshakes: { agent: string | null; secret: string | null; body: string }[] = [];
    world.subscriber.answer = async (request) => {
      const text = await request.text();
      if (!text.includes("verification")) return new Response(null, { status: 204 });
      const secret = request.headers.get("authorization");
      handshakes.push({ agent: request.headers.get("user-agent"), secret, body: text });
      return new Response(null, { status: secret === null ? 401 : 201 });
    };
    const now = startOfTests / 1000;
    const claims = {
      iss: "deploy@project.test",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: `${url}/token`,
      iat: now,
      exp: now + 600,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const answer = await world.form("/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmVk`,
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const ask = (method: string, address: string, body?: unknown) =>
      world.call(method, address, body, { authorization: `Bearer ${access_token}` });
    return { world, handshakes, ask };
  }

  test("are made after two POSTs, one with the secret and one without", async () => {
    const { handshakes, ask } = await project();
    const response = await ask("POST", `${path}?subscriberId=prod-exercise`, wanted);
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        name: expect.stringMatching(/^projects\/1234567890\/operations\//),
        done: true,
        response: {
          "@type": "type.googleapis.com/google.devicesandservices.health.v4.Subscriber",
          name: "projects/1234567890/subscribers/prod-exercise",
          endpointUri: wanted.endpointUri,
          createTime: "2026-06-10T10:20:00Z",
          updateTime: "2026-06-10T10:20:00Z",
          subscriberConfigs: wanted.subscriberConfigs,
          state: "ACTIVE",
          endpointAuthorization: { secretSet: true },
        },
      },
    ]);
    const agent = "Google-Health-API-Webhooks-Verifier";
    expect(handshakes).toEqual([
      { agent, secret: wanted.endpointAuthorization.secret, body: '{"type":"verification"}' },
      { agent, secret: null, body: '{"type":"verification"}' },
    ]);
  });

  test("are answered as themselves if the setting says so, and listed without their secret", async () => {
    const { world, ask } = await project();
    await world.settings({ subscriberAnswer: "subscriber" });
    const created = await (await ask("POST", `${path}?subscriberId=prod-exercise`, wanted)).json();
    expect(created.state).toBe("ACTIVE");
    const list = await (await ask("GET", path)).json();
    expect(list).toEqual({
      subscribers: [expect.objectContaining({ state: "ACTIVE" }), created],
      totalSize: 2,
    });
    expect(JSON.stringify(list)).not.toContain("R4nd0m5tr1ng123");
    const first = await (await ask("GET", `${path}?pageSize=1`)).json();
    expect(first.subscribers).toHaveLength(1);
    const second = await (await ask("GET", `${path}?pageSize=1&pageToken=${first.nextPageToken}`)).json();
    expect(second.subscribers).toEqual([created]);
  });

  test.each([
    [200, 403, 200],
    [201, 401, 200],
    [204, 401, 400],
    [201, 201, 400],
    [500, 401, 400],
  ])("whose endpoint answers %i with the secret and %i without get %i", async (right, wrong, status) => {
    const { world, ask } = await project();
    world.subscriber.answer = (request) =>
      new Response(null, { status: request.headers.has("authorization") ? right : wrong });
    const response = await ask("POST", `${path}?subscriberId=prod-exercise`, wanted);
    expect(response.status).toBe(status);
    if (status === 400) expect(await errorOf(response)).toBe("400 FAILED_PRECONDITION");
  });

  test.each([
    ["an id that is too short", "abc", wanted],
    ["an id with capitals", "Prod-exercise", wanted],
    [
      "a data type in camel case",
      "prod-exercise",
      { ...wanted, subscriberConfigs: [{ dataTypes: ["heartRate"] }] },
    ],
    [
      "a data type in snake case",
      "prod-exercise",
      { ...wanted, subscriberConfigs: [{ dataTypes: ["heart_rate"] }] },
    ],
    [
      "a secret without scheme",
      "prod-exercise",
      { ...wanted, endpointAuthorization: { secret: "R4nd0m5tr1ng123" } },
    ],
    ["no address", "prod-exercise", { ...wanted, endpointUri: undefined }],
  ])("with %s are refused without saying why", async (_what, id, body) => {
    const { ask } = await project();
    expect(await errorOf(await ask("POST", `${path}?subscriberId=${id}`, body))).toBe("400 INVALID_ARGUMENT");
  });

  test("have ids of their own", async () => {
    const { ask } = await project();
    await ask("POST", `${path}?subscriberId=prod-exercise`, wanted);
    expect(await errorOf(await ask("POST", `${path}?subscriberId=prod-exercise`, wanted))).toBe(
      "409 ALREADY_EXISTS",
    );
  });

  test("are the project's business and not a user's", async () => {
    const { world, ask } = await project();
    const { access_token } = await connect(world, await world.account());
    expect((await world.get(access_token, path)).status).toBe(403);
    expect((await world.call("GET", path)).status).toBe(401);
    expect((await ask("GET", "/v4/projects/my-project/subscribers")).status).toBe(400);
    expect((await ask("GET", "/v4/projects/999/subscribers")).status).toBe(403);
  });

  test("are changed where the mask says; another address or secret is verified first", async () => {
    const { world, handshakes, ask } = await project();
    await ask("POST", `${path}?subscriberId=prod-exercise`, wanted);
    const change = (mask: string, body: object) =>
      ask("PATCH", `${path}/prod-exercise?updateMask=${mask}`, body);
    handshakes.length = 0;
    const other = [{ dataTypes: ["sleep"], subscriptionCreatePolicy: "AUTOMATIC" }];
    expect(
      (await (await change("subscriberConfigs", { subscriberConfigs: other })).json()).response,
    ).toMatchObject({
      subscriberConfigs: other,
      endpointUri: wanted.endpointUri,
    });
    expect(handshakes).toEqual([]);
    await change("endpointAuthorization", { endpointAuthorization: { secret: "Bearer another-secret" } });
    expect(handshakes.map((one) => one.secret)).toEqual(["Bearer another-secret", null]);
    world.subscriber.answer = () => new Response(null, { status: 500 });
    expect(await errorOf(await change("endpointUri", { endpointUri: "https://app.test/other" }))).toBe(
      "400 FAILED_PRECONDITION",
    );
    expect(await errorOf(await change("", wanted))).toBe("400 INVALID_ARGUMENT");
    expect((await ask("PATCH", `${path}/nobody?updateMask=endpointUri`, wanted)).status).toBe(404);
  });

  test("are each told, with their own secret, until they are deleted", async () => {
    const { world, ask } = await project();
    await ask("POST", `${path}?subscriberId=prod-exercise`, wanted);
    const account = await world.account();
    await connect(world, account);
    world.pushes.length = 0;
    await synced(world, account);
    expect(world.pushes.map((push) => [push.url, push.headers.get("authorization")])).toEqual([
      [googleSubscriberUrl, webhookSecret],
      [wanted.endpointUri, wanted.endpointAuthorization.secret],
    ]);
    const response = await ask("DELETE", `${path}/prod-exercise?force=true`);
    expect([response.status, await response.json()]).toEqual([200, {}]);
    await synced(world, account);
    expect(world.pushes).toHaveLength(3);
  });

  test.each([
    ["another data type", "sleep", "AUTOMATIC"],
    ["manual subscriptions only", "exercise", "MANUAL"],
  ])("configured for %s are not told of exercises", async (_what, dataType, subscriptionCreatePolicy) => {
    const { world, ask } = await project();
    const subscriberConfigs = [{ dataTypes: [dataType], subscriptionCreatePolicy }];
    const made = await ask("POST", `${path}?subscriberId=prod-other`, { ...wanted, subscriberConfigs });
    expect(made.status).toBe(200);
    const account = await world.account();
    await connect(world, account);
    world.pushes.length = 0;
    await synced(world, account);
    expect(world.pushes.map((push) => push.url)).toEqual([googleSubscriberUrl]);
  });

  test("can be asked to show the handshake", async () => {
    const { world } = await project();
    expect(await world.control("POST", "/sim/google/verify-subscriber")).toEqual({
      verified: true,
      withSecret: { status: 201, expected: "201 or 200" },
      withoutSecret: { status: 401, expected: "401 or 403" },
    });
    world.subscriber.answer = () => new Response(null, { status: 204 });
    expect(await world.control("POST", "/sim/google/verify-subscriber")).toMatchObject({ verified: false });
  });
});
