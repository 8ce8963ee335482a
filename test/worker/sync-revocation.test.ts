// Destructive hints are hints (rule 10), and a provider that is gone is gone (410): nothing is believed without the
// provider's own word, and nothing is erased on anybody's but the user's. Fitbit pushes that consent was withdrawn; Google has
// no such push, but a DELETE for everything that was there.

import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { World } from "./world.ts";

interface ConnectionAnswer {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
}

async function connection(world: World, id: string): Promise<ConnectionAnswer> {
  return await world.api<ConnectionAnswer>(`/v1/connections/${id}`);
}

/** Who is at Fitbit has somewhere to go. */
const goneMessage = {
  fitbit: /ended.*reconnect with Google/,
  "google-health": /switched this service off/,
} as const;

/** A connection with one run in the feed. */
async function withOneRun(world: World, userId: string) {
  const connected = await world.connect(userId);
  await world.record(connected.providerUserId, { durationSeconds: 300 });
  await world.push(connected.providerUserId);
  await world.untilFeed(userId, 1);
  await world.quiet(connected.providerUserId);
  return connected;
}

describe.each(providerNames)("at %s", (provider) => {
  const world = new World(61, provider);
  const userNamed = (name: string) => `${name}-${provider}`;
  afterEach(() => world.faults());

  describe("a provider that answers 410 everywhere", () => {
    it("is gone: the connection says so, keeps its data, and asks nothing more", async () => {
      const { connectionId, providerUserId } = await withOneRun(world, userNamed("gone"));
      await world.faults({ fault: "gone" });
      await world.pushForNothing(providerUserId);
      await world.until(async () =>
        expect((await connection(world, connectionId)).status).toBe("provider_gone"),
      );
      expect((await connection(world, connectionId)).message).toMatch(goneMessage[provider]);
      await world.quiet(providerUserId);
      const calls = (await world.calls(providerUserId)).length;
      await world.pushForNothing(providerUserId);
      await world.pass(25 * 3600, providerUserId);
      await world.quiet(providerUserId);
      expect((await world.calls(providerUserId)).length).toBe(calls);
      expect(await world.feed(userNamed("gone"))).toMatchObject([{ change: "upsert" }]);
      await world.faults();
    });

    it("is found out by a refresh too", async () => {
      const { connectionId, providerUserId } = await withOneRun(world, userNamed("gone-refresh"));
      await world.control("POST", "/sim/clock", { advanceSeconds: 9 * 3600 });
      await world.faults({ fault: "gone" });
      await world.pushForNothing(providerUserId);
      await world.until(async () =>
        expect((await connection(world, connectionId)).status).toBe("provider_gone"),
      );
      await world.faults();
    });
  });

  if (provider === "fitbit") {
    // Its own: pushes that say that consent was withdrawn or the account deleted, and a question that confirms it.
    /** A signed push that the provider's user never caused: whoever has seen one can send it again. */
    async function replay(providerUserId: string, collectionType: string): Promise<void> {
      await world.control("POST", "/sim/notifications", [
        {
          collectionType,
          date: "2026-11-21",
          ownerId: providerUserId,
          ownerType: "user",
          subscriptionId: "REV-1",
        },
      ]);
    }

    describe("consent that is withdrawn at the provider", () => {
      it("ends the connection, keeps the activities, and says what happened", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "withdraws");
        await world.control("POST", `/sim/users/${providerUserId}/revoke`);
        await world.until(async () =>
          expect((await connection(world, connectionId)).status).toBe("disconnected"),
        );
        expect((await connection(world, connectionId)).message).toMatch(/withdrawn/);
        expect(await world.feed("withdraws")).toMatchObject([{ change: "upsert" }]);
        const row = await env.DB.prepare("SELECT tokens FROM connections WHERE id = ?")
          .bind(connectionId)
          .first();
        expect(row).toEqual({ tokens: null });
      });

      it("ends it as well when the whole account is deleted", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "deletes-account");
        await world.control("POST", `/sim/users/${providerUserId}/delete-account`);
        await world.until(async () =>
          expect((await connection(world, connectionId)).status).toBe("disconnected"),
        );
        expect(await world.feed("deletes-account")).toMatchObject([{ change: "upsert" }]);
      });
    });

    describe.each(["userRevokedAccess", "deleteUser"])("a replayed %s", (collectionType) => {
      it("after a reconnect harms nobody: the connection goes on syncing", async () => {
        const userId = `replay-${collectionType}`;
        const { connectionId, providerUserId } = await withOneRun(world, userId);
        await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
        const again = await world.consent(userId, providerUserId);
        expect(again.status).toBe(200);
        expect(await connection(world, connectionId)).toMatchObject({ id: connectionId, status: "active" });
        await replay(providerUserId, collectionType);
        await world.quiet(providerUserId);
        expect((await connection(world, connectionId)).status).toBe("active");
        await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
        await world.push(providerUserId);
        await world.untilFeed(userId, 2);
      });
    });

    describe("a push of withdrawn consent from before the connection was made", () => {
      it("asks the provider nothing and pauses nothing, even while the provider could not say", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "revoked-before");
        const { connectedAt } = await world.api<{ connectedAt: string }>(`/v1/connections/${connectionId}`);
        await world.faults({ fault: "503", path: "/introspect" });
        const asked: string[] = [];
        world.intercept = (request) => {
          asked.push(request.url);
          return null;
        };
        const receivedAt = Date.parse(connectedAt) - 1;
        expect(await world.deliver(providerUserId, { kind: "revocation", receivedAt })).toEqual({
          kind: "done",
        });
        await world.pass(16 * 60, providerUserId);
        await world.quiet(providerUserId);
        world.intercept = () => null;
        expect(asked.filter((url) => url.includes("/oauth2/"))).toEqual([]);
        await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
        await world.push(providerUserId);
        await world.untilFeed("revoked-before", 2);
        expect((await connection(world, connectionId)).status).toBe("active");
        await world.faults();
      });
    });

    describe("a provider that cannot say whether consent was withdrawn", () => {
      it("stops the syncing, erases nothing, and goes on with what waited once it can", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "cannot-say");
        await world.faults({ fault: "503", path: "/introspect" });
        await replay(providerUserId, "userRevokedAccess");
        await world.quiet(providerUserId);
        const lists = await world.listCalls(providerUserId);
        await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
        await world.push(providerUserId);
        await world.quiet(providerUserId);
        expect(await world.listCalls(providerUserId)).toBe(lists);
        expect(await world.feed("cannot-say")).toHaveLength(1);
        expect((await connection(world, connectionId)).status).toBe("active");
        await world.faults();
        await world.pass(16 * 60, providerUserId);
        await world.quiet(providerUserId);
        await world.pass(16 * 60, providerUserId);
        await world.untilFeed("cannot-say", 2);
      });
    });
  } else {
    // Its own: a storm of DELETE, which is what somebody's tidying up looks like too, and which anybody can replay who has seen it.

    /** A signed DELETE of the hours around now that nothing caused. */
    async function replayDelete(providerUserId: string): Promise<void> {
      const physicalTimeInterval = {
        startTime: new Date(world.now() - 3_600_000).toISOString(),
        endTime: new Date(world.now()).toISOString(),
      };
      await world.control("POST", "/sim/notifications", [
        {
          data: {
            version: "1",
            clientProvidedSubscriptionName: "a-replay",
            healthUserId: providerUserId,
            operation: "DELETE",
            dataType: "exercise",
            intervals: [{ physicalTimeInterval }],
          },
        },
      ]);
    }

    describe.each([
      ["consent that is withdrawn", "revoke"],
      ["an account that is deleted", "delete-account"],
    ])("%s at the provider", (_name, how) => {
      it("ends the syncing, keeps the activities, and says what happened", async () => {
        const userId = `google-${how}`;
        const { connectionId, providerUserId } = await withOneRun(world, userId);
        await world.control("POST", `/sim/users/${providerUserId}/${how}`);
        // Google tells a withdrawal from nothing else that ends a token, so the user is asked to connect again.
        await world.until(async () =>
          expect((await connection(world, connectionId)).status).toBe("needs_reauthorization"),
        );
        expect((await connection(world, connectionId)).message).toMatch(/Reconnect/);
        await world.quiet(providerUserId);
        expect(await world.feed(userId)).toMatchObject([{ change: "upsert" }]);
        const calls = (await world.calls(providerUserId)).length;
        await world.pass(26 * 3600, providerUserId);
        await world.quiet(providerUserId);
        expect((await world.calls(providerUserId)).length).toBe(calls);
      });
    });

    describe("a replayed DELETE", () => {
      it("of what is still there deletes nothing: the provider is asked", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "replayed-delete");
        const lists = await world.listCalls(providerUserId);
        await replayDelete(providerUserId);
        await world.until(async () => expect(await world.listCalls(providerUserId)).toBeGreaterThan(lists));
        await world.quiet(providerUserId);
        expect(await world.feed("replayed-delete")).toMatchObject([
          { change: "upsert", activity: { revision: 1 } },
        ]);
        expect((await connection(world, connectionId)).status).toBe("active");
      });

      it("erases nothing while the provider cannot answer, and the syncing goes on once it can", async () => {
        const { connectionId, providerUserId } = await withOneRun(world, "delete-in-trouble");
        await world.faults({ fault: "503", providerUserId });
        await replayDelete(providerUserId);
        await world.quiet(providerUserId);
        expect(await world.feed("delete-in-trouble")).toMatchObject([{ change: "upsert" }]);
        expect((await connection(world, connectionId)).status).toBe("active");
        await world.faults();
        await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
        await world.push(providerUserId);
        await world.untilFeed("delete-in-trouble", 2);
      });
    });
  }
});
