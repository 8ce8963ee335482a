// Fitbit's pushes: what is let in, what is queued, and when 204 goes out. The matrix of signatures, sizes and bodies.

import { describe, expect, it } from "vitest";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { isSignedByFitbit } from "../../src/webhooks/fitbit-signature.ts";
import { recordingQueue, refusingQueue, send } from "./request.ts";

const path = "/webhooks/fitbit";
const limit = 256 * 1024;

async function sign(
  body: string | Uint8Array<ArrayBuffer>,
  secret: string = exampleSecretValues.FITBIT_CLIENT_SECRET,
) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(`${secret}&`),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["sign"],
  );
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes))));
}

async function push(body: string, options: { signature?: string | null; queue?: Queue } = {}) {
  const queue = recordingQueue();
  const signature = options.signature === undefined ? await sign(body) : options.signature;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (signature !== null) headers["x-fitbit-signature"] = signature;
  const response = await send(path, { method: "POST", body, headers }, { HINTS: options.queue ?? queue });
  return { response, sent: queue.sent as { hints: Record<string, unknown>[] }[] };
}

const element = (ownerId: string, date = "2026-11-20", collectionType = "activities") => ({
  collectionType,
  date,
  ownerId,
  ownerType: "user",
  subscriptionId: "1",
});
const body = JSON.stringify([element("AAA111")]);

describe("Fitbit verifies the address", () => {
  it("answers 204 to the code that was configured", async () => {
    const response = await send(`${path}?verify=${exampleSecretValues.FITBIT_VERIFICATION_CODE}`);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  it.each([
    ["a wrong code", "?verify=wrong"],
    ["an empty code", "?verify="],
    ["no code", ""],
    ["the code with something behind it", `?verify=${exampleSecretValues.FITBIT_VERIFICATION_CODE}x`],
    ["the beginning of the code", `?verify=${exampleSecretValues.FITBIT_VERIFICATION_CODE.slice(0, -1)}`],
    ["the code in capitals", `?verify=${exampleSecretValues.FITBIT_VERIFICATION_CODE.toUpperCase()}`],
  ])("answers 404 to %s", async (_name, query) => {
    expect((await send(path + query)).status).toBe(404);
  });
});

describe("a push counts only with Fitbit's signature over its bytes", () => {
  it("lets in what is signed with the client secret and an ampersand", async () => {
    const { response, sent } = await push(body);
    expect(response.status).toBe(204);
    expect(sent).toHaveLength(1);
  });

  it("agrees with the example of the reference (§2.4)", async () => {
    const example =
      '[{"collectionType":"foods","date":"2010-03-01","ownerId":"228S74","ownerType":"user","subscriptionId":"1234"},{"collectionType":"foods","date":"2010-03-02","ownerId":"228S74","ownerType":"user","subscriptionId":"1234"},{"collectionType":"activities","date":"2010-03-01","ownerId":"184X36","ownerType":"user","subscriptionId":"2345"}]';
    const bytes = new Uint8Array(new TextEncoder().encode(example));
    const secret = "123ab4567c890d123e4567f8abcdef9a";
    expect(await isSignedByFitbit(secret, "zK4bUdOLyEgdpgGvs5/avGL/I8E=", bytes)).toBe(true);
    expect(await isSignedByFitbit(`${secret}x`, "zK4bUdOLyEgdpgGvs5/avGL/I8E=", bytes)).toBe(false);
  });

  const wrong: [string, (signature: string) => Promise<string | null> | string | null][] = [
    ["no signature", () => null],
    ["an empty signature", () => ""],
    ["the signature of another body", () => sign(`${body} `)],
    ["a signature with another secret", () => sign(body, "another-secret")],
    [
      "a signature whose last character changed",
      (good) => `${good.startsWith("A") ? "B" : "A"}${good.slice(1)}`,
    ],
    ["half a signature", (good) => good.slice(0, 14)],
    ["two signatures in one header", (good) => `${good}, ${good}`],
    [
      "the signature in URL-safe letters",
      (good) => `_${good.slice(1).replaceAll("+", "-").replaceAll("/", "_")}`,
    ],
    ["something that is no base64", () => "not base64 at all!!!!!!!!!!="],
  ];
  it.each(wrong)("answers 404 to %s, and queues nothing", async (_name, make) => {
    const { response, sent } = await push(body, { signature: await make(await sign(body)) });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("");
    expect(sent).toHaveLength(0);
  });

  it("refuses the same JSON written with other spaces", async () => {
    const spaced = JSON.stringify(JSON.parse(body), null, 1);
    expect((await push(spaced, { signature: await sign(body) })).response.status).toBe(404);
  });

  it("verifies before it parses: broken JSON without a signature is 404, not 400", async () => {
    expect((await push("[{", { signature: "" })).response.status).toBe(404);
  });
});

describe("every element of a push counts", () => {
  it("queues one hint for each account and collection, with its dates", async () => {
    const { sent } = await push(
      JSON.stringify([
        element("AAA111", "2026-11-19"),
        element("BBB222"),
        element("AAA111", "2026-11-20"),
        element("AAA111", "2026-11-20"),
        element("AAA111", "2026-11-20", "userRevokedAccess"),
      ]),
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.hints).toEqual([
      {
        account: "fitbit:AAA111",
        collection: "activities",
        dates: ["2026-11-19", "2026-11-20"],
        windows: [],
        receivedAt: expect.any(Number),
      },
      {
        account: "fitbit:BBB222",
        collection: "activities",
        dates: ["2026-11-20"],
        windows: [],
        receivedAt: expect.any(Number),
      },
      {
        account: "fitbit:AAA111",
        collection: "access_revoked",
        dates: ["2026-11-20"],
        windows: [],
        receivedAt: expect.any(Number),
      },
    ]);
    expect(Math.abs(Number(sent[0]?.hints[0]?.receivedAt) - Date.now())).toBeLessThan(10_000);
  });

  it("takes a deleted account by its owner, whatever the subscription id", async () => {
    const deleted = { ...element("CCC333", "2026-11-20", "deleteUser"), subscriptionId: "391303303" };
    const { sent } = await push(JSON.stringify([deleted]));
    expect(sent[0]?.hints).toEqual([
      {
        account: "fitbit:CCC333",
        collection: "account_deleted",
        dates: ["2026-11-20"],
        windows: [],
        receivedAt: expect.any(Number),
      },
    ]);
  });

  it("answers 204 to collections that it does not use, and queues nothing", async () => {
    const { response, sent } = await push(
      JSON.stringify([element("AAA111", "2026-11-20", "sleep"), element("AAA111", "2026-11-20", "fooBar")]),
    );
    expect(response.status).toBe(204);
    expect(sent).toHaveLength(0);
  });

  it("does not lose the others for one element that is broken", async () => {
    const elements = [
      null,
      7,
      "x",
      [],
      {},
      { collectionType: "activities" },
      { ...element("A B"), ownerId: 5 },
      element("../x"),
      element("DDD444"),
    ];
    const { response, sent } = await push(JSON.stringify(elements));
    expect(response.status).toBe(204);
    expect(sent.flatMap((message) => message.hints)).toHaveLength(1);
    expect(sent[0]?.hints[0]?.account).toBe("fitbit:DDD444");
  });

  it("keeps a hint whose date is missing or strange, without the date", async () => {
    const { sent } = await push(
      JSON.stringify([{ collectionType: "activities", ownerId: "EEE555" }, element("EEE555", "yesterday")]),
    );
    expect(sent[0]?.hints).toEqual([
      {
        account: "fitbit:EEE555",
        collection: "activities",
        dates: [],
        windows: [],
        receivedAt: expect.any(Number),
      },
    ]);
  });

  it("splits a push over many users into messages of at most 100 KB, and loses none", async () => {
    const elements = Array.from({ length: 5_000 }, (_, index) => ({
      collectionType: "activities",
      ownerId: `U${index}`,
    }));
    const { response, sent } = await push(JSON.stringify(elements));
    expect(response.status).toBe(204);
    expect(sent.length).toBeGreaterThan(1);
    for (const message of sent) expect(JSON.stringify(message).length).toBeLessThanOrEqual(100_000);
    expect(new Set(sent.flatMap((message) => message.hints.map((hint) => hint.account))).size).toBe(5_000);
  });

  it.each([
    ["not JSON", "hello"],
    ["cut JSON", '[{"collectionType":'],
    ["an object", "{}"],
    ["nothing", ""],
  ])("answers 400 to a signed body that is %s", async (_name, broken) => {
    const { response } = await push(broken);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_request", field: "body" });
  });
});

describe("204 means that the queue has it", () => {
  it("answers 503 when the queue refuses, so that Fitbit sends again", async () => {
    const { response } = await push(body, { queue: refusingQueue() });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await response.json()).toMatchObject({ code: "unavailable" });
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

  it("takes a signed body of exactly 256 KiB", async () => {
    expect((await push(padded(limit))).response.status).toBe(204);
  });

  it("refuses one byte more with 413", async () => {
    const { response } = await push(padded(limit + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "too_large" });
  });

  it("refuses by the declared length before it reads a byte", async () => {
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
    const headers = { "content-length": String(limit + 1), "x-fitbit-signature": await sign("x") };
    const response = await send(path, { method: "POST", body: stream, headers });
    expect(response.status).toBe(413);
    expect(pulled).toBe(0);
  });

  it.each(["-1x", "1e9", "NaN"])("refuses a declared length of %s", async (length) => {
    const response = await send(path, {
      method: "POST",
      body: new ReadableStream(),
      headers: { "content-length": length, "x-fitbit-signature": "x" },
    });
    expect(response.status).toBe(413);
  });

  it("cuts off a body without a declared length at the limit", async () => {
    let sentBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const headers = { "x-fitbit-signature": await sign("x") };
    const response = await send(path, { method: "POST", body: endless, headers });
    expect(response.status).toBe(413);
    expect(sentBytes).toBeLessThan(limit + 5 * 65_536);
  });
});
