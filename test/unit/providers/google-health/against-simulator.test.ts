// The adapter against the provider simulator: the same promises as in the other files, on answers that this adapter's author
// did not write. Forms and redirects are the real ones.

import { calculatePKCECodeChallenge } from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../../simulator/simulator.ts";
import type { SourceActivityId } from "../../../../src/kernel/ids.ts";
import { createGoogleHealthProvider } from "../../../../src/providers/google-health/google-health.ts";
import { HeartRateCollector } from "../../../../src/providers/heart-rate-pages.ts";
import type {
  ActivityPage,
  ActivitySummary,
  CallContext,
  HeartRatePage,
  HeartRateResult,
  ProviderResult,
} from "../../../../src/providers/port.ts";
import { decodeTcx } from "../../../../src/tcx/decoder.ts";

const url = "http://127.0.0.1:9";
const redirectUri = "http://127.0.0.1:8787/oauth/google-health/callback";
const codeVerifier = "0123456789".repeat(5);
const client = { clientId: "client-of-the-tests", clientSecret: "a-secret/with+signs" };
const google = createGoogleHealthProvider({ apiUrl: url, oauthUrl: url, ...client });

let simulator: Simulator;
beforeEach(() => {
  simulator = createSimulator({
    url,
    seed: 5,
    realNow: () => Date.parse("2026-11-20T12:00:00Z"),
    deliver: async () => new Response(null, { status: 204 }),
    fitbit: { clientId: "23TEST", clientSecret: "secret", subscriberUrl: "https://app.test/fitbit" },
    google: { ...client, webhookSecret: "Bearer of-the-tests", subscriberUrl: "https://app.test/google" },
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

const settings = (change: object) => control("PUT", "/sim/settings", { google: change });
const faults = (...list: object[]) => control("PUT", "/sim/faults", list);

async function account(fields: object = {}): Promise<string> {
  return String(
    (await control("POST", "/sim/users", { provider: "google-health", ...fields })).providerUserId,
  );
}

/** Answers the consent page with its own hidden fields, unticking what `refuses` matches, and gives the code. */
async function consent(user: string, refuses: RegExp): Promise<string> {
  const codeChallenge = await calculatePKCECodeChallenge(codeVerifier);
  const page = await fetch(google.authorizationUrl({ state: "s", codeChallenge, redirectUri }));
  const html = await page.text();
  const form = new URLSearchParams({ account: user, decision: "allow" });
  for (const [, name = "", value = ""] of html.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    form.set(name, value.replaceAll("&amp;", "&"));
  }
  for (const [, scope = ""] of html.matchAll(/name="scope" value="([^"]*)"/g)) {
    if (!refuses.test(scope)) form.append("scope", scope);
  }
  const address = `${url}/o/oauth2/v2/auth`;
  const redirect = await fetch(address, { method: "POST", body: form, redirect: "manual" });
  return new URL(redirect.headers.get("location") ?? url).searchParams.get("code") ?? "";
}

function expectValue<Value>(result: ProviderResult<Value> | undefined): Value {
  if (result?.ok !== true) throw new Error(`${result?.error.code}: ${result?.error.message}`);
  return result.value;
}

const exchange = (code: string) =>
  google.exchangeCode({ code, codeVerifier, redirectUri, now: simulator.now() });

async function connect(user: string, refuses = /nothing/) {
  const grant = expectValue(await exchange(await consent(user, refuses)));
  const context: CallContext = { accessToken: grant.tokens.accessToken, now: simulator.now() };
  return { grant, context };
}

async function record(user: string, fields: object): Promise<string> {
  const { activityId } = await control("POST", `/sim/users/${user}/activities`, fields);
  await control("POST", `/sim/users/${user}/sync`);
  return String(activityId);
}

async function listAll(context: CallContext): Promise<readonly ActivitySummary[]> {
  const window = { start: simulator.now() - 60 * 86_400_000, end: simulator.now() };
  const all: ActivitySummary[] = [];
  let page: string | null = null;
  do {
    const value: ActivityPage = expectValue(await google.listActivities(context, window, page));
    expect(value.unreadable).toEqual([]);
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
  const { startTime, utcOffsetSeconds, averageHeartRate, recordedWith } = activity;
  const endTime = startTime + activity.elapsedSeconds * 1000;
  const window = { startTime, endTime, utcOffsetSeconds, averageHeartRate };
  const request = recordedWith === undefined ? window : { ...window, recordedWith };
  const collected = new HeartRateCollector();
  let page: string | null = null;
  do {
    const value: HeartRatePage = expectValue(await google.fetchHeartRate(context, request, page));
    collected.add(value.result);
    page = value.nextPage;
  } while (page !== null);
  return collected.result();
}

const run = {
  name: "Run",
  startTime: "2026-11-20T09:00:00+01:00",
  durationSeconds: 1800,
  gps: true,
  heartRate: true,
};

describe("connecting", () => {
  it("tells whose account it is, whose Fitbit account it was, and everything that was ticked", async () => {
    const { providerUserId: legacyUserId } = await control("POST", "/sim/users");
    const user = await account({ legacyUserId });
    const { grant } = await connect(user);
    expect(grant).toMatchObject({
      providerUserId: user,
      formerAccount: { provider: "fitbit", providerUserId: legacyUserId },
      tokens: { scopes: ["activity", "heartrate", "location"] },
    });
    expect(grant.tokens.refreshToken).not.toBeNull();
  });

  it("works with fewer scopes, and without heart rate there is no heart rate", async () => {
    const user = await account();
    await record(user, run);
    const { grant, context } = await connect(user, /location|health_metrics/);
    expect(grant.tokens.scopes).toEqual(["activity"]);
    const activity = await only(context);
    expect(await heartRateOf(context, activity)).toEqual({ kind: "missing", reason: "scope_not_granted" });
    const options = { partial: false, gpsExpected: true };
    expect(expectValue(await google.fetchTcx(context, activity.sourceActivityId, options))).toEqual({
      kind: "missing",
      reason: "scope_not_granted",
    });
  });

  it("refuses a code that was used", async () => {
    const code = await consent(await account(), /nothing/);
    expectValue(await exchange(code));
    expect(await exchange(code)).toMatchObject({ ok: false, error: { code: "grant_revoked" } });
  });

  it.each([
    ["another verifier than the challenge was made of", { codeVerifier: "9876543210".repeat(5) }],
    ["another redirect address than it was made for", { redirectUri: `${redirectUri}/` }],
  ])("refuses a code with %s", async (_name, change) => {
    const code = await consent(await account(), /nothing/);
    const request = { code, codeVerifier, redirectUri, now: simulator.now() };
    expect(await google.exchangeCode({ ...request, ...change })).toMatchObject({ ok: false });
  });

  it("refreshes again and again with one refresh token, until it is revoked", async () => {
    const { grant, context } = await connect(await account());
    const refreshToken = grant.tokens.refreshToken ?? "";
    for (let round = 0; round < 3; round++) {
      const renewed = expectValue(await google.refresh({ refreshToken, now: simulator.now() }));
      expect(renewed.refreshToken).toBeNull();
      expect(expectValue(await google.introspect({ ...context, accessToken: renewed.accessToken }))).toEqual({
        active: true,
      });
    }
    expectValue(await google.revoke({ token: refreshToken }));
    expectValue(await google.revoke({ token: refreshToken }));
    expect(await google.refresh({ refreshToken, now: simulator.now() })).toMatchObject({
      error: { code: "grant_revoked" },
    });
    expect(await google.introspect(context)).toMatchObject({ error: { code: "unauthorized" } });
  });

  it("sends an account without a profile to where it makes one", async () => {
    const code = await consent(await account(), /nothing/);
    await faults({ fault: "account_not_linked" });
    expect(await exchange(code)).toMatchObject({
      error: { code: "account_not_linked", signUpUrl: "https://fitbit.google.com/auth/signup" },
    });
  });
});

describe("listing", () => {
  it("reads every page, latest first, each activity once", async () => {
    const user = await account();
    const ids: string[] = [];
    for (let day = 1; day <= 60; day++) {
      const startTime = new Date(simulator.now() - day * 43_200_000).toISOString();
      ids.push(await record(user, { ...run, startTime, durationSeconds: 600 }));
    }
    const { context } = await connect(user);
    expect((await listAll(context)).map(({ sourceActivityId }) => sourceActivityId)).toEqual(ids);
    await settings({ emptyLastPage: true });
    expect(await listAll(context)).toHaveLength(60);
  });

  it("tells what was recorded, and one activity as the list does", async () => {
    const user = await account();
    const id = await record(user, {
      ...run,
      distanceMeters: 5000,
      exerciseType: "TRAIL_RUN",
      displayName: "Sentier",
    });
    const { context } = await connect(user);
    const activity = await only(context);
    expect(activity).toMatchObject({
      sourceActivityId: id,
      title: "Sentier",
      activityType: "ACTIVITY_TYPE_TRAIL_RUN",
      startTime: Date.parse(run.startTime),
      elapsedSeconds: 1800,
      recordedBy: "tracker",
      distanceMeters: 5000,
      distanceSource: "gps",
      gpsExpected: true,
      heartRateExpected: true,
      copyRank: 0,
    });
    expect(expectValue(await google.getActivity(context, activity.sourceActivityId))).toEqual(activity);
    await control("DELETE", `/sim/users/${user}/activities/${id}`);
    expect(await google.getActivity(context, activity.sourceActivityId)).toMatchObject({
      error: { code: "not_found" },
    });
  });

  it("says of a session that it is under way, and of numbers that are none nothing", async () => {
    const user = await account();
    const startTime = new Date(simulator.now() - 600_000).toISOString();
    await record(user, { ...run, startTime, inProgress: true });
    const { context } = await connect(user);
    expect(await only(context)).toMatchObject({ isUnderWay: true });
    await faults({ fault: "nan" });
    expect(await only(context)).toMatchObject({ distanceMeters: null, calories: null });
  });

  it("ranks a copy from a phone's health store behind the watch's own record", async () => {
    const user = await account();
    const id = await record(user, run);
    await record(user, { copyOf: id, platform: "HEALTH_CONNECT" });
    const { context } = await connect(user);
    const ranks = (await listAll(context)).map(({ sourceActivityId, copyRank }) => [
      sourceActivityId === id,
      copyRank,
    ]);
    expect(ranks.sort()).toEqual([
      [false, 2],
      [true, 0],
    ]);
  });
});

describe("the streams of an activity", () => {
  async function pointsOf(context: CallContext, id: SourceActivityId, gpsExpected: boolean) {
    const answer = expectValue(await google.fetchTcx(context, id, { partial: false, gpsExpected }));
    if (answer.kind === "missing") return answer.reason;
    const { activities } = await decodeTcx(answer.body);
    return activities.reduce((sum, { samples }) => sum + samples.count, 0);
  }

  it("are the same route raw and in JSON", async () => {
    const user = await account();
    await record(user, run);
    const { context } = await connect(user);
    const { sourceActivityId } = await only(context);
    const raw = await pointsOf(context, sourceActivityId, true);
    expect(raw).toBeGreaterThan(1700);
    await settings({ tcxEnvelope: true });
    expect(await pointsOf(context, sourceActivityId, true)).toBe(raw);
  });

  it("are points without a position where there is no route, and a reason where there are none either", async () => {
    const user = await account();
    await record(user, { ...run, gps: false });
    const { context } = await connect(user);
    const { sourceActivityId, gpsExpected } = await only(context);
    expect(gpsExpected).toBe(false);
    expect(await pointsOf(context, sourceActivityId, false)).toBeGreaterThan(20);
    expect(await pointsOf(context, sourceActivityId, true)).toBe("provider_has_none");
    await settings({ tcxWithoutGps: "empty" });
    expect(await pointsOf(context, sourceActivityId, true)).toBe("provider_has_none");
    await settings({ tcxEnvelope: true });
    expect(await pointsOf(context, sourceActivityId, true)).toBe("provider_has_none");
  });

  it("are heart rate of the whole activity, whatever the size of the pages", async () => {
    const user = await account();
    await record(user, run);
    const { context } = await connect(user);
    const activity = await only(context);
    const whole = await heartRateOf(context, activity);
    const samples = whole.kind === "samples" ? whole.samples : [];
    expect(samples.length).toBeGreaterThan(300);
    expect(samples[0]?.time).toBeGreaterThanOrEqual(activity.startTime);
    expect(samples.at(-1)?.time).toBeLessThanOrEqual(activity.startTime + 1_800_000);
    await settings({ heartRatePageSizeIgnored: true });
    expect(await heartRateOf(context, activity)).toEqual(whole);
  });

  it("have zone bounds under the names of the activity's zones", async () => {
    const user = await account();
    await record(user, run);
    const { context } = await connect(user);
    const activity = await only(context);
    const bounds = expectValue(await google.fetchZoneBounds?.(context, activity));
    expect(bounds.map(({ name }) => name)).toEqual(activity.heartRateZones.map(({ name }) => name));
  });
});

describe("when things go wrong", () => {
  it.each([
    ["429", "rate_limited"],
    ["500", "provider_unavailable"],
    ["503", "provider_unavailable"],
    ["html", "provider_unavailable"],
    ["cut", "bad_response"],
    ["service_disabled", "misconfigured"],
    ["permission_denied", "unauthorized"],
  ])("%s is told as %s", async (fault, code) => {
    const { context } = await connect(await account());
    await faults({ fault });
    const window = { start: simulator.now() - 86_400_000, end: simulator.now() };
    expect(await google.listActivities(context, window, null)).toMatchObject({ ok: false, error: { code } });
  });
});
