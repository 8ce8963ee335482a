// The least that a webhook can be: a Hono route that checks the HMAC with a key imported once and sends one queue message.
// It is the measure of ours, so it takes every shortcut: no configuration, no size limit, no look at the message.

import { Hono } from "hono";

interface Bindings {
  readonly FITBIT_CLIENT_SECRET: string;
  readonly HINTS: { send(message: unknown): Promise<unknown> };
}

let imported: Promise<CryptoKey> | undefined;

function keyOf(secret: string): Promise<CryptoKey> {
  imported ??= crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(`${secret}&`),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["verify"],
  );
  return imported;
}

const app = new Hono<{ Bindings: Bindings }>();

app.post("/webhooks/fitbit", async (c) => {
  const body = await c.req.arrayBuffer();
  const signature = Uint8Array.from(atob(c.req.header("x-fitbit-signature") ?? ""), (byte) =>
    byte.charCodeAt(0),
  );
  const key = await keyOf(c.env.FITBIT_CLIENT_SECRET);
  if (!(await crypto.subtle.verify("HMAC", key, signature, body))) return c.body(null, 404);
  await c.env.HINTS.send(JSON.parse(new TextDecoder().decode(body)));
  return c.body(null, 204);
});

export default app;
