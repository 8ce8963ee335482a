// Google Health's pushes: what is let in, what is queued, when 204 goes out, and what the keys cost that verify them. The test
// is Google here: it signs with keys of its own and publishes them.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../../simulator/simulator.ts";
import { createApp } from "../../src/app.ts";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { problemOf, recordingQueue, refusingQueue } from "./request.ts";

const path = "/webhooks/google-health";
const keysetPath = "/googlehealthapi/webhooks/webhooks_public_keyset.json";
const limit = 256 * 1024;
const secret = exampleSecretValues.GOOGLE_WEBHOOK_SECRETS;
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Google for one test: a key server with an address of its own, signing keys, and a clock. */
class Google {
  readonly address = `http://127.0.0.1:8788/keys/${crypto.randomUUID()}`;
  readonly keys: SigningKey[] = [];
  /** What the key server answers; null answers the published set. */
  answer: (() => Response | Promise<Response>) | null = null;
  fetches = 0;
  #offsetSeconds = 0;

  constructor() {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const { url, redirect } = new Request(input, init);
      if (url.endsWith("/sim/clock")) return Response.json({ offsetSeconds: this.#offsetSeconds });
      if (url !== this.address) throw new TypeError(`a fetch left the test: ${url}`);
      // A redirect that is followed would let another address say whose keys they are.
      expect(redirect).toBe("manual");
      this.fetches += 1;
      return this.answer === null ? Response.json(this.set()) : await this.answer();
    });
  }

  pass(seconds: number): void {
    this.#offsetSeconds += seconds;
  }

  /** The set as it is published, with `more` beside the keys. */
  set(more: Record<string, unknown> = {}): Record<string, unknown> {
    return { key: this.keys.map(({ entry }) => entry), ...more };
  }

  /** Publishes a key beside those that are there. */
  async publish(keyId: number): Promise<SigningKey> {
    const key = await makeKey(keyId);
    this.keys.push(key);
    return key;
  }
}

interface SigningKey {
  readonly keyId: number;
  readonly entry: unknown;
  sign(body: Uint8Array<ArrayBuffer>): Promise<string>;
}

async function makeKey(keyId: number): Promise<SigningKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("a pair was asked for");
  const exported = await crypto.subtle.exportKey("raw", pair.publicKey);
  if (!(exported instanceof ArrayBuffer)) throw new Error("a raw key is bytes");
  const point = new Uint8Array(exported);
  const field = (number: number, bytes: readonly number[]) => [number * 8 + 2, bytes.length, ...bytes];
  const value = [
    ...field(2, [0x08, 3, 0x10, 2, 0x18, 2]),
    ...field(3, [0, ...point.subarray(1, 33)]),
    ...field(4, [0, ...point.subarray(33)]),
  ];
  return {
    keyId,
    entry: {
      keyId,
      status: "ENABLED",
      outputPrefixType: "TINK",
      keyData: {
        typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
        keyMaterialType: "ASYMMETRIC_PUBLIC",
        value: toBase64(value),
      },
    },
    async sign(body) {
      const signed = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, body);
      const raw = [...new Uint8Array(signed)];
      const content = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
      const id = [24, 16, 8, 0].map((shift) => (keyId >>> shift) & 0xff);
      return toBase64([1, ...id, 0x30, content.length, ...content]);
    },
  };
}

/** A DER integer of 32 big-endian bytes. */
function integer(bytes: readonly number[]): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = bytes.slice(first);
  const value = (magnitude[0] ?? 0) >= 0x80 ? [0, ...magnitude] : magnitude;
  return [0x02, value.length, ...value];
}

const toBase64 = (bytes: readonly number[]) => btoa(String.fromCharCode(...bytes));

/** One isolate: an app of its own holds keys of its own. */
function isolate(google: Google, changed: Partial<Env> = {}) {
  const app = createApp();
  return async (init: RequestInit, queue: Queue = recordingQueue(), now: Partial<Env> = {}) =>
    app.fetch(new Request(`http://127.0.0.1:8787${path}`, { method: "POST", ...init }), {
      ...env,
      GOOGLE_HEALTH_KEYSET_URL: google.address,
      HINTS: queue,
      ...changed,
      ...now,
    });
}

interface PushOptions {
  readonly authorization?: string | null;
  readonly signature?: string | null;
  readonly header?: string;
  readonly queue?: Queue;
}

const encode = (text: string) => new Uint8Array(new TextEncoder().encode(text));

const notification = (changes: Record<string, unknown> = {}) => ({
  data: {
    version: "1",
    clientProvidedSubscriptionName: crypto.randomUUID(),
    healthUserId: "4815162342108151623",
    operation: "UPSERT",
    dataType: "exercise",
    intervals: [
      { physicalTimeInterval: { startTime: "2026-11-20T06:58:12Z", endTime: "2026-11-20T07:29:47Z" } },
    ],
    ...changes,
  },
});
const body = JSON.stringify([notification()]);

let google: Google;
let key: SigningKey;
let send: ReturnType<typeof isolate>;

beforeEach(async () => {
  google = new Google();
  key = await google.publish(0xc0ffee01);
  send = isolate(google);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function push(text: string, options: PushOptions = {}, through = send) {
  const queue = recordingQueue();
  const headers: Record<string, string> = { "content-type": "application/json" };
  const authorization = options.authorization === undefined ? secret : options.authorization;
  if (authorization !== null) headers.authorization = authorization;
  const signature = options.signature === undefined ? await key.sign(encode(text)) : options.signature;
  if (signature !== null) headers[options.header ?? "google-health-api-signature"] = signature;
  const response = await through({ body: text, headers }, options.queue ?? queue);
  return { response, sent: queue.sent as { hints: Record<string, unknown>[] }[] };
}

const statusOf = async (text: string, options: PushOptions = {}, through = send) =>
  (await push(text, options, through)).response.status;

describe("Google verifies the address", () => {
  const handshake = '{"type":"verification"}';
  const agent = { "user-agent": "Google-Health-API-Webhooks-Verifier", "content-type": "application/json" };

  it("answers 201 to the handshake with the secret, which is not signed", async () => {
    const response = await send({ body: handshake, headers: { ...agent, authorization: secret } });
    expect(response.status).toBe(201);
    expect(await response.text()).toBe("");
  });

  it("answers 401 to the handshake without it", async () => {
    const response = await send({ body: handshake, headers: agent });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
  });

  it("asks nobody for keys to answer either", async () => {
    await send({ body: handshake, headers: { ...agent, authorization: secret } });
    await send({ body: handshake, headers: agent });
    expect(google.fetches).toBe(0);
  });

  it.each([
    ["an array around it", '[{"type":"verification"}]'],
    ["another type", '{"type":"Verification"}'],
    ["a push that calls itself one", JSON.stringify({ type: "verification", ...notification() })],
    ["a text", '"verification"'],
    ["nothing", ""],
  ])("takes %s for a push, which has to be signed", async (_name, text) => {
    const { response, sent } = await push(text, { signature: null });
    expect(response.status).toBe(401);
    expect(sent).toHaveLength(0);
  });

  it("is no address when Google Health is not offered", async () => {
    const through = isolate(google, { PROVIDERS: "fitbit" });
    expect((await through({ body: handshake, headers: { ...agent, authorization: secret } })).status).toBe(
      404,
    );
  });
});

describe("a push counts only with the shared secret", () => {
  it.each([
    ["no secret", null],
    ["an empty one", ""],
    ["another one", "Bearer another-secret-of-google"],
    ["the secret without its scheme", secret.slice("Bearer ".length)],
    ["the beginning of the secret", secret.slice(0, -1)],
    ["the secret with something behind it", `${secret}x`],
    ["the secret in capitals", secret.toUpperCase()],
    ["the whole list of secrets", `${secret},${secret}`],
  ])("answers a bare 401 to %s, and queues nothing", async (_name, authorization) => {
    const { response, sent } = await push(body, { authorization });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(sent).toHaveLength(0);
    expect(google.fetches).toBe(0);
  });

  it("takes the old and the new one while one takes the other's place, and then only the new one", async () => {
    const [old, fresh] = ["Bearer old-secret-of-the-webhook", "Bearer new-secret-of-the-webhook"];
    const during = isolate(google, { GOOGLE_WEBHOOK_SECRETS: `${fresh},${old}` });
    expect(await statusOf(body, { authorization: old }, during)).toBe(204);
    expect(await statusOf(body, { authorization: fresh }, during)).toBe(204);
    expect(await statusOf(body, { authorization: secret }, during)).toBe(401);
    const after = isolate(google, { GOOGLE_WEBHOOK_SECRETS: fresh });
    expect(await statusOf(body, { authorization: old }, after)).toBe(401);
    expect(await statusOf(body, { authorization: fresh }, after)).toBe(204);
  });
});

describe("a push counts only with Google's signature over its bytes", () => {
  it.each(["GOOGLE-HEALTH-API-SIGNATURE", "X-HEALTHAPI-SIGNATURE"])("reads it from %s", async (header) => {
    const { response, sent } = await push(body, { header });
    expect(response.status).toBe(204);
    expect(sent).toHaveLength(1);
  });

  it("answers 204 and nothing else", async () => {
    const { response } = await push(body);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect([...response.headers.keys()]).toEqual([]);
  });

  const wrong: [string, (good: string) => Promise<string | null> | string | null][] = [
    ["no signature", () => null],
    ["an empty one", () => ""],
    ["the signature of another body", () => key.sign(encode(`${body} `))],
    ["one by another key with the same id", async () => (await makeKey(key.keyId)).sign(encode(body))],
    ["one by a key that was not published", async () => (await makeKey(7)).sign(encode(body))],
    ["half a signature", (good) => good.slice(0, 48)],
    ["something that is no base64", () => "not base64 at all"],
  ];
  it.each(wrong)("answers a bare 401 to %s, and queues nothing", async (_name, make) => {
    const { response, sent } = await push(body, { signature: await make(await key.sign(encode(body))) });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(sent).toHaveLength(0);
  });

  it("verifies before it reads: broken JSON without a signature is 401, not 400", async () => {
    expect(await statusOf("[{", { signature: null })).toBe(401);
  });
});

describe("every element of a push counts", () => {
  const hint = (account: string, windows: unknown) => ({
    account: `google-health:${account}`,
    collection: "activities",
    dates: [],
    windows,
    receivedAt: expect.any(Number),
  });
  const window = { start: Date.UTC(2026, 10, 20, 6, 58, 12), end: Date.UTC(2026, 10, 20, 7, 29, 47) };

  it.each([
    ["one notification alone, as the documentation shows it", JSON.stringify(notification())],
    ["an array of one, as it comes", body],
  ])("queues the hint of %s", async (_name, text) => {
    const { response, sent } = await push(text);
    expect(response.status).toBe(204);
    expect(sent.flatMap((message) => message.hints)).toEqual([hint("4815162342108151623", [window])]);
    expect(Math.abs(Number(sent[0]?.hints[0]?.receivedAt) - Date.now())).toBeLessThan(10_000);
  });

  it("makes a hint of UPSERT and of DELETE, one for each account", async () => {
    const { sent } = await push(
      JSON.stringify([
        notification({ healthUserId: "AA-1" }),
        notification({ healthUserId: "BB-2", operation: "DELETE" }),
        notification({ healthUserId: "AA-1", operation: "DELETE", intervals: [] }),
      ]),
    );
    expect(sent.flatMap((message) => message.hints)).toEqual([
      hint("AA-1", [window]),
      hint("BB-2", [window]),
    ]);
  });

  it("answers 204 for a user that nobody has heard of", async () => {
    const real = await push(JSON.stringify(notification({ healthUserId: "stranger-1" })), {
      queue: env.HINTS,
    });
    expect(real.response.status).toBe(204);
  });

  it("answers 204 to data types that it does not use, and queues nothing", async () => {
    const { response, sent } = await push(
      JSON.stringify([notification({ dataType: "sleep" }), notification({ dataType: "a-new-one" })]),
    );
    expect(response.status).toBe(204);
    expect(sent).toHaveLength(0);
  });

  it("does not lose the others for one element that is broken, and keeps a hint whose intervals are", async () => {
    const malformed = { physicalTimeInterval: { startTime: "2026-03-0B01:29:00Z", endTime: "2026-03-01" } };
    const { response, sent } = await push(
      JSON.stringify([
        null,
        7,
        [],
        {},
        { data: null },
        notification({ healthUserId: 5 }),
        notification({ healthUserId: "../x" }),
        notification({ healthUserId: "CC-3", intervals: [malformed] }),
      ]),
    );
    expect(response.status).toBe(204);
    expect(sent.flatMap((message) => message.hints)).toEqual([hint("CC-3", [])]);
  });

  it("splits a push over many users into messages of at most 100 KB, and loses none", async () => {
    const bare = (healthUserId: string) => ({ data: { healthUserId, dataType: "exercise" } });
    const { response, sent } = await push(
      JSON.stringify(Array.from({ length: 3_000 }, (_, index) => bare(`U-${index}`))),
    );
    expect(response.status).toBe(204);
    expect(sent.length).toBeGreaterThan(1);
    for (const message of sent) expect(JSON.stringify(message).length).toBeLessThanOrEqual(100_000);
    expect(new Set(sent.flatMap((message) => message.hints.map(({ account }) => account))).size).toBe(3_000);
  });

  it.each([
    ["not JSON", "hello"],
    ["cut JSON", '[{"data":'],
    ["a number", "7"],
    ["null", "null"],
    ["nothing", ""],
  ])("answers 400 to a signed body that is %s", async (_name, broken) => {
    const { response } = await push(broken);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "invalid_request", field: "body" });
  });
});

describe("204 means that the queue has it", () => {
  it("answers 503 when the queue refuses, so that Google sends again", async () => {
    const { response } = await push(body, { queue: refusingQueue() });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await problemOf(response)).toMatchObject({ code: "unavailable" });
  });

  it("answers only after the queue has accepted", async () => {
    const order: string[] = [];
    const slow = {
      async send() {
        await new Promise((done) => setTimeout(done, 30));
        order.push("queued");
      },
    } as unknown as Queue;
    const { response } = await push(body, { queue: slow });
    order.push("answered");
    expect(response.status).toBe(204);
    expect(order).toEqual(["queued", "answered"]);
  });
});

describe("a push holds 256 KiB", () => {
  const padded = (length: number) => `[${" ".repeat(length - 2)}]`;

  it("takes a signed body of exactly 256 KiB, and refuses one byte more with 413", async () => {
    expect(await statusOf(padded(limit))).toBe(204);
    const { response } = await push(padded(limit + 1));
    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({ code: "too_large" });
  });

  it("reads nothing of a body that comes without the secret", async () => {
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    expect((await send({ body: stream })).status).toBe(401);
    expect(pulled).toBe(0);
  });
});

describe("the keys", () => {
  it("are fetched once for all pushes of an hour, and once for all isolates", async () => {
    for (let count = 0; count < 5; count++) expect(await statusOf(body)).toBe(204);
    const other = isolate(google);
    google.pass(hour - minute);
    expect(await statusOf(body)).toBe(204);
    expect(await statusOf(body, {}, other)).toBe(204);
    expect(google.fetches).toBe(1);
    google.pass(2 * minute);
    expect(await statusOf(body)).toBe(204);
    expect(await statusOf(body, {}, other)).toBe(204);
    expect(google.fetches).toBe(2);
  });

  it("are fetched once when the first pushes come to many new isolates at the same moment", async () => {
    const isolates = Array.from({ length: 8 }, () => isolate(google));
    const statuses = await Promise.all(isolates.map((through) => statusOf(body, {}, through)));
    expect(statuses).toEqual(isolates.map(() => 204));
    expect(google.fetches).toBe(1);
  });

  it("rotate in the middle of the stream: the new one is learnt at its first push, and the old one still counts", async () => {
    expect(await statusOf(body)).toBe(204);
    google.pass(10 * minute);
    const next = await google.publish(0xc0ffee02);
    expect(await statusOf(body, { signature: await next.sign(encode(body)) })).toBe(204);
    expect(await statusOf(body)).toBe(204);
    expect(google.fetches).toBe(2);
    // And once it is no longer published, the old one counts for an hour at most.
    google.keys.shift();
    google.pass(hour + minute);
    expect(await statusOf(body)).toBe(401);
    expect(await statusOf(body, { signature: await next.sign(encode(body)) })).toBe(204);
  });

  it("that another isolate has fetched are taken from it, without a fetch", async () => {
    const other = isolate(google);
    expect(await statusOf(body)).toBe(204);
    expect(await statusOf(body, {}, other)).toBe(204);
    google.pass(2 * minute);
    const next = await google.publish(0xc0ffee03);
    const signature = await next.sign(encode(body));
    expect(await statusOf(body, { signature })).toBe(204);
    expect(await statusOf(body, { signature }, other)).toBe(204);
    expect(google.fetches).toBe(2);
  });

  it("cost one fetch a minute however many forged messages name unknown ones", async () => {
    expect(await statusOf(body)).toBe(204);
    expect(google.fetches).toBe(1);
    google.pass(2 * minute);
    const forger = await makeKey(0);
    const isolates = [send, isolate(google), isolate(google)];
    const good = await forger.sign(encode(body));
    const forged = (count: number) => {
      const bytes = [...atob(good)].map((character) => character.charCodeAt(0));
      bytes[3] = count >> 8;
      bytes[4] = count & 0xff;
      return toBase64(bytes);
    };
    const prepare = vi.spyOn(env.DB, "prepare");
    for (let count = 0; count < 1_000; count++) {
      const status = await statusOf(body, { signature: forged(count) }, isolates[count % 3]);
      expect(status).toBe(401);
    }
    expect(google.fetches).toBe(2);
    expect(prepare.mock.calls.length).toBeGreaterThan(0);
    expect(prepare.mock.calls.length).toBeLessThan(40);
    google.pass(minute + 1);
    for (let count = 0; count < 30; count++) {
      await push(body, { signature: forged(count) }, isolates[count % 3]);
    }
    expect(google.fetches).toBe(3);
    expect(await statusOf(body)).toBe(204);
  });

  const broken: [string, () => Response | Promise<Response>][] = [
    ["answers 500", () => Response.json(google.set(), { status: 500 })],
    ["answers 404", () => Response.json(google.set(), { status: 404 })],
    ["leads elsewhere", () => Response.redirect("https://elsewhere.example/keys", 302)],
    ["answers a page", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["answers an empty set", () => Response.json({ key: [] })],
    ["answers more than 64 KiB", () => Response.json(google.set({ padding: " ".repeat(65_536) }))],
    ["cannot be reached", () => Promise.reject(new TypeError("connection refused"))],
  ];
  it.each(broken)(
    "that are held stay good for 7 days when the key server %s, and then it is 503",
    async (_name, answer) => {
      expect(await statusOf(body)).toBe(204);
      google.answer = answer;
      google.pass(2 * hour);
      expect(await statusOf(body)).toBe(204);
      google.pass(7 * day - 3 * hour);
      expect(await statusOf(body)).toBe(204);
      expect(await statusOf(body, {}, isolate(google)), "a new isolate").toBe(204);
      google.pass(hour + 1);
      const { response, sent } = await push(body);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("60");
      expect(sent).toHaveLength(0);
      google.answer = null;
      google.pass(minute + 1);
      expect(await statusOf(body)).toBe(204);
    },
  );

  it("that were never had are 503, and the key server is asked once a minute", async () => {
    google.answer = () => new Response("no", { status: 503 });
    for (let count = 0; count < 3; count++) expect(await statusOf(body)).toBe(503);
    expect(google.fetches).toBe(1);
    google.pass(minute);
    expect(await statusOf(body)).toBe(503);
    expect(google.fetches).toBe(2);
  });

  it("that are held serve while the key server is down, at one fetch a minute", async () => {
    expect(await statusOf(body)).toBe(204);
    google.answer = () => new Response("no", { status: 503 });
    google.pass(2 * hour);
    for (let count = 0; count < 20; count++) expect(await statusOf(body)).toBe(204);
    expect(google.fetches).toBe(2);
  });

  it("serve from memory when the database does not answer, and without it nothing is let in", async () => {
    expect(await statusOf(body)).toBe(204);
    const broken = {
      prepare() {
        throw new Error("no such database");
      },
    } as unknown as D1Database;
    const without = isolate(google, { DB: broken });
    expect(await statusOf(body, {}, without)).toBe(503);
  });

  it("are not believed for another address than they were published at", async () => {
    expect(await statusOf(body)).toBe(204);
    const elsewhere = { GOOGLE_HEALTH_KEYSET_URL: "http://127.0.0.1:8788/keys/other" };
    expect(await statusOf(body, {}, isolate(google, elsewhere)), "by a new isolate").toBe(503);
    const same: typeof send = (init, queue) => send(init, queue, elsewhere);
    expect(await statusOf(body, {}, same), "by the same one").toBe(503);
  });
});

describe("the simulator's Google", () => {
  const origin = "http://127.0.0.1:8788";

  /** A simulator whose pushes reach an isolate of ours, and one account that has consented. */
  async function simulated() {
    const queue = recordingQueue();
    const isolated = isolate(google, { GOOGLE_HEALTH_KEYSET_URL: `${origin}${keysetPath}` });
    const simulator = createSimulator({
      url: origin,
      deliver: async (request) =>
        isolated({ body: await request.arrayBuffer(), headers: request.headers }, queue),
      fitbit: { clientId: "client", clientSecret: "client-secret", subscriberUrl: `${origin}/none` },
      google: {
        clientId: "client",
        clientSecret: "client-secret",
        subscriberUrl: `http://127.0.0.1:8787${path}`,
        webhookSecret: secret,
      },
    });
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
      simulator.fetch(new Request(input, init)),
    );
    const call = async (method: string, address: string, json?: unknown) => {
      const headers = { "content-type": "application/json" };
      const init = json === undefined ? { method } : { method, headers, body: JSON.stringify(json) };
      const response = await simulator.fetch(new Request(`${origin}${address}`, init));
      const text = await response.text();
      expect(response.ok, `${address}: ${text}`).toBe(true);
      return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    };
    const { providerUserId } = await call("POST", "/sim/users", { provider: "google-health" });
    const account = String(providerUserId);
    await consent(simulator, account);
    return { queue: queue as Queue & { readonly sent: { hints: { account: string }[] }[] }, call, account };
  }

  async function consent(simulator: Simulator, account: string): Promise<void> {
    const query = new URLSearchParams({
      client_id: "client",
      redirect_uri: "http://127.0.0.1:8787/oauth/google-health/callback",
      response_type: "code",
      access_type: "offline",
      prompt: "consent",
      state: "state",
      scope: "https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly",
    });
    const address = `${origin}/o/oauth2/v2/auth?${query}`;
    const form = new URLSearchParams({ account, scope: query.get("scope") ?? "", decision: "allow" });
    const page = await (await simulator.fetch(new Request(address))).text();
    for (const [, name = "", value = ""] of page.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      form.set(name, value.replaceAll("&amp;", "&"));
    }
    const decided = await simulator.fetch(
      new Request(address, { method: "POST", body: form, redirect: "manual" }),
    );
    const location = decided.headers.get("location") ?? "";
    const code = new URL(location, origin).searchParams.get("code") ?? "";
    expect(code, `${decided.status} ${location}`).not.toBe("");
    const token = await simulator.fetch(
      new Request(`${origin}/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          code,
          redirect_uri: query.get("redirect_uri") ?? "",
          client_id: "client",
          client_secret: "client-secret",
        }),
      }),
    );
    expect(token.status, await token.text()).toBe(200);
  }

  it("finds the address verified", async () => {
    const { call } = await simulated();
    expect(await call("POST", "/sim/google/verify-subscriber")).toMatchObject({
      verified: true,
      withSecret: { status: 201 },
      withoutSecret: { status: 401 },
    });
  });

  it("has its pushes believed, also after its keys have rotated, and the forged ones refused", async () => {
    const { call, account, queue } = await simulated();
    const workout = { name: "Run", durationSeconds: 1800, gps: true, heartRate: true };
    const pushed = async () => {
      await call("POST", `/sim/users/${account}/activities`, workout);
      await call("POST", `/sim/users/${account}/sync`);
      const { deliveries } = await call("GET", "/sim/deliveries");
      return (deliveries as { status: number }[]).at(-1)?.status;
    };
    expect(await pushed()).toBe(204);
    await call("POST", "/sim/clock", { advanceSeconds: 120 });
    await call("POST", "/sim/google/rotate-keys", { old: "remove" });
    expect(await pushed()).toBe(204);
    const accepted = queue.sent.length;
    expect(queue.sent.flatMap(({ hints }) => hints.map((hint) => hint.account))).toContain(
      `google-health:${account}`,
    );
    await call("PUT", "/sim/faults", [{ fault: "bad_signature", count: 1 }]);
    expect(await pushed()).toBe(401);
    expect(queue.sent).toHaveLength(accepted);
  });
});
