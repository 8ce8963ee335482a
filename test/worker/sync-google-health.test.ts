// What is Google's own, end to end: no push names a record, sessions are listed while they run, one workout may come from two
// platforms, zones come without bounds, and nothing says that consent was withdrawn.

import { describe, expect, it } from "vitest";
import { recordsOf, World } from "./world.ts";

const world = new World(43, "google-health");
const minute = 60;
const day = 86_400;

const at = (secondsAgo: number) => new Date(world.now() - secondsAgo * 1000).toISOString();

async function connectionOf(userId: string) {
  const { connections } = await world.api<{
    connections: { id: string; status: string; grantedScopes: string[]; missingScopes: string[] }[];
  }>(`/v1/connections?userId=${userId}`);
  return connections[0];
}

/** A user who has one run of thirty days ago in the feed, brought by a backfill. */
async function withHistory(userId: string) {
  const { connectionId, providerUserId } = await world.connect(userId);
  const activityId = await world.record(providerUserId, { name: "Run", startTime: at(30 * day) });
  await world.push(providerUserId);
  await world.quiet(providerUserId);
  await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since: at(40 * day) }, status: 202 });
  const [change] = await world.untilFeed(userId, 1);
  await world.quiet(providerUserId);
  if (change === undefined) throw new Error("nothing is in the feed");
  return { connectionId, providerUserId, activityId, change };
}

describe("a push about a time that no look reaches", () => {
  it("brings an edit of an old workout", async () => {
    const { providerUserId, activityId, change } = await withHistory("old-edit");
    await world.edit(providerUserId, activityId, { durationSeconds: 1200 });
    await world.until(async () =>
      expect(await world.feed("old-edit")).toMatchObject([
        { origin: "edit", activity: { id: change.activity.id, revision: 2, elapsedSeconds: 1200 } },
      ]),
    );
  });

  it("ends in a tombstone when the old workout was deleted, after Google was asked for it by name", async () => {
    const { providerUserId, activityId, change } = await withHistory("old-delete");
    await world.remove(providerUserId, activityId);
    await world.until(async () =>
      expect(await world.feed("old-delete")).toMatchObject([
        { change: "delete", activity: { id: change.activity.id, revision: 2 } },
      ]),
    );
    const asked = await world.calls(providerUserId, world.paths.activity(activityId));
    expect(asked.filter((call) => call.method === "GET").at(-1)?.status).toBe(404);
  });

  it("is a list of the interval and not of everything since", async () => {
    const { providerUserId, activityId } = await withHistory("old-interval");
    const before = (await world.calls(providerUserId, world.paths.list)).length;
    await world.edit(providerUserId, activityId, { durationSeconds: 900 });
    await world.until(async () =>
      expect(await world.feed("old-interval")).toMatchObject([{ activity: { revision: 2 } }]),
    );
    const lists = (await world.calls(providerUserId, world.paths.list)).slice(before);
    const interval = lists
      .map((call) => decodeURIComponent(call.path))
      .find((path) => path.includes(at(33 * day).slice(0, 8)));
    expect(interval).toBeDefined();
    expect(lists.length).toBeLessThanOrEqual(3);
  });
});

describe("consent that was withdrawn", () => {
  it("deletes nothing: every DELETE that comes of it finds the door closed", async () => {
    const userId = "withdraws";
    const { providerUserId } = await world.connect(userId);
    for (let count = 1; count <= 4; count++) {
      await world.record(providerUserId, { name: "Run", startTime: at(count * 7200), durationSeconds: 900 });
    }
    await world.pass(10 * minute, providerUserId);
    await world.record(providerUserId, { name: "Walk", durationSeconds: 300 });
    await world.push(providerUserId);
    const before = await world.untilFeed(userId, 1);
    await world.control("POST", `/sim/users/${providerUserId}/revoke`);
    await world.until(async () =>
      expect(await connectionOf(userId)).toMatchObject({ status: "needs_reauthorization" }),
    );
    await world.quiet(providerUserId);
    expect(await world.feed(userId)).toEqual(before);
  });

  it("deletes nothing either when Google answers 403 without a reason", async () => {
    const userId = "forbidden";
    const { providerUserId } = await world.connect(userId);
    const activityId = await world.record(providerUserId, { name: "Run", durationSeconds: 600 });
    await world.push(providerUserId);
    const before = await world.untilFeed(userId, 1);
    await world.faults({ fault: "permission_denied", providerUserId });
    await world.remove(providerUserId, activityId);
    await world.until(async () =>
      expect(await connectionOf(userId)).toMatchObject({ status: "needs_reauthorization" }),
    );
    await world.faults();
    expect(await world.feed(userId)).toEqual(before);
  });

  it("is not taken from a project that is switched off: nobody is disconnected", async () => {
    const userId = "switched-off";
    const { providerUserId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "service_disabled", providerUserId });
    expect(await world.deliver(providerUserId, { kind: "look", trigger: "retry" })).toMatchObject({
      kind: "retry",
      code: "misconfigured",
    });
    await world.faults();
    expect(await connectionOf(userId)).toMatchObject({ status: "active" });
  });
});

describe("a session that still runs", () => {
  it("waits until it has ended, and comes once with what it is then", async () => {
    const userId = "runs";
    const { providerUserId } = await world.connect(userId);
    const activityId = await world.record(providerUserId, {
      name: "Run",
      durationSeconds: 600,
      startTime: at(600),
      inProgress: true,
    });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.feed(userId)).toEqual([]);
    expect(await world.calls(providerUserId, world.paths.tcx)).toEqual([]);
    await world.pass(20 * minute, providerUserId);
    await world.quiet(providerUserId);
    expect(await world.feed(userId)).toEqual([]);
    await world.edit(providerUserId, activityId, { inProgress: false, durationSeconds: 1800 });
    const [change] = await world.untilFeed(userId, 1);
    expect(change).toMatchObject({ activity: { revision: 1, elapsedSeconds: 1800 } });
    expect(change?.activity.completeness.heartRate.state).toBe("complete");
  });

  it("comes without any further push, because it is looked at again", async () => {
    const userId = "runs-quietly";
    const { providerUserId } = await world.connect(userId);
    const activityId = await world.record(providerUserId, {
      name: "Run",
      durationSeconds: 300,
      startTime: at(300),
      inProgress: true,
    });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "lose" });
    await world.edit(providerUserId, activityId, { inProgress: false });
    await world.faults();
    await world.pass(16 * minute, providerUserId);
    await world.untilFeed(userId, 1);
  });
});

describe("one workout from two platforms", () => {
  it("is one activity, and the watch's own record is the one", async () => {
    const userId = "copies";
    const { providerUserId } = await world.connect(userId);
    const own = await world.record(providerUserId, { name: "Run", durationSeconds: 1200 });
    await world.record(providerUserId, { copyOf: own, copyShiftMilliseconds: 380, durationSeconds: 1200 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(userId, 1);
    expect(change?.activity.sourceActivityId).toBe(own);
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.feed(userId)).toEqual([change]);
  });

  it("becomes better under the same id when the watch's record comes later", async () => {
    const userId = "copy-first";
    const { providerUserId } = await world.connect(userId);
    const copy = await world.record(providerUserId, {
      name: "Run",
      durationSeconds: 1200,
      gps: false,
      heartRate: false,
      platform: "HEALTH_CONNECT",
    });
    await world.push(providerUserId);
    await world.pass(16 * minute, providerUserId);
    const [first] = await world.untilFeed(userId, 1);
    expect(first?.activity.sourceActivityId).toBe(copy);
    const own = await world.record(providerUserId, {
      name: "Run",
      durationSeconds: 1200,
      startTime: first?.activity.startTime ?? "",
    });
    await world.push(providerUserId);
    await world.until(async () =>
      expect(await world.feed(userId)).toMatchObject([
        {
          origin: "edit",
          activity: {
            id: first?.activity.id,
            revision: 2,
            sourceActivityId: own,
            completeness: { gps: { state: "complete" } },
          },
        },
      ]),
    );
  });
});

describe("a session under a minute", () => {
  it("does not come, and is no reason for anything else to stay away", async () => {
    const userId = "brief";
    const { providerUserId } = await world.connect(userId);
    await world.record(providerUserId, { name: "Run", durationSeconds: 40, startTime: at(4000) });
    await world.record(providerUserId, { name: "Walk", durationSeconds: 600 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(userId, 1);
    expect(change?.activity.type).toBe("ACTIVITY_TYPE_WALK");
    await world.quiet(providerUserId);
    expect(await world.feed(userId)).toHaveLength(1);
  });
});

describe("what Google tells in parts", () => {
  it("zones have the bounds of the day, for one call", async () => {
    const { providerUserId } = await world.connect("zones");
    await world.record(providerUserId, { name: "Run" });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("zones", 1);
    const { heartRateZones } = await world.api<{
      heartRateZones: { name: string; minBpm?: number; maxBpm?: number; minutes: number }[];
    }>(`/v1/activities/${change?.activity.id}`);
    expect(heartRateZones.map((zone) => zone.name)).toEqual(["Light", "Moderate", "Vigorous", "Peak"]);
    for (const zone of heartRateZones) expect(zone.minBpm).toBeLessThan(zone.maxBpm ?? 0);
    expect(await world.calls(providerUserId, "daily-heart-rate-zones")).toHaveLength(1);
    await world.edit(providerUserId, change?.activity.sourceActivityId ?? "", { durationSeconds: 1500 });
    await world.until(async () =>
      expect(await world.feed("zones")).toMatchObject([{ activity: { revision: 2 } }]),
    );
    expect(await world.calls(providerUserId, "daily-heart-rate-zones")).toHaveLength(1);
  });

  it("zones keep their minutes when the bounds are not to be had", async () => {
    const { providerUserId } = await world.connect("no-bounds");
    await world.faults({ fault: "500", path: "daily-heart-rate-zones" });
    await world.record(providerUserId, { name: "Run" });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("no-bounds", 1);
    await world.faults();
    const { heartRateZones } = await world.api<{ heartRateZones: object[] }>(
      `/v1/activities/${change?.activity.id}`,
    );
    expect(heartRateZones).toHaveLength(4);
    for (const zone of heartRateZones) expect(zone).not.toHaveProperty("minBpm");
  });

  it("a route in a JSON envelope and heart rate fifty samples at a time are as good as any", async () => {
    const { providerUserId } = await world.connect("quirks");
    await world.control("PUT", "/sim/settings", {
      google: { tcxEnvelope: true, heartRatePageSizeIgnored: true },
    });
    await world.record(providerUserId, { name: "Run", durationSeconds: 1200, laps: 2 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("quirks", 1);
    await world.control("PUT", "/sim/settings", {
      google: { tcxEnvelope: false, heartRatePageSizeIgnored: false },
    });
    expect(change?.activity.completeness).toMatchObject({
      gps: { state: "complete" },
      heartRate: { state: "complete" },
    });
    const times = recordsOf(await world.document(change?.activity.id ?? "")).map(
      ({ timestamp }) => timestamp,
    );
    expect(times).toEqual([...new Set(times)].sort());
    expect((await world.calls(providerUserId, world.paths.heartRate)).length).toBeGreaterThan(3);
  });

  it("an account without a Google Health profile is told to make one, and nothing is kept", async () => {
    const providerUserId = await world.newAccount();
    await world.faults({ fault: "account_not_linked", path: "/identity" });
    const response = await world.consent("not-set-up", providerUserId);
    await world.faults();
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("https://fitbit.google.com/auth/signup");
    expect(await connectionOf("not-set-up")).toBeUndefined();
  });
});

describe("a grant without", () => {
  it("location brings everything but the route, and says why", async () => {
    const { providerUserId } = await world.connect("no-location", { scopes: ["activity", "heartrate"] });
    expect((await connectionOf("no-location"))?.missingScopes).toContain("location");
    await world.record(providerUserId, { name: "Run" });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("no-location", 1);
    expect(change?.activity.completeness).toMatchObject({
      gps: { state: "absent", reason: "scope_not_granted" },
      heartRate: { state: "complete" },
    });
    expect(await world.calls(providerUserId, world.paths.tcx)).toEqual([]);
  });

  it("location stays one when a refresh answers without naming scopes", async () => {
    const { providerUserId } = await world.connect("unnamed-scopes", { scopes: ["activity", "heartrate"] });
    world.intercept = (request) =>
      new URL(request.url).pathname === "/token"
        ? world.simulator.fetch(request).then(async (response) => {
            const { scope: _scope, ...answer } = await response.json<Record<string, unknown>>();
            return Response.json(answer);
          })
        : null;
    await world.quiet(providerUserId);
    await world.pass(2 * 3_600, providerUserId);
    await world.deliver(providerUserId, { kind: "look", trigger: "retry" });
    world.intercept = () => null;
    expect(await connectionOf("unnamed-scopes")).toMatchObject({ grantedScopes: ["activity", "heartrate"] });
  });

  it("activity is a connection that lists nothing", async () => {
    const { providerUserId } = await world.connect("no-activity", { scopes: ["heartrate", "profile"] });
    expect((await connectionOf("no-activity"))?.missingScopes).toContain("activity");
    await world.quiet(providerUserId);
    expect(await world.calls(providerUserId, world.paths.list)).toEqual([]);
  });
});
