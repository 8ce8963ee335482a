// Behind a real socket: addresses, a port in use, and what a dropped connection looks like from outside.

import { afterEach, describe, expect, test } from "vitest";
import { serve } from "../../simulator/serve.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import { clientId, clientSecret, subscriberUrl } from "./harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(handler: (request: Request) => Promise<Response> | Response) {
  const server = await serve(handler, 0);
  open.push(server);
  return server;
}

async function simulated() {
  const simulator = createSimulator({
    url: "http://127.0.0.1",
    fitbit: { clientId, clientSecret, subscriberUrl, requireContentLength: true },
  });
  const { url } = await start(simulator.fetch);
  const fault = (one: Record<string, unknown>) =>
    fetch(`${url}/sim/faults`, { method: "PUT", body: JSON.stringify([one]) });
  return { url, fault };
}

describe("a socket", () => {
  test("carries method, path, headers and body both ways", async () => {
    const { url } = await start(
      async (request) =>
        new Response(
          `${request.method} ${request.url} ${request.headers.get("x-test")} ${await request.text()}`,
          {
            status: 201,
            headers: { "x-answer": "yes" },
          },
        ),
    );
    const response = await fetch(`${url}/a/b?c=d`, {
      method: "POST",
      headers: { "x-test": "1" },
      body: "hello",
    });
    expect([response.status, response.headers.get("x-answer"), await response.text()]).toEqual([
      201,
      "yes",
      `POST ${url}/a/b?c=d 1 hello`,
    ]);
  });

  test("listens on loopback only", async () => {
    expect((await start(() => new Response())).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("already in use rejects with the reason", async () => {
    const { url } = await start(() => new Response());
    await expect(serve(() => new Response(), Number(new URL(url).port))).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  test("tells the handler when the caller has gone", async () => {
    let gone: Promise<boolean> | undefined;
    const { url } = await start((request) => {
      gone = new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(true)));
      return new Promise(() => {});
    });
    await expect(fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    expect(await gone).toBe(true);
  });
});

describe("faults on the wire", () => {
  test("a dropped connection fails the fetch", async () => {
    const { url, fault } = await simulated();
    await fault({ fault: "network_error", count: 1 });
    await expect(fetch(`${url}/1/user/-/profile.json`)).rejects.toThrow("fetch failed");
    expect((await fetch(`${url}/1/user/-/profile.json`)).status).toBe(401);
  });

  test("a connection cut in the middle has a status and a body that breaks off", async () => {
    const { url, fault } = await simulated();
    await fault({ fault: "cut_connection", count: 1 });
    const response = await fetch(`${url}/1/user/-/profile.json`);
    expect(response.status).toBe(401);
    await expect(response.text()).rejects.toThrow();
  });

  test("a body cut cleanly just ends early", async () => {
    const { url, fault } = await simulated();
    await fault({ fault: "cut", count: 1 });
    const text = await (await fetch(`${url}/1/user/-/profile.json`)).text();
    expect(text.startsWith('{"errors":[{"errorType":')).toBe(true);
    expect(() => JSON.parse(text)).toThrow();
  });
});
