// RFC 9700 §4.9: a token goes to its own resource server and nowhere else, and so do code, verifier and the application's secret.
// Fetch follows redirects by itself unless it is told not to, and takes a POST's body along (307, 308); so every call has to say so.

import { afterEach, describe, expect, it, vi } from "vitest";
import { asId, type SourceActivityId } from "../../../src/kernel/ids.ts";
import { createFitbitProvider } from "../../../src/providers/fitbit/fitbit.ts";
import { createGoogleHealthProvider } from "../../../src/providers/google-health/google-health.ts";
import type { Provider } from "../../../src/providers/port.ts";

const now = Date.parse("2026-11-20T12:00:00Z");
const context = { accessToken: "token-of-the-user", now };
const id = asId<SourceActivityId>("8812345678901234567");
const window = { start: now - 86_400_000, end: now };
const heartRate = { startTime: now - 60_000, endTime: now, utcOffsetSeconds: 0, averageHeartRate: null };
const grant = { code: "c", codeVerifier: "v".repeat(43), redirectUri: "http://127.0.0.1/callback", now };
const client = { clientId: "client", clientSecret: "secret" };
const here = "http://127.0.0.1:9";

const providers: readonly Provider[] = [
  createFitbitProvider({ apiUrl: here, authorizeUrl: `${here}/authorize`, ...client }),
  createGoogleHealthProvider({ apiUrl: here, oauthUrl: here, ...client }),
];
const calls: readonly [string, (provider: Provider) => Promise<unknown> | undefined][] = [
  ["trading a code", (provider) => provider.exchangeCode(grant)],
  ["a refresh", (provider) => provider.refresh({ refreshToken: "r", now })],
  ["a revocation", (provider) => provider.revoke({ token: "t" })],
  ["asking whether a token is alive", (provider) => provider.introspect(context)],
  ["a list", (provider) => provider.listActivities(context, window, null)],
  ["one activity", (provider) => provider.getActivity(context, id)],
  ["a TCX", (provider) => provider.fetchTcx(context, id, { partial: false, gpsExpected: true })],
  ["heart rate", (provider) => provider.fetchHeartRate(context, heartRate, null)],
];

afterEach(() => vi.restoreAllMocks());

describe.each(providers)("at $name", (provider) => {
  it.each(calls)("%s follows no redirect", async (_name, ask) => {
    const followed: (string | undefined)[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_input, init) => {
      followed.push(init?.redirect);
      return new Response(null, { status: 307, headers: { location: "https://elsewhere.example/" } });
    });
    expect(await ask(provider)).toMatchObject({ ok: false });
    expect(followed).toEqual(["manual"]);
  });
});
