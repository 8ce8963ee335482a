// The adapter against the provider simulator: the same promises as in the other files, on answers that this adapter's author
// did not write. Forms and redirects are the real ones.

import { calculatePKCECodeChallenge } from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../../simulator/simulator.ts";
import { assembleActivity } from "../../../../src/activities/assemble.ts";
import type { SourceActivityId } from "../../../../src/kernel/ids.ts";
import { createFitbitProvider } from "../../../../src/providers/fitbit/fitbit.ts";
import {
  type ActivityPage,
  type ActivitySummary,
  type CallContext,
  type GrantScope,
  grantScopes,
  type HeartRateResult,
  type ProviderResult,
} from "../../../../src/providers/port.ts";
import { decodeTcx } from "../../../../src/tcx/decoder.ts";

const url = "http://127.0.0.1:9";
const redirectUri = "http://127.0.0.1:8787/oauth/fitbit/callback";
const codeVerifier = "0123456789".repeat(5);
const fitbit = createFitbitProvider({
  apiUrl: url,
  authorizeUrl: `${url}/oauth2/authorize`,
  clientId: "23TEST",
  clientSecret: "a-secret-with-dashes",
});

let simulator: Simulator;
beforeEach(() => {
  simulator = createSimulator({
    url,
    seed: 5,
    realNow: () => Date.parse("2026-06-10T10:20:00Z"),
    deliver: async () => new Response(null, { status: 204 }),
    fitbit: {
      clientId: "23TEST",
      clientSecret: "a-secret-with-dashes",
      subscriberUrl: "https://app.test/webhook",
      requireContentLength: true,
    },
  });
  vi.spyOn(globalThis, "fetch").mockImplementation((address, init) =>
    simulator.fetch(new Request(address, init)),
  );
});
afterEach(() => vi.restoreAllMocks());

async function control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await simulator.fetch(new Request(url + path, init));
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

const faults = (...list: object[]) => control("PUT", "/sim/faults", list);

async function account(fields: object = {}): Promise<string> {
  return String((await control("POST", "/sim/users", fields)).providerUserId);
}

/** Answers the consent page with its own hidden fields and gives the code. */
async function consent(user: string, scopes: readonly string[]): Promise<string> {
  const codeChallenge = await calculatePKCECodeChallenge(codeVerifier);
  const page = await fetch(fitbit.authorizationUrl({ state: "s", codeChallenge, redirectUri }));
  const html = await page.text();
  const form = new URLSearchParams({ account: user, decision: "allow" });
  for (const [, name = "", value = ""] of html.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    form.set(name, value.replaceAll("&amp;", "&"));
  }
  for (const scope of scopes) form.append("scope", scope);
  const redirect = await fetch(`${url}/oauth2/authorize`, { method: "POST", body: form, redirect: "manual" });
  return new URL(redirect.headers.get("location") ?? url).searchParams.get("code") ?? "";
}

function expectValue<Value>(result: ProviderResult<Value>): Value {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

async function connect(user: string, scopes: readonly GrantScope[] = grantScopes) {
  const code = await consent(user, scopes);
  const grant = expectValue(
    await fitbit.exchangeCode({ code, codeVerifier, redirectUri, now: simulator.now() }),
  );
  const context: CallContext = { accessToken: grant.tokens.accessToken, now: simulator.now() };
  return { grant, context };
}

async function record(user: string, fields: object): Promise<string> {
  const { activityId } = await control("POST", `/sim/users/${user}/activities`, fields);
  await control("POST", `/sim/users/${user}/sync`);
  return String(activityId);
}

const everything = () => ({ start: simulator.now() - 40 * 86_400_000, end: simulator.now() });

async function listAll(context: CallContext): Promise<readonly ActivitySummary[]> {
  const all: ActivitySummary[] = [];
  let page: string | null = null;
  do {
    const value: ActivityPage = expectValue(await fitbit.listActivities(context, everything(), page));
    all.push(...value.activities);
    page = value.nextPage;
  } while (page !== null);
  return all;
}

async function only(context: CallContext): Promise<ActivitySummary> {
  const [activity, ...others] = await listAll(context);
  if (activity === undefined || others.length > 0)
    throw new Error(`expected one activity, not ${others.length + 1}`);
  return activity;
}

async function heartRateOf(context: CallContext, activity: ActivitySummary): Promise<HeartRateResult> {
  const { startTime, utcOffsetSeconds, averageHeartRate } = activity;
  const endTime = startTime + activity.elapsedSeconds * 1000;
  const request = { startTime, endTime, utcOffsetSeconds, averageHeartRate };
  return expectValue(await fitbit.fetchHeartRate(context, request, null)).result;
}

describe("connecting", () => {
  it("gives the account's own id and exactly the scopes that the user ticked", async () => {
    const user = await account();
    const { grant } = await connect(user, ["activity", "heartrate"]);
    expect(grant.providerUserId).toBe(user);
    expect(grant.tokens.scopes).toEqual(["activity", "heartrate"]);
    expect(grant.tokens.expiresAt).toBe(simulator.now() + 28_800_000);
  });

  it("fails with another verifier, and with a code that was used", async () => {
    const code = await consent(await account(), grantScopes);
    const exchange = { code, redirectUri, now: simulator.now() };
    expect(await fitbit.exchangeCode({ ...exchange, codeVerifier: "x".repeat(43) })).toMatchObject({
      ok: false,
    });
    const used = await consent(await account(), grantScopes);
    expectValue(await fitbit.exchangeCode({ ...exchange, code: used, codeVerifier }));
    expect(await fitbit.exchangeCode({ ...exchange, code: used, codeVerifier })).toMatchObject({
      error: { code: "grant_revoked" },
    });
  });

  it("refreshes, and a lost answer comes again to the identical request", async () => {
    const { grant } = await connect(await account());
    const request = { refreshToken: grant.tokens.refreshToken ?? "", now: simulator.now() };
    await faults({ fault: "refresh_answer_lost", count: 1 });
    expect(await fitbit.refresh(request)).toMatchObject({
      error: { code: "provider_unavailable", answerLost: true },
    });
    const tokens = expectValue(await fitbit.refresh(request));
    expect(tokens.refreshToken).not.toBe(request.refreshToken);
    await control("POST", "/sim/clock", { advanceSeconds: 200 });
    expect(await fitbit.refresh(request)).toMatchObject({ error: { code: "grant_revoked" } });
  });

  it("is ended by revoking: the token is no longer accepted, the refresh token is final", async () => {
    const { grant, context } = await connect(await account());
    expect(expectValue(await fitbit.introspect(context))).toEqual({ active: true });
    expectValue(await fitbit.revoke({ token: grant.tokens.refreshToken ?? "" }));
    expect(await fitbit.listActivities(context, everything(), null)).toMatchObject({
      error: { code: "unauthorized" },
    });
    const refresh = { refreshToken: grant.tokens.refreshToken ?? "", now: simulator.now() };
    expect(await fitbit.refresh(refresh)).toMatchObject({ error: { code: "grant_revoked" } });
  });

  it("subscribes twice without harm, replaces what another connection left, and unsubscribes", async () => {
    const { context } = await connect(await account());
    expect(expectValue(await fitbit.subscribe(context, "con_a"))).toEqual({ calls: 2 });
    expect(expectValue(await fitbit.subscribe(context, "con_a"))).toEqual({ calls: 2 });
    expect(expectValue(await fitbit.subscribe(context, "con_b")).calls).toBeGreaterThan(2);
    expect(expectValue(await fitbit.unsubscribe(context, "con_b"))).toEqual({ calls: 2 });
    expect(expectValue(await fitbit.unsubscribe(context, "con_b"))).toEqual({ calls: 2 });
  });
});

describe("activities", () => {
  it("come over all pages, each once, with ids of 19 digits", async () => {
    const user = await account({ timezone: "America/Los_Angeles" });
    const ids: string[] = [];
    for (let day = 1; day <= 120; day++) {
      const startTime = new Date(simulator.now() - day * 4 * 3_600_000).toISOString();
      const fields = { name: "Walk", startTime, durationSeconds: 600, gps: false, heartRate: false };
      ids.push(String((await control("POST", `/sim/users/${user}/activities`, fields)).activityId));
    }
    await control("POST", `/sim/users/${user}/sync`);
    const { context } = await connect(user);
    const listed = (await listAll(context)).map((activity) => activity.sourceActivityId);
    expect(new Set(listed)).toEqual(new Set(ids));
    expect(ids.every((id) => id.length === 19)).toBe(true);
    const one = expectValue(await fitbit.getActivity(context, listed[7] as SourceActivityId));
    expect(one.sourceActivityId).toBe(listed[7]);
  });

  it("are not found once they were deleted", async () => {
    const user = await account();
    const id = await record(user, { name: "Run", durationSeconds: 600, gps: true, heartRate: true });
    const { context } = await connect(user);
    const { sourceActivityId } = await only(context);
    await control("DELETE", `/sim/users/${user}/activities/${id}`);
    expect(await fitbit.getActivity(context, sourceActivityId)).toMatchObject({
      error: { code: "not_found" },
    });
    expect(
      await fitbit.fetchTcx(context, sourceActivityId, { partial: false, gpsExpected: true }),
    ).toMatchObject({
      value: { kind: "missing", reason: "provider_has_none" },
    });
  });

  it.each([
    ["429", "rate_limited"],
    ["429_without_headers", "rate_limited"],
    ["429_google_shape", "rate_limited"],
    ["500", "provider_unavailable"],
    ["503", "provider_unavailable"],
    ["html", "provider_unavailable"],
    ["gone", "provider_gone"],
    ["network_error", "provider_unavailable"],
    ["cut", "bad_response"],
  ])("are an error while the provider shows %s", async (fault, code) => {
    const user = await account();
    await record(user, { name: "Run", durationSeconds: 600, gps: true, heartRate: true });
    const { context } = await connect(user);
    await faults({ fault });
    expect(await fitbit.listActivities(context, everything(), null)).toMatchObject({
      ok: false,
      error: { code },
    });
  });
});

describe("a run with a route", () => {
  it.each([
    ["at home", { timezone: "America/New_York", wornAllDay: true }, "2026-06-09T18:54:51-04:00"],
    ["over midnight", { timezone: "Europe/Vienna", wornAllDay: true }, "2026-06-08T23:40:10+02:00"],
    ["abroad", { timezone: "Europe/London" }, "2026-06-09T06:00:00+09:00"],
    [
      "half an hour off the hour",
      { timezone: "Asia/Kolkata", wornAllDay: true },
      "2026-06-09T06:00:00+05:30",
    ],
    ["at offset zero", { timezone: "UTC", wornAllDay: true }, "2026-06-09T06:00:00Z"],
  ])(
    "has every second's heart rate %s, whether the provider honours UTC or not",
    async (_name, fields, startTime) => {
      const user = await account(fields);
      await record(user, {
        name: "Run",
        startTime,
        durationSeconds: 2400,
        gps: true,
        heartRate: true,
        laps: 3,
      });
      const { context } = await connect(user);
      const activity = await only(context);
      expect(activity.startTime).toBe(Date.parse(startTime));

      const honoured = await heartRateOf(context, activity);
      await faults({ fault: "timezone_ignored" });
      const ignored = await heartRateOf(context, activity);
      expect(honoured).toMatchObject({ kind: "samples", timeBasis: "utc" });
      if (honoured.kind !== "samples" || ignored.kind !== "samples") throw new Error("no samples");
      expect(ignored.samples).toEqual(honoured.samples);
      expect(ignored.timeBasis).toBe(activity.utcOffsetSeconds === 0 ? "utc" : "inferred");

      const answer = expectValue(
        await fitbit.fetchTcx(context, activity.sourceActivityId, { partial: false, gpsExpected: true }),
      );
      if (answer.kind !== "document") throw new Error(answer.reason);
      const tcx = await decodeTcx(answer.body);
      const canonical = assembleActivity({
        summary: activity,
        tcx: { kind: "decoded", activities: tcx.activities },
        heartRate: honoured,
        grantedScopes: grantScopes,
      });
      expect(canonical).toMatchObject({
        type: "ACTIVITY_TYPE_RUN",
        distanceSource: "gps",
        completeness: { gps: { state: "complete" }, heartRate: { state: "complete" } },
      });
      expect(canonical.standardizedActivity.sessions[0].laps).toHaveLength(3);
    },
  );
});

describe("what is missing says why", () => {
  const run = { name: "Run", durationSeconds: 1200, gps: true, heartRate: true };

  it("when the user ticked only some scopes", async () => {
    const user = await account();
    await record(user, run);
    const { context } = await connect(user, ["activity"]);
    const activity = await only(context);
    expect(await heartRateOf(context, activity)).toEqual({ kind: "missing", reason: "scope_not_granted" });
    expect(
      await fitbit.fetchTcx(context, activity.sourceActivityId, { partial: false, gpsExpected: true }),
    ).toMatchObject({
      value: { kind: "missing", reason: "scope_not_granted" },
    });
  });

  it.each([
    ["intraday_403", "provider_refused"],
    ["intraday_missing", "provider_refused"],
    ["late_heart_rate", "not_worn"],
  ])("when heart rate meets %s, even when another exercise was recorded that day", async (fault, reason) => {
    const user = await account({ timezone: "America/New_York" });
    await record(user, { ...run, startTime: "2026-06-09T14:00:00Z" });
    await control("POST", "/sim/clock", { advanceSeconds: 3600 });
    await record(user, { ...run, startTime: "2026-06-09T18:00:00Z" });
    const { context } = await connect(user);
    const late = (await listAll(context)).find(
      ({ startTime }) => startTime === Date.parse("2026-06-09T18:00:00Z"),
    );
    if (late === undefined) throw new Error("not listed");
    await faults({ fault });
    expect(await heartRateOf(context, late)).toEqual({ kind: "missing", reason });
  });

  it.each([
    ["tcx_400", "provider_refused"],
    ["tcx_403", "provider_refused"],
    ["tcx_404", "provider_has_none"],
    ["tcx_204", "provider_has_none"],
  ])("when the file meets %s", async (fault, reason) => {
    const user = await account();
    await record(user, run);
    const { context } = await connect(user);
    const { sourceActivityId } = await only(context);
    await faults({ fault });
    expect(
      await fitbit.fetchTcx(context, sourceActivityId, { partial: false, gpsExpected: true }),
    ).toMatchObject({
      value: { kind: "missing", reason },
    });
  });
});
