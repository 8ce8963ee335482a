import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeBasisOf, wallWindow } from "../../../../src/providers/fitbit/time-basis.ts";
import type { HeartRateRequest } from "../../../../src/providers/port.ts";
import { always, context, fitbit, fitbitError, now } from "./fake-fitbit.ts";

const at = (time: string) => Date.parse(time);
const series = (dataset: readonly (readonly [string, unknown])[]) => ({
  "activities-heart": [{ dateTime: "2026-03-10", value: "129.5", heartRateZones: [] }],
  "activities-heart-intraday": {
    dataset: dataset.map(([time, value]) => ({ time, value })),
    datasetInterval: 1,
    datasetType: "second",
  },
});
/** The whole answer: Fitbit has one page for a window. */
const fetchHeartRate = async (request: HeartRateRequest, clock = now) => {
  const answer = await fitbit.fetchHeartRate({ ...context, now: clock }, request, null);
  if (!answer.ok) return answer;
  expect(answer.value.nextPage).toBeNull();
  return { ...answer, value: answer.value.result };
};
const run: HeartRateRequest = {
  startTime: at("2026-03-10T08:00:10Z"),
  endTime: at("2026-03-10T08:30:50Z"),
  utcOffsetSeconds: 0,
  averageHeartRate: null,
};

describe("the request for heart rate", () => {
  it("asks by the second, in UTC, with the window's own seconds", async () => {
    const sent = always(200, series([]));
    await fetchHeartRate(run);
    expect(sent[0]?.url.pathname).toBe(
      "/1/user/-/activities/heart/date/2026-03-10/2026-03-10/1sec/time/08:00:10/08:30:50.json",
    );
    expect(sent[0]?.url.search).toBe("?timezone=UTC");
  });

  it("covers the exercise on a UTC clock and on the user's, so that either answer holds it", async () => {
    const sent = always(200, series([]));
    await fetchHeartRate({ ...run, utcOffsetSeconds: -25_200 });
    await fetchHeartRate({ ...run, utcOffsetSeconds: 36_000 });
    expect(sent.map((request) => request.url.pathname.split("/").slice(7).join("/"))).toEqual([
      "2026-03-10/2026-03-10/1sec/time/01:00:10/08:30:50.json",
      "2026-03-10/2026-03-10/1sec/time/08:00:10/18:30:50.json",
    ]);
  });

  it("never asks for 24 hours or more, whatever the window and the offset", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.integer({ min: -48, max: 56 }),
        fc.constantFrom<"utc" | "inferred">("utc", "inferred"),
        (length, quarters, timeBasisWhenUnclear) => {
          const startTime = at("2026-03-10T00:00:00.500Z");
          const utcOffsetSeconds = quarters * 900;
          const window = wallWindow({
            startTime,
            endTime: startTime + length,
            utcOffsetSeconds,
            now,
            averageHeartRate: null,
            timeBasisWhenUnclear,
          });
          expect(window.end - window.start).toBeLessThan(86_400_000);
          expect(window.end).toBeGreaterThan(window.start);
        },
      ),
    );
  });
});

describe("the answer about heart rate", () => {
  it("is samples in absolute time, sorted, each second once, of living people", async () => {
    always(
      200,
      series([
        ["08:00:12", 100],
        ["08:00:10", 98],
        ["08:00:12", 150],
        ["08:00:13", 0],
        ["08:00:14", 255],
        ["08:00:15", "99"],
        ["8:00", 90],
        ["08:30:50", 140],
        ["08:30:51", 141],
      ]),
    );
    expect(await fetchHeartRate(run)).toMatchObject({
      ok: true,
      value: {
        kind: "samples",
        timeBasis: "utc",
        samples: [
          { time: at("2026-03-10T08:00:10Z"), bpm: 98 },
          { time: at("2026-03-10T08:00:12Z"), bpm: 100 },
          { time: at("2026-03-10T08:30:50Z"), bpm: 140 },
        ],
      },
    });
  });

  it("is the same from the shape of a whole day", async () => {
    const { "activities-heart-intraday": intraday } = series([["08:00:12", 100]]);
    always(200, {
      "activities-heart": [{ dateTime: "2026-03-10", value: { heartRateZones: [], restingHeartRate: 60 } }],
      "activities-heart-intraday": intraday,
    });
    expect(await fetchHeartRate(run)).toMatchObject({ value: { samples: [{ bpm: 100 }] } });
  });

  it("crosses midnight: what is earlier than the start belongs to the day after", async () => {
    const sent = always(
      200,
      series([
        ["23:59:59", 120],
        ["00:00:00", 121],
        ["00:10:00", 122],
      ]),
    );
    const result = await fetchHeartRate({
      startTime: at("2026-03-09T23:50:00Z"),
      endTime: at("2026-03-10T00:10:00Z"),
      utcOffsetSeconds: 0,
      averageHeartRate: null,
    });
    expect(sent[0]?.url.pathname).toContain("/2026-03-09/2026-03-10/1sec/time/23:50:00/00:10:00.json");
    expect(result).toMatchObject({
      value: {
        samples: [
          { time: at("2026-03-09T23:59:59Z") },
          { time: at("2026-03-10T00:00:00Z") },
          { time: at("2026-03-10T00:10:00Z") },
        ],
      },
    });
  });

  it.each([
    ["the scope was not granted", 403, fitbitError("insufficient_scope"), "scope_not_granted"],
    ["the application is not approved", 403, fitbitError("insufficient_permissions"), "provider_refused"],
    ["the series is left out with status 200", 200, { "activities-heart": [] }, "provider_refused"],
    ["nothing was recorded", 200, series([]), "not_worn"],
    ["nothing was recorded within the exercise", 200, series([["03:00:00", 60]]), "not_worn"],
  ])("says that %s", async (_name, status, body, reason) => {
    always(status, body);
    expect(await fetchHeartRate(run)).toMatchObject({ ok: true, value: { kind: "missing", reason } });
  });

  it.each([
    [422, fitbitError("validation"), "bad_response"],
    [429, "", "rate_limited"],
    [500, "", "provider_unavailable"],
    [403, "<html>", "provider_unavailable"],
    [200, { "activities-heart-intraday": { dataset: "none" } }, "bad_response"],
  ])("is an error for %i", async (status, body, code) => {
    always(status, body);
    expect(await fetchHeartRate(run)).toMatchObject({ ok: false, error: { code } });
  });
});

describe("a parameter that was ignored", () => {
  // An evening run in Los Angeles: 18:54:51 to 19:29:54 on the ninth, by the clock on the wall.
  const evening: HeartRateRequest = {
    startTime: at("2026-03-10T01:54:51Z"),
    endTime: at("2026-03-10T02:29:54Z"),
    utcOffsetSeconds: -25_200,
    averageHeartRate: 130,
  };
  const clockText = (time: number) => new Date(time).toISOString().slice(11, 19);
  const everyTenSeconds = (start: number, end: number, bpm: number) =>
    Array.from({ length: Math.floor((end - start) / 10_000) + 1 }, (_, index) => {
      return [clockText(start + index * 10_000), bpm] as const;
    });
  const hour = 3_600_000;

  it("is noticed, and the exercise's own offset counts", async () => {
    always(200, series(everyTenSeconds(evening.startTime - 7 * hour, evening.endTime - 7 * hour, 131)));
    const result = await fetchHeartRate(evening);
    expect(result).toMatchObject({ value: { kind: "samples", timeBasis: "inferred" } });
    const samples = result.ok && result.value.kind === "samples" ? result.value.samples : [];
    expect(samples[0]).toEqual({ time: evening.startTime, bpm: 131 });
    expect(samples).toHaveLength(211);
  });

  it("is not suspected when the times are UTC", async () => {
    always(200, series(everyTenSeconds(evening.startTime, evening.endTime, 131)));
    expect(await fetchHeartRate(evening)).toMatchObject({
      value: { timeBasis: "utc", samples: { 0: { time: evening.startTime }, length: 211 } },
    });
  });

  it("is not suspected because of other hours' heart beats while the exercise's own are still on the watch", async () => {
    const walkBefore = everyTenSeconds(evening.startTime - 7 * hour, evening.endTime - 7 * hour, 95);
    always(200, series(walkBefore));
    expect(await fetchHeartRate(evening)).toMatchObject({ value: { kind: "missing", reason: "not_worn" } });
    expect(await fetchHeartRate({ ...evening, averageHeartRate: null })).toMatchObject({
      value: { kind: "missing" },
    });
    // A few beats that happen to be as fast prove nothing either.
    always(
      200,
      series(everyTenSeconds(evening.startTime - 7 * hour, evening.startTime - 7 * hour + 300_000, 130)),
    );
    expect(await fetchHeartRate(evening)).toMatchObject({ value: { kind: "missing" } });
  });

  it("shows in a sample that would otherwise lie in the future, without any average", async () => {
    // 10:00 to 11:00 in Berlin in summer; the answer is read at 11:05 local time.
    const request = {
      startTime: at("2026-07-10T08:00:00Z"),
      endTime: at("2026-07-10T09:00:00Z"),
      utcOffsetSeconds: 7200,
      averageHeartRate: null,
    };
    always(
      200,
      series([
        ["08:30:00", 70],
        ["10:30:00", 150],
        ["11:00:00", 151],
      ]),
    );
    const result = await fetchHeartRate(request, at("2026-07-10T09:05:00Z"));
    expect(result).toMatchObject({
      value: {
        timeBasis: "inferred",
        samples: [{ time: at("2026-07-10T08:30:00Z"), bpm: 150 }, { bpm: 151 }],
      },
    });
  });

  it("is weighed by the provider's own average when the watch was worn all day", async () => {
    const ten = at("2026-01-10T10:00:00Z");
    const allDay = [
      ...everyTenSeconds(ten - 10 * hour, ten - 1000, 62),
      ...everyTenSeconds(ten, ten + hour, 150),
      ...everyTenSeconds(ten + hour + 10_000, ten + 10 * hour, 62),
    ];
    always(200, series(allDay));
    const request = { startTime: ten - 2 * hour, endTime: ten - hour, utcOffsetSeconds: 7200 };
    const basis = async (change: Partial<HeartRateRequest>) => {
      const result = await fetchHeartRate({ ...request, averageHeartRate: null, ...change });
      return result.ok && result.value.kind === "samples" ? result.value.timeBasis : null;
    };
    expect(await basis({ averageHeartRate: 148 })).toBe("inferred");
    expect(await basis({ averageHeartRate: 63 })).toBe("utc");
    // Ten beats off is too far for a proof, but nearer than the other hour's ninety.
    expect(await basis({ averageHeartRate: 140 })).toBe("inferred");
    expect(await basis({ averageHeartRate: 110 })).toBe("utc");
    // Without proof the documented behaviour stands, unless an earlier answer has proven otherwise.
    expect(await basis({})).toBe("utc");
    expect(await basis({ timeBasisWhenUnclear: "inferred" })).toBe("inferred");
  });

  it("is told apart for every offset, length and hour, worn all day or only for the exercise, overlapping or not", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -48, max: 56 }).filter((quarters) => quarters !== 0),
        fc.integer({ min: 5 * 60, max: 9 * 3600 }),
        fc.integer({ min: 0, max: 365 * 86_400 }),
        fc.boolean(),
        fc.boolean(),
        (quarters, lengthSeconds, startSecond, honoured, wornAllDay) => {
          const utcOffsetSeconds = quarters * 900;
          const startTime = at("2025-01-01T00:00:00Z") + startSecond * 1000;
          const endTime = startTime + lengthSeconds * 1000;
          const clock = honoured ? 0 : utcOffsetSeconds * 1000;
          const question = {
            startTime,
            endTime,
            utcOffsetSeconds,
            now: endTime + 30 * 86_400_000,
            averageHeartRate: 140,
          };
          const window = wallWindow(question);
          const samples: { wallTime: number; bpm: number }[] = [];
          // Every 3 s during the exercise, every 12 s at rest, as sensors do.
          for (let wallTime = window.start; wallTime <= window.end; wallTime += 3000) {
            const time = wallTime - clock;
            const exercising = time >= startTime && time <= endTime;
            if (exercising) samples.push({ wallTime, bpm: 140 });
            else if (wornAllDay && (wallTime - window.start) % 12_000 === 0)
              samples.push({ wallTime, bpm: 62 });
          }
          expect(timeBasisOf(samples, question)).toBe(honoured ? "utc" : "inferred");
        },
      ),
      { numRuns: 300 },
    );
  });
});
