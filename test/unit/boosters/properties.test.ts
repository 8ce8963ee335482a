// What holds for every activity and every series of samples: no sample moves in time, nothing is said of an instant that lies
// further than the rule allows, laps change nothing, and the seconds of the zones are the seconds that were covered.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlayHeartRate, type Sample } from "../../../src/boosters/fitbit-heart-rate.ts";
import { reportZones, zonesOfMaximum } from "../../../src/boosters/heart-rate-zones.ts";
import type { PostedActivity, PostedRecord } from "../../../src/boosters/posted-activity.ts";
import { activityOf, at, beatsOf, evening, hour } from "./posting.ts";

const now = evening + 48 * hour;

/** Instants in ascending order, up to 25 s apart, in steps of a quarter of a second. */
const instants = (most: number) =>
  fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: most }).map((steps) => {
    let time = evening;
    return steps.map((step) => {
      time += step * 250;
      return time;
    });
  });

const series: fc.Arbitrary<Sample[]> = instants(60).chain((times) =>
  fc
    .array(fc.integer({ min: 40, max: 210 }), { minLength: times.length, maxLength: times.length })
    .map((beats) => times.map((time, index) => ({ time, bpm: beats[index] ?? 60 }))),
);

const records: fc.Arbitrary<PostedRecord[]> = instants(80).map((times) =>
  times.map((time) => ({ timestamp: at(time) })),
);

/** Cuts a list into laps at the given places. */
function cut(list: readonly PostedRecord[], places: readonly number[]): PostedRecord[][] {
  const edges = [0, ...places.map((place) => place % list.length).sort((one, other) => one - other)];
  return edges.map((from, index) => list.slice(from, edges[index + 1]));
}

function overlaid(activity: PostedActivity, samples: readonly Sample[]): PostedActivity {
  const answer = overlayHeartRate(activity, samples, { force: false, now });
  return answer.status === "merged" ? answer.activity : activity;
}

describe("laying heart rate over any activity", () => {
  it("never moves a sample: a record at its instant says exactly it", () => {
    fc.assert(
      fc.property(series, (samples) => {
        const same = samples.map(({ time }) => ({ timestamp: at(time) }));
        const beats = beatsOf(overlaid(activityOf({ seconds: 1, laps: [same] }), samples), 0);
        expect(beats).toEqual(samples.map(({ time, bpm }) => [time / 1000, bpm]));
      }),
    );
  });

  it("says something exactly where a sample stands or two at most 10 seconds apart lie around, and nothing outside of both", () => {
    fc.assert(
      fc.property(series, records, (samples, list) => {
        const beats = beatsOf(overlaid(activityOf({ seconds: 1, laps: [list] }), samples), 0);
        for (const [second, bpm] of beats) {
          const before = samples.findLast(({ time }) => time <= second * 1000);
          const after = samples.find(({ time }) => time >= second * 1000);
          const isKnown = before !== undefined && after !== undefined && after.time - before.time <= 10_000;
          expect(bpm !== null).toBe(isKnown);
          if (bpm === null || before === undefined || after === undefined) continue;
          expect(bpm).toBeGreaterThanOrEqual(Math.min(before.bpm, after.bpm));
          expect(bpm).toBeLessThanOrEqual(Math.max(before.bpm, after.bpm));
        }
      }),
    );
  });

  it("is the same whatever the laps", () => {
    fc.assert(
      fc.property(series, records, fc.array(fc.nat(), { maxLength: 5 }), (samples, list, places) => {
        const inOne = overlaid(activityOf({ seconds: 1, laps: [list] }), samples);
        const inSeveral = overlaid(activityOf({ seconds: 1, laps: cut(list, places) }), samples);
        expect(beatsOf(inSeveral)).toEqual(beatsOf(inOne));
      }),
    );
  });

  it("is the same wherever on the clock it happens", () => {
    fc.assert(
      fc.property(series, records, fc.integer({ min: -400, max: 400 }), (samples, list, halfHours) => {
        const shift = (halfHours * hour) / 2;
        const moved = list.map(({ timestamp }) => ({ timestamp: at(Date.parse(timestamp) + shift) }));
        const here = overlaid(activityOf({ seconds: 1, laps: [list] }), samples);
        const there = overlayHeartRate(
          activityOf({ start: evening + shift, seconds: 1, laps: [moved] }),
          samples.map(({ time, bpm }) => ({ time: time + shift, bpm })),
          { force: false, now: now + shift },
        );
        if (there.status === "merged")
          expect(beatsOf(there.activity, evening + shift)).toEqual(beatsOf(here));
        else expect(beatsOf(here).every(([, bpm]) => bpm === null)).toBe(true);
      }),
    );
  });
});

describe("the zones of any activity", () => {
  const zoned = fc.tuple(series, fc.integer({ min: 120, max: 220 }));
  const report = (samples: readonly Sample[], maximum: number) =>
    reportZones(
      activityOf({
        seconds: 1,
        laps: [samples.map(({ time, bpm }) => ({ timestamp: at(time), heartRate: bpm }))],
      }),
      { model: "five", zones: zonesOfMaximum("five", maximum), style: "time", barLength: 5 },
    );
  const coveredSeconds = (samples: readonly Sample[]) =>
    samples.reduce((sum, { time }, index) => {
      const gap = (samples[index + 1]?.time ?? Number.POSITIVE_INFINITY) - time;
      return gap <= 10_000 ? sum + gap / 1000 : sum;
    }, 0);

  it("add up to the time that is covered, to the quarter of a second", () => {
    fc.assert(
      fc.property(zoned, ([samples, maximum]) => {
        const answer = report(samples, maximum);
        const sum = (answer?.zones ?? []).reduce((total, { seconds }) => total + seconds, 0);
        expect(sum + (answer?.outsideSeconds ?? 0)).toBeCloseTo(coveredSeconds(samples), 6);
        expect(answer?.totalSeconds ?? 0).toBeCloseTo(coveredSeconds(samples), 6);
      }),
    );
  });

  it("do not depend on the order of records or on those without heart rate", () => {
    fc.assert(
      fc.property(zoned, fc.integer(), ([samples, maximum], seed) => {
        const shuffled = [...samples].sort(
          (one, other) => ((one.time ^ seed) % 97) - ((other.time ^ seed) % 97),
        );
        expect(report(shuffled, maximum)).toEqual(report(samples, maximum));
      }),
    );
  });
});
