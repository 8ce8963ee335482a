// A world for one test: the Worker under test with its real D1, R2, queues and Durable Objects, and a provider simulator in
// the same isolate that answers every fetch that leaves. Time is the simulator's, so a test makes a day pass by saying so.

import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, vi } from "vitest";
import { createSimulator, type Simulator } from "../../simulator/simulator.ts";
import { localDate, utcOffsetSecondsAt } from "../../simulator/time-zone.ts";
import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import {
  type AccountName,
  accountName,
  asId,
  type ProviderName,
  type ProviderUserId,
} from "../../src/kernel/ids.ts";
import { grantScopes } from "../../src/providers/port.ts";
import type { AccountSync } from "../../src/sync/account/account-sync.ts";
import { openContext } from "../../src/sync/context.ts";
import { syncMessage, type Work } from "../../src/sync/messages.ts";
import { runSchedule } from "../../src/sync/schedule.ts";
import { consumeSync, type Verdict } from "../../src/sync/sync-consumer.ts";
import { isBatchUnderWay, isMessageOnItsWay } from "./deliveries.ts";

export const workerUrl = "http://127.0.0.1:8787";
export const simulatorUrl = "http://127.0.0.1:8788";

export interface NewActivity {
  readonly name?: string;
  readonly startTime?: string;
  readonly durationSeconds?: number;
  readonly gps?: boolean;
  readonly heartRate?: boolean;
  readonly laps?: number;
  readonly [option: string]: unknown;
}

export interface Change {
  readonly change: "upsert" | "delete";
  readonly origin?: string;
  readonly firstRevision?: boolean;
  readonly activity: {
    readonly id: string;
    readonly userId: string;
    readonly revision: number;
    readonly title: string;
    readonly type: string;
    readonly sourceActivityId: string;
    readonly startTime: string;
    readonly deletedAt?: string;
    readonly completeness: Record<"gps" | "heartRate", { state: string; reason?: string; samples: number }>;
  };
}

export interface ProviderCall {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly providerUserId: string | null;
}

export interface SyncRun {
  readonly id: string;
  readonly trigger: string;
  readonly status: string;
  readonly startedAt: string;
  readonly counts: Record<"listed" | "created" | "updated" | "deleted", number>;
  readonly callsSpent: number;
  readonly error: { readonly code: string } | null;
}

export interface Fault {
  readonly fault: string;
  readonly provider?: string;
  readonly path?: string;
  readonly providerUserId?: string;
  readonly count?: number;
  readonly delaySeconds?: number;
}

/** What a test may change about the fetches that leave; null lets the simulator answer. */
export type Interceptor = (request: Request) => Promise<Response> | null;

export class World {
  readonly simulator: Simulator;
  readonly #accounts = new Map<string, DurableObjectStub<AccountSync>>();
  /** Set to make a provider call fail in a way of the test's own. */
  intercept: Interceptor = () => null;

  /** The provider that accounts are made at, unless a test says otherwise. */
  readonly provider: ProviderName;

  constructor(seed: number, provider: ProviderName = "fitbit") {
    this.provider = provider;
    this.simulator = createSimulator({
      url: simulatorUrl,
      seed,
      deliver: (request) => exports.default.fetch(request),
      fitbit: {
        clientId: exampleSecretValues.FITBIT_CLIENT_ID,
        clientSecret: exampleSecretValues.FITBIT_CLIENT_SECRET,
        verificationCode: exampleSecretValues.FITBIT_VERIFICATION_CODE,
        subscriberUrl: `${workerUrl}/webhooks/fitbit`,
      },
      google: {
        clientId: exampleSecretValues.GOOGLE_CLIENT_ID,
        clientSecret: exampleSecretValues.GOOGLE_CLIENT_SECRET,
        webhookSecret: exampleSecretValues.GOOGLE_WEBHOOK_SECRETS,
        subscriberUrl: `${workerUrl}/webhooks/google-health`,
      },
    });
    this.#activate();
    // A file may hold a world for each provider: the one whose tests run answers.
    if (expect.getState().currentTestName === undefined) beforeAll(() => this.#activate());
  }

  #activate(): void {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      if (new URL(request.url).origin !== simulatorUrl) {
        throw new TypeError(`a fetch left the test: ${new URL(request.url).origin}`);
      }
      return (await this.intercept(request)) ?? (await this.simulator.fetch(request));
    });
  }

  /** A request to the Worker as a browser or FitGlue makes it; redirects are not followed. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith("http") ? path : `${workerUrl}${path}`;
    return await exports.default.fetch(new Request(url, { redirect: "manual", ...init }));
  }

  /** A request to `/v1` with the local key; answers the JSON and insists on `status`. */
  async api<Body = Record<string, unknown>>(
    path: string,
    init: { method?: string; json?: unknown; status?: number; headers?: Record<string, string> } = {},
  ): Promise<Body> {
    const response = await this.fetch(path, {
      method: init.method ?? (init.json === undefined ? "GET" : "POST"),
      headers: {
        authorization: "Bearer local-development-key",
        ...(init.json === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
    });
    const text = await response.text();
    expect(response.status, `${path}: ${text}`).toBe(init.status ?? (init.method === "DELETE" ? 204 : 200));
    return (text === "" ? {} : JSON.parse(text)) as Body;
  }

  /** A call of the simulator's control API. */
  async control<Body = Record<string, unknown>>(method: string, path: string, json?: unknown): Promise<Body> {
    const response = await this.simulator.fetch(
      new Request(`${simulatorUrl}${path}`, {
        method,
        ...(json === undefined
          ? {}
          : { body: JSON.stringify(json), headers: { "content-type": "application/json" } }),
      }),
    );
    const text = await response.text();
    expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true);
    return (text === "" ? {} : JSON.parse(text)) as Body;
  }

  now(): number {
    return this.simulator.now();
  }

  async newAccount(options: Record<string, unknown> = {}): Promise<string> {
    const { providerUserId } = await this.control<{ providerUserId: string }>("POST", "/sim/users", {
      provider: this.provider,
      ...options,
    });
    return providerUserId;
  }

  async record(providerUserId: string, activity: NewActivity = {}): Promise<string> {
    const { activityId } = await this.control<{ activityId: string }>(
      "POST",
      `/sim/users/${providerUserId}/activities`,
      {
        name: "Run",
        durationSeconds: 1800,
        gps: true,
        heartRate: true,
        ...activity,
      },
    );
    return activityId;
  }

  /** The user edits a log: it holds at once, moves its version, and is pushed. */
  async edit(providerUserId: string, activityId: string, fields: NewActivity): Promise<void> {
    await this.control("PATCH", `/sim/users/${providerUserId}/activities/${activityId}`, fields);
  }

  /** The user deletes a log, which is pushed. */
  async remove(providerUserId: string, activityId: string): Promise<void> {
    await this.control("DELETE", `/sim/users/${providerUserId}/activities/${activityId}`);
  }

  /** The device syncs: pushes go out. */
  async push(providerUserId: string): Promise<void> {
    await this.control("POST", `/sim/users/${providerUserId}/sync`);
  }

  /** A push of the user's today or, at Google, of its hours, although the device had nothing to hand over. */
  async pushForNothing(providerUserId: string): Promise<void> {
    const { timezone } = await this.control<{ timezone: string }>("GET", `/sim/users/${providerUserId}`);
    const today = localDate(this.now(), utcOffsetSecondsAt(timezone, this.now()));
    await this.control("POST", `/sim/users/${providerUserId}/sync`, { dates: [today] });
  }

  async faults(...faults: readonly Fault[]): Promise<void> {
    await this.control("PUT", "/sim/faults", faults);
  }

  /** Calls that an account's data endpoints got, in order. */
  async calls(providerUserId: string, matching = ""): Promise<ProviderCall[]> {
    const { calls } = await this.control<{ calls: ProviderCall[] }>(
      "GET",
      `/sim/calls?providerUserId=${providerUserId}`,
    );
    return calls.filter((call) => call.path.includes(matching));
  }

  async listCalls(providerUserId: string): Promise<number> {
    return (await this.calls(providerUserId, this.paths.list)).length;
  }

  /** Calls that asked for one activity by its id; those for its file are none of them. */
  async activityCalls(providerUserId: string, activityId: string): Promise<ProviderCall[]> {
    const path = this.paths.activity(activityId);
    return (await this.calls(providerUserId)).filter((call) => call.path.endsWith(path));
  }

  /** Goes through connect link, confirmation, consent and callback as a browser would. Answers the callback's response. */
  async consent(
    userId: string,
    providerUserId: string,
    options: {
      scopes?: readonly string[];
      decision?: "allow" | "deny";
      link?: Record<string, unknown>;
      provider?: ProviderName;
    } = {},
  ): Promise<Response> {
    const provider = options.provider ?? this.provider;
    const { url } = await this.api<{ url: string }>("/v1/connect-links", {
      json: { userId, provider, ...options.link },
      status: 201,
    });
    const confirm = await this.fetch(url);
    expect(confirm.status).toBe(200);
    const confirmed = await this.fetch(url, {
      method: "POST",
      body: formOf(await confirm.text()),
      headers: { origin: workerUrl, "content-type": "application/x-www-form-urlencoded" },
    });
    expect(confirmed.status, await confirmed.clone().text()).toBe(303);
    const cookie = (confirmed.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const authorize = confirmed.headers.get("location") ?? "";
    const page = await this.simulator.fetch(new Request(authorize));
    const form = formOf(await page.text());
    form.set("account", providerUserId);
    form.delete("scope");
    for (const scope of options.scopes ?? grantScopes) {
      form.append("scope", scopeNames[provider](scope));
    }
    form.set("decision", options.decision ?? "allow");
    const decided = await this.simulator.fetch(
      new Request(authorize, { method: "POST", body: form, redirect: "manual" }),
    );
    const location = decided.headers.get("location") ?? "";
    expect(location, await decided.text()).toContain("/callback");
    return await this.fetch(location.split("#")[0] ?? "", { headers: { cookie } });
  }

  /** A user with a connection; answers both ids. */
  async connect(
    userId: string,
    options: { account?: Record<string, unknown>; scopes?: readonly string[] } = {},
  ): Promise<{ connectionId: string; providerUserId: string }> {
    const providerUserId = await this.newAccount(options.account);
    const response = await this.consent(
      userId,
      providerUserId,
      options.scopes === undefined ? {} : { scopes: options.scopes },
    );
    expect(response.status, await response.text()).toBe(200);
    const { connections } = await this.api<{ connections: { id: string }[] }>(
      `/v1/connections?userId=${userId}`,
    );
    const connectionId = connections[0]?.id ?? "";
    expect(connectionId).toMatch(/^con_/);
    return { connectionId, providerUserId };
  }

  /** The feed from its beginning, for one user. */
  async feed(userId: string): Promise<Change[]> {
    const changes: Change[] = [];
    let pageToken = "";
    for (;;) {
      const page = await this.api<{ changes: Change[]; nextPageToken: string; hasMore: boolean }>(
        `/v1/activities?userId=${userId}&limit=200${pageToken === "" ? "" : `&pageToken=${pageToken}`}`,
      );
      changes.push(...page.changes);
      if (!page.hasMore) return changes;
      pageToken = page.nextPageToken;
    }
  }

  async untilFeed(userId: string, count: number): Promise<Change[]> {
    return await this.until(async () => {
      const changes = await this.feed(userId);
      expect(changes).toHaveLength(count);
      return changes;
    });
  }

  async document(activityId: string): Promise<Document> {
    return await this.api<Document>(`/v1/activities/${activityId}`);
  }

  /** Activity History of one connection, newest first. */
  async runs(connectionId: string): Promise<SyncRun[]> {
    const { syncRuns } = await this.api<{ syncRuns: SyncRun[] }>(
      `/v1/sync-runs?connectionId=${connectionId}&limit=200`,
    );
    return syncRuns;
  }

  /** Hands a message to the sync consumer as the queue would at its `attempts`-th delivery, without the wait between them. */
  async deliver(providerUserId: string, work: Work, attempts = 1): Promise<Verdict> {
    return await consumeSync(await openContext(env), {
      id: crypto.randomUUID(),
      attempts,
      message: syncMessage(this.accountName(providerUserId), work),
    });
  }

  /** What a call's path holds, by what the call is for. */
  get paths(): ProviderPaths {
    return providerPaths[this.provider];
  }

  /** Waits until `check` no longer throws. */
  async until<Value>(check: () => Promise<Value>): Promise<Value> {
    return await vi.waitFor(check, { timeout: 15_000, interval: 25 });
  }

  /**
   * Waits until no message waits in a queue or is being worked on, and nothing has called the provider for a while: for this
   * account, or for any. A while is counted in rounds and not in milliseconds, so that it lasts longer on a machine that is busy.
   */
  async quiet(providerUserId?: string): Promise<void> {
    let last = -1;
    let quietRounds = 0;
    // A message that never comes is not waited for without end.
    const roundsEnough = () => (isMessageOnItsWay() ? 150 : 15);
    const path = providerUserId === undefined ? "/sim/calls" : `/sim/calls?providerUserId=${providerUserId}`;
    while (quietRounds < roundsEnough()) {
      const count = (await this.control<{ calls: unknown[] }>("GET", path)).calls.length;
      const waiting = (await env.HINTS.metrics()).backlogCount + (await env.SYNC.metrics()).backlogCount;
      const isQuiet = count === last && waiting === 0 && !isBatchUnderWay();
      quietRounds = isQuiet ? quietRounds + 1 : 0;
      last = count;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The name of an account's object. Google's ids are 19 digits, Fitbit's six letters and digits. */
  accountName(providerUserId: string): AccountName {
    const provider = /^\d{15,}$/.test(providerUserId) ? "google-health" : "fitbit";
    return accountName(provider, asId<ProviderUserId>(providerUserId));
  }

  /** The account's object; always the same stub, because an object with several cannot be evicted. */
  account(providerUserId: string): DurableObjectStub<AccountSync> {
    const known = this.#accounts.get(providerUserId);
    if (known !== undefined) return known;
    const stub = env.ACCOUNT_SYNC.getByName(this.accountName(providerUserId));
    this.#accounts.set(providerUserId, stub);
    return stub;
  }

  /** The account's object dies: its memory is gone, what it had stored stays. */
  async evict(providerUserId: string): Promise<void> {
    await runInDurableObject(this.account(providerUserId), async (_object, state) => {
      await state.storage.sync();
      state.abort("the test ends this object");
    }).catch(() => undefined);
    this.#accounts.delete(providerUserId);
  }

  /** Time passes; what is due by then is done for these accounts, and the cron trigger fires. */
  async pass(seconds: number, ...providerUserIds: readonly string[]): Promise<void> {
    await this.control("POST", "/sim/clock", { advanceSeconds: seconds });
    for (const id of providerUserIds) await this.account(id).runDue({ now: this.now() });
    await runSchedule(await openContext(env));
  }
}

export interface ProviderPaths {
  readonly list: string;
  readonly tcx: string;
  readonly heartRate: string;
  readonly token: string;
  readonly revoke: string;
  /** The call that asks for one activity by its id. */
  activity(activityId: string): string;
}

const exercises = "/dataTypes/exercise/dataPoints";
const providerPaths: Readonly<Record<ProviderName, ProviderPaths>> = {
  fitbit: {
    list: "/activities/list.json",
    tcx: ".tcx",
    heartRate: "/activities/heart/",
    token: "/oauth2/token",
    revoke: "/oauth2/revoke",
    activity: (activityId) => `/activities/${activityId}.json`,
  },
  "google-health": {
    list: `${exercises}?`,
    tcx: ":exportExerciseTcx",
    heartRate: "/dataTypes/heart-rate/",
    token: "/token",
    revoke: "/revoke",
    activity: (activityId) => `${exercises}/${activityId}`,
  },
};

/** A scope's name on the provider's consent page. */
export const scopeNames: Readonly<Record<ProviderName, (scope: string) => string>> = {
  fitbit: (scope) => scope,
  "google-health": (scope) => {
    const names: Readonly<Record<string, string>> = {
      activity: "activity_and_fitness",
      heartrate: "health_metrics_and_measurements",
    };
    return `https://www.googleapis.com/auth/googlehealth.${names[scope] ?? scope}.readonly`;
  },
};

export interface StandardizedRecord {
  readonly timestamp: string;
  readonly heartRate?: number;
  readonly positionLat?: number;
  readonly positionLong?: number;
}

export interface Document {
  readonly id: string;
  readonly revision: number;
  readonly title: string;
  readonly sourceActivityId: string;
  readonly startTime: string;
  readonly utcOffsetSeconds: number;
  readonly completeness: Change["activity"]["completeness"];
  readonly standardizedActivity: {
    readonly sessions: readonly {
      readonly laps: readonly { readonly records?: readonly StandardizedRecord[] }[];
    }[];
  };
}

/** All records of a document in order. */
export function recordsOf(document: Document): StandardizedRecord[] {
  return document.standardizedActivity.sessions.flatMap((session) =>
    session.laps.flatMap((lap) => lap.records ?? []),
  );
}

/** The fields of a page's form with their values. */
function formOf(html: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined)
      form.append(name, (/value="([^"]*)"/.exec(tag)?.[1] ?? "").replaceAll("&amp;", "&"));
  }
  return form;
}
