// Deletions (rule 9) at either provider: only proof deletes. A list that came back cut, empty or shifted is none, and many that
// vanish at once are asked for again. On the real queues, D1, R2 and Durable Objects, against the simulator.

import { describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { badRequest, emptyList, entriesOf, idInEntry, notFound } from "./provider-answers.ts";
import { theOnlyChange, untilRevision, userWithRun, userWithRuns } from "./user-with-runs.ts";
import { type Change, recordsOf, World } from "./world.ts";

const deletions = (changes: readonly Change[]) => changes.filter(({ change }) => change === "delete");

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(2, provider);
  const userNamed = (name: string) => `${name}-${provider}`;

  /** Lets every list of one page arrive as `change` makes it. */
  function editList(change: (text: string) => string): void {
    world.intercept = async (request) => {
      const response = await world.simulator.fetch(request);
      if (!request.url.includes(world.paths.list)) return response;
      return new Response(change(await response.text()), response);
    };
  }

  describe("an activity that its user deleted", () => {
    it("becomes a tombstone after the provider, asked for it by name, answered 404", async () => {
      const { userId, providerUserId, connectionId, activityId, change } = await userWithRun(
        world,
        userNamed("deletes"),
      );
      await world.remove(providerUserId, activityId);
      const tombstone = await untilRevision(world, userId, 2);
      expect(tombstone).toEqual({
        change: "delete",
        activity: { id: change.activity.id, userId, revision: 2, deletedAt: expect.any(String) },
      });
      const asked = await world.activityCalls(providerUserId, activityId);
      expect(asked.map((call) => call.status)).toEqual([404]);
      await world.api(`/v1/activities/${change.activity.id}`, { status: 404 });
      await world.until(async () => {
        expect((await world.runs(connectionId))[0]).toMatchObject({
          status: "succeeded",
          counts: { created: 0, updated: 0, deleted: 1 },
        });
      });

      // The same list again says nothing new.
      await world.pushForNothing(providerUserId);
      await world.quiet(providerUserId);
      expect((await theOnlyChange(world, userId)).activity.revision).toBe(2);
    });

    it("and that comes back is a further revision under the same id", async () => {
      const { userId, providerUserId, activityId, change } = await userWithRun(
        world,
        userNamed("comes-back"),
      );
      // The provider forgets it for a while, as seen from here.
      let hidden = true;
      world.intercept = async (request) => {
        if (!hidden) return await world.simulator.fetch(request);
        if (request.url.includes(world.paths.activity(activityId))) {
          return notFound(provider);
        }
        const response = await world.simulator.fetch(request);
        if (!request.url.includes(world.paths.list)) return response;
        return emptyList(provider);
      };
      try {
        await world.pushForNothing(providerUserId);
        expect((await untilRevision(world, userId, 2)).change).toBe("delete");
        hidden = false;
        await world.quiet(providerUserId);
        await world.pushForNothing(providerUserId);
        const back = await untilRevision(world, userId, 3);
        expect(back).toMatchObject({
          change: "upsert",
          firstRevision: false,
          activity: { id: change.activity.id, title: "Run" },
        });
        expect(recordsOf(await world.document(change.activity.id)).length).toBeGreaterThan(1000);
      } finally {
        world.intercept = () => null;
      }
    });

    it("is deleted by a second list where the provider says neither yes nor no", async () => {
      const { userId, providerUserId, activityId } = await userWithRun(
        world,
        userNamed("deletes-without-answer"),
      );
      world.intercept = async (request) =>
        request.url.includes(world.paths.activity(activityId))
          ? badRequest(provider)
          : await world.simulator.fetch(request);
      try {
        await world.remove(providerUserId, activityId);
        await world.quiet(providerUserId);
        expect((await theOnlyChange(world, userId)).change).toBe("upsert");
        await world.pass(4 * 60, providerUserId);
        await world.quiet(providerUserId);
        expect((await theOnlyChange(world, userId)).change).toBe("upsert");
        await world.pass(61, providerUserId);
        expect((await untilRevision(world, userId, 2)).change).toBe("delete");
      } finally {
        world.intercept = () => null;
      }
    });

    it("is not deleted while the provider cannot answer for it, and is as soon as it can", async () => {
      const { userId, providerUserId, activityId } = await userWithRun(
        world,
        userNamed("deletes-in-trouble"),
      );
      await world.faults(
        { fault: "503", path: world.paths.activity(activityId), providerUserId },
        { fault: "lose", providerUserId },
      );
      await world.remove(providerUserId, activityId);
      const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" });
      expect(verdict).toMatchObject({ kind: "retry", code: "provider_unavailable" });
      expect((await theOnlyChange(world, userId)).change).toBe("upsert");
      await world.faults();
      await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 2);
      expect((await theOnlyChange(world, userId)).change).toBe("delete");
    });
  });

  describe("a list that is not what it should be", () => {
    it.for([
      ["empty", { fault: "list_empty" }],
      ["without its entries", { fault: "list_without_key" }],
      ["cut in the middle", { fault: "cut", path: world.paths.list }],
      ["broken off", { fault: "cut_connection", path: world.paths.list }],
      ["a web page", { fault: "html", path: world.paths.list }],
    ] as const)("deletes nothing: %s", async ([name, fault]) => {
      const userId = userNamed(`list-${name.replaceAll(" ", "-")}`);
      const { providerUserId } = await userWithRun(world, userId);
      const lists = await world.listCalls(providerUserId);
      await world.faults({ ...fault, providerUserId, count: 1 });
      await world.pushForNothing(providerUserId);
      await world.until(async () => {
        expect(await world.listCalls(providerUserId)).toBeGreaterThan(lists);
      });
      await world.quiet(providerUserId);
      expect(await theOnlyChange(world, userId)).toMatchObject({
        change: "upsert",
        activity: { revision: 1 },
      });
    });

    it("deletes nothing: shifted between its pages", async () => {
      const { userId, providerUserId, activityIds } = await userWithRuns(world, userNamed("list-shifted"), 4);
      // Pages of two: between the first and the second one row goes, so that the third activity is on neither.
      const shifted = activityIds.toReversed()[2] ?? "";
      editList((text) => {
        const entries = entriesOf(provider, text);
        expect(entries).toHaveLength(4);
        return entries.filter((entry) => !entry.includes(idInEntry(provider, shifted))).join(",");
      });
      try {
        const gets = (await world.activityCalls(providerUserId, shifted)).length;
        await world.pushForNothing(providerUserId);
        await world.until(async () => {
          const asked = await world.activityCalls(providerUserId, shifted);
          expect(asked.slice(gets).map((call) => call.status)).toEqual([200]);
        });
        await world.quiet(providerUserId);
      } finally {
        world.intercept = () => null;
      }
      expect(deletions(await world.feed(userId))).toEqual([]);
    });

    it("loses only the entry that cannot be read, and takes that one for neither new nor deleted", async () => {
      const { userId, providerUserId, activityIds } = await userWithRuns(world, userNamed("unreadable"), 3);
      const unreadable = activityIds[0] ?? "";
      const fresh = await world.record(providerUserId, { name: "Walk", durationSeconds: 300 });
      editList((text) =>
        entriesOf(provider, text)
          .map((entry) =>
            entry.includes(idInEntry(provider, unreadable))
              ? entry.replace(/"startTime":"[^"]*"/, '"startTime":"this morning"')
              : entry,
          )
          .join(","),
      );
      try {
        await world.pushForNothing(providerUserId);
        const changes = await world.untilFeed(userId, 4);
        expect(changes.map((change) => change.activity.sourceActivityId)).toContain(fresh);
        await world.quiet(providerUserId);
        expect(await world.activityCalls(providerUserId, unreadable)).toEqual([]);
      } finally {
        world.intercept = () => null;
      }
      expect(deletions(await world.feed(userId))).toEqual([]);
    });
  });

  describe("many activities that vanish at once", () => {
    it("are written down first, asked for again after an hour, and then deleted", async () => {
      const { userId, providerUserId, connectionId, activityIds } = await userWithRuns(
        world,
        userNamed("four-deleted"),
        5,
      );
      await world.faults({ fault: "lose", providerUserId });
      for (const activityId of activityIds.slice(0, 4)) await world.remove(providerUserId, activityId);
      await world.faults();
      await world.pushForNothing(providerUserId);
      const run = await world.until(async () => {
        const [newest] = await world.runs(connectionId);
        expect(newest?.status).toBe("partial");
        return newest;
      });
      expect(run).toMatchObject({ error: { code: "deletions_suspected" }, counts: { deleted: 0 } });
      await world.pass(59 * 60, providerUserId);
      await world.quiet(providerUserId);
      expect(deletions(await world.feed(userId))).toEqual([]);
      expect(await world.activityCalls(providerUserId, activityIds[0] ?? "")).toEqual([]);

      await world.pass(61, providerUserId);
      await world.until(async () => {
        expect(deletions(await world.feed(userId))).toHaveLength(4);
      });
      const left = (await world.feed(userId)).filter(({ change }) => change === "upsert");
      expect(left.map((change) => change.activity.sourceActivityId)).toEqual([activityIds[4]]);
    });

    it("are asked for an hour after the first list, however often the device syncs meanwhile", async () => {
      const { userId, providerUserId, activityIds } = await userWithRuns(
        world,
        userNamed("four-and-pushes"),
        5,
      );
      await world.faults({ fault: "lose", providerUserId });
      for (const activityId of activityIds.slice(0, 4)) await world.remove(providerUserId, activityId);
      await world.faults();
      for (let push = 0; push < 3; push++) {
        await world.pushForNothing(providerUserId);
        await world.quiet(providerUserId);
        await world.pass(25 * 60, providerUserId);
        await world.quiet(providerUserId);
      }
      await world.until(async () => {
        expect(deletions(await world.feed(userId))).toHaveLength(4);
      });
    });

    it("and are all there again an hour later were never gone", async () => {
      const { userId, providerUserId, connectionId } = await userWithRuns(world, userNamed("four-hidden"), 4);
      await world.faults({ fault: "list_empty", providerUserId, count: 1 });
      await world.pushForNothing(providerUserId);
      await world.until(async () => {
        expect((await world.runs(connectionId))[0]?.error?.code).toBe("deletions_suspected");
      });
      await world.quiet(providerUserId);
      await world.pass(3601, providerUserId);
      await world.quiet(providerUserId);
      const changes = await world.feed(userId);
      expect(changes.map((change) => [change.change, change.activity.revision])).toEqual(
        Array.from({ length: 4 }, () => ["upsert", 1]),
      );
    });
  });
});
