// Other producers' files as uploads: each is listed, and served unchanged. One file in an odd but allowed shape is made here;
// where a folder of genuine ones lies beside the project, they are taken too.

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

const oddPoints = Array.from({ length: 12 }, (_, index) => {
  const time = `2026-03-01T06:00:${String(index * 5).padStart(2, "0")}.250+05:30`;
  const beat = index % 3 === 0 ? "" : `<HeartRateBpm><Value>${120 + index}</Value></HeartRateBpm>`;
  return `<Trackpoint>\r\n<Time> ${time} </Time>${beat}<Extensions><x:TPX xmlns:x="urn:x"/></Extensions></Trackpoint>`;
});

/** Leading white space is allowed before a root without a declaration; CRLF, spaces in values, an offset of half an hour. */
const oddFile = `\r\n <TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>\r
<Activity Sport="running"><Id>2026-03-01T06:00:00.250+05:30</Id><Lap StartTime="2026-03-01T06:00:00.250+05:30"><TotalTimeSeconds>55</TotalTimeSeconds>
<Track>${oddPoints.join("\r\n")}</Track></Lap></Activity></Activities></TrainingCenterDatabase>\r\n`;

const uploads: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
  ["a file in an odd shape", new TextEncoder().encode(oddFile)],
  ...files.map((file) => [file.slice(root.length + 1), new Uint8Array(readFileSync(file))] as const),
];

for (const [name, bytes] of uploads) {
  test(`${name} comes back byte for byte, with a heart rate for every reading in it`, async () => {
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
