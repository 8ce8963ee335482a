// Times as people read them: relative to now, on a watch's own clock, and as durations.

import { describe, expect, it } from "vitest";
import {
  clockText,
  dateText,
  dayText,
  durationText,
  offsetText,
  relativeTime,
} from "../../../src/portal/times.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;

describe("a time near now", () => {
  it.each<[number, string]>([
    [0, "just now"],
    [-59_999, "just now"],
    [30_000, "in a moment"],
    [-minute, "1 minute ago"],
    [-59 * minute, "59 minutes ago"],
    [-hour, "1 hour ago"],
    [21 * minute, "in 21 minutes"],
    [-23.9 * hour, "23 hours ago"],
    [-24 * hour, "1 day ago"],
    [-29 * 24 * hour, "29 days ago"],
    [-30 * 24 * hour, "Thursday, 22 October 2026"],
  ])("%i ms away is %s", (distance, text) => {
    expect(relativeTime(now + distance, now).replaceAll(/\s/g, " ")).toBe(text.replaceAll(/\s/g, " "));
  });
});

describe("a time on a watch's clock", () => {
  const late = Date.parse("2026-11-21T23:30:00Z");

  it("may be another day than in UTC", () => {
    expect([dateText(late, 0), dateText(late, 3600), dateText(late, -86_400)]).toEqual([
      "2026-11-21",
      "2026-11-22",
      "2026-11-20",
    ]);
    expect(dayText(late, 3600)).toContain("22 November 2026");
    expect([clockText(late, 0), clockText(late, 3600), clockText(late, 20_700)]).toEqual([
      "23:30",
      "00:30",
      "05:15",
    ]);
  });

  it.each([
    [0, "UTC"],
    [3600, "UTC+1"],
    [-25_200, "UTC−7"],
    [-12_600, "UTC−3:30"],
    [20_700, "UTC+5:45"],
  ])("%i seconds from UTC is %s", (seconds, text) => {
    expect(offsetText(seconds)).toBe(text);
  });
});

describe("a duration", () => {
  it.each([
    [0, "0:00"],
    [59.6, "1:00"],
    [2103, "35:03"],
    [3599.4, "59:59"],
    [3599.6, "1:00:00"],
    [3729, "1:02:09"],
    [36_000, "10:00:00"],
  ])("of %d s is %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
