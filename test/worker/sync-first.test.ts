// The main job, end to end, on the real queues: a device syncs and FitGlue has the complete activity.

import { describe, expect, it } from "vitest";
import { recordsOf, World } from "./world.ts";

describe("a device sync", () => {
  const world = new World(1);

  it("brings a run with route, heart rate and laps to the feed, once", async () => {
    const { providerUserId } = await world.connect("first-user");
    await world.record(providerUserId, { name: "Run", gps: true, heartRate: true, laps: 3 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed("first-user", 1);
    expect(change).toMatchObject({ change: "upsert", origin: "live", firstRevision: true });
    expect(change?.activity.completeness).toMatchObject({
      gps: { state: "complete" },
      heartRate: { state: "complete" },
    });
    const records = recordsOf(await world.document(change?.activity.id ?? ""));
    expect(records.length).toBeGreaterThan(1000);
  });
});
