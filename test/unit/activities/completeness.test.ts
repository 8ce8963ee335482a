import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  measureStream,
  missingStreams,
  neverLess,
  streamsWithLess,
} from "../../../src/activities/completeness.ts";
import type { Completeness, StreamCompleteness } from "../../../src/activities/document.ts";
import { grantScopes } from "../../../src/providers/port.ts";

const hour = { start: 0, end: 3_600_000, activeSeconds: 3600 };
const seconds = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1000);

describe("a stream is complete", () => {
  it.each([
    ["with a sample every second", seconds(0, 3600), "complete"],
    [
      "with a sample every two minutes, as each speaks for a minute around it",
      seconds(0, 3600, 120),
      "complete",
    ],
    ["from 120 s after the start", seconds(120, 3600), "complete"],
    ["not from 121 s after the start", seconds(121, 3600), "partial"],
    ["to 120 s before the end", seconds(0, 3480), "complete"],
    ["not to 121 s before the end", seconds(0, 3479), "partial"],
    ["with a gap of 80 % covered", [...seconds(0, 1380), ...seconds(2220, 3600)], "complete"],
    ["not with a larger gap", [...seconds(0, 1370), ...seconds(2230, 3600)], "partial"],
    ["not with nothing", [], "absent"],
  ] as const)("%s", (_name, times, state) => {
    expect(measureStream(times, hour).state).toBe(state);
  });

  it("by a tenth of a short activity, not by two minutes of it", () => {
    const minutes5 = { start: 0, end: 300_000, activeSeconds: 300 };
    expect(measureStream(seconds(30, 300), minutes5).state).toBe("complete");
    expect(measureStream(seconds(31, 300), minutes5).state).toBe("partial");
  });

  it("although the sensor was silent during a pause", () => {
    const times = [...seconds(0, 900), ...seconds(2700, 3600)];
    expect(measureStream(times, { ...hour, activeSeconds: 1800 }).state).toBe("complete");
    expect(measureStream(times, hour).state).toBe("partial");
  });

  it("and says how long its longest silence was, at the edges too", () => {
    expect(measureStream(seconds(100, 3500), hour)).toMatchObject({ largestGapSeconds: 100, samples: 3401 });
    expect(measureStream([], hour, "not_worn")).toEqual({
      state: "absent",
      reason: "not_worn",
      coverage: 0,
      largestGapSeconds: 3600,
      samples: 0,
    });
  });

  it("and then needs no reason", () => {
    expect(measureStream(seconds(0, 3600), hour, "pending")).not.toHaveProperty("reason");
    expect(measureStream(seconds(0, 60), hour, "pending")).toMatchObject({
      state: "partial",
      reason: "pending",
    });
    expect(measureStream(seconds(0, 3600, 60), hour, "one_minute_only", true)).toMatchObject({
      state: "partial",
      reason: "one_minute_only",
    });
  });

  it("with a coverage between 0 and 1, whatever the samples", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3_600_000 })),
        fc.integer({ min: 1, max: 3600 }),
        (times, active) => {
          const sorted = times.sort((one, other) => one - other);
          const { coverage, largestGapSeconds, samples } = measureStream(sorted, {
            ...hour,
            activeSeconds: active,
          });
          expect(coverage).toBeGreaterThanOrEqual(0);
          expect(coverage).toBeLessThanOrEqual(1);
          expect(largestGapSeconds).toBeLessThanOrEqual(3600);
          expect(samples).toBe(times.length);
        },
      ),
    );
  });
});

const stream = (state: StreamCompleteness["state"], reason?: StreamCompleteness["reason"], samples = 10) => ({
  state,
  coverage: 0.5,
  largestGapSeconds: 60,
  samples: state === "absent" ? 0 : samples,
  ...(reason === undefined ? {} : { reason }),
});
const complete = stream("complete");
const expected = { gpsExpected: true, heartRateExpected: true };

describe("another look is worth it", () => {
  it.each<[string, Completeness, readonly string[]]>([
    ["for nothing when all is there", { gps: complete, heartRate: complete }, []],
    [
      "for a route that is absent",
      { gps: stream("absent", "provider_has_none"), heartRate: complete },
      ["gps"],
    ],
    ["not for a route with gaps: its file is whole", { gps: stream("partial"), heartRate: complete }, []],
    [
      "for heart rate that is absent",
      { gps: complete, heartRate: stream("absent", "not_worn") },
      ["heartRate"],
    ],
    ["for heart rate that is partial", { gps: complete, heartRate: stream("partial") }, ["heartRate"]],
    [
      "for both",
      { gps: stream("absent", "provider_error"), heartRate: stream("absent", "provider_error") },
      ["gps", "heartRate"],
    ],
    [
      "not for what the provider refuses the application",
      { gps: complete, heartRate: stream("absent", "provider_refused") },
      [],
    ],
    [
      "not where only minutes may be had",
      { gps: complete, heartRate: stream("partial", "one_minute_only") },
      [],
    ],
    ["not for a file that is too large", { gps: stream("absent", "too_large"), heartRate: complete }, []],
    [
      "not for a route that the scope forbids",
      { gps: stream("absent", "scope_not_granted"), heartRate: complete },
      [],
    ],
  ])("%s", (_name, completeness, missing) => {
    expect(missingStreams(completeness, expected, grantScopes)).toEqual(missing);
  });

  it("only for what is expected and granted", () => {
    const absent = { gps: stream("absent", "no_gps"), heartRate: stream("absent", "not_worn") };
    expect(missingStreams(absent, { gpsExpected: false, heartRateExpected: false }, grantScopes)).toEqual([]);
    expect(missingStreams(absent, expected, ["activity"])).toEqual([]);
  });
});

describe("for the same version", () => {
  const all = { gps: stream("complete", undefined, 100), heartRate: stream("partial", undefined, 50) };
  it.each<[string, Completeness, readonly string[]]>([
    ["the same is not less", all, []],
    ["more is not less", { gps: all.gps, heartRate: complete }, []],
    ["a lower state is less", { gps: stream("partial", undefined, 200), heartRate: all.heartRate }, ["gps"]],
    ["fewer samples are less", { gps: stream("complete", undefined, 99), heartRate: all.heartRate }, ["gps"]],
    ["nothing is less", { gps: stream("absent"), heartRate: stream("absent") }, ["gps", "heartRate"]],
  ])("%s", (_name, next, less) => {
    expect(streamsWithLess(all, next)).toEqual(less);
    expect(neverLess(all, next)).toBe(less.length === 0);
  });
});
