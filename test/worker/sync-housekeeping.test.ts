// What the schedule tidies away: dead letters after 30 days, and objects that no row names.

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { allDatabases, databaseFor } from "../../src/db/databases.ts";
import { activities, chores } from "../../src/db/schema.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  providerNames,
  type UserId,
} from "../../src/kernel/ids.ts";
import { openContext } from "../../src/sync/context.ts";
import { recordDeadLetter } from "../../src/sync/dead-letters.ts";
import { sweepOrphans } from "../../src/sync/orphans.ts";
import { World } from "./world.ts";

const minute = 60;
const hour = 3600;
const day = 24 * hour;

describe.each(providerNames)("housekeeping with %s", (provider) => {
  const world = new World(9, provider);
  const user = (name: string) => `${name}-${provider}`;

  describe("a dead letter", () => {
    it("is kept for 30 days", async () => {
      const { providerUserId, connectionId } = await world.connect(user("dead-letter"));
      await world.quiet(providerUserId);
      const body = {
        version: 1,
        account: world.accountName(providerUserId),
        work: { kind: "look", trigger: "retry" },
      };
      await recordDeadLetter(await openContext(env), { id: `message-${provider}`, body });
      const letters = async () =>
        (await world.api<{ deadLetters: { connectionId: string }[] }>("/v1/dead-letters")).deadLetters.filter(
          (letter) => letter.connectionId === connectionId,
        );
      expect(await letters()).toHaveLength(1);
      await world.pass(29 * day, providerUserId);
      expect(await letters()).toHaveLength(1);
      await world.pass(day + minute, providerUserId);
      expect(await letters()).toEqual([]);
    });
  });

  describe("the sweep of orphans", () => {
    const text = (content: string) => Uint8Array.from(new TextEncoder().encode(content));

    /** Sweeps everything, as if `ageSeconds` had passed since the objects were put. */
    async function sweepAll(ageSeconds: number): Promise<void> {
      const [database] = allDatabases(env);
      if (database === undefined) throw new Error("no database is bound");
      const context = await openContext(env);
      const real = Date.now();
      const clock = vi.spyOn(Date, "now").mockImplementation(() => real + ageSeconds * 1000);
      try {
        do await sweepOrphans(context, database);
        while ((await database.select().from(chores))[0]?.cursor !== null);
      } finally {
        clock.mockRestore();
      }
    }

    it("deletes what no row names once it is a day old, and nothing else", async () => {
      const userId = user("orphans");
      const { providerUserId, connectionId } = await world.connect(userId);
      const activityId = await world.record(providerUserId);
      await world.push(providerUserId);
      const [change] = await world.untilFeed(userId, 1);
      await world.quiet(providerUserId);
      await world.edit(providerUserId, activityId, { name: "Evening run", displayName: "Evening run" });
      await world.until(async () => {
        expect((await world.feed(userId))[0]?.activity.revision).toBe(2);
      });
      const owner = {
        connectionId: asId<ConnectionId>(connectionId),
        activityId: asId<ActivityId>(change?.activity.id ?? ""),
      };
      // What an old holder put after it had lost its lease, for an activity that stands and for one that never was.
      const late = await putObject(env.DOCUMENTS, "documents", owner, text("late"));
      const never = await putObject(
        env.DOCUMENTS,
        "tcx",
        { ...owner, activityId: asId<ActivityId>("act_never") },
        text("never"),
      );
      const keys = async () =>
        (await env.DOCUMENTS.list({ limit: 1000 })).objects
          .map(({ key }) => key)
          .filter((key) => key.includes(connectionId));
      const all = await keys();
      expect(all).toEqual(expect.arrayContaining([late, never]));
      await sweepAll(23 * hour);
      expect(await keys()).toEqual(all);

      await sweepAll(day + minute);
      const rows = await databaseFor(env, asId<UserId>(userId)).select().from(activities);
      const row = rows.find(({ id }) => id === owner.activityId);
      expect((await keys()).toSorted()).toEqual(
        [row?.documentKey, row?.sourcesKey, row?.tcxKey].flatMap((key) => key ?? []).toSorted(),
      );
      expect(await world.document(owner.activityId)).toMatchObject({ revision: 2, title: "Evening run" });
    });
  });
});
