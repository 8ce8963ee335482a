// What a push of Google's comes down to: who has news, and of which time. Nothing that it may hold throws, and what cannot
// be read is left out without taking the rest with it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGoogleHealthPush } from "../../../src/webhooks/google-health-push.ts";
import { mergeWindows, readInterval } from "../../../src/webhooks/google-health-windows.ts";

const now = Date.UTC(2026, 10, 21, 12);
const hour = 3_600_000;
const day = 24 * hour;

const physical = (startTime: unknown, endTime: unknown) => ({ physicalTimeInterval: { startTime, endTime } });
const iso = (startTime: unknown, endTime: unknown) => ({ civilIso8601TimeInterval: { startTime, endTime } });
const civil = (startDateTime: unknown, endDateTime: unknown) => ({
  civilDateTimeInterval: { startDateTime, endDateTime },
});
const at = (text: string) => Date.parse(text);
const notification = (changes: Record<string, unknown> = {}) => ({
  data: { healthUserId: "AA-1", dataType: "exercise", operation: "UPSERT", intervals: [], ...changes },
});
const hintsOf = (body: unknown) => readGoogleHealthPush(body, now)?.hints;

describe("an interval is read", () => {
  it.each([
    ["with Z", "2026-11-20T06:58:12Z", "2026-11-20T06:58:12Z"],
    ["with a zone ahead of UTC", "2026-11-20T07:58:12+01:00", "2026-11-20T06:58:12Z"],
    ["with a zone behind UTC", "2026-11-19T22:58:12-08:00", "2026-11-20T06:58:12Z"],
    ["with fractions, which do not count", "2026-11-20T06:58:12.441903Z", "2026-11-20T06:58:12Z"],
    ["with nine digits of them", "2026-11-20T06:58:12.441903123Z", "2026-11-20T06:58:12Z"],
    ["in small letters", "2026-11-20t06:58:12z", "2026-11-20T06:58:12Z"],
    ["at midnight, written as 24:00", "2026-11-19T24:00:00Z", "2026-11-20T00:00:00Z"],
    ["on a leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["at a leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"],
  ])("whose instants are written %s", (_name, text, instant) => {
    expect(readInterval(physical(text, text), now)).toEqual({ start: at(instant), end: at(instant) });
  });

  it("from wall clocks, which differ from UTC by up to 14 hours", () => {
    const window = { start: at("2026-11-19T17:58:12Z"), end: at("2026-11-20T22:29:47Z") };
    expect(readInterval(iso("2026-11-20T07:58:12", "2026-11-20T08:29:47"), now)).toEqual(window);
    const start = { date: { year: 2026, month: 11, day: 20 }, time: { hours: 7, minutes: 58, seconds: 12 } };
    const end = {
      date: { year: 2026, month: 11, day: 20 },
      time: { hours: 8, minutes: 29, seconds: 47, nanos: 9 },
    };
    expect(readInterval(civil(start, end), now)).toEqual(window);
  });

  it("from wall clocks whose zero parts are left out, and which have no time at midnight", () => {
    const date = { year: 2026, month: 11, day: 20 };
    const window = { start: at("2026-11-19T10:00:00Z"), end: at("2026-11-20T22:00:00Z") };
    expect(readInterval(civil({ date }, { date, time: { hours: 8 } }), now)).toEqual(window);
    expect(readInterval(civil({ date, time: {} }, { date, time: { hours: 8 } }), now)).toEqual(window);
    expect(readInterval(iso("2026-11-20", "2026-11-20T08:00:00"), now)).toEqual(window);
  });

  const good = physical("2026-11-20T06:00:00Z", "2026-11-20T07:00:00Z");
  const wall = iso("2026-11-20T07:00:00", "2026-11-20T08:00:00");
  const other = civil({ date: { year: 2020, month: 1, day: 1 } }, { date: { year: 2020, month: 1, day: 2 } });

  it("from the instants first, then from the wall clock's text, then from its parts", () => {
    expect(readInterval({ ...other, ...wall, ...good }, now)).toEqual(readInterval(good, now));
    expect(readInterval({ ...other, ...wall }, now)).toEqual(readInterval(wall, now));
  });

  it("from the next form when one is broken", () => {
    const broken = physical("2026-03-0B01:29:00Z", "2026-03-01T02:00:00Z");
    expect(readInterval({ ...broken, ...wall }, now)).toEqual(readInterval(wall, now));
    expect(readInterval({ ...broken, ...iso("x", "y"), ...other }, now)).toEqual(readInterval(other, now));
  });
});

describe("an interval is left out", () => {
  const start = "2026-11-20T06:00:00Z";
  it.each<[string, unknown]>([
    ["is null", null],
    ["is a text", start],
    ["is a list", [start, start]],
    ["is empty", {}],
    ["has a form that is null", { physicalTimeInterval: null }],
    ["has Google's own misprint", physical("2026-03-0B01:29:00Z", "2026-03-08T01:29:00Z")],
    ["has no end", physical(start, undefined)],
    ["has no start", physical(undefined, start)],
    ["ends before it starts", physical(start, "2026-11-20T05:59:59Z")],
    ["ends before it starts, by wall clocks", iso("2026-11-20T06:00:00", "2026-11-20T05:00:00")],
    [
      "has a 385th day",
      civil({ date: { year: 2025, month: 11, day: 20 } }, { date: { year: 2025, month: 11, day: 385 } }),
    ],
    ["has numbers for instants", physical(1_795_000_000, 1_795_000_100)],
    ["has an instant without a zone", physical("2026-11-20T06:00:00", "2026-11-20T06:00:00")],
    ["has a 30 February", physical("2026-02-30T06:00:00Z", "2026-03-02T06:00:00Z")],
    ["has a 29 February that was none", physical("2026-02-29T06:00:00Z", "2026-03-02T06:00:00Z")],
    ["has a 13th month", physical("2026-13-01T06:00:00Z", "2026-13-01T06:00:00Z")],
    ["has a 25th hour", physical("2026-11-20T25:00:00Z", "2026-11-20T25:00:00Z")],
    ["has a 61st minute", physical("2026-11-20T06:61:00Z", "2026-11-20T06:61:00Z")],
    ["has an impossible zone", physical("2026-11-20T06:00:00+99:00", "2026-11-20T06:00:00+99:00")],
    [
      "has a date of parts without a day",
      civil({ date: { year: 2026, month: 11 } }, { date: { year: 2026, month: 11 } }),
    ],
    ["has a date of parts that are texts", civil({ date: { year: "2026", month: "11", day: "20" } }, {})],
    [
      "has hours that are negative",
      civil({ date: { year: 2026, month: 11, day: 20 }, time: { hours: -1 } }, {}),
    ],
    ["has wall clocks with words", iso("yesterday", "today")],
    ["lies before the year 2000", physical("1999-12-30T00:00:00Z", "1999-12-31T00:00:00Z")],
    ["lies more than two days ahead", physical("2026-11-23T12:00:01Z", "2026-11-23T13:00:00Z")],
    ["lies in the year 9999", physical("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z")],
  ])("that %s", (_name, interval) => {
    expect(readInterval(interval, now)).toBeNull();
  });

  it("in the part that lies outside all reason", () => {
    expect(readInterval(physical("2026-11-20T00:00:00Z", "2027-11-20T00:00:00Z"), now)).toEqual({
      start: at("2026-11-20T00:00:00Z"),
      end: now + 2 * day,
    });
    expect(readInterval(physical("1990-01-01T00:00:00Z", "2000-01-02T00:00:00Z"), now)).toEqual({
      start: at("2000-01-01T00:00:00Z"),
      end: at("2000-01-02T00:00:00Z"),
    });
  });

  it("in what it holds beyond 400 days, of which the newest count", () => {
    expect(readInterval(physical("2010-01-01T00:00:00Z", "2026-11-20T00:00:00Z"), now)).toEqual({
      start: at("2026-11-20T00:00:00Z") - 400 * day,
      end: at("2026-11-20T00:00:00Z"),
    });
  });
});

describe("windows", () => {
  it("become one when they overlap, touch, or lie within a day of each other, in any order", () => {
    const windows = [
      { start: 10 * day, end: 11 * day },
      { start: 0, end: hour },
      { start: 2 * hour, end: 3 * hour },
      { start: 12 * day, end: 12 * day + hour },
      { start: 13 * day + hour + 1, end: 14 * day },
    ];
    expect(mergeWindows(windows)).toEqual([
      { start: 0, end: 3 * hour },
      { start: 10 * day, end: 12 * day + hour },
      { start: 13 * day + hour + 1, end: 14 * day },
    ]);
  });

  it("that lie within another do not shorten it", () => {
    const wide = { start: 0, end: 10 * day };
    expect(mergeWindows([wide, { start: day, end: 2 * day }])).toEqual([wide]);
  });

  it("are 20 at most: then the nearest are joined and the widest gaps stay", () => {
    // 30 windows, the gaps between them growing by an hour each.
    const windows = [{ start: 0, end: hour }];
    for (let count = 1; count < 30; count++) {
      const start = (windows.at(-1)?.end ?? 0) + 2 * day + count * hour;
      windows.push({ start, end: start + hour });
    }
    const merged = mergeWindows(windows.toReversed());
    expect(merged).toHaveLength(20);
    expect(merged.slice(1)).toEqual(windows.slice(11));
    expect(merged[0]).toEqual({ start: 0, end: windows[10]?.end });
  });

  it("lose no moment that was named, stay sorted, apart, and at most 20", () => {
    const window = fc
      .tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 20 }))
      .map(([start, length]) => ({ start: start * 6 * hour, end: (start + length) * 6 * hour }));
    fc.assert(
      fc.property(fc.array(window, { maxLength: 80 }), (windows) => {
        const merged = mergeWindows(windows);
        expect(merged.length).toBeLessThanOrEqual(20);
        for (const { start, end } of windows) {
          expect(merged.some((whole) => whole.start <= start && end <= whole.end)).toBe(true);
        }
        for (const [index, { start }] of merged.entries()) {
          const before = merged[index - 1];
          if (before !== undefined) expect(start - before.end).toBeGreaterThan(day);
        }
      }),
    );
  });
});

describe("a push", () => {
  it("gives one hint for each account, with the windows of all its notifications", () => {
    const early = physical("2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z");
    const late = physical("2026-11-20T06:00:00Z", "2026-11-20T07:00:00Z");
    const body = [
      notification({ intervals: [late] }),
      notification({ healthUserId: "BB-2", intervals: [late] }),
      notification({ operation: "DELETE", intervals: [early, late] }),
    ];
    const window = (text: string) => ({ start: at(`${text}T06:00:00Z`), end: at(`${text}T07:00:00Z`) });
    expect(readGoogleHealthPush(body, now)).toEqual({
      hints: [
        {
          account: "google-health:AA-1",
          collection: "activities",
          dates: [],
          windows: [window("2026-11-01"), window("2026-11-20")],
          receivedAt: now,
        },
        {
          account: "google-health:BB-2",
          collection: "activities",
          dates: [],
          windows: [window("2026-11-20")],
          receivedAt: now,
        },
      ],
      malformed: 0,
    });
  });

  it("may be one notification alone", () => {
    expect(readGoogleHealthPush(notification(), now)).toEqual(readGoogleHealthPush([notification()], now));
  });

  it.each(["UPSERT", "DELETE", "SOMETHING_NEW", undefined])("is a hint for the operation %s", (operation) => {
    expect(hintsOf([notification({ operation })])).toHaveLength(1);
  });

  it.each([
    ["no intervals", undefined],
    ["intervals that are no list", "2026"],
    ["an empty list of them", []],
    ["none that can be read", [null, 5, physical("2026-03-0B01:29:00Z", "x")]],
  ])("with %s is a hint without a window", (_name, intervals) => {
    expect(hintsOf([notification({ intervals })])).toMatchObject([{ windows: [] }]);
  });

  it("of another data type means nothing, and is no mistake", () => {
    const body = ["steps", "Exercise", "EXERCISE", "exercises", ""].map((dataType) =>
      notification({ dataType }),
    );
    expect(readGoogleHealthPush(body, now)).toEqual({ hints: [], malformed: 0 });
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a number", 7],
    ["a text", "exercise"],
    ["a list", [notification()]],
    ["an empty object", {}],
    ["data that is null", { data: null }],
    ["data that is a list", { data: [] }],
    ["its fields without data around them", notification().data],
    ["no user", notification({ healthUserId: undefined })],
    ["an empty user", notification({ healthUserId: "" })],
    ["a user that is a number, which has lost digits", notification({ healthUserId: 4815162342 })],
    ["a user of 64 characters", notification({ healthUserId: "a".repeat(64) })],
    ["a user with a path in it", notification({ healthUserId: "../x" })],
    ["a user with a line break", notification({ healthUserId: "AA-1\n" })],
    ["no data type", notification({ dataType: undefined })],
    ["a data type that is no text", notification({ dataType: ["exercise"] })],
  ])("counts an element that is or has %s as malformed, and keeps the others", (_name, element) => {
    const reading = readGoogleHealthPush([element, notification({ healthUserId: "BB-2" })], now);
    expect(reading?.malformed).toBe(1);
    expect(reading?.hints.map((hint) => hint.account)).toEqual(["google-health:BB-2"]);
  });

  it("of 63 characters in the user's id is one", () => {
    expect(hintsOf([notification({ healthUserId: "a".repeat(63) })])).toHaveLength(1);
  });

  it.each([null, undefined, 7, "x", true])("is none when the body is %j", (body) => {
    expect(readGoogleHealthPush(body, now)).toBeNull();
  });

  it("never throws, whatever it holds, and its hints can be queued", () => {
    const field = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(physical("2026-11-20T06:00:00Z", "x")));
    const data = fc.record(
      {
        healthUserId: fc.oneof(fc.constant("AA-1"), field),
        dataType: fc.constant("exercise"),
        intervals: field,
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(fc.jsonValue(), fc.array(fc.record({ data })), fc.array(data));
    fc.assert(
      fc.property(body, (value) => {
        const reading = readGoogleHealthPush(value, now);
        for (const { windows } of reading?.hints ?? []) {
          for (const { start, end } of windows) expect(start).toBeLessThanOrEqual(end);
        }
      }),
    );
  });
});
