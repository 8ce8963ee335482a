// Users whose runs stand in the feed already, and what tests of versions and deletions ask of the feed then.

import { expect } from "vitest";
import type { Change, NewActivity, World } from "./world.ts";

/** A user with one complete run in the feed. */
export async function userWithRun(world: World, userId: string, activity: NewActivity = { name: "Run" }) {
  const { providerUserId, connectionId } = await world.connect(userId);
  const activityId = await world.record(providerUserId, activity);
  await world.push(providerUserId);
  const [change] = await world.untilFeed(userId, 1);
  if (change === undefined) throw new Error("the feed is empty");
  await world.quiet(providerUserId);
  return { userId, providerUserId, connectionId, activityId, change };
}

/** A user with `count` runs in the feed, the newest an hour and a half ago. */
export async function userWithRuns(world: World, userId: string, count: number) {
  const connected = await world.connect(userId);
  // What was recorded after connecting comes by itself; time passes, so that there is room for all of them.
  await world.pass(12 * 3600, connected.providerUserId);
  await world.quiet(connected.providerUserId);
  const activityIds: string[] = [];
  for (let index = 0; index < count; index++) {
    const startTime = new Date(world.now() - (2 + index) * 3_600_000).toISOString().replace(/\.\d+/, "");
    activityIds.push(await world.record(connected.providerUserId, { startTime, durationSeconds: 600 }));
  }
  await world.push(connected.providerUserId);
  await world.untilFeed(userId, count);
  await world.quiet(connected.providerUserId);
  return { ...connected, userId, activityIds };
}

export async function theOnlyChange(world: World, userId: string): Promise<Change> {
  const changes = await world.feed(userId);
  expect(changes).toHaveLength(1);
  const [change] = changes;
  if (change === undefined) throw new Error("the feed is empty");
  return change;
}

export async function untilRevision(world: World, userId: string, revision: number): Promise<Change> {
  return await world.until(async () => {
    const change = await theOnlyChange(world, userId);
    expect(change.activity.revision).toBe(revision);
    return change;
  });
}
