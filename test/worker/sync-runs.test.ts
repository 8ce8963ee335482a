// Activity History: what each sync listed, changed and cost, why it ended, and how long that is kept.

import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { databaseFor } from "../../src/db/databases.ts";
import { syncRuns } from "../../src/db/schema.ts";
import {
  asId,
  type ConnectionId,
  type ProviderName,
  providerNames,
  type UserId,
} from "../../src/kernel/ids.ts";
import type { Work } from "../../src/sync/messages.ts";
import { userWithRuns } from "./user-with-runs.ts";
import { World } from "./world.ts";

const minute = 60;
const hour = 3600;
const day = 24 * hour;

/** Calls for one run with heart rate and route, the list included, and how long the provider counts calls. */
const costs: Readonly<Record<ProviderName, { readonly calls: number; readonly windowSeconds: number }>> = {
  // The list, which the look before it made, the heart rate and the TCX.
  fitbit: { calls: 3, windowSeconds: hour },
  // And the bounds of the heart-rate zones.
  "google-health": { calls: 4, windowSeconds: minute },
};

describe.each(providerNames)("Activity History at %s", (provider) => {
  const world = new World(8, provider);
  const { calls, windowSeconds } = costs[provider];
  const user = (name: string) => `${name}-${provider}`;

  it("tells what a sync listed, created and cost", async () => {
    const { providerUserId, connectionId } = await world.connect(user("history-counts"));
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    await world.push(providerUserId);
    const run = await world.until(async () => {
      const [newest] = await world.runs(connectionId);
      expect(newest?.status).toBe("succeeded");
      return newest;
    });
    expect(run).toMatchObject({
      trigger: "notification",
      counts: { listed: 1, created: 1, updated: 0, deleted: 0 },
      callsSpent: calls,
      error: null,
    });
    await world.api(`/v1/connections/${connectionId}/sync`, { method: "POST", status: 202 });
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        trigger: "manual",
        status: "succeeded",
        counts: { listed: 1, created: 0 },
        callsSpent: 1,
      });
    });
  });

  it("shows how far a sync is while many activities come, and counts each once", async () => {
    let files = 0;
    let seen: object | undefined;
    world.intercept = (request) => {
      if (!request.url.includes(world.paths.tcx)) return null;
      files += 1;
      if (files !== 6) return null;
      return databaseFor(env, asId<UserId>(user("history-moves")))
        .select({ status: syncRuns.status, created: syncRuns.created })
        .from(syncRuns)
        .where(eq(syncRuns.userId, asId<UserId>(user("history-moves"))))
        .get()
        .then((row) => {
          seen = row;
          return world.simulator.fetch(request);
        });
    };
    const { connectionId } = await userWithRuns(world, user("history-moves"), 7);
    world.intercept = () => null;
    expect(seen).toEqual({ status: "running", created: 5 });
    expect(await world.runs(connectionId)).toMatchObject([
      { status: "succeeded", counts: { listed: 7, created: 7, updated: 0 }, error: null },
    ]);
  });

  it("leaves no run open when the provider's limit stops one and another goes on", async () => {
    const userId = user("history-limit");
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.faults({ fault: "429", path: world.paths.tcx, providerUserId, count: 1 });
    await world.record(providerUserId);
    await world.push(providerUserId);
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        status: "partial",
        error: { code: "waiting" },
      });
    });
    await world.pass(windowSeconds + minute, providerUserId);
    await world.untilFeed(userId, 1);
    await world.until(async () => {
      expect((await world.runs(connectionId)).map(({ status }) => status)).toEqual(["succeeded", "partial"]);
    });
  });

  it("says that an attempt failed, whoever does its work afterwards", async () => {
    const userId = user("history-attempt");
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    await world.faults({ fault: "lose" });
    await world.push(providerUserId);
    await world.faults({ fault: "cut", path: world.paths.tcx, providerUserId, count: 1 });
    const look: Work = { kind: "look", trigger: "notification" };
    expect(await world.deliver(providerUserId, look)).toMatchObject({ kind: "retry" });
    expect((await world.runs(connectionId))[0]).toMatchObject({
      status: "failed",
      error: { code: "provider_unavailable", message: expect.stringContaining("tried again") },
    });
    expect(await world.deliver(providerUserId, look)).toEqual({ kind: "done" });
    expect((await world.runs(connectionId)).map(({ status }) => status)).toEqual(["succeeded", "failed"]);
  });

  it("folds a day's runs without change into one that says what they listed and cost, and keeps the others", async () => {
    const userId = user("history-folds");
    const { providerUserId, connectionId } = await world.connect(userId);
    await world.quiet(providerUserId);
    // To the next noon in UTC, so that an hour later is the same day.
    const noon = (Math.floor(world.now() / (day * 1000)) + 1.5) * day * 1000;
    await world.pass(Math.ceil((noon - world.now()) / 1000), providerUserId);
    await world.quiet(providerUserId);
    await world.record(providerUserId);
    const manual = async () => {
      const { syncRunId } = await world.api<{ syncRunId: string }>(`/v1/connections/${connectionId}/sync`, {
        method: "POST",
        status: 202,
      });
      await world.until(async () => {
        const run = (await world.runs(connectionId)).find(({ id }) => id === syncRunId);
        expect(run?.status).toBe("succeeded");
      });
      await world.pass(10 * minute, providerUserId);
    };
    for (let run = 0; run < 3; run++) await manual();
    await world.push(providerUserId);
    await world.untilFeed(userId, 1);
    for (let run = 0; run < 2; run++) await manual();
    const before = await world.runs(connectionId);
    expect(before).toHaveLength(6);
    await world.pass(hour, providerUserId);
    expect(await world.runs(connectionId)).toHaveLength(6);

    await world.pass(2 * day, providerUserId);
    const after = await world.runs(connectionId);
    expect(after.map(({ trigger, counts }) => [trigger, counts.created])).toEqual([
      ["manual", 0],
      ["notification", 1],
    ]);
    expect(after[0]).toMatchObject({ id: before[0]?.id, counts: { listed: 2 }, callsSpent: 5 });
    // Folding again folds nothing further.
    await world.pass(minute, providerUserId);
    expect(await world.runs(connectionId)).toEqual(after);

    await world.pass(91 * day, providerUserId);
    await world.until(async () => {
      expect(await world.runs(connectionId)).toEqual([]);
    });
    // The activity itself stays.
    expect(await world.feed(userId)).toHaveLength(1);
  });

  it("closes a run whose holder died and never came back", async () => {
    const { providerUserId, connectionId } = await world.connect(user("history-died"));
    await world.quiet(providerUserId);
    await databaseFor(env, asId<UserId>(user("history-died")))
      .insert(syncRuns)
      .values({
        id: asId(`run_died_${provider}`),
        connectionId: asId<ConnectionId>(connectionId),
        userId: asId<UserId>(user("history-died")),
        trigger: "notification",
        status: "running",
        startedAt: world.now(),
      });
    await world.pass(hour, providerUserId);
    expect((await world.runs(connectionId))[0]?.status).toBe("running");
    await world.pass(day, providerUserId);
    expect((await world.runs(connectionId))[0]).toMatchObject({
      status: "failed",
      error: { code: "interrupted" },
    });
  });
});
