import { describe, expect, it } from "vitest";
import type { ProviderErrorCode } from "../../../../src/providers/errors.ts";
import {
  activityId,
  always,
  answering,
  apiError,
  context,
  google,
  now,
  oauthError,
  reply,
} from "./fake-google.ts";

const window = { start: now - 86_400_000, end: now };
const list = () => google.listActivities(context, window, null);
const second = 1000;

describe("what a refusal means", () => {
  const cases: [string, number, string | object, ProviderErrorCode][] = [
    ["an expired token", 401, apiError(401, null), "unauthorized"],
    ["a missing token", 401, apiError(401, "CREDENTIALS_MISSING"), "unauthorized"],
    ["401 without a body", 401, "", "unauthorized"],
    ["a scope that was not granted", 403, apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "scope_missing"],
    ["the same in another word", 403, apiError(403, "MISSING_OAUTH_SCOPE"), "scope_missing"],
    ["an API that the project has not enabled", 403, apiError(403, "SERVICE_DISABLED"), "misconfigured"],
    ["a project that may not be used", 403, apiError(403, "USER_PROJECT_DENIED"), "misconfigured"],
    ["an account that was never moved", 403, apiError(403, null), "unauthorized"],
    ["403 without a body", 403, "", "unauthorized"],
    ["403 for a reason that is new", 403, apiError(403, "CONSUMER_SUSPENDED"), "bad_response"],
    ["403 of the edge, in HTML", 403, "<html>no</html>", "provider_unavailable"],
    ["a Google account without a profile", 400, apiError(400, "ACCOUNT_NOT_LINKED"), "account_not_linked"],
    ["a filter of ours that is wrong", 400, apiError(400, "INVALID_DATA_POINT_FILTER"), "bad_response"],
    ["400 without a reason", 400, apiError(400, null), "bad_response"],
    ["nothing there", 404, apiError(404, "RESOURCE_NOT_FOUND"), "not_found"],
    ["shut down", 410, "", "provider_gone"],
    ["shut down, in HTML", 410, "<html>Gone</html>", "provider_gone"],
    ["a profile that is not ready", 412, apiError(412, null), "provider_unavailable"],
    ["too many calls", 429, apiError(429, "RATE_LIMIT_EXCEEDED"), "rate_limited"],
    ["a failure of the server", 500, apiError(500, null), "provider_unavailable"],
    [
      "a failure of the server that names a reason",
      503,
      apiError(503, "SERVICE_DISABLED"),
      "provider_unavailable",
    ],
    ["a page of a gateway", 502, "<html>Error 502</html>", "provider_unavailable"],
    ["maintenance that says 200", 200, "<!DOCTYPE html><html>soon</html>", "provider_unavailable"],
    ["JSON that was cut", 200, '{"dataPoints":[{"name":"users', "bad_response"],
    ["a redirect", 302, "", "bad_response"],
    ["details that are no list", 403, { error: { code: 403, details: "x" } }, "unauthorized"],
  ];
  it.each(cases)(
    "%s is told as its own code and never repeats the provider's text",
    async (_name, status, body, code) => {
      always(status, body);
      const result = await list();
      expect(result).toMatchObject({ ok: false, error: { code }, rate: null });
      expect(JSON.stringify(result)).not.toContain("SECRET-TOKEN");
    },
  );

  it.each([401, 403])(
    "%i without a reason is mended by the user's consent alone, once a new token gets it too",
    async (status) => {
      always(status, apiError(status, null));
      expect(await list()).toMatchObject({ error: { code: "unauthorized", needsConsent: true } });
    },
  );

  it("is gone wherever 410 comes from", async () => {
    always(410, "");
    const id = activityId("1");
    const request = { startTime: now - 60_000, endTime: now, utcOffsetSeconds: 0, averageHeartRate: null };
    const exchange = {
      code: "c",
      codeVerifier: "v".repeat(43),
      redirectUri: "http://127.0.0.1/callback",
      now,
    };
    for (const result of [
      await google.getActivity(context, id),
      await google.fetchTcx(context, id, { partial: false, gpsExpected: true }),
      await google.fetchHeartRate(context, request, null),
      await google.fetchZoneBounds?.(context, request),
      await google.refresh({ refreshToken: "r", now }),
      await google.exchangeCode(exchange),
      await google.introspect(context),
      await google.revoke({ token: "t" }),
    ]) {
      expect(result).toMatchObject({ ok: false, error: { code: "provider_gone" } });
    }
  });

  it.each([
    ["a broken connection", () => Promise.reject(new TypeError("fetch failed")), true],
    ["500", () => reply(500, ""), true],
    ["503: not carried out", () => reply(503, ""), false],
  ])("says whether the request may have been carried out: %s", async (_name, answer, answerLost) => {
    answering(answer);
    expect(await list()).toMatchObject({ error: { code: "provider_unavailable", answerLost } });
  });

  it("gives up at the time limit, also while the body is read", async () => {
    answering(
      (_request, signal) =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode('{"dataPoints":['));
              signal?.addEventListener("abort", () => controller.error(signal.reason));
            },
          }),
        ),
    );
    expect(await list()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });
});

describe("a Google account without a Google Health profile", () => {
  const documented = "https://fitbit.google.com/auth/signup";
  it.each([
    [
      "Google's own page",
      "https://fitbit.google.com/auth/signup?from=app",
      "https://fitbit.google.com/auth/signup?from=app",
    ],
    ["the documented page for an address that is not https", "http://fitbit.google.com/x", documented],
    ["the documented page for somebody else's address", "https://fitbit.google.com.example/x", documented],
    ["the documented page for a name that only ends alike", "https://evilgoogle.com/x", documented],
    ["the documented page for an address with a user in it", "https://a:b@fitbit.google.com/x", documented],
    ["the documented page for an address with a port", "https://fitbit.google.com:8443/x", documented],
    ["the documented page for no address at all", "sign up", documented],
  ])("is sent to %s", async (_name, redirect_uri, signUpUrl) => {
    always(400, apiError(400, "ACCOUNT_NOT_LINKED", { redirect_uri }));
    expect(await list()).toMatchObject({ error: { code: "account_not_linked", signUpUrl } });
  });

  it("is sent to the documented page when the answer names none", async () => {
    always(400, apiError(400, "ACCOUNT_NOT_LINKED"));
    expect(await list()).toMatchObject({ error: { signUpUrl: documented } });
  });
});

describe("after too many calls", () => {
  it.each([
    ["a whole window, because nothing is said", {}, 60 * second],
    ["the seconds that are said", { "retry-after": "17" }, 17 * second],
    ["until the date that is said", { "retry-after": "Fri, 20 Nov 2026 12:00:30 GMT" }, 30 * second],
    [
      "a whole window, because the date is past",
      { "retry-after": "Fri, 20 Nov 2026 11:00:00 GMT" },
      60 * second,
    ],
    ["a whole window, because what is said is nonsense", { "retry-after": "soon" }, 60 * second],
    ["an hour at the most", { "retry-after": "86400" }, 3600 * second],
  ])("the next is made after %s", async (_name, headers, wait) => {
    always(429, apiError(429, "RATE_LIMIT_EXCEEDED"), headers);
    expect(await list()).toMatchObject({ error: { code: "rate_limited", retryAt: now + wait } });
    expect(await google.refresh({ refreshToken: "r", now })).toMatchObject({
      error: { retryAt: now + wait },
    });
  });
});

describe("the standard's error at the API", () => {
  it("does not end a grant there: only the token endpoint may", async () => {
    always(400, oauthError("invalid_grant"));
    expect(await list()).toMatchObject({ error: { code: "bad_response" } });
  });
});
