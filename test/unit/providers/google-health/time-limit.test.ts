// How long a call of the provider may take: a lease lasts 120 s, so a call that hangs must not last as long (rule 3).

import { afterEach, describe, expect, it, vi } from "vitest";
import { createGoogleHealthProvider } from "../../../../src/providers/google-health/google-health.ts";
import type { Provider } from "../../../../src/providers/port.ts";
import { activityId, answering, context, now, reply, settings } from "./fake-google.ts";

const window = { start: now - 86_400_000, end: now };
const request = { startTime: now - 60_000, endTime: now, utcOffsetSeconds: 0, averageHeartRate: null };

const calls: [string, (provider: Provider) => Promise<unknown> | undefined][] = [
  ["a list", (provider) => provider.listActivities(context, window, null)],
  ["one activity", (provider) => provider.getActivity(context, activityId("1"))],
  ["a TCX", (provider) => provider.fetchTcx(context, activityId("1"), { partial: false, gpsExpected: true })],
  ["heart rate", (provider) => provider.fetchHeartRate(context, request, null)],
  ["zone bounds", (provider) => provider.fetchZoneBounds?.(context, request)],
  ["the identity", (provider) => provider.introspect(context)],
  ["a refresh", (provider) => provider.refresh({ refreshToken: "token", now })],
  ["a revocation", (provider) => provider.revoke({ token: "token" })],
];

afterEach(() => vi.restoreAllMocks());

describe("a call of Google Health", () => {
  it.each(calls)("that asks for %s ends after 30 s when nothing else is said", async (_name, ask) => {
    const limits: number[] = [];
    vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
      limits.push(milliseconds);
      return new AbortController().signal;
    });
    const signals: (AbortSignal | null)[] = [];
    answering((_request, signal) => {
      signals.push(signal);
      return reply(503, "");
    });
    await ask(createGoogleHealthProvider(settings));
    expect(signals).toHaveLength(1);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
    expect(limits).toEqual([30_000]);
  });
});
