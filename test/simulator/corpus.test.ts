// Other producers' files as uploads, where a folder of them lies beside the project: each is listed, and served unchanged.
// Without the folder there is nothing to register; activity-tcx.test.ts proves the rule with a file of its own.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createWorld } from "./harness.ts";

const root = join(import.meta.dirname, "../../../shared/tcx");
const files = ["fitbit", "corpus"]
  .map((folder) => join(root, folder))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => file.endsWith(".tcx") && readFileSync(file, "utf8").includes("<Activities>"));

for (const file of files) {
  test(`${file.slice(root.length + 1)} comes back byte for byte, with a heart rate for every reading in it`, async () => {
    const bytes = new Uint8Array(readFileSync(file));
    const text = new TextDecoder().decode(bytes);
    const world = createWorld();
    const account = await world.account();
    const { access_token: bearer } = await world.connect(account);
    const created = await world.simulator.fetch(
      new Request(`http://fitbit.test/sim/users/${account}/activities`, {
        method: "POST",
        headers: { "content-type": "application/vnd.garmin.tcx+xml" },
        body: bytes,
      }),
    );
    expect(created.status).toBe(201);
    const { activityId } = (await created.json()) as { activityId: string };
    await world.sync(account);

    const served = await world.get(bearer, `/1/user/-/activities/${activityId}.tcx`);
    expect(Buffer.compare(new Uint8Array(await served.arrayBuffer()), bytes)).toBe(0);
    const log = (await (await world.get(bearer, `/1/user/-/activities/${activityId}.json`)).json()) as {
      activityLog: { startTime: string; duration: number; averageHeartRate?: number };
    };
    const { startTime, duration, averageHeartRate } = log.activityLog;
    const times = [...text.matchAll(/<(?:\w+:)?Time>\s*([^<\s]+)/g)]
      .map((match) => Date.parse(match[1] ?? ""))
      .filter((time) => !Number.isNaN(time));
    const written = [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?/g)];
    expect(written.map(([instant]) => Math.floor(Date.parse(instant)))).toContain(Date.parse(startTime));
    expect(Date.parse(startTime) + duration).toBeGreaterThanOrEqual(Math.max(...times));
    expect(averageHeartRate !== undefined).toBe(/HeartRateBpm/.test(text.slice(text.indexOf("<Track>"))));
  });
}
