// The demo's judge must be able to say no: each case changes one value of what came out and expects to hear of it.

import { describe, expect, it } from "vitest";
import { compareWithFile } from "../../../scripts/demo/tcx-comparison.ts";
import { readTcx } from "../../../scripts/demo/tcx-reading.ts";
import type { ActivityDocument, StandardizedRecord } from "../../../src/activities/document.ts";

const point = (time: string, inner: string) => `<Trackpoint><Time>${time}</Time>${inner}</Trackpoint>`;
const position = (latitude: string, longitude: string) =>
  `<Position><LatitudeDegrees>${latitude}</LatitudeDegrees><LongitudeDegrees>${longitude}</LongitudeDegrees></Position>`;

const file = `<?xml version="1.0"?>
<t:TrainingCenterDatabase xmlns:t="x" xmlns="y"><Activities><Activity Sport="Running"><Id>2026-01-02T10:00:00.000+02:00</Id>
<Lap StartTime="2026-01-02T10:00:00.000+02:00"><TotalTimeSeconds>3</TotalTimeSeconds><DistanceMeters>12.5</DistanceMeters><Track>
${point("2026-01-02T10:00:00.250+02:00", `${position("60.1", "24.9")}<AltitudeMeters>12</AltitudeMeters><DistanceMeters>0</DistanceMeters>`)}
${point("2026-01-02T10:00:00.750+02:00", "<HeartRateBpm><Value>120</Value></HeartRateBpm>")}
${point("2026-01-02T10:00:02.000+02:00", `${position("0", "0")}<HeartRateBpm><Value>300</Value></HeartRateBpm><DistanceMeters>12.5</DistanceMeters>`)}
<Trackpoint><HeartRateBpm><Value>90</Value></HeartRateBpm></Trackpoint>
</Track></Lap></Activity></Activities></t:TrainingCenterDatabase>`;

const reading = readTcx(file);

function documentWith(
  records: readonly StandardizedRecord[],
  extra: { distanceMeters?: number } = { distanceMeters: 12.5 },
): ActivityDocument {
  const laps = [{ startTime: "2026-01-02T08:00:00Z", totalElapsedTime: 3, records }];
  return { ...extra, standardizedActivity: { sessions: [{ laps }] } } as unknown as ActivityDocument;
}

const faithful: readonly StandardizedRecord[] = [
  {
    timestamp: "2026-01-02T08:00:00Z",
    positionLat: 60.1,
    positionLong: 24.9,
    altitude: 12,
    distance: 0,
    heartRate: 120,
  },
  { timestamp: "2026-01-02T08:00:02Z", distance: 12.5 },
];

describe("an independent reading of a TCX file", () => {
  it("counts what is written and drops what no sensor can have measured", () => {
    expect(reading).toMatchObject({ trackpoints: 4, implausibleValues: 2, laps: 1, lapDistanceMeters: 12.5 });
    expect(reading.points.map((entry) => entry.heartRateBpm)).toEqual([null, 120, null]);
  });

  it("refuses a file that breaks off", () => {
    expect(() => readTcx(file.slice(0, -40))).toThrow();
  });
});

describe("the comparison of a file with the feed", () => {
  it("calls a faithful activity equal, two points of one second counted as merged", () => {
    const comparison = compareWithFile(reading, documentWith(faithful));
    expect(comparison.differences).toEqual([]);
    expect(comparison.equal).toBe(true);
    expect(comparison.compared).toContain("1 merged within their second");
    expect(comparison.compared).toContain("1 heart rates");
  });

  const [first, second] = faithful as [StandardizedRecord, StandardizedRecord];
  const { heartRate: _heartRate, ...withoutHeartRate } = first;
  it.each([
    ["a latitude that moved", [{ ...first, positionLat: 60.1000001 }, second]],
    ["a heart rate that is gone", [withoutHeartRate, second]],
    ["a heart rate that was made up", [first, { ...second, heartRate: 120 }]],
    ["a position of 0, 0 that stayed", [first, { ...second, positionLat: 0, positionLong: 0 }]],
    ["an altitude of another point", [{ ...first, altitude: 13 }, second]],
    ["a second that is missing", [first]],
    ["a second that was filled in", [first, { timestamp: "2026-01-02T08:00:01Z", distance: 6 }, second]],
    ["records in the wrong order", [second, first]],
    ["two records of one second", [first, { ...first }, second]],
  ])("notices %s", (_what, records) => {
    expect(compareWithFile(reading, documentWith(records)).equal).toBe(false);
  });

  it("notices a distance that is not the laps' own", () => {
    expect(compareWithFile(reading, documentWith(faithful, { distanceMeters: 14 })).equal).toBe(false);
    expect(compareWithFile(reading, documentWith(faithful, {})).equal).toBe(false);
  });
});
