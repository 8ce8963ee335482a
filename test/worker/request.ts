// Requests to the app inside workerd, with the bindings of the test: real D1, R2, queues and Durable Objects. A test that
// needs a binding to misbehave hands in a changed copy.

import { env } from "cloudflare:workers";
import { createApp } from "../../src/app.ts";
import { sha256Hex } from "../../src/kernel/ids.ts";

const app = createApp();

export const bindings: Env = env;

/** The key of the checked-in local configuration, with every scope. */
export const localKey = "local-development-key";

/** Sends a request to the app; a path is enough. */
export async function send(
  path: string,
  init: RequestInit = {},
  changed: Partial<Env> = {},
): Promise<Response> {
  return app.fetch(new Request(new URL(path, "http://127.0.0.1:8787"), { redirect: "manual", ...init }), {
    ...env,
    ...changed,
  });
}

/** As `send`, with the local API key, or another one, and a JSON body. */
export async function api(
  path: string,
  init: { method?: string; body?: unknown; key?: string; headers?: Record<string, string> } = {},
  changed: Partial<Env> = {},
): Promise<Response> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${init.key ?? localKey}`,
    ...(init.body === undefined ? {} : { "content-type": "application/json" }),
    ...init.headers,
  };
  const request: RequestInit = { method: init.method ?? "GET", headers };
  if (init.body !== undefined) request.body = JSON.stringify(init.body);
  return send(path, request, changed);
}

/** An API key with these scopes, as the `API_KEYS` setting that knows it. */
export async function keyWith(...scopes: string[]): Promise<{ key: string; changed: Partial<Env> }> {
  const key = `key-for-${scopes.join("-")}`;
  const entry = { name: "test", sha256: await sha256Hex(key), scopes };
  return { key, changed: { API_KEYS: JSON.stringify([entry]) } };
}

/** A queue that takes every message and shows them. */
export function recordingQueue(): Queue & { readonly sent: unknown[] } {
  const sent: unknown[] = [];
  const queue = {
    sent,
    async send(body: unknown) {
      sent.push(body);
    },
  };
  return queue as unknown as Queue & { readonly sent: unknown[] };
}

/** A queue that takes nothing. */
export function refusingQueue(): Queue {
  const queue = {
    async send() {
      throw new Error("Too Many Requests");
    },
  };
  return queue as unknown as Queue;
}

/** Checks an answer's status and that it is a problem with this code; answers the problem. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new Error("a problem is an object");
  return { contentType: response.headers.get("content-type"), ...body };
}
