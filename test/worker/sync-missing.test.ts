// What is missing: no route, no heart rate, a scope that was not granted, a refusal for ever. The activity arrives with everything
// else, and `completeness` says why.

import { describe, expect, it } from "vitest";
import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";
import { type Change, type NewActivity, recordsOf, type StandardizedRecord, World } from "./world.ts";

const allScopes = ["activity", "heartrate", "location", "profile", "settings"];
const withHeartRate = (records: readonly StandardizedRecord[]) =>
  records.filter(({ heartRate }) => heartRate !== undefined).length;
const withPosition = (records: readonly StandardizedRecord[]) =>
  records.filter(({ positionLat, positionLong }) => positionLat !== undefined && positionLong !== undefined)
    .length;

interface Differences {
  /** Heart-rate samples that half an hour has at least. */
  readonly leastSamples: number;
  /** Points in the file of half an hour without a route, if nobody asks for points without a position. */
  readonly pointsWithoutRoute: number;
  /** In what ways heart rate is refused. */
  readonly refusals: readonly string[];
  /** How points without a position are asked for. */
  readonly partialQuery: string;
}

const differences: Readonly<Record<ProviderName, Differences>> = {
  fitbit: {
    // A sample in 1 to 3 s.
    leastSamples: 500,
    // Without a route the file has no points, unless the partial one is asked for.
    pointsWithoutRoute: 0,
    // An application that is not approved is refused, or gets the daily part alone.
    refusals: ["intraday_403", "intraday_missing"],
    partialQuery: "includePartialTCX=true",
  },
  "google-health": {
    // A sample in 2 to 6 s.
    leastSamples: 300,
    // Without a route there is no file, so the partial one is asked for to begin with.
    pointsWithoutRoute: 31,
    // No approval is needed. Where the part is missing, the list is empty: nobody refused anything.
    refusals: ["intraday_403"],
    partialQuery: "partialData=true",
  },
};

describe.each(providerNames)("what is missing at %s", (provider) => {
  const world = new World(5, provider);
  const user = (name: string) => `${name}-${provider}`;
  const { leastSamples, pointsWithoutRoute, refusals, partialQuery } = differences[provider];

  /** Records one workout that ended over an hour ago, so that it does not settle, and answers what arrived. */
  async function arrival(
    userId: string,
    workout: NewActivity,
    options: {
      scopes?: readonly string[];
      faults?: readonly { fault: string; path?: string }[];
      account?: Record<string, unknown>;
    } = {},
  ): Promise<{ change: Change; records: StandardizedRecord[]; providerUserId: string }> {
    const { providerUserId } = await world.connect(userId, {
      ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
      ...(options.account === undefined ? {} : { account: options.account }),
    });
    await world.quiet(providerUserId);
    await world.pass(2 * 3600, providerUserId);
    await world.faults(...(options.faults ?? []).map((fault) => ({ ...fault, providerUserId })));
    const startTime = new Date(world.now() - 115 * 60_000).toISOString();
    await world.record(providerUserId, { durationSeconds: 1800, startTime, ...workout });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(userId, 1);
    if (change === undefined) throw new Error("the feed is empty");
    await world.faults();
    expect(change).toMatchObject({ change: "upsert", origin: "live", firstRevision: true });
    const records = recordsOf(await world.document(change.activity.id));
    expect(records.length).toBe(new Set(records.map(({ timestamp }) => timestamp)).size);
    return { change, records, providerUserId };
  }

  describe("an activity without a route", () => {
    it("arrives with its heart rate by second, and nobody expected a route indoors", async () => {
      const { change, records } = await arrival(user("no-gps"), { name: "Treadmill", gps: false });
      expect(change.activity.completeness).toMatchObject({
        gps: { state: "absent", reason: "no_gps", samples: 0 },
        heartRate: { state: "complete" },
      });
      expect(change.activity.completeness.heartRate).not.toHaveProperty("reason");
      expect(withHeartRate(records)).toBeGreaterThan(leastSamples);
      expect(withPosition(records)).toBe(0);
    });

    it("that should have had one says that the provider has none", async () => {
      const { change } = await arrival(
        user("route-lost"),
        { name: "Run", gps: true },
        { faults: [{ fault: "tcx_empty" }] },
      );
      expect(change.activity.completeness).toMatchObject({
        gps: { state: "absent", reason: "provider_has_none" },
        heartRate: { state: "complete" },
      });
    });
  });

  describe("an activity without heart rate", () => {
    it("arrives with its route, and says that nothing was worn", async () => {
      const { change, records } = await arrival(user("no-heart-rate"), {
        name: "Run",
        gps: true,
        heartRate: false,
      });
      expect(change.activity.completeness).toMatchObject({
        gps: { state: "complete" },
        heartRate: { state: "absent", reason: "not_worn", samples: 0 },
      });
      expect(withPosition(records)).toBeGreaterThan(1000);
      expect(withHeartRate(records)).toBe(0);
    });

    it("and without a route arrives with what the summary tells", async () => {
      const { change, records } = await arrival(user("summary-only"), {
        name: "Weights",
        gps: false,
        heartRate: false,
        logType: "manual",
        calories: 210,
      });
      expect(records).toEqual([]);
      expect(change.activity).toMatchObject({
        title: "Weights",
        calories: 210,
        elapsedSeconds: 1800,
        completeness: { gps: { reason: "no_gps" }, heartRate: { reason: "not_worn" } },
      });
    });

    it("in its last part is partial, with a reason", async () => {
      const { change, records } = await arrival(user("half-heart-rate"), {
        name: "Spinning",
        gps: false,
        heartRateUntilSeconds: 600,
      });
      const { heartRate } = change.activity.completeness;
      expect(heartRate).toMatchObject({ state: "partial", reason: "provider_has_none" });
      expect(heartRate.samples).toBe(withHeartRate(records));
    });
  });

  describe("a grant that leaves out a scope", () => {
    const grantedBut = (scope: string) => allScopes.filter((one) => one !== scope);

    it("location: the heart rate arrives, no file is asked for, and the route says why", async () => {
      const { change, records, providerUserId } = await arrival(
        user("no-location"),
        { name: "Run", gps: true },
        { scopes: grantedBut("location") },
      );
      expect(change.activity.completeness).toMatchObject({
        gps: { state: "absent", reason: "scope_not_granted" },
        heartRate: { state: "complete" },
      });
      expect(withHeartRate(records)).toBeGreaterThan(leastSamples);
      expect(await world.calls(providerUserId, world.paths.tcx)).toEqual([]);
      const { connections } = await world.api<{ connections: { status: string; missingScopes: string[] }[] }>(
        `/v1/connections?userId=${user("no-location")}`,
      );
      expect(connections).toMatchObject([{ status: "active", missingScopes: ["location"] }]);
    });

    it("heartrate: the route arrives, heart rate is not asked for, and says why", async () => {
      const { change, records, providerUserId } = await arrival(
        user("no-heartrate-scope"),
        { name: "Treadmill", gps: false },
        { scopes: grantedBut("heartrate") },
      );
      // What stands in a file that the user did grant is the user's to give: at Google that is a point a minute.
      expect(change.activity.completeness.heartRate).toMatchObject({
        state: pointsWithoutRoute === 0 ? "absent" : "partial",
        reason: "scope_not_granted",
        samples: pointsWithoutRoute,
      });
      expect(records).toHaveLength(pointsWithoutRoute);
      expect(await world.calls(providerUserId, world.paths.heartRate)).toEqual([]);

      const outside = await arrival(
        user("no-heartrate-scope-outside"),
        { name: "Run", gps: true },
        { scopes: grantedBut("heartrate") },
      );
      expect(outside.change.activity.completeness.gps.state).toBe("complete");
      expect(await world.calls(outside.providerUserId, world.paths.heartRate)).toEqual([]);
    });

    it.for(["profile", "settings"])("%s: everything arrives", async (scope) => {
      const { change } = await arrival(
        user(`no-${scope}`),
        { name: "Run", gps: true },
        { scopes: grantedBut(scope) },
      );
      expect(change.activity.completeness).toMatchObject({
        gps: { state: "complete" },
        heartRate: { state: "complete" },
      });
    });

    it("activity: the connection works, nothing is listed, nothing fails for ever, and a sync says why", async () => {
      const userId = user("no-activity-scope");
      const { providerUserId, connectionId } = await world.connect(userId, {
        scopes: grantedBut("activity"),
      });
      await world.record(providerUserId, { name: "Run" });
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.deliver(providerUserId, { kind: "look", trigger: "retry" })).toEqual({
        kind: "done",
      });
      const since = new Date(world.now() - 30 * 86_400_000).toISOString();
      await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
      await world.api(`/v1/connections/${connectionId}/backfill`, { json: { since }, status: 202 });
      await world.until(async () => {
        const runs = await world.runs(connectionId);
        expect(runs.map(({ trigger, status, error }) => [trigger, status, error?.code]).toSorted()).toEqual([
          ["backfill", "failed", "scope_missing"],
          ["manual", "partial", "scope_missing"],
        ]);
      });
      expect(await world.listCalls(providerUserId)).toBe(0);
      expect(await world.feed(userId)).toEqual([]);
      expect(await world.api(`/v1/connections/${connectionId}`)).toMatchObject({
        status: "active",
        missingScopes: ["activity"],
      });
    });
  });

  describe("a provider that refuses heart rate by second", () => {
    it("leaves one point a minute from the partial TCX, and says so", async () => {
      const { change, records, providerUserId } = await arrival(
        user("one-minute"),
        { name: "Spinning", gps: false },
        { faults: [{ fault: "intraday_403" }] },
      );
      const { heartRate } = change.activity.completeness;
      expect(heartRate).toMatchObject({ state: "partial", reason: "one_minute_only" });
      expect(heartRate.samples).toBe(31);
      expect(withHeartRate(records)).toBe(31);
      // Points without a position stay without: none is 0, and nothing is filled in between the minutes.
      expect(records).toHaveLength(31);
      expect(records.filter((record) => "positionLat" in record || "positionLong" in record)).toEqual([]);
      expect(await world.calls(providerUserId, partialQuery)).toHaveLength(1);
    });

    it("leaves the heart rate that stands in the file of a route", async () => {
      const { change, records, providerUserId } = await arrival(
        user("refused-but-in-file"),
        { name: "Run", gps: true },
        { faults: [{ fault: "intraday_403" }] },
      );
      expect(change.activity.completeness.heartRate.state).toBe("complete");
      expect(withHeartRate(records)).toBeGreaterThan(1700);
      expect(await world.calls(providerUserId, partialQuery)).toEqual([]);
    });

    it.for(refusals)("and has no file either leaves the reason and the connection: %s", async (fault) => {
      const userId = user(`refused-${fault}`);
      const { change } = await arrival(
        userId,
        { name: "Spinning", gps: false },
        { faults: [{ fault }, { fault: "tcx_400" }] },
      );
      expect(change.activity.completeness.heartRate).toMatchObject({
        state: "absent",
        reason: "provider_refused",
      });
      expect(await world.api(`/v1/connections?userId=${userId}`)).toMatchObject({
        connections: [{ status: "active" }],
      });
    });
  });

  describe("a TCX that cannot be had", () => {
    it.for([
      ["400 for ever", "tcx_400", "provider_refused"],
      ["403 for ever", "tcx_403", "provider_refused"],
      ["404", "tcx_404", "provider_has_none"],
      ["204", "tcx_204", "provider_has_none"],
      ["a file without Lap", "tcx_empty", "provider_has_none"],
    ] as const)("does not hold up the activity: %s", async ([name, fault, reason]) => {
      const { change, records } = await arrival(
        user(`tcx-${name.replaceAll(" ", "-")}`),
        { name: "Run", gps: true, distanceMeters: 5000 },
        { faults: [{ fault }] },
      );
      expect(change.activity).toMatchObject({
        distanceMeters: 5000,
        completeness: { gps: { state: "absent", reason }, heartRate: { state: "complete" } },
      });
      expect(withHeartRate(records)).toBeGreaterThan(leastSamples);
    });

    it.for([
      ["answers 500", { fault: "500", path: world.paths.tcx }],
      ["is cut each time", { fault: "cut", path: world.paths.tcx }],
    ] as const)(
      "at any attempt holds up the activity for three attempts and no longer: %s",
      async ([name, fault]) => {
        const userId = user(`tcx-fails-${name.replaceAll(" ", "-")}`);
        const { providerUserId } = await world.connect(userId);
        await world.quiet(providerUserId);
        await world.pass(2 * 3600, providerUserId);
        await world.faults({ ...fault, providerUserId }, { fault: "lose", providerUserId });
        const startTime = new Date(world.now() - 115 * 60_000).toISOString();
        await world.record(providerUserId, { name: "Run", durationSeconds: 1800, startTime });
        await world.push(providerUserId);
        for (const attempt of [1, 2]) {
          const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, attempt);
          expect(verdict).toMatchObject({ kind: "retry", delaySeconds: 10 * attempt });
          expect(await world.feed(userId)).toEqual([]);
        }
        expect(await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 3)).toEqual({
          kind: "done",
        });
        await world.faults();
        expect(await world.untilFeed(userId, 1)).toMatchObject([
          {
            activity: {
              completeness: {
                gps: { state: "absent", reason: "provider_error" },
                heartRate: { state: "complete" },
              },
            },
          },
        ]);
      },
    );

    it("one activity that fails does not hold up the others of its list", async () => {
      const userId = user("one-fails");
      const { providerUserId } = await world.connect(userId);
      await world.quiet(providerUserId);
      await world.pass(6 * 3600, providerUserId);
      const ids: string[] = [];
      for (const hoursAgo of [5, 4, 3]) {
        const startTime = new Date(world.now() - hoursAgo * 3_600_000).toISOString();
        ids.push(await world.record(providerUserId, { name: "Run", durationSeconds: 600, startTime }));
      }
      await world.faults(
        { fault: "500", path: `${ids[1]}${world.paths.tcx}`, providerUserId },
        { fault: "lose", providerUserId },
      );
      await world.push(providerUserId);
      const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" });
      expect(verdict).toMatchObject({ kind: "retry" });
      const changes = await world.untilFeed(userId, 2);
      // The newest first: that is the one its user is waiting for.
      expect(changes.map(({ activity }) => activity.sourceActivityId)).toEqual([ids[2], ids[0]]);
      await world.faults();
      await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 2);
      expect(await world.untilFeed(userId, 3)).toHaveLength(3);
      expect(await world.calls(providerUserId, `${ids[2]}${world.paths.tcx}`)).toHaveLength(1);
    });
  });
});
