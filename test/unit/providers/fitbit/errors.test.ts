import { describe, expect, it } from "vitest";
import type { ProviderErrorCode } from "../../../../src/providers/errors.ts";
import { activityId, always, answering, context, fitbit, fitbitError, now, reply } from "./fake-fitbit.ts";

const window = { start: now - 86_400_000, end: now };
const list = () => fitbit.listActivities(context, window, null);
const second = 1000;

describe("what a refusal means", () => {
  const cases: [string, number, string | object, ProviderErrorCode][] = [
    ["an expired token", 401, fitbitError("expired_token"), "unauthorized"],
    ["an invalid token", 401, fitbitError("invalid_token"), "unauthorized"],
    ["401 without a body", 401, "", "unauthorized"],
    ["wrong application credentials", 401, fitbitError("invalid_client"), "misconfigured"],
    ["a missing authorization header", 401, fitbitError("invalid_request"), "misconfigured"],
    ["a scope that was not granted", 403, fitbitError("insufficient_scope"), "scope_missing"],
    ["an application that is not approved", 403, fitbitError("insufficient_permissions"), "misconfigured"],
    ["403 without a known reason", 403, { what: "ever" }, "bad_response"],
    ["403 of the edge, in HTML", 403, "<html>no</html>", "provider_unavailable"],
    ["nothing there", 404, fitbitError("not_found"), "not_found"],
    ["a request that the provider finds wrong", 400, fitbitError("validation"), "bad_response"],
    ["shut down", 410, "", "provider_gone"],
    ["shut down, in HTML", 410, "<html>Gone</html>", "provider_gone"],
    ["too many calls", 429, fitbitError("system"), "rate_limited"],
    ["too many calls, Google's shape", 429, { error: { code: 429, message: "x" } }, "rate_limited"],
    ["a failure of the server", 500, fitbitError("request"), "provider_unavailable"],
    ["maintenance", 502, "<html>We will be back soon.</html>", "provider_unavailable"],
    ["maintenance that says 200", 200, "<!DOCTYPE html><html>soon</html>", "provider_unavailable"],
    ["JSON that was cut", 200, '{"activities":[{"logId":1', "bad_response"],
    ["a redirect", 302, "", "bad_response"],
  ];
  it.each(cases)(
    "%s is told as its own code and never repeats the provider's text",
    async (_name, status, body, code) => {
      always(status, body);
      const result = await list();
      expect(result).toMatchObject({ ok: false, error: { code } });
      expect(JSON.stringify(result)).not.toContain("SECRET-TOKEN");
    },
  );

  it("is gone wherever 410 comes from", async () => {
    always(410, "");
    const id = activityId("1");
    const request = { startTime: now - 60_000, endTime: now, utcOffsetSeconds: 0, averageHeartRate: null };
    for (const result of [
      await fitbit.getActivity(context, id),
      await fitbit.fetchTcx(context, id, { partial: false, gpsExpected: true }),
      await fitbit.fetchHeartRate(context, request, null),
      await fitbit.subscribe(context, "con_a"),
      await fitbit.unsubscribe(context, "con_a"),
      await fitbit.refresh({ refreshToken: "r", now }),
      await fitbit.exchangeCode({
        code: "c",
        codeVerifier: "v".repeat(43),
        redirectUri: "http://127.0.0.1/cb",
        now,
      }),
      await fitbit.introspect(context),
      await fitbit.revoke({ token: "t" }),
    ]) {
      expect(result).toMatchObject({ ok: false, error: { code: "provider_gone" } });
    }
  });

  it("says that a broken connection may have carried the request out", async () => {
    answering(() => Promise.reject(new TypeError("fetch failed")));
    expect(await list()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });

  it("gives up at the time limit, also while the body is read", async () => {
    answering(
      (_request, signal) =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode('{"activities":['));
              signal?.addEventListener("abort", () => controller.error(signal.reason));
            },
          }),
        ),
    );
    expect(await list()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });

  it("ends at once when the caller gives up", async () => {
    const seen: boolean[] = [];
    answering((_request, signal) => {
      seen.push(signal?.aborted ?? false);
      return reply(503, "");
    });
    await fitbit.listActivities({ ...context, signal: AbortSignal.abort() }, window, null);
    expect(seen).toEqual([true]);
  });
});

describe("how long a refused call waits", () => {
  const cases: [string, Record<string, string>, number][] = [
    ["Fitbit's reset header", { "fitbit-rate-limit-reset": "600", "retry-after": "10" }, now + 605 * second],
    ["Retry-After in seconds", { "retry-after": "30" }, now + 35 * second],
    ["Retry-After as a date", { "retry-after": "Tue, 10 Mar 2026 12:21:00 GMT" }, now + 65 * second],
    ["the top of the hour", {}, Date.parse("2026-03-10T13:00:05Z")],
    [
      "the top of the hour for nonsense",
      { "fitbit-rate-limit-reset": "-5", "retry-after": "soon" },
      Date.parse("2026-03-10T13:00:05Z"),
    ],
    [
      "the top of the hour for a header that is days off",
      { "fitbit-rate-limit-reset": "999999" },
      Date.parse("2026-03-10T13:00:05Z"),
    ],
  ];
  it.each(cases)("comes from %s, and five seconds", async (_name, headers, retryAt) => {
    always(429, fitbitError("system"), headers);
    expect(await list()).toMatchObject({ error: { code: "rate_limited", retryAt } });
  });

  it("is told with every answer that carries the header trio", async () => {
    const headers = {
      "fitbit-rate-limit-limit": "150",
      "fitbit-rate-limit-remaining": "7",
      "fitbit-rate-limit-reset": "1478",
    };
    always(200, { pagination: { next: "" } }, headers);
    expect(await list()).toMatchObject({
      ok: true,
      rate: { limit: 150, remaining: 7, resetsAt: now + 1478 * second },
    });
    always(404, "", headers);
    expect(await list()).toMatchObject({ ok: false, rate: { remaining: 7 } });
    always(200, { pagination: { next: "" } }, { "fitbit-rate-limit-limit": "150" });
    expect(await list()).toMatchObject({ ok: true, rate: null });
  });
});

describe("what every call says", () => {
  it("pins units and language, and carries the token", async () => {
    const sent = always(200, { pagination: { next: "" } });
    await list();
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({
      authorization: "Bearer token-of-the-user",
      "accept-language": "metric",
      "accept-locale": "en_US",
    });
  });
});
