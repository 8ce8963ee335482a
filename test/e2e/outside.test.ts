// The running service from outside, with a clock that can be moved: the day after, the hour's budget, the sweep, the way over
// from one provider to the other, and the polling client of the examples. Every answer of the API is held against /openapi.json on the way.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import { connect, createAccount } from "../../scripts/demo/connecting.ts";
import { HttpClient } from "../../scripts/demo/http-client.ts";
import { runWayOver } from "../../scripts/demo/way-over.ts";
import { localApiKey } from "../../scripts/local-environment.ts";
import { projectDirectory } from "../../scripts/wrangler.ts";
import { Service } from "./service.ts";
import { ValidatedClient, ValidatedHttpClient } from "./validated-client.ts";

interface FeedPage {
  changes: {
    change: "upsert" | "delete";
    origin: string;
    firstRevision: boolean;
    activity: {
      id: string;
      revision: number;
      title: string;
      type: string;
      provider: string;
      sourceActivityId: string;
      elapsedSeconds: number;
      activeSeconds: number;
      utcOffsetSeconds: number;
      completeness: Record<"gps" | "heartRate", { state: string; reason?: string }>;
      standardizedActivity?: { source: string };
    };
  }[];
  nextPageToken: string;
  hasMore: boolean;
}
interface SyncRun {
  id: string;
  status: string;
  counts: { created: number };
}
interface Call {
  at: string;
  method: string;
  path: string;
  status: number;
}

let service: Service;
let api: ValidatedClient;
let simulator: HttpClient;
let keyed: HttpClient;

beforeAll(async () => {
  service = await Service.start();
  api = await ValidatedClient.open(service.url);
  simulator = new HttpClient(service.simulatorUrl);
  keyed = new ValidatedHttpClient(service.url, api);
});

beforeEach(() => {
  onTestFailed(() => console.error(`What the Worker said last:\n${service.output.slice(-4_000)}`));
});

afterAll(async () => {
  await service.stop();
});

async function advance(seconds: number): Promise<void> {
  await simulator.post("/sim/clock", { advanceSeconds: seconds });
  const response = await fetch(`${service.url}/dev/tick`, { method: "POST" });
  expect(response.status).toBe(200);
}

async function now(): Promise<number> {
  const { offsetSeconds } = await simulator.get<{ offsetSeconds: number }>("/sim/clock");
  return Date.now() + offsetSeconds * 1000;
}

async function record(
  account: string,
  fields: Record<string, unknown> & { durationSeconds: number },
): Promise<string> {
  const { endedSecondsAgo = 30, ...body } = fields;
  const start = (await now()) - (Number(endedSecondsAgo) + fields.durationSeconds) * 1000;
  const answer = await simulator.post<{ activityId: string }>(`/sim/users/${account}/activities`, {
    name: "Run",
    heartRate: true,
    gps: false,
    startTime: new Date(start).toISOString(),
    ...body,
  });
  return answer.activityId;
}

async function callsOf(account: string): Promise<Call[]> {
  return (await simulator.get<{ calls: Call[] }>(`/sim/calls?providerUserId=${account}`)).calls;
}

async function feedOf(userId: string, pageToken = ""): Promise<FeedPage> {
  const token = pageToken === "" ? "" : `&pageToken=${encodeURIComponent(pageToken)}`;
  return (await api.get<FeedPage>(`/v1/activities?limit=200&userId=${userId}${token}`)).body;
}

async function runsOf(userId: string): Promise<SyncRun[]> {
  return (await api.get<{ syncRuns: SyncRun[] }>(`/v1/sync-runs?userId=${userId}`)).body.syncRuns;
}

/** Reads until the answer is as expected; queues need a moment of real time. */
async function eventually<Value>(
  read: () => Promise<Value>,
  isThere: (value: Value) => boolean,
): Promise<Value> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`It did not come about: ${JSON.stringify(value).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Waits until nothing is under way: the simulator has heard nothing new for longer than a queue keeps a message back. */
async function quiet(account: string): Promise<Call[]> {
  for (let before = -1; ; ) {
    const calls = await callsOf(account);
    if (calls.length === before) return calls;
    before = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
  }
}

const isHeartRate = (call: Call) => call.path.includes("/activities/heart/");
const isList = (call: Call) => /\/activities\/list\.json|\/dataTypes\/exercise\/dataPoints\?/.test(call.path);
const providers = ["google-health", "fitbit"] as const;

describe("the service from outside", () => {
  it("takes the example of every booster as its description shows it", async () => {
    const account = await createAccount(simulator, "fitbit", { timezone: "Europe/London" });
    await connect(keyed, { userId: "user-1", providerUserId: account, provider: "fitbit" });
    const startTime = "2026-09-02T18:00:00+01:00";
    await simulator.post(`/sim/users/${account}/activities`, { startTime, durationSeconds: 60 });
    await simulator.post(`/sim/users/${account}/sync`);
    const description = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Record<
        string,
        { post?: { requestBody?: { content: Record<string, { example?: Record<string, unknown> }> } } }
      >;
    };
    const statuses: [string, string][] = [];
    for (const [path, { post }] of Object.entries(description.paths)) {
      if (!path.startsWith("/v1/boosters/")) continue;
      const example = post?.requestBody?.content["application/json"]?.example;
      const answer = await api.post<{ status: string; metadata: object }>(path, example);
      expect(answer, path).toMatchObject({ status: 200 });
      statuses.push([path, answer.body.status]);
    }
    expect(statuses).toEqual([
      ["/v1/boosters/fitbit-heart-rate", "merged"],
      ["/v1/boosters/heart-rate-zones", "applied"],
      ["/v1/boosters/type-mapper", "applied"],
    ]);
  });

  it("keeps an activity back while its heart rate is late, shows it after 15 minutes, and completes it a day later", async () => {
    const account = await createAccount(simulator, "fitbit", { timezone: "America/Los_Angeles" });
    await connect(keyed, { userId: "late", providerUserId: account, provider: "fitbit" });
    await quiet(account);
    await advance(1_800);
    await simulator.put("/sim/faults", [
      { fault: "late_heart_rate", providerUserId: account, delaySeconds: 20 * 3600 },
    ]);
    await record(account, { durationSeconds: 900 });
    await simulator.post(`/sim/users/${account}/sync`);
    await eventually(
      () => runsOf("late"),
      (runs) => runs.some((run) => run.status === "succeeded" && run.counts.created === 1),
    );
    const heartRateCalls = async () => (await callsOf(account)).filter(isHeartRate).length;
    expect(await heartRateCalls()).toBe(1);
    expect((await feedOf("late")).changes).toEqual([]);

    await advance(16 * 60);
    const shown = await eventually(
      () => feedOf("late"),
      (page) => page.changes.length === 1,
    );
    expect(shown.changes[0]).toMatchObject({ change: "upsert", origin: "live", firstRevision: true });
    expect(shown.changes[0]?.activity.completeness.heartRate.state).not.toBe("complete");
    expect(shown.changes[0]?.activity.completeness.heartRate.reason).toBeDefined();

    // The looks after 1 and 6 hours cost one call each, find nothing and leave no trace in the feed.
    for (const hours of [1, 5]) {
      const before = await heartRateCalls();
      await advance(hours * 3_600);
      await eventually(heartRateCalls, (count) => count === before + 1);
      expect((await feedOf("late", shown.nextPageToken)).changes).toEqual([]);
    }
    await advance(18 * 3_600);
    const completed = await eventually(
      () => feedOf("late", shown.nextPageToken),
      (page) => page.changes.length === 1,
    );
    expect(completed.changes[0]).toMatchObject({
      origin: "late_data",
      firstRevision: false,
      activity: { revision: 2, completeness: { heartRate: { state: "complete" } } },
    });
    await simulator.put("/sim/faults", []);
  });

  it.each(providers)("finds what a lost push of %s would have told, within a day", async (provider) => {
    const userId = `lost-push-${provider}`;
    const account = await createAccount(simulator, provider, { timezone: "UTC" });
    await connect(keyed, { userId, providerUserId: account, provider });
    await quiet(account);
    await advance(3_600);
    await simulator.put("/sim/faults", [{ fault: "lose", providerUserId: account }]);
    const activityId = await record(account, { durationSeconds: 1_200 });
    await simulator.post(`/sim/users/${account}/sync`);
    await quiet(account);
    expect((await feedOf(userId)).changes).toEqual([]);
    await simulator.put("/sim/faults", []);
    await advance(25 * 3_600);
    const page = await eventually(
      () => feedOf(userId),
      (feed) => feed.changes.length === 1,
    );
    expect(page.changes[0]).toMatchObject({ origin: "sweep", activity: { sourceActivityId: activityId } });
  });

  it("spends an hour's calls on history, keeps some for what is fresh, and goes on when the hour is over", async () => {
    const account = await createAccount(simulator, "fitbit", { timezone: "UTC" });
    const history = 60;
    for (let index = 0; index < history; index++) {
      await record(account, { durationSeconds: 300, gps: true, endedSecondsAgo: (index + 2) * 8 * 3_600 });
    }
    await simulator.post(`/sim/users/${account}/sync`);
    // The hour must not end in the middle of the test.
    await advance(Math.ceil((3_600_000 - ((await now()) % 3_600_000)) / 1000) + 10);
    const { connectionId } = await connect(keyed, {
      userId: "hourly",
      providerUserId: account,
      provider: "fitbit",
    });
    const since = new Date((await now()) - 40 * 86_400_000).toISOString();
    const backfill = await api.post<{ syncRunId: string }>(`/v1/connections/${connectionId}/backfill`, {
      since,
    });
    expect(backfill.status).toBe(202);
    await quiet(account);
    const partial = (await feedOf("hourly")).changes.length;
    expect(partial).toBeGreaterThan(20);
    expect(partial).toBeLessThan(history);

    await advance(120);
    const fresh = await record(account, { durationSeconds: 60, endedSecondsAgo: 5 });
    await simulator.post(`/sim/users/${account}/sync`);
    await eventually(
      () => feedOf("hourly"),
      (page) => page.changes.some((change) => change.activity.sourceActivityId === fresh),
    );
    const inFirstHour = await quiet(account);
    expect(inFirstHour.length).toBeLessThanOrEqual(150);

    await advance(3_600);
    await eventually(
      () => feedOf("hourly"),
      (page) => page.changes.length === history + 1,
    );
    expect((await callsOf(account)).filter((call) => call.status === 429)).toEqual([]);
    const runs = await eventually(
      () => runsOf("hourly"),
      (all) => all.some((run) => run.id === backfill.body.syncRunId && run.status === "succeeded"),
    );
    expect(runs.find((run) => run.id === backfill.body.syncRunId)?.counts.created).toBe(history);
    expect((await api.get<{ deadLetters: unknown[] }>("/v1/dead-letters")).body.deadLetters).toEqual([]);
  });

  it.each(providers)(
    "costs one list to be told fifty times by %s that nothing happened",
    async (provider) => {
      const account = await createAccount(simulator, provider, { timezone: "UTC" });
      await connect(keyed, { userId: `chatty-${provider}`, providerUserId: account, provider });
      const before = (await quiet(account)).filter(isList).length;
      const dates = [new Date(await now()).toISOString().slice(0, 10)];
      await Promise.all(
        Array.from({ length: 50 }, () => simulator.post(`/sim/users/${account}/sync`, { dates })),
      );
      const after = (await quiet(account)).filter(isList).length;
      expect(after - before).toBeGreaterThan(0);
      expect(after - before).toBeLessThanOrEqual(2);
    },
  );

  it("tells of a Google Health user's session what it tells of a Fitbit user's, and follows an edit and a deletion", async () => {
    const told = new Map<string, FeedPage["changes"][number]["activity"]>();
    for (const provider of providers) {
      const userId = `same-${provider}`;
      const account = await createAccount(simulator, provider, { timezone: "Europe/Berlin" });
      await connect(keyed, { userId, providerUserId: account, provider });
      await quiet(account);
      await advance(3_600);
      const callsBefore = (await quiet(account)).length;
      const activityId = await record(account, { durationSeconds: 3_600, gps: true, distanceMeters: 10_000 });
      await simulator.post(`/sim/users/${account}/sync`);
      const created = await eventually(
        () => feedOf(userId),
        (page) => page.changes.length === 1,
      );
      expect(created.changes[0]).toMatchObject({
        change: "upsert",
        origin: "live",
        firstRevision: true,
        activity: { provider, sourceActivityId: activityId, revision: 1, type: "ACTIVITY_TYPE_RUN" },
      });
      const id = created.changes[0]?.activity.id ?? "";
      // docs/scaling.md multiplies these. Google's zones have no bounds, which are a call of their own; its tokens live an hour.
      const spent = (await quiet(account)).slice(callsBefore).map((call) => call.path.split("?")[0] ?? "");
      const kinds = [
        /:exportExerciseTcx$|\.tcx$/,
        /\/heart-rate\/|\/activities\/heart\//,
        /\/daily-heart-rate-zones\//,
      ];
      const counts = kinds.map((kind) => spent.filter((path) => kind.test(path)).length);
      expect(counts, spent.join("\n")).toEqual([1, 1, provider === "fitbit" ? 0 : 1]);
      const document = await api.get<FeedPage["changes"][number]["activity"]>(`/v1/activities/${id}`);
      expect(document.status).toBe(200);
      told.set(provider, document.body);

      await simulator.patch(`/sim/users/${account}/activities/${activityId}`, { distanceMeters: 11_000 });
      const edited = await eventually(
        () => feedOf(userId, created.nextPageToken),
        (page) => page.changes.length === 1,
      );
      expect(edited.changes[0]).toMatchObject({ origin: "edit", activity: { id, revision: 2 } });
      await simulator.delete(`/sim/users/${account}/activities/${activityId}`);
      const deleted = await eventually(
        () => feedOf(userId, edited.nextPageToken),
        (page) => page.changes.length === 1,
      );
      expect(deleted.changes[0]).toMatchObject({ change: "delete", activity: { id } });
    }
    const [google, fitbit] = providers.map((provider) => told.get(provider));
    expect(google?.completeness.gps.state).toBe("complete");
    expect(google?.completeness.heartRate.state).toBe("complete");
    for (const field of ["title", "type", "elapsedSeconds", "activeSeconds", "utcOffsetSeconds"] as const) {
      expect(google?.[field], field).toEqual(fitbit?.[field]);
    }
    // `source` as FitGlue knows it does not change by provider.
    expect(google?.standardizedActivity?.source).toBeDefined();
    expect(google?.standardizedActivity?.source).toBe(fitbit?.standardizedActivity?.source);
  });

  it("carries a user from Fitbit to Google Health, and nothing comes twice", async () => {
    expect(await runWayOver(keyed, simulator, () => undefined)).toEqual([]);
  });

  it("says why a connection stopped when the user withdraws consent at Google, and takes it up again", async () => {
    const account = await createAccount(simulator, "google-health");
    const request = { userId: "withdrawn", providerUserId: account };
    const { connectionId } = await connect(keyed, request);
    await quiet(account);
    await simulator.post(`/sim/users/${account}/revoke`);
    await api.post(`/v1/connections/${connectionId}/sync`);
    const connection = async () =>
      (await api.get<{ status: string; message: string }>(`/v1/connections/${connectionId}`)).body;
    const stopped = await eventually(connection, ({ status }) => status !== "active");
    expect(stopped.status).toBe("needs_reauthorization");
    expect(stopped.message).toMatch(/\w/);
    expect((await connect(keyed, request)).connectionId).toBe(connectionId);
  });

  it("answers as /openapi.json says, also when asked wrongly", async () => {
    const account = await createAccount(simulator, "fitbit", { timezone: "UTC" });
    const { connectionId } = await connect(keyed, {
      userId: "asker",
      providerUserId: account,
      provider: "fitbit",
    });
    await advance(600);
    await record(account, { durationSeconds: 300 });
    await simulator.post(`/sim/users/${account}/sync`);
    const page = await eventually(
      () => feedOf("asker"),
      (feed) => feed.changes.length === 1,
    );
    const activityId = page.changes[0]?.activity.id;
    expect((await api.get(`/v1/activities/${activityId}`)).status).toBe(200);
    expect((await api.get("/v1/activities/act_0")).status).toBe(404);
    for (const extension of ["tcx", "gpx", "geojson", "fit"]) {
      expect((await api.get(`/v1/activities/${activityId}.${extension}`)).status).toBe(200);
      expect((await api.get(`/v1/activities/act_0.${extension}`)).status).toBe(404);
    }
    expect((await api.get(`/v1/activities/${activityId}.tcx?original=perhaps`)).body).toMatchObject({
      field: "query.original",
    });
    expect((await api.get("/v1/activities?include=standardizedActivity&limit=3")).status).toBe(200);
    expect((await api.get("/v1/activities?pageToken=nonsense")).body).toMatchObject({
      code: "invalid_page_token",
    });
    expect((await api.get("/v1/activities?limit=0")).body).toMatchObject({
      code: "invalid_request",
      field: "query.limit",
    });
    expect((await api.get("/v1/activities", { authorization: "Bearer wrong" })).status).toBe(401);

    const quietToken = encodeURIComponent(page.nextPageToken);
    const poll = await api.get(`/v1/activities?userId=asker&pageToken=${quietToken}`);
    const etag = poll.headers.get("etag") ?? "";
    expect(etag).not.toBe("");
    const again = await api.get(`/v1/activities?userId=asker&pageToken=${quietToken}`, {
      "if-none-match": etag,
    });
    expect(again.status).toBe(304);

    expect((await api.get("/v1/connections?userId=asker")).status).toBe(200);
    expect((await api.get(`/v1/connections/${connectionId}`)).body).toMatchObject({ status: "active" });
    expect((await api.get("/v1/connections/con_0")).status).toBe(404);
    expect((await api.post("/v1/connect-links", { userId: "no/such" })).body).toMatchObject({
      field: "body.userId",
    });
    expect((await api.post("/v1/connect-links", { userId: "next" })).status).toBe(201);
    expect((await api.post("/v1/portal-links", { userId: "asker" })).status).toBe(201);
    expect((await api.post("/v1/portal-links", {})).body).toMatchObject({ field: "body.userId" });
    expect((await api.post(`/v1/connections/${connectionId}/sync`)).status).toBe(202);
    const since = new Date((await now()) - 86_400_000).toISOString();
    expect((await api.post(`/v1/connections/${connectionId}/backfill`, { since })).status).toBe(202);
    expect((await api.get("/v1/sync-runs?userId=asker")).status).toBe(200);
    expect((await api.get("/v1/dead-letters")).status).toBe(200);
    expect((await api.post("/v1/dead-letters/dead_0/replay")).status).toBe(404);
    const end = new Date(await now());
    const start = new Date(end.getTime() - 600_000);
    const window = `start=${start.toISOString()}&end=${end.toISOString()}`;
    expect((await api.get(`/v1/users/asker/heart-rate?${window}`)).status).toBe(200);
    expect(
      (await api.get("/v1/users/asker/heart-rate?start=2026-01-01T00:00:00Z&end=2026-01-03T00:00:00Z"))
        .status,
    ).toBe(400);
    await quiet(account);
    expect((await api.delete(`/v1/connections/${connectionId}?erase=true`)).status).toBe(204);
    expect((await api.post(`/v1/connections/${connectionId}/sync`)).status).toBe(409);
    const erased = await feedOf("asker", page.nextPageToken);
    expect(erased.changes).toMatchObject([{ change: "delete", activity: { id: activityId } }]);
    for (const operation of api.operations) expect(api.asked).toContain(operation);
  });

  it("is polled by the example client, which keeps its place over a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "poll-"));
    const children: ChildProcess[] = [];
    const runExample = () => {
      const child = spawn(process.execPath, [join(projectDirectory, "examples/poll.js")], {
        cwd: folder,
        env: { ...process.env, BASE_URL: service.url, API_KEY: localApiKey, SECONDS: "0.2" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      const lines: string[] = [];
      child.stdout.setEncoding("utf8").on("data", (text: string) => lines.push(...text.trim().split("\n")));
      return { child, lines };
    };
    try {
      const account = await createAccount(simulator, "fitbit", { timezone: "UTC" });
      await connect(keyed, { userId: "polled", providerUserId: account, provider: "fitbit" });
      await quiet(account);
      const expected = (await keyed.get<FeedPage>("/v1/activities?limit=200")).changes.length;
      const first = runExample();
      await eventually(
        async () => first.lines.length,
        (count) => count === expected,
      );
      await eventually(
        async () => existsSync(join(folder, "page-token")),
        (isThere) => isThere,
      );
      first.child.kill();

      await advance(600);
      await record(account, { name: "Yoga", durationSeconds: 300 });
      await simulator.post(`/sim/users/${account}/sync`);
      const second = runExample();
      await eventually(
        async () => second.lines,
        (lines) => lines.some((line) => /^upsert act_\w+ revision 1 Yoga$/.test(line)),
      );
      expect(second.lines).toHaveLength(1);
    } finally {
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
