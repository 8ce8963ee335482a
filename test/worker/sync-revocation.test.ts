// Destructive hints are hints (rule 10), and a provider that is gone is gone (410): nothing is believed without the
// provider's own word, and nothing is erased on anybody's but the user's.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { World } from "./world.ts";

const world = new World(61);

interface ConnectionAnswer {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
}

async function connection(id: string): Promise<ConnectionAnswer> {
  return await world.api<ConnectionAnswer>(`/v1/connections/${id}`);
}

async function withOneRun(userId: string) {
  const connected = await world.connect(userId);
  await world.record(connected.providerUserId, { durationSeconds: 300 });
  await world.push(connected.providerUserId);
  await world.untilFeed(userId, 1);
  await world.quiet(connected.providerUserId);
  return connected;
}

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
    const { connectionId, providerUserId } = await withOneRun("withdraws");
    await world.control("POST", `/sim/users/${providerUserId}/revoke`);
    await world.until(async () => expect((await connection(connectionId)).status).toBe("disconnected"));
    expect((await connection(connectionId)).message).toMatch(/withdrawn/);
    expect(await world.feed("withdraws")).toMatchObject([{ change: "upsert" }]);
    const row = await env.DB.prepare("SELECT tokens FROM connections WHERE id = ?")
      .bind(connectionId)
      .first();
    expect(row).toEqual({ tokens: null });
  });

  it("ends it as well when the whole account is deleted", async () => {
    const { connectionId, providerUserId } = await withOneRun("deletes-account");
    await world.control("POST", `/sim/users/${providerUserId}/delete-account`);
    await world.until(async () => expect((await connection(connectionId)).status).toBe("disconnected"));
    expect(await world.feed("deletes-account")).toMatchObject([{ change: "upsert" }]);
  });
});

describe.each(["userRevokedAccess", "deleteUser"])("a replayed %s", (collectionType) => {
  it("after a reconnect harms nobody: the connection goes on syncing", async () => {
    const userId = `replay-${collectionType}`;
    const { connectionId, providerUserId } = await withOneRun(userId);
    await world.api(`/v1/connections/${connectionId}`, { method: "DELETE" });
    const again = await world.consent(userId, providerUserId);
    expect(again.status).toBe(200);
    expect(await connection(connectionId)).toMatchObject({ id: connectionId, status: "active" });
    await replay(providerUserId, collectionType);
    await world.quiet(providerUserId);
    expect((await connection(connectionId)).status).toBe("active");
    await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
    await world.push(providerUserId);
    await world.untilFeed(userId, 2);
  });
});

describe("a push of withdrawn consent from before the connection was made", () => {
  it("asks the provider nothing and pauses nothing, even while the provider could not say", async () => {
    const { connectionId, providerUserId } = await withOneRun("revoked-before");
    const { connectedAt } = await world.api<{ connectedAt: string }>(`/v1/connections/${connectionId}`);
    await world.faults({ fault: "503", path: "/introspect" });
    const asked: string[] = [];
    world.intercept = (request) => {
      asked.push(request.url);
      return null;
    };
    const receivedAt = Date.parse(connectedAt) - 1;
    expect(await world.deliver(providerUserId, { kind: "revocation", receivedAt })).toEqual({ kind: "done" });
    await world.pass(16 * 60, providerUserId);
    await world.quiet(providerUserId);
    world.intercept = () => null;
    expect(asked.filter((url) => url.includes("/oauth2/"))).toEqual([]);
    await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
    await world.push(providerUserId);
    await world.untilFeed("revoked-before", 2);
    expect((await connection(connectionId)).status).toBe("active");
    await world.faults();
  });
});

describe("a provider that cannot say whether consent was withdrawn", () => {
  it("stops the syncing, erases nothing, and goes on with what waited once it can", async () => {
    const { connectionId, providerUserId } = await withOneRun("cannot-say");
    await world.faults({ fault: "503", path: "/introspect" });
    await replay(providerUserId, "userRevokedAccess");
    await world.quiet(providerUserId);
    const lists = await world.listCalls(providerUserId);
    await world.record(providerUserId, { name: "Walk", durationSeconds: 200 });
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.listCalls(providerUserId)).toBe(lists);
    expect(await world.feed("cannot-say")).toHaveLength(1);
    expect((await connection(connectionId)).status).toBe("active");
    await world.faults();
    await world.pass(16 * 60, providerUserId);
    await world.quiet(providerUserId);
    await world.pass(16 * 60, providerUserId);
    await world.untilFeed("cannot-say", 2);
  });
});

describe("a provider that answers 410 everywhere", () => {
  it("is gone: the connection says so, keeps its data, and asks nothing more", async () => {
    const { connectionId, providerUserId } = await withOneRun("gone");
    await world.faults({ fault: "gone" });
    await world.push(providerUserId);
    await world.until(async () => expect((await connection(connectionId)).status).toBe("provider_gone"));
    expect((await connection(connectionId)).message).toMatch(/switched/);
    await world.quiet(providerUserId);
    const calls = (await world.calls(providerUserId)).length;
    await world.push(providerUserId);
    await world.pass(25 * 3600, providerUserId);
    await world.quiet(providerUserId);
    expect((await world.calls(providerUserId)).length).toBe(calls);
    expect(await world.feed("gone")).toMatchObject([{ change: "upsert" }]);
    await world.faults();
  });

  it("is found out by a refresh too", async () => {
    const { connectionId, providerUserId } = await withOneRun("gone-refresh");
    await world.control("POST", "/sim/clock", { advanceSeconds: 9 * 3600 });
    await world.faults({ fault: "gone" });
    await world.push(providerUserId);
    await world.until(async () => expect((await connection(connectionId)).status).toBe("provider_gone"));
    await world.faults();
  });
});
