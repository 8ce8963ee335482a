// What the simulator's tests share: a simulator on a clock that stands still until it is told to move, a subscriber that
// remembers what it was sent, and the few steps that every client of the API takes.

import { createSimulator, type Simulator, type SimulatorOptions } from "../../simulator/simulator.ts";

export const url = "http://fitbit.test";
export const clientId = "TEST01";
export const clientSecret = "test-secret";
export const redirectUri = "https://app.test/callback";
export const subscriberUrl = "https://app.test/webhook";
export const allScopes = ["activity", "heartrate", "location", "profile", "settings"];
export const startOfTests = Date.parse("2026-06-10T10:20:00Z");

export interface Push {
  url: string;
  method: string;
  body: string;
  signature: string;
}

export interface World {
  simulator: Simulator;
  pushes: Push[];
  /** What the subscriber answers; may be changed by the test. */
  subscriber: { answer: (request: Request) => Response | Promise<Response> };
  /** Calls a route with an optional JSON body. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Calls a control route that must succeed and reads its JSON. */
  control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  account(fields?: Record<string, unknown>): Promise<string>;
  /** Records a workout and gives its id. */
  record(account: string, fields?: Record<string, unknown>): Promise<string>;
  sync(account: string, body?: unknown): Promise<Record<string, unknown>>;
  faults(...faults: Record<string, unknown>[]): Promise<void>;
  advance(seconds: number): Promise<void>;
  /** Authorization and exchange in one. */
  connect(account: string, scopes?: readonly string[]): Promise<Tokens>;
  /** A GET with a bearer token. */
  get(token: string, path: string, headers?: Record<string, string>): Promise<Response>;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
  token_type: string;
  user_id: string;
}

export function createWorld(fitbit: Partial<SimulatorOptions["fitbit"]> = {}, seed = 7): World {
  const pushes: Push[] = [];
  const subscriber: World["subscriber"] = { answer: () => new Response(null, { status: 204 }) };
  const simulator = createSimulator({
    url,
    seed,
    realNow: () => startOfTests,
    deliver: async (request) => {
      pushes.push({
        url: request.url,
        method: request.method,
        body: await request.clone().text(),
        signature: request.headers.get("x-fitbit-signature") ?? "",
      });
      return subscriber.answer(request);
    },
    fitbit: { clientId, clientSecret, subscriberUrl, ...fitbit },
  });

  const call: World["call"] = (method, path, body, headers = {}) =>
    simulator.fetch(
      new Request(new URL(path, url), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const control: World["control"] = async (method, path, body) => {
    const response = await call(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const world: World = {
    simulator,
    pushes,
    subscriber,
    call,
    control,
    account: async (fields = {}) => String((await control("POST", "/sim/users", fields)).providerUserId),
    record: async (account, fields = {}) =>
      String((await control("POST", `/sim/users/${account}/activities`, fields)).activityId),
    sync: (account, body) => control("POST", `/sim/users/${account}/sync`, body),
    faults: async (...faults) => {
      await control("PUT", "/sim/faults", faults);
    },
    advance: async (seconds) => {
      await control("POST", "/sim/clock", { advanceSeconds: seconds });
    },
    connect: async (account, scopes = allScopes) => {
      const code = await authorize(world, account, scopes);
      const response = await token(world, {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
      });
      if (response.status !== 200) throw new Error(`token: ${response.status} ${await response.text()}`);
      return (await response.json()) as Tokens;
    },
    get: (accessToken, path, headers = {}) =>
      call("GET", path, undefined, { authorization: `Bearer ${accessToken}`, ...headers }),
  };
  return world;
}

/** The address of the consent page. */
export function authorizeAddress(scopes: readonly string[], extra: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    state: "state-1",
    ...extra,
  });
  return `/oauth2/authorize?${query}`;
}

/** Fills in the consent page's own form, as a program without a browser does, and gives the redirect. */
export async function decide(
  world: World,
  address: string,
  answer: { account: string; scopes: readonly string[]; decision?: string },
): Promise<Response> {
  const page = await world.call("GET", address);
  const html = await page.text();
  if (page.status !== 200) throw new Error(`consent page: ${page.status} ${html}`);
  const form = new URLSearchParams();
  for (const [, name = "", value = ""] of html.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    form.append(name, value.replaceAll("&amp;", "&"));
  }
  form.set("account", answer.account);
  for (const scope of answer.scopes) form.append("scope", scope);
  form.set("decision", answer.decision ?? "allow");
  return world.simulator.fetch(
    new Request(new URL("/oauth2/authorize", url), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
      redirect: "manual",
    }),
  );
}

/** Consents and gives the code. */
export async function authorize(
  world: World,
  account: string,
  scopes: readonly string[] = allScopes,
  extra: Record<string, string> = {},
): Promise<string> {
  const response = await decide(world, authorizeAddress(scopes, extra), { account, scopes });
  const location = new URL(response.headers.get("location") ?? "about:blank");
  const code = location.searchParams.get("code");
  if (code === null) throw new Error(`no code: ${response.status} ${location.href}`);
  return code;
}

export const basic = (id = clientId, secret = clientSecret) => `Basic ${btoa(`${id}:${secret}`)}`;

/** POST to the token endpoint, or another form endpoint. */
export function token(
  world: World,
  form: Record<string, string>,
  options: { path?: string; authorization?: string | null } = {},
): Promise<Response> {
  const authorization = options.authorization === undefined ? basic() : options.authorization;
  return world.simulator.fetch(
    new Request(new URL(options.path ?? "/oauth2/token", url), {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(authorization === null ? {} : { authorization }),
      },
      body: new URLSearchParams(form).toString(),
    }),
  );
}

/** The errors of an answer, as `status type message`. */
export async function errorOf(response: Response): Promise<string> {
  const body = (await response.json()) as { errors?: { errorType: string; message: string }[] };
  const error = body.errors?.[0];
  return `${response.status} ${error?.errorType} ${error?.message}`;
}

/** Path and query of the first page of activities from a date on. */
export const listPath = (afterDate = "2026-01-01", limit = 100) =>
  `/1/user/-/activities/list.json?afterDate=${afterDate}&sort=asc&limit=${limit}&offset=0`;
