// What is read of a posted activity: both of protojson's spellings, null as absent, and a fault with the place where it stands.

import { describe, expect, it } from "vitest";
import { postedActivitySchema } from "../../../src/boosters/posted-activity.ts";

const start = "2026-11-19T17:00:00Z";
const withRecords = (records: unknown) => ({ startTime: start, sessions: [{ laps: [{ records }] }] });

describe("an activity as protojson writes it", () => {
  it("is read in snake_case as in camelCase", () => {
    const posted = {
      start_time: start,
      external_id: "w-1",
      time_markers: [{ marker_type: "lap" }],
      sessions: [
        {
          total_elapsed_time: 60,
          avg_heart_rate: 0,
          strength_sets: [{ weight_kg: 80 }],
          laps: [{ start_time: start, records: [{ timestamp: start, heart_rate: 99, position_lat: 1.5 }] }],
        },
      ],
    };
    expect(postedActivitySchema.parse(posted)).toEqual({
      startTime: start,
      externalId: "w-1",
      timeMarkers: [{ marker_type: "lap" }],
      sessions: [
        {
          totalElapsedTime: 60,
          avgHeartRate: 0,
          strengthSets: [{ weight_kg: 80 }],
          laps: [{ startTime: start, records: [{ timestamp: start, heartRate: 99, positionLat: 1.5 }] }],
        },
      ],
    });
  });

  it("may say null for what it has none of", () => {
    const posted = {
      startTime: start,
      name: null,
      sessions: [
        { startTime: null, laps: [{ records: null }, { records: [{ timestamp: start, heartRate: null }] }] },
      ],
    };
    expect(postedActivitySchema.parse(posted)).toEqual({
      startTime: start,
      sessions: [{ laps: [{}, { records: [{ timestamp: start }] }] }],
    });
  });

  it("is not copied record by record", () => {
    const record = { timestamp: start, heartRate: 99 };
    const read = postedActivitySchema.parse(withRecords([record]));
    expect(read.sessions[0]?.laps?.[0]?.records?.[0]).toBe(record);
  });

  it.each([
    "2024-02-29T17:00:00Z",
    "2026-10-31T23:30:00-05:00",
    "2026-11-19T17:00:00.5Z",
    "2026-11-19T17:00:00.123456789Z",
    "2026-11-19T18:00:00+01:00",
  ])("may have a record at %s", (timestamp) => {
    expect(postedActivitySchema.safeParse(withRecords([{ timestamp }])).success).toBe(true);
  });
});

/** Lists in lists, so deep. */
function nested(depth: number): unknown[] {
  let list: unknown[] = [];
  for (let level = 0; level < depth; level++) list = [list];
  return list;
}

describe("an activity that cannot be read", () => {
  it.each([
    ["startTime", { sessions: [{}] }],
    ["startTime", { startTime: "yesterday", sessions: [{}] }],
    ["startTime", { startTime: "2026-11-19T17:00:00", sessions: [{}] }],
    ["sessions", { startTime: start }],
    ["sessions", { startTime: start, sessions: [] }],
    ["sessions.0.totalElapsedTime", { startTime: start, sessions: [{ totalElapsedTime: -1 }] }],
    ["sessions.0.laps", { startTime: start, sessions: [{ laps: {} }] }],
    ["sessions.0.laps.0.records", withRecords({})],
    ["sessions.0.laps.0.records.0", withRecords([7])],
    ["sessions.0.laps.0.records.1.timestamp", withRecords([{ timestamp: start }, {}])],
    ["sessions.0.laps.0.records.0.timestamp", withRecords([{ timestamp: "2026-13-19T17:00:00Z" }])],
    ["sessions.0.laps.0.records.0.timestamp", withRecords([{ timestamp: "2026-02-30T17:00:00Z" }])],
    ["sessions.0.laps.0.records.0.timestamp", withRecords([{ timestamp: "2026-11-31T17:00:00+02:00" }])],
    ["sessions.0.laps.0.records.0.timestamp", withRecords([{ timestamp: "Thu Nov 19 2026" }])],
    ["sessions.0.laps.0.records.0.timestamp", withRecords([{ timestamp: 1_763_571_600 }])],
    ["sessions.0.laps.0.records.0.heartRate", withRecords([{ timestamp: start, heartRate: "120" }])],
    ["sessions.0.laps.0.records.0.heartRate", withRecords([{ timestamp: start, heartRate: -1 }])],
    ["sessions.0.laps.0", { startTime: start, sessions: [{ laps: nested(20_000) }] }],
  ])("says where: %s", (field, posted) => {
    const answer = postedActivitySchema.safeParse(posted);
    expect(answer.error?.issues[0]?.path.join(".")).toBe(field);
  });
});
