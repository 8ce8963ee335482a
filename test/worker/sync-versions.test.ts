// Versions (rule 8) at either provider: an edit is one revision, the same again is none, and a failing provider never makes an
// activity less. On the real queues, D1, R2 and Durable Objects, against the simulator.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readSources } from "../../src/activities/documents.ts";
import { readActivity } from "../../src/activities/store.ts";
import { databaseFor } from "../../src/db/databases.ts";
import { type ActivityId, asId, providerNames, type UserId } from "../../src/kernel/ids.ts";
import { theOnlyChange, untilRevision, userWithRun } from "./user-with-runs.ts";
import { recordsOf, World } from "./world.ts";

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(2, provider);
  const userNamed = (name: string) => `${name}-${provider}`;

  describe("an edited activity", () => {
    it("is one new revision, marked as an edit and not as the first", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("edits-title"),
      );
      expect(change).toMatchObject({ origin: "live", firstRevision: true, activity: { revision: 1 } });
      await world.edit(providerUserId, activityId, { name: "Morning run" });
      const edited = await untilRevision(world, userId, 2);
      expect(edited).toMatchObject({
        change: "upsert",
        origin: "edit",
        firstRevision: false,
        activity: { id: change.activity.id, title: "Morning run" },
      });
      expect(await world.document(edited.activity.id)).toMatchObject({ revision: 2, title: "Morning run" });
      await world.quiet(providerUserId);
      expect((await theOnlyChange(world, userId)).activity.revision).toBe(2);
    });

    it("that was edited back and forth with the same outcome is no revision", async () => {
      const { userId, providerUserId, connectionId, activityId } = await userWithRun(
        world,
        userNamed("edits-nothing"),
      );
      await world.edit(providerUserId, activityId, {});
      await world.until(async () => {
        expect(await world.calls(providerUserId, world.paths.tcx)).toHaveLength(2);
      });
      await world.quiet(providerUserId);
      expect(await theOnlyChange(world, userId)).toMatchObject({
        firstRevision: true,
        activity: { revision: 1 },
      });
      expect((await world.runs(connectionId))[0]?.counts).toMatchObject({ created: 0, updated: 0 });

      // The newer version was taken note of: the next push fetches nothing.
      await world.pushForNothing(providerUserId);
      await world.quiet(providerUserId);
      expect(await world.calls(providerUserId, world.paths.tcx)).toHaveLength(2);
    });

    it("pushed again without a change costs one list and is no revision", async () => {
      const { userId, providerUserId } = await userWithRun(world, userNamed("pushed-again"));
      const before = (await world.calls(providerUserId)).length;
      await world.pushForNothing(providerUserId);
      await world.until(async () => {
        expect((await world.calls(providerUserId)).length).toBeGreaterThan(before);
      });
      await world.quiet(providerUserId);
      const fresh = (await world.calls(providerUserId)).slice(before);
      expect(fresh.map((call) => call.path)).toEqual([expect.stringContaining(world.paths.list)]);
      expect((await theOnlyChange(world, userId)).activity.revision).toBe(1);
    });

    it("moved to another time takes the heart rate of that time, not of the old one", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("moved-activity"),
      );
      const moved = new Date(Date.parse(change.activity.startTime) - 4 * 3_600_000).toISOString();
      await world.edit(providerUserId, activityId, {
        startTime: moved,
        heartRateUntilSeconds: 900,
        gps: false,
      });
      const edited = await untilRevision(world, userId, 2);
      const beats = recordsOf(await world.document(edited.activity.id)).filter((record) => record.heartRate);
      expect(beats.length).toBeGreaterThan(100);
      for (const { timestamp } of beats) {
        expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.parse(moved) + 900_000);
      }
    });
  });

  describe("an activity that its user moves out of what a list reaches", () => {
    it("is asked for by name and told at its new time, not deleted", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("moved-away"),
      );
      const moved = new Date(Date.parse(change.activity.startTime) - 20 * 24 * 3_600_000).toISOString();
      await world.edit(providerUserId, activityId, { startTime: moved });
      const edited = await untilRevision(world, userId, 2);
      expect(Date.parse(edited.activity.startTime)).toBe(Date.parse(moved));
      expect(edited.origin).toBe("edit");
    });
  });

  describe("a provider that fails when it is asked again", () => {
    it.for([
      ["a refused TCX", { fault: "tcx_400", path: world.paths.tcx }, 1],
      ["an empty TCX", { fault: "tcx_empty", path: world.paths.tcx }, 1],
      ["a TCX that answers 500 at every attempt", { fault: "500", path: world.paths.tcx }, 3],
      ["a TCX that is cut at every attempt", { fault: "cut", path: world.paths.tcx }, 3],
      ["a TCX whose connection breaks", { fault: "cut_connection", path: world.paths.tcx }, 3],
      ["refused heart rate", { fault: "intraday_403" }, 1],
      ["heart rate that answers 500", { fault: "500", path: world.paths.heartRate }, 3],
      ["heart rate without its series", { fault: "intraday_missing" }, 1],
    ] as const)("makes no activity less: %s", async ([name, fault, attempts]) => {
      const userId = userNamed(`fails-${name.replaceAll(" ", "-")}`);
      // A file of a route holds heart rate too; without one, the heart rate by second is all there is.
      const isOfHeartRate = name.includes("heart rate");
      const activity = isOfHeartRate ? { name: "Treadmill", gps: false } : { name: "Run" };
      const { providerUserId, activityId, change } = await userWithRun(world, userId, activity);
      const before = await world.document(change.activity.id);
      await world.faults({ ...fault, providerUserId }, { fault: "lose", providerUserId });
      await world.edit(providerUserId, activityId, { name: "Evening run" });
      await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, attempts);
      await world.faults();

      // The title is new and the streams are those from before, to the last record.
      const edited = await untilRevision(world, userId, 2);
      expect(edited.activity).toMatchObject({
        title: "Evening run",
        completeness: change.activity.completeness,
      });
      expect(recordsOf(await world.document(edited.activity.id))).toEqual(recordsOf(before));
    });

    it("makes no activity less: a file with half of its points", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("half-a-file"),
      );
      const before = await world.document(change.activity.id);
      world.intercept = async (request) => {
        const response = await world.simulator.fetch(request);
        if (!request.url.includes(world.paths.tcx)) return response;
        const parts = (await response.text()).split(/(?=<Trackpoint>)/);
        const half = parts.slice(0, Math.floor(parts.length / 2));
        return new Response([...half, parts.at(-1)].join(""), response);
      };
      try {
        await world.edit(providerUserId, activityId, { name: "Evening run" });
        await untilRevision(world, userId, 2);
      } finally {
        world.intercept = () => null;
      }
      expect(recordsOf(await world.document(change.activity.id))).toEqual(recordsOf(before));
    });

    it("gives less where its user has cut the activity", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("cut-activity"),
      );
      await world.edit(providerUserId, activityId, { durationSeconds: 600 });
      const edited = await untilRevision(world, userId, 2);
      expect(edited.activity).toMatchObject({
        elapsedSeconds: 600,
        completeness: { gps: { state: "complete" }, heartRate: { state: "complete" } },
      });
      const last = recordsOf(await world.document(change.activity.id)).at(-1)?.timestamp ?? "";
      expect(Date.parse(last)).toBeLessThanOrEqual(Date.parse(change.activity.startTime) + 600_000);
    });

    it("is asked again before the activity goes on with what it had", async () => {
      const { userId, providerUserId, activityId } = await userWithRun(world, userNamed("fails-once"));
      await world.faults(
        { fault: "500", path: world.paths.tcx, providerUserId },
        { fault: "lose", providerUserId },
      );
      await world.edit(providerUserId, activityId, { name: "Evening run" });
      const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 1);
      await world.faults();
      expect(verdict).toMatchObject({ kind: "retry", delaySeconds: 10 });
      expect((await theOnlyChange(world, userId)).activity.revision).toBe(1);
    });

    it("cannot bring back an older version that a late message still carries", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("old-version"),
      );
      const row = await readActivity(
        databaseFor(env, asId<UserId>(userId)),
        asId<ActivityId>(change.activity.id),
      );
      const old = (await readSources(env.DOCUMENTS, row?.sourcesKey ?? null))?.summary;
      if (old === undefined) throw new Error("the activity has no sources");
      await world.edit(providerUserId, activityId, { name: "Newer title" });
      await untilRevision(world, userId, 2);
      await world.quiet(providerUserId);
      const verdict = await world.deliver(providerUserId, {
        kind: "sync",
        trigger: "notification",
        found: {
          summaries: [old],
          adoptions: [],
          missing: [],
          underWayUntil: null,
          stored: 1,
          calls: 0,
          listed: 1,
          listStartedAt: world.now(),
        },
      });
      expect(verdict).toEqual({ kind: "done" });
      expect(await theOnlyChange(world, userId)).toMatchObject({
        activity: { revision: 2, title: "Newer title" },
      });
    });
  });
});
