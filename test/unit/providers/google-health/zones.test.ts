import { describe, expect, it } from "vitest";
import { always, apiError, context, google } from "./fake-google.ts";

const request = { startTime: Date.parse("2026-11-20T23:30:00Z"), utcOffsetSeconds: 3600 };
const fetchBounds = (change: Partial<typeof request> = {}) =>
  google.fetchZoneBounds?.(context, { ...request, ...change });
const zone = (heartRateZoneType: string, min: unknown, max: unknown) => ({
  heartRateZoneType,
  minBeatsPerMinute: min,
  maxBeatsPerMinute: max,
});
const point = (...heartRateZones: unknown[]) => ({
  dailyHeartRateZones: { date: { year: 2026, month: 11, day: 21 }, heartRateZones },
});

describe("a user's zone bounds", () => {
  it("are asked for by the date on the user's own clock", async () => {
    const sent = always(200, {});
    await fetchBounds();
    await fetchBounds({ utcOffsetSeconds: -3600 });
    expect(sent[0]?.url.pathname).toBe("/v4/users/me/dataTypes/daily-heart-rate-zones/dataPoints");
    expect(sent.map(({ url }) => url.searchParams.get("filter"))).toEqual([
      'daily_heart_rate_zones.date >= "2026-11-21" AND daily_heart_rate_zones.date < "2026-11-22"',
      'daily_heart_rate_zones.date >= "2026-11-20" AND daily_heart_rate_zones.date < "2026-11-21"',
    ]);
  });

  it("have the names that an exercise's zones have", async () => {
    const zones = [
      zone("LIGHT", "98", "122"),
      zone("MODERATE", "123", "146"),
      zone("VIGOROUS", "147", "170"),
      zone("PEAK", "171", "220"),
    ];
    always(200, { dataPoints: [point(), point(...zones)] });
    expect(await fetchBounds()).toEqual({
      ok: true,
      rate: null,
      value: [
        { name: "Light", minBpm: 98, maxBpm: 122 },
        { name: "Moderate", minBpm: 123, maxBpm: 146 },
        { name: "Vigorous", minBpm: 147, maxBpm: 170 },
        { name: "Peak", minBpm: 171, maxBpm: 220 },
      ],
    });
  });

  it("leave out a zone of which only half is known, or none that we have a name for", async () => {
    const zones = [zone("LIGHT", "98", undefined), zone("REST", "40", "97"), "x", zone("PEAK", 171, 220)];
    always(200, { dataPoints: ["x", point(...zones)] });
    expect(await fetchBounds()).toMatchObject({ value: [{ name: "Peak", minBpm: 171, maxBpm: 220 }] });
  });

  it.each([
    ["there are none that day", 200, {}],
    ["the answer is something else", 200, []],
    ["the scope is missing", 403, apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")],
    ["the type cannot be listed", 400, apiError(400, "UNSUPPORTED_DATA_TYPE_ACTION")],
    ["the type is unknown", 404, ""],
    ["the profile is not ready", 412, ""],
  ])("are empty, and no failure, when %s", async (_name, status, body) => {
    always(status, body);
    expect(await fetchBounds()).toEqual({ ok: true, value: [], rate: null });
  });

  it.each([
    ["a dead token", 401, "unauthorized"],
    ["too many calls", 429, "rate_limited"],
    ["the end of the API", 410, "provider_gone"],
    ["a failure of the server", 500, "provider_unavailable"],
  ])("are an error after %s", async (_name, status, code) => {
    always(status, "");
    expect(await fetchBounds()).toMatchObject({ ok: false, error: { code } });
  });
});
