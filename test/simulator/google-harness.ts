// What the tests of the Google side share: the same world as Fitbit's tests with the Google side on, a subscriber that is
// there from the start, and the steps that every client of the API takes.

import { createSimulator, type SimulatorOptions } from "../../simulator/simulator.ts";
import { clientId, clientSecret, redirectUri, startOfTests, subscriberUrl, url } from "./harness.ts";

export { redirectUri, startOfTests, url } from "./harness.ts";

export const googleClient = { clientId: "google-client", clientSecret: "google-secret" };
export const webhookSecret = "Bearer the-webhook-secret";
export const googleSubscriberUrl = "https://app.test/webhooks/google-health";

const prefix = "https://www.googleapis.com/auth/googlehealth";
export const scope = {
  activity: `${prefix}.activity_and_fitness.readonly`,
  heartRate: `${prefix}.health_metrics_and_measurements.readonly`,
  location: `${prefix}.location.readonly`,
  profile: `${prefix}.profile.readonly`,
  settings: `${prefix}.settings.readonly`,
};
export const everyScope = Object.values(scope);

export interface Push {
  url: string;
  headers: Headers;
  body: string;
}

export interface Tokens {
  access_token: string;
  refresh_token?: string;
  expires_in: number;
  scope: string;
  token_type: string;
  refresh_token_expires_in?: number;
}

export type GoogleWorld = ReturnType<typeof createGoogleWorld>;

/** A simulator on a clock that stands still until it is told to move. */
export function createGoogleWorld(google: Partial<NonNullable<SimulatorOptions["google"]>> = {}, seed = 7) {
  const pushes: Push[] = [];
  const subscriber: { answer: (request: Request) => Response | Promise<Response> } = {
    answer: () => new Response(null, { status: 204 }),
  };
  const simulator = createSimulator({
    url,
    seed,
    realNow: () => startOfTests,
    deliver: async (request) => {
      pushes.push({ url: request.url, headers: request.headers, body: await request.clone().text() });
      return subscriber.answer(request);
    },
    fitbit: { clientId, clientSecret, subscriberUrl },
    google: { ...googleClient, webhookSecret, subscriberUrl: googleSubscriberUrl, ...google },
  });
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    simulator.fetch(
      new Request(new URL(path, url), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const control = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await call(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    simulator.fetch(
      new Request(new URL(path, url), {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    );
  return {
    simulator,
    pushes,
    subscriber,
    call,
    control,
    form,
    /** POST /token as the registered client. */
    token: (fields: Record<string, string>) =>
      form("/token", {
        client_id: googleClient.clientId,
        client_secret: googleClient.clientSecret,
        ...fields,
      }),
    account: async (fields: Record<string, unknown> = {}) =>
      String((await control("POST", "/sim/users", { provider: "google-health", ...fields })).providerUserId),
    fitbitAccount: async (fields: Record<string, unknown> = {}) =>
      String((await control("POST", "/sim/users", fields)).providerUserId),
    record: async (account: string, fields: Record<string, unknown> = {}) =>
      String((await control("POST", `/sim/users/${account}/activities`, fields)).activityId),
    sync: (account: string, body?: unknown) => control("POST", `/sim/users/${account}/sync`, body),
    faults: async (...faults: Record<string, unknown>[]) => {
      await control("PUT", "/sim/faults", faults);
    },
    settings: async (google: Record<string, unknown>) => {
      await control("PUT", "/sim/settings", { google });
    },
    advance: async (seconds: number) => {
      await control("POST", "/sim/clock", { advanceSeconds: seconds });
    },
    /** A GET with a bearer token. */
    get: (accessToken: string, path: string) =>
      call("GET", path, undefined, { authorization: `Bearer ${accessToken}` }),
  };
}

/** The address of the consent page; null takes a parameter out. */
export function authorizeAddress(
  scopes: readonly string[] = everyScope,
  extra: Record<string, string | null> = {},
): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: googleClient.clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    access_type: "offline",
    prompt: "consent",
    state: "state-1",
  });
  for (const [name, value] of Object.entries(extra)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return `/o/oauth2/v2/auth?${query}`;
}

/** Fills in the consent page's own form, as a program without a browser does, and gives the redirect. */
export async function decide(
  world: GoogleWorld,
  address: string,
  answer: { account: string; scopes?: readonly string[]; decision?: string },
): Promise<Response> {
  const page = await world.call("GET", address);
  const html = await page.text();
  if (page.status !== 200) throw new Error(`consent page: ${page.status} ${html}`);
  const fields = new URLSearchParams();
  for (const [, name = "", value = ""] of html.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    fields.append(name, value.replaceAll("&amp;", "&"));
  }
  fields.set("account", answer.account);
  for (const one of answer.scopes ?? everyScope) fields.append("scope", one);
  fields.set("decision", answer.decision ?? "allow");
  return world.simulator.fetch(
    new Request(new URL("/o/oauth2/v2/auth", url), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: fields.toString(),
      redirect: "manual",
    }),
  );
}

/** Consents and gives the code. */
export async function authorize(
  world: GoogleWorld,
  account: string,
  scopes: readonly string[] = everyScope,
  extra: Record<string, string | null> = {},
): Promise<string> {
  const response = await decide(world, authorizeAddress(scopes, extra), { account, scopes });
  const location = new URL(response.headers.get("location") ?? "about:blank");
  const code = location.searchParams.get("code");
  if (code === null) throw new Error(`no code: ${response.status} ${location.href}`);
  return code;
}

/** Authorization and exchange in one. */
export async function connect(
  world: GoogleWorld,
  account: string,
  scopes: readonly string[] = everyScope,
  extra: Record<string, string | null> = {},
): Promise<Tokens> {
  const code = await authorize(world, account, scopes, extra);
  const response = await world.token({ grant_type: "authorization_code", code, redirect_uri: redirectUri });
  if (response.status !== 200) throw new Error(`token: ${response.status} ${await response.text()}`);
  return (await response.json()) as Tokens;
}

export const exercises = "/v4/users/me/dataTypes/exercise/dataPoints";
export const heartRates = "/v4/users/me/dataTypes/heart-rate/dataPoints";

/** The list's address with a filter. */
export const filtered = (path: string, filter: string, more = ""): string =>
  `${path}?filter=${encodeURIComponent(filter)}${more}`;

export interface DataPoint {
  name: string;
  dataSource: {
    platform: string;
    recordingMethod: string;
    device: { formFactor?: string };
    application?: object;
  };
  exercise: {
    interval: { startTime: string; startUtcOffset: string; endTime: string; endUtcOffset: string };
    exerciseType: string;
    displayName: string;
    activeDuration: string;
    updateTime: string;
    createTime: string;
    metricsSummary: Record<string, unknown>;
    exerciseMetadata: Record<string, unknown>;
    exerciseEvents?: { eventTime: string; exerciseEventType: string }[];
    splits?: object[];
    splitSummaries?: object[];
  };
}

export interface Sample {
  dataSource: { platform: string };
  heartRate: { sampleTime: { physicalTime: string; utcOffset: string }; beatsPerMinute: string };
}

/** Reads one page of a list that must succeed. */
export async function page<Row>(
  world: GoogleWorld,
  token: string,
  path: string,
): Promise<{ dataPoints?: Row[]; nextPageToken?: string }> {
  const response = await world.get(token, path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { dataPoints?: Row[]; nextPageToken?: string };
}

/** Reads a list to its end. */
export async function everyRow<Row>(world: GoogleWorld, token: string, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  let next = "";
  for (let pages = 0; pages < 1000; pages++) {
    const separator = path.includes("?") ? "&" : "?";
    const answer = await page<Row>(world, token, next === "" ? path : `${path}${separator}pageToken=${next}`);
    rows.push(...(answer.dataPoints ?? []));
    next = answer.nextPageToken ?? "";
    if (next === "") return rows;
  }
  throw new Error("the list has no end");
}

export interface ErrorBody {
  error: {
    code: number;
    message: string;
    status: string;
    details?: {
      "@type": string;
      reason?: string;
      domain?: string;
      metadata?: Record<string, string>;
      fieldViolations?: { field: string; description: string }[];
    }[];
  };
}

/** `status STATUS REASON` of an error of the API. */
export async function errorOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as ErrorBody;
  return [response.status, error.status, ...(error.details ?? []).flatMap((one) => one.reason ?? [])].join(
    " ",
  );
}

export interface NotificationData {
  version: string;
  clientProvidedSubscriptionName: string;
  healthUserId: string;
  operation: string;
  dataType: string;
  intervals: {
    physicalTimeInterval?: { startTime: string; endTime: string };
    civilDateTimeInterval?: object;
    civilIso8601TimeInterval?: { startTime?: string; endTime?: string };
  }[];
}

/** What Google's pushes said, push by push. */
export function told(world: GoogleWorld): NotificationData[][] {
  return world.pushes
    .filter((push) => push.url === googleSubscriberUrl)
    .map((push) => (JSON.parse(push.body) as { data: NotificationData }[]).map((one) => one.data));
}
