// Time in zones: nobody's gap, nobody's assumed maximum, and words that a reader of the activity understands.

import { describe, expect, it } from "vitest";
import {
  reportZones,
  type Zone,
  type ZoneOptions,
  zonesOfMaximum,
} from "../../../src/boosters/heart-rate-zones.ts";
import type { PostedActivity } from "../../../src/boosters/posted-activity.ts";
import { activityOf, at, evening } from "./posting.ts";

/** An activity whose records stand at these seconds with these beats. */
function beating(...beats: readonly (readonly [second: number, bpm: number])[]): PostedActivity {
  const records = beats.map(([second, bpm]) => ({ timestamp: at(evening + second * 1000), heartRate: bpm }));
  return activityOf({ laps: [records] });
}

/** Each number of seconds at a heart rate, one record a second, one after the other. */
function staying(...stays: readonly (readonly [seconds: number, bpm: number])[]): PostedActivity {
  const beats = stays.flatMap(([seconds, bpm]) => Array.from({ length: seconds }, () => bpm));
  return beating(...beats.map((bpm, second) => [second, bpm] as const), [beats.length, beats.at(-1) ?? 0]);
}

const options = (changed: Partial<ZoneOptions> = {}): ZoneOptions => ({
  model: "five",
  zones: zonesOfMaximum("five", 200),
  style: "time",
  barLength: 5,
  ...changed,
});

const secondsOf = (activity: PostedActivity, changed: Partial<ZoneOptions> = {}) =>
  reportZones(activity, options(changed))?.zones.map(({ seconds }) => seconds);

describe("the time between two records", () => {
  it("belongs to the zone of the first", () => {
    expect(secondsOf(beating([0, 110], [4, 130], [10, 190]))).toEqual([4, 6, 0, 0, 0]);
  });

  it("belongs to nobody when it is more than 10 seconds", () => {
    const report = reportZones(beating([0, 110], [10, 110], [21, 110], [22, 110]), options());
    expect(report).toMatchObject({ totalSeconds: 11, outsideSeconds: 0 });
  });

  it("counts across laps and sessions by time, not by where it stands", () => {
    const records = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({
        timestamp: at(evening + (from + index) * 1000),
        heartRate: 110,
      }));
    const activity = activityOf({ laps: [records(30, 61), records(0, 30)] });
    expect(secondsOf(activity)).toEqual([60, 0, 0, 0, 0]);
  });

  it("is nowhere when no record has a heart rate, or only one, or all say 0", () => {
    expect(reportZones(activityOf({ laps: [] }), options())).toBeNull();
    expect(reportZones(beating([0, 120]), options())).toBeNull();
    expect(reportZones(beating([0, 0], [1, 0], [2, 0]), options())).toBeNull();
  });
});

describe("the zones", () => {
  it("of five begin at 50, 60, 70, 80 and 90 % of the maximum", () => {
    expect(zonesOfMaximum("five", 187).map(({ name, minBpm, maxBpm }) => [name, minBpm, maxBpm])).toEqual([
      ["Recovery", 94, 112],
      ["Endurance", 112, 131],
      ["Tempo", 131, 150],
      ["Threshold", 150, 168],
      ["Maximum", 168, null],
    ]);
  });

  it("of three have their bounds at 80 and 90 %, and begin at nothing", () => {
    expect(zonesOfMaximum("three", 200).map(({ name, minBpm, maxBpm }) => [name, minBpm, maxBpm])).toEqual([
      ["Easy", 0, 160],
      ["Moderate", 160, 180],
      ["Hard", 180, null],
    ]);
  });

  it("hold their lower bound and not their upper, and the highest has no end", () => {
    expect(secondsOf(staying([1, 119], [2, 120], [4, 139], [8, 140], [16, 250]))).toEqual([1, 6, 8, 0, 16]);
  });

  it("leave out what is below, above or between them, and say how much that is", () => {
    const zones: Zone[] = [
      { name: "A", minBpm: 100, maxBpm: 120 },
      { name: "B", minBpm: 130, maxBpm: 140 },
    ];
    const report = reportZones(
      staying([1, 99], [2, 100], [4, 120], [8, 130], [16, 140]),
      options({ model: "custom", zones }),
    );
    expect(report).toMatchObject({
      zones: [{ seconds: 2 }, { seconds: 8 }],
      outsideSeconds: 21,
      totalSeconds: 31,
    });
    expect(report?.zones[1]?.share).toBeCloseTo(8 / 31, 12);
  });
});

describe("the text", () => {
  const hour = staying([300, 80], [1500, 110], [4500, 130], [900, 150], [20, 170]);

  it("is a bar and the time, in the style of emoji", () => {
    expect(reportZones(hour, options({ style: "emoji" }))?.text).toBe(
      [
        "❤️ Heart Rate Zones:",
        "Zone 1 (Recovery): 🟦⬜⬜⬜⬜ 25 min",
        "Zone 2 (Endurance): 🟩🟩🟩⬜⬜ 1 h 15 min",
        "Zone 3 (Tempo): 🟨⬜⬜⬜⬜ 15 min",
        "Zone 4 (Threshold): ⬜⬜⬜⬜⬜ 20 s",
        "Zone 5 (Maximum): ⬜⬜⬜⬜⬜ 0 min",
      ].join("\n"),
    );
  });

  it("is the share and the time, in the style of percentages", () => {
    expect(reportZones(hour, options({ style: "percentage" }))?.text).toContain(
      "Zone 2 (Endurance): 62 % (1 h 15 min)",
    );
  });

  it("is the time only, in the style of times", () => {
    expect(reportZones(hour, options())?.text).toContain("\nZone 2 (Endurance): 1 h 15 min\n");
  });

  it.each([3, 5, 10])("has bars of %i symbols, whatever the time", (barLength) => {
    const bars =
      reportZones(hour, options({ style: "emoji", barLength }))
        ?.text.split("\n")
        .slice(1) ?? [];
    for (const bar of bars)
      expect([...bar].filter((symbol) => /\p{So}/u.test(symbol))).toHaveLength(barLength);
  });

  it.each([
    [1, ["🟥"]],
    [3, ["🟦", "🟨", "🟥"]],
    [10, ["🟦", "🟦", "🟩", "🟩", "🟨", "🟨", "🟧", "🟧", "🟥", "🟥"]],
  ])("goes from blue to red through %i zones of one's own", (count, colours) => {
    const zones = Array.from({ length: count }, (_, index) => ({
      name: `${index}`,
      minBpm: 100 + index,
      maxBpm: index === count - 1 ? null : 101 + index,
    }));
    const beats = zones.map(({ minBpm }) => [10, minBpm] as const);
    const text = reportZones(
      staying(...beats),
      options({ model: "custom", zones, style: "emoji", barLength: 10 }),
    )?.text;
    const lines = text?.split("\n").slice(1) ?? [];
    expect(lines.map((line) => /: (.)/u.exec(line)?.[1])).toEqual(colours);
  });
});
