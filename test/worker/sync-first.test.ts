// The main job, end to end, on the real queues: a device syncs and FitGlue has the complete activity.

import { describe, expect, it } from "vitest";
import { providerNames } from "../../src/kernel/ids.ts";
import { recordsOf, World } from "./world.ts";

describe.each(providerNames)("a device sync at %s", (provider) => {
  const world = new World(1, provider);
  const user = `first-user-${provider}`;

  it("brings a run with route, heart rate and laps to the feed, once", async () => {
    const { providerUserId } = await world.connect(user);
    await world.record(providerUserId, { name: "Run", gps: true, heartRate: true, laps: 3 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(user, 1);
    expect(change).toMatchObject({ change: "upsert", origin: "live", firstRevision: true });
    expect(change?.activity).toMatchObject({
      type: "ACTIVITY_TYPE_RUN",
      completeness: { gps: { state: "complete" }, heartRate: { state: "complete" } },
    });
    const document = await world.document(change?.activity.id ?? "");
    expect(recordsOf(document).length).toBeGreaterThan(700);
    expect(document.standardizedActivity.sessions).toHaveLength(1);
  });
});
