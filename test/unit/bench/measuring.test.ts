// The benchmarks' own instruments: a figure is worth what took it.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Stopwatch } from "../../../bench/sync/stopwatch.ts";
import { LoadGenerator } from "../../../bench/webhook/load.ts";
import { signedPushes } from "../../../bench/webhook/pushes.ts";
import { serve } from "../../../simulator/serve.ts";
import { readFitbitPush } from "../../../src/webhooks/fitbit-push.ts";
import { isSignedByFitbit } from "../../../src/webhooks/fitbit-signature.ts";

describe("the stopwatch of a sync", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a moment that two parts claim is given to one of them", () => {
    const stopwatch = new Stopwatch();
    stopwatch.start("provider");
    vi.advanceTimersByTime(10);
    stopwatch.start("gzip");
    vi.advanceTimersByTime(5);
    stopwatch.stop("provider");
    vi.advanceTimersByTime(3);
    stopwatch.stop("gzip");
    vi.advanceTimersByTime(100);
    stopwatch.start("d1");
    stopwatch.stop("d1");
    expect(stopwatch.split).toMatchObject({ provider: 10, gzip: 8, d1: 0 });
  });

  test("a part that is waited for twice at once takes its time once", () => {
    const stopwatch = new Stopwatch();
    stopwatch.start("r2");
    stopwatch.start("r2");
    vi.advanceTimersByTime(4);
    stopwatch.stop("r2");
    vi.advanceTimersByTime(4);
    stopwatch.stop("r2");
    expect(stopwatch.split.r2).toBe(8);
  });
});

describe("the webhook's load", () => {
  const secret = "a secret for this test";

  test("every push is one that the webhook takes, and none is another's copy", async () => {
    const pushes = signedPushes(64, secret);
    expect(new Set(pushes.map(({ body }) => body)).size).toBe(64);
    for (const { body, signature } of pushes) {
      expect(await isSignedByFitbit(secret, signature, new TextEncoder().encode(body))).toBe(true);
      const reading = readFitbitPush(JSON.parse(body), 0);
      expect(reading?.malformed).toBe(0);
      expect(reading?.hints.length).toBe(JSON.parse(body).length);
    }
  });

  test("it counts the answers that came, and an answer other than 204 ends it", async () => {
    let answered = 0;
    let status = 204;
    const server = await serve(() => {
      answered += 1;
      return new Response(null, { status });
    }, 0);
    const generator = await LoadGenerator.open(new URL(server.url), signedPushes(4, secret), 3);
    try {
      const reading = await generator.run(30);
      expect(reading.requests).toBe(answered);
      expect(reading.requests).toBeGreaterThanOrEqual(3);
      status = 404;
      await expect(generator.run(30)).rejects.toThrow("404");
    } finally {
      generator.close();
      await server.close();
    }
  });
});
