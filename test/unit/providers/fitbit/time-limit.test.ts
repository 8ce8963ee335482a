// How long a call of the provider may take: a lease lasts 120 s, so a call that hangs must not last as long (rule 3).

import { afterEach, describe, expect, it, vi } from "vitest";
import { createFitbitProvider } from "../../../../src/providers/fitbit/fitbit.ts";
import type { Provider } from "../../../../src/providers/port.ts";
import { activityId, answering, context, reply } from "./fake-fitbit.ts";

const settings = {
  apiUrl: "http://127.0.0.1:9",
  authorizeUrl: "https://www.fitbit.com/oauth2/authorize",
  clientId: "23TEST",
  clientSecret: "secret-of-the-application",
};
const window = { start: context.now - 86_400_000, end: context.now };

const calls: [string, (provider: Provider) => Promise<unknown>][] = [
  ["a list", (provider) => provider.listActivities(context, window, null)],
  ["one activity", (provider) => provider.getActivity(context, activityId("1"))],
  ["a TCX", (provider) => provider.fetchTcx(context, activityId("1"), { partial: false, gpsExpected: true })],
  ["an introspection", (provider) => provider.introspect(context)],
  ["a refresh", (provider) => provider.refresh({ refreshToken: "token", now: context.now })],
];

afterEach(() => vi.restoreAllMocks());

describe("a call of Fitbit", () => {
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
    await ask(createFitbitProvider(settings));
    expect(signals.length).toBeGreaterThan(0);
    for (const signal of signals) expect(signal).toBeInstanceOf(AbortSignal);
    expect(limits.length).toBe(signals.length);
    expect(new Set(limits)).toEqual(new Set([30_000]));
  });
});
