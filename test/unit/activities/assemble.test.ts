import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssembleInput, assembleActivity, toDocument } from "../../../src/activities/assemble.ts";
import { canonicalJson, contentHash } from "../../../src/activities/content-hash.ts";
import { type ActivityId, asId, type ConnectionId, type UserId } from "../../../src/kernel/ids.ts";
import {
  decoded,
  everySecond,
  heartRate,
  input,
  lapOf,
  noTcx,
  type Point,
  recordsOf,
  seen,
  sessionOf,
  start,
  summary,
  tcxActivity,
} from "./fixtures.ts";

const here = [48.2165, 16.3987] as const;

describe("an activity without a file", () => {
  it("has the heart rate by second for its records, in one lap that covers the session", () => {
    const canonical = assembleActivity(
      input({
        heartRate: heartRate([
          [0, 90],
          [3, 95],
          [600, 140],
        ]),
      }),
    );
    expect(seen(canonical)).toEqual([
      { at: 0, heartRate: 90 },
      { at: 3, heartRate: 95 },
      { at: 600, heartRate: 140 },
    ]);
    expect(sessionOf(canonical).laps).toMatchObject([
      { startTime: "2026-03-10T14:00:00Z", totalElapsedTime: 600, totalDistance: 1800 },
    ]);
  });

  it("still arrives with everything that the summary says when there is no heart rate either", () => {
    const canonical = assembleActivity(input());
    expect(canonical).toMatchObject({
      title: "Run",
      type: "ACTIVITY_TYPE_RUN",
      startTime: "2026-03-10T14:00:00Z",
      endTime: "2026-03-10T14:10:00Z",
      elapsedSeconds: 600,
      distanceMeters: 1800,
      calories: 100,
      completeness: {
        gps: { state: "absent", reason: "provider_has_none" },
        heartRate: { state: "absent", reason: "not_worn" },
      },
    });
    expect(sessionOf(canonical)).toMatchObject({
      totalElapsedTime: 600,
      totalCalories: 100,
      laps: [{ totalElapsedTime: 600 }],
    });
    expect(recordsOf(canonical)).toEqual([]);
  });

  it("leaves out what is not known, and never writes null", () => {
    const bare = {
      ...summary,
      distanceMeters: null,
      distanceSource: null,
      calories: null,
      steps: null,
    } as const;
    const text = JSON.stringify(assembleActivity(input({ summary: bare })));
    expect(text).not.toContain("null");
    expect(text).not.toMatch(
      /distanceMeters|distanceSource|calories|totalCalories|steps|averageHeartRate|device/,
    );
  });
});

describe("one record a second", () => {
  it("takes heart rate from the same second where the point has none, and keeps the point's own where it has", () => {
    const points: Point[] = [
      { at: 0, position: here, altitude: 100, distance: 0 },
      { at: 1, position: here, bpm: 111 },
      { at: 5.25, position: here },
    ];
    const canonical = assembleActivity(
      input({
        tcx: decoded(tcxActivity(points)),
        heartRate: heartRate([
          [0, 90],
          [1, 99],
          [3, 92],
          [5, 93],
          [6, 94],
        ]),
      }),
    );
    expect(seen(canonical)).toEqual([
      { at: 0, heartRate: 90, altitude: 100, positionLat: here[0], positionLong: here[1], distance: 0 },
      { at: 1, heartRate: 111, positionLat: here[0], positionLong: here[1] },
      { at: 3, heartRate: 92 },
      { at: 5.25, heartRate: 93, positionLat: here[0], positionLong: here[1] },
      { at: 6, heartRate: 94 },
    ]);
  });

  it("leaves gaps as gaps", () => {
    const canonical = assembleActivity(
      input({
        heartRate: heartRate([
          [0, 90],
          [300, 91],
        ]),
      }),
    );
    expect(seen(canonical).map(({ at }) => at)).toEqual([0, 300]);
  });

  it("makes one of two points in the same second: the earlier, with what it lacks of the later", () => {
    const points: Point[] = [
      { at: 10.1, bpm: 120, altitude: 5 },
      { at: 10.9, bpm: 125, position: here, altitude: 6, distance: 30 },
    ];
    expect(seen(assembleActivity(input({ tcx: decoded(tcxActivity(points)) })))).toEqual([
      { at: 10.1, heartRate: 120, altitude: 5, positionLat: here[0], positionLong: here[1], distance: 30 },
    ]);
  });

  it("puts points in the order of time, whatever the order of the file", () => {
    const points: Point[] = [
      { at: 3, bpm: 103 },
      { at: 1, bpm: 101 },
      { at: 2, bpm: 102 },
    ];
    expect(seen(assembleActivity(input({ tcx: decoded(tcxActivity(points)) }))).map(({ at }) => at)).toEqual([
      1, 2, 3,
    ]);
  });

  it("keeps a real zero apart from nothing", () => {
    const points: Point[] = [{ at: 0, position: [0, 16], altitude: 0 }];
    expect(seen(assembleActivity(input({ tcx: decoded(tcxActivity(points)) })))).toEqual([
      { at: 0, positionLat: 0, positionLong: 16, altitude: 0 },
    ]);
  });

  const point: fc.Arbitrary<Point> = fc.record(
    {
      at: fc.integer({ min: -4000, max: 5000 }).map((tenths) => tenths / 10),
      position: fc.constant(here),
      altitude: fc.double({ min: -100, max: 4000, noNaN: true }),
      distance: fc.double({ min: 0, max: 1e4, noNaN: true }),
      bpm: fc.integer({ min: 1, max: 254 }),
    },
    { requiredKeys: ["at"] },
  );
  const sample = fc.tuple(fc.integer({ min: -30, max: 660 }), fc.integer({ min: 1, max: 254 }));

  it("holds for all inputs: ascending, unique, positions whole, within the session, nothing made up", () => {
    fc.assert(
      fc.property(fc.array(point), fc.array(sample), (points, samples) => {
        const canonical = assembleActivity(
          input({ tcx: decoded(tcxActivity(points)), heartRate: heartRate(samples) }),
        );
        const session = sessionOf(canonical);
        const begin = Date.parse(session.startTime);
        const times = recordsOf(canonical).map((record) => Date.parse(record.timestamp));
        const inSeconds = times.map((time) => Math.floor(time / 1000));
        for (let index = 1; index < times.length; index++) {
          expect(inSeconds[index]).toBeGreaterThan(inSeconds[index - 1] ?? Number.POSITIVE_INFINITY);
        }
        for (const time of times) {
          expect(time).toBeGreaterThanOrEqual(begin);
          expect(time).toBeLessThanOrEqual(begin + session.totalElapsedTime * 1000);
        }
        const told = new Set([...points.map(({ bpm }) => bpm), ...samples.map(([, bpm]) => bpm)]);
        for (const record of recordsOf(canonical)) {
          expect(record.positionLat === undefined).toBe(record.positionLong === undefined);
          if (record.heartRate !== undefined) expect(told).toContain(record.heartRate);
        }
        expect(session.totalElapsedTime).toBeGreaterThan(0);
      }),
    );
  });

  it("is the same whatever order the heart rate came in", () => {
    const unique = fc.uniqueArray(sample, { selector: ([at]) => at });
    fc.assert(
      fc.property(fc.array(point), unique, (points, samples) => {
        const tcx = decoded(tcxActivity(points));
        const forward = assembleActivity(input({ tcx, heartRate: heartRate(samples) }));
        const backward = assembleActivity(input({ tcx, heartRate: heartRate([...samples].reverse()) }));
        expect(backward).toEqual(forward);
      }),
    );
  });
});

describe("time is absolute", () => {
  it.each([
    ["over midnight", "2026-03-10T23:55:00+01:00"],
    ["over the change to summer time", "2026-03-29T01:55:00+01:00"],
    ["over the change to winter time", "2026-10-25T02:55:00+02:00"],
    ["in a zone that is not the profile's", "2026-03-10T07:00:00+05:45"],
    ["with the offset Z", "2026-03-10T07:00:00Z"],
  ])("%s, no second is lost and none comes twice", (_name, local) => {
    const startTime = Date.parse(local);
    const shift = (startTime - start) / 1000;
    const points = everySecond(0, 600).map(([at]) => ({ at: at + shift, position: here }));
    const canonical = assembleActivity(
      input({
        summary: { ...summary, startTime },
        tcx: decoded(tcxActivity(points)),
        heartRate: heartRate(everySecond(shift, shift + 600)),
      }),
    );
    const records = recordsOf(canonical);
    expect(records).toHaveLength(601);
    expect(
      records.every((record) => record.heartRate !== undefined && record.positionLat !== undefined),
    ).toBe(true);
    expect(canonical.startTime).toBe(new Date(startTime).toISOString().replace(".000", ""));
  });
});

describe("laps", () => {
  const points = everySecond(0, 600).map(([at]) => ({ at, position: here }));

  it("come from the file, each with the records that fall into its time", () => {
    const laps = [
      lapOf({ at: 0, totalTimeSeconds: 200, distanceMeters: 600, firstSample: 0, sampleCount: 200 }),
      lapOf({
        at: 200,
        totalTimeSeconds: 400.5,
        distanceMeters: 1200,
        intensity: "Resting",
        firstSample: 200,
        sampleCount: 401,
      }),
    ];
    const session = sessionOf(assembleActivity(input({ tcx: decoded(tcxActivity(points, laps)) })));
    expect(session.laps).toMatchObject([
      { startTime: "2026-03-10T14:00:00Z", totalElapsedTime: 200, totalDistance: 600, intensity: "active" },
      {
        startTime: "2026-03-10T14:03:20Z",
        totalElapsedTime: 400.5,
        totalDistance: 1200,
        intensity: "recovery",
      },
    ]);
    expect(session.laps.map((lap) => lap.records?.length)).toEqual([200, 401]);
    expect(session.laps[1]?.records?.[0]?.timestamp).toBe("2026-03-10T14:03:20Z");
  });

  it("give heart rate before the first lap to the first, which then begins with it", () => {
    const session = sessionOf(
      assembleActivity(
        input({
          tcx: decoded(
            tcxActivity([{ at: 100, position: here }], [lapOf({ at: 100, totalTimeSeconds: 500 })]),
          ),
          heartRate: heartRate([[10, 90]]),
        }),
      ),
    );
    expect(session.laps).toMatchObject([{ startTime: "2026-03-10T14:00:10Z", records: [{}, {}] }]);
  });

  it("keep every record although the file's laps are unusable", () => {
    for (const laps of [
      [lapOf({ at: null })],
      [lapOf({ at: 9000 })],
      [lapOf({ at: 0 }), lapOf({ at: 0 })],
      [],
    ]) {
      const canonical = assembleActivity(input({ tcx: decoded(tcxActivity(points, laps)) }));
      expect(recordsOf(canonical)).toHaveLength(601);
      expect(sessionOf(canonical).laps.every((lap) => lap.totalElapsedTime > 0)).toBe(true);
    }
  });

  it("have no distance of 0 m where the whole session has none, and keep one beside laps that have some", () => {
    const still = [lapOf({ at: 0, totalTimeSeconds: 600, distanceMeters: 0 })];
    const without = { ...summary, distanceMeters: null, distanceSource: null };
    const points = [{ at: 0, bpm: 90 }];
    const yoga = assembleActivity(input({ summary: without, tcx: decoded(tcxActivity(points, still)) }));
    expect(sessionOf(yoga).laps[0]).not.toHaveProperty("totalDistance");
    const pool = [
      lapOf({ at: 0, totalTimeSeconds: 300, distanceMeters: 200 }),
      lapOf({ at: 300, totalTimeSeconds: 60, distanceMeters: 0 }),
    ];
    const swim = assembleActivity(input({ summary: without, tcx: decoded(tcxActivity(points, pool)) }));
    expect(sessionOf(swim).laps.map((lap) => lap.totalDistance)).toEqual([200, 0]);
  });

  it("never lose, repeat or reorder a record", () => {
    const starts = fc.array(fc.option(fc.integer({ min: -10, max: 700 })), { maxLength: 6 });
    fc.assert(
      fc.property(starts, (ats) => {
        const laps = ats.map((at) => lapOf({ at }));
        const with_ = assembleActivity(input({ tcx: decoded(tcxActivity(points, laps)) }));
        const without = assembleActivity(input({ tcx: decoded(tcxActivity(points)) }));
        expect(recordsOf(with_)).toEqual(recordsOf(without));
      }),
    );
  });

  it("of several activities in one file are one session, in the order of time", () => {
    const swim = tcxActivity(
      [{ at: 0, bpm: 100 }],
      [lapOf({ at: 0, totalTimeSeconds: 300, sampleCount: 1 })],
    );
    const bike = tcxActivity(
      [{ at: 300, bpm: 120 }],
      [lapOf({ at: 300, totalTimeSeconds: 300, sampleCount: 1 })],
    );
    const canonical = assembleActivity(input({ tcx: decoded(bike, swim) }));
    expect(sessionOf(canonical).laps.map((lap) => lap.startTime)).toEqual([
      "2026-03-10T14:00:00Z",
      "2026-03-10T14:05:00Z",
    ]);
    expect(seen(canonical).map((record) => record.heartRate)).toEqual([100, 120]);
  });
});

describe("the session", () => {
  it("lasts over 0 s although the log says 0", () => {
    const zero = { ...summary, elapsedSeconds: 0, activeSeconds: 0 };
    expect(sessionOf(assembleActivity(input({ summary: zero }))).totalElapsedTime).toBe(1);
    const lap = lapOf({ at: 0, totalTimeSeconds: 42 });
    const canonical = assembleActivity(input({ summary: zero, tcx: decoded(tcxActivity([], [lap])) }));
    expect(canonical).toMatchObject({
      elapsedSeconds: 42,
      activeSeconds: 42,
      endTime: "2026-03-10T14:00:42Z",
    });
  });

  it("takes in points a little outside the log's time, as after an edit of the start", () => {
    const canonical = assembleActivity(
      input({
        tcx: decoded(
          tcxActivity([
            { at: -0.4, bpm: 90 },
            { at: 605, bpm: 95 },
          ]),
        ),
      }),
    );
    expect(canonical).toMatchObject({ startTime: "2026-03-10T14:00:00Z", elapsedSeconds: 600 });
    expect(sessionOf(canonical)).toMatchObject({
      startTime: "2026-03-10T13:59:59.600Z",
      totalElapsedTime: 605.4,
    });
    expect(recordsOf(canonical)).toHaveLength(2);
  });

  it("is not stretched by a point of another day", () => {
    const canonical = assembleActivity(
      input({
        tcx: decoded(
          tcxActivity([
            { at: 5, bpm: 90 },
            { at: 90_000, bpm: 95 },
          ]),
        ),
      }),
    );
    expect(seen(canonical)).toEqual([{ at: 5, heartRate: 90 }]);
    expect(sessionOf(canonical).totalElapsedTime).toBe(600);
  });

  it("begins with a heart beat that is stamped to the second in which it began", () => {
    const halfPast = { ...summary, startTime: start + 500 };
    const canonical = assembleActivity(input({ summary: halfPast, heartRate: heartRate([[0, 90]]) }));
    expect(recordsOf(canonical)).toEqual([{ timestamp: "2026-03-10T14:00:00.500Z", heartRate: 90 }]);
    expect(sessionOf(canonical).startTime).toBe("2026-03-10T14:00:00.500Z");
  });

  it("begins no later than its first lap, whose written start may be a moment earlier", () => {
    const laps = [lapOf({ at: -0.5, totalTimeSeconds: 600 })];
    const session = sessionOf(
      assembleActivity(input({ tcx: decoded(tcxActivity([{ at: 1, bpm: 90 }], laps)) })),
    );
    expect(session.laps[0]?.startTime).toBe(session.startTime);
  });

  it("counts in whole milliseconds", () => {
    const canonical = assembleActivity(input({ summary: { ...summary, elapsedSeconds: 1.0006 } }));
    expect(canonical).toMatchObject({ endTime: "2026-03-10T14:00:01.001Z", elapsedSeconds: 1.001 });
  });

  it("says milliseconds only where there are some", () => {
    const canonical = assembleActivity(input({ summary: { ...summary, elapsedSeconds: 1.001 } }));
    expect(canonical).toMatchObject({
      startTime: "2026-03-10T14:00:00Z",
      endTime: "2026-03-10T14:00:01.001Z",
      elapsedSeconds: 1.001,
    });
  });
});

describe("totals", () => {
  it("of the heart come from the provider, and from the records where it is silent", () => {
    const samples = heartRate([
      [0, 100],
      [1, 111],
    ]);
    expect(assembleActivity(input({ heartRate: samples }))).toMatchObject({
      averageHeartRate: 106,
      maxHeartRate: 111,
    });
    const told = { ...summary, averageHeartRate: 99, maxHeartRate: 150 };
    const canonical = assembleActivity(input({ summary: told, heartRate: samples }));
    expect(canonical).toMatchObject({ averageHeartRate: 99, maxHeartRate: 150 });
    expect(sessionOf(canonical)).toMatchObject({ avgHeartRate: 99, maxHeartRate: 150 });
  });

  const route = decoded(tcxActivity([{ at: 0, position: here }]));
  const indoors = decoded(tcxActivity([{ at: 0, bpm: 100 }]));
  const refused: AssembleInput["tcx"] = { kind: "missing", reason: "scope_not_granted" };
  it.each<[string, AssembleInput["tcx"], Partial<typeof summary>, string | undefined]>([
    ["gps, where the file has a route", route, {}, "gps"],
    ["steps, where it has none and steps were counted", indoors, {}, "steps"],
    ["steps, where there is no file", noTcx, {}, "steps"],
    ["unknown, where neither is so", indoors, { steps: null }, "unknown"],
    ["unknown, where the file was not to be had", refused, {}, "unknown"],
    ["what was typed in, whatever the file has", route, { distanceSource: "manual" }, "manual"],
    ["gps, where the provider says so", noTcx, { distanceSource: "gps" }, "gps"],
    ["nothing, without a distance", noTcx, { distanceSource: null, distanceMeters: null }, undefined],
  ])("of distance come from %s", (_name, tcx, change, source) => {
    expect(assembleActivity(input({ tcx, summary: { ...summary, ...change } })).distanceSource).toBe(source);
  });

  it("of distance are the laps' where the log has none", () => {
    const laps = [lapOf({ at: 0, totalTimeSeconds: 600, distanceMeters: 1234 })];
    const silent = { ...summary, distanceMeters: null, distanceSource: null };
    expect(
      assembleActivity(
        input({ summary: silent, tcx: decoded(tcxActivity([{ at: 0, position: here }], laps)) }),
      ),
    ).toMatchObject({
      distanceMeters: 1234,
      distanceSource: "gps",
    });
  });
});

describe("completeness says why", () => {
  const missing = (reason: "scope_not_granted" | "provider_refused" | "provider_error" | "too_large") =>
    ({ kind: "missing", reason }) as const;
  it.each<[string, Partial<AssembleInput>, object]>([
    [
      "no GPS",
      { summary: { ...summary, gpsExpected: false } },
      { gps: { state: "absent", reason: "no_gps" } },
    ],
    ["a route that was expected", {}, { gps: { state: "absent", reason: "provider_has_none" } }],
    [
      "an empty file",
      { tcx: decoded(tcxActivity([])) },
      { gps: { state: "absent", reason: "provider_has_none" } },
    ],
    ["the location scope", { tcx: missing("scope_not_granted") }, { gps: { reason: "scope_not_granted" } }],
    ["TCX 400 for ever", { tcx: missing("provider_refused") }, { gps: { reason: "provider_refused" } }],
    ["a file beyond all size", { tcx: missing("too_large") }, { gps: { reason: "too_large" } }],
    [
      "the heartrate scope",
      { grantedScopes: ["activity", "location"] },
      { heartRate: { reason: "scope_not_granted" } },
    ],
    [
      "intraday 403",
      { heartRate: missing("provider_refused") },
      { heartRate: { reason: "provider_refused" } },
    ],
    [
      "a failing provider",
      { heartRate: missing("provider_error") },
      { heartRate: { reason: "provider_error" } },
    ],
    ["a watch left at home", {}, { heartRate: { state: "absent", reason: "not_worn" } }],
    [
      "half a series",
      { heartRate: heartRate(everySecond(0, 300)) },
      { heartRate: { state: "partial", coverage: 0.6 } },
    ],
    [
      "a whole series",
      { heartRate: heartRate(everySecond(0, 600)) },
      { heartRate: { state: "complete", samples: 601 } },
    ],
    [
      "one point a minute",
      {
        tcx: {
          kind: "decoded",
          oneMinuteOnly: true,
          activities: [tcxActivity(Array.from({ length: 11 }, (_, index) => ({ at: index * 60, bpm: 100 })))],
        },
        heartRate: missing("provider_refused"),
      },
      { heartRate: { state: "partial", reason: "one_minute_only", samples: 11 } },
    ],
    [
      "one point a minute that nobody had to ask for",
      {
        tcx: {
          kind: "decoded",
          activities: [tcxActivity(Array.from({ length: 11 }, (_, index) => ({ at: index * 60, bpm: 100 })))],
        },
        heartRate: missing("provider_refused"),
      },
      { heartRate: { state: "partial", reason: "one_minute_only", samples: 11 } },
    ],
    [
      "one point a minute although heart rate was not granted",
      {
        grantedScopes: ["activity", "location"],
        tcx: {
          kind: "decoded",
          activities: [tcxActivity(Array.from({ length: 11 }, (_, index) => ({ at: index * 60, bpm: 100 })))],
        },
        heartRate: missing("scope_not_granted"),
      },
      { heartRate: { state: "partial", reason: "scope_not_granted", samples: 11 } },
    ],
    [
      "a file that holds heart rate by second",
      {
        tcx: {
          kind: "decoded",
          activities: [tcxActivity(Array.from({ length: 301 }, (_, index) => ({ at: index * 2, bpm: 100 })))],
        },
        heartRate: missing("provider_refused"),
      },
      { heartRate: { state: "complete", samples: 301 } },
    ],
  ])("%s", (_name, change, expected) => {
    expect(assembleActivity(input(change)).completeness).toMatchObject(expected);
  });
});

describe("the content hash", () => {
  const canonical = assembleActivity(input({ heartRate: heartRate([[0, 90]]) }));

  it("is the same for the same content, whatever the order of its fields", async () => {
    const reversed = Object.fromEntries(Object.entries(canonical).reverse()) as typeof canonical;
    expect(await contentHash(reversed)).toBe(await contentHash(canonical));
    expect(await contentHash(assembleActivity(input({ heartRate: heartRate([[0, 90]]) })))).toBe(
      await contentHash(canonical),
    );
  });

  it("differs with every change that a reader could see", async () => {
    const hashes = await Promise.all(
      [
        canonical,
        assembleActivity(input({ heartRate: heartRate([[0, 91]]) })),
        { ...canonical, title: "Trail Run" },
      ].map(contentHash),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it("does not see the device, the version or the id of the log", async () => {
    const other = { ...summary, device: "Ionic", version: 99 };
    const again = assembleActivity(input({ summary: other, heartRate: heartRate([[0, 90]]) }));
    expect(await contentHash(again)).toBe(await contentHash(canonical));
  });

  it("reads JSON to the letter but for the order of keys", () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: "ü\n" }], a: 0.1 })).toBe(
      '{"a":0.1,"b":[1,{"c":"ü\\n"}]}',
    );
  });
});

describe("the document", () => {
  const identity = {
    id: asId<ActivityId>("act_1"),
    revision: 2,
    userId: asId<UserId>("u1"),
    connectionId: asId<ConnectionId>("con_1"),
    provider: "fitbit",
    sourceActivityId: summary.sourceActivityId,
    device: "Surge",
    updatedAt: "2026-03-10T15:00:00Z",
  } as const;

  it("carries the canonical activity, its identity, and FitGlue's shape with the source's id as text", () => {
    const canonical = assembleActivity(input({ heartRate: heartRate([[0, 90]]) }));
    const document = toDocument(canonical, identity);
    expect(document).toEqual({
      ...canonical,
      ...identity,
      standardizedActivity: {
        ...canonical.standardizedActivity,
        externalId: "1234567890123456789",
        userId: "u1",
      },
    });
    expect(document.standardizedActivity.source).toBe("SOURCE_FITBIT");
  });

  it("has no device where none is known", () => {
    expect(toDocument(assembleActivity(input()), { ...identity, device: null })).not.toHaveProperty("device");
  });
});
