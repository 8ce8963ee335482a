// Captured answers of the real service, where a checkout has them beside it. Nothing else depends on them.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { always, context, fitbit } from "./fake-fitbit.ts";

const folder = new URL("../../../../../shared/fitbit-json/", import.meta.url);
const read = (name: string) =>
  readFileSync(new URL(name, folder), "utf8").replaceAll("https://api.fitbit.com", "http://127.0.0.1:9");

describe("an answer", () => {
  it("may begin with a byte order mark, as captured ones do", async () => {
    always(200, '\uFEFF{"activities":[],"pagination":{"next":""}}');
    const window = { start: Date.parse("2017-01-01T00:00:00Z"), end: Date.parse("2018-01-01T00:00:00Z") };
    expect(await fitbit.listActivities(context, window, null)).toMatchObject({ ok: true });
  });
});

if (existsSync(folder)) {
  describe("a captured answer", () => {
    it.each([
      ["GetActivityLogsList.json", 2017, 0],
      ["GetActivityLogsList2.json", 2017, -25_200],
    ])("%s is read whole", async (name, year, utcOffsetSeconds) => {
      always(200, read(name));
      const window = { start: Date.parse("2017-01-01T00:00:00Z"), end: Date.parse("2018-01-01T00:00:00Z") };
      const result = await fitbit.listActivities(context, window, null);
      if (!result.ok) throw new Error(result.error.code);
      const { activities, unreadable, nextPage } = result.value;
      expect(unreadable).toEqual([]);
      expect(activities).toHaveLength(20);
      expect(nextPage).toContain("offset=20");
      for (const activity of activities) {
        expect(new Date(activity.startTime).getUTCFullYear()).toBe(year);
        expect(activity).toMatchObject({ utcOffsetSeconds, heartRateExpected: true });
        expect(activity.version).toBeGreaterThan(activity.startTime);
        expect(activity.elapsedSeconds).toBeGreaterThanOrEqual(activity.activeSeconds);
      }
    });

    it("of heart rate is read in both of its shapes", async () => {
      for (const [name, date] of [
        ["GetHeartRateIntradayTimeSeries.json", "2017-06-29"],
        ["GetHeartRateIntradayTimeSeries1.1.json", "2017-08-21"],
      ] as const) {
        always(200, read(name));
        const startTime = Date.parse(`${date}T00:00:00Z`);
        const request = {
          startTime,
          endTime: startTime + 86_399_000,
          utcOffsetSeconds: 0,
          averageHeartRate: null,
        };
        expect(await fitbit.fetchHeartRate(context, request, null)).toMatchObject({
          ok: true,
          value: { result: { kind: "samples" } },
        });
      }
    });

    it.each([
      ["ApiError-Request-StaleToken.json", 401, "unauthorized"],
      ["ApiError-Request-Forbidden.json", 403, "misconfigured"],
    ])("%s is told as its code", async (name, status, code) => {
      always(status, read(name));
      const window = { start: Date.parse("2017-01-01T00:00:00Z"), end: Date.parse("2018-01-01T00:00:00Z") };
      expect(await fitbit.listActivities(context, window, null)).toMatchObject({
        error: { code },
      });
    });
  });
}
